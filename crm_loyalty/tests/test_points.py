from datetime import date

from odoo import Command
from odoo.tests import Form, tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPoints(PointsCommon):
    """Whatever changes the points of a card ends in its lots."""

    def test_order(self):
        order = self._buy(250, "2026-06-01")
        lot = self.assertPoints(250, lots=[250])
        self.assertEqual(
            (lot.origin, lot.order_id, lot.name, lot.date, lot.partner_id),
            ("order", order, order.name, date(2026, 6, 1), self.customer),
        )
        self.assertEqual(lot.company_id, self.company)
        self.assertEqual((lot.earned, lot.used, lot.date_expiry), (250, 0, False))
        self.assertEqual(
            [(m.reason, m.points, m.order_id) for m in lot.move_ids],
            [("earned", 250, order)],
        )

    def test_reward_first_in_first_out(self):
        self._buy(60)
        self._buy(70)
        order = self._buy(500, rewards=1)
        # 100 go out of the oldest two.
        self.assertPoints(530, lots=[0, 30, 500])
        used = self.env["loyalty.lot.move"].search([("reason", "=", "used")])
        self.assertEqual(used.order_id, order)
        self.assertEqual(sorted(used.mapped("points")), [-60, -40])
        # Cancelled: what it used comes back where it was, what it earned goes.
        order._action_cancel()
        lots = self.assertPoints(130, lots=[60, 70, 0])
        self.assertEqual(lots.mapped("used"), [0, 0, 0])
        self.assertEqual(lots[-1].taken_back, 500)

    def test_cancel_and_confirm_earns_once(self):
        order = self._buy(100)
        for _round in range(3):
            order._action_cancel()
            self.assertPoints(0)
            order.action_draft()
            order.action_confirm()
            self.assertPoints(100)
        moves = self.env["loyalty.lot.move"].search([("card_id", "=", self.card.id)])
        self.assertEqual(sum(moves.mapped("points")), 100)

    def test_cancel_after_use_is_a_debt(self):
        first = self._buy(100)
        self._buy(50, rewards=1)
        self.assertPoints(50)
        first._action_cancel()
        self.assertPoints(0, 50)
        # What is earned next repays it first; the order is not blocked.
        self._buy(80)
        self.assertPoints(30, 0)

    def test_orders_confirmed_together(self):
        orders = self._order(100, "2026-06-15", confirm=False)
        orders += self._order(200, "2026-06-15", confirm=False)
        orders.action_confirm()
        lots = self.assertPoints(300, lots=[100, 200])
        self.assertEqual(lots.order_id, orders)
        orders._action_cancel()
        self.assertPoints(0, lots=[0, 0])

    def test_reward_of_confirmed_order(self):
        order = self._buy(300)
        order._apply_program_reward(self.reward, self.card)
        self.assertPoints(200)
        line = order.order_line.filtered("reward_id")
        self.assertEqual(line.points_cost, 100)
        moves = self.env["loyalty.lot.move"].search([("reason", "=", "used")])
        self.assertEqual((moves.order_id, moves.points), (order, -100))
        line.points_cost = 30
        lot = self.assertPoints(270, lots=[270])
        self.assertEqual(lot.used, 30)

    def test_by_hand(self):
        wizard = self.env["loyalty.card.update.balance"].create(
            {"card_id": self.card.id, "new_balance": 40, "description": "Sorry"}
        )
        wizard.action_update_card_point()
        lot = self.assertPoints(40, lots=[40])
        self.assertEqual((lot.origin, lot.name), ("manual", "Sorry"))
        self.card.points = 15
        self.assertPoints(15, lots=[15])
        # No card falls below 0: the rest is owed.
        self.card.points = -10
        self.assertPoints(0, 10)
        self.card.points += 25
        self.assertPoints(15, 0)
        self.assertEqual(lot.used, 0, "What is corrected was not used for rewards")

    def test_hundredths(self):
        for _step in range(3):
            self.card.points += 0.1
        self.card.points += 33.333
        self.assertPoints(33.63)

    def test_card_with_points(self):
        card = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "points": 30, "debt": 7}
        )
        lot = self.assertPoints(30, lots=[30], card=card)
        self.assertEqual((lot.origin, lot.partner_id.id), ("manual", False))
        card.write({"debt": 5, "partner_id": self.customer.id})
        self.assertPoints(30, card=card)
        self.assertEqual(lot.partner_id, self.customer)
        several = card | self.card
        several.write({"points": 50})
        self.assertPoints(50, lots=[30, 20], card=card)
        self.assertPoints(50, lots=[50])

    def test_generated_card(self):
        wizard = self.env["loyalty.generate.wizard"].create(
            {
                "program_id": self.program.id,
                "mode": "selected",
                "customer_ids": [Command.set(self.partner_a.ids)],
                "points_granted": 20,
                "description": "Welcome",
            }
        )
        card = wizard.generate_coupons()
        lot = self.assertPoints(20, lots=[20], card=card)
        self.assertEqual((lot.origin, lot.name), ("manual", "Welcome"))

    def test_import(self):
        self.env["loyalty.card"].load(
            ["code", "program_id/.id", "partner_id/.id", "points"],
            [["IMPORTED", str(self.program.id), str(self.partner_a.id), "12.5"]],
        )
        card = self.env["loyalty.card"].search([("code", "=", "IMPORTED")])
        self.assertPoints(12.5, lots=[12.5], card=card)

    def test_other_programs_have_no_lots(self):
        program = self.env["loyalty.program"].create(
            {"name": "Gifts", "program_type": "gift_card"}
        )
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 50})
        card.points = -5
        self.assertEqual(card.points, -5)
        self.assertFalse(card.lot_ids)

    def test_points_without_lots_are_taken_over(self):
        self._buy(100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = 130 WHERE id = %s", [self.card.id]
        )
        self.card.invalidate_recordset()
        self.card.points += 5
        lots = self.assertPoints(135, lots=[100, 30, 5])
        self.assertEqual(lots.mapped("origin"), ["order", "opening", "manual"])

    def test_opening(self):
        card = self.card.copy({"code": "OTHER", "partner_id": self.partner_a.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = CASE id WHEN %s THEN 70 ELSE -30 END"
            " WHERE id IN %s",
            [self.card.id, (self.card.id, card.id)],
        )
        self.env.invalidate_all()
        self.assertEqual(self.env["loyalty.card"]._open_lots_for_all(), 2)
        lot = self.assertPoints(70, lots=[70])
        self.assertEqual((lot.origin, lot.company_id), ("opening", self.company))
        self.assertEqual(lot.partner_id, self.customer)
        self.assertPoints(0, 30, card=card)
        self.assertEqual(self.env["loyalty.card"]._open_lots_for_all(), 0)

    def test_pos(self):
        """As Point of Sale does it: the points first, then the history."""
        self.card.sudo().points += 45
        self.env["loyalty.history"].create(
            {
                "card_id": self.card.id,
                "order_model": "pos.order",
                "order_id": 7,
                "description": "Onsite 0007",
                "issued": 45,
            }
        )
        lot = self.assertPoints(45, lots=[45])
        self.assertEqual((lot.origin, lot.name), ("pos", "Onsite 0007"))
        self.assertEqual(lot.move_ids.reason, "earned")
        self.card.sudo().points += -20
        self.env["loyalty.history"].create(
            {
                "card_id": self.card.id,
                "order_model": "pos.order",
                "order_id": 8,
                "description": "Onsite 0008",
                "used": 20,
            }
        )
        self.assertPoints(25, lots=[25])
        self.assertEqual(lot.used, 20)
        self.assertEqual(lot.move_ids.sorted("id").mapped("reason"), ["earned", "used"])

    def test_history_of_the_same_write(self):
        """Who writes the points cannot say that a sale brought them."""
        line = {"order_model": "pos.order", "order_id": 7, "description": "Sold"}
        self.card.write({"points": 5000, "history_ids": [Command.create(line)]})
        lot = self.assertPoints(5000, lots=[5000])
        self.assertEqual((lot.origin, lot.move_ids.reason), ("manual", "manual"))
        self.assertEqual(self.card.history_ids[0].description, "Sold")

    def test_program_form(self):
        """The value of a point is that of the best reward, or what is set."""
        self.assertAlmostEqual(self.program.point_value, 0.1)
        self.reward.write({"discount_mode": "per_point", "discount": 0.25})
        self.assertAlmostEqual(self.program.point_value, 0.25)
        self.reward.write({"discount_mode": "percent"})
        self.assertEqual(self.program.point_value, 0)
        self.program.point_value_set = 0.05
        self.assertAlmostEqual(self.program.point_value, 0.05)
        self.assertTrue(Form(self.program))

    def test_value_of_archived_rewards(self):
        """An offer that has ended says no more what a point is worth."""
        self.reward.copy({"discount": 50})
        program = self.program.with_context(active_test=False)
        self.assertAlmostEqual(program.point_value, 0.5)
        program.reward_ids.filtered(lambda r: r.discount == 50).active = False
        self.assertAlmostEqual(program.point_value, 0.1)
        self.assertAlmostEqual(self.program.point_value, 0.1)
        # Points of a program that has ended keep their value.
        self.program.action_archive()
        self.assertFalse(self.program.with_context(active_test=True).reward_ids)
        self.assertAlmostEqual(self.program.point_value, 0.5)


@tagged("post_install", "-at_install")
class TestPointsExpiry(PointsCommon):
    def test_policies(self):
        for policy, count, day in (
            ("days", 30, date(2026, 7, 15)),
            ("month", 0, date(2026, 6, 30)),
            ("month", 8, date(2027, 2, 28)),
            ("year", 1, date(2027, 12, 31)),
            ("never", 0, False),
        ):
            self.program.write({"points_expiry": policy, "points_expiry_count": count})
            order = self._buy(10)
            lot = self.Lot.search([("order_id", "=", order.id)])
            self.assertEqual(lot.date_expiry, day, (policy, count))

    def test_expire(self):
        self.program.write({"points_expiry": "days", "points_expiry_count": 10})
        self._buy(60, "2026-06-01")  # until 11 June
        self._buy(70, "2026-06-05")  # until 15 June
        self.program.points_expiry = "never"
        self._buy(20, "2026-06-06")
        with self._on("2026-06-11"):
            self.assertFalse(self.env["loyalty.card"]._expire_points())
        with self._on("2026-06-12"):
            self.assertEqual(self.env["loyalty.card"]._expire_points(), 1)
        lots = self.assertPoints(90, lots=[0, 70, 20])
        self.assertEqual(lots.mapped("expired"), [60, 0, 0])
        self.assertEqual(
            (lots[0].move_ids.sorted("id")[-1].reason, str(lots[0].move_ids[0].date)),
            ("expired", "2026-06-12"),
        )
        self.assertEqual(self.card.history_ids[0].used, 60)
        # What expires first is used first, though what never expires is older by now.
        self.program.write({"points_expiry": "days", "points_expiry_count": 100})
        self._buy(40, "2026-06-13")
        self._buy(30, "2026-06-13", rewards=1)
        self.assertPoints(60, lots=[0, 0, 20, 10, 30])

    def test_confirmed_again(self):
        """An order that is confirmed again brings nothing back that had expired."""
        self.program.write({"points_expiry": "days", "points_expiry_count": 10})
        order = self._buy(100, "2026-06-01")  # until 11 June
        self._buy(20, "2026-06-10", rewards=1)  # until 20 June
        self.assertPoints(20, lots=[0, 20])
        late = self._buy(300, "2026-06-02")  # until 12 June
        with self._on("2026-06-13"):
            self.env["loyalty.card"]._expire_points()
            self.assertPoints(20, lots=[0, 20, 0])
            for cancelled in (order, late):
                cancelled._action_cancel()
                cancelled.action_draft()
                cancelled.action_confirm()
        # 100 were used, and are earned again; 300 had expired.
        lots = self.assertPoints(20)
        self.assertEqual(lots.mapped("expired"), [0, 0, 300, 0, 300])
        # Cancelled in time, it brings all.
        self._buy(50, "2026-06-13")
        again = self._buy(70, "2026-06-13")
        with self._on("2026-06-14"):
            again._action_cancel()
            again.action_draft()
            again.action_confirm()
        self.assertPoints(140)

    def test_midnight_of_the_company(self):
        """Points can be used until their last day ends where the company is."""
        other = self.setup_other_company()["company"]
        self.company.partner_id.tz = "Pacific/Auckland"  # UTC + 12 in June
        other.partner_id.tz = "America/Los_Angeles"  # UTC - 7
        self.program.tier_ids.unlink()
        self.program.write(
            {"company_id": False, "points_expiry": "days", "points_expiry_count": 10}
        )
        far = self.card.copy({"code": "FAR", "partner_id": self.partner_a.id})
        with self._at("2026-06-04 08:00:00"):
            self.card.points = 10
            far.with_company(other).points = 20
        lots = self.card.lot_ids | far.lot_ids
        self.assertEqual(lots.company_id, self.company | other)
        self.assertEqual(set(lots.mapped("date_expiry")), {date(2026, 6, 14)})
        for moment, count in (
            ("2026-06-14 11:50:00", 0),
            ("2026-06-14 12:10:00", 1),  # the 15th in Auckland
            ("2026-06-15 06:50:00", 0),
            ("2026-06-15 07:10:00", 1),  # and in Los Angeles
        ):
            with self._at(moment):
                self.assertEqual(self.env["loyalty.card"]._expire_points(), count)
            if moment == "2026-06-14 12:10:00":
                self.assertPoints(0)
                self.assertPoints(20, card=far)
        self.assertPoints(0, card=far)

    def test_card_that_became_a_wallet(self):
        """Its points are money now: they do not expire, and are no points."""
        self.program.write({"points_expiry": "days", "points_expiry_count": 10})
        order = self._buy(100, "2026-06-01")
        invoice = self._invoice_order(order, "2026-06-01")
        wallet = self.env["loyalty.program"].create(
            {"name": "Wallet", "program_type": "ewallet"}
        )
        self.assertFigures({"loyalty_cost": 10})
        self.card.program_id = wallet
        with self._on("2026-06-14"):
            self.assertEqual(self.env["loyalty.card"]._expire_points(), 0)
            self.assertEqual(self.env["loyalty.card"]._expiring_count(), 0)
        self._credit(invoice)
        self.assertEqual(self.card.points, 100)
        row = self.assertFigures({"loyalty_cost": 0})
        self.assertFalse(row.loyalty_points)
        self.assertFalse(self.env["loyalty.liability"].search([]))

    def test_cron(self):
        self.program.write({"points_expiry": "days", "points_expiry_count": 10})
        self._buy(60, "2026-06-01")
        with self.enter_registry_test_mode():
            self.env.ref("crm_loyalty.ir_cron_expire_points").method_direct_trigger()
        self.assertPoints(0, lots=[0])
