from odoo import fields, models

from odoo.addons.crm_customer360.report.crm_customer import READERS


class AccountInvoiceReport(models.Model):
    _inherit = "account.invoice.report"

    loyalty_tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        groups=READERS,
        help="Tier of the customer today, in the company of the document.",
    )
