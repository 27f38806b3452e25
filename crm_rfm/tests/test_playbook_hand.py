from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import Form, tagged

from .playbook_common import PlaybookCommon


@tagged("post_install", "-at_install")
class TestPlaybookByHand(PlaybookCommon):
    def test_by_hand_from_the_list(self):
        self.promising.playbook_active = False
        partners = self._customers(100, 200, 300)
        self._enter()
        self.assertFalse(self._planned())
        self.scheme.playbook_limit = 2
        rows = self._stored(partners[0]) + self._stored(partners[1])
        rows += self._stored(partners[2])
        with self._on("2026-06-25"):
            action = rows.with_user(self.ana).action_plan_playbook()
            message = action["params"]["message"]
            self.assertIn("Activities planned: 2.", message)
            self.assertIn("because of the daily limit: 1.", message)
            self.assertEqual(
                self._planned().mapped("res_id"), [partners[2].id, partners[1].id]
            )
            # The third waits for tomorrow, though the playbook is off.
            self.assertEqual(self.Customer._playbook_waiting().partner_id, partners[0])
            again = rows.with_user(self.ana).action_plan_playbook()["params"]
            self.assertIn(
                "With an open activity of this playbook: 2.", again["message"]
            )
        self._run("2026-06-26")
        self.assertEqual(len(self._planned()), 3)
        # Who may not see the customers cannot plan for them.
        with self.assertRaises(AccessError):
            rows.with_user(self.ben).action_plan_playbook()
        with self.assertRaises(AccessError):
            rows.with_user(self._user("no", "base.group_user")).action_plan_playbook()
        # Nor an accountant, who sees them all.
        reader = self._user("reader", "account.group_account_readonly")
        self.assertTrue(rows.with_user(reader).mapped("rfm_frequency"))
        with self.assertRaises(AccessError):
            rows.with_user(reader).action_plan_playbook()

    def test_by_hand_without_playbook(self):
        self.promising.write({"playbook_active": False, "activity_type_id": False})
        self._customers(100)
        self._enter()
        row = self.Customer.search([("rfm_segment_id", "=", self.promising.id)])
        message = row.action_plan_playbook()["params"]["message"]
        self.assertIn("Activities planned: 0.", message)
        self.assertIn("Without a segment or an activity in its playbook: 1.", message)
        with self.assertRaises(UserError):
            self.promising.action_plan_now()

    def test_by_hand_from_the_segment(self):
        self.promising.playbook_active = False
        self._customers(100, 200)
        self._customers(50, user=self.ben)
        free = self._partner("Nobody's")
        self._invoice(10, "2026-06-10", partner_id=free.id)
        self._enter()
        manager = self._user("manager", "sales_team.group_sale_manager")
        with self._on("2026-06-25"):
            action = self.promising.with_user(manager).action_plan_now()
            Plan = self.env[action["res_model"]].with_user(manager)
            plan = Plan.with_context(**action["context"]).create({})
            self.assertEqual((plan.customer_count, plan.now_count), (4, 3))
            self.assertEqual(plan.later_count, 0)
            self.assertIn("Nobody to do it: 1.", plan.reasons)
            plan.action_plan()
            self.assertEqual(len(self._planned()), 3)
            plan.invalidate_recordset()
            self.assertEqual(plan.now_count, 0)
            # A salesperson is told of own customers and nobody's.
            own = Plan.with_user(self.ana).create({"segment_id": self.promising.id})
            self.assertEqual(own.customer_count, 3)

    def test_switching_off_clears_what_waits(self):
        self.scheme.playbook_limit = 1
        self._customers(100, 200)
        self._enter()
        self.assertEqual(len(self.Customer._playbook_waiting()), 1)
        self.promising.playbook_active = False
        self.assertFalse(self.Customer._playbook_waiting())

    def test_form(self):
        """One click on the form, where the activity is given."""
        ready = self.env.ref("crm_rfm.segment_at_risk")
        manager = self._user("form", "sales_team.group_sale_manager")
        ready.write({"activity_type_id": self.call.id})
        with Form(ready.with_user(manager)) as form:
            form.playbook_active = True
        self.assertTrue(ready.playbook_active)
        with self.assertRaises(AccessError):
            ready.with_user(self.ana).playbook_active = False

    def test_deadline_is_not_in_the_past(self):
        self.promising.activity_days = 0
        self._customers(100)
        self._enter()
        self.assertEqual(
            self._planned().date_deadline, Date.to_date("2026-06-25") + timedelta(0)
        )
