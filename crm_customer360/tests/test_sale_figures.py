from datetime import date, timedelta

from odoo.tests import tagged

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestSaleFigures(CustomerCommon):
    # -- quotations and orders

    def test_quotations(self):
        """Drafts and sent ones, however old or expired; untaxed."""
        self._order(100, "2026-05-01", confirm=False, taxes=self.tax)
        self._order(10, "2026-05-01", confirm=False).action_quotation_sent()
        self._order(1, "2024-05-01", confirm=False, validity_date="2024-05-31")
        self._order(1000, "2026-05-01", confirm=False).action_cancel()
        self._order(2000, "2026-06-16", confirm=False)
        self.assertFigures(
            {
                "quotation_count": 3,
                "quotation_amount": 111,
                "order_count": 0,
                "order_amount": 0,
                "order_average": None,
                "to_invoice": 0,
                "last_contact_date": None,
            }
        )

    def test_orders(self):
        self._order(1, "2025-06-15")
        self._order(10, "2025-06-16", taxes=self.tax)
        self._order(101, "2026-06-15")
        self._order(1000, "2026-06-16")
        self._order(500, "2026-05-01").action_cancel()
        self.assertFigures(
            {
                "order_count": 2,
                "order_amount": 111,
                "order_average": 55.5,
                "quotation_count": 0,
                "to_invoice": 113,  # 1 + 11 + 101: however old
                "last_contact_date": "2026-06-15",
            }
        )

    def test_orders_of_contacts(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self._order(100, "2026-05-01", partner_id=contact.id)
        self._order(10, "2026-05-01", partner_id=contact.id, confirm=False)
        self.assertFigures(
            {"order_amount": 100, "quotation_amount": 10, "to_invoice": 100}
        )

    def test_foreign_currency(self):
        euro = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 3.0), ("2026-05-10", 4.0)]
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )
        for day in ("2026-05-01", "2026-05-15"):
            self._order(100, day, pricelist_id=pricelist.id)
        self._order(200, "2026-05-15", pricelist_id=pricelist.id, confirm=False)
        self.assertFigures(
            {
                "order_amount": 58.33,  # 100 ÷ 3 + 100 ÷ 4
                "order_average": 29.17,
                "quotation_amount": 50,
            }
        )

    # -- cadence

    def test_cadence_needs_three_days(self):
        """Two invoices on one day are two purchases on one day."""
        self._invoice(100, "2026-03-01")
        self._invoice(100, "2026-03-01")
        self._invoice(100, "2026-03-31")
        row = self.assertFigures(
            {
                "purchase_count": 3,
                "purchase_day_count": 2,
                "cadence_days": None,
                "expected_purchase_date": None,
                "first_purchase_date": "2026-03-01",
                "last_purchase_date": "2026-03-31",
            }
        )
        self.assertEqual(row.lateness, 0)
        self._invoice(100, "2026-04-30", move_type="out_receipt")
        row = self.assertFigures(
            {
                "purchase_day_count": 3,
                "cadence_days": 30,  # 60 days from 1 March to 30 April, in 2 steps
                "expected_purchase_date": "2026-05-30",
            }
        )
        # 46 days from 30 April to 15 June
        self.assertAlmostEqual(row.lateness, 46 / 30, places=2)

    def test_cadence_of_contacts(self):
        """The days of all contacts are the customer's, each counted once."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        for partner in (self.customer, contact):
            for day in ("2026-01-01", "2026-02-10", "2026-03-02"):
                self._invoice(100, day, partner_id=partner.id)
        # 60 days in 2 steps
        self.assertFigures(
            {
                "purchase_count": 6,
                "purchase_day_count": 3,
                "cadence_days": 30,
                "expected_purchase_date": "2026-04-01",
            }
        )

    def test_cadence_is_rounded(self):
        for day in ("2026-06-01", "2026-06-02", "2026-06-05", "2026-06-11"):
            self._invoice(100, day)
        self._refund(10, "2026-06-14")
        self._order(100, "2026-06-14")
        row = self.assertFigures(
            {
                "purchase_count": 4,
                "cadence_days": 3.33,  # 10 days in 3 steps; no credit note, no order
                "expected_purchase_date": "2026-06-14",  # and 3 days
            }
        )
        self.assertAlmostEqual(row.lateness, 4 / 3.33, places=2)

    def test_cadence_over_the_whole_past(self):
        """The days before the window count as well."""
        for day in ("2023-06-15", "2024-06-14", "2025-06-14"):
            self._invoice(100, day)
        row = self.assertFigures(
            {
                "revenue": 0,
                "cadence_days": 365,  # 730 days (29 February 2024) in 2 steps
                "expected_purchase_date": "2026-06-14",
            }
        )
        self.assertAlmostEqual(row.lateness, 366 / 365, places=2)

    # -- figures derived at read time

    def _late_customers(self):
        """Latenesses of 0.5, 1.6 and 4, and one without cadence."""
        Partner = self.env["res.partner"]
        partners = Partner
        # cadence of 10 days, last purchase 5, 16, 40 days ago
        for last in ("2026-06-10", "2026-05-30", "2026-05-06"):
            partner = Partner.create({"name": last})
            partners += partner
            day = date.fromisoformat(last)
            for back in (0, 10, 20):
                self._invoice(
                    100,
                    day - timedelta(days=back),
                    due=day + timedelta(days=30) if back else day,
                    partner_id=partner.id,
                )
        prospect = Partner.create({"name": "Prospect", "customer_rank": 1})
        partners += prospect
        self.Customer._refresh(partners)
        return [self._stored(partner) for partner in partners]

    def test_search_lateness(self):
        soon, slow, lost, prospect = rows = self._late_customers()
        self.assertEqual([round(r.lateness, 2) for r in rows], [0.5, 1.6, 4.0, 0.0])
        everybody = self.Customer.browse([row.id for row in rows])
        for domain, expected in (
            ([("lateness", ">", 1.5)], slow + lost),
            ([("lateness", ">=", 4)], lost),
            ([("lateness", "<", 1.5)], soon),
            ([("lateness", "<=", 1.6)], soon + slow),
            ([("lateness", ">", 0.5), ("lateness", "<", 4)], slow),
            ([("lateness", "!=", False)], soon + slow + lost),
            ([("lateness", "=", False)], prospect),
        ):
            with self.subTest(domain=domain):
                found = self.Customer.search([("id", "in", everybody.ids)] + domain)
                self.assertEqual(found.sorted("id"), expected.sorted("id"))
        found = self.Customer.search(
            [("id", "in", everybody.ids)], order="lateness desc"
        )
        self.assertEqual(list(found.filtered("lateness")), [lost, slow, soon])
        # A day later each is a tenth later, and nothing was written.
        with self._on("2026-06-16"):
            everybody.invalidate_recordset()
            self.assertAlmostEqual(slow.lateness, 1.7)
            self.assertEqual(
                self.Customer.search(
                    [("id", "in", everybody.ids), ("lateness", ">", 1.65)]
                ),
                self.Customer.search([("id", "in", (slow + lost).ids)]),
            )

    def test_search_days_overdue(self):
        """Last invoices due on their day: 5, 16 and 40 days ago; the others later."""
        soon, slow, lost, prospect = rows = self._late_customers()
        self.assertEqual([row.oldest_due_days for row in rows], [5, 16, 40, 0])
        everybody = self.Customer.browse([row.id for row in rows])
        for domain, expected in (
            ([("oldest_due_days", ">", 15)], slow + lost),
            ([("oldest_due_days", "=", 16)], slow),
            ([("oldest_due_days", "in", [5, 40])], soon + lost),
            ([("oldest_due_days", "=", 0)], prospect),
            ([("oldest_due_days", "!=", 0)], soon + slow + lost),
            ([("open_delay", ">", 10)], slow + lost),
        ):
            with self.subTest(domain=domain):
                found = self.Customer.search([("id", "in", everybody.ids)] + domain)
                self.assertEqual(found.sorted("id"), expected.sorted("id"))
        found = self.Customer.search(
            [("id", "in", everybody.ids), ("overdue", ">", 0)], order="oldest_due_days"
        )
        self.assertEqual(list(found), [soon, slow, lost])
        [(longest,)] = self.Customer._read_group(
            [("id", "in", everybody.ids)], aggregates=["oldest_due_days:max"]
        )
        self.assertEqual(longest, 40)
