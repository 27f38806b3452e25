from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.crm_customer360.models.crm_customer import PROFIT


class LoyaltyProgram(models.Model):
    """What a program costs besides rewards and points, for its return."""

    _inherit = "loyalty.program"

    return_setup_cost = fields.Monetary(
        string="Set-up Cost",
        groups=PROFIT,
        help="What it cost once to set the program up, in the currency of the program.",
    )
    return_running_cost = fields.Monetary(
        string="Running Cost a Month",
        groups=PROFIT,
        help="What it costs every month to run the program, rewards and points not "
        "included.",
    )

    @api.constrains("return_setup_cost", "return_running_cost")
    def _check_return_costs(self):
        for program in self.sudo():
            if program.return_setup_cost < 0 or program.return_running_cost < 0:
                raise ValidationError(self.env._("A cost cannot be negative."))
