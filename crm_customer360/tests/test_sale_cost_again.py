from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .sale_cost_common import SaleCostCommon


@tagged("post_install", "-at_install")
class TestSaleCostAgain(SaleCostCommon):
    """Reversed, posted again, posted later: the unit cost stays."""

    def test_reversal(self):
        invoice = self._invoice((self.product_a, 3), (self.product_b, 1))
        (self.product_a + self.product_b).standard_price = 1.0
        self.assertCost(
            self._reverse(invoice), (-2400.0, "standard"), (-160.0, "standard")
        )
        partial = self._reverse(invoice, post=False)
        partial.invoice_line_ids[0].quantity = 1
        partial.invoice_line_ids[1].write(
            {"quantity": 3, "product_uom_id": self.uom_unit.id}
        )
        partial.action_post()
        self.assertCost(partial, (-800.0, "standard"), (-40.0, "standard"))

    def test_reversal_and_new_invoice(self):
        invoice = self._invoice((self.product_a, 3))
        self.product_a.standard_price = 500.0
        new_invoice = self._reverse(invoice, post=False, is_modify=True)
        self.assertEqual(new_invoice.state, "draft")
        self.assertCost(invoice.reversal_move_ids, (-2400.0, "standard"))
        new_invoice.action_post()
        self.assertCost(new_invoice, (1500.0, "standard"))

    def test_reversal_by_order_line(self):
        order = self._order((self.product_a, 1, 10.0), (self.product_a, 3, 30.0))
        invoice = self._invoice_order(order)
        self.assertCost(invoice, (10.0, "order"), (90.0, "order"))
        order.order_line.purchase_price = 99.0
        self.assertCost(self._reverse(invoice), (-10.0, "order"), (-90.0, "order"))

    def test_reversal_by_product(self):
        order = self._order((self.product_a, 1, 10.0), (self.product_a, 3, 30.0))
        invoice = self._invoice_order(order)
        credit_note = self._invoice(
            (self.product_a, 2),
            (self.product_b, 1),
            move_type="out_refund",
            reversed_entry_id=invoice.id,
        )
        # 2 × (1 × 10 + 3 × 30) ÷ 4, and a product that was not on the invoice
        self.assertCost(credit_note, (-50.0, "order"), (-160.0, "standard"))

    def test_reversal_of_a_credit_note(self):
        credit_note = self._invoice((self.product_a, 1), move_type="out_refund")
        self.product_a.standard_price = 1.0
        invoice = self._invoice((self.product_a, 2), reversed_entry_id=credit_note.id)
        self.assertCost(invoice, (1600.0, "standard"))

    def test_posted_with_its_reversal(self):
        invoice = self._invoice_order(
            self._order((self.product_a, 2, 50.0)), post=False
        )
        credit_note = self._invoice(
            (self.product_a, 1),
            move_type="out_refund",
            reversed_entry_id=invoice.id,
            post=False,
        )
        (credit_note + invoice).action_post()
        self.assertCost(invoice, (100.0, "order"))
        self.assertCost(credit_note, (-50.0, "order"))

    # -- posted again

    def test_posted_again(self):
        invoice = self._invoice((self.product_a, 2), (self.product_b, 1))
        invoice.button_draft()
        (self.product_a + self.product_b).standard_price = 1.0
        invoice.invoice_line_ids[0].quantity = 5
        invoice.invoice_line_ids[1].write(
            {"quantity": 18, "product_uom_id": self.uom_unit.id}
        )
        invoice.action_post()
        # 5 × 800; a dozen and a half at 160
        self.assertCost(invoice, (4000.0, "standard"), (240.0, "standard"))

    def test_posted_again_with_another_product(self):
        invoice = self._invoice((self.product_a, 2), (self.product_a, 1))
        invoice.button_draft()
        self.product_a.standard_price = 1.0
        invoice.invoice_line_ids[0].product_id = self.product_b
        invoice.write(
            {
                "invoice_line_ids": [
                    Command.create({"product_id": self.product_a.id, "quantity": 3})
                ]
            }
        )
        invoice.action_post()
        self.assertCost(
            invoice, (320.0, "standard"), (800.0, "standard"), (3.0, "standard")
        )

    def test_posted_again_from_order(self):
        order = self._order((self.product_a, 2, 50.0))
        invoice = self._invoice_order(order)
        invoice.button_draft()
        order.order_line.purchase_price = 70.0
        invoice.action_post()
        self.assertCost(invoice, (100.0, "order"))

    def test_posted_again_without_cost(self):
        self.product_a.standard_price = 0.0
        invoice = self._invoice((self.product_a, 2))
        invoice.button_draft()
        self.product_a.standard_price = 800.0
        invoice.action_post()
        self.assertCost(invoice, (0.0, "standard"))

    def test_copy(self):
        invoice = self._invoice((self.product_a, 2))
        self.product_a.standard_price = 1.0
        copy = invoice.copy()
        self.assertCost(copy, (0.0, False))
        copy.action_post()
        self.assertCost(copy, (2.0, "standard"))

    # -- how it is posted

    def test_posted_later(self):
        with freeze_time("2019-03-01"):
            invoice = self._invoice((self.product_a, 2), post=False)
            invoice.write({"invoice_date": "2019-03-05", "date": "2019-03-05"})
            now = self._invoice((self.product_a, 1), post=False)
            (invoice + now)._post(soft=True)
            self.assertEqual(invoice.state, "draft")
            self.assertCost(invoice, (0.0, False))
            self.assertCost(now, (800.0, "standard"))
            self.product_a.standard_price = 700.0
        with freeze_time("2019-03-05"):
            invoice._post()
        self.assertEqual(invoice.state, "posted")
        self.assertCost(invoice, (1400.0, "standard"))

    def test_posted_without_access_to_costs(self):
        clerk = new_test_user(
            self.env,
            "clerk",
            "account.group_account_invoice",
            company_id=self.env.company.id,
        )
        invoice = self._invoice_order(
            self._order((self.product_a, 2, 50.0)), post=False
        )
        invoice.with_user(clerk).action_post()
        self.assertCost(invoice, (100.0, "order"))

    def test_statements(self):
        """Freezing costs one statement, for twenty documents as for one."""
        AccountMove = type(self.env["account.move"])
        freeze = AccountMove._freeze_sale_cost
        counts = []

        def counted(moves):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            freeze(moves)
            counts.append(self.env.cr.sql_log_count - before)

        order = self._order(*[(self.product_a, 1, 50.0)] * 21)
        moves = self.env["account.move"]
        for line in order.order_line:
            moves += self._invoice(
                {
                    "product_id": self.product_a.id,
                    "sale_line_ids": [Command.set(line.ids)],
                },
                (self.product_b, 1),
                post=False,
            )
        with patch.object(AccountMove, "_freeze_sale_cost", counted):
            moves[0].action_post()
            moves[1:].action_post()
        self.assertEqual(counts, [1, 1])
        for move in moves:
            self.assertCost(move, (50.0, "order"), (160.0, "standard"))

    def test_no_statement_for_other_documents(self):
        bill = self._invoice((self.product_a, 2), move_type="in_invoice", post=False)
        self.env.flush_all()
        with self.assertQueryCount(0):
            bill._freeze_sale_cost()
