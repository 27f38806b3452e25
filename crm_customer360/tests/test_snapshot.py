from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .snapshot_common import SnapshotCommon


@tagged("post_install", "-at_install")
class TestSnapshotTake(SnapshotCommon):
    def test_figures(self):
        """Cost of product A is 800.00; items are due at once."""
        self._invoice(50.0, "2026-05-20")
        self._invoice(0.0, "2026-06-02", lines=[self.cost_line])
        self._refund(20.0, "2026-06-10")
        self._take()
        row = self._snapshots()
        self.assertRecordValues(
            row,
            [
                {
                    "date": fields.Date.to_date("2026-06-30"),
                    "revenue": 1030.0,
                    "revenue_month": 980.0,
                    "margin": 230.0,
                    "margin_month": 180.0,
                    "contribution": 230.0,
                    "receivable": 1030.0,
                    "overdue": 1050.0,
                    "purchase_count": 2,
                    "last_purchase_date": fields.Date.to_date("2026-06-02"),
                    "revenue_class": "a",
                    "contribution_class": "a",
                    "currency_id": self.company.currency_id.id,
                    "closed": False,
                    "rebuilt": False,
                }
            ],
        )
        self.assertEqual(row.display_name, "Customer, 2026-06-30")

    def test_unchanged_is_not_written(self):
        other = self._partner("Other")
        self._invoice(50.0, "2026-06-02")
        self._invoice(20.0, "2026-06-02", partner_id=other.id)
        self._take()
        versions = self._versions()
        self.assertEqual(self.Snapshot._take(), 0)
        self.assertEqual(self._versions(), versions)
        self._invoice(1.0, "2026-06-03", partner_id=other.id)
        self.Customer._refresh(other)
        self.assertEqual(self.Snapshot._take(), 1)
        self.assertEqual(self._snapshots(other).revenue_month, 21.0)
        self.assertEqual(len(self._snapshots(other)), 1)

    def test_month_turns(self):
        """The last night saw 30 June only up to its first hour."""
        self._invoice(50.0, "2026-06-02")
        self._take()
        with self._on("2026-06-30"):
            self._invoice(0.0, "2026-06-30", lines=[self.cost_line], due="2026-06-30")
        with self._on("2026-07-01"):
            self._invoice(5.0, "2026-07-01")
            self._take()
            versions = self._versions()
            self.assertEqual(self.Snapshot._take(), 0, "Closed once")
            self.assertEqual(self._versions(), versions)
        self.assertEqual(
            self._history(
                "revenue", "revenue_month", "margin", "contribution", "receivable"
            ),
            {
                "2026-06-30": [1050.0, 1050.0, 250.0, 250.0, 1050.0],
                "2026-07-31": [1055.0, 5.0, 255.0, 255.0, 1055.0],
            },
        )
        self.assertEqual(
            self._history("overdue", "closed", "rebuilt", "purchase_count"),
            {
                "2026-06-30": [50.0, True, False, 2],
                "2026-07-31": [1050.0, False, False, 3],
            },
        )

    def test_closed_month_is_final(self):
        self._invoice(50.0, "2026-06-02")
        self._take()
        with self._on("2026-07-01"):
            self._take()
            self._invoice(7.0, "2026-06-20")
            self._take()
            self.assertEqual(self._snapshot("2026-06-30").revenue, 50.0)
            self.Snapshot._rebuild()
            self.assertEqual(self._snapshot("2026-06-30").revenue, 50.0)
            self.assertEqual(self._snapshot("2026-07-31").revenue, 57.0)

    def test_nobody_there_for_months(self):
        """Taken in June, next in October: June is closed, what lies between rebuilt."""
        self._invoice(50.0, "2026-06-02")
        self._take()
        with self._on("2026-10-03"):
            self._invoice(30.0, "2026-08-31")
            self._take()
        self.assertEqual(
            self._history("revenue", "revenue_month", "closed", "rebuilt"),
            {
                "2026-06-30": [50.0, 50.0, True, False],
                "2026-07-31": [50.0, 0.0, True, True],
                "2026-08-31": [80.0, 30.0, True, True],
                "2026-09-30": [80.0, 0.0, True, True],
                "2026-10-31": [80.0, 0.0, False, False],
            },
        )

    def test_closed_without_documents(self):
        """A prospect, and a customer whose only invoice was set back to draft."""
        prospect = self._partner("Prospect")
        self._opportunity(partner_id=prospect.id)
        invoice = self._invoice(50.0, "2026-06-02")
        self._take()
        self.assertEqual(self._snapshots(prospect).revenue_class, "d")
        with self._on("2026-06-30"):
            invoice.button_draft()
        with self._on("2026-07-01"):
            self._take()
        for partner in (prospect, self.customer):
            self.assertEqual(
                self._history("closed", "revenue", "receivable", partner=partner)[
                    "2026-06-30"
                ],
                [True, 0.0, 0.0],
            )

    def test_only_these_companies(self):
        branch = self._branch()
        self._invoice(50.0, "2026-06-02")
        self._invoice(30.0, "2026-06-02", company_id=branch.id)
        self.Customer._refresh()
        self.Snapshot.search([]).flush_recordset()
        self.env.cr.execute(SQL("DELETE FROM crm_customer_snapshot"))
        self.Snapshot._take(branch)
        self.assertFalse(self._snapshots())
        self.assertEqual(self._snapshots(company=branch).revenue, 30.0)

    def test_statements(self):
        """Their number does not grow with the customers."""
        self._invoice(50.0, "2026-06-02")
        self.Customer._refresh()
        self.Snapshot._take()
        self.env.flush_all()
        count = self.env.cr.sql_log_count
        self.Snapshot._take()
        one = self.env.cr.sql_log_count - count
        for number in range(5):
            self._invoice(1.0, "2026-06-02", partner_id=self._partner(f"C{number}").id)
        self.Customer._refresh()
        self.env.flush_all()
        count = self.env.cr.sql_log_count
        self.Snapshot._take()
        self.assertEqual(self.env.cr.sql_log_count - count, one)


