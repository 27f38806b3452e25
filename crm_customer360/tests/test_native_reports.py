from ast import literal_eval

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .kept_setup import KeptSetup
from .native_report_common import MEASURES, NativeReportCommon

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")


@tagged("post_install", "-at_install")
class TestInvoiceAnalysis(NativeReportCommon):
    """Cost, margin and class in Invoice Analysis."""

    def _sell_everything(self):
        self._sell(self.product_a, 2, 500)
        self._sell(self.product_a, 1, 500, "2026-06-02", move_type="out_refund")
        self._sell(
            self.product_b,
            3,
            100,
            "2026-05-03",
            move_type="out_receipt",
            partner_id=self.other.id,
        )
        self._sell(self.product_a, 1, 500, "2026-06-04", post=False)
        self._sell(self.product_a, 1, 90, "2026-06-05", move_type="in_invoice")
        # Frozen at posting: what follows must not matter.
        self.product_a.standard_price = 999

    def test_cost_and_margin(self):
        """A draft and a bill have an untaxed amount, but neither cost nor margin."""
        self._sell_everything()
        figures = [*MEASURES, "sale_margin_rate:avg"]
        self.assertEqual(
            self._totals(["move_type"], figures),
            {
                # 2 × 500 and the draft; 2 × 300; 1,000 − 600
                ("out_invoice",): [1500, 600, 400, 0.4],
                # No rate without revenue
                ("out_refund",): [-500, -300, -200, None],
                ("out_receipt",): [300, 120, 180, 0.6],
                ("in_invoice",): [-90, 0, 0, None],
            },
        )
        # 1,000 − 500 + 300 and the draft; 600 − 300 + 120; 380 of 800
        self.assertEqual(
            self._totals([], figures, [("move_type", "in", SALE_TYPES)]),
            {(): [1300, 420, 380, 0.475]},
        )
        self.assertEqual(
            self._totals(["state"], figures),
            {("posted",): [710, 420, 380, 0.475], ("draft",): [500, 0, 0, None]},
        )

    def test_same_under_every_grouping(self):
        self._sell_everything()
        self.Customer._refresh()
        for groupby in (
            ["customer_abc_class"],
            ["partner_id"],
            ["commercial_partner_id"],
            ["product_id"],
            ["product_categ_id"],
            ["invoice_date:month"],
            ["invoice_user_id", "journal_id"],
            ["customer_abc_class", "invoice_date:week", "move_type"],
        ):
            with self.subTest(groupby=groupby):
                rows = self._totals(groupby).values()
                self.assertEqual(
                    [round(sum(column), 2) for column in zip(*rows, strict=True)],
                    [1210, 420, 380],
                )

    def test_line_by_line(self):
        """The list shows the rate of each line; nothing is there twice."""
        self._sell_everything()
        lines = self._report().search([], order="invoice_date")
        self.assertEqual(
            lines.mapped("sale_margin_rate"),
            # receipt, invoice, credit note, draft, bill
            [0.6, 0.4, 0, 0, 0],
        )

    def test_same_cost_as_the_customers(self):
        """In the window: 600 of the invoice; 300 of the year before is not in it."""
        self._sell(self.product_a, 2, 500)
        self._sell(self.product_a, 1, 500, "2025-06-15")
        self._sell(self.product_b, 1, 50, partner_id=self.other.id)
        self.Customer._refresh()
        rows = self.Customer.search([("company_id", "=", self.company.id)])
        window = [
            ("state", "=", "posted"),
            ("move_type", "in", SALE_TYPES),
            ("invoice_date", ">=", "2025-06-16"),
            ("invoice_date", "<=", "2026-06-15"),
        ]
        self.assertEqual(
            self._totals(["partner_id"], domain=window),
            {("Customer",): [1000, 600, 400], ("Other",): [50, 40, 10]},
        )
        self.assertEqual(
            {row.partner_id.name: (row.cost, row.margin) for row in rows},
            {"Customer": (600, 400), "Other": (40, 10)},
        )

    def test_several_companies(self):
        """Two euros are one dollar: 1,000 € at a cost of 300 € are 500 and 150."""
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        second = self.setup_other_company(name="Second", currency_id=euro.id)["company"]
        self.product_a.with_company(second).standard_price = 300
        self._sell(self.product_b, 2, 400)
        self._sell(self.product_b, 5, 40, partner_id=self.other.id)
        self._sell(
            self.product_a, 1, 1000, partner_id=self.other.id, company_id=second.id
        )
        self.Customer._refresh()
        both = self.company + second
        self.assertEqual(
            self._totals(["company_id", "customer_abc_class"], companies=both),
            {
                # Of 1,000: A up to the first 800, then B. Alone in the second: A.
                (self.company.name, "a"): [800, 80, 720],
                (self.company.name, "b"): [200, 200, 0],
                ("Second", "a"): [500, 150, 350],
            },
        )
        self.assertEqual(
            self._totals(
                ["customer_abc_class"],
                [*MEASURES, "sale_margin_rate:avg"],
                companies=both,
            ),
            {
                ("a",): [1300, 230, 1070, round(1070 / 1300, 4)],
                ("b",): [200, 200, 0, 0],
            },
        )
        self.assertEqual(
            self._totals([], companies=second),
            {(): [1000, 300, 700]},
        )

    def test_class_of_whom_the_customer_belongs_to_now(self):
        """Who became part of another since counts there; who is no customer, nowhere.

        No row is lost or doubled.
        """
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self._sell(self.product_b, 1, 800)
        self._sell(self.product_b, 1, 200, partner_id=self.other.id)
        self._sell(self.product_b, 1, 90, move_type="in_invoice", partner_id=vendor.id)
        self.Customer._refresh()
        self.assertEqual(
            self._totals(["customer_abc_class"], ["price_subtotal:sum", "__count"]),
            {("a",): [800, 1], ("b",): [200, 1], (False,): [-90, 1]},
        )
        self.other.write({"is_company": False, "parent_id": self.customer.id})
        self.Customer._refresh()
        self.assertEqual(
            self._totals(["customer_abc_class"], ["price_subtotal:sum", "__count"]),
            {("a",): [1000, 2], (False,): [-90, 1]},
        )

    # -- access

    def test_profit_is_for_the_group(self):
        self._sell(self.product_a, 2, 500)
        clerk = self._user(
            "clerk", "account.group_account_invoice", "account.group_account_readonly"
        )
        accountant = self._user("accountant", "account.group_account_user")
        for measure in ("sale_cost:sum", "sale_margin:sum", "sale_margin_rate:avg"):
            with self.subTest(measure=measure):
                self._totals([], [measure], user=accountant)
                with self.assertRaises(AccessError):
                    self._totals([], [measure], user=clerk)
                with self.assertRaises(AccessError):
                    self._report(clerk)._read_group(
                        [], ["partner_id"], [], order=measure
                    )
        with self.assertRaises(AccessError):
            self._report(clerk).search([("sale_margin", "<", 0)])
        fields = self._report(clerk).fields_get()
        self.assertIn("customer_abc_class", fields)
        self.assertFalse({"sale_cost", "sale_margin", "sale_margin_rate"} & set(fields))

    def test_class_by_what_the_reader_may_see(self):
        """By contribution the customer is D: told to who may see contributions."""
        self._sell(self.product_a, 1, 100)
        self._sell(self.product_b, 1, 50, partner_id=self.other.id)
        self.Customer._refresh()
        self.company.customer_pareto_measure = "contribution"
        self._classes("a", "b")
        self._classes("d", "a", name="contribution_class")
        clerk = self._user("clerk", "account.group_account_invoice")
        accountant = self._user("accountant", "account.group_account_user")
        self.assertEqual(
            self._totals(["customer_abc_class"], ["price_subtotal:sum"], user=clerk),
            {("a",): [100], ("b",): [50]},
        )
        self.assertEqual(
            self._totals(
                ["customer_abc_class"], ["price_subtotal:sum"], user=accountant
            ),
            {("d",): [100], ("a",): [50]},
        )

    def test_state_as_far_as_the_reader_may_see_it(self):
        """Good but for its profit: at risk for who may see profit alone."""
        self._sell(self.product_a, 1, 100)
        self._order(10, "2026-06-01")
        self.Customer._refresh()
        self._classes("good", "none", name="base_state")
        self._classes("risk", "none", name="full_state")
        clerk = self._user(
            "clerk",
            "account.group_account_invoice",
            "sales_team.group_sale_salesman_all_leads",
        )
        manager = self._user(
            "manager", "account.group_account_user", "sales_team.group_sale_manager"
        )
        for model, amount in (("account.invoice.report", 100), ("sale.report", 10)):
            for user, state in ((clerk, "good"), (manager, "risk")):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(
                        self._totals(
                            ["customer_state"],
                            ["price_subtotal:sum"],
                            model=model,
                            user=user,
                        ),
                        {(state,): [amount]},
                    )
                    found = self._report(user, model=model).search_count(
                        [("customer_state", "=", "risk")]
                    )
                    self.assertEqual(found, int(state == "risk"))

    def test_who_may_not_read_customers(self):
        """The report still works for a user who is given it without the customers."""
        self._sell(self.product_a, 1, 100)
        self.Customer._refresh()
        employee = self._user("employee")
        relation = self.Customer.with_user(employee)._report_relation()
        self.assertFalse(self.env.execute_query(relation))

    # -- the way there

    def test_favourite_is_the_ledger(self):
        """By ABC Class adds up to the journal items, receipts included."""
        self._sell_everything()
        self._sell(self.product_b, 1, 2700, partner_id=self.other.id)
        self.Customer._refresh()
        favourite = self.env.ref(
            "crm_customer360.account_invoice_report_filter_abc_class"
        )
        context = literal_eval(favourite.context.strip())
        rows = self._totals(
            context["group_by"],
            [f"{context['graph_measure']}:sum"],
            literal_eval(favourite.domain.strip()),
        )
        # Other: 300 + 2,700 of 3,500 is A; Customer: 1,000 − 500 is B.
        self.assertEqual(rows, {("a",): [3000], ("b",): [500]})
        [(ledger,)] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "in", SALE_TYPES),
                ("account_id.account_type", "=", "income"),
            ],
            [],
            ["balance:sum"],
        )
        self.assertEqual(-ledger, 3500)

    def test_join_only_where_wanted(self):
        for model, groupby in (
            ("account.invoice.report", "product_id"),
            ("sale.report", "product_id"),
        ):
            with self.subTest(model=model):
                # Below the union with the orders of Point of Sale no join is dropped:
                # bin/test runs this without that module, too.
                if not hasattr(self.env[model], "_select_pos"):
                    self.assertNotIn("crm_customer", self._plan(model, groupby))
                for dimension in ("customer_abc_class", "customer_state"):
                    self.assertIn("crm_customer", self._plan(model, dimension))


