from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import CustomerCommon


class SnapshotCommon(CustomerCommon):
    """Today is 15 June 2026, so May is the last month that is over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"]
        cls.cost_line = {"product_id": cls.product_a.id, "price_unit": 1000.0}

    def _take(self):
        """What the nightly run does."""
        self.Customer._refresh()
        return self.Snapshot._take()

    def _partner(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
                **vals,
            }
        )

    def _snapshots(self, partner=None, company=None):
        return self.Snapshot.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", (company or self.company).id),
            ],
            order="date",
        )

    def _snapshot(self, day, partner=None, company=None):
        return self._snapshots(partner, company).filtered(
            lambda row: row.date == fields.Date.to_date(day)
        )

    def _history(self, *names, partner=None, company=None):
        """``{month end as text: [figures]}``"""
        return {
            str(row.date): [row[name] for name in names]
            for row in self._snapshots(partner, company)
        }

    def _versions(self):
        """Where the rows physically lie: another place when they are written."""
        self.env.cr.execute(
            SQL("SELECT id, ctid::text, xmax::text FROM crm_customer_snapshot")
        )
        return sorted(self.env.cr.fetchall())


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
class TestSnapshotRebuild(SnapshotCommon):
    def test_partial_payments(self):
        """As of each month end, whatever was reconciled later."""
        first = self._invoice(300.0, "2026-01-10", due="2026-02-10")
        self._register(first, "2026-01-31", amount=100.0)
        advance = self._payment(60.0, "2026-02-20")
        second = self._invoice(90.0, "2026-03-05")
        # From 5 March on, the later of the two dates.
        self._reconcile(advance.move_id, second)
        self._register(first, "2026-03-15", amount=50.0)
        refund = self._refund(30.0, "2026-03-20")
        self._reconcile(refund, first)
        self._register(first, "2026-05-31", amount=120.0)
        self.assertEqual(self.Snapshot._rebuild(), 5)
        self.assertEqual(
            self._history("revenue", "revenue_month", "receivable", "overdue"),
            {
                # 300 - 100, due on 10 February
                "2026-01-31": [300.0, 300.0, 200.0, 0.0],
                # less 60 that belong to no invoice yet
                "2026-02-28": [300.0, 0.0, 140.0, 200.0],
                # 300 - 100 - 50 - 30 and 90 - 60
                "2026-03-31": [360.0, 60.0, 150.0, 150.0],
                "2026-04-30": [360.0, 0.0, 150.0, 150.0],
                "2026-05-31": [360.0, 0.0, 30.0, 30.0],
            },
        )
        self.assertEqual(
            list(self._history("purchase_count", "last_purchase_date").values()),
            [[1, fields.Date.to_date("2026-01-10")]] * 2
            + [[2, fields.Date.to_date("2026-03-05")]] * 3,
        )
        self.assertEqual(
            set(self._snapshots().mapped("rebuilt")), {True}, "None was taken live"
        )
        self.assertEqual(self.Snapshot._rebuild(), 0, "Again changes nothing")

    def test_today_is_the_receivable_of_the_ledger(self):
        """On a month end, the rebuilt row is what the refresh of that day gives."""
        invoice = self._invoice(300.0, "2026-01-10", due="2026-05-31")
        self._register(invoice, "2026-03-31", amount=100.0)
        self._entry(40.0, "2026-02-01", due="2026-05-30")
        self._payment(15.0, "2026-04-30")
        self.Snapshot._rebuild()
        rebuilt = self._snapshot("2026-05-31")
        with self._on("2026-05-31"):
            row = self._row()
        for name in ("revenue", "margin", "receivable", "overdue", "purchase_count"):
            self.assertEqual(rebuilt[name], row[name], name)
        self.assertEqual(row.receivable, 225.0)
        self.assertEqual(row.overdue, 40.0, "What is due that day is not late yet")

    def test_due_before_its_date(self):
        """An item is overdue from the month in which both have passed."""
        self._entry(40.0, "2026-03-10", due="2026-01-31")
        self._entry(7.0, "2026-01-31", due="2026-02-28")
        self._entry(5.0, "2026-02-28")
        self.Snapshot._rebuild()
        self.assertEqual(
            self._history("receivable", "overdue"),
            {
                "2026-01-31": [7.0, 0.0],
                "2026-02-28": [12.0, 0.0],
                "2026-03-31": [52.0, 52.0],
                "2026-04-30": [52.0, 52.0],
                "2026-05-31": [52.0, 52.0],
            },
        )

    def test_window_edges(self):
        """28 February ends a window that began on 29 February of a leap year."""
        self._invoice(1.0, "2024-02-28")
        self._invoice(10.0, "2024-02-29")
        self._invoice(100.0, "2024-03-01")
        self.Snapshot._rebuild()
        revenue = {day: row[0] for day, row in self._history("revenue").items()}
        self.assertEqual(revenue["2024-02-29"], 11.0)
        self.assertEqual(revenue["2025-01-31"], 111.0)
        self.assertEqual(revenue["2025-02-28"], 110.0)
        self.assertEqual(revenue["2025-03-31"], 0.0)

    def test_windows_are_those_of_the_refresh(self):
        """Short months pull the start of a window back; both must agree where to."""
        for day in ("08-30", "08-31", "10-30", "10-31", "11-28", "12-30", "12-31"):
            self._invoice(1.0, f"2025-{day}")
        for day in ("01-28", "01-29", "01-31", "02-28", "03-30", "03-31", "04-30"):
            self._invoice(1.0, f"2026-{day}")
        ends = ["2025-11-30", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
        for months in (1, 2, 3, 6):
            self.company.customer_window_months = months
            self.Snapshot._rebuild()
            revenue = {day: row[0] for day, row in self._history("revenue").items()}
            for end in ends:
                # A row computed on a later day would not be written over.
                self.env.cr.execute(SQL("DELETE FROM crm_customer"))
                with self._on(end):
                    self.assertEqual(self._row().revenue, revenue[end], (months, end))

    def test_from_a_month(self):
        """What was before counts, except as that month's own."""
        self._invoice(100.0, "2025-01-10")
        self._invoice(10.0, "2026-02-10", lines=[self.cost_line])
        self._invoice(5.0, "2026-04-10")
        names = ("revenue", "revenue_month", "margin", "receivable", "purchase_count")
        self.Snapshot._rebuild("2026-04-15", "2026-04-01")
        self.assertEqual(
            self._history(*names), {"2026-04-30": [1005.0, 5.0, 205.0, 1105.0, 3]}
        )
        self.Snapshot._rebuild("2026-03-15")
        self.assertEqual(
            self._history(*names),
            {
                "2026-03-31": [1000.0, 0.0, 200.0, 1100.0, 2],
                "2026-04-30": [1005.0, 5.0, 205.0, 1105.0, 3],
                "2026-05-31": [1005.0, 0.0, 205.0, 1105.0, 3],
            },
        )

    def test_pareto_by_month(self):
        """80 % before B, 95 % before C; D brings nothing, or less."""
        names = {"one": 800.0, "two": 150.0, "three": 50.0}
        partners = {name: self._partner(name) for name in names}
        for name, amount in names.items():
            self._invoice(amount, "2026-04-10", partner_id=partners[name].id)
        self._refund(10.0, "2026-04-10")
        self._invoice(4000.0, "2026-05-10", partner_id=partners["three"].id)
        self.Snapshot._rebuild()
        partners["refund"] = self.customer
        self.assertEqual(
            {
                name: [row.revenue_class for row in self._snapshots(partner)]
                for name, partner in partners.items()
            },
            {
                "one": ["a", "b"],
                "two": ["b", "c"],
                "three": ["c", "a"],
                "refund": ["d", "d"],
            },
        )

    def test_companies(self):
        branch = self._branch()
        self._invoice(100.0, "2026-04-10")
        self._invoice(30.0, "2026-05-10", company_id=branch.id)
        self.Snapshot._rebuild()
        self.assertEqual(
            self._history("revenue"), {"2026-04-30": [100.0], "2026-05-31": [100.0]}
        )
        self.assertEqual(
            self._history("revenue", company=branch), {"2026-05-31": [30.0]}
        )

    def test_contacts_count_for_the_customer(self):
        child = self._partner("Child", parent_id=self.customer.id, is_company=False)
        child.active = False
        self._invoice(100.0, "2026-04-10", partner_id=child.id)
        self.Snapshot._rebuild()
        self.assertFalse(self._snapshots(child))
        self.assertEqual(self._snapshot("2026-05-31").receivable, 100.0)

    def test_cron(self):
        """A slice of a year a run, the latest first; then it stops for good."""
        self._invoice(1.0, "2024-01-10")
        self._invoice(10.0, "2026-06-10")
        self._take()
        calls = []
        with patch.object(
            type(self.env["ir.cron"]),
            "_commit_progress",
            lambda cron, done=0, **vals: calls.append((done, vals)),
        ):
            for _run in range(3):
                self.Snapshot._cron_rebuild()
        self.assertEqual(
            calls,
            [
                (1, {"remaining": 2, "deactivate": False}),
                (1, {"remaining": 1, "deactivate": False}),
                (1, {"remaining": 0, "deactivate": True}),
            ],
        )
        rows = self._snapshots()
        # January 2024 to May 2026, and the running month
        self.assertEqual(len(rows), 30)
        self.assertEqual(rows[-1].rebuilt, False)
        self.assertEqual(sum(rows.mapped("revenue_month")), 11.0)
        self.assertFalse(self.Snapshot._rebuild_waiting())

    def test_cron_record(self):
        cron = self.env.ref("crm_customer360.ir_cron_snapshot_rebuild")
        self.assertEqual(cron.model_id.model, "crm.customer.snapshot")
        self.assertEqual(self.Snapshot._rebuild_waiting(), [], "Nothing in the ledger")


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
