from collections import defaultdict

from odoo import models


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

        It is the state that counts, not the event: what an order earned × the share
        of its untaxed amount that came back, whatever was posted, drafted or
        cancelled in between. So it is never more than was earned.
        """
        moves = self.sudo().filtered(lambda move: move._may_return_points())
        notes = defaultdict(self.sudo().browse)
        for move in moves:
            for order in move._points_orders():
                notes[order] |= move
        lots = self.env["loyalty.lot"].sudo()
        if notes:
            lots = lots.search(
                [
                    ("order_id", "in", [order.id for order in notes]),
                    ("earned", ">", 0),
                    ("origin", "=", "order"),
                ]
            )
        if not lots:
            return
        shares = lots.order_id._returned_shares()
        cards = lots.card_id
        books = cards._open_books(orders=lots.order_id.ids)
        for lot in lots:
            book = books[lot.card_id]
            order = lot.order_id
            note = notes[order].sorted("id")[-1]
            book.return_points(
                lot,
                round(lot.earned * shares[order], 2),
                order_id=order.id,
                move_id=note.id,
                name=note.name,
            )
        changed = cards.filtered(lambda card: books[card].plain.moves)
        books = {card: books[card] for card in changed}
        self._tell_points_history(books)
        changed._close_books(books)

    def _tell_points_history(self, books):
        """Write what credit notes changed into the native history of the cards."""
        lines = []
        for card, book in books.items():
            change = round(book.plain.points - card.points, 2)
            if change:
                name = book.sources[-1]["name"]
                lines.append(
                    {
                        "card_id": card.id,
                        "description": self.env._("Credit note %s", name),
                        "issued": max(change, 0),
                        "used": max(-change, 0),
                    }
                )
        self.env["loyalty.history"].sudo().create(lines)

    def _may_return_points(self):
        """Whether goods come back with this document."""
        self.ensure_one()
        return self.move_type == "out_refund" or (
            self.move_type == "out_invoice"
            and any(
                line.quantity < 0 and line.sale_line_ids
                for line in self.invoice_line_ids
            )
        )

    def _points_orders(self):
        """Return the orders that a document credits."""
        lines = self.line_ids | self.reversed_entry_id.line_ids
        return lines.sale_line_ids.order_id

    def _returned_amounts(self):
        """Return what comes back with a document: ``{order: untaxed amount}``.

        In the currency of each order. Down payments are no goods. A line that belongs
        to no order counts for the orders of the invoice that is credited, by their
        share of it.
        """
        self.ensure_one()
        amounts = defaultdict(float)
        loose = 0
        refund = self.move_type == "out_refund"
        for line, order in self._goods_lines():
            if not refund:
                if line.quantity < 0 and not line.sale_line_ids.reward_id:
                    amounts[order] -= line.price_subtotal
            elif order:
                amounts[order] += line.price_subtotal
            else:
                loose += line.price_subtotal
        amounts.pop(self.env["sale.order"], None)
        if loose and self.reversed_entry_id:
            invoiced = defaultdict(float)
            for line, order in self.reversed_entry_id._goods_lines():
                invoiced[order] += line.price_subtotal
            total = sum(invoiced.values())
            for order, amount in invoiced.items():
                if order and total > 0:
                    amounts[order] += loose * amount / total
        return {
            order: self.currency_id._convert(
                amount, order.currency_id, self.company_id, self.date, round=False
            )
            for order, amount in amounts.items()
        }

    def _goods_lines(self):
        """Return ``[(line, its order or none)]`` without down payments."""
        return [
            (line, line.sale_line_ids.order_id[:1])
            for line in self.invoice_line_ids
            if line.display_type == "product"
            and not any(line.sale_line_ids.mapped("is_downpayment"))
        ]
