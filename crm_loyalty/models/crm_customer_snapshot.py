from odoo import fields, models
from odoo.tools import SQL


class CrmCustomerSnapshot(models.Model):
    """The tier at month end. Months before the program have none."""

    _inherit = "crm.customer.snapshot"

    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Tier in the last night of the month.",
    )

    def _snapshot_columns(self):
        return {
            **super()._snapshot_columns(),
            "tier_id": ("own", SQL.identifier("customer", "tier_id")),
        }
