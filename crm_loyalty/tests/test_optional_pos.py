from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .points_common import PointsCommon


class ShopCommon(PointsCommon):
    """A shop of the company that takes cash."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "pos_loyalty" not in cls.env["ir.module.module"]._installed():
            # bin/test runs it in the database with all optional modules.
            cls.skipTest(cls, "Point of Sale (pos_loyalty) is not installed")
        if not cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)]):
            cls.env["stock.warehouse"].create(
                {"name": "Here", "code": "HERE", "company_id": cls.company.id}
            )
        cls.env.user.group_ids |= cls.env.ref("point_of_sale.group_pos_manager")
        cash = cls.company_data["default_journal_cash"]
        method = cls.env["pos.payment.method"].create(
            {"name": "Cash", "journal_id": cash.id, "company_id": cls.company.id}
        )
        cls.config = cls.env["pos.config"].create(
            {"name": "Shop", "payment_method_ids": [Command.set(method.ids)]}
        )


@tagged("post_install", "-at_install")
class TestPointsOfSale(ShopCommon):
    """Sales and refunds in Point of Sale, by what they tell the card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session = cls.env["pos.session"].create({"config_id": cls.config.id})

    def _sell(self, *amounts, points=0, refunded=(), reward=0):
        """Sell goods, or take them back; the card gets the points that are given.

        :param reward: points that a reward of the sale took; `points` are less these
        """
        total = sum(amounts)
        refunded = [*refunded, *[None] * len(amounts)]
        order = self.env["pos.order"].create(
            {
                "session_id": self.session.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "amount_tax": 0,
                "amount_total": total,
                "amount_paid": total,
                "amount_return": 0,
                "lines": [
                    Command.create(
                        {
                            "name": "Line",
                            "product_id": self.product_a.id,
                            "qty": 1 if amount > 0 else -1,
                            "price_unit": abs(amount),
                            "price_subtotal": amount,
                            "price_subtotal_incl": amount,
                            "refunded_orderline_id": line and line.id,
                        }
                    )
                    for amount, line in zip(amounts, refunded, strict=False)
                ],
            }
        )
        order.write({"name": f"Shop/{order.id}", "state": "paid"})
        if reward:
            order.lines[0].copy(
                {
                    "order_id": order.id,
                    "price_subtotal": 0,
                    "price_subtotal_incl": 0,
                    "price_unit": 0,
                    "is_reward_line": True,
                    "reward_id": self.reward.id,
                    "coupon_id": self.card.id,
                    "points_cost": reward,
                }
            )
        order.confirm_coupon_programs(
            {
                self.card.id: {
                    "points": points,
                    "program_id": self.program.id,
                    "coupon_id": self.card.id,
                }
            }
            if points
            else {}
        )
        return order

    def _return(self):
        return self.env["loyalty.card"]._return_pos_points()

    def test_refund(self):
        sale = self._sell(600, 400, points=1000)
        lot = self.assertPoints(1000, lots=[1000])
        self.assertEqual((lot.origin, lot.pos_order_ref), ("pos", sale.id))
        self.assertEqual(self._return(), 0)
        refund = self._sell(-400, refunded=sale.lines[1])
        self.assertEqual(self._return(), 1)
        self.assertPoints(600, lots=[600])
        self.assertEqual(lot.taken_back, 400)
        self.assertEqual(
            (self.card.history_ids[0].description, self.card.history_ids[0].used),
            (f"Refund {refund.name}", 400),
        )
        # Once: the job runs every hour.
        self.assertEqual(self._return(), 0)
        # Spent meanwhile: owed.
        self.card.points = 110
        self._sell(-600, refunded=sale.lines[0])
        self._return()
        self.assertPoints(0, 490)

    def test_exchange(self):
        """1,000 changed for 700: 300 come back, natively nothing is earned."""
        sale = self._sell(1000, points=1000)
        self._sell(-1000, 700, refunded=sale.lines)
        with self.enter_registry_test_mode():
            self.env.ref("crm_loyalty.ir_cron_expire_points").method_direct_trigger()
        self.assertPoints(700)
        # For 1,200: the difference was earned, nothing comes back.
        sale = self._sell(1000, points=1000)
        self._sell(-1000, 1200, points=200, refunded=sale.lines)
        self._return()
        self.assertPoints(1900)

    def test_refund_that_took_points_itself(self):
        """A rule that asks for no goods counts a refund as well."""
        sale = self._sell(500, 500, points=1000)
        self._sell(-500, points=-500, refunded=sale.lines[0])
        self.assertPoints(500)
        self.assertEqual(self._return(), 0)
        self.assertPoints(500)

    def test_earned_and_used(self):
        """Point of Sale says 400 more where 500 were earned and 100 used."""
        self._buy(150)
        sale = self._sell(500, points=400, reward=100)
        lots = self.assertPoints(550, lots=[50, 500])
        self.assertEqual(
            [(lot.earned, lot.used, lot.pos_order_ref) for lot in lots],
            [(150, 100, 0), (500, 0, sale.id)],
        )
        # 30 earned and 200 used: 170 less.
        sale = self._sell(30, points=-170, reward=200)
        lots = self.assertPoints(380, lots=[0, 350, 30])
        self.assertEqual((lots[2].earned, lots[2].pos_order_ref), (30, sale.id))
        self.assertEqual((lots[2].origin, lots[2].move_ids.reason), ("pos", "earned"))
        # What comes back takes back what was earned.
        self._sell(-30, refunded=sale.lines[0])
        self._return()
        self.assertPoints(350, lots=[0, 350, 0])

    def test_order_paid_in_the_shop(self):
        """An order that is paid in the shop, and comes back there in part."""
        if "sale_order_line_id" not in self.env["pos.order.line"]._fields:
            self.skipTest("Orders in Point of Sale (pos_sale) are not installed")
        order = self._buy(0, lines=[{"price_unit": 600}, {"price_unit": 400}])
        self.assertPoints(1000)
        sale = self._sell(600, 400)
        for line, sold in zip(sale.lines, order.order_line, strict=True):
            line.sale_order_line_id = sold
        self._return()
        self.assertPoints(1000)
        self._sell(-400, refunded=sale.lines[1])
        self._return()
        lot = self.assertPoints(600)
        self.assertEqual(lot.taken_back, 400)
        self.assertEqual(self._return(), 0)
        self._sell(-600, refunded=sale.lines[0])
        self._return()
        self.assertPoints(0)

    def test_card_of_a_contact(self):
        """The shop is told whose card a contact uses."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        cards = self.env["loyalty.card"].with_user(
            new_test_user(
                self.env,
                "points_cashier",
                groups="point_of_sale.group_pos_user",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
        )
        ask = cards.get_card_holder
        self.assertEqual(ask(self.program.id, contact.id), self.customer.id)
        self.assertEqual(ask(self.program.id, self.customer.id), self.customer.id)
        self.assertEqual(ask(self.program.id, self.partner_a.id), self.partner_a.id)
        # Without a card yet, the one that the shop makes becomes the company's.
        self.card.action_archive()
        self.assertEqual(ask(self.program.id, contact.id), contact.id)
        self.card.action_unarchive()
        self.program.tier_ids.unlink()
        self.assertEqual(ask(self.program.id, contact.id), contact.id)


@tagged("post_install", "-at_install")
class TestPointsOfSaleTour(ShopCommon, HttpCase):
    """A contact spends points of the company's card in the shop, and earns for it."""

    # The first page builds the assets.
    test_cursor_lock_timeout = 120

    def test_contact(self):
        new_test_user(
            self.env,
            "shop",
            password="shopshop",
            groups="point_of_sale.group_pos_user,stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.env["product.product"].create(
            {
                "name": "Machine",
                "list_price": 500,
                "type": "service",
                "available_in_pos": True,
                "taxes_id": [Command.clear()],
            }
        )
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        self.reward.description = "Ten off"
        self._buy(150)
        self.config.open_ui()
        self.start_tour(
            f"/pos/ui/{self.config.id}", "crm_loyalty_pos_card", login="shop"
        )
        sale = self.env["pos.order"].search([("config_id", "=", self.config.id)])
        self.assertEqual((sale.partner_id, sale.amount_total), (contact, 490))
        self.assertEqual(self.env["loyalty.card"].search_count([]), 1)
        lots = self.assertPoints(550, lots=[50, 500])
        self.assertEqual(lots[1].pos_order_ref, sale.id)
