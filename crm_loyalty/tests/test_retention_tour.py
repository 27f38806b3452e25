from odoo import Command
from odoo.tests import HttpCase, tagged

from .retention_common import RetentionCommon


@tagged("post_install", "-at_install")
class TestRetentionTour(HttpCase, RetentionCommon):
    """The screens in the web client, as a sales manager."""

    def setUp(self):
        super().setUp()
        self.company.customer_order_cost = 10
        self.manager = self.users["manager"]

    def test_retention(self):
        self._sold(
            self._partner("Back"),
            ("2024-08-10", 100),
            ("2025-02-10", 50),
            ("2025-09-01", 70),
        )
        self._sold(self._partner("Gone"), ("2024-09-01", 200))
        self._sold(self._partner("Late"), ("2025-02-01", 300), ("2026-05-01", 40))
        self.Customer._refresh()
        self.start_tour(
            "/odoo/retention", "crm_loyalty_retention", login=self.manager.login
        )

    def test_effort(self):
        for name, revenue, orders in (
            ("Costly", 100, 3),
            ("Neglected", 1000, 0),
            ("Well", 2000, 2),
            ("Quiet", 20, 1),
        ):
            partner = self._sold(self._partner(name), ("2026-06-01", revenue))
            for _number in range(orders):
                self._order(1, "2026-06-01", partner_id=partner.id)
        self.Customer._refresh()
        self.start_tour(
            "/odoo/value-effort", "crm_loyalty_effort", login=self.manager.login
        )

    def test_winback(self):
        self.company.loyalty_winback_program_id = self.env["loyalty.program"].create(
            {
                "name": "Come back",
                "program_type": "coupons",
                "company_id": self.company.id,
                "reward_ids": [Command.create({"required_points": 1})],
                "communication_plan_ids": [
                    Command.create(
                        {
                            "trigger": "create",
                            "mail_template_id": self.env.ref(
                                "loyalty.mail_template_loyalty_card"
                            ).id,
                        }
                    )
                ],
            }
        )
        good = self._sold(
            self._partner("Good", email="good@example.com"), ("2025-05-01", 300)
        )
        self.env["crm.loyalty.comeback"].sudo().create(
            {
                "company_id": self.company.id,
                "days": 0,
                "silence_count": 10,
                "back_count": 5,
                "share": 0.5,
            }
        )
        self.Customer._refresh()
        self.start_tour(
            "/odoo/win-back", "crm_loyalty_winback", login=self.manager.login
        )
        self.assertEqual(
            self.env["crm.loyalty.coupon"]
            .sudo()
            .search([("partner_id", "=", good.id)])
            .state,
            "sent",
        )
