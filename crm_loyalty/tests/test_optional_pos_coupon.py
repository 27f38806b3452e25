from odoo import Command
from odoo.tests import tagged

from .retention_common import CouponCommon


@tagged("post_install", "-at_install")
class TestPointOfSaleCoupon(CouponCommon):
    """A coupon for an occasion that is used in Point of Sale is used."""

    def test_result(self):
        """99 with taxes of 9, at 1.5 of the order's currency for one of ours: 60."""
        if "pos_loyalty" not in self.env["ir.module.module"]._installed():
            # bin/test runs it in the database with all optional modules.
            self.skipTest("Point of Sale (pos_loyalty) is not installed")
        self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)]
        ) or self.env["stock.warehouse"].create(
            {"name": "Here", "code": "HERE", "company_id": self.company.id}
        )
        self.env.user.group_ids |= self.env.ref("point_of_sale.group_pos_manager")
        method = self.env["pos.payment.method"].create(
            {
                "name": "Cash",
                "journal_id": self.company_data["default_journal_cash"].id,
                "company_id": self.company.id,
            }
        )
        shop = self.env["pos.config"].create(
            {"name": "Shop", "payment_method_ids": [Command.set(method.ids)]}
        )
        good = self._customer("Good", ("2025-05-01", 300))
        other = self._customer("Other", ("2025-05-01", 300))
        self.Coupon._send_by_hand(good + other, self.company, "winback")
        card = self.Coupon.search([("partner_id", "=", good.id)]).card_id
        order = self.env["pos.order"].create(
            {
                "session_id": self.env["pos.session"].create({"config_id": shop.id}).id,
                "partner_id": good.id,
                "company_id": self.company.id,
                "amount_tax": 9,
                "amount_total": 99,
                "amount_paid": 99,
                "amount_return": 0,
                "lines": [
                    Command.create(
                        {
                            "name": name,
                            "product_id": self.product_a.id,
                            "qty": 1,
                            "price_unit": amount,
                            "price_subtotal": amount,
                            "price_subtotal_incl": amount,
                            "coupon_id": coupon and coupon.id,
                            "is_reward_line": bool(coupon),
                        }
                    )
                    for name, amount, coupon in (
                        ("Goods", 109, None),
                        ("Off", -10, card),
                        ("Off", -9, card),
                    )
                ],
            }
        )
        order.currency_rate = 1.5
        Result = self.env["crm.loyalty.coupon.result"]
        row = Result.search([("card_id", "=", card.id)])
        self.env.flush_all()
        self.assertFalse(row.used_count, "Not paid yet")
        order.state = "paid"
        self.env.flush_all()
        row.invalidate_recordset()
        self.assertEqual((row.used_count, row.order_count), (1, 1))
        self.assertEqual(row.order_amount, 60)
        action = (
            row + Result.search([("partner_id", "=", other.id)])
        ).action_open_orders()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), order)
