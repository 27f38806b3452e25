from datetime import date, timedelta

from odoo.tests import tagged

from .common import CustomerCommon

TODAY = date(2026, 6, 15)


@tagged("post_install", "-at_install")
class TestReceivable(CustomerCommon):
    # -- aging

    def test_aging_edges(self):
        """One item at each edge of each bucket, each amount another digit."""
        amounts = {}
        for place, days in enumerate((-1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121, 500)):
            amounts[days] = 2**place
            due = TODAY - timedelta(days=days)
            self._invoice(2**place, "2024-12-01", due=due)
        row = self.assertFigures(
            {
                "aging_not_due": 3,  # 1 + 2: due tomorrow and today
                "aging_1_30": 12,  # 4 + 8
                "aging_31_60": 48,  # 16 + 32
                "aging_61_90": 192,  # 64 + 128
                "aging_91_120": 768,  # 256 + 512
                "aging_121_plus": 3072,  # 1024 + 2048
                "overdue": 4092,
                "receivable": 4095,
                "credit_unallocated": 0,
                "oldest_due_date": "2025-01-31",  # 500 days before
                "oldest_due_days": 500,
            }
        )
        # Σ amount × days: 4×1 + 8×30 + 16×31 + 32×60 + 64×61 + 128×90 + 256×91
        # + 512×120 + 1024×121 + 2048×500 = 1 250 648... worked out term by term:
        # 4 + 240 + 496 + 1920 + 3904 + 11520 + 23296 + 61440 + 123904 + 1024000
        self.assertAlmostEqual(row.open_delay, 1250724 / 4092, places=2)

    def test_due_date(self):
        """An entry without due date is due on its own date."""
        self._entry(100, "2026-05-15")  # 31 days ago
        self._entry(10, "2026-05-15", due="2026-05-16")  # 30 days ago
        self._entry(1, "2026-01-01", due="2026-06-15")
        self.assertFigures(
            {
                "aging_31_60": 100,
                "aging_1_30": 10,
                "aging_not_due": 1,
                "oldest_due_date": "2026-05-15",
                "oldest_due_days": 31,
                "receivable": 111,
            }
        )

    def test_opening_balance(self):
        """A miscellaneous entry makes a customer, without any sale."""
        self._entry(500, "2025-01-01")
        self.customer.customer_rank = 0
        self.assertFigures(
            {
                "receivable": 500,
                "aging_121_plus": 500,
                "revenue": 0,
                "revenue_total": 0,
                "purchase_count": 0,
                "first_purchase_date": None,
                "dso": None,
                "received": 0,
            }
        )

    def test_unallocated_credits(self):
        """Σ buckets − unallocated credits = receivable."""
        self._invoice(1000, "2026-05-01", due="2026-06-01")  # 14 days late
        self._payment(300, "2026-05-20")
        self._refund(200, "2026-05-21")
        self.assertFigures(
            {
                "aging_1_30": 1000,
                "overdue": 1000,
                "credit_unallocated": 500,  # 300 + 200
                "receivable": 500,
                "oldest_due_days": 14,
                "open_delay": 14,
            }
        )

    def test_allocated_credits(self):
        invoice = self._invoice(1000, "2026-05-01", due="2026-06-01")
        self._reconcile(invoice, self._refund(200, "2026-05-21"))
        self._register(invoice, "2026-05-22", amount=300)
        self.assertFigures(
            {
                "aging_1_30": 500,
                "overdue": 500,
                "credit_unallocated": 0,
                "receivable": 500,
                "received": 300,
            }
        )

    def test_instalments(self):
        """Each instalment is an item with a due date of its own."""
        self._invoice(
            1000, "2026-04-10", invoice_payment_term_id=self.pay_terms_b.id, due=False
        )
        # 30 % at once: 66 days late; 70 % on 31 May: 15 days late
        row = self.assertFigures(
            {
                "aging_61_90": 300,
                "aging_1_30": 700,
                "oldest_due_date": "2026-04-10",
            }
        )
        # (300 × 66 + 700 × 15) ÷ 1000
        self.assertAlmostEqual(row.open_delay, 30.3)

    def test_contacts_and_other_accounts(self):
        """A second receivable account, and an item on a contact, count too; items
        without a partner and of drafts do not."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        other = self.copy_account(self.receivable)
        self._entry(100, "2026-06-01", account=other)
        self._entry(10, "2026-06-01", partner=contact)
        self._entry(1, "2026-06-01", partner=self.env["res.partner"])
        self._entry(5, "2026-06-01", post=False)
        self._entry(7, "2026-06-16")
        self.assertFigures({"receivable": 110, "aging_1_30": 110})

    def test_branch(self):
        """A branch has a row of its own with its own amounts."""
        branch = self._branch()
        self._invoice(1000, "2026-05-01", due="2026-06-01")
        invoice = self._invoice(70, "2026-05-01", company_id=branch.id)
        self.assertEqual(invoice.company_id, branch)
        expected = {"receivable": 1000, "revenue": 1000, "aging_1_30": 1000}
        self.assertFigures(expected)
        self.assertFigures(
            {"receivable": 70, "revenue": 70, "aging_31_60": 70, "aging_1_30": 0},
            company=branch,
        )

    # -- days sales outstanding

    def test_dso(self):
        self._invoice(1000, "2026-05-01", taxes=self.tax)
        self._refund(100, "2026-05-02", taxes=self.tax)
        self._invoice(500, "2025-06-15")  # open, but invoiced before the window
        # receivable 1100 − 110 + 500 = 1490; invoiced 990; 1490 ÷ 990 × 365
        self.assertFigures({"invoiced": 990, "receivable": 1490, "dso": 549.34})

    def test_dso_of_a_shorter_window(self):
        self.company.customer_window_months = 3
        self._invoice(1000, "2026-03-15")
        self._invoice(500, "2026-03-16")
        # 16 March to 15 June is 92 days; 1500 ÷ 500 × 92
        self.assertFigures({"dso": 276})

    # -- orders to invoice

    def test_down_payment(self):
        """30 % first, then the rest: to invoice falls to zero, exactly."""
        order = self._order(1000, "2026-05-01", taxes=self.tax)
        self.assertFigures(
            {"to_invoice": 1100, "exposure": 1100, "receivable": 0, "order_count": 1}
        )
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "advance_payment_method": "percentage",
                "amount": 30,
                "sale_order_ids": [(6, 0, order.ids)],
            }
        )
        down = wizard._create_invoices(order)
        self.assertFigures({"to_invoice": 1100, "exposure": 1100})  # still a draft
        down.invoice_date = "2026-05-02"
        down.action_post()
        self.assertFigures(
            {
                "to_invoice": 770,  # 1100 − 330
                "receivable": 330,
                "exposure": 1100,
                "revenue": 300,
                "purchase_count": 1,
            }
        )
        final = order._create_invoices(final=True)
        final.invoice_date = "2026-05-20"
        final.action_post()
        self.assertAlmostEqual(final.amount_total, 770)
        self.assertFigures(
            {
                "to_invoice": 0,
                "receivable": 1100,
                "exposure": 1100,
                "revenue": 1000,
                "purchase_count": 2,
            }
        )

    def test_order_invoiced_days_later(self):
        """One purchase, on the day of the invoice; not two."""
        order = self._order(1000, "2026-05-01")
        self.assertFigures({"purchase_count": 0, "to_invoice": 1000})
        self._invoice_order(order, "2026-05-08")
        self.assertFigures(
            {
                "purchase_count": 1,
                "purchase_day_count": 1,
                "first_purchase_date": "2026-05-08",
                "last_purchase_date": "2026-05-08",
                "order_count": 1,
                "to_invoice": 0,
                "exposure": 1000,
            }
        )

    def test_partly_invoiced_and_refunded(self):
        order = self._order(
            0, "2026-05-01", lines=[{"price_unit": 100, "product_uom_qty": 10}]
        )
        invoice = self._invoice_order(order, "2026-05-02", post=False)
        invoice.invoice_line_ids.quantity = 4
        invoice.action_post()
        self.assertFigures({"to_invoice": 600, "receivable": 400, "exposure": 1000})
        self._reverse_invoice(invoice, post=True, date="2026-05-03")
        # given back: all of it is to be invoiced again
        self.assertFigures({"to_invoice": 1000, "receivable": 0})

    def test_invoiced_beyond_the_order(self):
        """More than ordered leaves nothing, and takes nothing off other orders."""
        order = self._order(100, "2026-05-01")
        self._order(30, "2026-05-01")
        invoice = self._invoice_order(order, "2026-05-02", post=False)
        invoice.invoice_line_ids.price_unit = 150
        invoice.action_post()
        self.assertFigures({"to_invoice": 30, "receivable": 150})

    def test_orders_that_do_not_count(self):
        self._order(1, "2026-05-01", confirm=False)
        self._order(10, "2026-05-01")._action_cancel()
        self._order(100, "2026-06-16")  # tomorrow
        self._order(1000, "2020-01-01")  # old orders count as long as they are open
        self.assertFigures({"to_invoice": 1000})

    def test_order_in_foreign_currency(self):
        """At the order's rate, whatever the rate of the invoice."""
        euro = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-10", 4.0)]
        )
        order = self._order(
            0,
            "2026-05-01",
            lines=[{"price_unit": 100, "product_uom_qty": 10}],
            pricelist_id=self.env["product.pricelist"]
            .create({"name": "Euro", "currency_id": euro.id})
            .id,
        )
        self.assertEqual(order.currency_id, euro)
        # 1000 ÷ 2
        self.assertFigures({"to_invoice": 500})
        invoice = self._invoice_order(order, "2026-05-12", post=False)
        invoice.invoice_line_ids.quantity = 4
        invoice.action_post()
        # 400 at the rate of 4 are owed; 600 are left at the order's rate of 2
        self.assertFigures(
            {"receivable": 100, "to_invoice": 300, "exposure": 400, "revenue": 100}
        )

    def test_rounding_of_taxes(self):
        """Taxes rounded on the total: an order invoiced in full leaves no cent.

        7.2 % of 0.33 is 0.02 a line, 0.14 in all; 7.2 % of 2.31 is 0.17.
        """
        self.company.tax_calculation_rounding_method = "round_globally"
        tax = self.tax.copy({"name": "Odd", "amount": 7.2})
        order = self._order(
            0, "2026-05-01", lines=[{"price_unit": 0.33}] * 7, taxes=tax
        )
        self.assertFigures({"to_invoice": 2.48})
        self._invoice_order(order, "2026-05-02")
        self.assertFigures({"to_invoice": 0, "receivable": 2.48})

    # -- credit limit

    def test_credit_limit(self):
        self._invoice(600, "2026-05-01")
        self._order(200, "2026-05-02")
        self.customer.with_company(self.company).credit_limit = 1000
        self.company.account_use_credit_limit = False
        self.assertFigures({"credit_limit": 0, "credit_used": None, "exposure": 800})
        self.company.account_use_credit_limit = True
        self.assertFigures({"credit_limit": 1000, "credit_used": 0.8, "exposure": 800})

    def test_default_credit_limit(self):
        """The company's default holds for those without a limit of their own."""
        self._invoice(600, "2026-05-01")
        self.company.account_use_credit_limit = True
        self.assertFigures({"credit_limit": 0, "credit_used": None})
        self.env["ir.default"].set(
            "res.partner", "credit_limit", 500.0, company_id=self.company.id
        )
        self.assertFigures({"credit_limit": 500, "credit_used": 1.2})
        self.customer.with_company(self.company).credit_limit = 2400
        self.assertFigures({"credit_limit": 2400, "credit_used": 0.25})
