from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Who bought in the previous window: those of whom one asks whether they stayed."""

    _inherit = "crm.customer"

    purchase_previous_count = fields.Integer(
        string="Previous Purchases",
        readonly=True,
        help="Posted invoices and receipts of the window before the current one.",
    )

    def _sources(self):
        return [*super()._sources(), self._source_previous_purchase]

    def _source_previous_purchase(self, scope):
        return Source(
            "previous_purchase",
            SQL(
                """
                SELECT move.commercial_partner_id AS partner_id, move.company_id,
                    count(*) AS purchase_previous_count
                FROM %(move)s move
                JOIN company ON company.id = move.company_id
                WHERE move.state = 'posted'
                    AND move.move_type IN ('out_invoice', 'out_receipt')
                    AND move.invoice_date >= company.previous_start
                    AND move.invoice_date < company.window_start
                GROUP BY move.commercial_partner_id, move.company_id
                """,
                move=scope.table("account_move"),
            ),
            {"purchase_previous_count": "sum"},
        )

    def _figures(self):
        return {
            **super()._figures(),
            "purchase_previous_count": SQL("base.purchase_previous_count"),
        }
