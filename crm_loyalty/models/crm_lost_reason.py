from odoo import fields, models


class CrmLostReason(models.Model):
    _inherit = "crm.lost.reason"

    competitor = fields.Boolean(
        string="Went to a Competitor",
        help="Opportunities and quotations lost for this reason are evidence that the "
        "customer buys from a competitor.",
    )
