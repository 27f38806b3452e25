from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from .snapshot_common import SnapshotCommon


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
