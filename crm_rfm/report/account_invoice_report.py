from odoo import fields, models

from odoo.addons.crm_customer360.report.crm_customer import READERS


class AccountInvoiceReport(models.Model):
    _inherit = "account.invoice.report"

    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="RFM Segment",
        readonly=True,
        groups=READERS,
        help="Segment of the customer today, in the company of the document.",
    )
