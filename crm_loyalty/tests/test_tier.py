from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTier(LoyaltyCommon):
    """Programs, members, why in words, and who may do what."""

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

    def test_duplicate_of_a_program(self):
        """Its rules, without the tiers: a company has one program with tiers."""
        self.program.tier_window = "rolling"
        copy = self.program.copy()
        self.assertEqual((copy.tier_window, copy.active), ("rolling", True))
        self.assertFalse(copy.tier_ids)

    def test_delete_a_tier(self):
        """One that nobody has had, though it is the next one of somebody."""
        self._join("2026-01-10")
        row = self._night("2026-01-10")
        self.assertEqual(row.tier_next_id, self.silver)
        self.silver.unlink()
        self.env.flush_all()
        row = self._night("2026-01-11")
        self.assertEqual((row.tier_next_id, row.tier_missing), (self.gold, 5000))
        self._invoice(5000, "2026-01-12")
        self._night("2026-01-12")
        with self.assertRaises(UserError):
            self.gold.unlink()

    def test_threshold_in_words(self):
        symbol = self.company.currency_id.symbol
        self.assertEqual(
            [
                tier.threshold_words.replace("\N{NO-BREAK SPACE}", "")
                for tier in (self.base, self.silver)
            ],
            ["For every member", f"From {symbol}1,000.00"],
        )
        self.program.tier_measure = "orders"
        self.silver.threshold = 1
        self.assertEqual(
            (self.silver + self.gold).mapped("threshold_words"),
            ["From 1 purchase", "From 5,000 purchases"],
        )

    def test_screens_of_an_accountant(self):
        """Whatever the screens of a tier show, accountants can read."""
        user = new_test_user(
            self.env,
            "accountant",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self._join("2026-01-10")
        self._night("2026-01-10")
        self._manual("2026-01-11")
        for model, domain in (
            ("loyalty.tier", [("program_id", "=", self.program.id)]),
            ("loyalty.tier.change", [("partner_id", "=", self.customer.id)]),
            ("loyalty.tier.manual", [("partner_id", "=", self.customer.id)]),
        ):
            for kind in ("list", "kanban", "form"):
                with self.subTest(model=model, kind=kind):
                    records = self.env[model].with_user(user)
                    view = records.get_view(view_type=kind)
                    names = view["models"][model]
                    found = records.search(domain)
                    self.assertTrue(found)
                    found.read(names)

    def test_members_of_a_branch_count_once(self):
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        self._join("2026-01-10")
        for company in (self.company, branch):
            self._invoice(10, "2026-01-10", company_id=company.id)
        self._night("2026-01-10")
        self.assertEqual(self.base.with_env(self.env).member_count, 1)

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

    def test_leave_with_a_tier_by_hand(self):
        """It ends with the membership, and says so."""
        card = self._join("2026-01-10")
        self._night("2026-01-10")
        self._manual("2026-01-11", "2026-12-31")
        card.active = False
        row = self._night("2026-01-12")
        self.assertFalse(row.tier_id or row.tier_manual_id or row.tier_rule_id)
        self._night("2026-01-13")
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-10", "", "Base", "join", 0),
                ("2026-01-11", "Base", "Gold", "manual", 0),
                ("2026-01-12", "Gold", "", "leave", 0),
            ],
        )

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

    def test_no_purchase_yet(self):
        """Of a program for all companies, which is one: a member all the same."""
        self.program.company_id = False
        self._join("2026-01-10")
        self.assertFalse(self._night("2026-01-10"), "Nothing says where")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET active = FALSE WHERE id <> %s", [self.company.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.addCleanup(self.env.registry.clear_cache)
        self.assertEqual(self._night("2026-01-11").tier_id, self.base)

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
