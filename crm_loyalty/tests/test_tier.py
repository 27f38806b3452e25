from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTier(LoyaltyCommon):
    """The rules of tiers, played through time, night by night."""

    def test_several_levels_up_at_once(self):
        self._join("2025-03-01")
        row = self._night("2025-03-01")
        self.assertEqual((row.tier_id, row.tier_next_id), (self.base, self.silver))
        self.assertEqual(row.tier_missing, 1000)
        self._invoice(6000, "2025-11-02")
        row = self._night("2025-11-02")
        self.assertEqual(row.tier_id, self.gold)
        self.assertFalse(row.tier_next_id)
        self.assertEqual(str(row.tier_until), "2025-12-31")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-03-01", "", "Base", "join", 0),
                ("2025-11-02", "Base", "Gold", "upgrade", 6000),
            ],
        )

    def test_refund_before_and_after_the_end_of_the_period(self):
        """It lowers the measure at once, and drops nobody before the year ends."""
        self._join("2025-03-01")
        self._invoice(6000, "2025-11-02")
        self._night("2025-11-02")
        self._refund(2000, "2025-12-01")
        row = self._night("2025-12-01")
        self.assertEqual(row.tier_measure, 4000)
        self.assertEqual(row.tier_id, self.gold)
        row = self._night("2026-01-01")
        self.assertEqual(row.tier_id, self.silver)
        self.assertEqual(str(row.tier_until), "2026-12-31")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-11-02", "", "Gold", "join", 6000),
                ("2026-01-01", "Gold", "Silver", "downgrade", 0),
            ],
        )

    def test_refund_after_the_end_of_the_period(self):
        """What was kept with the new year stays, though last year's goods come back."""
        self._join("2025-03-01")
        self._invoice(6000, "2025-11-02")
        self._night("2025-11-02")
        self._night("2026-01-01")
        self._refund(6000, "2026-01-20")
        row = self._night("2026-01-20")
        self.assertEqual((row.tier_id, row.tier_measure), (self.gold, -6000))
        self.assertEqual(self._ledger()[-1][1:4], ("Gold", "Gold", "renewal"))

    def test_one_tier_down_or_by_amount(self):
        for drop, tier in (("one", self.silver), ("amount", self.base)):
            with self.subTest(drop=drop):
                partner = self.env["res.partner"].create({"name": drop})
                self.program.tier_drop = drop
                self._join("2025-03-01", partner)
                self._invoice(6000, "2025-04-01", partner_id=partner.id)
                for day in ("2025-04-01", "2026-01-01", "2027-01-01"):
                    self._night(day)
                self.assertEqual(self._stored(partner).tier_id, tier)

    def test_grace(self):
        """Who brings it in the grace days keeps the tier; else it goes after them."""
        self.program.tier_grace_days = 10
        self._join("2025-03-01")
        self._invoice(1500, "2025-04-01")
        self._night("2025-04-01")
        self._night("2026-01-01")  # kept: 1,500 in 2025
        self._invoice(900, "2026-12-01")
        for day in ("2027-01-01", "2027-01-10"):
            self.assertEqual(self._night(day).tier_id, self.silver)
        self._invoice(100, "2027-01-10")
        row = self._night("2027-01-10")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2027-12-31")
        )
        for day in ("2028-01-01", "2028-01-10"):
            self.assertEqual(self._night(day).tier_id, self.silver)
        self.assertEqual(self._night("2028-01-11").tier_id, self.base)

    def test_rolling_and_leap_day(self):
        """Reached on 29 February 2024: kept until 28 February 2025.

        The twelve months up to that day begin on 29 February 2024: it is renewed.
        """
        self.program.write({"tier_window": "rolling", "tier_months": 12})
        self._join("2024-01-10")
        self._invoice(1000, "2024-02-29")
        row = self._night("2024-02-29")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2025-02-28")
        )
        self.assertEqual(self._night("2025-02-28").tier_id, self.silver)
        row = self._night("2025-03-01")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2026-02-28")
        )
        self.assertEqual(self._night("2026-02-28").tier_id, self.silver)
        self.assertEqual(self._night("2026-03-01").tier_id, self.base)

    def test_anniversary_of_a_leap_day(self):
        self.program.tier_window = "anniversary"
        self._join("2024-02-29")
        self._invoice(1000, "2025-02-27")
        row = self._night("2025-02-27")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2025-02-27")
        )
        row = self._night("2025-02-28")
        self.assertEqual(
            (row.tier_id, str(row.tier_until)), (self.silver, "2026-02-27")
        )
        self.assertEqual(row.tier_measure, 0)
        self.assertEqual(row.tier_measure_ended, 1000)
        self.assertEqual(self._night("2026-02-28").tier_id, self.base)

    def test_lifetime(self):
        self.program.tier_window = "lifetime"
        self._join("2020-01-10")
        self._invoice(1000, "2020-02-01")
        self._night("2020-02-01")
        row = self._night("2030-01-01")
        self.assertEqual((row.tier_id, row.tier_until), (self.silver, False))

    def test_orders(self):
        """Purchases are counted, credit notes are none."""
        self.program.tier_measure = "orders"
        self.silver.threshold = 2
        self._join("2026-01-10")
        self._invoice(10, "2026-02-01")
        self._refund(5, "2026-02-02")
        row = self._night("2026-02-02")
        self.assertEqual((row.tier_id, row.tier_missing), (self.base, 1))
        self._invoice(10, "2026-02-03")
        self.assertEqual(self._night("2026-02-03").tier_id, self.silver)

    def test_rule_change(self):
        """Upward at once; downward only when the period ends."""
        self._join("2026-01-10")
        self._invoice(4000, "2026-02-01")
        self._night("2026-02-01")
        self.gold.threshold = 3000
        self.assertEqual(self._night("2026-02-02").tier_id, self.gold)
        self.gold.threshold = 9000
        self.assertEqual(self._night("2026-02-03").tier_id, self.gold)
        self.assertEqual(self._night("2027-01-01").tier_id, self.silver)

    def test_manual(self):
        """It lies over the rules, which go on below, and ends by itself."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        with freeze_time("2026-01-11 12:00:00"):
            manual = self.env["loyalty.tier.manual"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "tier_id": self.gold.id,
                    "reason": "Partner in a joint campaign",
                    "date_end": "2026-03-31",
                }
            )
        self.assertEqual(self._stored(self.customer).tier_id, self.gold)
        self._invoice(1200, "2026-02-01")
        row = self._night("2026-02-01")
        self.assertEqual((row.tier_id, row.tier_rule_id), (self.gold, self.silver))
        self.assertEqual(self._night("2026-03-31").tier_id, self.gold)
        self.assertEqual(self._night("2026-04-01").tier_id, self.silver)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-01-11", "Base", "Gold", "manual", 0),
                ("2026-04-01", "Gold", "Silver", "manual_end", 1200),
            ],
        )
        self.assertEqual(manual.user_id, self.env.user)
        self.assertEqual(self._night("2026-04-02").tier_id, self.silver)
        self.assertEqual(len(self._ledger()), 3)

    def test_manual_needs_reason_and_end(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        values = {
            "partner_id": self.customer.id,
            "company_id": self.company.id,
            "tier_id": self.gold.id,
            "reason": "x",
            "date_end": self.company._customer_today(),
        }
        for wrong in ({"reason": "  "}, {"date_end": "2020-01-01"}):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["loyalty.tier.manual"].create({**values, **wrong})

    def test_leave(self):
        """An archived card ends membership, without a trace of the tier left."""
        card = self._join("2026-01-10")
        self._night("2026-01-10")
        card.active = False
        row = self._night("2026-01-11")
        self.assertFalse(row.tier_id or row.tier_since or row.tier_next_id)
        self.assertEqual(self._ledger()[-1][1:4], ("Base", "", "leave"))
        self.assertEqual(self._night("2026-01-12").tier_id.id, False)
        self.assertEqual(len(self._ledger()), 2)

    def test_no_member_no_tier(self):
        self._invoice(6000, "2026-01-10")
        self.assertFalse(self._night("2026-01-10").tier_id)
        self.assertEqual(self._ledger(), [])

    def test_unchanged_night_writes_nothing(self):
        self._join("2026-01-10")
        self._invoice(6000, "2026-01-10")
        self._night("2026-01-10")
        with freeze_time("2026-01-11 12:00:00"):
            self.assertEqual(self.Customer._evaluate_tiers(), 0)

    def test_two_companies(self):
        """Each company has its own program; the customer has a tier in each."""
        other = self.setup_other_company()["company"]
        program = self._program(
            name="Other club",
            company_id=other.id,
            tier_ids=[
                Command.create({"name": "First", "threshold": 0}),
                Command.create({"name": "Second", "threshold": 10}),
            ],
        )
        self._join("2026-01-10")
        self._join("2026-01-20", program=program)
        self._invoice(1000, "2026-02-01")
        self._night("2026-02-01")
        rows = self.Customer.sudo().search([("partner_id", "=", self.customer.id)])
        tiers = {row.company_id: row.tier_id.name for row in rows if row.tier_id}
        self.assertEqual(tiers, {self.company: "Silver", other: "First"})

    def test_wrong_programs_are_refused(self):
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._program(name="Second program with tiers")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.program.program_type = "coupons"
        # An archived one is in nobody's way, though it may be looked at.
        other = self._program(name="Second program with tiers", active=False)
        self.program.active = False
        other.with_context(active_test=False).active = True
        other.active = False
        self.program.active = True
        self._join("2026-01-10")
        self._night("2026-01-10")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.base.unlink()
        self.gold.unlink()
        self.assertEqual(self.program.tier_ids, self.base + self.silver)
