from odoo import fields, models

from odoo.addons.crm_customer360.report.crm_customer import READERS

from ..models.crm_customer_class import LOYALTY_CLASSES


class AccountInvoiceReport(models.Model):
    _inherit = "account.invoice.report"

    loyalty_class = fields.Selection(
        selection=LOYALTY_CLASSES,
        string="Customer Behaviour",
        readonly=True,
        groups=READERS,
        help="Behaviour of the customer today, in the company of the document.",
    )
