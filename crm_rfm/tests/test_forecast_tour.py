from odoo.tests import tagged

from odoo.addons.crm_customer360.tests.test_page_tour import PageHttpCommon


@tagged("post_install", "-at_install")
class TestForecastTour(PageHttpCommon):
    """The forecast in a real browser: an order of 80 and no model."""

    def test_forecast(self):
        other = self.env["res.partner"].create(
            {"name": "Nobody's Customer", "is_company": True}
        )
        self.env["crm.lead"].create(
            {
                "name": "Of nobody",
                "type": "opportunity",
                "partner_id": other.id,
                "company_id": self.company.id,
                "user_id": False,
                "expected_revenue": 500,
                "probability": 50,
            }
        )
        self.env["crm.customer"]._refresh()
        self.start_tour("/odoo", "crm_rfm_forecast", login="page_manager")
        rows = self.env["crm.rfm.forecast"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(sum(rows.mapped("orders")), 80)
