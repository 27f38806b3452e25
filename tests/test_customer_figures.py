# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The figures of real customers against what others computed from the same orders."""

import os
import unittest
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from . import reference_data
from .reference_files import data_dir

CDNOW_1997 = ("cdnow_sample", date(1997, 9, 30))
CDNOW_1998 = ("cdnow_sample", date(1998, 6, 30))
RFM_2006 = ("rfm_orders", date(2006, 12, 31))


def _exact(value):
    """The decimal that a float from the database was made of."""
    return Decimal(str(value)) if isinstance(value, float) else value


class ReferenceFigures(TransactionCase):
    """Loads whole data sets by SQL once, each into a company of its own.

    The window is ten years, so that the revenue that is ranked is all of it.
    """

    data_sets = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not data_dir():
            raise unittest.SkipTest("no reference data: set CUSTOMER360_DATA")
        cls.Customer = cls.env["crm.customer"]
        # Rows computed today are newer than what the past days of these tests give.
        cls.env.cr.execute("DELETE FROM crm_customer")
        cls.companies, cls.numbers = {}, {}
        for data_set in cls.data_sets:
            company = reference_data.make_company(cls.env, data_set)
            company.customer_window_months = 120
            partners = reference_data.load_by_sql(
                cls.env, company, reference_data.read_orders(data_set)
            )
            cls.companies[data_set] = company
            # {partner id: customer number}
            cls.numbers[data_set] = {
                partner.id: number for number, partner in partners.items()
            }

    def refresh_as_of(self, day):
        """Refresh all customers on that day, which stays until the test ends."""
        frozen = freeze_time(f"{day} 12:00:00")
        frozen.start()
        self.addCleanup(frozen.stop)
        return self.Customer._refresh()

    def figures(self, data_set, *names):
        """{customer number: figures of its row} of those who bought."""
        numbers = self.numbers[data_set]
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, %s FROM crm_customer"
                " WHERE company_id = %s AND purchase_count > 0",
                SQL(", ").join(map(SQL.identifier, names)),
                self.companies[data_set].id,
            )
        )
        return {numbers[row[0]]: tuple(map(_exact, row[1:])) for row in rows}

    def assert_same(self, found, expected):
        """Compare ``{customer number: figures}``; show the first that differ."""
        differing = [
            (number, found.get(number), expected.get(number))
            for number in sorted(found.keys() | expected.keys())
            if found.get(number) != expected.get(number)
        ]
        self.assertEqual(
            differing[:3], [], f"(customer, found, expected) of {len(differing)}"
        )
        self.assertTrue(found)

    def assert_as_published(self, data_set, as_of):
        """First and last purchase, R, F and M of every customer, nobody else."""
        figures = self.figures(
            data_set,
            "first_purchase_date",
            "last_purchase_date",
            "purchase_count",
            "revenue_total",
            "revenue",
        )
        self.assert_same(
            {
                number: (first, last, (as_of - last).days, count, total, revenue)
                for number, (first, last, count, total, revenue) in figures.items()
            },
            {
                number: (
                    row.first_date,
                    row.last_date,
                    row.recency_days,
                    row.frequency,
                    row.monetary,
                    row.monetary,
                )
                for number, row in reference_data.read_expected(data_set, as_of).items()
            },
        )

    def assert_classes(self, data_set, as_of):
        """Rank, cumulated share and class of every customer.

        The reference classes one customer after the other by what stands *before* it,
        as we do. Two conventions differ: customers of equal revenue share our rank and
        class, which is then that of the first of them; and who brings nothing is D.
        """
        customers = reference_data.read_abc(data_set, as_of)
        total = sum(max(monetary, 0) for _number, monetary, _class in customers)
        expected, rank, running = {}, 1, 0
        for monetary, group in groupby(customers, key=lambda row: row[1]):
            peers = list(group)
            running += max(monetary, 0) * len(peers)
            for number, *_rest in peers:
                expected[number] = (
                    rank,
                    (running / total).quantize(Decimal("0.000001"), ROUND_HALF_UP),
                    peers[0][2] if monetary > 0 else "d",
                )
            rank += len(peers)
        self.assert_same(
            self.figures(
                data_set, "revenue_rank", "revenue_cumulated", "revenue_class"
            ),
            expected,
        )

    def assert_nothing_unexplained(self, data_set, as_of):
        """The integrity check against ledger and reference: nobody has paid."""
        results = self.env["crm.customer.integrity"]._check(self.companies[data_set])
        self.assertEqual(
            {row["check"]: row["unexplained"] for row in results if row["unexplained"]},
            {},
        )
        total = float(
            sum(
                row.monetary
                for row in reference_data.read_expected(data_set, as_of).values()
            )
        )
        amounts = {row["check"]: row for row in results}
        for check in ("revenue", "invoice_analysis", "receivable"):
            with self.subTest(check):
                self.assertAlmostEqual(amounts[check]["ledger"], total, 2)
                self.assertAlmostEqual(amounts[check]["customers"], total, 2)


