from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import CustomerCommon

PROFIT_FIELDS = {
    "contribution",
    "contribution_rate",
    "cost",
    "credit_cost",
    "margin",
    "margin_rate",
    "service_cost",
}


@tagged("post_install", "-at_install")
class TestViews(CustomerCommon):
    """Who sees what, and whether a figure opens the documents it is the sum of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman, cls.manager = (
            new_test_user(
                cls.env,
                login=f"views_{name}",
                groups=f"base.group_user,{group}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, group in (
                ("salesman", "sales_team.group_sale_salesman"),
                ("manager", "sales_team.group_sale_manager"),
            )
        )

    def _view_fields(self, user, model="crm.customer"):
        """Return the fields in each view as the user gets it: ``{view: names}``."""
        views = [(False, name) for name in ("list", "form", "pivot", "graph", "search")]
        result = self.env[model].with_user(user).get_views(views)
        return {
            name: set(etree.fromstring(view["arch"]).xpath("//field/@name"))
            for name, view in result["views"].items()
        }

    def test_salesperson_sees_no_profit(self):
        for names in self._view_fields(self.salesman).values():
            self.assertFalse(names & PROFIT_FIELDS)

    def test_manager_sees_profit(self):
        fields = self._view_fields(self.manager)
        self.assertLessEqual(PROFIT_FIELDS, fields["form"])
        self.assertLessEqual({"margin", "margin_rate"}, fields["list"])

    def test_every_figure_says_what_it_means(self):
        """In the form, the list and the day: a help text for every figure shown."""
        for name in ("form", "list"):
            for view in self.env["ir.ui.view"].search(
                [("model", "=", "crm.customer"), ("type", "=", name)]
            ):
                arch = self.env["crm.customer"].get_view(view.id, name)["arch"]
                silent = {
                    field
                    for field in etree.fromstring(arch).xpath(
                        "//field[not(ancestor::field)]/@name"
                    )
                    if not self.env["crm.customer"]._fields[field].help
                }
                self.assertFalse(silent, view.name)

    def test_nobody_edits(self):
        result = self.env["crm.customer"].get_views([(False, "list"), (False, "form")])
        for view in result["views"].values():
            root = etree.fromstring(view["arch"])
            for name in ("create", "edit", "delete"):
                self.assertEqual(root.get(name), "false")

    def test_partner_views(self):
        """The button and the class are there for sales, not for others."""
        nobody = new_test_user(
            self.env,
            login="views_nobody",
            groups="base.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        for user, expected in ((self.salesman, True), (nobody, False)):
            partner = self.env["res.partner"].with_user(user)
            views = partner.get_views([(False, "form"), (False, "list")])["views"]
            form = etree.fromstring(views["form"]["arch"])
            button = form.xpath("//button[@name='action_open_partner_360']")
            self.assertEqual(bool(button), expected)
            column = etree.fromstring(views["list"]["arch"]).xpath(
                "//field[@name='customer_abc_class']"
            )
            self.assertEqual(bool(column), expected)

    def test_read_as_the_client_does(self):
        self._invoice(100, "2026-06-01")
        row = self._row()
        names = self._view_fields(self.salesman)["form"]
        specification = {name: {} for name in names if name in row._fields}
        [values] = row.with_user(self.salesman).web_read(specification)
        self.assertEqual(values["revenue"], 100)

    def test_filters_and_groups(self):
        """Every filter and group-by of the search view works."""
        self._invoice(100, "2026-01-01")
        self.Customer._refresh()
        customers = self.env["crm.customer"].with_user(self.manager)
        view = customers.get_views([(False, "search")])["views"]["search"]
        uid = self.manager.id
        for node in etree.fromstring(view["arch"]).iter("filter"):
            if node.get("domain"):
                domain = safe_eval(
                    node.get("domain"),
                    {
                        "uid": uid,
                        "context_today": fields.Date.today,
                        "relativedelta": relativedelta,
                    },
                )
                customers.search_count(domain)
            group = safe_eval(node.get("context") or "{}").get("group_by")
            if group:
                customers.formatted_read_group(
                    [], [group], ["revenue:sum", "margin_rate:avg"]
                )

    def test_empty_figures(self):
        """One invoice due in a month: no growth, no cadence, nothing settled."""
        self._invoice(100, "2026-06-01", due="2026-07-01")
        empty = set(self._row().empty_figures)
        self.assertLessEqual(
            {
                "cadence_days",
                "csat",
                "credit_used",
                "days_to_pay",
                "lateness",
                "oldest_due_days",
                "order_average",
                "payment_delay",
                "revenue_growth",
                "revenue_rank",
                "win_rate",
            },
            empty,
        )
        self.assertFalse({"margin_rate", "dso", "refund_rate"} & empty)
        self.Customer._refresh()
        self.assertNotIn("revenue_rank", self._stored().empty_figures)

    def test_figures_without_meaning_can_be_empty(self):
        """The list names stored or derived figures only."""
        names = set(self.Customer._nullable_figures())
        self.assertLessEqual(names, set(self.Customer._fields))

    # -- documents

    def _opened(self, name):
        action = getattr(self._row(), f"action_open_{name}")()
        records = self.env[action["res_model"]].with_context(**action["context"])
        return records.search(action["domain"])

    def test_documents_behind_figures(self):
        child = self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.customer.id}
        )
        other = self.env["res.partner"].create(
            {"name": "Part", "is_company": True, "parent_id": self.customer.id}
        )
        invoice = self._invoice(100, "2026-05-01", taxes=self.tax, partner_id=child.id)
        self._invoice(200, "2026-06-01", due="2026-07-01")
        self._invoice(400, "2025-06-15")
        self._invoice(800, "2026-06-16")
        self._invoice(1600, "2026-06-01", post=False)
        self._invoice(3200, "2026-06-01", partner_id=other.id)
        self._refund(30, "2026-06-02")
        self._payment(70, "2026-06-03", partner_id=child.id)
        self._order(90, "2026-06-04", partner_id=child.id)
        self._order(45, "2025-06-15")
        self._order(15, "2026-06-04", confirm=False)
        self._opportunity(500, partner_id=child.id)
        self._opportunity(250, company_id=False)
        self._opportunity(125).action_set_lost()
        self._invoice(60, "2026-06-01", move_type="in_invoice")
        child.active = False
        row = self._row()
        # 100 + 200 - 30
        self.assertEqual(row.revenue, 270)
        self.assertEqual(
            sum(self._opened("invoices").mapped("amount_untaxed_signed")), 270
        )
        # 110 + 200 + 400 - 30 - 70
        self.assertEqual(row.receivable, 610)
        self.assertEqual(sum(self._opened("receivable").mapped("amount_residual")), 610)
        # 110 + 400
        self.assertEqual(row.overdue, 510)
        overdue = self._opened("overdue")
        self.assertEqual(sum(overdue.mapped("amount_residual")), 510)
        self.assertIn(invoice, overdue.move_id)
        self.assertEqual(row.received, 70)
        self.assertEqual(sum(self._opened("payments").mapped("balance")), -70)
        self.assertEqual(row.order_amount, 90)
        self.assertEqual(sum(self._opened("orders").mapped("amount_untaxed")), 90)
        self.assertEqual(row.quotation_amount, 15)
        self.assertEqual(sum(self._opened("quotations").mapped("amount_untaxed")), 15)
        self.assertEqual(row.pipeline_amount, 750)
        self.assertEqual(
            sum(self._opened("opportunities").mapped("expected_revenue")), 750
        )
        self.assertEqual(row.payable, 60)
        self.assertEqual(sum(self._opened("payable").mapped("amount_residual")), -60)

    def test_write_off_is_behind_received(self):
        """110 owed, 100 paid, 10 written off: received is 100."""
        invoice = self._invoice(110, "2026-06-01")
        self._register(
            invoice,
            "2026-06-05",
            amount=100,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self.assertEqual(self._row().received, 100)
        self.assertEqual(sum(self._opened("payments").mapped("balance")), -100)

    # -- groups

    def _group(self, *figures):
        [values] = self.env["crm.customer"]._read_group(
            [("company_id", "=", self.company.id)],
            [],
            [f"{figure}:avg" for figure in figures],
        )
        return [value and round(value, 6) for value in values]

    def test_rates_of_a_group(self):
        """A sells 900 at cost 300 and 100 the year before; B sells 100 at cost 100."""
        other = self.customer.copy()
        self.product_a.standard_price = 300
        self.product_b.standard_price = 100
        line = {"tax_ids": False}
        self._invoice(
            0,
            "2026-06-01",
            lines=[{"product_id": self.product_a.id, "price_unit": 1000, **line}],
        )
        self._refund(100, "2026-06-02")
        self._invoice(200, "2025-06-01")
        self._invoice(
            0,
            "2026-06-01",
            partner_id=other.id,
            lines=[{"product_id": self.product_b.id, "price_unit": 100, **line}],
        )
        self._order(300, "2026-06-01")
        self._order(100, "2026-06-01")
        self._order(50, "2026-06-01", partner_id=other.id)
        self._opportunity(10).action_set_won()
        self._opportunity(10, partner_id=other.id).action_set_won()
        for _number in range(2):
            self._opportunity(10, partner_id=other.id).action_set_lost()
        self.Customer._refresh()
        self.assertEqual(
            self._group(
                "margin_rate",
                "contribution_rate",
                "refund_rate",
                "revenue_growth",
                "order_average",
                "win_rate",
                "credit_used",
                "csat",
            ),
            [
                # (600 + 0) / (900 + 100), where the average of rates says 33.3 %
                0.6,
                0.6,
                # 100 / (1,000 + 100)
                0.090909,
                # 1,000 / 200 - 1
                4.0,
                # 450 / 3 orders
                150.0,
                # 2 of 4
                0.5,
                # Nobody has a limit, nobody answered: empty, not zero.
                False,
                False,
            ],
        )

    def test_credit_used_of_a_group(self):
        """Without a limit nothing of it is used: 200 / 1,000, the other's 500 aside."""
        self.company.account_use_credit_limit = True
        other = self.customer.copy({"credit_limit": 0})
        self.customer.credit_limit = 1000
        self._invoice(200, "2026-06-01")
        self._invoice(500, "2026-06-01", partner_id=other.id)
        self.Customer._refresh()
        self.assertEqual(self._group("credit_used"), [0.2])

    def test_days_of_a_group(self):
        """DSO: (300 + 0) / (300 + 700) × 365. Delay: (300 × 10 + 100 × 30) / 400."""
        other = self.customer.copy()
        self._invoice(300, "2026-06-01", due="2026-06-05")
        paid = self._invoice(700, "2026-06-01", partner_id=other.id)
        self._register(paid, "2026-06-02")
        self.Customer._refresh()
        self.assertEqual(self._group("dso"), [109.5])
        self._invoice(100, "2026-05-01", due="2026-05-16", partner_id=other.id)
        self.Customer._refresh()
        self.assertEqual(self._group("open_delay"), [15.0])
