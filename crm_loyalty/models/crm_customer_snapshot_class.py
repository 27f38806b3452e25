from odoo import fields, models
from odoo.tools import SQL

from .crm_customer_class import LOYALTY_CLASSES


class CrmCustomerSnapshot(models.Model):
    _inherit = "crm.customer.snapshot"

    loyalty_class = fields.Selection(
        selection=LOYALTY_CLASSES,
        string="Behaviour",
        readonly=True,
        help="As evaluated in the last night of the month; unknown for months before "
        "the first evaluation.",
    )

    def _snapshot_columns(self):
        return {
            **super()._snapshot_columns(),
            "loyalty_class": ("own", SQL.identifier("customer", "loyalty_class")),
        }