@tagged("post_install", "-at_install")
class TestSnapshotAccess(SnapshotCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = {"company_id": cls.company.id, "company_ids": [cls.company.id]}

        def user(login, group):
            return new_test_user(cls.env, login, f"base.group_user,{group}", **company)

        cls.salesman = user("snapshot_sale", "sales_team.group_sale_salesman")
        cls.colleague = user("snapshot_other", "sales_team.group_sale_salesman")
        cls.everything = user(
            "snapshot_all", "sales_team.group_sale_salesman_all_leads"
        )
        cls.manager = user("snapshot_manager", "sales_team.group_sale_manager")
        cls.employee = new_test_user(
            cls.env, "snapshot_employee", "base.group_user", **company
        )

    def setUp(self):
        super().setUp()
        self.mine = self._partner("Mine", user_id=self.salesman.id)
        self.other = self._partner("Other", user_id=self.colleague.id)
        self.nobody = self._partner("Nobody")
        for partner in (self.mine, self.other, self.nobody):
            self._invoice(10.0, "2026-06-02", partner_id=partner.id)
        self._take()

    def _seen(self, user):
        return self.Snapshot.with_user(user).search([]).partner_id

    def test_own_customers(self):
        self.assertEqual(self._seen(self.salesman), self.mine | self.nobody)
        everybody = self.mine | self.other | self.nobody
        self.assertEqual(self._seen(self.everything) & everybody, everybody)
        with self.assertRaises(AccessError):
            self._seen(self.employee)

    def test_history_follows_the_customer(self):
        """The row keeps its salesperson; the new one reads it."""
        self.mine.user_id = self.colleague
        self.env.flush_all()
        self.assertNotIn(self.mine, self._seen(self.salesman))
        self.assertIn(self.mine, self._seen(self.colleague))
        self.assertEqual(self._snapshots(self.mine).user_id, self.salesman)

    def test_profit(self):
        profit = ["margin", "margin_month", "contribution", "contribution_class"]
        for user in (self.salesman, self.everything):
            rows = self._snapshots(self.mine).with_user(user)
            self.assertEqual(rows.read(["revenue"])[0]["revenue"], 10.0)
            for name in profit:
                with self.assertRaises(AccessError):
                    rows.read([name])
                with self.assertRaises(AccessError):
                    rows.search([(name, "!=", False)])
        rows = self._snapshots(self.mine).with_user(self.manager)
        self.assertEqual(rows.read(["margin"])[0]["margin"], 10.0)

    def test_read_only(self):
        rows = self._snapshots(self.mine).with_user(self.manager)
        with self.assertRaises(AccessError):
            rows.write({"revenue": 1.0})
        with self.assertRaises(AccessError):
            rows.unlink()
        with self.assertRaises(AccessError):
            rows.create(
                {
                    "partner_id": self.mine.id,
                    "company_id": self.company.id,
                    "date": "2026-06-30",
                }
            )

    def test_company(self):
        branch = self._branch()
        self._invoice(
            10.0, "2026-06-02", partner_id=self.nobody.id, company_id=branch.id
        )
        self._take()
        rows = self.Snapshot.with_user(self.everything).search([])
        self.assertNotIn(branch, rows.company_id)

    def test_action(self):
        action = self.env.ref("crm_customer360.crm_customer_snapshot_action")
        for user in (self.salesman, self.manager):
            views = (
                self.Snapshot.with_user(user)
                .get_views([(False, mode) for mode in action.view_mode.split(",")])
                .get("views")
            )
            self.assertEqual(
                "margin_month" in views["list"]["arch"], user == self.manager
            )