@tagged("post_install", "-at_install")
class TestSalesAnalysis(NativeReportCommon):
    """Orders by class; each line once."""

    def test_class(self):
        child = self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.customer.id}
        )
        self._order(0, "2026-06-01", lines=[{"price_unit": 100}, {"price_unit": 200}])
        self._order(40, "2026-06-01", partner_id=child.id)
        self._order(7, "2026-06-01", partner_id=self.other.id, confirm=False)
        self.Customer._refresh()
        self._classes("a", "c")
        self.assertEqual(
            self._totals(
                ["customer_abc_class"],
                ["price_subtotal:sum", "__count"],
                model="sale.report",
            ),
            {("a",): [340, 3], ("c",): [7, 1]},
        )
        found = self._report(model="sale.report").search(
            [("customer_abc_class", "=", "c")]
        )
        self.assertEqual(found.mapped("price_subtotal"), [7])

    def test_own_customers(self):
        """A salesperson is not told the class of a colleague's customer."""
        salesman = self._user("salesman", "sales_team.group_sale_salesman")
        self.customer.user_id = salesman
        self.other.user_id = self._user("colleague", "sales_team.group_sale_salesman")
        for partner, amount in ((self.customer, 100), (self.other, 50)):
            self._order(
                amount, "2026-06-01", partner_id=partner.id, user_id=salesman.id
            )
        self.Customer._refresh()
        self._classes("a", "b")
        self.assertEqual(
            self._totals(
                ["customer_abc_class"],
                ["price_subtotal:sum"],
                model="sale.report",
                user=salesman,
            ),
            {("a",): [100], (False,): [50]},
        )


