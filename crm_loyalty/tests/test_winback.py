from ast import literal_eval
from datetime import date

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .retention_common import CouponCommon


@tagged("post_install", "-at_install")
class TestWinback(CouponCommon):
    """Who is to be won back; today is 15 June 2026."""

    # -- chance

    def test_share_that_came_back(self):
        """Silences by hand.

        Back: 1 January 2024, again 20 February (50 days), then 1 June 2025 (467 days
        later), then nothing: that silence of a year is not a year old.
        Gone: 1 March 2024 and never again.
        """
        self._customer("Back", ("2024-01-01", 1), ("2024-02-20", 1), ("2025-06-01", 1))
        self._customer("Gone", ("2024-03-01", 1))
        self.Comeback._measure()
        rows = {
            row.days: (row.silence_count, row.back_count, row.share)
            for row in self.Comeback.search([("company_id", "=", self.company.id)])
        }
        # Four silences began: 50 days, 467 days, one since June 2025, Gone's. After 0
        # days the one of 467 had not ended within the year, that of 50 had.
        self.assertEqual(rows[0], (4, 1, 0.25))
        # After 30 days: since 1 June 2025 + 30 + 365 is later than today, so three.
        self.assertEqual(rows[30], (3, 1, 0.333333))
        # After 60: the one of 50 days was over. 467 > 60 + 365: not back.
        self.assertEqual(rows[60], (2, 0, 0))
        # After 120: 467 is within 120 + 365.
        self.assertEqual(rows[120], (2, 1, 0.5))
        # After 365: 20 February 2024 + 730 days is 19 February 2026, over.
        self.assertEqual(rows[365], (2, 1, 0.5))
        # After 545: only Gone's, known until 1 March 2024 + 545 + 365 = 28 August 2026.
        self.assertNotIn(545, rows)
        self.assertFalse(self.Comeback._measure(), "Nothing changed: nothing written")

    # -- ranking

    def test_ranking(self):
        """Lapsed 400 days ago with 1,000 a year: worth 1,000 × the share."""
        lapsed = self._customer(
            "Lapsed",
            ("2024-09-01", 600),
            ("2025-05-11", 400),
            user_id=self.users["ana"].id,
        )
        # Every ten days, then 20 days of silence: twice the cadence.
        late = self._customer(
            "Late", ("2026-05-06", 50), ("2026-05-16", 50), ("2026-05-26", 50)
        )
        active = self._customer("Active", ("2026-06-01", 70))
        self.Customer._refresh()
        self.env["crm.customer.snapshot"].sudo()._rebuild()
        self.env["crm.loyalty.comeback"].sudo().create(
            [
                {
                    "company_id": self.company.id,
                    "days": days,
                    "silence_count": count,
                    "back_count": back,
                    "share": back / count,
                }
                for days, count, back in ((0, 100, 60), (365, 20, 5))
            ]
        )
        rows = self.Winback.search([("company_id", "=", self.company.id)])
        self.assertEqual(rows.partner_id, lapsed + late)
        first, second = rows
        self.assertEqual(first.kind, "lapsed")
        self.assertEqual(first.silence_days, 400)
        self.assertEqual(first.value_date, date(2025, 5, 31))
        self.assertEqual(first.revenue, 1000)
        self.assertEqual(
            (first.chance, first.chance_source, first.chance_count),
            (0.25, "history", 20),
        )
        self.assertEqual(first.expected_revenue, 250)
        self.assertEqual(second.kind, "late")
        self.assertEqual((second.cadence_days, second.lateness), (10, 2))
        # This month is not over: no month end of May but the rebuilt one.
        self.assertEqual((second.revenue, second.chance), (150, 0.6))
        self.assertEqual(second.expected_revenue, 90)
        self.assertFalse(rows.filtered(lambda row: row.partner_id == active))
        # Ben sees what is nobody's, not Ana's.
        mine = self._as("ben", self.Winback).search([])
        self.assertEqual(mine.partner_id, late)
        with self.assertRaises(AccessError):
            mine.mapped("margin")
        with self.assertRaises(AccessError):
            self._as("employee", self.Winback).search([])
        with self.assertRaises(AccessError):
            mine.action_send_coupon()
        action = mine.action_plan_activity()
        self.assertEqual(action["context"]["active_ids"], late.ids)

    def test_before_anything_is_measured(self):
        """In the first year no chance is known: the list is not empty for that."""
        for name, amount in (("Small", 100), ("Large", 900)):
            self._customer(name, ("2025-05-11", amount))
        back = self._customer("Back", ("2025-05-11", 700))
        self._sold(back, ("2025-05-12", -700))
        self.Customer._refresh()
        view = self.env.ref("crm_loyalty.crm_loyalty_winback_view_search")
        [shown] = etree.fromstring(view.arch).xpath("//filter[@name='worth']/@domain")
        found = self.Winback.search(literal_eval(shown))
        self.assertEqual(
            [(row.partner_id.name, row.chance_source) for row in found],
            [("Large", False), ("Small", False)],
        )
        action = self.env.ref("crm_loyalty.crm_loyalty_winback_action")
        self.assertIn("search_default_worth", action.context)

    def test_model_tells_the_chance(self):
        """The prediction counts only where it tells customers apart."""
        self._customer("Twice", ("2024-09-01", 600), ("2025-05-11", 400))
        once = self._customer("Once", ("2025-05-11", 400))
        self.Customer._refresh()
        fit = self.env["crm.rfm.fit"].sudo().search(
            [("company_id", "=", self.company.id)]
        ) or self.env["crm.rfm.fit"].sudo().create({"company_id": self.company.id})
        fit.flag_usable = True
        rows = self.Customer.search([("last_purchase_date", "=", "2025-05-11")])
        self.env.cr.execute(
            "UPDATE crm_customer SET rfm_fit_id = %s, p_alive = 0.4,"
            " rfm_first_purchase_date = first_purchase_date,"
            " rfm_last_purchase_date = last_purchase_date WHERE id = ANY(%s)",
            [fit.id, rows.ids],
        )
        found = self.Winback.search([])
        self.assertEqual(
            [(row.chance, row.chance_source, row.expected_revenue) for row in found],
            [(0.4, "model", 400), (0, False, 0)],
        )
        self.assertEqual(found[1].partner_id, once)
        fit.flag_usable = False
        self.env.flush_all()
        self.Winback.invalidate_model()
        self.assertFalse(self.Winback.search([("chance_source", "!=", False)]))
