from odoo.tests import tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierMerge(LoyaltyCommon):
    """Contacts become one: tier, benefits and notices are those of one member."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pricelists = cls.env["product.pricelist"]
        cls.list_silver = pricelists.create({"name": "Silver"})
        cls.list_gold = pricelists.create({"name": "Gold"})
        cls.list_hand = pricelists.create({"name": "By hand"})
        cls.silver.pricelist_id = cls.list_silver
        cls.gold.pricelist_id = cls.list_gold

    def _members(self, *amounts, day="2026-02-01", **vals):
        """Return members who bought for these amounts, evaluated; None: no member."""
        partners = self.env["res.partner"]
        for amount in amounts:
            partner = partners.create({"name": str(amount)})
            if amount is not None:
                self._join("2025-01-10", partner)
                self._invoice(amount, day, partner_id=partner.id, **vals)
            partners += partner
        self._night(day)
        with self._on(day):
            self.env["loyalty.tier.benefit"]._apply()
        return partners

    def _merge(self, source, target, day="2026-03-01"):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self._on(day):
            wizard._merge((source + target).ids, target)
        self.assertFalse(source.exists())

    def _pricelist(self, partner):
        return partner.with_company(self.company).specific_property_product_pricelist

    def test_members_with_benefits(self):
        """Silver and Gold, each with a pricelist: Gold with its own remains."""
        gold, silver = self._members(6000, 1000)
        self.assertEqual(self._pricelist(silver), self.list_silver)
        self._merge(gold, silver)
        self.assertEqual(self._stored(silver).tier_id, self.gold)
        self.assertEqual(self._pricelist(silver), self.list_gold)
        benefit = self.env["loyalty.tier.benefit"].search(
            [("partner_id", "=", silver.id)]
        )
        self.assertEqual((benefit.before_id, benefit.by_hand), (0, False))

    def test_a_member_into_a_contact_with_a_pricelist(self):
        """That one was set by hand, and stays."""
        silver, other = self._members(1000, None)
        other.specific_property_product_pricelist = self.list_hand
        self._merge(silver, other)
        self.assertEqual(self._stored(other).tier_id, self.silver)
        self.assertEqual(self._pricelist(other), self.list_hand)
        self.assertTrue(self._stored(other).tier_benefit_by_hand)

    def test_a_member_into_a_contact_without(self):
        """It gets the pricelist from the tier, and loses it with the tier."""
        silver, other = self._members(1000, None)
        self._merge(silver, other)
        self.assertEqual(self._pricelist(other), self.list_silver)
        self.assertFalse(self._stored(other).tier_benefit_by_hand)
        for day in ("2027-01-01", "2028-01-01"):
            self._night(day)
        with self._on("2028-01-01"):
            self.env["loyalty.tier.benefit"]._apply()
        self.assertEqual(self._stored(other).tier_id, self.base)
        self.assertFalse(self._pricelist(other))

    def test_both_were_told(self):
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

    def test_members_of_a_branch(self):
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
            self.assertEqual(self.env["loyalty.tier.benefit"]._apply(), (1, 0))
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
