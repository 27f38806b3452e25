from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class LoyaltyLiabilityPeriod(models.TransientModel):
    """The period for which the liability in points is shown."""

    _name = "loyalty.liability.period"
    _description = "Period of the Points Liability"

    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._customer_today().replace(day=1),
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._customer_today(),
        help="The liability is that at the end of this day.",
    )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(period.date_from > period.date_to for period in self):
            raise ValidationError(
                self.env._("The period ends before it begins: change one of the days.")
            )

    def action_open(self):
        """Open the liability of the period."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.loyalty_liability_action"
        )
        action["name"] = action["display_name"] = self.env._(
            "Points Liability, %(start)s to %(end)s",
            start=format_date(self.env, self.date_from),
            end=format_date(self.env, self.date_to),
        )
        action["context"] = {
            "liability_from": fields.Date.to_string(self.date_from),
            "liability_to": fields.Date.to_string(self.date_to),
        }
        return action
