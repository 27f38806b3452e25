from collections import defaultdict

from odoo import models

# Documents that sell goods of orders, or bring them back.
DOCUMENTS = ("out_invoice", "out_refund")


class AccountMove(models.Model):
    """A credit note takes back the points that what it credits has earned."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._return_points()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._return_points()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._return_points()
        return result

    def _return_points(self):
        """Bring what is taken back of orders in line with their posted credit notes.

        It is the state that counts, not the event (see `sale.order._kept_shares`),
        whatever was posted, drafted or cancelled in between. So it is never more than
        was earned.
        """
        notes, returning = defaultdict(self.sudo().browse), self.env["sale.order"]
        for move in self.sudo():
            if move.move_type not in DOCUMENTS:
                continue
            orders = move._points_orders()
            for order in orders:
                notes[order] |= move
            if move._may_return_points():
                returning |= orders
        if notes:
            # An invoice can bring again what credit notes took back, no more.
            lots = self.env["sale.order"].union(*notes)._lots_to_return()
            lots = lots.filtered(
                lambda lot: lot.taken_back or lot.order_id in returning
            )
            lots._return_points(
                {order: moves.sorted("id")[-1] for order, moves in notes.items()}
            )

    def _is_points_document(self):
        """Whether a document says now what was sold, or what came back."""
        self.ensure_one()
        return self.state == "posted" and self.move_type in DOCUMENTS

    def _may_return_points(self):
        """Whether goods come back with this document."""
        self.ensure_one()
        return self.move_type == "out_refund" or (
            self.move_type == "out_invoice"
            and any(line.quantity < 0 and sold for line, sold in self._goods_lines())
        )

    def _points_orders(self):
        """Return the orders that a document credits."""
        lines = self.line_ids | self.reversed_entry_id.line_ids
        return lines.sale_line_ids.order_id

    def _points_amounts(self):
        """Return what a document sells: ``[(order, its line or none, amount)]``.

        Untaxed, in the currency of each order; below 0: it comes back. Down payments
        are no goods. A line of a credit note that belongs to no order counts for the
        orders of the invoice that is credited, by their share of it. A credit note has
        the rate of that invoice: what is credited in full comes back in full.
        """
        self.ensure_one()
        amounts, loose = [], 0
        sign = -1 if self.move_type == "out_refund" else 1
        for line, sold in self._goods_lines():
            if sold:
                amounts.append((sold.order_id, sold, sign * line.price_subtotal))
            elif sign < 0:
                loose += line.price_subtotal
        if loose and self.reversed_entry_id:
            invoiced = defaultdict(float)
            for line, sold in self.reversed_entry_id._goods_lines():
                invoiced[sold.order_id] += line.price_subtotal
            total = sum(invoiced.values())
            for order, amount in invoiced.items():
                if order and total > 0:
                    none = self.env["sale.order.line"]
                    amounts.append((order, none, -loose * amount / total))
        day = (self.reversed_entry_id or self).invoice_date or self.date
        return [
            (
                order,
                sold,
                self.currency_id._convert(
                    amount, order.currency_id, self.company_id, day, round=False
                ),
            )
            for order, sold, amount in amounts
        ]

    def _goods_lines(self):
        """Return ``[(line, its order line or none)]`` without down payments."""
        return [
            (line, line.sale_line_ids[:1])
            for line in self.invoice_line_ids
            if line.display_type == "product"
            and not any(line.sale_line_ids.mapped("is_downpayment"))
        ]
