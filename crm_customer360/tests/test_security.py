from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CustomerCommon

SELLER = "sales_team.group_sale_salesman"
ALL_LEADS = "sales_team.group_sale_salesman_all_leads"
MANAGER = "sales_team.group_sale_manager"
BILLING = "account.group_account_invoice"
READONLY = "account.group_account_readonly"
ACCOUNTANT = "account.group_account_user"
PROFIT_FIELDS = (
    "cost",
    "cost_cogs",
    "cost_order",
    "cost_standard",
    "cost_estimated",
    "margin",
    "margin_rate",
    "service_cost",
    "credit_cost",
    "analytic_cost",
    "contribution",
    "contribution_rate",
    "contribution_rank",
    "contribution_share",
    "contribution_cumulated",
    "contribution_class",
)
# Ways to learn a figure of a row.
PROFIT_READS = {
    "read": lambda row, name: row.read([name]),
    "search": lambda row, name: row.search([(name, "!=", False)]),
    "search from the contact": lambda row, name: row.partner_id.search(
        [(f"customer_id.{name}", "!=", False)]
    ),
    "search through the contact": lambda row, name: row.search(
        [(f"partner_id.customer_id.{name}", "!=", False)]
    ),
    "sort": lambda row, name: row.search([], order=f"{name} desc"),
    "group": lambda row, name: row._read_group([], [name], ["__count"]),
    "sum": lambda row, name: row._read_group([], [], [f"{name}:max"]),
    "sort groups": lambda row, name: row._read_group(
        [], ["partner_id"], order=f"{name}:max"
    ),
    "having": lambda row, name: row._read_group(
        [], ["partner_id"], having=[(f"{name}:max", ">", 0)]
    ),
    "export": lambda row, name: row.export_data([name]),
}


