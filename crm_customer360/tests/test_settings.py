from odoo.exceptions import ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestSettings(CustomerCommon):
    """The figures that a company sets to its own criteria."""

    def test_settings(self):
        admin = new_test_user(
            self.env,
            login="views_admin",
            groups="base.group_system,sales_team.group_sale_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        settings = self.env["res.config.settings"].with_user(admin)
        with Form(settings) as form:
            form.customer_window_months = 24
            form.customer_pareto_a = 70
            form.customer_order_cost = 12.5
        form.record.execute()
        self.assertEqual(self.company.customer_window_months, 24)
        self.assertEqual(self.company.customer_pareto_a, 70)
        self.assertEqual(self.company.customer_order_cost, 12.5)

    def test_settings_are_validated(self):
        cases = (
            {"customer_window_months": 0},
            {"customer_window_months": 121},
            {"customer_pareto_a": 96},
            {"customer_pareto_b": 101},
        )
        for values in cases:
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(Exception) as caught,
                self.cr.savepoint(),
            ):
                self.company.write(values)
            self.assertIn("customer_", str(caught.exception))
        with self.assertRaises(ValidationError):
            self.company.customer_capital_rate = -1

    def test_settings_refresh_everybody(self):
        cron = self.env.ref("crm_customer360.ir_cron_refresh_all")
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self.company.write({"customer_window_months": 12, "name": "Renamed"})
        count = triggers.search_count([("cron_id", "=", cron.id)])
        self.assertEqual(count, before, "Nothing has changed")
        self.company.customer_window_months = 6
        count = triggers.search_count([("cron_id", "=", cron.id)])
        self.assertEqual(count, before + 1)
