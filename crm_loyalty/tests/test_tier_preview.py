from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import LoyaltyCommon

CATEGORY = "product.product_category_goods"


@tagged("post_install", "-at_install")
class TestTierPreview(LoyaltyCommon):
    """Four members with 4,000, 1,500, 800 and 0; Gold gives 10 % on everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pricelist = cls.env["product.pricelist"].create(
            {
                "name": "Ten",
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "3_global",
                            "compute_price": "percentage",
                            "percent_price": 10,
                        }
                    )
                ],
            }
        )
        cls.gold.pricelist_id = pricelist

    def setUp(self):
        super().setUp()
        self.partners = self.customer
        self._join("2026-01-10")
        self._invoice(4000, "2026-02-01")
        for amount in (1500, 800, 0):
            partner = self.env["res.partner"].create({"name": str(amount)})
            self._join("2026-01-10", partner)
            if amount:
                self._invoice(amount, "2026-02-01", partner_id=partner.id)
            self.partners += partner
        self._night("2026-06-15")

    def _moves(self, changes):
        """Return ``{horizon: {(from, to): (customers, cost)}}``."""
        result = self.program.get_tier_preview(changes)
        return {
            horizon: {
                (move["from"]["name"], move["to"]["name"]): (
                    move["customers"],
                    round(move["cost"], 2),
                )
                for move in result[horizon]["moves"]
            }
            for horizon in ("now", "end")
        }

    def test_up_at_once_down_with_the_period(self):
        changes = {
            "tier_ids": [
                Command.update(self.gold.id, {"threshold": 3000}),
                Command.update(self.silver.id, {"threshold": 2000}),
            ]
        }
        self.assertEqual(
            self._moves(changes),
            {
                "now": {("Silver", "Gold"): (1, 400)},
                "end": {
                    ("Silver", "Gold"): (1, 400),
                    ("Silver", "Base"): (1, 0),
                },
            },
        )
        self.env.invalidate_all()
        self.assertEqual(self.gold.threshold, 5000, "Nothing is saved")
        self.assertEqual(len(self._ledger()), 1)

    def test_it_is_what_the_evaluation_does(self):
        """Saved and evaluated, exactly those move that were announced."""
        changes = {"tier_ids": [Command.update(self.silver.id, {"threshold": 700})]}
        announced = self._moves(changes)["now"]
        self.assertEqual(announced, {("Base", "Silver"): (1, 0)})
        self.program.write(changes)
        with freeze_time("2026-06-15 13:00:00"):
            self.Customer._evaluate_tiers()
        moved = self.Change.search([("cause", "=", "upgrade")])
        self.assertEqual(moved.partner_id, self.partners[2])

    def test_cost_of_a_pricelist(self):
        """Only what it gives today on everything, from one piece on."""
        original = self.gold.pricelist_id
        self.assertEqual(self.gold._pricelist_discount(), 0.1)
        for other in (
            {"date_end": "2026-06-14 12:00:00"},
            {"date_start": "2026-06-16 12:00:00"},
            {"min_quantity": 10},
            {"applied_on": "2_product_category", "categ_id": self.ref(CATEGORY)},
        ):
            with self.subTest(**other):
                pricelist = original.copy()
                pricelist.item_ids.write(other)
                self.gold.pricelist_id = pricelist
                self.assertEqual(self.gold._pricelist_discount(), 0)

    def test_a_new_tier_and_another_measure(self):
        changes = {
            "tier_ids": [Command.create({"name": "Top", "threshold": 9000})],
            "tier_measure": "orders",
        }
        self.assertEqual(
            self._moves(changes),
            {"now": {}, "end": {("Silver", "Base"): (2, 0)}},
            "One purchase each: nobody reaches anything",
        )
        changes = {
            "tier_ids": [Command.update(self.silver.id, {"threshold": 1})],
            "tier_measure": "orders",
        }
        self.assertEqual(self._moves(changes)["now"], {("Base", "Silver"): (1, 0)})

    def test_branch(self):
        """What a customer buys at a branch counts, too, and moves the customer once."""
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        partner = self.env["res.partner"].create({"name": "Both"})
        self._join("2026-01-10", partner)
        self._invoice(600, "2026-02-01", partner_id=partner.id)
        self._invoice(600, "2026-02-02", partner_id=partner.id, company_id=branch.id)
        self._night("2026-06-15")
        changes = {"tier_ids": [Command.update(self.gold.id, {"threshold": 1200})]}
        # 4,000, 1,500 and 600 + 600 in a year; a tenth of it is what Gold costs.
        self.assertEqual(self._moves(changes)["now"], {("Silver", "Gold"): (3, 670)})

    def test_branch_by_another_measure(self):
        """Read anew from the documents: two purchases, one here, one at the branch.

        Those who bought once are Silver for it; then, within three months, nobody
        bought anything.
        """
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        partner = self.env["res.partner"].create({"name": "Both"})
        self._join("2026-01-10", partner)
        for company in (self.company, branch):
            self._invoice(
                600, "2026-02-01", partner_id=partner.id, company_id=company.id
            )
        self._night("2026-06-15")
        self.assertEqual(
            self._moves({"tier_window": "rolling", "tier_months": 3}),
            {"now": {}, "end": {("Silver", "Base"): (3, 0)}},
        )
        changes = {
            "tier_measure": "orders",
            "tier_ids": [
                Command.update(self.silver.id, {"threshold": 1}),
                Command.update(self.gold.id, {"threshold": 2}),
            ],
        }
        moves = {("Base", "Silver"): (1, 0), ("Silver", "Gold"): (1, 120)}
        self.assertEqual(self._moves(changes), {"now": moves, "end": moves})
        self.program.write(changes)
        self._night("2026-06-16")
        for company in (self.company, branch):
            self.assertEqual(self._stored(partner, company).tier_id, self.gold)

    def test_points_of_two_companies(self):
        """Moved in both, the 100 points of the year are given once more, not twice."""
        other = self.setup_other_company()["company"]
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, other.id]}
        )
        self.program.write({"company_id": False, "point_value_set": 1})
        self.silver.point_factor = 2
        partner = self.env["res.partner"].create({"name": "Both"})
        card = self._join("2026-01-10", partner)
        for company in (self.company, other):
            self._invoice(
                900, "2026-02-01", partner_id=partner.id, company_id=company.id
            )
        self.env["loyalty.history"].create(
            {"card_id": card.id, "description": "Before", "issued": 100}
        )
        self._night("2026-06-15")
        changes = {"tier_ids": [Command.update(self.silver.id, {"threshold": 900})]}
        self.assertEqual(self._moves(changes)["now"], {("Base", "Silver"): (2, 100)})

    def test_refused(self):
        with self.assertRaises(ValidationError):
            self.program.get_tier_preview(
                {"tier_ids": [Command.update(self.base.id, {"threshold": 5})]}
            )
        with self.assertRaisesRegex(UserError, "Silver has had members"):
            self.program.get_tier_preview(
                {"tier_ids": [Command.delete(self.silver.id)]}
            )
        seller = new_test_user(
            self.env, "seller", "sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(AccessError):
            self.program.with_user(seller).get_tier_preview({})
