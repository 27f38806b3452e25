from datetime import date, datetime

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestPeriod(CustomerCommon):
    def _period(self, day, months=12):
        self.company.customer_window_months = months
        with self._on(day):
            return self.company._customer_period()

    def test_window(self):
        period = self._period("2026-06-15")
        self.assertEqual(period["today"], date(2026, 6, 15))
        self.assertEqual(period["window_start"], date(2025, 6, 16))
        self.assertEqual(period["previous_start"], date(2024, 6, 16))
        self.assertEqual(period["window_days"], 365)
        self.assertEqual(period["window_start_at"], datetime(2025, 6, 16))
        self.assertEqual(period["today_end"], datetime(2026, 6, 16))

    def test_ends_of_months(self):
        """``today − window`` is the same day or the last day of a shorter month."""
        for today, months, start, previous, days in (
            # 31 March less one month is 28 February, less two 31 January
            ("2026-03-31", 1, date(2026, 3, 1), date(2026, 2, 1), 31),
            # 29 February 2024 less twelve months is 28 February 2023
            ("2024-02-29", 12, date(2023, 3, 1), date(2022, 3, 1), 366),
            ("2024-12-31", 12, date(2024, 1, 1), date(2023, 1, 1), 366),
            ("2026-05-31", 3, date(2026, 3, 1), date(2025, 12, 1), 92),
        ):
            with self.subTest(today=today):
                period = self._period(today, months)
                self.assertEqual(period["window_start"], start)
                self.assertEqual(period["previous_start"], previous)
                self.assertEqual(period["window_days"], days)

    def test_midnight(self):
        """In Tehran, three and a half hours ahead, 20:31 is half past midnight."""
        self.company.partner_id.tz = "Asia/Tehran"
        self._invoice(100, "2026-06-15", due="2026-06-15")
        self._invoice(10, "2026-06-16", due="2026-06-16")
        self._invoice(1, "2025-06-16")
        self._order(7, "2026-06-15").date_order = "2026-06-15 20:30:00"  # the 16th
        with freeze_time("2026-06-15 20:29:00"):
            self.assertEqual(self.company._customer_today(), date(2026, 6, 15))
            self.assertFigures(
                {
                    "revenue": 101,
                    "overdue": 1,
                    "aging_not_due": 100,
                    "last_purchase_date": "2026-06-15",
                    "order_count": 0,
                }
            )
        with freeze_time("2026-06-15 20:31:00"):
            self.assertEqual(self.company._customer_today(), date(2026, 6, 16))
            row = self.assertFigures(
                {
                    "revenue": 110,  # the first day of the old window is out
                    "revenue_previous": 1,
                    "overdue": 101,
                    "aging_not_due": 10,
                    "last_purchase_date": "2026-06-16",
                    "order_count": 1,
                    "last_contact_date": "2026-06-16",
                }
            )
            self.assertEqual(row.oldest_due_days, 365)

    def test_west_of_greenwich(self):
        """In New York it is still yesterday at 03:00."""
        self.company.partner_id.tz = "America/New_York"
        self._invoice(100, "2026-06-15")
        self._invoice(10, "2026-06-14")
        with freeze_time("2026-06-15 03:00:00"):
            self.assertEqual(self.company._customer_today(), date(2026, 6, 14))
            self.assertFigures({"revenue": 10})
        with freeze_time("2026-06-15 05:00:00"):
            self.assertFigures({"revenue": 110})

    def test_clock_change(self):
        """Days begin at the company's midnight, in summer and in winter."""
        self.company.partner_id.tz = "Europe/Berlin"
        with self._on("2026-01-15"):
            self.company.customer_window_months = 6
            period = self.company._customer_period()
        self.assertEqual(period["window_start_at"], datetime(2025, 7, 15, 22))
        self.assertEqual(period["today_end"], datetime(2026, 1, 15, 23))

    def test_settings_are_checked(self):
        for values in (
            {"customer_window_months": 0},
            {"customer_window_months": 121},
            {"customer_pareto_a": 95, "customer_pareto_b": 80},
            {"customer_pareto_a": 0},
            {"customer_pareto_b": 101},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.company.write(values)
                self.company.flush_recordset()
        for name in ("customer_order_cost", "customer_capital_rate"):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                self.company[name] = -1
