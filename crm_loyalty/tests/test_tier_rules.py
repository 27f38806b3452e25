from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierRules(LoyaltyCommon):
    """The ten rules, played through time, with what the ledger says in the end.

    Calendar years; other windows are in `test_tier_windows`, points as the measure in
    `test_tier_points`, the notice (rule 6) in `test_tier_notice`, who would move by
    other rules (rule 9) in `test_tier_preview`.
    """

    def test_1_measure(self):
        """Net and untaxed: 1,100 with tax is 1,000; a credit note is taken off."""
        self._join("2026-01-10")
        self._invoice(999, "2026-02-01", taxes=self.tax)
        row = self._night("2026-02-01")
        self.assertEqual((row.tier_id, row.tier_missing), (self.base, 1))
        self._invoice(101, "2026-02-02", taxes=self.tax)
        self._refund(100, "2026-02-02", taxes=self.tax)
        row = self._night("2026-02-02")
        self.assertEqual((row.tier_id, row.tier_measure), (self.silver, 1000))
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-01", "", "Base", "join", 999),
                ("2026-02-02", "Base", "Silver", "upgrade", 1000),
            ],
        )

    def test_1_measure_in_another_currency(self):
        """At the rate of the document, 2 for 1: 2,000 are 1,000 of the company's."""
        currency = self.setup_other_currency("EUR")
        self._join("2026-01-10")
        self._invoice(1998, "2026-02-01", currency_id=currency.id)
        self.assertEqual(self._night("2026-02-01").tier_missing, 1)
        self._invoice(2, "2026-02-02", currency_id=currency.id)
        currency.rate_ids.rate = 10
        self._night("2026-02-02")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-01", "", "Base", "join", 999),
                ("2026-02-02", "Base", "Silver", "upgrade", 1000),
            ],
        )

    def test_1_measure_by_purchases(self):
        """Two purchases; a credit note is none, and takes none away."""
        self.program.tier_measure = "orders"
        self.silver.threshold = 2
        self._join("2026-01-10")
        self._invoice(10, "2026-02-01")
        self._refund(5, "2026-02-02")
        self.assertEqual(self._night("2026-02-02").tier_missing, 1)
        self._invoice(10, "2026-02-03")
        self._nights("2026-02-03", "2027-01-01", "2028-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-02", "", "Base", "join", 1),
                ("2026-02-03", "Base", "Silver", "upgrade", 2),
                ("2027-01-01", "Silver", "Silver", "renewal", 0),
                ("2028-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_2_up_at_once_and_several_levels(self):
        """From the lowest to the highest, as soon as it is earned."""
        self._join("2025-03-01")
        row = self._night("2025-03-01")
        self.assertEqual((row.tier_id, row.tier_next_id), (self.base, self.silver))
        self.assertEqual(row.tier_missing, 1000)
        self._invoice(5000, "2025-11-02")
        row = self._night("2025-11-02")
        self.assertEqual((row.tier_id, row.tier_missing), (self.gold, 0))
        self.assertFalse(row.tier_next_id)
        self.assertEqual(str(row.tier_until), "2025-12-31")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-03-01", "", "Base", "join", 0),
                ("2025-11-02", "Base", "Gold", "upgrade", 5000),
            ],
        )

    def test_3_kept_to_the_end_of_the_period(self):
        """Reached in 2025: kept over New Year's Eve, lost on the first of January."""
        self._join("2025-01-10")
        self._invoice(1000, "2025-02-01")
        self._night("2025-02-01")
        row = self._night("2026-01-01")  # 2025 was enough: kept for 2026
        self.assertEqual(str(row.tier_until), "2026-12-31")
        self.assertEqual(self._night("2026-12-31").tier_id, self.silver)
        self.assertEqual(self._night("2027-01-01").tier_id, self.base)
        self.assertEqual(
            self._ledger(),
            [
                ("2025-02-01", "", "Silver", "join", 1000),
                ("2026-01-01", "Silver", "Silver", "renewal", 0),
                ("2027-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_4_one_level_down_or_by_the_amount(self):
        """Two members alike, but for what the rules say when nothing is bought."""
        for drop, last in (
            (
                "one",
                [
                    ("2027-01-01", "Gold", "Silver", "downgrade", 0),
                    ("2028-01-01", "Silver", "Base", "downgrade", 0),
                ],
            ),
            (
                "amount",
                [("2027-01-01", "Gold", "Base", "downgrade", 0)],
            ),
        ):
            with self.subTest(drop=drop):
                partner = self.env["res.partner"].create({"name": drop})
                self.program.tier_drop = drop
                self._join("2025-01-10", partner)
                self._invoice(6000, "2025-02-01", partner_id=partner.id)
                self._nights("2025-02-01", "2026-01-01", "2027-01-01", "2028-01-01")
                self.assertEqual(
                    self._ledger(partner),
                    [
                        ("2025-02-01", "", "Gold", "join", 6000),
                        ("2026-01-01", "Gold", "Gold", "renewal", 0),
                        *last,
                    ],
                )
                self.assertEqual(str(self._stored(partner).tier_until), "2028-12-31")

    def test_5_grace(self):
        """Ten days, in which a purchase still counts for the year before.

        900 in 2026, less 300 on 3 January: 300 more are not enough on the fifth, 100
        more on the tenth are. In 2028 nobody pays: lost on the eleventh.
        """
        self.program.tier_grace_days = 10
        self._join("2025-01-10")
        self._invoice(1000, "2025-02-01")
        self._nights("2025-02-01", "2026-01-01")
        self._invoice(900, "2026-05-01")
        self._night("2027-01-01")
        self._refund(300, "2027-01-03")
        self._night("2027-01-03")
        self._invoice(300, "2027-01-05")
        row = self._night("2027-01-05")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2026-12-31")
        )
        self._invoice(100, "2027-01-10")
        row = self._night("2027-01-10")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2027-12-31")
        )
        self.assertEqual(self._nights("2028-01-01", "2028-01-10").tier_id, self.silver)
        self._night("2028-01-11")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-02-01", "", "Silver", "join", 1000),
                ("2026-01-01", "Silver", "Silver", "renewal", 0),
                ("2027-01-10", "Silver", "Silver", "renewal", 100),
                ("2028-01-11", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_7_refund_before_the_end_of_the_period(self):
        """It lowers the measure at once; the tier goes only with the period."""
        self._join("2025-03-01")
        self._invoice(6000, "2025-11-02")
        self._night("2025-11-02")
        self._refund(2000, "2025-12-01")
        row = self._night("2025-12-01")
        self.assertEqual((row.tier_id, row.tier_measure), (self.gold, 4000))
        self.assertEqual(self._night("2025-12-31").tier_id, self.gold)
        row = self._night("2026-01-01")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2026-12-31")
        )
        self.assertEqual(row.tier_missing, 5000, "Nothing yet in the new year")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-11-02", "", "Gold", "join", 6000),
                ("2026-01-01", "Gold", "Silver", "downgrade", 0),
            ],
        )

    def test_7_refund_after_the_end_of_the_period(self):
        """What was kept with the new year stays, though last year's goods come back."""
        self._join("2025-03-01")
        self._invoice(6000, "2025-11-02")
        self._nights("2025-11-02", "2026-01-01")
        self._refund(6000, "2026-01-20")
        row = self._night("2026-01-20")
        self.assertEqual((row.tier_id, row.tier_measure), (self.gold, -6000))
        self._nights("2026-12-31", "2027-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-11-02", "", "Gold", "join", 6000),
                ("2026-01-01", "Gold", "Gold", "renewal", 0),
                ("2027-01-01", "Gold", "Silver", "downgrade", 0),
            ],
        )

    def test_8_manual(self):
        """It lies over the rules, which go on below, and ends by itself."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        self._manual("2026-01-11")
        self.assertEqual(self._stored().tier_id, self.gold, "At once")
        self._invoice(1200, "2026-02-01")
        row = self._night("2026-02-01")
        self.assertEqual((row.tier_id, row.tier_rule_id), (self.gold, self.silver))
        self.assertEqual(self._night("2026-03-31").tier_id, self.gold)
        self.assertEqual(self._nights("2026-04-01", "2026-04-02").tier_id, self.silver)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-01-11", "Base", "Gold", "manual", 0),
                ("2026-04-01", "Gold", "Silver", "manual_end", 1200),
            ],
        )

    def test_8_manual_ends_early(self):
        """By the button, or whatever writes it; begin and end tell who gave it."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        for start, end, finish in (
            ("2026-01-11", "2026-01-20", lambda manual: manual.action_end()),
            ("2026-01-21", "2026-01-22", lambda manual: manual.write({"ended": True})),
        ):
            manual = self._manual(start)
            with self._on(end):
                finish(manual)
            self.assertEqual(self._stored().tier_id, self.base)
            changes = self.Change.search([("manual_id", "=", manual.id)], order="id")
            self.assertEqual(changes.mapped("cause"), ["manual", "manual_end"])
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-01-11", "Base", "Gold", "manual", 0),
                ("2026-01-20", "Gold", "Base", "manual_end", 0),
                ("2026-01-21", "Base", "Gold", "manual", 0),
                ("2026-01-22", "Gold", "Base", "manual_end", 0),
            ],
        )

    def test_8_downgrade_below_a_manual_tier(self):
        """The rules go on below; what they did is seen when the other one ends."""
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._night("2026-02-01")
        self._manual("2026-12-01", "2028-06-30")
        row = self._night("2027-01-01")
        self.assertEqual((row.tier_id, row.tier_rule_id), (self.gold, self.silver))
        row = self._night("2028-01-01")
        self.assertEqual((row.tier_id, row.tier_rule_id), (self.gold, self.base))
        row = self._nights("2028-06-30", "2028-07-01")
        self.assertEqual(str(row.tier_since), "2028-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-01", "", "Silver", "join", 1000),
                ("2026-12-01", "Silver", "Gold", "manual", 1000),
                ("2028-07-01", "Gold", "Base", "manual_end", 0),
            ],
        )

    def test_8_manual_is_signed_and_final(self):
        """It has a reason, an end, and its author, whoever it is said to be from."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        other = new_test_user(self.env, "other", "sales_team.group_sale_manager")
        manual = self._manual("2026-01-11", user_id=other.id)
        self.assertEqual(manual.user_id, self.env.user)
        with self.assertRaises(UserError):
            manual.with_user(other).reason = "Another one"
        stranger = self.env["res.partner"].create({"name": "No member"})
        for wrong in (
            {"reason": "  "},
            {"date_end": "2020-01-01"},
            {"partner_id": stranger.id},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._manual("2026-01-11", **wrong)

    def test_9_rule_change(self):
        """Upward at once, downward only when the period ends."""
        self._join("2026-01-10")
        self._invoice(4000, "2026-02-01")
        self._night("2026-02-01")
        self.gold.threshold = 3000
        self._night("2026-02-02")
        self.gold.threshold = 9000
        self.silver.threshold = 4500
        self.assertEqual(self._nights("2026-02-03", "2026-12-31").tier_id, self.gold)
        self._night("2027-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-01", "", "Silver", "join", 4000),
                ("2026-02-02", "Silver", "Gold", "upgrade", 4000),
                ("2027-01-01", "Gold", "Silver", "downgrade", 0),
            ],
        )

    def test_9_a_window_that_ends(self):
        """From "ever" to the calendar year: kept to the end of this year."""
        self.program.tier_window = "lifetime"
        self._join("2024-01-10")
        self._invoice(1000, "2024-02-01")
        self.assertFalse(self._night("2024-02-01").tier_until)
        self.program.tier_window = "calendar"
        row = self._night("2026-03-01")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2026-12-31")
        )
        self._night("2027-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2024-02-01", "", "Silver", "join", 1000),
                ("2027-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_10_base_tier(self):
        """Always there: not deleted, not given a threshold; owing leads to it, too.

        Everybody has it, so to keep it is no news.
        """
        for wrong in (
            lambda: self.base.write({"threshold": 5}),
            self.base.unlink,
            lambda: self.program.write({"tier_ids": [Command.delete(self.base.id)]}),
        ):
            with self.assertRaises(UserError):
                wrong()
        self._join("2025-01-10")
        self._refund(100, "2025-01-11")
        self.assertEqual(self._night("2025-01-11").tier_id, self.base)
        row = self._nights("2026-01-01", "2027-01-01")
        self.assertEqual((row.tier_id, row.tier_missing), (self.base, 1000))
        self.assertEqual(self._ledger(), [("2025-01-11", "", "Base", "join", -100)])
