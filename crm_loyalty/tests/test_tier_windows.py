from odoo import Command
from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierWindows(LoyaltyCommon):
    """Windows other than the calendar year, branches, and several companies."""

    def test_rolling_leap_day(self):
        """Reached on 29 February 2024: kept until 28 February 2025.

        The twelve months that end then begin on 29 February 2024, so it is renewed
        with the purchase that reached it; in the next twelve there is none.
        """
        self.program.tier_window = "rolling"
        self._join("2024-01-10")
        self._invoice(1000, "2024-02-29")
        row = self._night("2024-02-29")
        self.assertEqual(str(row.tier_until), "2025-02-28")
        self._night("2025-02-28")
        with self._on("2025-02-28"):
            codes = [line["code"] for line in self._stored().tier_story["lines"]]
            self.assertIn("reached", codes)
        row = self._night("2025-03-01")
        self.assertEqual((row.tier_measure, row.tier_measure_ended), (0, 1000))
        self.assertEqual(str(row.tier_until), "2026-02-28")
        self._nights("2026-02-28", "2026-03-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2024-02-29", "", "Silver", "join", 1000),
                ("2025-03-01", "Silver", "Silver", "renewal", 0),
                ("2026-03-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_rolling_notice_and_grace(self):
        """Kept for 15 June 2025 to 14 June 2026, in which 950 of 1,000 are bought.

        The 500 of 10 June 2025 are within the last twelve months when notice is due,
        but will not count at the end. In the days of grace 50 are missing all along,
        though the 950 leave the last twelve months on 20 June; who pays them keeps it.
        """
        self.program.write(
            {
                "tier_window": "rolling",
                "tier_grace_days": 20,
                "tier_notice": "activity",
            }
        )
        self._join("2024-06-01")
        for amount, day in (
            (1000, "2024-06-15"),
            (500, "2025-06-10"),
            (950, "2025-06-20"),
        ):
            self._invoice(amount, day)
        self._nights("2024-06-15", "2025-06-15")
        for day in ("2026-05-20", "2026-06-15", "2026-07-01"):
            row = self._night(day)
            self.assertEqual(row.tier_id, self.silver)
            with self._on(day):
                due = self.env["loyalty.tier.notice"]._due()
                reasons = row._tier_reasons(row._tier_totals())
            self.assertEqual([each["missing"] for each in due], [50], day)
            missing = [
                each["missing"]
                for each in reasons
                if each["code"] in ("short", "grace")
            ]
            self.assertEqual(missing, [50], day)
        self._invoice(50, "2026-07-01")
        row = self._nights("2026-07-01")
        self.assertEqual(str(row.tier_until), "2027-06-14")
        self._nights("2027-07-04", "2027-07-05")
        self.assertEqual(
            self._ledger(),
            [
                ("2024-06-15", "", "Silver", "join", 1000),
                ("2025-06-15", "Silver", "Silver", "renewal", 500),
                ("2026-07-01", "Silver", "Silver", "renewal", 50),
                ("2027-07-05", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_rolling_counts_anew_with_the_period(self):
        """1,100 by the day of joining, 100 of them on it: these count for the next."""
        queue = self.env["crm.customer.queue"]
        self.program.tier_window = "rolling"
        self._join("2024-06-15")
        self._invoice(1000, "2024-06-01")
        self._invoice(100, "2024-06-15")
        self.cr.precommit.run()
        queue.search([]).sudo().unlink()
        self._night("2024-06-15")
        self.cr.precommit.run()
        self.assertEqual(queue.search([]).partner_id, self.customer)
        with self._on("2024-06-15"):
            queue._drain()
            self.cr.precommit.run()
        row = self._stored()
        self.assertEqual(row.tier_id, self.silver)
        self.assertEqual((row.tier_measure, row.tier_measure_ended), (1100, 100))
        self.assertFalse(queue.search([]), "Once")

    def test_rolling_branch(self):
        """The period of the company is that of its branch, where the first is late."""
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        self.program.tier_window = "rolling"
        self._join("2024-06-01")
        self._invoice(1000, "2024-06-15")
        self._nights("2024-06-15", "2025-06-15")
        # Known to the branch only after the period, with something bought in it.
        self._invoice(1000, "2025-06-15", company_id=branch.id)
        self._nights("2026-06-15")
        self.assertEqual(
            self._ledger(),
            [
                ("2024-06-15", "", "Silver", "join", 1000),
                ("2025-06-15", "Silver", "Silver", "renewal", 0),
                ("2026-06-15", "Silver", "Silver", "renewal", 0),
            ],
        )

    def test_anniversary_of_a_leap_day(self):
        """Joined on 29 February: the anniversary is 28 February, and 29 in 2028."""
        self.program.tier_window = "anniversary"
        self._join("2024-02-29")
        self._invoice(1000, "2025-02-27")
        row = self._night("2025-02-27")
        self.assertEqual(str(row.tier_until), "2025-02-27")
        row = self._night("2025-02-28")
        self.assertEqual(str(row.tier_until), "2026-02-27")
        self.assertEqual((row.tier_measure, row.tier_measure_ended), (0, 1000))
        self._nights("2026-02-27", "2026-02-28")
        self._invoice(1000, "2028-02-28")
        self._nights("2028-02-28", "2028-02-29")
        self.assertEqual(str(self._stored().tier_until), "2029-02-27")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-02-27", "", "Silver", "join", 1000),
                ("2025-02-28", "Silver", "Silver", "renewal", 0),
                ("2026-02-28", "Silver", "Base", "downgrade", 0),
                ("2028-02-28", "Base", "Silver", "upgrade", 1000),
                ("2028-02-29", "Silver", "Silver", "renewal", 0),
            ],
        )

    def test_lifetime(self):
        """Reached once, kept for good: neither years nor a credit note end it."""
        self.program.tier_window = "lifetime"
        self._join("2020-01-10")
        self._night("2020-01-10")
        self._invoice(1000, "2020-02-01")
        self._night("2020-02-01")
        self._refund(500, "2021-03-01")
        row = self._nights("2021-03-01", "2030-01-01")
        self.assertEqual((row.tier_measure, row.tier_until), (500, False))
        self.assertEqual(
            self._ledger(),
            [
                ("2020-01-10", "", "Base", "join", 0),
                ("2020-02-01", "Base", "Silver", "upgrade", 1000),
            ],
        )

    def test_two_companies(self):
        """Calendar years here, six months there; by hand in one only."""
        other = self.setup_other_company()["company"]
        program = self._program(
            name="Other club",
            company_id=other.id,
            tier_window="rolling",
            tier_months=6,
            tier_ids=[
                Command.create({"name": "First", "threshold": 0}),
                Command.create({"name": "Second", "threshold": 10}),
            ],
        )
        self._join("2026-01-10")
        self._join("2026-01-20", program=program)
        self._invoice(1000, "2026-02-01")
        self._invoice(10, "2026-03-15", company_id=other.id)
        self._night("2026-03-15")
        self._manual("2026-04-01", "2026-04-30")
        self._nights(
            *("2026-05-01", "2026-09-14", "2026-09-15", "2026-12-31", "2027-01-01"),
            *("2027-03-14", "2027-03-15", "2028-01-01"),
        )
        self.assertEqual(
            self._ledger(company=self.company),
            [
                ("2026-03-15", "", "Silver", "join", 1000),
                ("2026-04-01", "Silver", "Gold", "manual", 1000),
                ("2026-05-01", "Gold", "Silver", "manual_end", 1000),
                ("2027-01-01", "Silver", "Silver", "renewal", 0),
                ("2028-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )
        self.assertEqual(
            self._ledger(company=other),
            [
                ("2026-03-15", "", "Second", "join", 10),
                ("2026-09-15", "Second", "Second", "renewal", 0),
                ("2027-03-15", "Second", "First", "downgrade", 0),
            ],
        )
