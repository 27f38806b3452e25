from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

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
        with self._on("2026-01-11"):
            self.env["loyalty.tier.manual"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "tier_id": self.silver.id,
                    "reason": "Because",
                    "date_end": "2026-03-31",
                }
            )
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

    def test_manual_tier_brings_its_benefits_at_once(self):
        self._join("2026-01-10")
        self._night("2026-01-10")
        manual = self.env["loyalty.tier.manual"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "tier_id": self.gold.id,
                "reason": "Because",
                "date_end": "2026-12-31",
            }
        )
        self.assertEqual(self._pricelist(), self.list_gold)
        manual.action_end()
        self.assertFalse(self._pricelist())

    def test_points_are_multiplied(self):
        """1 point per unit of money, × 1.5 for Gold: 150 for 100, 50 of them more."""
        self.program.write(
            {
                "applies_on": "both",
                "trigger": "auto",
                "rule_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_point_mode": "money",
                            "reward_point_amount": 1,
                            "minimum_qty": 0,
                        }
                    ),
                ],
            }
        )
        self.gold.point_factor = 1.5
        card = self._join("2026-01-10")
        self._invoice(5000, "2026-02-01")
        self._night("2026-02-01")
        order = self._order(100, "2026-06-15", confirm=False)
        order._update_programs_and_rewards()
        entry = order.coupon_point_ids
        self.assertEqual((entry.coupon_id, entry.points), (card, 150))
        self.assertEqual((entry.tier_id, entry.tier_bonus), (self.gold, 50))
        self.assertEqual(
            order.tier_points_note, "Gold: points × 1.50, that is 50.00 more"
        )
        order.action_confirm()
        self.assertEqual(card.points, 150)
        self.gold.point_factor = 3
        self.assertEqual(order._point_tier(self.program)[1], 1.5, "As confirmed")
