from odoo import fields, models
from odoo.tools import SQL


class CrmCustomer(models.Model):
    """Who bought in the previous window: those of whom one asks whether they stayed."""

    _inherit = "crm.customer"

    purchase_previous_count = fields.Integer(
        string="Previous Purchases",
        readonly=True,
        help="Posted invoices and receipts of the window before the current one.",
    )

    def _figures(self):
        return {
            **super()._figures(),
            "purchase_previous_count": SQL("base.purchase_previous_count"),
        }
