from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierRules(LoyaltyCommon):
    """The ten rules, one test each, with what the ledger says in the end."""

    def _manual(self, day, tier=None, until="2026-03-31", **vals):
        with freeze_time(f"{day} 12:00:00"):
            return self.env["loyalty.tier.manual"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "tier_id": (tier or self.gold).id,
                    "reason": "Partner in a joint campaign",
                    "date_end": until,
                    **vals,
                }
            )

    def test_1_measure(self):
        """Net and untaxed: 1,100 with tax is 1,000; a credit note is taken off."""
        self._join("2026-01-10")
        self._invoice(999, "2026-02-01", taxes=self.tax)
        self.assertEqual(self._night("2026-02-01").tier_id, self.base)
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

    def test_2_up_at_once_and_several_levels(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        self._invoice(5000, "2026-02-01")
        self.assertEqual(self._night("2026-02-01").tier_id, self.gold)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-02-01", "Base", "Gold", "upgrade", 5000),
            ],
        )

    def test_3_kept_to_the_end_of_the_period(self):
        """Reached in 2025: kept over New Year's Eve, lost on the first of January."""
        self._join("2025-01-10")
        self._invoice(1000, "2025-02-01")
        self._night("2025-02-01")
        self._night("2026-01-01")  # 2025 was enough: kept for 2026
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

    def test_4_one_level_down_by_default(self):
        self._join("2025-01-10")
        self._invoice(6000, "2025-02-01")
        self._night("2025-02-01")
        self._night("2026-01-01")
        self._night("2027-01-01")
        self._night("2028-01-01")
        self.assertEqual(
            [line[:4] for line in self._ledger()],
            [
                ("2025-02-01", "", "Gold", "join"),
                ("2026-01-01", "Gold", "Gold", "renewal"),
                ("2027-01-01", "Gold", "Silver", "downgrade"),
                ("2028-01-01", "Silver", "Base", "downgrade"),
            ],
        )

    def test_4_or_by_the_amount(self):
        self.program.tier_drop = "amount"
        self._join("2025-01-10")
        self._invoice(6000, "2025-02-01")
        for day in ("2025-02-01", "2026-01-01", "2027-01-01"):
            self._night(day)
        self.assertEqual(
            self._ledger()[-1], ("2027-01-01", "Gold", "Base", "downgrade", 0)
        )

    def test_5_grace(self):
        """Ten days: what is bought on the tenth still counts for the year before."""
        self.program.tier_grace_days = 10
        self._join("2025-01-10")
        self._invoice(1000, "2025-02-01")
        self._night("2025-02-01")
        self._night("2026-01-01")
        self._invoice(600, "2026-12-01")
        self._night("2027-01-01")
        self._invoice(400, "2027-01-10")
        self._night("2027-01-10")
        self._night("2028-01-01")
        self.assertEqual(self._night("2028-01-10").tier_id, self.silver)
        self._night("2028-01-11")
        self.assertEqual(
            self._ledger(),
            [
                ("2025-02-01", "", "Silver", "join", 1000),
                ("2026-01-01", "Silver", "Silver", "renewal", 0),
                ("2027-01-10", "Silver", "Silver", "renewal", 400),
                ("2028-01-11", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_7_refund(self):
        """It lowers the measure at once; the tier goes only with the period."""
        self._join("2026-01-10")
        self._invoice(1500, "2026-02-01")
        self._night("2026-02-01")
        self._refund(1000, "2026-03-01")
        row = self._night("2026-03-01")
        self.assertEqual(
            (row.tier_id, row.tier_measure, row.tier_missing),
            (self.silver, 500, 4500),
        )
        self._night("2027-01-01")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-02-01", "", "Silver", "join", 1500),
                ("2027-01-01", "Silver", "Base", "downgrade", 0),
            ],
        )

    def test_8_manual_ends_early(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        manual = self._manual("2026-01-11")
        with freeze_time("2026-01-20 12:00:00"):
            manual.action_end()
        self.assertEqual(self._stored().tier_id, self.base)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-01-11", "Base", "Gold", "manual", 0),
                ("2026-01-20", "Gold", "Base", "manual_end", 0),
            ],
        )
        changes = self.Change.search([("manual_id", "=", manual.id)])
        self.assertEqual(len(changes), 2, "Begin and end tell who gave it, and why")

    def test_8_manual_ends_with_what_is_written(self):
        """By another program than the button, too."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        manual = self._manual("2026-01-11")
        with freeze_time("2026-01-20 12:00:00"):
            manual.write({"ended": True})
        self.assertEqual(self._stored().tier_id, self.base)
        self.assertEqual(
            self._ledger()[-1], ("2026-01-20", "Gold", "Base", "manual_end", 0)
        )

    def test_8_manual_is_signed_and_final(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        other = new_test_user(self.env, "other", "sales_team.group_sale_manager")
        manual = self._manual("2026-01-11", user_id=other.id)
        self.assertEqual(manual.user_id, self.env.user)
        with self.assertRaises(UserError):
            manual.with_user(other).reason = "Another one"
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._manual(
                "2026-01-11",
                partner_id=self.env["res.partner"].create({"name": "None"}).id,
            )

    def test_9_rule_change(self):
        """Upward at once, downward only when the period ends."""
        self._join("2026-01-10")
        self._invoice(4000, "2026-02-01")
        self._night("2026-02-01")
        self.gold.threshold = 3000
        self._night("2026-02-02")
        self.gold.threshold = 9000
        self.silver.threshold = 4500
        self.assertEqual(self._night("2026-12-31").tier_id, self.gold)
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
        """Always there: not deleted, not given a threshold; owing leads to it, too."""
        for wrong in (
            lambda: self.base.write({"threshold": 5}),
            self.base.unlink,
            lambda: self.program.write({"tier_ids": [Command.delete(self.base.id)]}),
        ):
            with self.assertRaises(UserError):
                wrong()
        self._join("2026-01-10")
        self._refund(100, "2026-01-11")
        self.assertEqual(self._night("2026-01-11").tier_id, self.base)
        self.assertEqual(self._ledger(), [("2026-01-11", "", "Base", "join", -100)])

    def test_posting_and_joining_lead_to_the_tier(self):
        """By the queue, without a night: a card, then an invoice."""
        queue = self.env["crm.customer.queue"]
        self.cr.precommit.run()
        queue.search([]).sudo().unlink()
        self._join("2026-06-15")
        self.cr.precommit.run()
        self.assertIn(self.customer, queue.search([]).partner_id)
        queue._drain()
        self.assertEqual(self._stored().tier_id, self.base)
        self._invoice(5000, "2026-06-15")
        self.cr.precommit.run()
        queue._drain()
        self.assertEqual(self._stored().tier_id, self.gold)

    def test_why(self):
        """In words, as the definitions ask for."""
        self._join("2025-03-01")
        self._night("2025-03-01")
        self._invoice(6000, "2025-11-02")
        self._night("2025-11-02")
        self._night("2026-01-01")
        self._invoice(4000, "2026-05-01")
        with freeze_time("2026-06-15 12:00:00"):
            self.Customer._refresh(self.customer)
            lines = [line["text"] for line in self._stored().tier_story["lines"]]
        money = self.company.currency_id.symbol
        self.assertEqual(
            [line.replace("\N{NO-BREAK SPACE}", "") for line in lines],
            [
                f"Gold since 11/02/2025: {money}6,000.00 net spend in 2025, "
                f"{money}5,000.00 needed.",
                "Kept until 12/31/2026.",
                f"{money}1,000.00 missing to keep it.",
            ],
        )
        self.gold.threshold = 9000
        row = self._stored()
        row.invalidate_recordset()
        self.assertEqual(
            row.tier_story["lines"][0]["text"], lines[0], "What was needed on that day"
        )
        self.silver.threshold = 1500
        self._night("2027-01-01")  # 4,000 in 2026
        changes = self.Change.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(
            [(change.cause, change.needed) for change in changes],
            [
                ("downgrade", 9000),
                ("renewal", 5000),
                ("upgrade", 5000),
                ("join", 0),
            ],
        )

    def test_salesperson_reads_and_manager_gives(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        seller = new_test_user(
            self.env, "seller", "sales_team.group_sale_salesman_all_leads"
        )
        self.customer.user_id = seller
        manager = new_test_user(self.env, "chief", "sales_team.group_sale_manager")
        values = {
            "partner_id": self.customer.id,
            "company_id": self.company.id,
            "tier_id": self.gold.id,
            "reason": "Because",
            "date_end": "2026-12-31",
        }
        (seller + manager).write(
            {
                "company_ids": [Command.link(self.company.id)],
                "company_id": self.company.id,
            }
        )
        with self.assertRaises(UserError):
            self.env["loyalty.tier.manual"].with_user(seller).create(values)
        manual = self.env["loyalty.tier.manual"].with_user(manager).create(values)
        self.assertEqual(self._stored().tier_id, self.gold)
        self.assertEqual(manual.with_user(seller).reason, "Because")
        with self.assertRaises(UserError):
            manual.with_user(seller).action_end()
        stranger = new_test_user(
            self.env,
            "stranger",
            "sales_team.group_sale_salesman",
            company_ids=[Command.set(self.company.ids)],
            company_id=self.company.id,
        )
        manuals = self.env["loyalty.tier.manual"].with_user(stranger)
        self.assertFalse(manuals.search([]), "Another one's customer")
        with self.assertRaises(UserError):
            self.gold.with_user(seller).threshold = 3
        self.gold.with_user(manager).threshold = 4000
