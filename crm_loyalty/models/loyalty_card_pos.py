from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

# How long after a refund its points are looked for: shops may be offline meanwhile.
DAYS = 30


class LoyaltyCard(models.Model):
    """What comes back to Point of Sale takes back the points of its sale.

    Natively a refund changes no points, as it has fewer goods than any rule asks for.
    Point of Sale need not be installed: it is read by a job, not extended.
    """

    _inherit = "loyalty.card"

    def _book_pos_reward(self, line, lots):
        """Book what a sale earned and what its rewards took, one by one.

        Point of Sale tells the difference only: what expires first would stay, and what
        was earned would be too little for tiers and refunds.

        :param line: of the history; its points are booked already
        :param lots: what they are booked to
        """
        Line = self.env.get("pos.order.line")
        if Line is None:
            return
        rewards = Line.sudo().search(
            [("order_id", "=", line.order_id), ("coupon_id", "=", self.id)]
        )
        used = sum(rewards.mapped("points_cost"))
        both = round(min(used, line.issued - line.used + used), 2)
        if both <= 0:
            return
        books = self._open_books(lots=lots.ids)
        book = books[self]
        own = [
            lot
            for lot, record in book.records.items()
            if record.pos_order_ref == line.order_id
        ]
        book.plain.earn(
            None, both, self._points_expiry({}), lot=own[0] if own else None
        )
        book.plain.use(both)
        book.done(name=line.description, origin="pos", pos_order_ref=line.order_id)
        self._close_books(books)

    @api.model
    def _return_pos_points(self):
        """Bring what is taken back of sales in line with their latest refunds.

        :return: number of cards that changed
        """
        Line = self.env.get("pos.order.line")
        if Line is None:
            return 0
        refunds = Line.sudo().search(
            [
                ("refunded_orderline_id", "!=", False),
                ("order_id.state", "in", ("paid", "done")),
                (
                    "order_id.write_date",
                    ">=",
                    fields.Datetime.now() - timedelta(days=DAYS),
                ),
            ]
        )
        sold = refunds.refunded_orderline_id
        if "sale_order_line_id" in Line._fields:
            _paid_order(sold)._return_points(always=True)
        sales = sold.order_id
        lots = self.env["loyalty.lot"].sudo()
        lots = lots.search(
            [
                ("pos_order_ref", "in", sales.ids),
                ("card_id", "!=", False),
                ("earned", ">", 0),
                ("program_id.program_type", "=", "loyalty"),
            ]
        )
        if not lots:
            return 0
        shares = self._pos_returned_shares(sales)
        books = lots.card_id._open_books(lots=lots.ids)
        notes = {}
        for lot in lots:
            share, orders = shares[lot.pos_order_ref]
            # Where a rule asks for no goods, the refund took points by itself.
            taken = sum(
                line.used - line.issued
                for line in lot.card_id.history_ids
                if line.order_model == "pos.order" and line.order_id in orders.ids
            )
            target = round(lot.earned * share - max(taken, 0), 2)
            notes[lot.card_id] = orders.sorted("id")[-1].name
            if target > lot.taken_back:
                books[lot.card_id].return_points(lot, target, name=notes[lot.card_id])
        cards = lots.card_id.filtered(lambda card: books[card].plain.moves)
        self.env["loyalty.history"].sudo().create(
            [
                {
                    "card_id": card.id,
                    "description": self.env._("Refund %s", notes[card]),
                    "used": round(card.points - books[card].plain.points, 2),
                }
                for card in cards
            ]
        )
        cards._close_books({card: books[card] for card in cards})
        return len(cards)

    @api.model
    def _pos_returned_shares(self, sales):
        """Return which share of sales came back, and with which orders.

        ``{sale id: (0.0 … 1.0, orders)}``, by untaxed amounts. Goods that were changed
        for others have not come back as far as these cost as much: a refund with new
        goods earns for the difference only.
        """
        shares = {}
        for sale in sales:
            back, orders = self._pos_came_back(sale.lines)
            whole = sum(sale.lines.mapped("price_subtotal"))
            share = back / whole if whole > 0 else 0
            shares[sale.id] = (min(max(share, 0), 1), orders)
        return shares

    @api.model
    def _pos_came_back(self, lines):
        """Return the untaxed amount of lines that came back, and with which orders."""
        amounts = defaultdict(float)
        for line in lines.refund_orderline_ids:
            if line.order_id.state in ("paid", "done"):
                amounts[line.order_id] -= line.price_subtotal
        back = 0
        for order, amount in amounts.items():
            refunded = order.lines.filtered("refunded_orderline_id")
            refunded = -sum(refunded.mapped("price_subtotal"))
            net = -sum(order.lines.mapped("price_subtotal"))
            if refunded > 0:
                back += amount * min(max(net / refunded, 0), 1)
        return back, lines.order_id.browse([order.id for order in amounts])


class SaleOrder(models.Model):
    """What was paid in Point of Sale, and came back there, has come back."""

    _inherit = "sale.order"

    def _returned_in_shops(self):
        """Return what of these orders came back in shops: ``{order: amount}``.

        Untaxed, in the currency of the order.
        """
        Line = self.env.get("pos.order.line")
        if Line is None or "sale_order_line_id" not in Line._fields:
            return {}
        sold = Line.sudo().search(
            [
                ("sale_order_line_id.order_id", "in", self.ids),
                ("refund_orderline_ids", "!=", False),
            ]
        )
        amounts = {}
        for order, lines in sold.grouped(_paid_order).items():
            back = self.env["loyalty.card"]._pos_came_back(lines)[0]
            amounts[order] = lines[0].currency_id._convert(
                back,
                order.currency_id,
                order.company_id,
                lines[0].order_id.date_order.date(),
                round=False,
            )
        return amounts


def _paid_order(line):
    """Return the order that a line of Point of Sale has sold, or none."""
    return line.sale_order_line_id.order_id
