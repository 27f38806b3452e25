# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Cohorts and silences of real customers, against plain Python."""

from collections import defaultdict
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from . import reference_data
from .test_customer_figures import ReferenceFigures

AS_OF = date(1998, 6, 30)
SILENCE = 90


def _quarter(day):
    return day.year * 4 + (day.month - 1) // 3


@tagged("standard", "post_install", "-at_install")
class TestRetentionFigures(ReferenceFigures):
    data_sets = ("cdnow_sample",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = [
            order
            for order in reference_data.read_orders("cdnow_sample")
            if order.date <= AS_OF
        ]

    def test_cohorts(self):
        """Every cell of CDNOW's cohorts: customers and amount."""
        first = {}
        for order in self.orders:
            known = first.setdefault(order.customer, order.date)
            first[order.customer] = min(known, order.date)
        buyers, amounts = defaultdict(set), defaultdict(int)
        for order in self.orders:
            cohort = _quarter(first[order.customer])
            key = (cohort, _quarter(order.date) - cohort)
            buyers[key].add(order.customer)
            amounts[key] += order.amount
        self.refresh_as_of(AS_OF)
        company = self.companies["cdnow_sample"]
        with freeze_time(f"{AS_OF} 12:00:00"):
            data = (
                self.env["crm.customer"]
                .with_context(allowed_company_ids=company.ids)
                .get_retention()
            )
        found = {
            (row["cohort"], cell["since"]): (cell["count"], round(cell["amount"], 2))
            for row in data["rows"]
            for cell in row["cells"]
            if cell["count"]
        }
        self.assertEqual(
            found,
            {
                key: (len(customers), round(float(amounts[key]), 2))
                for key, customers in buyers.items()
            },
        )
        # All 2,357 bought first in the first quarter of 1997: that is how the sample
        # was drawn.
        self.assertEqual(
            [(row["name"], row["size"]) for row in data["rows"]], [("Q1 1997", 2357)]
        )

    def test_who_came_back(self):
        """The share that bought within a year after a silence of 90 days."""
        days = defaultdict(set)
        for order in self.orders:
            days[order.customer].add(order.date)
        silences = back = 0
        year = timedelta(days=365)
        for bought in days.values():
            bought = sorted(bought)
            for day, following in zip(bought, [*bought[1:], None], strict=True):
                reached = day + timedelta(days=SILENCE)
                if reached + year > AS_OF or (following and following <= reached):
                    continue
                silences += 1
                back += bool(following and following <= reached + year)
        with freeze_time(f"{AS_OF} 12:00:00"):
            self.env["crm.loyalty.comeback"]._measure()
        row = self.env["crm.loyalty.comeback"].search(
            [
                ("company_id", "=", self.companies["cdnow_sample"].id),
                ("days", "=", SILENCE),
            ]
        )
        self.assertGreater(silences, 100)
        self.assertEqual((row.silence_count, row.back_count), (silences, back))