@tagged("standard", "post_install", "-at_install")
class TestCustomerFigures(ReferenceFigures):
    data_sets = ("cdnow_sample", "rfm_orders")

    def test_cdnow(self):
        """2,357 customers of a real shop, as of the end of the data."""
        self.refresh_as_of(CDNOW_1998[1])
        self.assert_as_published(*CDNOW_1998)
        self.assert_classes(*CDNOW_1998)
        self.assert_nothing_unexplained(*CDNOW_1998)

    def test_cdnow_as_of_an_earlier_date(self):
        """Orders after 1997-09-30 are ignored by every figure."""
        self.refresh_as_of(CDNOW_1997[1])
        self.assert_as_published(*CDNOW_1997)
        self.assert_classes(*CDNOW_1997)
        self.assert_nothing_unexplained(*CDNOW_1997)

    def test_rfm_orders(self):
        """995 customers whose figures R printed."""
        as_of = RFM_2006[1]
        self.refresh_as_of(as_of)
        self.assert_as_published(*RFM_2006)
        self.assert_classes(*RFM_2006)
        self.assert_nothing_unexplained(*RFM_2006)
        figures = self.figures("rfm_orders", "last_purchase_date", "revenue_total")
        self.assert_same(
            {
                number: ((as_of - last).days, revenue)
                for number, (last, revenue) in figures.items()
            },
            reference_data.read_printed_by_r(),
        )
        self.assertEqual(self.Customer._refresh(), 0, "nothing has changed")

    def test_both_shapes_alike(self):
        """Computed in batches, every customer has the row of the full refresh."""
        self.refresh_as_of(RFM_2006[1])
        columns = ["partner_id", "company_id", *self.Customer._figure_columns()]
        query = SQL(
            "SELECT %s FROM crm_customer", SQL(", ").join(map(SQL.identifier, columns))
        )
        self.env.cr.execute(SQL("CREATE TEMPORARY TABLE everybody AS %s", query))
        self.env.cr.execute(
            "DELETE FROM crm_customer;"
            "SELECT array_agg(DISTINCT partner_id) FROM everybody"
        )
        partners = self.env["res.partner"].browse(self.env.cr.fetchone()[0])
        # One, a few, then as many as the queue might hold.
        bounds = [0, 1, 10, *range(510, len(partners), 500), len(partners)]
        for first, last in pairwise(bounds):
            self.Customer._refresh(partners[first:last])
        for left, right in (
            (SQL("TABLE everybody"), query),
            (query, SQL("TABLE everybody")),
        ):
            rows = self.env.execute_query(SQL("(%s) EXCEPT (%s)", left, right))
            self.assertEqual(
                [dict(zip(columns, row, strict=True)) for row in rows[:2]],
                [],
                f"{len(rows)} rows differ",
            )
        self.assertEqual(self.Customer._refresh(partners[:50]), 0, "nothing new")


@tagged("standard", "post_install", "-at_install")
@unittest.skipUnless(
    os.environ.get("CUSTOMER360_SLOW"), "takes half a minute: set CUSTOMER360_SLOW=1"
)
class TestCustomerFiguresMaster(ReferenceFigures):
    """All 23,570 customers of CDNOW."""

    data_sets = ("cdnow_master",)

    def test_cdnow_master(self):
        as_of = date(1998, 6, 30)
        self.refresh_as_of(as_of)
        self.assert_as_published("cdnow_master", as_of)
        self.assert_classes("cdnow_master", as_of)
        self.assert_nothing_unexplained("cdnow_master", as_of)
