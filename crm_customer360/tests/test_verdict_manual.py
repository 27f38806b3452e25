import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .verdict_common import VerdictCommon


@tagged("post_install", "-at_install")
class TestVerdictThroughTime(VerdictCommon):
    """Verdicts set by hand, when states change, and the company's thresholds."""

    # -- by hand

    def _judge(self, state, end="2026-06-30", reason="They told me", **vals):
        return self.env["crm.customer.verdict"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "state": state,
                "reason": reason,
                "date_end": end,
                **vals,
            }
        )

    def test_by_hand(self):
        self._old_purchase()
        self._row()
        verdict = self._judge("risk")
        row = self.assertFigures(
            {"base_state": "risk", "full_state": "risk", "financial_state": "good"}
        )
        self.assertEqual(
            row.verdict_summary,
            f"Set by {self.env.user.name} until 06/30/2026: They told me",
        )
        with self._on("2026-06-30"):
            self.assertEqual(self._row().base_state, "risk")
        with self._on("2026-07-01"):
            self.assertEqual(self._row().base_state, "good")
        self._judge("watch")
        self.assertEqual(self._stored().base_state, "watch", "The newest one counts")
        self._stored().action_end_verdict()
        self.assertEqual(self._stored().base_state, "risk")
        verdict.action_end()
        self.assertEqual(self._stored().base_state, "good")
        self.assertFalse(self._stored().manual_id)

    def test_by_hand_needs_reason_and_end(self):
        self._old_purchase()
        self._row()
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self._judge("good", reason=" ")
        with self.assertRaisesRegex(ValidationError, "today or later"):
            self._judge("good", end="2026-06-14")
        verdict = self._judge("good")
        self.assertEqual(verdict.user_id, self.env.user)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            verdict.reason = "Something else"

    def test_by_hand_of_others_customers(self):
        self._old_purchase()
        self.customer.user_id = self.env.user
        self._row()
        other = new_test_user(
            self.env,
            login="verdict_other",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self._judge("good").with_user(other).action_end()
        with self.assertRaises(AccessError):
            self.env["crm.customer.verdict"].with_user(other).create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "state": "good",
                    "reason": "Mine",
                    "date_end": "2026-06-30",
                }
            )

    # -- through time

    def test_since(self):
        """Unknown at first, then the moment at which the state changed."""
        self._old_purchase()
        self.assertFalse(self._row().state_since)
        self._invoice(100, "2026-06-15", due="2026-06-20")
        with self._on("2026-06-20"):
            self.assertFalse(self._row().state_since)
        with self._on("2026-06-21"):
            row = self._row()
            self.assertEqual(row.state, "risk")  # 100 of 100 overdue
            self.assertEqual(str(row.state_since), "2026-06-21 12:00:00")
        with self._on("2026-06-22"):
            self.Customer._refresh()
            self.assertEqual(str(self._stored().state_since), "2026-06-21 12:00:00")

    def test_snapshot_keeps_the_verdict(self):
        self._old_purchase()
        self.customer.trust = "bad"
        self._row()
        self.env["crm.customer.snapshot"]._take(self.company)
        snapshot = self.env["crm.customer.snapshot"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(
            snapshot.read(
                ["financial_state", "engagement_state", "base_state", "full_state"]
            ),
            [
                {
                    "id": snapshot.id,
                    "financial_state": "risk",
                    "engagement_state": "active",
                    "base_state": "risk",
                    "full_state": "risk",
                }
            ],
        )

    # -- settings

    def test_thresholds_are_the_company_s(self):
        self._invoice(100, "2026-03-01", due="2026-05-15")
        self._invoice(300, "2026-03-01", due="2026-07-01")
        self.assertEqual(self._row().financial_state, "watch")
        self.company.customer_late_risk_days = 31
        self.assertEqual(self._row().financial_state, "watch")
        self.company.write(
            {"customer_late_watch_days": 10, "customer_late_risk_days": 30}
        )
        row = self.assertFigures({"financial_state": "risk"})
        self.assertEqual(self._reason(row, "oldest_overdue")["limit"], 30)

    @mute_logger("odoo.sql_db")
    def test_thresholds_are_checked(self):
        for error, refused in (
            (
                psycopg2.errors.CheckViolation,
                (
                    {"customer_late_watch_days": 90},
                    {"customer_late_watch_days": -1},
                    {"customer_slowing_lateness": 3},
                    {"customer_slowing_lateness": 0.5},
                    {"customer_new_days": -1},
                ),
            ),
            (
                ValidationError,
                (
                    {"customer_overdue_share": 101},
                    {"customer_margin_target": -1},
                    {"customer_small_share": 100.5},
                    {"customer_payment_delay_days": -1},
                ),
            ),
        ):
            for vals in refused:
                with self.subTest(vals=vals), self.assertRaises(error):
                    self.company.write(vals)
                    self.company.flush_recordset()
