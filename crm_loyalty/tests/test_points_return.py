from odoo import Command
from odoo.tests import tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsReturn(PointsCommon):
    """Credit notes take back what the order had earned: 1,000 points for 1,000."""

    def _bought(self, amount=1000, day="2026-06-01", **vals):
        order = self._buy(amount, day, **vals)
        with self._on(day):
            return order, self._invoice_order(order, day)

    def test_all(self):
        order, invoice = self._bought()
        note = self._credit(invoice)
        lot = self.assertPoints(0, lots=[0])
        self.assertEqual((lot.earned, lot.taken_back), (1000, 1000))
        move = lot.move_ids.sorted("id")[-1]
        self.assertEqual(
            (move.reason, move.points, move.move_id, move.order_id, str(move.date)),
            ("taken_back", -1000, note, order, "2026-06-15"),
        )
        self.assertEqual(self.card.history_ids[0].used, 1000)
        # Set to draft: it comes back; posted again, cancelled: the same once more.
        note.button_draft()
        self.assertPoints(1000)
        note.action_post()
        self.assertPoints(0)
        note.button_draft()
        note.button_cancel()
        lot = self.assertPoints(1000)
        self.assertEqual(lot.taken_back, 0)

    def test_parts_never_more_than_earned(self):
        _order, invoice = self._bought()
        first = self._credit(invoice, 333.33)
        self.assertPoints(666.67)
        self._credit(invoice, 333.33)
        self._credit(invoice, 333.33)
        self.assertPoints(0.01)
        self._credit(invoice, 700)
        self.assertPoints(0)
        # 1,399.99 - of which 1,066.66 are still credited: more than all.
        first.button_draft()
        self.assertPoints(0)

    def test_own_lot_first_then_others_then_debt(self):
        _order, invoice = self._bought(1000)
        self._buy(300)
        self._buy(200, rewards=9)  # 900 of the oldest lot
        self.assertPoints(600, lots=[100, 300, 200])
        note = self._credit(invoice, 800)
        self.assertPoints(0, 200, lots=[0, 0, 0])
        self._buy(40)
        self.assertPoints(0, 160)
        # Given back: what is not owed any more comes back as points.
        note.button_draft()
        lots = self.assertPoints(640, 0)
        self.assertEqual(lots[0].taken_back, 0)

    def test_farming(self):
        """Buying, spending and returning, again and again, never leaves a gain."""
        for _round in range(3):
            _order, invoice = self._bought(1000)
            spent = self._buy(2000, rewards=5)
            self._credit(invoice)
            spent._action_cancel()
        self.assertPoints(0, 0)

    def test_farming_by_cancel(self):
        """An order that is credited and then cancelled gives nothing back twice."""
        order, invoice = self._bought(1000)
        note = self._credit(invoice, 400)
        self.assertPoints(600)
        order.with_context(disable_cancel_warning=True)._action_cancel()
        self.assertPoints(0)
        note.button_draft()
        self.assertPoints(0)

    def test_several_invoices(self):
        order = self._buy(0, lines=[{"price_unit": 600}, {"price_unit": 400}])
        self.assertPoints(1000)
        invoice = order._create_invoices()
        invoice.invoice_line_ids[1].unlink()
        invoice.invoice_date = "2026-06-15"
        invoice.action_post()
        rest = self._invoice_order(order, "2026-06-15")
        self.assertEqual((invoice.amount_untaxed, rest.amount_untaxed), (600, 400))
        self._credit(rest)
        self.assertPoints(600)
        self._credit(invoice, 300)
        self.assertPoints(300)

    def test_one_invoice_for_two_orders(self):
        orders = self._buy(100) + self._buy(300)
        invoice = self._invoice_order(orders, "2026-06-15")
        note = invoice._reverse_moves([{"invoice_date": "2026-06-15"}])
        note.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Goodwill", "price_unit": 200, "tax_ids": False}),
        ]
        note.action_post()
        # Belongs to no order line: half of what the two orders brought.
        lots = self.assertPoints(200, lots=[50, 150])
        self.assertEqual(lots.mapped("taken_back"), [50, 150])

    def test_credit_note_of_the_order(self):
        """Goods returned: the order itself makes the credit note."""
        order, _invoice = self._bought(1000)
        order.order_line.product_uom_qty = 0
        note = order._create_invoices(final=True)
        self.assertEqual(note.move_type, "out_refund")
        note.invoice_date = "2026-06-15"
        note.action_post()
        self.assertPoints(0)

    def test_down_payment(self):
        order = self._buy(1000)
        wizard = self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        )
        wizard.create(
            {"advance_payment_method": "percentage", "amount": 30}
        ).create_invoices()
        down = order.invoice_ids
        down.invoice_date = "2026-06-15"
        down.action_post()
        final = order._create_invoices(final=True)
        final.invoice_date = "2026-06-15"
        final.action_post()
        self.assertEqual(final.amount_untaxed, 700)
        self.assertPoints(1000)
        self._credit(final)
        self.assertPoints(0)

    def test_discounted_by_reward(self):
        """The share counts what was paid: 1,000 less 10 for the reward."""
        self.card.points = 100
        order = self._buy(1000, rewards=1)
        self.assertEqual(order.amount_untaxed, 990)
        invoice = self._invoice_order(order, "2026-06-15")
        self._credit(invoice)
        lots = self.assertPoints(0)
        self.assertEqual(lots[-1].taken_back, 1000)

    def test_not_of_an_order(self):
        self._buy(100)
        self._refund(1000, "2026-06-15")
        invoice = self._invoice(500, "2026-06-15")
        self._credit(invoice)
        self.assertPoints(100)

    def test_before_lots_were_kept(self):
        """An order confirmed before the installation is known by its figures only."""
        self.card.points = 500
        order = self._buy(100)
        lot = self.Lot.search([("order_id", "=", order.id)])
        lot.sudo().unlink()
        self.card._write_points({"points": 500})
        order._action_cancel()
        self.assertPoints(400)
