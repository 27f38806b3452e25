from psycopg2 import DataError

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..rule import read_rule

# What the search of contacts raises at a field that is not there or cannot be searched,
# or at a value that does not fit, which the database alone may notice.
NO_SEARCH = (
    AttributeError,
    DataError,
    NotImplementedError,
    TypeError,
    UserError,
    ValueError,
)


def _field_names(domain):
    """Yield the names of all fields that a domain goes through."""
    for condition in domain.iter_conditions():
        yield from condition.field_expr.split(".")
        if condition.operator in ("any", "not any"):
            yield from _field_names(Domain(condition.value))


class CrmRfmScheme(models.Model):
    """Whom the scoring leaves out."""

    _inherit = "crm.rfm.scheme"

    @api.constrains("exclude_domain")
    def _check_exclude_domain(self):
        Partner = self.env["res.partner"].with_context(active_test=False)
        for scheme in self.filtered("exclude_domain"):
            try:
                domain = read_rule(scheme.exclude_domain)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Who is left out must be a rule with fixed values: it cannot "
                        "use the current user, a day counted from today, or the like."
                    )
                ) from error
            try:
                names = set(_field_names(domain))
                # Nothing else is written here: a dry run checks, too.
                with self.env.cr.savepoint(flush=False):
                    Partner.search(domain, limit=1)
            except NO_SEARCH as error:
                raise ValidationError(
                    self.env._(
                        "Whom to leave out cannot be understood: %(error)s",
                        error=error,
                    )
                ) from error
            if any(name.startswith("rfm_") for name in names):
                raise ValidationError(
                    self.env._(
                        "Customers cannot be left out by their own score or segment."
                    )
                )

    def _left_out(self):
        """Return the domain of the contacts that are left out.

        Without a rule that is nobody: an empty rule, as the screen leaves it behind,
        would be everybody otherwise.
        """
        domain = read_rule(self.exclude_domain or "[]")
        return Domain.FALSE if domain.is_true() else domain

    def _left_out_query(self):
        """Return the query of the ids of these contacts; None where nobody is left out.

        :raise ValueError: the rule has become meaningless, such as by a field that is
            gone
        """
        domain = self._left_out()
        if domain.is_false():
            return None
        partners = self.env["res.partner"].sudo().with_company(self.company_id)
        try:
            return partners.with_context(active_test=False)._search(domain).select()
        except NO_SEARCH as error:
            raise ValueError(str(error)) from error
