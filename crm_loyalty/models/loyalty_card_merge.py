from odoo import models
from odoo.tools import SQL


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _absorb(self, cards):
        """Make one card of several of a program: lots, debt, history and documents.

        The others are archived without points. An order that used several of them
        keeps its own entries for points; only the first is that of the card.
        """
        self.ensure_one()
        others = (cards - self).sudo()
        if not others:
            return
        both = self.sudo() | others
        both._adopt_points()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM sale_order_coupon_points entry
                USING sale_order_coupon_points kept
                WHERE entry.order_id = kept.order_id AND entry.id > kept.id
                    AND entry.coupon_id = ANY(%(cards)s)
                    AND kept.coupon_id = ANY(%(cards)s)
                """,
                cards=both.ids,
            )
        )
        self.env["base.partner.merge.automatic.wizard"]._update_foreign_keys_generic(
            "loyalty.card", others, self
        )
        # Member since the first of them: tiers count from that day.
        self.env.cr.execute(
            SQL(
                """
                UPDATE loyalty_card SET create_date = (
                    SELECT min(create_date) FROM loyalty_card WHERE id = ANY(%s))
                WHERE id = %s
                """,
                both.ids,
                self.id,
            )
        )
        points, debt = sum(both.mapped("points")), sum(both.mapped("debt"))
        self.env.invalidate_all(flush=False)
        others._write_points({"points": 0, "debt": 0, "active": False})
        self.sudo()._write_points({"points": round(points, 2), "debt": round(debt, 2)})
        self._settle_debt()
        self._follow_partner()

    def _settle_debt(self):
        """Repay what is owed with the points that are there."""
        books = self._open_books()
        for book in books.values():
            book.plain.settle()
            book.done(name=self.env._("Cards merged"))
        self._close_books(books)

    def _follow_partner(self):
        """Have lots and movements find the entity of their card anew."""
        for name in ("loyalty.lot", "loyalty.lot.move"):
            records = self.env[name].sudo().search([("card_id", "in", self.ids)])
            self.env.add_to_compute(records._fields["partner_id"], records)
