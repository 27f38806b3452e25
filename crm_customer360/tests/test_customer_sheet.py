from io import BytesIO

from lxml import html
from PyPDF2 import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import CustomerCommon

REPORT = "crm_customer360.action_report_customer_sheet"
MANAGER = ("sales_team.group_sale_manager", "account.group_account_readonly")
CLERK = ("sales_team.group_sale_salesman_all_leads", "account.group_account_invoice")
PROFIT_LABELS = (
    "Margin",
    "Contribution",
    "Cost to Serve",
    "Cost of Credit",
    "Costs",
)


class CustomerSheetCommon(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.write({"name": "Anvil", "standard_price": 300})
        cls.product_b.write({"name": "Bellows", "standard_price": 900})

    def _user(self, name, *groups):
        return new_test_user(
            self.env,
            login=f"sheet_{name}",
            groups=",".join(["base.group_user", *groups]),
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
            lang="en_US",
        )

    def _sell(self, product, price, day="2026-06-01", **vals):
        lines = [{"product_id": product.id, "price_unit": price}]
        return self._invoice(0, day, lines=lines, **vals)

    def _everything(self):
        """A customer at risk, with something of each kind."""
        self._sell(self.product_a, 1000, due="2026-02-10", day="2026-02-10")
        self._sell(self.product_b, 500, due="2026-07-01")
        self._refund(100, "2026-06-02")
        self._payment(200, "2026-06-03")
        self._order(750, "2026-06-04")
        self._order(80, "2026-06-05", confirm=False)
        self._opportunity(500)
        self.Customer._refresh()
        return self._stored()

    def _sheet(self, customers, user=None):
        """Return the text of each page."""
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        report = report.with_context(lang="en_US", allowed_company_ids=self.company.ids)
        content, _type = report._render_qweb_html(REPORT, customers.ids)
        pages = html.fromstring(content).xpath("//div[hasclass('page')]")
        return [" ".join(" ".join(page.itertext()).split()) for page in pages]


@tagged("post_install", "-at_install")
class TestCustomerSheet(CustomerSheetCommon):
    """The sheet says what the reader may see, in the right figures."""

    def test_figures(self):
        [page] = self._sheet(self._everything(), self._user("m", *MANAGER))
        for text in (
            "Customer",
            "Risk",
            # 1,000 is more than 90 days late
            "the oldest 125 days",
            # 1,000 + 500 − 100
            "Revenue $ 1,400.00",
            # 1,400 − 300 − 900
            "Margin $ 200.00",
            "Margin Rate 14.3 %",
            # 1,400 − 200 received
            "Receivable $ 1,200.00",
            "Overdue $ 1,000.00",
            "Days Overdue 125",
            "Received $ 200.00",
            "Last Purchase 06/01/2026",
            "Pipeline $ 500.00",
            # No limit, nobody answered, two purchases only
            "Credit Used –",
            "CSAT –",
            "Cadence –",
            "Anvil $ 1,000.00",
            "Bellows $ 500.00",
            "06/05/2026 Quotation",
            "06/04/2026 Order",
            "06/02/2026 Credit Note",
            "from 06/16/2025 to 06/15/2026, in USD",
        ):
            with self.subTest(text=text):
                self.assertIn(text, page)

    def test_aging_adds_up(self):
        """500 not due, 1,000 over 120 days, less 300 not allocated, are 1,200."""
        [page] = self._sheet(self._everything())
        self.assertIn(
            "Not Due $ 500.00 1-30 Days Late $ 0.00 31-60 Days Late $ 0.00"
            " 61-90 Days Late $ 0.00 91-120 Days Late $ 0.00"
            " Over 120 Days Late $ 1,000.00 Unallocated Credit $ 300.00",
            page,
        )

    def test_fresh(self):
        """The rows are computed anew before they are printed."""
        row = self._row_of_order()
        self._sell(self.product_a, 640)
        self.assertIn("Revenue $ 640.00", self._sheet(row)[0])

    def _row_of_order(self):
        self._order(100, "2026-06-01")
        return self._row()

    def test_empty(self):
        """A customer without any document: words, and no figure that means nothing."""
        self.customer.customer_rank = 1
        [page] = self._sheet(self._row())
        self.assertIn("No history yet", page)
        self.assertIn("Growth –", page)
        self.assertIn("Last Purchase –", page)
        self.assertIn("Class: ranked tonight", page)

    def test_no_longer_a_customer(self):
        row = self._row_of_order()
        parent = self.env["res.partner"].create({"name": "Parent", "is_company": True})
        self.customer.write({"is_company": False, "parent_id": parent.id})
        self.assertIn("nothing to print", self._sheet(row)[0])

    # -- access

    def test_profit_is_for_the_group(self):
        row = self._everything()
        manager, clerk = self._user("m", *MANAGER), self._user("c", *CLERK)
        [page] = self._sheet(row, manager)
        for label in PROFIT_LABELS[:4]:
            self.assertIn(label, page)
        [page] = self._sheet(row, clerk)
        self.assertIn("Revenue $ 1,400.00", page)
        for label in PROFIT_LABELS:
            self.assertNotIn(label, page)

    def test_documents_of_others(self):
        """A salesperson sees neither invoices nor orders of a colleague."""
        salesman = self._user("s", "sales_team.group_sale_salesman")
        colleague = self._user("o", "sales_team.group_sale_salesman")
        self._sell(self.product_a, 1000, invoice_user_id=colleague.id)
        own = self._sell(self.product_b, 50, invoice_user_id=salesman.id)
        theirs = self._order(70, "2026-06-01", user_id=colleague.id)
        self.customer.user_id = salesman
        [page] = self._sheet(self._row(), salesman)
        self.assertIn(own.name, page)
        self.assertIn("Bellows", page)
        self.assertNotIn("Anvil", page)
        self.assertNotIn(theirs.name, page)

    def test_customer_of_another(self):
        self.customer.user_id = self._user("o", "sales_team.group_sale_salesman")
        row = self._row_of_order()
        with self.assertRaises(AccessError):
            self._sheet(row, self._user("s", "sales_team.group_sale_salesman"))

    # -- in bulk

    def test_queries(self):
        """Ten customers more cost next to nothing more."""
        partners = self.env["res.partner"].create(
            [{"name": f"Bulk {number}"} for number in range(12)]
        )
        for partner in partners:
            self._sell(self.product_a, 100, partner_id=partner.id)
            self._order(30, "2026-06-01", partner_id=partner.id)
        self.Customer._refresh()
        rows = self.Customer.search([("partner_id", "in", partners.ids)])
        self._sheet(rows)
        counts = []
        for some in (rows[:2], rows):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            pages = self._sheet(some)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(pages), len(some))
        self.assertLessEqual(counts[1] - counts[0], 5, counts)

    def test_in_the_print_menu(self):
        actions = self.env["ir.actions.actions"].get_bindings("crm.customer")
        self.assertIn("Customer Sheet", [item["name"] for item in actions["report"]])


