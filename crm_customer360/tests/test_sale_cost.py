from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..hooks import fill_sale_cost, pre_init_hook


class SaleCostCommon(AccountTestInvoicingCommon):
    """``product_a`` costs 800.00 a unit, ``product_b`` 160.00 a dozen."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_currency = cls.setup_other_currency("EUR")
        (cls.product_a + cls.product_b).write(
            {"invoice_policy": "order", "taxes_id": [Command.clear()]}
        )

    def _invoice(self, *lines, move_type="out_invoice", post=True, **vals):
        """A document of ``(product, quantity)`` or dictionaries, one a line."""
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.partner_a.id,
                "invoice_date": "2019-01-10",
                "invoice_line_ids": [
                    Command.create(
                        {"price_unit": 1000.0, "tax_ids": [Command.clear()]}
                        | (
                            line
                            if isinstance(line, dict)
                            else {"product_id": line[0].id, "quantity": line[1]}
                        )
                    )
                    for line in lines
                ],
                **vals,
            }
        )
        if post:
            move.action_post()
        return move

    def _order(self, *lines, **vals):
        """A confirmed order of ``(product, quantity, cost)`` or dictionaries."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [
                    Command.create(
                        {"price_unit": 1000.0, "tax_ids": [Command.clear()]}
                        | (
                            line
                            if isinstance(line, dict)
                            else {
                                "product_id": line[0].id,
                                "product_uom_qty": line[1],
                                "purchase_price": line[2],
                            }
                        )
                    )
                    for line in lines
                ],
                **vals,
            }
        )
        order.action_confirm()
        return order

    def _invoice_order(self, order, post=True):
        invoice = order._create_invoices()
        invoice.invoice_date = "2019-01-10"
        if post:
            invoice.action_post()
        return invoice

    def _reverse(self, move, post=True, **kwargs):
        return self._reverse_invoice(move, post=post, date="2019-02-10", **kwargs)

    def assertCost(self, move, *expected):
        """Check ``(cost, source)`` of each product line, in the order of entry."""
        lines = move.sudo().invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        self.assertEqual(
            [
                (line.sale_cost, line.sale_cost_source)
                for line in lines.sorted(lambda line: (line.sequence, line.id))
            ],
            list(expected),
        )


