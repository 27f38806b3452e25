from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import CustomerCommon

SELLER = "sales_team.group_sale_salesman"
READONLY = "account.group_account_readonly"
MANAGER = "sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestProduct(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lamp, cls.desk, cls.chair = cls.env["product.product"].create(
            [
                {"name": name, "standard_price": cost, "taxes_id": [Command.clear()]}
                for name, cost in (("Lamp", 30), ("Desk", 200), ("Chair", 50))
            ]
        )

    def _sell(self, product, price, day, quantity=1, **vals):
        line = {"product_id": product.id, "price_unit": price, "quantity": quantity}
        return self._invoice(0, day, lines=[line], **vals)

    def _products(self, user=None, partner=None):
        """The customer's products: ``{name: row}``."""
        row = self._row(partner)
        Product = self.env["crm.customer.product"]
        if user:
            Product = Product.with_user(user).with_company(self.company)
        rows = Product.search([("customer_id", "=", row.id)])
        return {product.product_id.name: product for product in rows}

    def _sold(self):
        """Lamps in both windows, a desk in the previous one, chairs now, a service.

        Lamps: 10 × 50 and 4 back, 5 × 50 before. Desk: 400. Chairs: 2 × 80. And 60
        without a product.
        """
        self._sell(self.lamp, 50, "2025-06-16", 10)
        self._sell(self.lamp, 50, "2026-06-15", 4, move_type="out_refund")
        self._sell(self.lamp, 50, "2025-06-15", 5)
        self._sell(self.desk, 400, "2024-06-16")
        self._sell(self.chair, 80, "2026-06-01", 2)
        self._invoice(60, "2026-06-01")
        # Tomorrow's and drafts do not count.
        self._sell(self.desk, 400, "2026-06-16")
        self._sell(self.desk, 400, "2026-06-01", post=False)

    def test_figures(self):
        self._sold()
        products = self._products()
        self.assertEqual(
            {
                name: (
                    row.revenue,
                    row.revenue_previous,
                    row.revenue_total,
                    row.quantity,
                    row.margin,
                    str(row.first_date),
                    str(row.last_date),
                    row.status,
                )
                for name, row in products.items()
            },
            {
                # 6 × (50 - 30)
                "Lamp": (300, 250, 550, 6, 120, "2025-06-15", "2025-06-16", "regular"),
                "Desk": (0, 400, 400, 0, 0, "2024-06-16", "2024-06-16", "lapsed"),
                # 2 × (80 - 50)
                "Chair": (160, 0, 160, 2, 60, "2026-06-01", "2026-06-01", "new"),
                False: (60, 0, 60, 1, 60, "2026-06-01", "2026-06-01", "new"),
            },
        )
        row = self._row()
        for name, figure in (
            ("revenue", 520),
            ("revenue_previous", 650),
            ("revenue_total", 1170),
            ("margin", 240),
        ):
            self.assertEqual(sum(line[name] for line in products.values()), figure)
            self.assertEqual(row[name], figure)

    def test_shown_on_the_customer(self):
        """No more than eight, those that bring most first, and only products."""
        self._sold()
        row = self._row()
        self.assertEqual(
            row.top_product_ids.product_id.mapped("name"), ["Lamp", "Chair"]
        )
        self.assertEqual(row.lapsed_product_ids.product_id, self.desk)
        many = self.env["product.product"].create(
            [{"name": f"Part {number}"} for number in range(9)]
        )
        for number, product in enumerate(many):
            self._sell(product, 1000 + number, "2026-06-02")
            self._sell(
                product, 1000 + number, "2024-07-01", partner_id=self.partner_b.id
            )
        rows = row + self._row(self.partner_b)
        rows.invalidate_recordset(["top_product_ids", "lapsed_product_ids"])
        rows.mapped("top_product_ids")
        self.assertEqual(row.top_product_ids.product_id, many[:0:-1])
        self.assertEqual(rows[1].lapsed_product_ids.product_id, many[:0:-1])
        self.assertFalse(rows[1].top_product_ids)

    def test_contacts_and_read_by_id(self):
        """A contact's lines are the customer's; a row is read by its id alone."""
        child = self.env["res.partner"].create(
            {"name": "Branch office", "parent_id": self.customer.id}
        )
        self._sell(self.lamp, 50, "2026-06-01", partner_id=child.id)
        self._sell(self.lamp, 70, "2026-06-02")
        child.active = False
        lamp = self._products()["Lamp"]
        self.env.invalidate_all()
        self.assertEqual(lamp.revenue, 120)
        self.assertEqual(lamp.exists(), lamp)
        self.assertEqual(lamp.partner_id, self.customer)

    def test_units(self):
        """A dozen at 600 is twelve pieces."""
        dozen = self.env.ref("uom.product_uom_dozen")
        line = {
            "product_id": self.lamp.id,
            "product_uom_id": dozen.id,
            "price_unit": 600,
        }
        self._invoice(0, "2026-06-01", lines=[line])
        lamp = self._products()["Lamp"]
        self.assertEqual((lamp.quantity, lamp.revenue, lamp.margin), (12, 600, 240))

    def test_opens_its_lines(self):
        self._sold()
        for row in self._products().values():
            action = row.action_open_lines()
            lines = self.env["account.move.line"].search(action["domain"])
            self.assertEqual(-sum(lines.mapped("balance")), row.revenue_total)

    # -- access

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login=login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_own_customers(self):
        seller = self._user("product_seller", SELLER)
        colleague = self._user("product_colleague", SELLER)
        self._sold()
        self.customer.user_id = colleague
        self.assertFalse(self._products(seller))
        self.assertEqual(len(self._products(colleague)), 4)
        self.customer.user_id = False
        self.assertEqual(len(self._products(seller)), 4)

    def test_margin_is_for_few(self):
        seller = self._user("product_margin", SELLER)
        manager = self._user("product_manager", MANAGER)
        self._sold()
        self.assertEqual(self._products(manager)["Lamp"].margin, 120)
        lamp = self._products(seller)["Lamp"]
        self.assertEqual(lamp.revenue, 300)
        for read in (
            lambda: lamp.margin,
            lambda: lamp.search([("margin", ">", 0)]),
            lambda: lamp.search([], order="margin"),
            lambda: lamp._read_group([], [], ["margin:sum"]),
        ):
            with self.assertRaises(AccessError):
                read()

    def test_employee_sees_nothing(self):
        self._sold()
        with self.assertRaises(AccessError):
            self._products(self._user("product_employee", "base.group_user"))
