from odoo import Command
from odoo.tests import tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsOfChangedOrder(PointsCommon):
    """A confirmed order keeps the points of what it still sells."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A changed quantity brings the price of the product.
        cls.product_a.lst_price = 100

    def _confirmed(self, **vals):
        """Return an order of 10 × 100 that earned 1,000 points, and its line."""
        order = self._buy(0, lines=[{"price_unit": 100, "product_uom_qty": 10}], **vals)
        self.assertPoints(1000)
        return order, order.order_line

    def _invoice_quantity(self, order, quantity):
        invoice = order._create_invoices(final=True)
        invoice.invoice_date = "2026-06-15"
        invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()
        return invoice

    def test_fewer(self):
        """Ordering much, and then little, leaves the points of little."""
        order, line = self._confirmed()
        line.product_uom_qty = 4
        lot = self.assertPoints(400, lots=[400])
        self.assertEqual(
            (lot.earned, lot.order_amount, lot.taken_back), (1000,) * 2 + (600,)
        )
        move = lot.move_ids.sorted("id")[-1]
        self.assertEqual(
            (move.reason, move.points, move.order_id, move.name, move.move_id.id),
            ("taken_back", -600, order, order.name, False),
        )
        self.assertEqual(
            (self.card.history_ids[0].description, self.card.history_ids[0].used),
            (f"Order {order.name} changed", 600),
        )
        line.price_unit = 50
        self.assertPoints(200)
        line.discount = 100
        self.assertPoints(0)
        # Back to what it was: all of it, and no more than that.
        line.write({"product_uom_qty": 10, "price_unit": 100, "discount": 0})
        self.assertPoints(1000)
        line.product_uom_qty = 20
        self.assertPoints(1000)

    def test_spent_already(self):
        """Whoever spends the points first owes them."""
        order, line = self._confirmed()
        self._buy(20, rewards=1)
        self.assertPoints(920)
        line.product_uom_qty = 0
        self.assertPoints(0, 80)
        order._action_cancel()
        self.assertPoints(0, 80)

    def test_delivered_in_part(self):
        """6 of 10 are delivered, the rest is given up; then 3 come back."""
        order, line = self._confirmed()
        invoice = self._invoice_quantity(order, 6)
        self.assertPoints(1000)
        line.product_uom_qty = 6
        self.assertPoints(600)
        note = self._credit(invoice)
        self.assertPoints(0)
        note.button_draft()
        note.invoice_line_ids.quantity = 3
        note.action_post()
        self.assertPoints(300)

    def test_credited_and_changed(self):
        """What came back is not taken back twice when the order says so, too."""
        order, line = self._confirmed()
        invoice = self._invoice_quantity(order, 10)
        note = self._credit(invoice)
        note.button_draft()
        note.invoice_line_ids.quantity = 4
        note.action_post()
        self.assertPoints(600)
        line.product_uom_qty = 6
        self.assertPoints(600)

    def test_changed_for_others(self):
        """Other goods of the same worth, in one go: nothing happens to the points."""
        order, line = self._confirmed()
        lines = len(self.card.history_ids)
        other = {"product_id": self.product_b.id, "price_unit": 500, "tax_ids": False}
        order.write(
            {
                "order_line": [
                    Command.update(line.id, {"product_uom_qty": 5}),
                    Command.create(other),
                ]
            }
        )
        lot = self.assertPoints(1000)
        self.assertEqual(len(lot.move_ids), 1)
        self.assertEqual(len(self.card.history_ids), lines)
        # No remote caller can have it looked at later.
        order.with_context(loyalty_together=True).order_line.product_uom_qty = 0
        self.assertPoints(0)

    def test_reward(self):
        """What points pay for is no smaller order."""
        order, _line = self._confirmed()
        order._apply_program_reward(self.reward, self.card)
        self.assertEqual(order.amount_untaxed, 990)
        self.assertPoints(900)
        order._update_programs_and_rewards()
        self.assertPoints(900)

    def test_earns_once(self):
        """Natively nothing and all again is earned anew."""
        order, line = self._confirmed()
        for _round in range(2):
            line.product_uom_qty = 0
            order._update_programs_and_rewards()
            self.assertPoints(0)
            line.product_uom_qty = 10
            order._update_programs_and_rewards()
            self.assertPoints(1000)
        # What it sells more earns from nothing only, as natively.
        line.product_uom_qty = 0
        order._update_programs_and_rewards()
        line.product_uom_qty = 12
        order._update_programs_and_rewards()
        self.assertPoints(1200)
        order._action_cancel()
        self.assertPoints(0)

    def test_before_it_was_known(self):
        """Lots without the amount of their order keep their points."""
        _order, line = self._confirmed()
        self.card.lot_ids.sudo().order_amount = 0
        line.product_uom_qty = 1
        self.assertPoints(1000)
