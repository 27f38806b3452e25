from odoo import models
from odoo.tools import SQL

from .account_move_line import SALE_TYPES, sale_cost_update

# What the cost of a sale is read from.
SALE_COST_INPUTS = {
    "account.account": ["account_type"],
    "account.move": ["move_type", "reversed_entry_id"],
    "account.move.line": [
        "account_id",
        "balance",
        "company_currency_id",
        "company_id",
        "display_type",
        "is_downpayment",
        "move_id",
        "product_id",
        "product_uom_id",
        "quantity",
    ],
    "ir.default": ["company_id", "condition", "field_id", "json_value", "user_id"],
    "product.product": ["standard_price"],
    "product.template": ["uom_id"],
    "res.currency": ["rounding"],
    "sale.order": ["currency_rate"],
    "sale.order.line": [
        "is_downpayment",
        "order_id",
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "purchase_price",
    ],
    "uom.uom": ["factor"],
}


class AccountMove(models.Model):
    _inherit = "account.move"

    # From a customer to its documents: `commercial_partner_id` is stored, but natively
    # not indexed.
    _customer_document_idx = models.Index(
        "(commercial_partner_id) WHERE state = 'posted' AND move_type <> 'entry'"
    )

    # ------------------------------------------------------------------
    # Queue
    # ------------------------------------------------------------------

    def write(self, vals):
        """Posting, drafting and cancelling change the customers' figures."""
        relevant = "state" in vals or ("partner_id" in vals and self._any_posted())
        if relevant:
            self._enqueue_customers()
        result = super().write(vals)
        if relevant:
            self._enqueue_customers()
        return result

    def unlink(self):
        self.filtered(lambda move: move.state == "posted")._enqueue_customers()
        return super().unlink()

    def _any_posted(self):
        return any(move.state == "posted" for move in self)

    def _enqueue_customers(self):
        """Queue the customers of these entries.

        A line's partner matters where it is receivable or payable; elsewhere it is the
        document's.
        """
        moves = self.sudo()
        lines = moves.line_ids.filtered(
            lambda line: line.account_type in ("asset_receivable", "liability_payable")
        )
        self.env["crm.customer.queue"]._enqueue(
            moves.commercial_partner_id | lines.partner_id
        )

    # ------------------------------------------------------------------
    # Cost of a sale
    # ------------------------------------------------------------------

    def _post(self, soft=True):
        # stock_account creates the COGS entries before it calls super: they exist
        # now, whether its override is inside or outside of this one. What is only
        # scheduled for later is not in the result.
        posted = super()._post(soft)
        posted._freeze_sale_cost()
        return posted

    def _freeze_sale_cost(self):
        """Set the cost of a sale on the product lines of these customer documents.

        One statement for all of them; a second one where a document and its reversal
        are posted together, as the reversal takes the unit cost of the first. Lines
        posted before keep their unit cost as long as their product is the same.
        """
        pending = self.sudo().filtered(lambda move: move.move_type in SALE_TYPES)
        if not pending:
            return
        for model, fnames in SALE_COST_INPUTS.items():
            self.env[model].flush_model(fnames)
        cogs = "cogs_origin_id" in self.env["account.move.line"]._fields
        if cogs:
            self.env["account.move.line"].flush_model(["cogs_origin_id"])
        while pending:
            ready = pending.filtered(
                lambda move, mates=pending: move.reversed_entry_id not in mates
            )
            ready = ready or pending  # documents that reverse each other: whatever
            self.env.cr.execute(
                # Both, lest a planner without statistics start from all lines.
                sale_cost_update(
                    SQL(
                        "move.id IN %(ids)s AND line.move_id IN %(ids)s",
                        ids=tuple(ready.ids),
                    ),
                    cogs=cogs,
                )
            )
            pending -= ready
        self.env["account.move.line"].invalidate_model(
            ["sale_cost", "sale_cost_source", "sale_cost_unit", "sale_cost_product"],
            flush=False,
        )
