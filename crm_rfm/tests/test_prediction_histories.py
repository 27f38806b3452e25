from datetime import date

from odoo.tests import tagged

from .common import RfmCommon, needs_scipy


@tagged("post_install", "-at_install")
@needs_scipy
class TestPredictionHistories(RfmCommon):
    """What the models are given, counted by hand; today is 15 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Fit = cls.env["crm.rfm.fit"]

    def _rows(self, histories):
        """``{partner: (x, t_x, T, z, later)}``"""
        names = ("x", "t_x", "T", "z", "later")
        columns = [getattr(histories, name).tolist() for name in names]
        partners = self.env["res.partner"].browse(histories.partner_ids.tolist())
        return dict(zip(partners, zip(*columns, strict=True), strict=True))

    def _histories(self, as_of=None):
        return self._rows(self.Fit._histories(self.company, as_of)[self.company.id])

    def test_purchase_days(self):
        """Two invoices of a day are one purchase day of both amounts."""
        self._invoice(100, "2026-01-01")
        self._invoice(60, "2026-01-11")
        self._invoice(40, "2026-01-11", move_type="out_receipt")
        self._invoice(200, "2026-02-10")
        self._invoice(900, "2026-02-20", post=False)
        self._invoice(900, "2026-06-16")  # tomorrow
        # 1 January to 10 February: 40 days; to 15 June: 165. (100 + 200) ÷ 2.
        self.assertEqual(self._histories(), {self.customer: (2, 40, 165, 150, 0)})
        self.assertEqual(
            self._histories(date(2026, 1, 20)), {self.customer: (1, 10, 19, 100, 0)}
        )
        self.assertEqual(self._histories(date(2025, 12, 31)), {})

    def test_single_purchase(self):
        self._invoice(100, "2026-06-15")
        self.assertEqual(self._histories(), {self.customer: (0, 0, 0, 0, 0)})

    def test_credit_note(self):
        """No purchase; it lowers the amount by its share of what was invoiced."""
        self._invoice(100, "2026-01-01")
        self._invoice(300, "2026-01-31")
        self._refund(40, "2026-03-01")  # a tenth of 400
        self.assertEqual(self._histories(), {self.customer: (1, 30, 165, 270, 0)})
        # Not yet known in February.
        self.assertEqual(
            self._histories(date(2026, 2, 1)), {self.customer: (1, 30, 31, 300, 0)}
        )

    def test_everything_given_back(self):
        self._invoice(100, "2026-01-01")
        self._invoice(300, "2026-01-31")
        self._refund(500, "2026-03-01")
        self.assertEqual(self._histories(), {self.customer: (1, 30, 165, 0, 0)})

    def test_credit_note_only(self):
        self._refund(50, "2026-05-01")
        self.assertEqual(self._histories(), {})

    def test_several_days_at_once(self):
        """What followed a day is counted up to the last of the days."""
        partners = self._buyers(
            early=[("2026-01-01", 10), ("2026-03-01", 20), ("2026-03-02", 30)],
            late=[("2026-02-15", 10), ("2026-06-01", 10)],
        )
        days = [date(2026, 1, 31), date(2026, 3, 1), date(2026, 5, 31)]
        found = self.Fit._histories_at({self.company: days})[self.company.id]
        early, late = partners["early"], partners["late"]
        self.assertEqual([history.as_of for history in found], days)
        self.assertEqual(self._rows(found[0]), {early: (0, 0, 30, 0, 2)})
        self.assertEqual(
            self._rows(found[1]), {early: (1, 59, 59, 20, 1), late: (0, 0, 14, 0, 0)}
        )
        self.assertEqual(
            self._rows(found[2]),
            {early: (2, 60, 150, 25, 0), late: (0, 0, 105, 0, 0)},
        )

    def test_contacts_and_archived(self):
        """A contact counts for its company; an archived customer is still a history."""
        contact = self.customer.create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self._invoice(10, "2026-06-01", partner_id=contact.id)
        self._invoice(30, "2026-06-11")
        self.assertEqual(self._histories(), {self.customer: (1, 10, 14, 30, 0)})
        (contact + self.customer).active = False
        histories = self.Fit._histories(self.company)[self.company.id]
        self.assertEqual(histories.active.tolist(), [False])

    def test_left_out(self):
        partners = self._buyers(kept=[("2026-06-01", 10)], own=[("2026-06-01", 10)])
        self.scheme.exclude_domain = repr([("id", "=", partners["own"].id)])
        self.assertEqual(self._histories(), {partners["kept"]: (0, 0, 14, 0, 0)})

    def test_orders(self):
        """By the scheme's source; the day is that of the company's clock."""
        self.scheme.source = "order"
        self._invoice(500, "2026-05-01")
        self._order(100, "2026-06-01")
        self._order(70, "2026-06-05")
        self.assertEqual(self._histories(), {self.customer: (1, 4, 14, 70, 0)})
        order = self._order(70, "2026-06-14")
        order.date_order = "2026-06-14 23:30:00"
        self.company.partner_id.tz = "Asia/Tehran"  # 15 June, 3 o'clock
        self.assertEqual(self._histories(), {self.customer: (2, 14, 14, 70, 0)})

    def test_companies_in_one_statement(self):
        """Each by its own scheme; more companies are no more statements."""
        other = self.setup_other_company(name="Other")["company"]
        empty = self.setup_other_company(name="Empty")["company"]
        other.rfm_scheme_ids.source = "order"
        self._invoice(10, "2026-06-01")
        self.env.flush_all()
        self.env.registry.clear_cache()
        companies = self.company + other + empty
        found = self.Fit._histories(companies)
        self.assertEqual(set(found), set(companies.ids))
        self.assertEqual(self._rows(found[self.company.id]), self._histories())
        self.assertFalse(len(found[other.id]))
        self.assertFalse(len(found[empty.id]))
        with self.assertQueryCount(self._count(self.company)):
            self.Fit._histories(companies)

    def _count(self, companies):
        before = self.cr.sql_log_count
        self.Fit._histories(companies)
        return self.cr.sql_log_count - before

    def test_a_tiny_base_has_no_fit(self):
        self._invoice(10, "2026-06-01")
        histories = self.Fit._histories(self.company)[self.company.id]
        models = self.Fit._fit(histories)
        self.assertEqual(models.purchases.reason, "too_small")
        self.assertEqual(models.amounts.reason, "too_small")
        self.assertFalse(models.usable)
        self.assertIsNone(models.correlation)
