from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from .common import LoyaltyCommon

BENEFIT = "odoo.addons.crm_loyalty.models.loyalty_tier_benefit"


@tagged("post_install", "-at_install")
class TestTierBenefit(LoyaltyCommon):
    """Silver has a pricelist and payment terms, Gold another pricelist and a coupon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pricelists = cls.env["product.pricelist"]
        cls.list_silver = pricelists.create({"name": "Silver"})
        cls.list_gold = pricelists.create({"name": "Gold"})
        cls.list_hand = pricelists.create({"name": "By hand"})
        cls.term = cls.env.ref("account.account_payment_term_30days")
        cls.silver.write(
            {"pricelist_id": cls.list_silver.id, "payment_term_id": cls.term.id}
        )
        cls.coupons = cls.env["loyalty.program"].create(
            {
                "name": "Welcome",
                "program_type": "coupons",
                "company_id": cls.company.id,
                "reward_ids": [Command.create({"required_points": 2})],
            }
        )
        cls.gold.write(
            {
                "pricelist_id": cls.list_gold.id,
                "coupon_program_id": cls.coupons.id,
                "coupon_since": "2026-01-01",
            }
        )
        cls.Benefit = cls.env["loyalty.tier.benefit"]

    def _pricelist(self, partner=None, company=None):
        partner = (partner or self.customer).with_company(company or self.company)
        return partner.specific_property_product_pricelist

    def _play(self, day):
        self._night(day)
        with self._on(day):
            return self.Benefit._apply()

    def _coupons(self):
        return self.env["loyalty.card"].search([("program_id", "=", self.coupons.id)])

    def test_given_and_restored(self):
        child = self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.customer.id}
        )
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self._pricelist(), self.list_silver)
        self.assertEqual(self._pricelist(child), self.list_silver)
        self.assertEqual(self.customer.property_payment_term_id, self.term)
        self._invoice(4000, "2026-03-01")
        self._play("2026-03-01")
        self.assertEqual(self._pricelist(), self.list_gold)
        self.assertFalse(self.customer.property_payment_term_id, "Gold has none")
        self.assertEqual(self._play("2026-03-02"), (0, 0), "Nothing is done twice")
        self._play("2027-01-01")  # 2026 was enough for Gold
        self._play("2028-01-01")
        self.assertEqual(self._pricelist(), self.list_silver)
        self._play("2029-01-01")
        self.assertFalse(self._pricelist())
        self.assertFalse(self.customer.property_payment_term_id)
        self.assertFalse(self.Benefit.search([("partner_id", "=", self.customer.id)]))

    def test_one_set_by_hand_before_is_respected(self):
        self.customer.specific_property_product_pricelist = self.list_hand
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self._pricelist(), self.list_hand)
        row = self._stored()
        codes = [line["code"] for line in row.tier_story["lines"]]
        self.assertIn("by_hand", codes)
        row.action_use_tier_benefits()
        self.assertEqual(self._pricelist(), self.list_silver)
        self.assertEqual(self._play("2026-02-02"), (0, 0))
        self._play("2027-01-01")
        self._play("2028-01-01")
        self.assertEqual(row.tier_id, self.base)
        self.assertEqual(self._pricelist(), self.list_hand, "What was there before")

    def test_the_same_one_set_by_hand(self):
        """Set before the tier gave it: no word of another one; it stays afterwards."""
        self.customer.specific_property_product_pricelist = self.list_silver
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        row = self._stored()
        self.assertFalse(row.tier_benefit_by_hand)
        self.assertIn("Pricelist: Silver", row.tier_benefit_words)
        self.assertNotIn("by_hand", [line["code"] for line in row.tier_story["lines"]])
        self._play("2027-01-01")
        self._play("2028-01-01")
        self.assertEqual(row.tier_id, self.base)
        self.assertEqual(self._pricelist(), self.list_silver)

    def test_one_set_by_hand_later_stays(self):
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        self.customer.specific_property_product_pricelist = self.list_hand
        row = self._stored()
        self.assertNotIn("Pricelist", row.tier_benefit_words)
        self.assertIn("Payment terms", row.tier_benefit_words)
        self.assertTrue(row.tier_benefit_by_hand)
        codes = [line["code"] for line in row.tier_story["lines"]]
        self.assertEqual(codes.count("by_hand"), 1, "Said at once")
        row.action_use_tier_benefits()
        self.assertEqual(self._pricelist(), self.list_silver)
        self.customer.specific_property_product_pricelist = self.list_hand
        self._invoice(4000, "2026-03-01")
        self._play("2026-03-01")
        self.assertEqual(self._pricelist(), self.list_hand)
        self._play("2027-01-01")
        self._play("2028-01-01")
        self._play("2029-01-01")
        self.assertEqual(self._pricelist(), self.list_hand)

    def test_companies_and_branches(self):
        other = self.setup_other_company()["company"]
        branch = self._branch()
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self._pricelist(), self.list_silver)
        self.assertEqual(self._pricelist(company=branch), self.list_silver)
        self.assertFalse(self._pricelist(company=other))

    def test_coupon_once(self):
        self._join("2026-01-10")
        self._invoice(5000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self._coupons().partner_id, self.customer)
        self.assertEqual(self._coupons().points, 2)
        self._play("2027-01-01")
        self._play("2028-01-01")  # Silver
        self._invoice(5000, "2028-02-01")
        self._play("2028-02-01")
        self.assertEqual(self._stored().tier_id, self.gold)
        self.assertEqual(len(self._coupons()), 1, "Once per customer and tier")

    def test_coupon_for_a_tier_earned_below_one_by_hand(self):
        """Gold is earned while Silver is given: the coupon comes when that ends."""
        self._join("2026-01-10")
        self._night("2026-01-10")
        self._manual("2026-01-11", tier=self.silver)
        self._invoice(5000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self._stored().tier_id, self.silver)
        self.assertFalse(self._coupons())
        self._play("2026-04-01")
        self.assertEqual(self._stored().tier_id, self.gold)
        self.assertEqual(self._coupons().partner_id, self.customer)

    def test_no_coupon_for_who_was_there_before(self):
        self._join("2025-01-10")
        self._invoice(5000, "2025-02-01")
        self._play("2025-02-01")
        self.assertFalse(self._coupons())

    def test_what_the_company_has_for_everybody_comes_back(self):
        """15 days for all, 30 for Silver; the contact has none of its own again."""
        common = self.env.ref("account.account_payment_term_15days")
        self.env["ir.default"].set(
            "res.partner",
            "property_payment_term_id",
            common.id,
            company_id=self.company.id,
        )
        self._join("2026-01-10")
        self._invoice(1000, "2026-02-01")
        self._play("2026-02-01")
        self.assertEqual(self.customer.property_payment_term_id, self.term)
        self._play("2027-01-01")
        self._play("2028-01-01")
        self.assertEqual(self._stored().tier_id, self.base)
        self.assertEqual(self.customer.property_payment_term_id, common)
        self._invoice(1000, "2028-02-01")
        self._play("2028-02-01")
        self.assertEqual(self.customer.property_payment_term_id, self.term)

    @mute_logger(BENEFIT)
    def test_one_that_fails_does_not_stop_the_rest(self):
        good = self._two_in_silver()
        with self._failing():
            done, failed = self.Benefit._apply(self.customer + good)
        self.assertEqual((done, failed), (3, 1))
        self.assertEqual(self._pricelist(good), self.list_silver)
        self.assertEqual(self.Benefit._apply(self.customer), (1, 0), "Tried again")

    @mute_logger(BENEFIT)
    def test_one_that_fails_does_not_stop_the_queue(self):
        """Neither those behind in the run, nor when the time is up with it."""
        self.silver.payment_term_id = False
        good = self._two_in_silver()
        progress = []

        def stop(_cron, processed, remaining):
            progress.append((processed, remaining))
            return 0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", stop)
        with self._failing(), patch(f"{BENEFIT}.CHUNK", 1):
            self.Benefit._cron_apply()
        self.assertEqual(progress, [(1, 1), (1, 0)])
        self.assertFalse(self._pricelist())
        self.assertEqual(self._pricelist(good), self.list_silver)

    def _two_in_silver(self):
        """Make a member of Silver of the customer, and of another one: return it."""
        good = self.env["res.partner"].create({"name": "Good"})
        for partner in (self.customer, good):
            self._join("2026-01-10", partner)
            self._invoice(1000, "2026-02-01", partner_id=partner.id)
        self._night("2026-02-01")
        return good

    @contextmanager
    def _failing(self):
        """Have nothing given to the customer."""
        partners = type(self.env["res.partner"])
        original = partners.write
        bad = self.customer

        def write(records, vals):
            if bad in records and "specific_property_product_pricelist" in vals:
                raise ValueError("No")
            return original(records, vals)

        with patch.object(partners, "write", write):
            yield

    def test_only_another_tier_wakes_the_job(self):
        """Every purchase changes what is missing for the next tier; this does not."""
        self._join("2026-01-10")
        self._play("2026-01-10")
        cron = self.env.ref("crm_loyalty.ir_cron_tier_benefit")
        waiting = [("cron_id", "=", cron.id)]
        Trigger = self.env["ir.cron.trigger"].sudo()
        Trigger.search(waiting).unlink()
        self._invoice(10, "2026-06-14")
        self.assertEqual(self._row().tier_missing, 990)
        self.assertFalse(Trigger.search(waiting))
        self._invoice(990, "2026-06-14")
        self.assertEqual(self._row().tier_id, self.silver)
        self.assertTrue(Trigger.search(waiting))

    def test_manual_tier_brings_its_benefits_at_once(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        manual = self._manual("2026-06-15", "2026-12-31")
        self.assertEqual(self._pricelist(), self.list_gold)
        manual.action_end()
        self.assertFalse(self._pricelist())

    def test_uninstalled(self):
        """What was there before is restored; what was set by hand stays."""
        silver, other = self._members(1000, 1000)
        other.specific_property_product_pricelist = self.list_hand
        self.assertEqual(silver.property_payment_term_id, self.term)
        uninstall_hook(self.env)
        self.assertFalse(self._pricelist(silver))
        self.assertFalse(silver.property_payment_term_id)
        self.assertEqual(self._pricelist(other), self.list_hand)
        self.assertFalse(self.Benefit.search([]))

    def _members(self, *amounts, day="2026-02-01", **vals):
        """Return members who bought for these amounts, evaluated; None: no member."""
        partners = self.env["res.partner"]
        for amount in amounts:
            partner = partners.create({"name": str(amount)})
            if amount is not None:
                self._join("2025-01-10", partner)
                self._invoice(amount, day, partner_id=partner.id, **vals)
            partners += partner
        self._play(day)
        return partners

    def _merge(self, source, target, day="2026-03-01"):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self._on(day):
            wizard._merge((source + target).ids, target)
        self.assertFalse(source.exists())

    def test_merge_of_members(self):
        """Silver and Gold, each with a pricelist: Gold with its own remains."""
        gold, silver = self._members(6000, 1000)
        self.assertEqual(self._pricelist(silver), self.list_silver)
        self._merge(gold, silver)
        self.assertEqual(self._stored(silver).tier_id, self.gold)
        self.assertEqual(self._pricelist(silver), self.list_gold)
        benefits = self.Benefit.search([("partner_id", "=", silver.id)])
        self.assertEqual(benefits.mapped("value_id"), [self.list_gold.id])
        self.assertEqual((benefits.before_id, benefits.by_hand), (0, False))

    def test_merge_into_a_contact_with_a_pricelist(self):
        """That one was set by hand, and stays."""
        silver, other = self._members(1000, None)
        other.specific_property_product_pricelist = self.list_hand
        self._merge(silver, other)
        self.assertEqual(self._stored(other).tier_id, self.silver)
        self.assertEqual(self._pricelist(other), self.list_hand)
        self.assertTrue(self._stored(other).tier_benefit_by_hand)

    def test_merge_into_a_contact_without(self):
        """It gets the pricelist from the tier, and loses it with the tier."""
        silver, other = self._members(1000, None)
        self._merge(silver, other)
        self.assertEqual(self._pricelist(other), self.list_silver)
        self.assertFalse(self._stored(other).tier_benefit_by_hand)
        self._play("2027-01-01")
        self._play("2028-01-01")
        self.assertEqual(self._stored(other).tier_id, self.base)
        self.assertFalse(self._pricelist(other))

    def test_merge_of_two_who_were_told(self):
        """Both of the loss at the end of 2026: the notice of the one left is kept."""
        self.program.tier_notice = "activity"
        one, two = self._members(1000, 1000, day="2025-02-01")
        for day in ("2026-01-01", "2026-12-10"):
            self._night(day)
        notices = self.env["loyalty.tier.notice"]
        with self._on("2026-12-10"):
            self.assertEqual(notices._send_due(), (2, 0))
        kept = notices.search([("partner_id", "=", two.id)])
        self._merge(one, two, "2026-12-11")
        self.assertEqual(notices.search([("partner_id", "=", two.id)]), kept)

    def test_merge_of_members_of_a_branch(self):
        """The better tier stays; the ledger of the company says it, once."""
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        self.program.company_id = False
        one, two = self._members(6000, 10, day="2025-02-01", company_id=branch.id)
        self.assertFalse(self._stored(two), "Nothing at the company itself")
        self._merge(one, two, "2025-03-01")
        self.assertEqual(self._stored(two, branch).tier_id, self.gold)
        merged = self.Change.search(
            [("partner_id", "=", two.id), ("cause", "=", "upgrade")]
        )
        self.assertEqual(
            (merged.company_id, merged.from_id, merged.to_id, merged.needed),
            (self.company, self.base, self.gold, 5000),
        )

    def test_a_contact_joins_a_company(self):
        """Gold comes along until the end of the period, the pricelist from the tier.

        Natively the company would get it from the contact, as if set by hand.
        """
        (person,) = self._members(6000, day="2025-02-01")
        self._night("2026-01-01")
        self.assertEqual(self._pricelist(person), self.list_gold)
        with self._on("2026-01-02"):
            person.parent_id = self.customer
            self.cr.precommit.run()
            self.env["crm.customer.queue"]._drain()
        self.assertFalse(self._pricelist(self.customer))
        row = self._night("2026-01-03")
        self.assertFalse(self._stored(person))
        self.assertEqual((row.tier_id, str(row.tier_until)), (self.gold, "2026-12-31"))
        with self._on("2026-01-03"):
            self.Benefit._apply()
        self.assertEqual(self._pricelist(self.customer), self.list_gold)
        self.assertEqual(self._pricelist(person), self.list_gold)
        self.assertFalse(row.tier_benefit_by_hand)
        self.assertEqual(
            self._ledger(),
            [
                ("2026-01-02", "", "Base", "join", 0),
                ("2026-01-03", "Base", "Gold", "upgrade", 0),
            ],
        )
        self._night("2027-01-01")
        self.assertEqual(
            self._ledger()[-1], ("2027-01-01", "Gold", "Silver", "downgrade", 0)
        )
