from odoo.tests import tagged
from odoo.tools import SQL

from .forecast_common import ForecastCommon


@tagged("post_install", "-at_install")
class TestForecastOpen(ForecastCommon):
    """What is ordered or offered: in which month, and how much of it is still open."""

    # -- orders

    def test_month_of_an_order(self):
        buyer = self._bought("Buyer")
        for day, amount in (
            ("2025-06-14", 1),  # late by more than a year: left out
            ("2025-06-15", 2),  # late: now
            ("2026-06-14", 4),
            ("2026-06-15", 8),
            ("2026-06-30", 16),
            ("2026-07-01", 32),
            ("2027-05-31", 64),
            ("2027-06-01", 128),  # later than twelve months
        ):
            self._open_order(buyer, amount, day)
        self._forecast()
        self.assertEqual(
            self._months("orders"), {"2026-06": 30, "2026-07": 32, "2027-05": 64}
        )
        self.assertEqual(self._run().stale_order_count, 1)

    def test_day_of_the_company(self):
        """30 June, 16:00 UTC is 1 July in Tokyo."""
        self.company.partner_id.tz = "Asia/Tokyo"
        buyer = self._bought("Buyer")
        for hour, amount in (("14", 1), ("16", 2)):
            order = self._open_order(buyer, amount, "2026-06-30")
            order.commitment_date = f"2026-06-30 {hour}:00:00"
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-06": 1, "2026-07": 2})

    def test_order_without_delivery_date(self):
        """Ordered on 10 June: delivered after the shortest lead time, 30 days."""
        buyer = self._bought("Buyer")
        lines = [{"price_unit": 10, "customer_lead": lead} for lead in (30, 90)]
        self._order(0, "2026-06-10", partner_id=buyer.id, lines=lines)
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-07": 20})

    def test_what_is_not_invoiced_yet(self):
        """Untaxed, whatever is posted taken off; drafts and cancelled ones are not."""
        buyer = self._bought("Buyer")
        self._open_order(buyer, 1, "2026-08-01", taxes=self.tax)
        draft = self._open_order(buyer, 2, "2026-08-01")
        self._invoice_order(draft, "2026-06-01", post=False)
        done = self._open_order(buyer, 4, "2026-08-01", taxes=self.tax)
        self._invoice_order(done, "2026-06-01")
        self._open_order(buyer, 8, "2026-08-01").action_cancel()
        self._open_order(buyer, 16, "2026-08-01", confirm=False)
        part = self._open_order(
            buyer,
            0,
            "2026-08-01",
            lines=[
                {"price_unit": 10, "product_uom_qty": 10},
            ],
        )
        invoice = self._invoice_order(part, "2026-06-01", post=False)
        invoice.invoice_line_ids.quantity = 3
        invoice.action_post()
        self._forecast()
        # 1 + 2 + 100 − 30
        self.assertEqual(self._months("orders"), {"2026-08": 73})

    def test_credit_note_opens_an_order_again(self):
        buyer = self._bought("Buyer")
        order = self._open_order(buyer, 100, "2026-08-01")
        invoice = self._invoice_order(order, "2026-06-01")
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": "2026-06-02"})
        )
        refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        refund.invoice_date = "2026-06-02"
        refund.action_post()
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-08": 100})

    def test_down_payment(self):
        """30 of 100 paid in advance: 70 to come."""
        buyer = self._bought("Buyer")
        order = self._open_order(buyer, 100, "2026-08-01")
        wizard = self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        )
        invoice = wizard.create(
            {"advance_payment_method": "percentage", "amount": 30}
        )._create_invoices(order)
        invoice.invoice_date = "2026-06-01"
        invoice.action_post()
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-08": 70})

    def test_foreign_currency(self):
        """200 of a currency of which 4 make 1."""
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 4.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        buyer = self._bought("Buyer")
        self._open_order(buyer, 200, "2026-08-01", pricelist_id=pricelist.id)
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-08": 50})

    # -- pipeline

    def test_month_of_an_opportunity(self):
        buyer = self._bought("Buyer")
        for day, revenue in (
            ("2025-06-14", 2),  # past by more than a year: left out
            ("2025-06-15", 4),  # past: next month
            ("2026-06-14", 8),
            ("2026-06-15", 16),
            ("2027-05-31", 32),
            ("2027-06-01", 64),  # later than twelve months
        ):
            self._open_lead(buyer, revenue, day)
        self._forecast()
        self.assertEqual(
            self._months("pipeline"), {"2026-06": 8, "2026-07": 6, "2027-05": 16}
        )
        self.assertEqual(self._run().stale_lead_count, 1)

    def test_opportunity_without_closing_date(self):
        """15 June and 60 days is 14 August; once five were won, their median counts."""
        buyer = self._bought("Buyer")
        lead = self._open_lead(buyer, 100, False)
        # The database's clock gave it another day.
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET create_date = '2026-06-15' WHERE id = %s", lead.id)
        )
        self._forecast()
        self.assertEqual(self._months("pipeline"), {"2026-08": 50})
        self.assertEqual(self._run().cycle_days, 60)
        for days in (5, 6, 20, 100, 300):
            won = self._opportunity(1)
            won.action_set_won()
            won.flush_recordset()
            self.env.cr.execute(
                SQL("UPDATE crm_lead SET day_close = %s WHERE id = %s", days, won.id)
            )
        self._forecast()
        self.assertEqual(self._run().cycle_days, 20)
        # 15 June + 20 days
        self.assertEqual(self._months("pipeline"), {"2026-07": 50})

    def test_closed_opportunities(self):
        buyer = self._bought("Buyer")
        self._open_lead(buyer, 10, "2026-07-01").action_set_won()
        self._open_lead(buyer, 20, "2026-07-01").action_set_lost()
        self._open_lead(buyer, 40, "2026-07-01", type="lead")
        self._forecast()
        self.assertEqual(self._months("pipeline"), {})

    def test_order_of_an_opportunity(self):
        """Of 1,000, 400 are ordered: the rest is weighted, (1,000 − 400) × 50 %."""
        buyer = self._bought("Buyer")
        lead = self._open_lead(buyer, 1000, "2026-07-01")
        order = self._open_order(buyer, 400, "2026-07-10")
        order.opportunity_id = lead
        lead.expected_revenue = 1000
        self._forecast()
        self.assertEqual(self._months("orders"), {"2026-07": 400})
        self.assertEqual(self._months("pipeline"), {"2026-07": 300})
        self.assertEqual(self._months("expected"), {"2026-07": 700})

    def test_opportunity_of_no_company(self):
        """It counts once: where the customer's revenue is largest."""
        other = self.setup_other_company()["company"]
        buyer = self._bought("Buyer")
        self._open_lead(buyer, 100, "2026-07-01", company_id=False)
        self.Customer._refresh()
        self.Run._compute_companies(self.company + other)
        rows = self.Forecast.search([("pipeline", ">", 0)])
        self.assertIn(self.company, rows.company_id)
        self.assertNotIn(other, rows.company_id)
        self.assertEqual(self._months("pipeline"), {"2026-07": 50})