@tagged("post_install", "-at_install")
class TestSaleCost(SaleCostCommon):
    # -- the product's cost

    def test_standard(self):
        invoice = self._invoice((self.product_a, 3))
        self.assertCost(invoice, (2400.0, "standard"))
        self.product_a.standard_price = 900.0
        self.assertCost(invoice, (2400.0, "standard"))
        self.env.invalidate_all()
        self.assertCost(invoice, (2400.0, "standard"))
        self.assertCost(self._invoice((self.product_a, 3)), (2700.0, "standard"))

    def test_units_of_measure(self):
        dozen = self.uom_dozen.id
        unit = self.uom_unit.id
        invoice = self._invoice(
            {"product_id": self.product_a.id, "quantity": 2, "product_uom_id": dozen},
            {"product_id": self.product_b.id, "quantity": 2, "product_uom_id": dozen},
            {"product_id": self.product_b.id, "quantity": 6, "product_uom_id": unit},
            {"product_id": self.product_b.id, "quantity": 1, "product_uom_id": unit},
        )
        self.assertCost(
            invoice,
            (19200.0, "standard"),  # 24 × 800
            (320.0, "standard"),  # 2 × 160
            (80.0, "standard"),  # half a dozen
            (13.33, "standard"),  # 160 ÷ 12 = 13.333…
        )

    def test_sign(self):
        credit_note = self._invoice((self.product_a, 2), move_type="out_refund")
        self.assertCost(credit_note, (-1600.0, "standard"))
        receipt = self._invoice((self.product_a, 2), move_type="out_receipt")
        self.assertCost(receipt, (1600.0, "standard"))
        mixed = self._invoice((self.product_a, 2), (self.product_a, -1))
        self.assertCost(mixed, (1600.0, "standard"), (-800.0, "standard"))
        mixed = self._invoice(
            (self.product_a, 2), (self.product_a, -1), move_type="out_refund"
        )
        self.assertCost(mixed, (-1600.0, "standard"), (800.0, "standard"))
        free = self._invoice(
            {"product_id": self.product_a.id, "quantity": 1, "price_unit": 0.0}
        )
        self.assertCost(free, (800.0, "standard"))

    def test_only_product_lines_of_customer_documents(self):
        bill = self._invoice((self.product_a, 2), move_type="in_invoice")
        invoice = self._invoice(
            (self.product_a, 1), {"display_type": "line_note", "name": "A note"}
        )
        other_lines = (bill + invoice).line_ids - invoice.invoice_line_ids[0]
        self.assertGreater(len(other_lines), 2)
        self.assertEqual(
            self.env.execute_query(
                SQL(
                    "SELECT DISTINCT sale_cost, sale_cost_source"
                    " FROM account_move_line WHERE id IN %s",
                    tuple(other_lines.ids),
                )
            ),
            [(None, None)],
        )

    def test_without_cost(self):
        costless = self.env["product.product"].create({"name": "Costless"})
        invoice = self._invoice((costless, 5), {"name": "Freight", "quantity": 2})
        self.assertCost(invoice, (0.0, "standard"), (0.0, False))
        self.assertEqual(
            self.env.execute_query(
                SQL(
                    "SELECT COUNT(sale_cost) FROM account_move_line WHERE id IN %s",
                    tuple(invoice.invoice_line_ids.ids),
                )
            ),
            [(2,)],
            "Zero is stored where there is no cost, so that sums need no coalesce",
        )

    def test_default_cost_of_the_company(self):
        costless = self.env["product.product"].create({"name": "Costless"})
        Default = self.env["ir.default"].sudo()
        Default.set("product.product", "standard_price", 3.0)
        self.assertCost(self._invoice((costless, 5)), (15.0, "standard"))
        company = self.env.company
        Default.set("product.product", "standard_price", 7.5, company_id=company.id)
        self.assertCost(
            self._invoice((costless, 5), (self.product_a, 1)),
            (37.5, "standard"),
            (800.0, "standard"),
        )

    def test_cost_of_the_own_company(self):
        other = self.setup_other_company()["company"]
        self.product_a.with_company(other).standard_price = 11.0
        self.env.user.company_ids += other
        invoice = self.env["account.move"].with_company(other)
        here = self._invoice((self.product_a, 1), post=False)
        there = invoice.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_a.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.product_a.id, "quantity": 2})
                ],
            }
        )
        (here + there).action_post()
        self.assertCost(here, (800.0, "standard"))
        self.assertCost(there, (22.0, "standard"))

    def test_foreign_currency(self):
        invoice = self._invoice((self.product_a, 2), currency_id=self.other_currency.id)
        self.assertEqual(invoice.invoice_line_ids.balance, -1000.0, "Rate is 2")
        self.assertCost(invoice, (1600.0, "standard"))

    # -- the order's cost

    def test_order(self):
        order = self._order((self.product_a, 4, 50.0))
        invoice = self._invoice_order(order, post=False)
        invoice.invoice_line_ids.quantity = 1
        invoice.action_post()
        self.assertCost(invoice, (50.0, "order"))
        order.order_line.purchase_price = 70.0
        self.assertCost(invoice, (50.0, "order"))
        self.assertCost(self._invoice_order(order), (210.0, "order"))

    def test_order_in_foreign_currency(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": self.other_currency.id}
        )
        order = self._order(
            (self.product_a, 2, 90.0),
            pricelist_id=pricelist.id,
            date_order="2016-06-01 12:00:00",
        )
        # Confirming sets the date to today; it is the order's own rate that counts.
        order.date_order = "2016-06-01 12:00:00"
        self.assertEqual(order.currency_rate, 3.0)
        invoice = self._invoice_order(order)
        self.assertEqual(invoice.currency_id, self.other_currency)
        self.assertEqual(invoice.invoice_line_ids.balance, -1000.0, "Rate is 2")
        self.assertCost(invoice, (60.0, "order"))

    def test_order_in_another_unit(self):
        order = self._order(
            {
                "product_id": self.product_a.id,
                "product_uom_qty": 1,
                "product_uom_id": self.uom_dozen.id,
                "purchase_price": 120.0,
            }
        )
        invoice = self._invoice_order(order, post=False)
        invoice.invoice_line_ids.write(
            {"product_uom_id": self.uom_unit.id, "quantity": 7}
        )
        invoice.action_post()
        self.assertCost(invoice, (70.0, "order"))

    def test_several_order_lines(self):
        order = self._order((self.product_a, 3, 10.0), (self.product_a, 1, 30.0))
        invoice = self._invoice(
            {
                "product_id": self.product_a.id,
                "quantity": 2,
                "sale_line_ids": [Command.set(order.order_line.ids)],
            }
        )
        self.assertCost(invoice, (30.0, "order"))  # 2 × (3 × 10 + 1 × 30) ÷ 4

    def test_several_order_lines_in_several_units(self):
        order = self._order(
            {
                "product_id": self.product_a.id,
                "product_uom_qty": 2,
                "product_uom_id": self.uom_dozen.id,
                "purchase_price": 120.0,
            },
            (self.product_a, 8, 30.0),
            (self.product_a, 5, 0.0),
        )
        line = {
            "product_id": self.product_a.id,
            "quantity": 1,
            "product_uom_id": self.uom_dozen.id,
            "sale_line_ids": [Command.set(order.order_line.ids)],
        }
        # (24 × 10 + 8 × 30) ÷ 32 = 15 a unit; the line without cost says nothing
        self.assertCost(self._invoice(line), (180.0, "order"))
        order.order_line.product_uom_qty = 0
        self.env.flush_all()  # sale_stock_margin looks up the cost again
        for order_line, cost in zip(order.order_line, (120.0, 30.0, 0.0), strict=True):
            order_line.purchase_price = cost
        # nothing to weigh with: (10 + 30) ÷ 2 = 20 a unit
        self.assertCost(self._invoice(line), (240.0, "order"))

    def test_order_without_cost(self):
        order = self._order((self.product_a, 2, 0.0))
        self.assertCost(self._invoice_order(order), (1600.0, "standard"))

    def test_product_replaced_on_the_invoice(self):
        invoice = self._invoice_order(
            self._order((self.product_a, 2, 50.0)), post=False
        )
        invoice.invoice_line_ids.product_id = self.product_b
        invoice.invoice_line_ids.quantity = 2
        invoice.action_post()
        self.assertTrue(invoice.invoice_line_ids.sale_line_ids)
        self.assertCost(invoice, (320.0, "standard"))

    def test_down_payment(self):
        order = self._order((self.product_a, 2, 50.0))
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "advance_payment_method": "percentage",
                "amount": 30,
                "sale_order_ids": order.ids,
            }
        )
        down_payment = wizard._create_invoices(order)
        down_payment.action_post()
        self.assertEqual(down_payment.amount_untaxed, 600.0)
        self.assertCost(down_payment, (0.0, "order"))
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(final.amount_untaxed, 1400.0)
        self.assertEqual(
            sorted(final.sudo().invoice_line_ids.mapped("sale_cost")), [0.0, 0.0, 100.0]
        )
        self.assertEqual(
            sum((down_payment + final).sudo().line_ids.mapped("sale_cost")), 100.0
        )

    # -- reversals

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
