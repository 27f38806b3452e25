from collections import defaultdict

from odoo import api, models

# Values of order lines that change what is sold.
SOLD = {"product_uom_qty", "product_uom_id", "price_unit", "discount"}
# In the context while an order writes its lines: they are looked at once, at the end.
TOGETHER = object()


class SaleOrder(models.Model):
    """What a confirmed order does not sell any more takes back its points.

    Natively an order keeps what it earned, whatever becomes of its lines.
    """

    _inherit = "sale.order"

    def write(self, vals):
        if "order_line" not in vals:
            return super().write(vals)
        together = self.with_context(loyalty_together=TOGETHER)
        result = super(SaleOrder, together).write(vals)
        self._return_points()
        return result

    def _return_points(self, always=False):
        """Bring what is taken back of confirmed orders in line with what they sell.

        :param always: also of those that are no smaller than when they earned
        """
        if self.env.context.get("loyalty_together") is TOGETHER:
            return
        confirmed = self.filtered(lambda order: order.state == "sale")
        lots = confirmed._lots_to_return() if confirmed else self.env["loyalty.lot"]
        lots.filtered(
            lambda lot: (
                always
                or lot.taken_back
                or lot.order_id._goods_amount() < lot.order_amount
            )
        )._return_points()

    def _lots_to_return(self):
        """Return the lots of orders whose points can be taken back, or come back."""
        return (
            self.env["loyalty.lot"]
            .sudo()
            .search(
                [
                    ("order_id", "in", self.ids),
                    ("earned", ">", 0),
                    ("origin", "=", "order"),
                    ("closed", "=", False),
                    ("card_id", "!=", False),
                    ("program_id.program_type", "=", "loyalty"),
                ]
            )
        )

    def _goods_amount(self):
        """Return the untaxed amount of what an order sells, rewards apart."""
        self.ensure_one()
        lines = self.order_line - self._get_no_effect_on_threshold_lines()
        return sum(
            line.price_subtotal
            for line in lines
            if not line.reward_id and not line.is_downpayment
        )

    def _kept_shares(self):
        """Return what is left of orders: ``{order: (amount sold, share kept)}``.

        Sold: the untaxed amount of the order, rewards apart, or what was invoiced of
        it if that is more. Kept: the share of what was invoiced that did not come back.

        By untaxed amounts. The posted documents of each order line are played in the
        order in which they were made: what came back is how far they end below the
        most that was invoiced of it, so that goods that were credited and invoiced
        again have not come back. An order that was changed after it earned is as large
        as what was invoiced of it.
        """
        orders = self.sudo()
        invoices = orders.order_line.invoice_lines.move_id
        invoices |= invoices.search([("reversed_entry_id", "in", invoices.ids)])
        net, peak = defaultdict(float), defaultdict(float)
        lowered, returned = defaultdict(float), defaultdict(float)
        for move in invoices.sorted("id"):
            if not move._is_points_document():
                continue
            for order, line, amount in move._points_amounts():
                if not line:
                    returned[order] -= amount
                    continue
                # Discounts are lines below 0, and grow downwards.
                amount *= line._points_sign()
                net[line] += amount
                peak[line] = max(peak[line], net[line])
                lowered[line] += max(-amount, 0)
        for order, amount in orders._returned_in_shops().items():
            returned[order] += amount
        invoiced, goods = defaultdict(float), defaultdict(float)
        for line, most in peak.items():
            sign = line._points_sign()
            invoiced[line.order_id] += sign * most
            if not line.reward_id:
                goods[line.order_id] += sign * most
            back = min(lowered[line], most - net[line])
            returned[line.order_id] += sign * back
        shares = {}
        for order in orders:
            whole = max(order.amount_untaxed, invoiced[order])
            share = returned[order] / whole if whole > 0 else returned[order] > 0
            sold = max(order._goods_amount(), goods[order])
            shares[order] = (sold, 1 - min(max(share, 0.0), 1.0))
        return shares


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._return_points()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if SOLD & vals.keys():
            self._return_points()
        return result

    def _return_points(self):
        """Have the confirmed orders of goods look at what they sell now."""
        self.filtered(lambda line: not line.reward_id).order_id._return_points()

    def _points_sign(self):
        """Return -1 for what lowers the order, as a discount does, else 1."""
        self.ensure_one()
        return -1 if (self.price_subtotal or self.price_unit) < 0 else 1


class LoyaltyLot(models.Model):
    _inherit = "loyalty.lot"

    def _return_points(self, documents=None):
        """Take back of what these lots' orders earned the share that is not kept.

        Kept is what is still sold of what was sold when the points were earned, × the
        share of what was invoiced that did not come back. A cancelled order has no
        part in it: all that it earned is taken back.

        :param documents: ``{order: invoice or credit note}`` that made the change; it
            was the order itself when there is none
        """
        if not self:
            return
        shares = self.order_id._kept_shares()
        books = self.card_id._open_books(orders=self.order_id.ids)
        for lot in self:
            order = lot.order_id
            sold, kept = shares[order]
            if lot.order_amount > 0:
                kept *= min(max(sold, 0) / lot.order_amount, 1)
            document = (documents or {}).get(order)
            books[lot.card_id].return_points(
                lot,
                round(lot.earned * (1 - kept), 2),
                order_id=order.id,
                move_id=document and document.id,
                name=document.name if document else order.name,
            )
        books = {card: book for card, book in books.items() if book.plain.moves}
        self._tell_points_history(books)
        self.env["loyalty.card"].union(*books)._close_books(books)

    def _tell_points_history(self, books):
        """Write what documents changed into the native history of the cards."""
        lines = []
        for card, book in books.items():
            change = round(book.plain.points - card.points, 2)
            if change:
                source = book.sources[-1]
                move = self.env["account.move"].browse(source.get("move_id"))
                text = self.env._("Order %s changed", source["name"])
                if move.move_type == "out_refund":
                    text = self.env._("Credit note %s", source["name"])
                elif move:
                    text = self.env._("Invoice %s", source["name"])
                lines.append(
                    {
                        "card_id": card.id,
                        "description": text,
                        "issued": max(change, 0),
                        "used": max(-change, 0),
                    }
                )
        self.env["loyalty.history"].sudo().create(lines)
