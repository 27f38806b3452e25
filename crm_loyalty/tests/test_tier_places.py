from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierPlaces(LoyaltyCommon):
    """The tier on contacts, in native reports, snapshots, timeline and sheet.

    The customer joined in May and is Gold since June; another one is no member.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.Snapshot = cls.env["crm.customer.snapshot"]

    def setUp(self):
        super().setUp()
        self.other = self.env["res.partner"].create(
            {"name": "Other", "is_company": True}
        )
        self._join("2026-05-04")
        self._invoice(30, "2026-05-05", partner_id=self.other.id)
        with freeze_time("2026-05-10 12:00:00"):
            self.Customer._refresh()
            self.Snapshot._take()
        self._invoice(6000, "2026-06-10")
        self.Customer._refresh()
        self.Snapshot._take()
        self.env.invalidate_all()

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_contacts(self):
        Partner = self.env["res.partner"]
        contact = Partner.create({"name": "Child", "parent_id": self.customer.id})
        both = self.customer + contact
        self.assertEqual(both.mapped("loyalty_tier_id"), self.gold)
        mine = [("id", "in", [*both.ids, self.other.id])]

        def found(*leaf):
            return Partner.search([*mine, ("loyalty_tier_id", *leaf)])

        self.assertEqual(found("=", self.gold.id), both)
        self.assertEqual(found("ilike", "gol"), both)
        self.assertEqual(found("!=", self.gold.id), self.other)
        self.assertEqual(found("=", False), self.other)
        self.assertFalse(found("=", self.silver.id))
        self.assertEqual(
            dict(Partner._read_group(mine, ["loyalty_tier_id"], ["__count"])),
            {self.gold: 2, self.env["loyalty.tier"]: 1},
        )
        chips = self.customer._compute_application_statistics_hook()[self.customer.id]
        self.assertIn("Gold", [chip["value"] for chip in chips])

    def test_contacts_of_others(self):
        """A salesperson finds own customers by tier; who sells nothing has no field."""
        self.customer.user_id = self._user("colleague", "sales_team.group_sale_manager")
        self.Customer._refresh()
        seller = self._user("seller", "sales_team.group_sale_salesman")
        Partner = self.env["res.partner"].with_user(seller)
        self.assertFalse(Partner.browse(self.customer.id).loyalty_tier_id)
        self.assertFalse(Partner.search([("loyalty_tier_id", "=", self.gold.id)]))
        self.customer.user_id = seller
        self.Customer._refresh()
        self.env.invalidate_all()
        self.assertEqual(Partner.browse(self.customer.id).loyalty_tier_id, self.gold)
        clerk = self._user("clerk", "base.group_user,base.group_partner_manager")
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(clerk).search(
                [("loyalty_tier_id", "=", self.gold.id)]
            )

    def test_native_reports(self):
        groups = self.env["account.invoice.report"]._read_group(
            [("company_id", "=", self.company.id), ("state", "=", "posted")],
            ["loyalty_tier_id"],
            ["price_subtotal:sum"],
        )
        nobody = self.env["loyalty.tier"]
        self.assertEqual(dict(groups), {self.gold: 6000, nobody: 30})
        self._order(70, "2026-06-01")
        groups = self.env["sale.report"]._read_group(
            [("company_id", "=", self.company.id)],
            ["loyalty_tier_id"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(dict(groups), {self.gold: 70})

    def _movements(self, user=None):
        Movement = self.env["loyalty.tier.movement"]
        return [
            (
                move.partner_id,
                str(move.date_from),
                str(move.date_to),
                move.months,
                move.from_id.name,
                move.to_id.name,
                move.direction,
            )
            for move in Movement.with_user(user or self.env.user).search(
                [("company_id", "=", self.company.id)], order="date_to, months"
            )
        ]

    def test_movement_between_month_ends(self):
        """Base at the end of May, Gold in June, Silver at the end of July."""
        self.assertEqual(
            self._movements(),
            [(self.customer, "2026-05-31", "2026-06-30", 1, "Base", "Gold", "up")],
        )
        manual = {"reason": "A mistake of ours", "date_end": "2026-12-31"}
        self.env["loyalty.tier.manual"].create(
            {
                **manual,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "tier_id": self.silver.id,
            }
        )
        with freeze_time("2026-07-10 12:00:00"):
            self.Customer._refresh()
            self.Snapshot._take()
        names = [row[1:] for row in self._movements() if row[2] == "2026-07-31"]
        self.assertEqual(
            names,
            [
                ("2026-06-30", "2026-07-31", 1, "Gold", "Silver", "down"),
                ("2026-05-31", "2026-07-31", 2, "Base", "Silver", "up"),
            ],
        )

    def test_movement_of_a_new_member(self):
        self._join("2026-06-12", self.other)
        self.Customer._refresh()
        self.Snapshot._take()
        self.assertIn(
            (self.other, "2026-05-31", "2026-06-30", 1, False, "Base", "joined"),
            self._movements(),
        )

    def test_movement_of_who_left(self):
        self.env["loyalty.card"].search(
            [("partner_id", "=", self.customer.id)]
        ).active = False
        with freeze_time("2026-07-10 12:00:00"):
            self.Customer._refresh()
            self.Snapshot._take()
        self.assertIn(
            (self.customer, "2026-06-30", "2026-07-31", 1, "Gold", False, "left"),
            self._movements(),
        )

    def test_movement_access(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.assertEqual(len(self._movements(seller)), 1)
        self.customer.user_id = self.env.ref("base.user_admin")
        self.assertEqual(self._movements(seller), [])
        with self.assertRaises(AccessError):
            self._movements(self._user("clerk", "base.group_user"))

    def _lines(self, user=None):
        Event = self.env["crm.customer.event"].with_user(user or self.env.user)
        return Event.search(
            [("partner_id", "=", self.customer.id), ("kind", "=", "tier")],
            order="date",
        ).mapped("name")

    def test_timeline(self):
        self.assertEqual(
            self._lines(), ["Joined the program in Base", "Earned Gold, was Base"]
        )
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.assertEqual(len(self._lines(seller)), 2)
        self.customer.user_id = self.env.ref("base.user_admin")
        self.Customer._refresh()
        self.assertEqual(self._lines(seller), [])

    def test_timeline_of_a_branch(self):
        """Who buys at a branch alone has the changes there."""
        branch = self._branch()
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, branch.id]}
        )
        partner = self.other.copy({"name": "Buys at the branch"})
        self.program.company_id = False
        self._join("2026-06-01", partner)
        self._invoice(2000, "2026-06-02", partner_id=partner.id, company_id=branch.id)
        self.Customer._refresh()
        line = self.env["crm.customer.event"].search(
            [("partner_id", "=", partner.id), ("kind", "=", "tier")]
        )
        self.assertEqual(line.company_id, branch)
        self.assertEqual(line.name, "Joined the program in Silver")

    def test_sheet(self):
        """Tier and points of members; nothing of who is none."""
        self.env["loyalty.card"].search(
            [("partner_id", "=", self.customer.id)]
        ).points = 120
        rows = self._stored(self.customer) + self._stored(self.other)
        report = self.env["report.crm_customer360.report_customer_sheet"]
        values = report._get_report_values(rows.ids)
        blocks = dict(values["sheets"][rows[0].id]["blocks"])
        figures = dict(blocks["Loyalty"])
        self.assertEqual(figures["Tier"], "Gold")
        self.assertEqual(figures["In the Tier Since"], "06/15/2026")
        self.assertEqual(figures["Tier Kept Until"], "12/31/2026")
        self.assertEqual(figures["Points"], "120.00")
        self.assertNotIn("Loyalty", dict(values["sheets"][rows[1].id]["blocks"]))

    def test_screens_open(self):
        for model in ("loyalty.tier.movement", "crm.customer.snapshot"):
            views = self.env[model].get_views([(False, "list"), (False, "search")])
            self.assertIn("list", views["views"])
