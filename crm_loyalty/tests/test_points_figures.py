from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsFigures(PointsCommon):
    """Cost, measure and integrity of points; who may read them."""

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
