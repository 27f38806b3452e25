from datetime import date, timedelta
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_rfm.tools.scoring import Scheme, score_customers

from .common import RfmCommon

try:
    from hypothesis import example, given, settings
    from hypothesis import strategies as st
except ImportError:  # a development tool: pip install hypothesis
    given = None

TODAY = date(2026, 6, 15)
# (days since the last purchase, purchases, amount in cents); few values make ties.
LARGEST = 40


if given:
    customers = st.lists(
        st.one_of(
            st.tuples(
                st.integers(0, 364), st.integers(1, 60), st.integers(-(10**6), 10**7)
            ),
            st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(-1, 1)),
        ),
        max_size=LARGEST,
    )

    @tagged("post_install", "-at_install")
    class TestScoringProperty(RfmCommon):
        """The scoring in SQL is that of plain Python, on whatever base."""

        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.env.cr.execute("DELETE FROM crm_customer")
            partners = cls.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(LARGEST)]
            )
            cls.Customer.sudo().create(
                [
                    {"partner_id": partner.id, "company_id": cls.company.id}
                    for partner in partners
                ]
            )
            cls.rows = cls.Customer.search([("company_id", "=", cls.company.id)]).ids
            cls.sets = cls.env["crm.rfm.segment.set"].create(
                [{"name": f"Of {bins}", "bins": bins} for bins in range(3, 11)]
            )

        @given(base=customers, bins=st.integers(3, 10))
        @example(base=[], bins=5)
        @example(base=[(5, 1, 100)] * LARGEST, bins=5)
        @example(base=[(5, 2, -100)] * LARGEST, bins=10)
        @example(base=[(day, 1, 100) for day in range(LARGEST)], bins=5)
        @settings(max_examples=60, deadline=None)
        def test_quantile(self, base, bins):
            self.scheme.write({"bins": bins, "segment_set_id": self.sets[bins - 3].id})
            self.assertEqual(self._by_sql(base), self._by_python(base, Scheme(bins)))

        @given(base=customers)
        @example(base=[])
        @example(base=[(5, 1, 100)])
        @example(base=[(50, 3, 1)] * LARGEST)  # on the cut points
        @settings(max_examples=30, deadline=None)
        def test_own_cut_points(self, base):
            recency = (200, 100, 50, 2)
            frequency = (2, 3, 10, 30)
            monetary = (Decimal("-0.01"), Decimal("0.01"), Decimal(1), Decimal(9999))
            self.scheme.write(
                {
                    "method": "cutpoint",
                    "cut_ids": [
                        Command.clear(),
                        *(
                            Command.create(
                                {
                                    "score": score,
                                    "recency_max": recency[score - 2],
                                    "frequency_min": frequency[score - 2],
                                    "monetary_min": float(monetary[score - 2]),
                                }
                            )
                            for score in range(2, 6)
                        ),
                    ],
                }
            )
            scheme = Scheme(5, "cutpoint", recency, frequency, monetary)
            self.assertEqual(self._by_sql(base), self._by_python(base, scheme))

        def _by_python(self, base, scheme):
            scores = score_customers(
                [days for days, _count, _cents in base],
                [count for _days, count, _cents in base],
                [Decimal(cents) / 100 for _days, _count, cents in base],
                scheme,
            )
            return list(zip(scores.r, scores.f, scores.m, strict=True))

        def _by_sql(self, base):
            self.env.cr.execute(
                "UPDATE crm_customer SET rfm_first_purchase_date = NULL,"
                " rfm_last_purchase_date = NULL, rfm_frequency = 0, rfm_monetary = 0"
            )
            for row_id, (days, count, cents) in zip(self.rows, base, strict=False):
                self.env.cr.execute(
                    SQL(
                        """
                        UPDATE crm_customer
                        SET rfm_first_purchase_date = %(day)s,
                            rfm_last_purchase_date = %(day)s,
                            rfm_frequency = %(count)s, rfm_monetary = %(amount)s
                        WHERE id = %(id)s
                        """,
                        day=TODAY - timedelta(days=days),
                        count=count,
                        amount=Decimal(cents) / 100,
                        id=row_id,
                    )
                )
            self.Customer.invalidate_model()
            self.Customer._score()
            self.env.cr.execute(
                SQL(
                    "SELECT rfm_r, rfm_f, rfm_m FROM crm_customer"
                    " WHERE id = ANY(%s) ORDER BY id",
                    self.rows[: len(base)],
                )
            )
            return self.env.cr.fetchall()

else:

    @tagged("post_install", "-at_install")
    class TestScoringProperty(RfmCommon):
        def test_quantile(self):
            self.skipTest("hypothesis is not installed")
