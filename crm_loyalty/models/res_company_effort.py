from odoo import fields, models


class ResCompany(models.Model):
    """Limits of the chart of value against effort; read from the root company."""

    _inherit = "res.company"

    effort_own_limits = fields.Boolean(
        string="Own Limits",
        help="Whether customers are compared with amounts of your own, instead of the "
        "medians of all customers.",
    )
    effort_value_limit = fields.Monetary(
        string="Much Value From",
        help="Contribution in the window from which a customer brings much.",
    )
    effort_cost_limit = fields.Monetary(
        string="Much Effort Above",
        help="Effort in the window above which much is spent on a customer.",
    )
