from odoo import api, fields, models

from ..tools.book import Document
from .loyalty_lot import POINTS


class LoyaltyCard(models.Model):
    """Whatever changes the points of a loyalty card ends in its lots.

    Orders, rewards, Point of Sale, imports and changes by hand all write or create
    `points`; here they are booked to lots first, and the card gets what these add up
    to: never less than 0, the rest is `debt`. See `loyalty.lot`.
    """

    _inherit = "loyalty.card"

    lot_ids = fields.One2many(
        comodel_name="loyalty.lot",
        inverse_name="card_id",
        string="Lots",
        readonly=True,
        copy=False,
    )
    debt = fields.Float(
        string="Points Owed",
        digits=POINTS,
        readonly=True,
        copy=False,
        help="Points that were spent before the goods came back: what is earned next "
        "repays them.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        cards = super().create([self._without_debt(vals) for vals in vals_list])
        cards.filtered("points")._adopt_points("manual")
        return cards

    def write(self, vals):
        vals = self._without_debt(vals)
        if "points" in vals and "history_ids" in vals:
            # A line of history names changes made before it: not by the same caller.
            super().write({"history_ids": vals.pop("history_ids")})
        cards = self._kept_in_lots() if "points" in vals else self.browse()
        others = self - cards
        if others:
            super(LoyaltyCard, others).write(vals)
        if cards:
            books = cards._open_books()
            document = self._points_document()
            for card in cards:
                change = (vals["points"] or 0) - card.points
                card._book_change(books[card], document, change)
            cards._close_books(books, vals)
        if "program_id" in vals:
            self._adopt_points()
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_write_off_points(self):
        """Nothing is owed any more from today; before, it was: lots stay."""
        cards = self.with_context(tracking_disable=True, loyalty_no_mail=True)
        cards = cards._kept_in_lots()
        books = cards._open_books(lots=cards.sudo().lot_ids.ids)
        for card, book in books.items():
            book.plain.write_off()
            book.done(name=self.env._("Card %s deleted", card.code))
        books = {card: book for card, book in books.items() if book.plain.moves}
        cards.browse(card.id for card in books)._close_books(books)

    def _without_debt(self, vals):
        """Return the values without the debt, which only the lots can change."""
        return {name: value for name, value in vals.items() if name != "debt"}

    def _write_points(self, vals):
        """Write values that include points as they are: the lots have them already."""
        return super().write(vals)

    def _points_document(self):
        """Return why points change; what code does not say was done by hand."""
        document = self.env.context.get("loyalty_document")
        return document if isinstance(document, Document) else Document()

    def _kept_in_lots(self):
        """Return the cards whose points are in lots: those of loyalty programs."""
        cards = self.sudo().filtered(lambda c: c.program_id.program_type == "loyalty")
        return self.browse(cards.ids)
