from datetime import date, timedelta
from random import Random

from odoo.tests import tagged

from ..tools import lots
from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsProperty(PointsCommon):
    """Random months on a card: the records and plain Python agree after each step."""

    def test_agree(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self._play(Random(seed))

    def _play(self, dice):
        policy, count = dice.choice((("days", 20), ("month", 0), ("never", 0)))
        self.program.write({"points_expiry": policy, "points_expiry_count": count})
        partner = self.env["res.partner"].create({"name": f"{policy}"})
        self.card = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "partner_id": partner.id}
        )
        plain = lots.Card()
        bought, credited = [], {}
        day = date(2026, 1, 1)
        for _step in range(12):
            day += timedelta(days=dice.randrange(6))
            with self._on(day):
                self.env["loyalty.card"]._expire_points()
            plain.expire(day)
            step = dice.choice(("buy", "buy", "use", "credit", "credit", "hand"))
            if step in ("buy", "use"):
                rewards = int(step == "use" and self.card.points >= 100)
                amount = dice.choice((90, 140, 333.33))
                order = self._buy(
                    amount, str(day), rewards=rewards, partner_id=partner.id
                )
                plain.earn(order, amount, lots.expiry(policy, count, day))
                if rewards:
                    plain.use(100)
                with self._on(day):
                    bought.append((order, amount, self._invoice_order(order, str(day))))
            elif step == "credit" and bought:
                order, amount, invoice = dice.choice(bought)
                part = dice.choice((amount, 40))
                self._credit(invoice, part, str(day))
                whole = order.amount_untaxed
                before = min(1, credited.get(order, 0) / whole)
                # The reward is credited along with the goods.
                part -= amount - whole
                credited[order] = max(0, credited.get(order, 0) + part)
                after = min(1, credited[order] / whole)
                if after > before:
                    plain.take_back(
                        order, round(amount * after, 2) - round(amount * before, 2)
                    )
            elif step == "hand":
                change = dice.choice((25, 60, -30))
                with self._on(day):
                    self.card.points += change
                if change > 0:
                    plain.earn(None, change, lots.expiry(policy, count, day))
                else:
                    plain.use(-change)
            found = self.assertPoints(plain.points, plain.debt)
            self.assertEqual(
                found.mapped("remaining"), [lot.left for lot in plain.lots], step
            )