@tagged("post_install", "-at_install", "is_tour")
class TestNativeReportTour(KeptSetup, AccountTestInvoicingHttpCommon):
    """An accountant finds revenue by class in three clicks."""

    # On a busy machine the first page, with its assets, takes longer than the 20
    # seconds that another request would wait for.
    test_cursor_lock_timeout = 120

    def test_revenue_by_class(self):
        for name, move_type, amount in (
            ("Large", "out_invoice", 8500.0),
            ("Large", "out_refund", 500.0),
            ("Large", "out_receipt", 100.0),
            ("Small", "out_invoice", 1900.0),
            ("Vendor", "in_invoice", 77.0),
        ):
            partner = self.env["res.partner"].search([("name", "=", name)], limit=1)
            self.init_invoice(
                move_type,
                partner=partner or self.env["res.partner"].create({"name": name}),
                invoice_date="2026-01-15",
                amounts=[amount],
                post=True,
                taxes=[],
            )
        self.env["crm.customer"]._refresh()
        user = new_test_user(
            self.env,
            login="tour_accountant",
            groups="base.group_user,account.group_account_user",
            company_id=self.env.company.id,
            company_ids=[(6, 0, self.env.company.ids)],
        )
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "in", SALE_TYPES),
                ("display_type", "=", "product"),
            ]
        )
        # 8,500 − 500 + 100 + 1,900: the total that the tour reads
        self.assertEqual(-sum(lines.mapped("balance")), 10000)
        self.start_tour("/odoo", "crm_customer360_native_report", login=user.login)
