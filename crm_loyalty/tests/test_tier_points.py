from odoo import Command
from odoo.tests import tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestTierPoints(PointsCommon):
    """Points earned as the measure of tiers: one for each unit of money bought."""

    def setUp(self):
        super().setUp()
        self.program.tier_measure = "points"
        # The database clock is not frozen.
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2026-01-10' WHERE id = %s",
            [self.card.id],
        )

    def test_through_time(self):
        """Spending them changes nothing; taken back, they count from then on.

        1,000 and 4,000 points are earned, 500 of them are spent: Gold at 5,000. The
        credit note takes 4,000 back. Gold is kept to the end of the year, for which
        1,000 is Silver.
        In 2027 nothing is earned: Base.
        """
        self._night("2026-01-10")
        self._buy(1000, "2026-02-01")
        self.assertEqual(self._night("2026-02-01").tier_id, self.silver)
        order = self._buy(4000, "2026-03-01", rewards=5)
        self.assertPoints(4500)
        self.assertEqual(self._night("2026-03-01").tier_id, self.gold)
        with self._on("2026-03-02"):
            invoice = self._invoice_order(order, "2026-03-02")
        self._credit(invoice, day="2026-04-01")
        self.assertPoints(500)
        row = self._night("2026-04-01")
        self.assertEqual((row.tier_id, row.tier_measure), (self.gold, 1000))
        # By hand is not earned.
        with self._on("2026-05-01"):
            self.card.points += 8000
        self.assertEqual(self._night("2026-12-31").tier_id, self.gold)
        self.assertEqual(self._night("2027-01-01").tier_id, self.silver)
        self.assertEqual(self._night("2027-12-31").tier_id, self.silver)
        self.assertEqual(self._night("2028-01-01").tier_id, self.base)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-02-01", "Base", "Silver", "upgrade", 1000),
                ("2026-03-01", "Silver", "Gold", "upgrade", 5000),
                ("2027-01-01", "Gold", "Silver", "downgrade", 0),
                ("2028-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_multiplied(self):
        """1 point per unit of money, × 1.5 for Gold: 150 for 100, 50 of them more."""
        self.gold.point_factor = 1.5
        self._buy(5000, "2026-02-01")
        self._night("2026-02-01")
        order = self._order(100, "2026-06-15", confirm=False)
        order._update_programs_and_rewards()
        entry = order.coupon_point_ids
        self.assertEqual((entry.coupon_id, entry.points), (self.card, 150))
        self.assertEqual((entry.tier_id, entry.tier_bonus), (self.gold, 50))
        self.assertEqual(
            order.tier_points_note, "Gold: points × 1.50, that is 50.00 more"
        )
        order.action_confirm()
        self.assertPoints(5150)
        self._assert_report(order)
        self.gold.point_factor = 3
        self.assertEqual(order._point_tier(self.program)[1], 1.5, "As confirmed")

    def _assert_report(self, order):
        """50 more for the tier; 100 points buy 10 in the currency of the program.

        That is 5 in all, or 2.50 in the company's, of which one is two of the other.
        """
        self.program.currency_id = self.setup_other_currency("EUR")
        row = self.env["loyalty.tier.report"].search([("tier_id", "=", self.gold.id)])
        self.assertEqual((row.bonus_points, row.bonus_cost), (50, 2.5))
        orders = self.env["sale.order"]
        self.assertEqual(orders.search(row.action_open_points()["domain"]), order)
        # The same points once more: twice the factor costs as much in another year.
        self.gold.invalidate_recordset()
        preview = self.program.get_tier_preview(
            {"tier_ids": [Command.update(self.gold.id, {"point_factor": 3})]}
        )
        self.assertEqual(preview["now"]["moved"], 0)
        self.assertEqual(round(preview["now"]["cost"], 2), 257.5)
