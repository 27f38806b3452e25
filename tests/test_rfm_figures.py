# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Recency, frequency and amount of real customers, from invoices, as published."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_rfm.tools.scoring import score_customers

from bench.rows import Patterns, reserve_ids

from . import reference_data
from .test_customer_figures import (
    CDNOW_1997,
    CDNOW_1998,
    RFM_2006,
    ReferenceFigures,
    _exact,
)


@tagged("standard", "post_install", "-at_install")
class TestRfmFigures(ReferenceFigures):
    data_sets = ("cdnow_sample", "rfm_orders")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for company in cls.companies.values():
            company.rfm_scheme_ids.window_months = 120

    def assert_as_reference(self, data_set, as_of):
        """R, F and M of every customer, nobody else; scored as plain Python does."""
        self.refresh_as_of(as_of)
        expected = reference_data.read_expected(data_set, as_of)
        found = self._rows(data_set)
        self.assert_same(
            {
                number: ((as_of - last).days, count, amount)
                for number, (last, count, amount, *_scores) in found.items()
            },
            {
                number: (row.recency_days, row.frequency, row.monetary)
                for number, row in expected.items()
            },
        )
        scores = score_customers(
            [row.recency_days for row in expected.values()],
            [row.frequency for row in expected.values()],
            [row.monetary for row in expected.values()],
        )
        self.assert_same(
            {number: row[3:6] for number, row in found.items()},
            dict(
                zip(
                    expected,
                    zip(scores.r, scores.f, scores.m, strict=True),
                    strict=True,
                )
            ),
        )
        return found

    def _rows(self, data_set):
        """``{customer number: figures}`` of those who are in the window."""
        numbers = self.numbers[data_set]
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, rfm_last_purchase_date, rfm_frequency,"
                " rfm_monetary, rfm_r, rfm_f, rfm_m, rfm_state"
                " FROM crm_customer WHERE company_id = %s AND rfm_frequency > 0",
                self.companies[data_set].id,
            )
        )
        return {numbers[row[0]]: tuple(map(_exact, row[1:])) for row in rows}

    def test_cdnow(self):
        found = self.assert_as_reference(*CDNOW_1998)
        # Half of them bought once: they score 1, and no other does.
        once = {number for number, row in found.items() if row[1] == 1}
        self.assertGreater(len(once), 1000)
        self.assertEqual({n for n, row in found.items() if row[4] == 1}, once)

    def test_cdnow_as_of_an_earlier_date(self):
        self.assert_as_reference(*CDNOW_1997)

    def test_rfm_orders(self):
        found = self.assert_as_reference(*RFM_2006)
        # Each score of recency is a fifth of the 995, as far as ties allow.
        shares = Counter(row[3] for row in found.values())
        self.assertEqual(set(shares), {1, 2, 3, 4, 5})
        self.assertLess(max(shares.values()) - min(shares.values()), 20)
        states = Counter(row[6] for row in found.values())
        new = [
            row
            for row in reference_data.read_expected(*RFM_2006).values()
            if (RFM_2006[1] - row.first_date).days < 90
        ]
        self.assertEqual(states["new"], len(new))

    def test_window(self):
        """A year of the CDNOW orders, added up from the transactions themselves."""
        as_of = date(1998, 6, 30)
        self.companies["cdnow_sample"].rfm_scheme_ids.window_months = 12
        self.refresh_as_of(as_of)
        expected = {}
        for order in reference_data.read_orders("cdnow_sample", until=as_of):
            if order.date > date(1997, 6, 30):
                count, amount = expected.get(order.customer, (0, 0))
                expected[order.customer] = (count + 1, amount + order.amount)
        self.assert_same(
            {n: row[1:3] for n, row in self._rows("cdnow_sample").items()}, expected
        )


@tagged("standard", "post_install", "-at_install")
class TestScoringAtSize(ReferenceFigures):
    """39,999 customers of the R package, given as recency, frequency and amount."""

    def test_rfm_customer(self):
        as_of = date(2007, 1, 1)
        rows = [
            (int(row["recency_days"]), int(row["frequency"]), Decimal(row["monetary"]))
            for row in reference_data.read_rfm_customer()
        ]
        company = reference_data.make_company(self.env, "rfm_customer")
        # As where autovacuum comes by before a first refresh is committed: the
        # statistics say that the table is empty. The plan must stand that.
        self.env.cr.execute("ANALYZE crm_customer")
        ids = reserve_ids(self.env.cr, "res_partner", len(rows))
        patterns = Patterns(self.env.cr)
        partner = self.env["res.partner"].create({"name": "Customer"})
        patterns.capture("customer", partner, company)
        patterns.copy(
            "res_partner",
            SQL(
                "(SELECT 'customer' AS kind, %s AS company_id, %s + n AS partner_id"
                "   FROM generate_series(0, %s) n)",
                company.id,
                ids,
                len(rows) - 1,
            ),
            SQL("s.partner_id"),
            id=SQL("s.partner_id"),
            commercial_partner_id=SQL("s.partner_id"),
        )
        self.env.cr.execute_values(
            "INSERT INTO crm_customer (partner_id, company_id, rfm_last_purchase_date,"
            " rfm_first_purchase_date, rfm_frequency, rfm_monetary) VALUES %s",
            [
                (
                    ids + n,
                    company.id,
                    as_of - timedelta(days=days),
                    as_of - timedelta(days=days),
                    count,
                    amount,
                )
                for n, (days, count, amount) in enumerate(rows)
            ],
            page_size=5000,
        )
        company.rfm_scheme_ids.window_months = 120
        with freeze_time(f"{as_of} 12:00:00"):
            self.Customer._score()
            self.assertEqual(self.Customer._score(), 0, "nothing has changed")
        scores = score_customers(*map(list, zip(*rows, strict=True)))
        found = self.env.execute_query(
            SQL(
                "SELECT rfm_r, rfm_f, rfm_m FROM crm_customer WHERE company_id = %s"
                " ORDER BY partner_id",
                company.id,
            )
        )
        self.assertEqual(len(found), 39_999)
        self.assert_same(
            dict(enumerate(found)),
            dict(enumerate(zip(scores.r, scores.f, scores.m, strict=True))),
        )
