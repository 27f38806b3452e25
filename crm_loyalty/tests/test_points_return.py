from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsReturn(PointsCommon):
    """Credit notes take back what the order had earned: 1,000 points for 1,000."""

    def _bought(self, amount=1000, day="2026-06-01", **vals):
        order = self._buy(amount, day, **vals)
        with self._on(day):
            return order, self._invoice_order(order, day)

    def _invoice_again(self, invoice, post_note=True):
        """Reverse an invoice by the wizard; return the new one, not posted."""
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create(
            {"journal_id": invoice.journal_id.id, "date": "2026-06-15"}
        )
        again = self.env["account.move"].browse(wizard.modify_moves()["res_id"])
        again.invoice_date = "2026-06-15"
        if not post_note:
            notes = invoice.reversal_move_ids
            notes.sorted("id")[-1].button_draft()
        return again

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

    def test_invoiced_again(self):
        """A wrong invoice is reversed and made again: nothing has come back."""
        _order, invoice = self._bought(day="2026-06-15")
        again = self._invoice_again(invoice)
        self.assertPoints(0)
        self.assertEqual(self.card.history_ids[0].used, 1000)
        again.action_post()
        lot = self.assertPoints(1000, lots=[1000])
        self.assertEqual(lot.taken_back, 0)
        history = self.card.history_ids[0]
        self.assertEqual(
            (history.description, history.issued), (f"Invoice {again.name}", 1000)
        )
        # 100 of 1,000, though 2,000 were invoiced in all.
        self._credit(again, 100)
        self.assertPoints(900)
        self.assertTrue(self.card.history_ids[0].description.startswith("Credit note"))
        # And once more, cheaper: 700 of the 1,000 stay sold.
        self._credit(again, 900)
        self.assertPoints(0)
        cheaper = self._invoice_again(again, post_note=False)
        cheaper.invoice_line_ids.price_unit = 700
        cheaper.action_post()
        self.assertPoints(700)

    def test_invoiced_again_with_discount(self):
        """A discount is a line below 0: 990 of 990 are sold again."""
        self.card.points = 100
        order = self._buy(1000, rewards=1)
        invoice = self._invoice_order(order, "2026-06-15")
        again = self._invoice_again(invoice)
        self.assertPoints(0)
        again.action_post()
        self.assertPoints(1000)
        # 99 of 990 come back: a tenth of what was earned.
        note = self._credit(again, 99)
        self.assertEqual(note.amount_untaxed, 89)
        note.button_draft()
        note.invoice_line_ids.filtered(lambda li: li.price_unit < 0).unlink()
        note.action_post()
        self.assertPoints(900)

    def test_line_below_zero_is_sold(self):
        """What an order takes in payment does not come back when it is invoiced."""
        traded_in = {"price_unit": 200, "product_uom_qty": -1}
        sold = {"price_unit": 500, "product_uom_qty": 2}
        order = self._buy(0, lines=[sold, traded_in])
        self.assertPoints(800)
        invoice = order._create_invoices(final=True)
        invoice.invoice_date = "2026-06-15"
        invoice.action_post()
        self.assertEqual(invoice.amount_untaxed, 800)
        self.assertPoints(800)
        self._credit(invoice)
        self.assertPoints(0)

    def test_confirmed_again(self):
        """An order keeps what came back when it is cancelled and confirmed again."""
        order, invoice = self._bought(1000)
        self._credit(invoice, 400)
        self.assertPoints(600)
        order.with_context(disable_cancel_warning=True)._action_cancel()
        self.assertPoints(0)
        order.action_draft()
        order.action_confirm()
        lots = self.assertPoints(600, lots=[0, 600])
        self.assertEqual(lots.mapped("taken_back"), [1000, 400])

    def test_other_currency(self):
        """A credit note has the rate of its invoice: 1,000 are 2,000, later 4,000."""
        other = self.setup_other_currency(
            "CHF", rates=[("2026-06-01", 2), ("2026-06-10", 4)]
        )
        order = self._buy(1000, "2026-06-02")
        invoice = self._invoice_order(order, "2026-06-02", post=False)
        invoice.currency_id = other
        invoice.invoice_line_ids.price_unit = 2000
        invoice.action_post()
        note = self._credit(invoice, 1000)
        self.assertPoints(500)
        # What was invoiced counts as well where the order was changed since.
        order.order_line.product_uom_qty = 0
        note.button_draft()
        note.action_post()
        self.assertPoints(500)
        self._credit(invoice, 1000)
        self.assertPoints(0)

    def test_expired_points_are_not_owed(self):
        self.program.write({"points_expiry": "days", "points_expiry_count": 10})
        _order, invoice = self._bought(100, "2026-06-01")  # until 11 June
        _order, spent = self._bought(250, "2026-06-01")
        self._buy(50, "2026-06-05", rewards=1)  # all of the first lot
        self.assertPoints(300, lots=[0, 250, 50])
        with self._on("2026-06-12"):
            self.env["loyalty.card"]._expire_points()
        self.assertPoints(50, lots=[0, 0, 50])
        # Unused and expired: nobody owes them.
        self._credit(spent, day="2026-06-12")
        self.assertPoints(50, 0)
        # Used: they are owed, less the 50 that are there.
        self._credit(invoice, day="2026-06-12")
        self.assertPoints(0, 50)

    def test_debt_is_repaid_before_a_reward(self):
        """What the order earns is owed: it cannot buy a reward at once."""
        held = self._order(100, "2026-06-15", confirm=False)
        held._update_programs_and_rewards()
        self.assertFalse(held._apply_program_reward(self.reward, self.card))
        self.card.points = -50
        # The reward was there before the debt.
        with self.assertRaises(ValidationError), self.cr.savepoint():
            held.action_confirm()
        order = self._order(100, "2026-06-15", confirm=False)
        order._update_programs_and_rewards()
        self.assertEqual(order._get_real_points_for_coupon(self.card), 50)
        self.assertIn("error", order._apply_program_reward(self.reward, self.card))
        order.action_confirm()
        self.assertPoints(50, 0)
        # Paid: the next order has 50 + 100 points for its reward.
        self._buy(100, rewards=1)
        self.assertPoints(50, 0)

    def test_remote_context(self):
        """No remote caller can say that a confirmed order is a cancelled one."""
        order = self._order(100, "2026-06-15", confirm=False)
        order.with_context(loyalty_points="cancel").action_confirm()
        self.assertPoints(100, lots=[100])

    def test_archived(self):
        """Points of an archived card or program are taken back all the same."""
        _order, invoice = self._bought(1000)
        _order, second = self._bought(200)
        self.card.action_archive()
        self._credit(invoice)
        self.assertPoints(200, lots=[0, 200])
        self.program.action_archive()
        self._credit(second, 150)
        self.assertPoints(50, lots=[0, 50])

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

    def test_credit_note_deleted(self):
        """A credit note that was made by mistake and deleted ends nothing."""
        _order, invoice = self._bought(1000)
        note = self._credit(invoice, 400)
        note.button_draft()
        note.unlink()
        self.assertPoints(1000)
        self._credit(invoice, 400)
        self.assertPoints(600)

    def test_cancelled_after_all_came_back(self):
        """A cancelled order has nothing that a credit note could give back."""
        order, invoice = self._bought(1000)
        note = self._credit(invoice)
        self.assertPoints(0)
        order.with_context(disable_cancel_warning=True)._action_cancel()
        note.button_draft()
        lot = self.assertPoints(0)
        self.assertTrue(lot.closed)
        # Confirmed again, it earns again, once.
        order.action_draft()
        order.action_confirm()
        self.assertPoints(1000, lots=[0, 1000])
        note.action_post()
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

    def test_before_lots_were_kept_changed_since(self):
        """A change of its reward does not make it an order with lots."""
        self.card.points = 100
        order = self._buy(100, rewards=1)
        self.card.lot_ids.sudo().unlink()
        self.card._write_points({"points": 500})
        order.order_line.filtered("reward_id").points_cost = 30
        self.assertPoints(570)
        # 100 were earned; 30 of the 100 that were used are left to give back.
        order._action_cancel()
        self.assertPoints(500)
