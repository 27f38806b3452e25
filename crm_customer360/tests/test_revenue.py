from odoo.tests import tagged

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestRevenue(CustomerCommon):
    # -- who

    def test_contacts_at_any_depth(self):
        """Three levels below the company, one of them archived: one customer."""
        Partner = self.env["res.partner"]
        contacts = parent = self.customer
        for level in range(3):
            parent = Partner.create({"name": f"Level {level}", "parent_id": parent.id})
            contacts += parent
        for amount, contact in zip((1000, 100, 10, 1), contacts, strict=True):
            self._invoice(amount, "2026-05-01", partner_id=contact.id)
        contacts[2].active = False
        # 1000 + 100 + 10 + 1
        self.assertFigures({"revenue": 1111, "receivable": 1111, "purchase_count": 4})
        rows = self.Customer.search([("partner_id", "in", contacts.ids)])
        self.assertEqual(rows.partner_id, self.customer)

    def test_archived_customer(self):
        self._invoice(100, "2026-05-01")
        self.customer.active = False
        self.assertFigures({"revenue": 100, "receivable": 100})

    def test_persons(self):
        """A person without a company is a customer of its own; a company inside
        another is one too."""
        person = self.env["res.partner"].create({"name": "Person"})
        daughter = self.env["res.partner"].create(
            {"name": "Daughter", "is_company": True, "parent_id": self.customer.id}
        )
        self._invoice(100, "2026-05-01", partner_id=person.id)
        self._invoice(10, "2026-05-01", partner_id=daughter.id)
        self._invoice(1, "2026-05-01")
        self.assertFigures({"revenue": 100}, person)
        self.assertFigures({"revenue": 10}, daughter)
        self.assertFigures({"revenue": 1})

    # -- when

    def test_window_edges(self):
        self._invoice(1, "2024-06-15")  # before the previous window
        self._invoice(10, "2024-06-16")  # its first day
        self._invoice(100, "2025-06-15")  # its last day
        self._invoice(1000, "2025-06-16")  # first day of the window
        self._invoice(10000, "2026-06-15")  # today
        self._invoice(100000, "2026-06-16")  # tomorrow does not count
        self.assertFigures(
            {
                "revenue_total": 11111,
                "revenue": 11000,
                "revenue_previous": 110,
                "revenue_growth": 99,  # 11000 ÷ 110 − 1
                "receivable": 11111,
                "purchase_count": 5,
                "first_purchase_date": "2024-06-15",
                "last_purchase_date": "2026-06-15",
                "purchase": 0,
            }
        )

    def test_growth_is_empty_without_a_previous_window(self):
        self._invoice(500, "2026-01-10")
        self.assertFigures({"revenue_growth": None})
        self._refund(50, "2025-01-10")
        self.assertFigures({"revenue_previous": -50, "revenue_growth": None})
        self._invoice(50, "2025-01-10")
        self.assertFigures({"revenue_previous": 0, "revenue_growth": None})
        self._invoice(400, "2025-01-11")
        # 500 ÷ 400 − 1
        self.assertFigures({"revenue_previous": 400, "revenue_growth": 0.25})

    def test_window_is_the_root_company_setting(self):
        branch = self._branch()
        self.company.customer_window_months = 3
        branch.customer_window_months = 24
        for company in (self.company, branch):
            self._invoice(10, "2026-03-15", company_id=company.id)  # one day before
            self._invoice(100, "2026-03-16", company_id=company.id)
        for company in (self.company, branch):
            self.assertFigures(
                {"revenue": 100, "revenue_previous": 10, "revenue_total": 110},
                company=company,
            )

    # -- what

    def test_documents(self):
        self._invoice(1000, "2026-05-01")
        self._invoice(200, "2026-05-02", move_type="out_receipt")
        self._refund(120, "2026-05-03")
        self._invoice(40, "2026-05-04", post=False)
        self._invoice(50, "2026-05-05").button_draft()
        cancelled = self._invoice(60, "2026-05-06", post=False)
        cancelled.button_cancel()
        self._entry(7000, "2026-05-07")  # an opening balance is no revenue
        self.assertFigures(
            {
                "revenue_total": 1080,
                "revenue": 1080,  # 1000 + 200 − 120
                "refund": 120,
                "refund_rate": 0.1,  # 120 ÷ (1080 + 120)
                "purchase_count": 2,
                "credit_note_count": 1,
                "invoiced": 1080,
                "last_purchase_date": "2026-05-02",
                "receivable": 8080,
            }
        )

    def test_refund_after_year_end(self):
        """A credit note counts on its own date, not on its invoice's."""
        invoice = self._invoice(1000, "2025-06-10")
        self._reverse_invoice(invoice, post=True, date="2026-01-05")
        self.assertFigures(
            {
                "revenue_total": 0,
                "revenue": -1000,
                "revenue_previous": 1000,
                "revenue_growth": -2,  # −1000 ÷ 1000 − 1
                "refund": 1000,
                "refund_rate": None,  # 1000 ÷ (−1000 + 1000)
                "margin_rate": None,
                "dso": None,
                "receivable": 0,
            }
        )

    def test_set_back_to_draft(self):
        invoice = self._invoice(1000, "2026-05-01")
        self._invoice(1, "2026-04-01")
        self.assertFigures({"revenue": 1001, "receivable": 1001, "purchase_count": 2})
        invoice.button_draft()
        self.assertFigures(
            {
                "revenue": 1,
                "revenue_total": 1,
                "receivable": 1,
                "purchase_count": 1,
                "last_purchase_date": "2026-04-01",
            }
        )
        invoice.button_cancel()
        self.assertFigures({"revenue": 1, "receivable": 1})

    def test_lines(self):
        """Product lines with and without product; never sections, notes or taxes."""
        self._invoice(
            0,
            "2026-05-01",
            lines=[
                {"display_type": "line_section", "name": "Section", "tax_ids": False},
                {"product_id": self.product_a.id, "price_unit": 100, "quantity": 3},
                {"price_unit": 50, "discount": 20},
                {"price_unit": -30},
                {"display_type": "line_note", "name": "Note", "tax_ids": False},
            ],
            taxes=self.tax,
        )
        self.assertFigures(
            {
                "revenue": 310,  # 300 + 50 × 0.8 − 30
                "invoiced": 341,  # and 10 % tax
                "receivable": 341,
            }
        )

    def test_tax(self):
        self._invoice(200, "2026-05-01", taxes=self.tax)
        self._refund(50, "2026-05-02", taxes=self.tax)
        self.assertFigures(
            {
                "revenue": 150,
                "refund": 50,
                "refund_rate": 0.25,  # 50 ÷ 200
                "invoiced": 165,  # 220 − 55
                "receivable": 165,
            }
        )

    def test_foreign_currency(self):
        """Each document at the rate of its own date."""
        euro = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-03-01", 4.0), ("2026-06-01", 5.0)]
        )
        self._invoice(1000, "2026-02-01", currency_id=euro.id)
        self._invoice(1000, "2026-04-01", currency_id=euro.id)
        self._refund(100, "2026-06-02", currency_id=euro.id)
        self.assertFigures(
            {
                "revenue": 730,  # 1000 ÷ 2 + 1000 ÷ 4 − 100 ÷ 5
                "refund": 20,
                "invoiced": 730,
                "receivable": 730,
            }
        )

    def test_invoice_analysis(self):
        """`revenue_total` is the Untaxed Total of Invoice Analysis."""
        euro = self.setup_other_currency(
            "EUR", rates=[("2025-01-01", 3.0), ("2026-03-01", 7.0)]
        )
        self._invoice(1000, "2025-02-01", currency_id=euro.id)
        self._invoice(1000, "2026-04-01", currency_id=euro.id)
        self._invoice(99.99, "2026-04-01", move_type="out_receipt", taxes=self.tax)
        self._refund(10.01, "2020-04-01")
        self.env.flush_all()
        [(native,)] = self.env["account.invoice.report"]._read_group(
            [
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                ("commercial_partner_id", "=", self.customer.id),
            ],
            aggregates=["price_subtotal:sum"],
        )
        # 333.33 + 142.86 + 99.99 − 10.01
        self.assertAlmostEqual(native, 566.17)
        self.assertFigures({"revenue_total": 566.17})

    def test_customer_and_vendor(self):
        self._invoice(1000, "2026-05-01")
        self._invoice(400, "2026-05-02", move_type="in_invoice", taxes=self.tax)
        self._invoice(100, "2026-05-03", move_type="in_refund")
        self._invoice(5, "2025-06-15", move_type="in_invoice")  # before the window
        self._invoice(7, "2026-06-16", move_type="in_invoice")  # tomorrow
        self.assertFigures(
            {
                "revenue": 1000,
                "revenue_total": 1000,
                "refund": 0,
                "invoiced": 1000,
                "purchase_count": 1,
                "last_purchase_date": "2026-05-01",
                "purchase": 300,  # 400 − 100
                "payable": 345,  # 440 − 100 + 5
                "receivable": 1000,
                "net_position": 655,  # 1000 − 345
            }
        )

    def test_vendor_alone_is_no_customer(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self._invoice(400, "2026-05-02", move_type="in_invoice", partner_id=vendor.id)
        self.assertFalse(self._row(vendor))

    # -- profit

    def test_margin(self):
        """`product_a` costs 800.00."""
        order = self._order(
            0, "2026-05-01", lines=[{"price_unit": 1000, "purchase_price": 600}]
        )
        self._invoice_order(order, "2026-05-02")
        lines = [{"product_id": self.product_a.id, "price_unit": 1000, "quantity": 3}]
        invoice = self._invoice(0, "2026-05-03", lines=lines)
        one = [{**lines[0], "quantity": 1}]
        self._refund(0, "2026-05-04", lines=one, reversed_entry_id=invoice.id)
        self._invoice(1000, "2026-05-05")  # no product, no cost
        self._invoice(0, "2025-06-15", lines=lines)  # before the window
        # posted before the addon was there: 200 of cost
        old = self._invoice(0, "2026-05-06", lines=one)
        old.invoice_line_ids.write({"sale_cost": 200, "sale_cost_source": "estimated"})
        self.assertFigures(
            {
                "revenue": 5000,  # 1000 + 3000 − 1000 + 1000 + 1000
                "cost": 2400,  # 600 + 3 × 800 − 800 + 0 + 200
                "cost_order": 600,
                "cost_standard": 1600,
                "cost_estimated": 200,
                "cost_cogs": 0,
                "margin": 2600,
                "margin_rate": 0.52,
                "contribution": 2600,  # all rates are 0
                "contribution_rate": 0.52,
            }
        )

    def test_service_cost(self):
        self.company.write(
            {
                "customer_order_cost": 20,
                "customer_credit_note_cost": 30,
                "customer_meeting_hour_cost": 40,
                "customer_activity_cost": 5,
            }
        )
        self._order(100, "2026-05-01")
        self._order(100, "2026-05-02")
        self._order(100, "2026-05-02", confirm=False)
        self._order(100, "2025-06-15")
        self._refund(10, "2026-05-03")
        self._refund(10, "2025-06-15")
        self._invoice(1010, "2026-05-03")
        self._meeting("2026-05-04 10:00:00", "2026-05-04 12:30:00")
        self._activity(self.customer, "2026-05-05")
        self._activity(self.customer, "2025-06-15")
        for row in (
            {"amount": -15},
            {"amount": -6, "date": "2025-06-15"},  # before the window
            {"amount": -7, "date": "2026-06-16"},  # tomorrow
            {"amount": 9},  # revenue
            {"amount": -8, "partner_id": self.partner_b.id},
        ):
            self._analytic(**row)
        self.assertFigures(
            {
                "analytic_cost": 15,
                # 2 × 20 + 1 × 30 + 2.5 × 40 + 1 × 5 + 15
                "service_cost": 190,
                "margin": 1000,
                "contribution": 810,
                "contribution_rate": 0.81,
            }
        )

    def test_analytic_costs_that_do_not_count(self):
        """What is in the cost of a sale, was passed on or is no cost of serving."""
        order = self._order(100, "2026-05-01")
        account = self._analytic(amount=-1)[self.analytic_column]
        share = {"analytic_distribution": {str(account.id): 100}}
        expense = self.company_data["default_account_expense"]
        self._analytic(amount=-10, so_line=order.order_line.id)
        self._invoice(100, "2026-05-01", lines=[{"price_unit": 100, **share}])
        self._refund(20, "2026-05-01", lines=[{"price_unit": 20, **share}])
        self._invoice(
            50,
            "2026-05-01",
            move_type="in_invoice",
            lines=[{"price_unit": 50, **share}],
        )
        # an expense booked for the customer counts: 30
        entry = self._entry(-30, "2026-05-01", counterpart=expense, post=False)
        entry.line_ids.filtered(lambda line: line.account_id == expense).write(
            {"partner_id": self.customer.id, **share}
        )
        entry.action_post()
        self.assertFigures({"analytic_cost": 31, "service_cost": 31, "revenue": 80})

    def test_rates_are_the_root_company_setting(self):
        branch = self._branch()
        self.company.write({"customer_order_cost": 7, "customer_capital_rate": 36.5})
        branch.write({"customer_order_cost": 70, "customer_capital_rate": 365})
        self._invoice(1000, "2026-06-05", company_id=branch.id)
        order = self._order(100, "2026-06-05", company_id=branch.id)
        self.assertEqual(order.company_id, branch)
        # 7 for the order; 1000 for 10 days at a thousandth a day
        self.assertFigures(
            {"service_cost": 7, "credit_cost": 10, "contribution": 983},
            company=branch,
        )

    def test_credit_cost(self):
        """36.5 % a year is a thousandth a day."""
        self.company.customer_capital_rate = 36.5
        self._invoice(1000, "2026-06-05")
        self._payment(400, "2026-06-10")
        self._invoice(50, "2026-06-15")
        self._invoice(5000, "2026-06-20")
        # 5 June to 10 June: 5 days of 1000; to 15 June: 5 days of 600; and today's
        # 50 for no day yet: 5000 + 3000 = 8000 ÷ 1000
        self.assertFigures({"credit_cost": 8, "margin": 1050, "contribution": 1042})

    def test_credit_cost_of_an_old_balance(self):
        """What was open before the window was lent for all its 365 days."""
        self.company.customer_capital_rate = 10
        self._entry(1000, "2024-01-01")
        self.assertFigures({"credit_cost": 100, "contribution": -100})
        # paid after 100 days of the window: 1000 × 100 ÷ 365 × 10 %
        self._payment(1000, "2025-09-23")
        self.assertFigures({"credit_cost": 27.4, "contribution": -27.4})

    def test_credit_cost_is_never_a_gain(self):
        self.company.customer_capital_rate = 10
        self._payment(1000, "2026-01-01")
        self.assertFigures({"credit_cost": 0, "contribution": 0, "receivable": -1000})

    def _analytic(self, **vals):
        if not hasattr(self, "analytic_account"):
            plan = self.env["account.analytic.plan"].create({"name": "Plan"})
            self.analytic_account = self.env["account.analytic.account"].create(
                {"name": "Service", "plan_id": plan.id}
            )
            self.analytic_column = plan._column_name()
        return self.env["account.analytic.line"].create(
            {
                "name": "Service",
                "date": "2026-05-01",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                self.analytic_column: self.analytic_account.id,
                **vals,
            }
        )
