from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    # From a customer to its documents: `commercial_partner_id` is stored, but natively
    # not indexed.
    _customer_document_idx = models.Index(
        "(commercial_partner_id) WHERE state = 'posted' AND move_type <> 'entry'"
    )

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


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        """Items of posted entries may still get another partner or due date."""
        relevant = not {"partner_id", "date_maturity", "account_id"}.isdisjoint(vals)
        posted = self.browse()
        if relevant:
            posted = self.filtered(lambda line: line.parent_state == "posted")
            self._enqueue_customers(posted)
        result = super().write(vals)
        if posted:
            self._enqueue_customers(posted)
        return result

    @api.model
    def _enqueue_customers(self, lines):
        self.env["crm.customer.queue"]._enqueue(lines.sudo().partner_id)


class AccountPartialReconcile(models.Model):
    """Reconciling changes residuals without a write on any journal item."""

    _inherit = ["account.partial.reconcile", "crm.customer.document.mixin"]
    _name = "account.partial.reconcile"

    def _customer_contacts(self):
        return self.debit_move_id.partner_id | self.credit_move_id.partner_id
