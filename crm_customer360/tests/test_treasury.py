from odoo.fields import Command
from odoo.tests import tagged

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestTreasury(CustomerCommon):
    # -- how money arrives

    def test_registered_payment(self):
        invoice = self._invoice(1000, "2026-05-01", due="2026-05-31")
        payment = self._register(invoice, "2026-06-10")
        self.assertTrue(payment.move_id)
        self.assertFigures(
            {
                "received": 1000,
                "receivable": 0,
                "in_transit": 1000,  # not on a bank statement yet
                "in_process": 0,
                "last_payment_date": "2026-06-10",
                "days_to_pay": 40,  # 1 May to 10 June
                "payment_delay": 10,  # 31 May to 10 June
            }
        )
        # the statement moves the money from the outstanding account to the bank
        outstanding = payment.outstanding_account_id
        statement = self._statement(1000, "2026-06-12", (outstanding, -1000))
        (statement + payment.move_id).line_ids.filtered(
            lambda line: line.account_id == outstanding
        ).reconcile()
        self.assertTrue(payment.is_matched)
        self.assertFigures(
            {
                "received": 1000,
                "in_transit": 0,
                "last_payment_date": "2026-06-10",
                "days_to_pay": 40,
            }
        )

    def test_statement_line_without_payment(self):
        invoice = self._invoice(1000, "2026-05-01", due="2026-05-31")
        statement = self._statement(1000, "2026-05-21")
        self._reconcile(invoice, statement)
        self.assertFalse(invoice.matched_payment_ids)
        self.assertFigures(
            {
                "received": 1000,
                "receivable": 0,
                "in_transit": 0,
                "last_payment_date": "2026-05-21",
                "days_to_pay": 20,
                "payment_delay": -10,  # early
            }
        )

    def test_statement_line_not_settled(self):
        """Money on the suspense account is nobody's yet."""
        self._invoice(1000, "2026-05-01")
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "payment_ref": "?",
                "partner_id": self.customer.id,
                "date": "2026-05-21",
                "amount": 1000,
            }
        )
        self.assertFigures(
            {"received": 0, "receivable": 1000, "last_payment_date": None}
        )

    def test_cash_and_card(self):
        self._statement(
            100, "2026-05-01", journal_id=self.company_data["default_journal_cash"].id
        )
        self._payment(
            10, "2026-05-02", journal_id=self.company_data["default_journal_credit"].id
        )
        self.assertFigures(
            {
                "received": 110,
                "receivable": -110,
                "credit_unallocated": 110,
                "last_payment_date": "2026-05-02",
            }
        )

    def test_payment_without_entry(self):
        """A payment method without outstanding account: nothing in the books yet."""
        invoice = self._invoice(1000, "2026-05-01")
        with self._no_entries():
            payment = self._register(invoice, "2026-06-10")
        self.assertFalse(payment.move_id)
        self.assertEqual(payment.state, "in_process")
        self.assertFigures(
            {
                "in_process": 1000,
                "in_transit": 0,
                "received": 0,
                "receivable": 1000,
                "last_payment_date": None,
                "days_to_pay": None,
            }
        )
        # the bank statement brings it: the payment is done, the money is received
        statement = self._statement(1000, "2026-06-12")
        self._reconcile(invoice, statement)
        self.assertEqual(payment.state, "paid")
        self.assertFigures(
            {"in_process": 0, "in_transit": 0, "received": 1000, "receivable": 0}
        )

    def test_payments_that_do_not_count(self):
        with self._no_entries():
            self._payment(1, "2026-06-01").action_cancel()
            self._payment(10, "2026-06-01").action_reject()
            self._payment(100, "2026-06-16")
            self._payment(1000, "2026-06-01", partner_type="supplier")
            self._payment(7, "2026-06-01").action_draft()
            self._payment(50, "2026-06-01").action_validate()  # seen by the bank
            self._payment(2, "2026-06-15")
            self._payment(1, "2026-06-15", payment_type="outbound")
        self.assertFigures({"in_process": 1, "received": 0, "receivable": 0})

    def test_payment_without_entry_makes_a_customer(self):
        with self._no_entries():
            self._payment(5, "2026-06-15")
        self.customer.customer_rank = 0
        self.assertFigures({"in_process": 5, "purchase_count": 0})

    # -- how much

    def test_window(self):
        self._payment(1, "2025-06-15")
        self._payment(10, "2025-06-16")
        self._payment(100, "2026-06-15")
        self._payment(1000, "2026-06-16")
        self.assertFigures(
            {
                "received": 110,
                "in_transit": 111,
                "receivable": -111,
                "last_payment_date": "2026-06-15",
            }
        )

    def test_early_payment_discount(self):
        """2 % off: 1100 settled by 1078 of money."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "2/7 net 30",
                "early_discount": True,
                "discount_days": 7,
                "discount_percentage": 2,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 100, "nb_days": 30}
                    )
                ],
            }
        )
        invoice = self._invoice(
            1000,
            "2026-05-01",
            taxes=self.tax,
            invoice_payment_term_id=terms.id,
            due=False,
        )
        self._register(invoice, "2026-05-06")
        self.assertEqual(invoice.amount_residual, 0)
        self.assertFigures(
            {
                "received": 1078,
                "receivable": 0,
                "revenue": 1000,
                "in_transit": 1078,
                "days_to_pay": 5,
                "payment_delay": -25,  # due on 31 May
            }
        )

    def test_write_off(self):
        """1000 settled by 990; the difference is written off."""
        expense = self.company_data["default_account_expense"]
        invoice = self._invoice(1000, "2026-05-01")
        self._register(
            invoice,
            "2026-05-11",
            amount=990,
            payment_difference_handling="reconcile",
            writeoff_account_id=expense.id,
        )
        self.assertFigures({"received": 990, "receivable": 0, "days_to_pay": 10})

    def test_paid_too_much(self):
        """The difference is kept as income: all of it is money received."""
        invoice = self._invoice(1000, "2026-05-01")
        self._register(
            invoice,
            "2026-05-11",
            amount=1005,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.income.id,
        )
        self.assertFigures({"received": 1005, "receivable": 0})

    def test_bank_fee(self):
        """The bank kept 3 of 500."""
        expense = self.company_data["default_account_expense"]
        invoice = self._invoice(500, "2026-05-01")
        statement = self._statement(
            497, "2026-05-11", (self.receivable, -500), (expense, 3)
        )
        self._reconcile(invoice, statement)
        self.assertFigures({"received": 497, "receivable": 0})

    def test_statement_line_of_two_customers(self):
        other = self.env["res.partner"].create({"name": "Other"})
        statement = self._statement(
            300, "2026-05-11", (self.receivable, -100), (self.receivable, -200)
        )
        statement.line_ids.filtered(
            lambda line: line.balance == -200
        ).partner_id = other
        self.assertFigures({"received": 100})
        self.assertFigures({"received": 200}, other)

    def test_payout(self):
        """Money given back lowers what was received; it is no payment of theirs."""
        self._payment(500, "2026-05-01")
        self._payment(120, "2026-05-20", payment_type="outbound")
        self.assertFigures(
            {
                "received": 380,
                "in_transit": 380,
                "receivable": -380,
                "credit_unallocated": 500,
                "last_payment_date": "2026-05-01",
            }
        )

    def test_paid_by_credit_note(self):
        """Netting is no payment."""
        invoice = self._invoice(1000, "2026-05-01")
        self._reconcile(invoice, self._refund(1000, "2026-06-01"))
        self.assertFigures(
            {
                "receivable": 0,
                "received": 0,
                "days_to_pay": None,
                "payment_delay": None,
                "last_payment_date": None,
            }
        )

    def test_credit_note_paid_out(self):
        refund = self._refund(300, "2026-05-01")
        self._register(refund, "2026-05-31")
        self.assertFigures({"received": -300, "receivable": 0, "days_to_pay": None})

    def test_vendor_payment(self):
        """What we pay to the same partner as a vendor is no customer payment."""
        bill = self._invoice(300, "2026-05-01", move_type="in_invoice")
        self._register(bill, "2026-05-31")
        self._invoice(100, "2026-05-01")
        self.assertFigures(
            {
                "received": 0,
                "in_transit": 0,
                "payable": 0,
                "receivable": 100,
                "last_payment_date": None,
            }
        )

    # -- how long

    def test_weighted_days(self):
        first = self._invoice(1000, "2026-05-01", due="2026-05-11")
        self._register(first, "2026-05-06", amount=300)
        self._register(first, "2026-05-31", amount=700)
        second = self._invoice(1000, "2026-06-01", due="2026-06-30")
        self._register(second, "2026-06-15", amount=500)
        self.assertFigures(
            {
                # (300 × 5 + 700 × 30 + 500 × 14) ÷ 1500 = 29500 ÷ 1500
                "days_to_pay": 19.67,
                # (300 × −5 + 700 × 20 + 500 × −15) ÷ 1500 = 5000 ÷ 1500
                "payment_delay": 3.33,
                "received": 1500,
                "receivable": 500,
            }
        )

    def test_days_of_the_window(self):
        """By the date of the settlement, however old the invoice."""
        old = self._invoice(1000, "2025-05-16", due="2025-06-01")
        self._register(old, "2025-06-15", amount=400)  # before the window: 30 days
        self._register(old, "2025-06-16", amount=100)  # 31 days
        self._register(old, "2026-06-16", amount=500)  # tomorrow
        self.assertFigures({"days_to_pay": 31, "payment_delay": 15, "received": 100})

    def test_paid_in_advance(self):
        """A payment before the invoice settles it on the invoice's day."""
        payment = self._payment(1000, "2026-05-01")
        invoice = self._invoice(1000, "2026-05-21", due="2026-05-31")
        self._reconcile(invoice, payment.move_id)
        self.assertFigures({"days_to_pay": 0, "payment_delay": -10})

    def test_opening_balance_paid(self):
        """An item without invoice counts from its own date."""
        entry = self._entry(1000, "2026-05-01", due="2026-05-05")
        self._reconcile(entry, self._payment(1000, "2026-05-11").move_id)
        self.assertFigures({"days_to_pay": 10, "payment_delay": 6, "received": 1000})

    # -- foreign currency

    def test_exchange_difference(self):
        """Invoiced at 500, paid at 400: the loss is in neither figure."""
        euro = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-10", 2.5)]
        )
        invoice = self._invoice(1000, "2026-05-01", currency_id=euro.id)
        self._register(invoice, "2026-05-11", currency_id=euro.id)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertFigures(
            {
                "revenue": 500,  # 1000 ÷ 2
                "received": 400,  # 1000 ÷ 2.5
                "receivable": 0,
                "in_transit": 400,
                "days_to_pay": 10,
                "last_payment_date": "2026-05-11",
            }
        )

    def test_foreign_payment_without_entry(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        with self._no_entries():
            self._payment(1000, "2026-05-11", currency_id=euro.id)
        self.assertFigures({"in_process": 500})

    def test_branch(self):
        """A branch pays itself: its own row, through the shared journal."""
        branch = self._branch()
        invoice = self._invoice(70, "2026-05-01", company_id=branch.id)
        self._register(invoice, "2026-05-11")
        self.assertFigures(
            {"received": 70, "receivable": 0, "days_to_pay": 10, "in_transit": 70},
            company=branch,
        )
        self.assertFalse(self._stored())
