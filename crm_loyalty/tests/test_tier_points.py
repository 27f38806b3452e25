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
