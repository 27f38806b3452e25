from odoo.fields import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .kept_setup import KeptSetup


class SaleCostCommon(KeptSetup, AccountTestInvoicingCommon):
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
