from odoo import models

from ..tools.book import Book, Document
from ..tools.lots import FOREVER, expiry


class LoyaltyCard(models.Model):
    """The lots of cards: read as plain data, changed by its rules, stored again.

    The rules are those of ``tools/lots.py``.
    """

    _inherit = "loyalty.card"

    # ------------------------------------------------------------------
    # Books
    # ------------------------------------------------------------------

    def _open_books(self, orders=(), lots=(), reason="opening"):
        """Read the lots that a change may concern.

        Points that came to a card without a lot, by SQL or before the program was one
        of loyalty cards, are taken over as an opening balance first.

        :param orders: ids of orders; those of the context's document are added
        :param lots: ids of lots that are read even if nothing is left in them
        :param reason: what points without a lot are: ``opening``, or ``manual``
        :return: ``{card: Book}``
        """
        cards = self.sudo()
        orders = {part[0] for part in self._points_document().parts} | set(orders)
        moves = cards.env["loyalty.lot.move"].search(
            [("card_id", "in", self.ids), ("order_id", "in", list(orders))],
            order="id",
        )
        lots = [*lots, *(moves.lot_id | moves.returned_lot_id).ids]
        lots = cards.env["loyalty.lot"].search(
            [
                ("card_id", "in", self.ids),
                "|",
                "|",
                ("remaining", ">", 0),
                ("order_id", "in", list(orders)),
                ("id", "in", lots),
            ],
            order="date, id",
        )
        books = {card: Book(card.sudo()) for card in self}
        for card, book in books.items():
            book.plain.debt = card.sudo().debt
            book.past = moves.filtered(lambda m, card=card: m.card_id.id == card.id)
        for lot in lots:
            books[self.browse(lot.card_id.id)].add_lot(lot)
        for card, book in books.items():
            if round(card.sudo().points - book.plain.points, 2):
                expires = FOREVER
                if reason == "manual":
                    expires = card._points_expiry({})
                name = self.env._("Balance") if reason == "opening" else False
                book.adopt(card.sudo().points, reason, expires, name=name)
        return books

    def _close_books(self, books, vals=None):
        """Store what happened in the books, and the points that are left.

        :param vals: other values to write on the cards
        """
        self._store_lots(books)
        same = {}
        for card, book in books.items():
            key = (book.plain.points, book.plain.debt)
            same[key] = same.get(key, self.browse()) | card
        for (points, debt), cards in same.items():
            cards._write_points({**(vals or {}), "points": points, "debt": debt})
        self.env["crm.customer.queue"]._enqueue(self.sudo().partner_id)

    def _store_lots(self, books):
        """Create new lots and all movements, and update the lots that changed."""
        Lot = self.env["loyalty.lot"].sudo()
        new, values = [], []
        for book in books.values():
            for lot in book.plain.lots:
                if lot not in book.records:
                    new.append((book, lot))
                    values.append(book.card._lot_values(book, lot))
        for (book, lot), record in zip(new, Lot.create(values), strict=True):
            book.records[lot] = record
        moves = []
        for book in books.values():
            totals = {}
            for move, source in zip(book.plain.moves, book.sources, strict=True):
                moves.append(book.card._lot_move_values(book, move, source))
                for kind in ("used", "expired"):
                    if move.reason == kind:
                        change = totals.setdefault((move.lot, kind), 0)
                        totals[move.lot, kind] = change - move.points
            changed = {move.lot for move in book.plain.moves}
            changed |= {move.of for move in book.plain.moves if move.of}
            changed |= {
                lot
                for lot, record in book.records.items()
                if lot.closed > record.closed
            }
            for lot in changed:
                record = book.records[lot]
                record.write(
                    {
                        "earned": lot.earned,
                        "remaining": lot.left,
                        "taken_back": lot.returned,
                        "closed": lot.closed,
                        **{
                            kind: record[kind] + totals[lot, kind]
                            for kind in ("used", "expired")
                            if (lot, kind) in totals
                        },
                    }
                )
        self.env["loyalty.lot.move"].sudo().create(moves)

    def _lot_values(self, book, lot):
        """Return the values of a new lot; its movements fill the rest."""
        source = next(
            source
            for move, source in zip(book.plain.moves, book.sources, strict=True)
            if lot in (move.lot, move.of)
        )
        reason = next(m.reason for m in book.plain.moves if m.lot is lot)
        company = self._points_company(source)
        order = self.env["sale.order"].sudo().browse(source.get("order_id"))
        return {
            "card_id": self.id,
            "company_id": company.id,
            "date": company._customer_today(),
            "earned": lot.earned,
            "origin": source.get("origin")
            or {"earned": "order", "opening": "opening"}.get(reason, "manual"),
            "date_expiry": False if lot.expires == FOREVER else lot.expires,
            "name": source.get("name"),
            "order_id": source.get("order_id"),
            "order_amount": order._goods_amount() if order else 0,
            "pos_order_ref": source.get("pos_order_ref"),
        }

    def _lot_move_values(self, book, move, source):
        record = book.records[move.lot]
        return {
            "lot_id": record.id,
            "card_id": self.id,
            "date": record.company_id._customer_today(),
            "reason": move.reason,
            "points": move.points,
            "debt": move.debt,
            "returned_lot_id": book.records[move.of].id if move.of else False,
            **{key: source.get(key) for key in ("name", "order_id", "move_id")},
        }

    def _points_company(self, source):
        """Return the root company that owes points of a card, given their document."""
        order = self.env["sale.order"].sudo().browse(source.get("order_id"))
        company = self.company_id or order.company_id or self.env.company
        return company.sudo().root_id

    def _points_expiry(self, source):
        """Return the last day of use of points earned today."""
        program = self.sudo().program_id
        today = self.sudo()._points_company(source)._customer_today()
        return expiry(program.points_expiry, program.points_expiry_count, today)

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    def _adopt_points(self, reason="opening"):
        """Take over points that are in no lot yet.

        :param reason: ``opening`` balance, or ``manual``
        """
        cards = self._kept_in_lots()
        if cards:
            books = cards._open_books(reason=reason)
            odd = cards.filtered(
                lambda card: (
                    books[card].plain.moves or books[card].plain.points != card.points
                )
            )
            odd._close_books({card: books[card] for card in odd})

    def _book_change(self, book, document, change):
        """Book a change of the points of a card by the document that made it.

        :param document: see `Document`
        :param change: points more (or, negative, fewer) than before; of an order it is
            the document that counts, since points may have been taken back since
        """
        self.ensure_one()
        change = round(change, 2)
        names = {
            order.id: order.name
            for order in self.env["sale.order"]
            .sudo()
            .browse(part[0] for part in document.parts)
        }
        for order_id, earned, used in document.parts:
            used = -change if document.kind == "line" else used
            source = {"order_id": order_id, "name": names[order_id]}
            getattr(self, f"_book_{document.kind}")(book, source, earned, used)
            book.done(**source)
        if document.kind == "confirm":
            change -= sum(earned - used for _id, earned, used in document.parts)
        elif document.parts:
            change = 0
        self._book_manual(book, round(change, 2))
        book.done(name=document.name)

    def _book_manual(self, book, change):
        if change > 0:
            book.plain.earn(None, change, self._points_expiry({}), "manual")
        elif change < 0:
            book.plain.use(-change, "manual")

    def _book_confirm(self, book, source, earned, used):
        if earned > 0:
            expires = self._points_expiry(source)
            book.plain.earn_again(source["order_id"], earned, expires)
        elif earned < 0:
            book.plain.use(-earned, "taken_back", source["order_id"])
        if used:
            book.plain.use(used, document=source["order_id"])

    def _book_cancel(self, book, source, earned, used):
        """Give back what the order used, and take back all that it earned.

        What it earned or used before lots were kept is known by its figures only.
        """
        order_id = source["order_id"]
        drawn = book.drawn("used", order_id=order_id)
        book.plain.undo(drawn)
        rest = round(used - sum(move.debt - move.points for move in drawn), 2)
        if rest > 0:
            book.plain.earn(None, rest, self._points_expiry(source), "used")
        if any(m.reason == "earned" and m.order_id.id == order_id for m in book.past):
            book.plain.close(order_id)
        elif earned > 0:
            book.plain.use(earned, "taken_back", order_id)

    def _book_add(self, book, source, earned, _used):
        """Book what a confirmed order earns in all: once, however often it is said."""
        order_id = source["order_id"]
        if earned < 0:
            book.plain.take_back(order_id, -earned)
            return
        had = sum(
            lot.earned
            for lot in book.plain.lots
            if lot.document == order_id and not lot.closed
        )
        self._book_confirm(book, source, max(round(earned - had, 2), 0), 0)

    def _book_line(self, book, source, _earned, used):
        """Book points that a reward of a confirmed order takes, or gives back."""
        if used > 0:
            book.plain.use(used, document=source["order_id"])
            return
        drawn = book.drawn("used", order_id=source["order_id"])
        rest = book.plain.undo(drawn, -used)
        if rest:
            book.plain.earn(None, rest, self._points_expiry(source), "used")

    def _with_order(self, kind, order, earned=0, used=0):
        """Return the card such that a change of its points is that of an order."""
        return self.with_context(
            loyalty_document=Document(kind, ((order.id, earned, used),))
        )
