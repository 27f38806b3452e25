from odoo.tests import tagged

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestInputs(RfmCommon):
    """What the refresh fills; both of its shapes, and on the edges."""

    def test_invoices(self):
        self._invoice(100, "2025-06-15")  # the day before the window
        self._invoice(200, "2025-06-16")  # its first day
        self._invoice(40, "2026-06-15")  # today
        self._invoice(1, "2026-06-16")  # tomorrow
        self._invoice(7, "2026-01-01", move_type="out_receipt")
        self._invoice(9, "2026-01-01", post=False)
        self._refund(30, "2026-02-01")
        row = self.assertFigures(
            {
                "rfm_frequency": 3,
                "rfm_monetary": 217,  # 200 + 40 + 7 − 30
                "rfm_first_purchase_date": "2025-06-15",
                "rfm_last_purchase_date": "2026-06-15",
                "rfm_recency_days": 0,
            }
        )
        self.assertEqual(row.revenue, row.rfm_monetary)  # the same window

    def test_window_of_its_own(self):
        """Three months: 16 March to 15 June; the company's window stays."""
        self.scheme.window_months = 3
        self._invoice(100, "2026-03-15")
        self._invoice(10, "2026-03-16")
        self._refund(3, "2026-03-15")
        self._refund(1, "2026-06-01")
        self.assertFigures(
            {
                "rfm_frequency": 1,
                "rfm_monetary": 9,
                "rfm_first_purchase_date": "2026-03-15",
                "rfm_last_purchase_date": "2026-03-16",
                "rfm_recency_days": 91,  # 15 + 30 + 31 + 15
                "revenue": 106,
            }
        )

    def test_refund_only(self):
        self._refund(50, "2026-05-01")
        self.assertFigures(
            {
                "rfm_frequency": 0,
                "rfm_monetary": -50,
                "rfm_last_purchase_date": None,
            }
        )

    def test_same_day(self):
        """Two documents of one day are two purchases."""
        self._invoice(10, "2026-05-01")
        self._invoice(0, "2026-05-01")
        self.assertFigures({"rfm_frequency": 2, "rfm_monetary": 10})

    def test_child_contacts(self):
        contact = self._partner("Child", parent_id=self.customer.id, is_company=False)
        self._invoice(10, "2026-05-01", partner_id=contact.id)
        self._invoice(5, "2026-05-02")
        self.assertFigures({"rfm_frequency": 2, "rfm_monetary": 15})

    def test_orders(self):
        """With orders as source, invoices do not count; and the other way round."""
        order = self._order(300, "2025-06-16")
        self._order(20, "2026-06-15")
        self._order(1000, "2025-06-15")  # before the window
        self._order(5, "2026-06-01", confirm=False)
        self._order(7, "2026-06-01").action_cancel()
        self._invoice_order(order, "2026-03-01")
        self.assertFigures({"rfm_frequency": 1, "rfm_monetary": 300})
        self.scheme.source = "order"
        self.assertFigures(
            {
                "rfm_frequency": 2,
                "rfm_monetary": 320,
                "rfm_first_purchase_date": "2025-06-15",
                "rfm_last_purchase_date": "2026-06-15",
            }
        )

    def test_orders_in_the_company_s_timezone(self):
        """At 20:00 UTC it is 23:30 in Tehran, at 21:00 UTC the next day."""
        self.scheme.source = "order"
        self.company.partner_id.tz = "Asia/Tehran"
        order = self._order(10, "2026-06-13")
        order.date_order = "2026-06-14 20:00:00"
        self.assertFigures({"rfm_last_purchase_date": "2026-06-14"})
        order.date_order = "2026-06-14 21:00:00"
        self.assertFigures(
            {"rfm_last_purchase_date": "2026-06-15", "rfm_recency_days": 0}
        )
        # The window begins on 16 June 2025 at midnight there, 20:30 UTC of the 15th.
        order.date_order = "2025-06-15 20:29:59"
        self.assertFigures({"rfm_frequency": 0, "rfm_monetary": 0})
        order.date_order = "2025-06-15 20:30:00"
        self.assertFigures({"rfm_frequency": 1, "rfm_monetary": 10})

    def test_today_in_the_company_s_timezone(self):
        """At 21:00 UTC it is tomorrow in Tehran: the window has moved."""
        self._invoice(10, "2025-06-16")
        self.assertFigures({"rfm_frequency": 1})
        with self._at("2026-06-15 21:00:00"):
            self.assertFigures({"rfm_frequency": 1, "rfm_recency_days": 364})
            self.company.partner_id.tz = "Asia/Tehran"
            self.env.invalidate_all()
            self.assertFigures({"rfm_frequency": 0, "rfm_recency_days": 365})

    def test_orders_in_foreign_currency(self):
        """At the order's own rate: 2 foreign units are one of the company's."""
        self.scheme.source = "order"
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self._order(100, "2026-06-01", pricelist_id=pricelist.id)
        self.assertFigures({"rfm_monetary": 50})

    def test_no_scheme(self):
        self.scheme.active = False
        self._invoice(10, "2026-05-01")
        self.assertFigures(
            {"rfm_frequency": 0, "rfm_monetary": 0, "rfm_last_purchase_date": None}
        )

    def test_recency_searched_and_grouped(self):
        buyers = self._buyers(old=[("2026-06-05", 1)], late=[("2026-06-14", 1)])
        rows = self.Customer.browse()
        for partner in buyers.values():
            rows += self._row(partner)
        mine = [("id", "in", rows.ids)]
        self.assertEqual(
            self.Customer.search([*mine, ("rfm_recency_days", "<", 10)]), rows[1]
        )
        self.assertEqual(
            self.Customer.search(mine, order="rfm_recency_days"), rows[1] + rows[0]
        )
        self.assertEqual(
            self.Customer._read_group(mine, [], ["rfm_recency_days:avg"]), [(5.5,)]
        )

    def test_branch(self):
        """Branches follow the scheme of their company, each with its own figures."""
        branch = self._branch()
        self.scheme.window_months = 1
        self._invoice(10, "2026-06-01", company_id=branch.id)
        self._invoice(20, "2026-01-01", company_id=branch.id)
        self.assertFigures({"rfm_frequency": 1, "rfm_monetary": 10}, company=branch)
