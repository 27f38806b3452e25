from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestIntegrity(CustomerCommon):
    """Customers against the ledger, with differences made by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Integrity = cls.env["crm.customer.integrity"]
        cls.company.partner_id.customer_rank = 0

    def _results(self):
        return {r["check"]: r for r in self.Integrity._check(self.company)}

    def _sides(self, check):
        result = self._results()[check]
        names = ("ledger", "customers", "difference", "explained", "unexplained")
        return tuple(result[name] for name in names)

    def _reason(self, check, code):
        reasons = {r["code"]: r for r in self._results()[check]["reasons"]}
        return reasons.get(code)

    def _records(self, source):
        return self.env[source["model"]].search(source["domain"])

    def _sql(self, query, *args):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *args))
        self.env.invalidate_all()

    def assertNothingUnexplained(self):
        unexplained = {n: r["unexplained"] for n, r in self._results().items()}
        self.assertEqual(unexplained, dict.fromkeys(unexplained, 0))

    def test_adds_up(self):
        """Invoice 1,000 + 10 % tax, refund 100 + 10 %, paid 300; future left out."""
        child = self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.customer.id, "active": False}
        )
        self._invoice(1000, "2026-06-01", taxes=self.tax, partner_id=child.id)
        self._refund(100, "2026-06-05", taxes=self.tax)
        self._payment(300, "2026-06-10")
        self._invoice(5000, "2026-06-16")
        bill = self._invoice(70, "2026-06-02", move_type="in_invoice")
        self.assertEqual(bill.state, "posted")
        self.Customer._refresh()
        self.assertEqual(self._sides("revenue"), (900, 900, 0, 0, 0))
        self.assertEqual(self._sides("invoice_analysis"), (900, 900, 0, 0, 0))
        self.assertEqual(self._sides("receivable"), (690, 690, 0, 0, 0))
        self.assertEqual(self._sides("payable"), (70, 70, 0, 0, 0))
        self.assertNothingUnexplained()
        lines = self._records(self._results()["receivable"]["source"])
        self.assertEqual(sum(lines.mapped("amount_residual")), 690)
        moves = self._records(self._results()["revenue"]["source"])
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 900)

    def test_entry_without_partner(self):
        self._invoice(100, "2026-06-01")
        entry = self._entry(50, "2026-06-02", partner=self.env["res.partner"])
        self.Customer._refresh()
        self.assertEqual(self._sides("receivable"), (150, 100, 50, 50, 0))
        reason = self._reason("receivable", "no_partner")
        self.assertEqual((reason["count"], reason["amount"]), (1, 50))
        self.assertEqual(self._records(reason["source"]), self._items(entry))
        self.assertNothingUnexplained()

    def test_receipt_without_partner(self):
        self._invoice(100, "2026-06-01")
        receipt = self._invoice(
            30, "2026-06-02", move_type="out_receipt", partner_id=False
        )
        self.Customer._refresh()
        self.assertEqual(self._sides("revenue"), (130, 100, 30, 30, 0))
        self.assertEqual(self._sides("invoice_analysis"), (130, 100, 30, 30, 0))
        reason = self._reason("revenue", "no_partner")
        self.assertEqual(self._records(reason["source"]), receipt)
        self.assertNothingUnexplained()

    def test_vendor_without_row(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        bill = self._invoice(
            200, "2026-06-01", move_type="in_invoice", partner_id=vendor.id
        )
        self.Customer._refresh()
        self.assertEqual(self._sides("payable"), (200, 0, 200, 200, 0))
        reason = self._reason("payable", "vendor")
        self.assertEqual(reason["count"], 1)
        lines = self._records(reason["source"])
        self.assertEqual(lines.move_id, bill)
        self.assertEqual(sum(lines.mapped("amount_residual")), -200)

    def test_row_that_differs(self):
        self._invoice(100, "2026-06-01")
        row = self._row()
        self._sql(
            "UPDATE crm_customer SET revenue_total = 101, receivable = 90"
            " WHERE id = %s",
            row.id,
        )
        self.assertEqual(self._sides("revenue"), (100, 101, -1, 0, -1))
        self.assertEqual(self._sides("invoice_analysis"), (100, 101, -1, 0, -1))
        self.assertEqual(self._sides("receivable"), (100, 90, 10, 0, 10))
        self.assertEqual(self._results()["different"]["unexplained"], 1)
        reason = self._reason("revenue", "different")
        self.assertFalse(reason["explained"])
        self.assertEqual(self._records(reason["source"]), row)
        # Once the customer waits in the queue the difference is explained.
        self._sql(
            "INSERT INTO crm_customer_queue (partner_id) VALUES (%s)", self.customer.id
        )
        self.assertEqual(self._sides("revenue"), (100, 101, -1, -1, 0))
        self.assertNothingUnexplained()

    def test_errors_that_cancel_out(self):
        other = self.customer.copy()
        self._invoice(100, "2026-06-01")
        self._invoice(100, "2026-06-01", partner_id=other.id)
        first, second = self._row(), self._row(other)
        query = "UPDATE crm_customer SET revenue_total = %s WHERE id = %s"
        self._sql(query, 101, first.id)
        self._sql(query, 99, second.id)
        self.assertEqual(self._sides("revenue"), (200, 200, 0, 0, 0))
        self.assertEqual(self._results()["different"]["unexplained"], 2)

    def test_customer_without_row(self):
        self._invoice(100, "2026-06-01")
        row = self._row()
        before = self._results()["missing"]
        self.assertEqual(before["difference"], 0)
        self._sql("DELETE FROM crm_customer WHERE id = %s", row.id)
        after = self._results()["missing"]
        self.assertEqual(after["ledger"], before["ledger"])
        self.assertEqual(after["unexplained"], 1)
        self.assertEqual(self._sides("revenue"), (100, 0, 100, 0, 100))
        reason = self._reason("missing", "missing")
        self.assertEqual(self._records(reason["source"]), self.customer)

    def test_row_of_a_contact(self):
        child = self.env["res.partner"].create(
            {"name": "Child", "parent_id": self.customer.id}
        )
        self._invoice(100, "2026-06-01")
        self._row()
        self._sql(
            "INSERT INTO crm_customer (partner_id, company_id, currency_id)"
            " VALUES (%s, %s, %s)",
            child.id,
            self.company.id,
            self.company.currency_id.id,
        )
        self.assertEqual(self._results()["not_commercial"]["unexplained"], -1)
        reason = self._reason("not_commercial", "not_commercial")
        self.assertEqual(self._records(reason["source"]).partner_id, child)

    def test_the_day_after(self):
        """What was dated in the future counts since midnight; the nightly run comes."""
        self._invoice(100, "2026-06-01")
        self._invoice(40, "2026-06-16")
        self.Customer._refresh()
        self.assertEqual(self._sides("revenue"), (100, 100, 0, 0, 0))
        self.company.customer_refreshed_at = "2026-06-15 12:00:00"
        with self._on("2026-06-16"):
            self.assertEqual(self._sides("revenue"), (140, 100, 40, 40, 0))
            self.assertTrue(self._reason("revenue", "tonight"))
            self.assertNothingUnexplained()
            self.Customer._refresh()
            self.assertEqual(self._sides("revenue"), (140, 140, 0, 0, 0))

    def test_branch_is_added_up(self):
        branch = self._branch()
        self._invoice(100, "2026-06-01")
        self._invoice(
            60,
            "2026-06-01",
            company_id=branch.id,
            journal_id=self.company_data["default_journal_sale"].id,
        )
        self.Customer._refresh()
        self.assertEqual(self._stored(company=branch).revenue_total, 60)
        results = self.Integrity._check(branch)
        self.assertEqual({r["company_id"] for r in results}, {self.company.id})
        self.assertEqual(self._sides("revenue"), (160, 160, 0, 0, 0))
        self.assertEqual(self._sides("invoice_analysis"), (160, 160, 0, 0, 0))
        self.assertNothingUnexplained()

    def test_point_of_sale_is_optional(self):
        installed = "pos.order" in self.env
        self.assertEqual("pos" in self._results(), installed)

    def test_number_of_statements(self):
        self._invoice(100, "2026-06-01")
        self.Customer._refresh()
        self._results()
        before = self.env.cr.sql_log_count
        self._results()
        one = self.env.cr.sql_log_count - before
        for _number in range(5):
            self._invoice(100, "2026-06-01", partner_id=self.customer.copy().id)
        self.Customer._refresh()
        self._results()
        before = self.env.cr.sql_log_count
        self._results()
        self.assertEqual(self.env.cr.sql_log_count - before, one)

    def test_screen(self):
        """The form lists every check and opens the documents, within one's rights."""
        self._invoice(100, "2026-06-01")
        self._entry(50, "2026-06-02", partner=self.env["res.partner"])
        self.Customer._refresh()
        users = {
            login: new_test_user(
                self.env,
                login=f"integrity_{login}",
                groups=f"base.group_user,{group}",
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for login, group in (
                ("manager", "sales_team.group_sale_manager"),
                ("readonly", "account.group_account_readonly"),
                ("salesman", "sales_team.group_sale_salesman_all_leads"),
                ("billing", "account.group_account_invoice"),
            )
        }
        for login in ("manager", "readonly"):
            action = self.Integrity.with_user(users[login]).action_check()
            integrity = self.Integrity.with_user(users[login]).browse(action["res_id"])
            self.assertTrue(integrity.is_clean)
            self.assertIn("receivable", integrity.amount_line_ids.mapped("check"))
            self.assertIn("missing", integrity.count_line_ids.mapped("check"))
            reason = integrity.reason_ids
            self.assertEqual((reason.code, reason.amount), ("no_partner", 50))
            self.assertTrue(reason.can_open)
            opened = reason.action_open()
            self.assertEqual(opened["res_model"], "account.move.line")
            for line in integrity.amount_line_ids.filtered("can_open"):
                opened = line.action_open_ledger()
                self.env[opened["res_model"]].search_count(opened["domain"])
                line.action_open_customers()
        with self.assertRaises(AccessError):
            self.Integrity.with_user(users["manager"]).browse(
                integrity.id
            ).line_ids.mapped("ledger")
        for login in ("salesman", "billing"):
            with self.assertRaises(AccessError):
                self.Integrity.with_user(users[login]).action_check()
