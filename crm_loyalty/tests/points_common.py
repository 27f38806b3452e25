from odoo import Command
from odoo.tests import new_test_user

from .common import LoyaltyCommon


class PointsCommon(LoyaltyCommon):
    """One point for each unit of money; 100 points buy a discount of 10."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.write(
            {
                "applies_on": "both",
                "trigger": "auto",
                "rule_ids": [
                    Command.clear(),
                    Command.create(
                        {"reward_point_mode": "money", "reward_point_amount": 1}
                    ),
                ],
                "reward_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount": 10,
                            "discount_mode": "per_order",
                            "required_points": 100,
                        }
                    ),
                ],
            }
        )
        cls.reward = cls.program.reward_ids
        cls.card = cls.env["loyalty.card"].create(
            {"program_id": cls.program.id, "partner_id": cls.customer.id}
        )
        cls.Lot = cls.env["loyalty.lot"]

    def _buy(self, amount, day="2026-06-15", rewards=0, **vals):
        """Confirm an order of `amount` on a day, with rewards of 100 points each."""
        with self._on(day):
            order = self._order(amount, day, confirm=False, **vals)
            order._update_programs_and_rewards()
            for _reward in range(rewards):
                order._apply_program_reward(self.reward, self.card)
            order.action_confirm()
        return order

    def _credit(self, invoice, amount=None, day="2026-06-15"):
        """Post a credit note of an invoice, of another amount when one is given."""
        with self._on(day):
            note = invoice._reverse_moves([{"invoice_date": day, "date": day}])
            if amount is not None:
                note.invoice_line_ids[0].price_unit = amount
            note.action_post()
        return note

    def assertPoints(self, points, debt=0, lots=None, card=None):
        """Compare the card, and what is left in its lots, the oldest first."""
        card = card or self.card
        card.invalidate_recordset()
        self.assertEqual((card.points, card.debt), (points, debt))
        found = self.Lot.search([("card_id", "=", card.id)], order="id")
        self.assertEqual(round(sum(found.mapped("remaining")), 2), points)
        moves = self.env["loyalty.lot.move"].search([("card_id", "=", card.id)])
        self.assertEqual(round(sum(moves.mapped("points")), 2), points)
        self.assertEqual(round(sum(moves.mapped("debt")), 2), debt)
        if lots is not None:
            self.assertEqual([lot.remaining for lot in found], lots)
        return found

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login=login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _quarter(self):
        """Points through April, May and June; 10 for 100 points: 0.1 each."""
        self.program.write({"points_expiry": "days", "points_expiry_count": 40})
        self._buy(200, "2026-04-10")  # until 20 May
        order = self._buy(500, "2026-05-02")  # until 11 June
        self._buy(300, "2026-05-10", rewards=1)  # 100 of the first lot
        with self._on("2026-05-21"):
            self.env["loyalty.card"]._expire_points()  # the other 100
            self.card.points += 7
        with self._on("2026-06-01"):
            invoice = self._invoice_order(order, "2026-06-01")
        self._credit(invoice, 200, "2026-06-02")
        self.assertPoints(607)
