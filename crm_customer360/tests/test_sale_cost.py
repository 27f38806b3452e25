from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .sale_cost_common import SaleCostCommon


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