@tagged("post_install", "-at_install")
class TestSecurity(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._user("seller", SELLER)
        cls.colleague = cls._user("colleague", SELLER)
        Partner = cls.env["res.partner"]
        cls.mine, cls.nobodys, cls.theirs = Partner.create(
            [
                {"name": "Mine", "user_id": cls.seller.id, "customer_rank": 1},
                {"name": "Nobody's", "user_id": False, "customer_rank": 1},
                {"name": "Theirs", "user_id": cls.colleague.id, "customer_rank": 1},
            ]
        )
        cls.partners = cls.mine + cls.nobodys + cls.theirs
        cls.Customer._refresh(cls.partners)
        cls.rows = cls.Customer.search(
            [
                ("partner_id", "in", cls.partners.ids),
                ("company_id", "=", cls.company.id),
            ]
        ).sorted("partner_id")
        cls.env.flush_all()

    @classmethod
    def _user(cls, login, groups, **vals):
        return new_test_user(
            cls.env, f"{login}360", groups, **{"company_id": cls.company.id, **vals}
        )

    def _seen(self, user):
        """The customers among ours that a user finds."""
        found = self.Customer.with_user(user).search([("id", "in", self.rows.ids)])
        return found.sudo().partner_id.sorted("id").sudo(False).with_user(self.env.user)

    # -- rows

    def test_seller(self):
        """Own customers and nobody's."""
        self.assertEqual(self._seen(self.seller), self.mine + self.nobodys)
        self.assertEqual(self._seen(self.colleague), self.nobodys + self.theirs)
        theirs = self.rows[2].with_user(self.seller)
        theirs.invalidate_recordset()
        for read in (
            lambda: theirs.read(["revenue"]),
            lambda: theirs.revenue,
            lambda: theirs.action_refresh(),
        ):
            with self.assertRaises(AccessError):
                read()
        self.rows[0].with_user(self.seller).action_refresh()

    def test_all_customers(self):
        for login, groups in (
            ("all", ALL_LEADS),
            ("manager", MANAGER),
            ("billing", BILLING),
            ("auditor", READONLY),
            ("accountant", ACCOUNTANT),
            ("both", f"{SELLER},{BILLING}"),
        ):
            with self.subTest(login=login):
                user = self._user(login, groups)
                self.assertEqual(self._seen(user), self.partners)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_no_access(self):
        """The highest who should not: employees of other trades, portal, public."""
        for user in (
            self._user("employee", "base.group_user"),
            self._user("buyer", "purchase.group_purchase_manager"),
            self._user("admin", "base.group_erp_manager"),
            self._user("portal", "base.group_portal"),
            self.env.ref("base.public_user").sudo(),
        ):
            with self.subTest(login=user.login):
                Customer = self.Customer.with_user(user.id)
                with self.assertRaises(AccessError):
                    Customer.search([])
                with self.assertRaises(AccessError):
                    Customer.browse(self.rows[0].id).read(["revenue"])
                with self.assertRaises(AccessError):
                    Customer._read_group([], [], ["revenue:sum"])
                partner = self.mine.with_user(user.id)
                for field in ("customer_id", "customer_abc_class"):
                    with self.assertRaises(AccessError):
                        partner.read([field])
                    with self.assertRaises(AccessError):
                        partner.search([(field, "!=", False)])

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_writes(self):
        for login, groups in (
            ("manager", MANAGER),
            ("accountant", ACCOUNTANT),
            ("adviser", "account.group_account_manager"),
        ):
            user = self._user(login, f"{groups},base.group_system")
            row = self.rows[0].with_user(user)
            with self.subTest(login=login):
                with self.assertRaises(AccessError):
                    row.write({"revenue": 1})
                with self.assertRaises(AccessError):
                    row.unlink()
                with self.assertRaises(AccessError):
                    row.create({"partner_id": self.customer.id, "company_id": 1})
                self.assertTrue(row.action_refresh())

    def test_companies(self):
        """Only of the companies one works in; branches have rows of their own."""
        branch = self._branch()
        other = self.setup_other_company()["company"]
        for company in (self.company, branch, other):
            self._invoice(100, "2026-05-01", company_id=company.id)
        self.Customer._refresh(self.customer)
        mine = [("partner_id", "=", self.customer.id)]
        for allowed, expected in (
            (self.company, self.company),
            (branch, branch),
            (self.company + branch, self.company + branch),
            (other, other),
        ):
            user = self._user(
                "-".join(map(str, allowed.ids)),
                MANAGER,
                company_id=allowed[0].id,
                company_ids=[Command.set(allowed.ids)],
            )
            with self.subTest(allowed=allowed):
                Customer = self.Customer.with_user(user)
                Customer = Customer.with_context(allowed_company_ids=allowed.ids)
                found = Customer.search(mine)
                self.assertEqual(found.sudo().company_id.ids, expected.ids)
                partner = self.customer.with_env(Customer.env)
                partner.invalidate_recordset()
                self.assertEqual(
                    partner.customer_id.sudo().company_id.ids, allowed[0].ids
                )
                hidden = self._stored(company=other if other != allowed else branch)
                with self.assertRaises(AccessError):
                    hidden.with_env(Customer.env).read(["revenue"])

    # -- cost, margin, contribution

    def test_profit(self):
        """Managers and accountants see them; with them their sums and orders."""
        for login, groups in (
            ("manager", MANAGER),
            ("accountant", ACCOUNTANT),
            ("adviser", "account.group_account_manager"),
            ("granted", f"{SELLER},crm_customer360.group_profitability"),
        ):
            row = self.rows[1].with_user(self._user(login, groups))
            with self.subTest(login=login):
                row.read(PROFIT_FIELDS)
                row.search([("margin", ">=", 0)], order="contribution desc", limit=1)
                row._read_group([], ["contribution_class"], ["margin:sum"])
                self.assertTrue(set(PROFIT_FIELDS) <= set(row.fields_get()))

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.models")
    def test_profit_denied(self):
        """In rows, search, sorting, groups, sums and export alike."""
        for login, groups in (
            ("all", ALL_LEADS),
            ("billing", BILLING),
            ("auditor", READONLY),
        ):
            user = self._user(login, f"{groups},base.group_allow_export")
            row = self.rows[0].with_user(user)
            self.assertFalse(set(PROFIT_FIELDS) & set(row.fields_get()))
            for name in PROFIT_FIELDS:
                for way, read in PROFIT_READS.items():
                    if way == "sum" and name == "contribution_class":
                        continue
                    with (
                        self.subTest(login=login, name=name, way=way),
                        self.assertRaises(AccessError),
                    ):
                        read(row, name)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_cost_of_documents(self):
        """A plain salesperson makes orders, and sees neither cost nor margin."""
        env = self.env(user=self.seller)
        order = env["sale.order"].create(
            {
                "partner_id": self.mine.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product_a.id, "product_uom_qty": 2}
                    )
                ],
            }
        )
        # computed for those who may see it: 2 × (1000 − 800)
        self.assertEqual(order.order_line.sudo().purchase_price, 800)
        self.assertEqual(order.order_line.sudo().margin, 400)
        order.action_confirm()
        order.copy()
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        self.env.invalidate_all()
        for record, names in (
            (order, ("margin", "margin_percent")),
            (order.order_line, ("purchase_price", "margin", "margin_percent")),
        ):
            for name in names:
                with self.subTest(name=name), self.assertRaises(AccessError):
                    record.read([name])
                self.assertNotIn(name, record.fields_get())
        biller = self.env(user=self._user("billing", BILLING))
        cost = invoice.invoice_line_ids.with_env(biller)
        for name in ("sale_cost", "sale_cost_source", "sale_cost_unit"):
            with self.assertRaises(AccessError):
                cost.read([name])
        self.assertEqual(invoice.invoice_line_ids.sudo().sale_cost, 1600)

    def test_order_form(self):
        """The form of an order works without the cost fields."""
        with Form(self.env(user=self.seller)["sale.order"]) as form:
            form.partner_id = self.mine
            with form.order_line.new() as line:
                line.product_id = self.product_a
                line.product_uom_qty = 3
        line = form.record.order_line.sudo()
        self.assertEqual(line.purchase_price, 800)
        self.assertEqual(line.margin, 600)  # 3 × (1000 − 800)

    # -- on the contact

    def test_customer_of_a_contact(self):
        """The field shows, and its search finds, what the rules let through."""
        partners = self.partners.with_user(self.seller)
        partners.invalidate_recordset()
        self.assertEqual(
            partners.mapped("customer_id").sudo().partner_id.ids,
            (self.mine + self.nobodys).ids,
        )
        self.assertFalse(partners[2].customer_id)
        ours = [("id", "in", partners.ids)]
        for domain in (
            [("customer_id", "!=", False)],
            [("customer_id", "in", self.rows.ids)],
            [("customer_id.revenue", ">=", 0)],
        ):
            with self.subTest(domain=domain):
                found = partners.search(ours + domain, order="id")
                self.assertEqual(found.ids, (self.mine + self.nobodys).ids)
        found = partners.search(ours + [("customer_id", "=", False)])
        self.assertEqual(found.ids, self.theirs.ids)
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.mine.id}
        )
        self.assertEqual(contact.with_user(self.seller).customer_id, self.rows[0])

    # -- remote calls

    def test_public_methods(self):
        """What is not meant for a caller is not callable."""
        for name in dir(type(self.Customer)):
            own = any(
                name in vars(cls) and cls.__module__.startswith("odoo.addons.crm_")
                for cls in type(self.Customer).__mro__
            )
            if own and name.startswith("_") and callable(getattr(self.Customer, name)):
                with self.subTest(name=name), self.assertRaises(AccessError):
                    get_public_method(self.Customer, name)
        self.assertTrue(get_public_method(self.Customer, "action_refresh"))
        self.assertTrue(
            get_public_method(self.env["res.partner"], "action_open_partner_360")
        )
