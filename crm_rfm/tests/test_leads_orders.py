from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestLeadsOrders(RfmCommon):
    """The segment on opportunities, orders, contacts, and in native analysis.

    `high` buys twice in May (Loyal customers), `low` once in January (Hibernating),
    `none` never.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.Lead = cls.env["crm.lead"]
        cls.Order = cls.env["sale.order"]

    def setUp(self):
        super().setUp()
        self.buyers = self._buyers(
            low=[("2026-01-01", 10)], high=[("2026-05-01", 40), ("2026-05-02", 50)]
        )
        self.buyers["none"] = self._partner("none")
        self.loyal = self._segment("loyal_customers")
        self.hibernating = self._segment("hibernating")

    def _user(self, name, group, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login=f"segmented_{name}",
            groups=f"base.group_user,{group}",
            company_id=companies[0].id,
            company_ids=[(6, 0, companies.ids)],
        )

    def _as(self, user, model, companies=None):
        return (
            self.env[model]
            .with_user(user)
            .with_context(allowed_company_ids=(companies or self.company).ids)
        )

    def _check(self, records, model, money):
        """Search, read and group; `records` are ``{name: record}``."""
        Model = self.env[model]
        ids = [("id", "in", [record.id for record in records.values()])]

        def found(*condition):
            return Model.search([*ids, condition])

        self.assertEqual(records["high"].rfm_segment_id, self.loyal)
        self.assertEqual(records["child"].rfm_segment_id, self.loyal)
        self.assertEqual(records["low"].rfm_segment_id, self.hibernating)
        self.assertFalse(records["none"].rfm_segment_id)
        both = records["high"] + records["child"]
        self.assertEqual(set(found("rfm_segment_id", "=", self.loyal.id)), set(both))
        self.assertEqual(found("rfm_segment_id", "ilike", "hiber"), records["low"])
        self.assertEqual(
            set(found("rfm_segment_id", "!=", self.loyal.id)),
            {records["low"], records["none"]},
        )
        self.assertEqual(found("rfm_segment_id", "=", False), records["none"])
        self.assertEqual(
            set(found("rfm_segment_id", "!=", False)), {*both, records["low"]}
        )
        self.assertEqual(
            set(found("rfm_segment_id", "in", [False, self.loyal.id])),
            {*both, records["none"]},
        )
        self.assertEqual(
            set(found("rfm_segment_id.name", "=", "Loyal customers")), set(both)
        )
        groups = Model._read_group(ids, ["rfm_segment_id"], ["__count", f"{money}:sum"])
        self.assertEqual(
            {segment: (count, amount) for segment, count, amount in groups},
            {
                self.loyal: (2, 300),
                self.hibernating: (1, 400),
                self.env["crm.rfm.segment"]: (1, 800),
            },
        )
        # As the web client asks: grouped, with the domain of each group.
        for group in Model.formatted_read_group(ids, ["rfm_segment_id"], ["__count"]):
            self.assertEqual(
                Model.search_count(ids + list(group["__extra_domain"])),
                group["__count"],
            )

    def _child(self):
        return self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.buyers["high"].id}
        )

    def test_opportunities(self):
        self.Customer._refresh()
        child = self._child()
        self._check(
            {
                "high": self._opportunity(100, partner_id=self.buyers["high"].id),
                "child": self._opportunity(200, partner_id=child.id),
                "low": self._opportunity(400, partner_id=self.buyers["low"].id),
                "none": self._opportunity(800, partner_id=self.buyers["none"].id),
            },
            "crm.lead",
            "expected_revenue",
        )
        without = self._opportunity(1, partner_id=False)
        self.assertFalse(without.rfm_segment_id)
        self.assertIn(without, self.Lead.search([("rfm_segment_id", "=", False)]))

    def test_orders(self):
        self.Customer._refresh()
        child = self._child()
        quotation = {"confirm": False}
        self._check(
            {
                "high": self._order(
                    100, "2026-06-01", partner_id=self.buyers["high"].id
                ),
                "child": self._order(
                    200, "2026-06-01", partner_id=child.id, **quotation
                ),
                "low": self._order(
                    400, "2026-06-01", partner_id=self.buyers["low"].id, **quotation
                ),
                "none": self._order(
                    800, "2026-06-01", partner_id=self.buyers["none"].id, **quotation
                ),
            },
            "sale.order",
            "amount_untaxed",
        )

    def test_company_of_the_document(self):
        """A document has the segment of its own company, else of the current one."""
        self.Customer._refresh()
        other = self._create_company(name="Other")
        self.env.user.company_ids += other
        high = self.buyers["high"]
        row = self._stored(high)
        self.cr.execute(
            "INSERT INTO crm_customer (partner_id, company_id, currency_id,"
            " rfm_segment_id) VALUES (%s, %s, %s, %s)",
            [high.id, other.id, other.currency_id.id, self.hibernating.id],
        )
        self.assertEqual(row.rfm_segment_id, self.loyal)
        companies = self.company + other
        Lead = self.Lead.with_context(allowed_company_ids=companies.ids)
        ours, theirs, homeless = Lead.create(
            [
                {
                    "name": "Lead",
                    "type": "opportunity",
                    "user_id": False,
                    "team_id": False,
                    "partner_id": high.id,
                    "company_id": company,
                }
                for company in (self.company.id, other.id, False)
            ]
        )
        self.assertEqual(ours.rfm_segment_id, self.loyal)
        self.assertEqual(theirs.rfm_segment_id, self.hibernating)
        self.assertEqual(homeless.rfm_segment_id, self.loyal)
        mine = [("id", "in", (ours + theirs + homeless).ids)]
        self.assertEqual(
            Lead.search([*mine, ("rfm_segment_id", "=", self.hibernating.id)]), theirs
        )
        self.assertEqual(
            dict(Lead._read_group(mine, ["rfm_segment_id"], ["__count"])),
            {self.loyal: 2, self.hibernating: 1},
        )
        there = Lead.with_context(allowed_company_ids=(other + self.company).ids)
        self.assertEqual(there.browse(homeless.id).rfm_segment_id, self.hibernating)
        self.assertEqual(
            there.search([*mine, ("rfm_segment_id", "=", self.hibernating.id)]),
            theirs + homeless,
        )
        # A contact has one segment in each company.
        self.assertEqual(high.with_company(other).rfm_segment_id, self.hibernating)
        self.assertEqual(
            self.env["res.partner"]
            .with_company(other)
            ._read_group([("id", "=", high.id)], ["rfm_segment_id"])[0][0],
            self.hibernating,
        )

    def test_salesperson(self):
        """Of a customer whom the salesperson may not see, no segment is told."""
        sales = self._user("sales", "sales_team.group_sale_salesman")
        boss = self._user("boss", "sales_team.group_sale_manager")
        self.buyers["high"].user_id = sales
        self.buyers["low"].user_id = boss
        self.Customer._refresh()
        for partner in (self.buyers["high"], self.buyers["low"]):
            self._opportunity(100, partner_id=partner.id, user_id=sales.id)
            self._order(100, "2026-06-01", partner_id=partner.id, user_id=sales.id)
        nothing = self.env["crm.rfm.segment"]
        for model in ("crm.lead", "sale.order"):
            with self.subTest(model):
                mine = [("user_id", "=", sales.id)]
                Model = self._as(sales, model)
                self.assertEqual(
                    dict(Model._read_group(mine, ["rfm_segment_id"], ["__count"])),
                    {self.loyal: 1, nothing: 1},
                )
                found = Model.search([*mine, ("rfm_segment_id", "!=", False)])
                self.assertEqual(found.partner_id, self.buyers["high"])
                self.assertFalse(
                    Model.search([("rfm_segment_id", "=", self.hibernating.id)])
                )
                both = Model.search(mine)
                self.assertEqual(
                    both.mapped("rfm_segment_id"), self.loyal.with_user(sales)
                )
                full = dict(
                    self._as(boss, model)._read_group(
                        mine, ["rfm_segment_id"], ["id:count"]
                    )
                )
                self.assertEqual(full, {self.loyal: 1, self.hibernating: 1})
        # The native analysis joins the customers as their reader sees them.
        sold = self._as(sales, "sale.report")._read_group(
            [("user_id", "=", sales.id)], ["rfm_segment_id"], ["price_subtotal:sum"]
        )
        self.assertEqual(dict(sold), {self.loyal: 100, nothing: 100})

    def test_accountant(self):
        """Reads all segments on contacts and invoices; orders are not theirs."""
        self.Customer._refresh()
        reader = self._user("reader", "account.group_account_readonly")
        Partner = self._as(reader, "res.partner")
        self.assertEqual(
            Partner.browse(self.buyers["high"].id).rfm_segment_id, self.loyal
        )
        mine = [("id", "in", [partner.id for partner in self.buyers.values()])]
        self.assertEqual(len(Partner._read_group(mine, ["rfm_segment_id"])), 3)
        invoiced = self._as(reader, "account.invoice.report")._read_group(
            [("company_id", "=", self.company.id), ("state", "=", "posted")],
            ["rfm_segment_id"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(dict(invoiced), {self.loyal: 90, self.hibernating: 10})

    def test_employee(self):
        """Neither reads the field nor finds by it."""
        employee = self._user("employee", "base.group_user")
        for model in ("res.partner", "crm.lead", "sale.order"):
            with self.subTest(model):
                Model = self._as(employee, model)
                self.assertNotIn("rfm_segment_id", Model.fields_get())
                with self.assertRaises(AccessError):
                    Model.search([("rfm_segment_id", "=", self.loyal.id)])
                with self.assertRaises(AccessError):
                    Model._read_group([], ["rfm_segment_id"])

    def test_several_companies_in_analysis(self):
        """Invoice Analysis over two companies: each row by its own company."""
        self.Customer._refresh()
        other = self._create_company(name="Other")
        self.env.user.company_ids += other
        high = self.buyers["high"]
        self.cr.execute(
            "INSERT INTO crm_customer (partner_id, company_id, currency_id,"
            " rfm_segment_id) VALUES (%s, %s, %s, %s)",
            [high.id, other.id, other.currency_id.id, self.hibernating.id],
        )
        Report = self.env["account.invoice.report"].with_context(
            allowed_company_ids=(self.company + other).ids
        )
        groups = Report._read_group(
            [("commercial_partner_id", "=", high.id), ("state", "=", "posted")],
            ["rfm_segment_id"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(dict(groups), {self.loyal: 90})

    def test_views(self):
        """The filter and the group are offered."""
        sales = self._user("views", "sales_team.group_sale_salesman")
        for model, xmlid in (
            ("crm.lead", "crm.view_crm_case_opportunities_filter"),
            ("crm.lead", "crm.view_crm_case_leads_filter"),
            ("sale.order", "sale.sale_order_view_search_inherit_quotation"),
            ("sale.order", "sale.sale_order_view_search_inherit_sale"),
        ):
            view = self.env.ref(xmlid)
            with self.subTest(xmlid):
                arch = self._as(sales, model).get_view(view.id, "search")["arch"]
                self.assertIn("group_rfm_segment", arch)
                self.assertIn('name="rfm_segment_id"', arch)
