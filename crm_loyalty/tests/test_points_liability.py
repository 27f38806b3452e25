from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsLiability(PointsCommon):
    """What is owed in points, at the end of any period."""

    def _liability(self, start, end):
        """Return Σ of what this company owes: points of the period, and value."""
        report = self.env["loyalty.liability"].with_context(
            liability_from=start, liability_to=end
        )
        names = ("opening", "earned", "used", "expired", "taken_back", "other")
        names += ("closing", "closing_value")
        ((*sums,),) = report._read_group(
            [("company_id", "=", self.company.id)],
            [],
            [f"{name}:sum" for name in names],
        )
        opening, earned, used, expired, back, other, closing, _value = sums
        self.assertAlmostEqual(
            opening + earned - used - expired - back + other, closing
        )
        return [round(value, 2) for value in sums]

    def test_liability(self):
        self._quarter()
        self.assertEqual(
            self._liability("2026-04-01", "2026-04-30"),
            [0, 200, 0, 0, 0, 0, 200, 20],
        )
        self.assertEqual(
            self._liability("2026-05-01", "2026-05-31"),
            [200, 800, 100, 100, 0, 7, 807, 80.7],
        )
        self.assertEqual(
            self._liability("2026-06-01", "2026-06-15"),
            [807, 0, 0, 0, 200, 0, 607, 60.7],
        )
        by_month = self.env["loyalty.liability"]._read_group(
            [("closing", ">", 0)], ["date_expiry:month"], ["closing:sum"]
        )
        self.assertEqual([points for _month, points in by_month], [607])

    def test_liability_period(self):
        self._quarter()
        period = self.env["loyalty.liability.period"]
        action = period.create(
            {"date_from": "2026-05-01", "date_to": "2026-05-31"}
        ).action_open()
        self.assertEqual(
            action["display_name"], "Points Liability, 05/01/2026 to 05/31/2026"
        )
        report = self.env["loyalty.liability"].with_context(**action["context"])
        self.assertEqual(sum(report.search([]).mapped("closing")), 807)
        with self.assertRaises(ValidationError):
            period.create({"date_from": "2026-05-31", "date_to": "2026-05-01"})
        # What is no date counts as none: June.
        report = report.with_context(liability_from="x", liability_to=[1])
        self.assertEqual(sum(report.search([]).mapped("opening")), 807)

    def test_debt_is_no_liability(self):
        order = self._buy(100)
        self._buy(50, rewards=1)
        order._action_cancel()
        self.assertPoints(0, 50)
        self._buy(80)
        self.assertEqual(
            self._liability("2026-06-01", "2026-06-15"),
            [0, 230, 100, 0, 100, 0, 30, 3],
        )

    def test_value_is_not_rounded_by_lot(self):
        """3 lots of 3 points at 0.0015 are worth 0.0135, not nothing."""
        self.program.point_value_set = 0.0015
        for _order in range(3):
            self._buy(3)
        report = self.env["loyalty.liability"]
        ((value,),) = report._read_group(
            [("company_id", "=", self.company.id)], [], ["closing_value:sum"]
        )
        self.assertAlmostEqual(value, 0.0135, 6)

    def test_value_of_earlier_periods(self):
        """200 points were worth 0.1 each in May, and 0.2 from 2 June on."""
        Value = self.env["loyalty.point.value"]
        mine = [("program_id", "=", self.program.id)]
        self._buy(200, "2026-05-10")
        with self._on("2026-05-20"):
            Value._note()
        with self._on("2026-05-31"):
            self.assertNotIn(self.program, Value._note().program_id)
        with self._on("2026-06-02"):
            self.reward.discount = 30
            Value._note()
            self.reward.discount = 20
            Value._note()
        self.assertEqual(
            [(str(value.date), value.value) for value in Value.search(mine)],
            [("2026-06-02", 0.2), ("2026-05-20", 0.1)],
        )
        may, june = ("2026-05-01", "2026-05-31"), ("2026-06-01", "2026-06-15")
        self.assertEqual(self._liability(*may)[-1], 20)
        self.assertEqual(self._liability(*june)[-1], 40)
        report = self.env["loyalty.liability"].with_context(
            liability_from=june[0], liability_to=june[1]
        )
        row = report.search([("program_id", "=", self.program.id)])
        self.assertEqual((row.opening_value, row.change_value), (20, 20))
        # Of before it was noted: what is known first. Today: what is so now.
        self.assertEqual(self._liability("2026-05-01", "2026-05-15")[-1], 20)
        self.reward.discount = 50
        self.assertEqual(self._liability(*june)[-1], 100)
        self.assertEqual(self._liability("2026-06-01", "2026-06-14")[-1], 40)
        # A value that nobody knows is noted after one that was known.
        self.reward.discount_mode = "percent"
        Value._note()
        self.assertEqual(Value.search(mine)[0].value, 0)
        Value.search(mine).unlink()
        self.assertNotIn(self.program, Value._note().program_id)

    def test_value_of_earlier_periods_by_hand(self):
        """A manager may correct what was noted, an accountant only reads it."""
        manager = self._user("points_value", "sales_team.group_sale_manager")
        accountant = self._user("points_value_read", "account.group_account_invoice")
        values = self.env["loyalty.point.value"].with_user(manager)
        value = values.create(
            {"program_id": self.program.id, "date": "2026-05-01", "value": 0.5}
        )
        self.assertEqual(value.currency_id, self.program.currency_id)
        self._buy(200, "2026-05-10")
        self.assertEqual(self._liability("2026-05-01", "2026-05-31")[-1], 100)
        self.assertEqual(value.with_user(accountant).value, 0.5)
        with self.assertRaises(AccessError):
            value.with_user(accountant).value = 1

    def test_deleted_card(self):
        """What was owed before a card was deleted stays; nothing is from then on."""
        order = self._buy(200, "2026-05-10")
        debtor = self.card.copy(
            {"code": "DEBTOR", "partner_id": self.partner_a.id, "points": 0}
        )
        with self._on("2026-06-03"):
            debtor.points = -40
        code, lots = self.card.code, self.card.lot_ids | debtor.lot_ids
        # Natively no user may, but code does.
        with self._on("2026-06-10"):
            (self.card | debtor).sudo().unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lots.program_id, self.program)
        self.assertEqual(lots.partner_id, self.customer | self.partner_a)
        self.assertEqual(
            set(lots.move_ids.filtered(lambda m: m.date.month == 6).mapped("name")),
            {False, f"Card {code} deleted", "Card DEBTOR deleted"},
        )
        self.assertEqual(
            self._liability("2026-05-01", "2026-05-31"),
            [0, 200, 0, 0, 0, 0, 200, 20],
        )
        self.assertEqual(
            self._liability("2026-06-01", "2026-06-15"),
            [200, 0, 0, 0, 0, -200, 0, 0],
        )
        self.assertEqual(sum(lots.move_ids.mapped("debt")), 0)
        # What comes back later finds no card, and no error.
        self._credit(self._invoice_order(order, "2026-06-15"))