@tagged("post_install", "-at_install")
class TestCustomerSheetPdf(CustomerSheetCommon, HttpCase):
    """One page a customer."""

    def test_pages(self):
        # Without it Odoo prints no PDF at all; bin/setup asks for the package.
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() == "install":
            self.skipTest("wkhtmltopdf is not installed")
        self.product_a.name = "An anvil with a name that never seems to end " * 5
        full = self._everything()
        self.env["crm.customer.verdict"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "state": "risk",
                "reason": "Said a lot, and all of it was written down. " * 40,
                "date_end": "2026-12-31",
            }
        )
        self.company.account_use_credit_limit = True
        full.partner_id.write(
            {
                "credit_limit": 10,
                "trust": "bad",
                "city": "Llanfairpwllgwyngyll",
                "phone": "+44 1248 000000",
                "email": "a.customer@example.com",
                "country_id": self.env.ref("base.uk").id,
            }
        )
        full.partner_id.name = "A customer with a name of several words " * 3
        partner = self.env["res.partner"].create(
            {"name": "مشتری خالی", "customer_rank": 1}
        )
        empty = self._row(partner)
        self.env["res.lang"]._activate_lang("ar_001")
        for lang in ("en_US", "ar_001"):
            with self.subTest(lang=lang):
                report = self.env["ir.actions.report"].with_context(
                    force_report_rendering=True, lang=lang
                )
                content, kind = report._render_qweb_pdf(REPORT, (full + empty).ids)
                self.assertEqual(kind, "pdf")
                self.assertEqual(len(PdfReader(BytesIO(content)).pages), 2)
