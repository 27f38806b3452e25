from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ..hooks import fill_sale_cost, pre_init_hook
from .sale_cost_common import SaleCostCommon


@tagged("post_install", "-at_install")
class TestSaleCostHistory(SaleCostCommon):
    """What ``pre_init_hook`` finds in a database that has been used before."""

    def _forget(self, moves):
        """Put documents back to where they are before the addon is installed."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line
                   SET sale_cost = NULL, sale_cost_source = NULL,
                       sale_cost_unit = NULL, sale_cost_product = NULL
                 WHERE move_id IN %s
                """,
                tuple(moves.ids),
            )
        )
        self.env.invalidate_all()

    def test_history(self):
        order = self._order((self.product_a, 1, 10.0), (self.product_a, 3, 30.0))
        by_order = self._invoice_order(order)
        refund = self._reverse(by_order)
        refund_of_refund = self._invoice(
            (self.product_a, 1), reversed_entry_id=refund.id
        )
        by_product = self._invoice(
            (self.product_a, 2),
            {
                "product_id": self.product_b.id,
                "quantity": 6,
                "product_uom_id": self.uom_unit.id,
            },
            {"name": "Freight"},
            currency_id=self.other_currency.id,
        )
        credit_note = self._invoice((self.product_b, 1), move_type="out_refund")
        credit_note_of_draft = self._invoice(
            (self.product_b, 2),
            move_type="out_refund",
            reversed_entry_id=self._invoice((self.product_b, 2), post=False).id,
        )
        receipt = self._invoice((self.product_b, 1), move_type="out_receipt")
        bill = self._invoice((self.product_b, 1), move_type="in_invoice")
        draft = self._invoice((self.product_b, 1), post=False)
        cancelled = self._invoice((self.product_b, 1))
        cancelled.button_draft()
        cancelled.button_cancel()
        moves = (
            by_order
            + refund
            + refund_of_refund
            + by_product
            + credit_note
            + credit_note_of_draft
            + receipt
            + bill
            + draft
            + cancelled
        )
        known = self._invoice((self.product_a, 1))
        self._forget(moves)
        self.product_a.standard_price = 700.0

        pre_init_hook(self.env)

        self.assertCost(by_order, (10.0, "estimated"), (90.0, "estimated"))
        self.assertCost(refund, (-10.0, "estimated"), (-90.0, "estimated"))
        # by product: (1 × 10 + 3 × 30) ÷ 4
        self.assertCost(refund_of_refund, (25.0, "estimated"))
        self.assertCost(
            by_product, (1400.0, "estimated"), (80.0, "estimated"), (0.0, False)
        )
        self.assertCost(credit_note, (-160.0, "estimated"))
        self.assertCost(credit_note_of_draft, (-320.0, "estimated"))
        self.assertCost(receipt, (160.0, "estimated"))
        self.assertCost(bill, (0.0, False))
        self.assertCost(draft, (0.0, False))
        self.assertCost(cancelled, (0.0, False))
        self.assertCost(known, (800.0, "standard"))

        self.product_a.standard_price = 1.0
        self.assertEqual(fill_sale_cost(self.env), 0, "Nothing is left to fill")
        # a credit note from now on, and an invoice posted again, keep the estimate
        self.assertCost(
            self._reverse(by_product),
            (-1400.0, "estimated"),
            (-80.0, "estimated"),
            (0.0, False),
        )
        by_product.button_draft()
        by_product.invoice_line_ids[0].quantity = 3
        by_product.action_post()
        self.assertCost(
            by_product, (2100.0, "estimated"), (80.0, "estimated"), (0.0, False)
        )

    def test_entries_of_cogs(self):
        """Cost of goods sold booked by stock_account, here or installed later."""
        expense = self.company_data["default_account_expense"]
        stock = self.company_data["default_account_assets"]
        invoice = self._invoice((self.product_a, 2), (self.product_b, 3), post=False)
        invoice.write(
            {
                "line_ids": [
                    Command.create(
                        {
                            "display_type": "cogs",
                            "account_id": account.id,
                            "product_id": self.product_a.id,
                            "balance": balance,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for account, balance in [(stock, -33.33), (expense, 33.33)]
                ]
            }
        )
        entries = invoice.line_ids.filtered(lambda line: line.display_type == "cogs")
        invoice.action_post()
        self._forget(invoice)
        self.env.cr.execute(
            SQL(
                "ALTER TABLE account_move_line"
                " ADD COLUMN IF NOT EXISTS cogs_origin_id integer"
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET cogs_origin_id = %s WHERE id IN %s",
                invoice.invoice_line_ids[0].id,
                tuple(entries.ids),
            )
        )
        self.assertEqual(fill_sale_cost(self.env), 2)
        self.assertCost(invoice, (33.33, "estimated"), (480.0, "estimated"))


@tagged("post_install", "-at_install")
class TestSaleCostStock(SaleCostCommon):
    """Real-time valuation: the entry for the cost of goods sold is the cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ensure_installed("stock_account")
        cls.stock_account = cls.env["account.account"].create(
            {"name": "Stock", "code": "110199", "account_type": "asset_current"}
        )
        category = cls.product_category.copy()
        category.write(
            {
                "property_valuation": "real_time",
                "property_cost_method": "standard",
                "property_stock_valuation_account_id": cls.stock_account.id,
            }
        )
        (cls.product_a + cls.product_b).write(
            {"is_storable": True, "categ_id": category.id}
        )

    def _cogs(self, move):
        """Balance of the expense side of the COGS entries."""
        return sum(
            move.line_ids.filtered(
                lambda line: (
                    line.display_type == "cogs"
                    and line.account_id != self.stock_account
                )
            ).mapped("balance")
        )

    def test_entries(self):
        invoice = self._invoice((self.product_a, 3), (self.product_b, 1))
        self.assertEqual(self._cogs(invoice), 2560.0)
        self.assertCost(invoice, (2400.0, "cogs"), (160.0, "cogs"))

    def test_entries_before_order(self):
        order = self._order((self.product_a, 2, 50.0))
        invoice = self._invoice_order(order)
        self.assertEqual(self._cogs(invoice), 1600.0)
        self.assertCost(invoice, (1600.0, "cogs"))

    def test_foreign_currency_and_unit(self):
        invoice = self._invoice(
            {
                "product_id": self.product_a.id,
                "quantity": 1,
                "product_uom_id": self.uom_dozen.id,
            },
            currency_id=self.other_currency.id,
        )
        self.assertEqual(self._cogs(invoice), 9600.0)
        self.assertCost(invoice, (9600.0, "cogs"))

    def test_credit_note(self):
        invoice = self._invoice((self.product_a, 3))
        self.product_a.standard_price = 1.0
        credit_note = self._reverse(invoice)
        self.assertEqual(self._cogs(credit_note), -2400.0)
        self.assertCost(credit_note, (-2400.0, "cogs"))
        alone = self._invoice((self.product_a, 2), move_type="out_refund")
        self.assertEqual(self._cogs(alone), -2.0)
        self.assertCost(alone, (-2.0, "cogs"))

    def test_reversal_and_new_invoice(self):
        invoice = self._invoice((self.product_a, 3))
        self.product_a.standard_price = 500.0
        new_invoice = self._reverse(invoice, post=False, is_modify=True)
        self.assertEqual(self._cogs(invoice.reversal_move_ids), -2400.0)
        self.assertCost(invoice.reversal_move_ids, (-2400.0, "cogs"))
        new_invoice.action_post()
        self.assertCost(new_invoice, (1500.0, "cogs"))

    def test_posted_again(self):
        """The entries are made anew at today's cost; ours stays what it was."""
        invoice = self._invoice((self.product_a, 3))
        invoice.button_draft()
        self.assertFalse(self._cogs(invoice))
        self.product_a.standard_price = 500.0
        invoice.invoice_line_ids.quantity = 2
        invoice.action_post()
        self.assertEqual(self._cogs(invoice), 1000.0)
        self.assertCost(invoice, (1600.0, "cogs"))

    def test_history(self):
        invoice = self._invoice((self.product_a, 3))
        self.product_a.standard_price = 1.0
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET sale_cost = NULL, sale_cost_unit = NULL"
                " WHERE move_id = %s",
                invoice.id,
            )
        )
        fill_sale_cost(self.env)
        self.assertCost(invoice, (2400.0, "estimated"))
