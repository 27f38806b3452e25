from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsFigures(PointsCommon):
    """Liability, cost, measure and integrity of points; who may read them."""

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login=login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _liability(self, start, end, user=None):
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

    def _quarter(self):
        """Points through April, May and June; 10 for 100 points: 0.1 each."""
        self.program.write({"points_expiry": "days", "points_expiry_count": 40})
        self._buy(200, "2026-04-10")  # until 20 May
        order = self._buy(500, "2026-05-02")  # until 11 June
        self._buy(300, "2026-05-10", rewards=1)  # 100 of the first lot
        with self._on("2026-05-21"):
            self.env["loyalty.card"]._expire_points()  # the other 100
            self.card.points += 7
        with self._on("2026-06-01"):
            invoice = self._invoice_order(order, "2026-06-01")
        self._credit(invoice, 200, "2026-06-02")
        self.assertPoints(607)

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

    def test_cost(self):
        """The growth in value within the window lowers the contribution."""
        self._buy(400, "2025-06-10")  # before the window of 16 June 2025
        self._buy(250, "2026-06-01")
        self._buy(50, "2026-06-02", rewards=1)
        row = self.assertFigures({"loyalty_cost": 20})  # (250 + 50 - 100) × 0.1
        self.assertAlmostEqual(row.contribution, row.margin - 20)
        self.assertEqual(
            row._contribution_bars()[-2:],
            [
                ("loyalty_cost", "Loyalty Cost", -20, False),
                ("contribution", "Contribution", row.contribution, True),
            ],
        )
        seller = self._user("points_cost", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            row.with_user(seller).read(["loyalty_cost"])

    def test_opening_is_no_cost(self):
        """What was earned before lots were kept is no growth of this window."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = 1000 WHERE id = %s", [self.card.id]
        )
        self.env.invalidate_all()
        self.env["loyalty.card"]._open_lots_for_all()
        self._buy(50, "2026-06-02")
        self.assertPoints(1050, lots=[1000, 50])
        self.assertFigures({"loyalty_cost": 5})

    def test_value_in_a_branch(self):
        """The root company owes the points of a branch's program."""
        self.program.tier_ids.unlink()
        self.program.company_id = self._branch()
        values = self.env["loyalty.program"]._point_values()
        rows = self.env.execute_query(
            SQL(
                "SELECT company_id, value FROM (%s) AS v WHERE program_id = %s",
                values,
                self.program.id,
            )
        )
        self.assertEqual(
            [(company, float(value)) for company, value in rows],
            [(self.company.id, 0.1)],
        )

    def test_points_in_use(self):
        """Points of archived cards and programs cannot be used."""
        self._buy(100)
        spare = self.card.copy({"code": "SPARE"})
        spare.points = 30
        self.program.write({"points_expiry": "days", "points_expiry_count": 5})
        self.card.points += 4
        self.card.points += 3
        self.program.points_expiry_count = 9
        self.card.points += 2
        row = self._row()
        self.assertEqual(
            (row.loyalty_points, row.loyalty_points_expiring), (100 + 30 + 9, 7)
        )
        spare.action_archive()
        row.invalidate_recordset()
        self.assertEqual(row.loyalty_points, 109)
        self.program.action_archive()
        row.invalidate_recordset()
        self.assertEqual((row.loyalty_points, row.loyalty_points_expiry), (0, False))

    def test_page(self):
        self._quarter()
        row = self._row()
        seller = self._user("points_page", "sales_team.group_sale_salesman")
        row = row.with_user(seller)
        self.assertEqual(
            (
                row.loyalty_points,
                row.loyalty_points_expiring,
                str(row.loyalty_points_expiry),
                row.loyalty_debt,
            ),
            (607, 300, "2026-06-11", 0),
        )
        self.card.points = -5
        row.invalidate_recordset()
        self.assertEqual((row.loyalty_points, row.loyalty_debt), (0, 5))
        self.assertEqual(row.action_open_lots()["res_model"], "loyalty.lot")

    def test_measure(self):
        """Earned less taken back, spent or not; by hand does not count."""
        self.program.tier_measure = "points"
        self._join("2026-01-01")
        self._buy(900, "2026-02-01")
        order = self._buy(600, "2026-03-01", rewards=5)
        self.card.points += 9000
        row = self.assertFigures({"tier_measure": 1500})
        self.assertEqual(row.tier_id, self.silver)
        invoice = self._invoice_order(order, "2026-06-01")
        self._credit(invoice)
        self.assertFigures({"tier_measure": 900})
        self.program.tier_measure = "orders"
        self.assertFigures({"tier_measure": 1})

    def test_integrity(self):
        self._buy(100)
        check = self.env["crm.customer.integrity"]

        def points():
            (line,) = [
                result
                for result in check._check(self.company)
                if result["check"] == "points"
            ]
            return line

        line = points()
        self.assertEqual(
            (line["ledger"], line["customers"], line["unexplained"]), (100, 100, 0)
        )
        self.env.cr.execute(
            "UPDATE loyalty_card SET points = 90 WHERE id = %s", [self.card.id]
        )
        self.card.invalidate_recordset()
        line = points()
        self.assertEqual((line["ledger"], line["unexplained"]), (90, 10))
        self.assertEqual(
            line["reasons"][0]["source"]["domain"], [["id", "in", self.card.ids]]
        )
        self.assertEqual(
            self.env["loyalty.card"].action_open_different()["domain"],
            [("id", "in", self.card.ids)],
        )
        self.assertTrue(check.action_check()["res_id"])
        self.card.action_settle_difference()
        self.assertPoints(90, lots=[90])
        self.assertEqual(points()["unexplained"], 0)

    # -- access

    def test_nobody_writes(self):
        self._buy(100)
        lot = self.card.lot_ids
        manager = self._user(
            "points_manager",
            "sales_team.group_sale_manager,account.group_account_manager",
        )
        for record in (lot, lot.move_ids):
            record = record.with_user(manager)
            record.read(["points" if "points" in record else "earned"])
            with self.assertRaises(AccessError):
                record.write({"name": "x"})
            with self.assertRaises(AccessError):
                record.copy()
            with self.assertRaises(AccessError):
                record.unlink()
        # Nor by the way of the card.
        with self.assertRaises(AccessError):
            self.card.with_user(manager).write(
                {"lot_ids": [Command.update(lot.id, {"remaining": 5})]}
            )
        self.card.with_user(manager).with_context(
            loyalty_document={"kind": "confirm", "parts": [[1, 500, 0]]}
        ).write({"debt": 9})
        self.assertPoints(100, lots=[100])

    def test_who_reads(self):
        self._buy(100)
        lot = self.card.lot_ids
        seller = self._user("points_own", "sales_team.group_sale_salesman")
        other = self._user("points_other", "sales_team.group_sale_salesman")
        self.customer.user_id = seller
        self.assertEqual(lot.with_user(seller).remaining, 100)
        for record in (lot, lot.move_ids):
            with self.assertRaises(AccessError):
                record.with_user(other).read(["name"])
        accountant = self._user("points_books", "account.group_account_readonly")
        self.assertEqual(lot.with_user(accountant).remaining, 100)
        report = self.env["loyalty.liability"].with_user(accountant)
        self.assertEqual(report.search([]).lot_id.ids, lot.ids)
        with self.assertRaises(AccessError):
            self.env["loyalty.liability"].with_user(seller).search([])
        portal = self._user("points_portal", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        for name in ("loyalty.lot", "loyalty.lot.move", "loyalty.liability"):
            with self.assertRaises(AccessError):
                self.env[name].with_user(portal).search([])

    def test_companies(self):
        other = self.setup_other_company()["company"]
        user = self._user("points_company", "sales_team.group_sale_manager")
        user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self._buy(100)
        with self.assertRaises(AccessError):
            self.card.lot_ids.with_user(user).read(["remaining"])
        # A program of all companies: the company that sells owes the points.
        self.program.tier_ids.unlink()
        self.program.company_id = False
        card = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "partner_id": self.partner_a.id}
        )
        card.with_company(other).points += 30
        self.assertEqual(card.lot_ids.company_id, other)
        self.assertEqual(card.lot_ids.with_user(user).remaining, 30)

    def test_branch(self):
        branch = self._branch()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": branch.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product_a.id,
                            "price_unit": 100,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order._update_programs_and_rewards()
        order.action_confirm()
        lot = self.assertPoints(100, lots=[100])
        self.assertEqual(
            (lot.order_id.company_id, lot.company_id), (branch, self.company)
        )
