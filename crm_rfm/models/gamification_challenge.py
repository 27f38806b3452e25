from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rule import read_rule

# By what a sales manager may choose who takes part. The domain is searched by the
# superuser later on: any other field (a password's hash, a token) would be told by who
# becomes a participant.
USER_FIELDS = frozenset(
    {
        "active",
        "all_group_ids",
        "company_id",
        "company_ids",
        "group_ids",
        "id",
        "sale_team_id",
        "share",
    }
)
USER_OPERATORS = frozenset({"=", "!=", "in", "not in"})


class GamificationChallenge(models.Model):
    """Sales managers run the challenges of the salespeople.

    Natively only who administers access rights may. Sales managers may change
    challenges that are marked as the salespeople's, and no others; starting one makes
    goals for other people, which is done for them.
    """

    _inherit = "gamification.challenge"

    rfm_sales = fields.Boolean(
        string="For Salespeople",
        help="Sales managers may change, start and close this challenge.",
    )

    @api.constrains("rfm_sales", "user_domain")
    def _check_user_domain(self):
        """Refuse domains of sales managers that use more than `USER_FIELDS`."""
        if self.env.user.has_groups("base.group_erp_manager,hr.group_hr_user"):
            return
        for challenge in self.filtered(lambda row: row.rfm_sales and row.user_domain):
            try:
                conditions = [
                    (condition.field_expr, condition.operator)
                    for condition in read_rule(challenge.user_domain).iter_conditions()
                ]
            except ValueError as error:
                raise ValidationError(
                    self.env._("Who takes part cannot be understood: %s", error)
                ) from error
            if any(
                name not in USER_FIELDS or operator not in USER_OPERATORS
                for name, operator in conditions
            ):
                raise ValidationError(
                    self.env._(
                        "Choose who takes part by group, company or sales team, or "
                        "name the users. Other rules are for those who administer "
                        "access rights."
                    )
                )

    def _as_sales_manager(self):
        """Return the challenges, elevated where a sales manager may run them."""
        if self.env.su or not self or not all(self.mapped("rfm_sales")):
            return self
        self.check_access("write")
        return self.sudo()

    def write(self, vals):
        # Goals, and badges when it is closed, are made by a change of the state alone.
        if set(vals) == {"state"}:
            self = self._as_sales_manager()
        return super().write(vals)

    def action_check(self):
        return super(GamificationChallenge, self._as_sales_manager()).action_check()
