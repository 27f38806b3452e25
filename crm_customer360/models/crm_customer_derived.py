from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_customer import PROFIT, STATES

DERIVED = (
    "abc_class",
    "anniversary_days",
    "late_days",
    "lateness",
    "oldest_due_days",
    "open_delay",
    "state",
    "state_since",
)


class CrmCustomer(models.Model):
    """Figures that move with the calendar, or with who reads them: derived when read.

    They are searched, sorted, grouped and aggregated in SQL like stored ones.
    """

    _inherit = "crm.customer"

    late_days = fields.Integer(
        string="Days Late",
        compute="_compute_derived",
        search="_search_late_days",
        aggregator="max",
        help="Days since the due date of the oldest item that counts as late.",
    )
    state = fields.Selection(
        selection=STATES,
        compute="_compute_state",
        search="_search_state",
        help="The worst of the lights that you may see, or the verdict set by hand.",
    )
    state_since = fields.Datetime(
        compute="_compute_state",
        search="_search_state_since",
        help="When the state last changed; empty when it has been the same ever since "
        "it is watched.",
    )

    @api.depends("computed_at", "company_id.customer_refreshed_at")
    def _compute_refreshed_at(self):
        for customer in self:
            moments = [
                customer.computed_at,
                customer.company_id.sudo().customer_refreshed_at,
            ]
            customer.refreshed_at = max(filter(None, moments), default=False)

    @api.depends(
        "late_since",
        "oldest_due_date",
        "overdue",
        "overdue_due_sum",
        "last_purchase_date",
        "cadence_days",
    )
    def _compute_derived(self):
        """Day counts as of the company's today; see `_derived_sql`."""
        epoch = fields.Date.to_date("2000-01-01")
        for customer in self:
            today = customer.company_id.sudo()._customer_today()
            customer.oldest_due_days = (
                (today - customer.oldest_due_date).days
                if customer.oldest_due_date
                else 0
            )
            customer.late_days = (
                (today - customer.late_since).days if customer.late_since else 0
            )
            customer.open_delay = (
                (today - epoch).days - customer.overdue_due_sum / customer.overdue
                if customer.overdue
                else 0.0
            )
            customer.lateness = (
                (today - customer.last_purchase_date).days / customer.cadence_days
                if customer.last_purchase_date and customer.cadence_days
                else 0.0
            )

    @api.depends("revenue_class", "company_id")
    @api.depends_context("uid")
    def _compute_abc_class(self):
        profit = self.env.user.has_group(PROFIT)
        for customer in self:
            by_contribution = profit and (
                customer.company_id.sudo().root_id.customer_pareto_measure
                == "contribution"
            )
            name = "contribution_class" if by_contribution else "revenue_class"
            customer.abc_class = customer[name]

    @api.depends("base_state", "base_state_since")
    @api.depends_context("uid")
    def _compute_state(self):
        name = self._state_column()
        for customer in self:
            customer.state = customer[name]
            customer.state_since = customer[f"{name}_since"]

    def _state_column(self):
        """Return the column of the state that this reader may see."""
        return "full_state" if self.env.user.has_group(PROFIT) else "base_state"

    def _derived_sql(self, alias):
        """Return the SQL of the figures derived at read time, NULL where empty.

        :param alias: SQL identifier of the `crm_customer` table
        :return: ``{field: SQL}``
        """
        today = self._today_sql(alias)
        company = SQL("%s.company_id", alias)
        by_contribution = [
            row["id"] for row in self._company_rows() if row["by_contribution"]
        ]
        if by_contribution and self.env.user.has_group(PROFIT):
            abc_class = SQL(
                "CASE WHEN %(company)s = ANY(%(ids)s)"
                " THEN %(alias)s.contribution_class ELSE %(alias)s.revenue_class END",
                company=company,
                ids=by_contribution,
                alias=alias,
            )
        else:
            abc_class = SQL("%s.revenue_class", alias)
        return {
            "oldest_due_days": SQL("(%s - %s.oldest_due_date)", today, alias),
            "late_days": SQL("(%s - %s.late_since)", today, alias),
            "state": SQL("%s.%s", alias, SQL.identifier(self._state_column())),
            "state_since": SQL(
                "%s.%s", alias, SQL.identifier(f"{self._state_column()}_since")
            ),
            "open_delay": SQL(
                "((%(today)s - DATE '2000-01-01')"
                " - %(alias)s.overdue_due_sum / nullif(%(alias)s.overdue, 0))",
                today=today,
                alias=alias,
            ),
            "lateness": SQL(
                "((%(today)s - %(alias)s.last_purchase_date)"
                " / nullif(%(alias)s.cadence_days, 0))",
                today=today,
                alias=alias,
            ),
            "abc_class": abc_class,
        }

    def _today_sql(self, alias):
        """Return the SQL of the date of a row's company."""
        return SQL(
            "(CASE %s.company_id %s END)",
            alias,
            SQL(" ").join(
                SQL("WHEN %s THEN %s::date", row["id"], row["today"])
                for row in self._company_rows()
            ),
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let derived figures be sorted, grouped and aggregated like stored ones."""
        if field_expr in DERIVED:
            self._check_field_access(self._fields[field_expr], "read")
            return self._derived_sql(SQL.identifier(alias))[field_expr]
        return super()._field_to_sql(alias, field_expr, query)

    def _search_derived(self, name, operator, value):
        """Return the domain of a comparison with a derived figure."""
        operators = {"<", "<=", ">", ">=", "in"}
        if operator not in operators:
            return NotImplemented

        def to_sql(model, alias, query):
            figure = model._field_to_sql(alias, name, query)
            if operator == "in":
                values = [item for item in value if item is not False]
                condition = SQL("%s = ANY(%s)", figure, values) if values else None
                empty = SQL("%s IS NULL", figure) if False in value else None
                parts = [part for part in (condition, empty) if part]
                return SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("FALSE")
            return SQL(f"%s {operator} %s", figure, value)

        return Domain.custom(to_sql=to_sql)

    def _search_oldest_due_days(self, operator, value):
        return self._search_derived("oldest_due_days", operator, value)

    def _search_open_delay(self, operator, value):
        return self._search_derived("open_delay", operator, value)

    def _search_lateness(self, operator, value):
        return self._search_derived("lateness", operator, value)

    def _search_late_days(self, operator, value):
        return self._search_derived("late_days", operator, value)

    def _search_state(self, operator, value):
        return self._search_derived("state", operator, value)

    def _search_state_since(self, operator, value):
        return self._search_derived("state_since", operator, value)

    def _search_abc_class(self, operator, value):
        return self._search_derived("abc_class", operator, value)
