from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestPlaybook(RfmCommon):
    """Own cut points: recency alone decides, so that a customer moves when it should.

    Score 5 within 10 days, 4 within 30, 3 within 60, 2 within 90; one purchase is
    frequency 1: *New customers* (R 5), *Promising* (R 4), *About to sleep* (R 3),
    *Hibernating* (R 1–2).
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.scheme.write(
            {
                "method": "cutpoint",
                "cut_ids": [
                    (
                        0,
                        0,
                        {
                            "score": score,
                            "recency_max": days,
                            "frequency_min": score * 10,
                            "monetary_min": score * 1000,
                        },
                    )
                    for score, days in ((5, 10), (4, 30), (3, 60), (2, 90))
                ],
            }
        )
        cls.Activity = cls.env["mail.activity"]
        cls.ana, cls.ben = (
            cls._user(name, "sales_team.group_sale_salesman") for name in ("ana", "ben")
        )
        cls.promising = cls.env.ref("crm_rfm.segment_promising")
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.promising.write(
            {
                "activity_type_id": cls.call.id,
                "activity_summary": "Introduce the range",
                "activity_days": 5,
                "playbook_active": True,
            }
        )

    @classmethod
    def _user(cls, name, group, **vals):
        return new_test_user(
            cls.env,
            login=f"playbook_{name}",
            groups=f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
            **vals,
        )

    def _customers(self, *amounts, user=None):
        """Customers who bought on 10 June, 5 days ago: R 5, *New customers*."""
        partners = self.env["res.partner"]
        for amount in amounts:
            partner = self._partner(f"Bought {amount}", user_id=(user or self.ana).id)
            self._invoice(amount, "2026-06-10", partner_id=partner.id)
            partners |= partner
        self.Customer._refresh()
        return partners

    def _enter(self, day="2026-06-25"):
        """15 days after the purchase: R 4, *Promising*."""
        with self._on(day):
            self.Customer._refresh()
            return self._run(day)

    def _run(self, day):
        with self._on(day):
            return self.Customer._playbook_waiting()._playbook_plan()

    def _planned(self, **domain):
        return self.Activity.search(
            [("rfm_segment_id", "!=", False)]
            + [(name, "=", value) for name, value in domain.items()],
            order="id",
        )

    # -- entering

    def test_entering_plans_once(self):
        [partner] = self._customers(100)
        self.assertFalse(self._planned(), "The first scoring enters nobody")
        self._enter()
        activity = self._planned()
        self.assertEqual(activity.res_model, "res.partner")
        self.assertEqual(activity.res_id, partner.id)
        self.assertEqual(activity.user_id, self.ana)
        self.assertEqual(activity.activity_type_id, self.call)
        self.assertEqual(activity.summary, "Introduce the range")
        self.assertEqual(str(activity.date_deadline), "2026-06-30")
        self.assertEqual(activity.rfm_segment_id, self.promising)
        for words in (
            "In the segment Promising since 06/25/2026, before that in New customers.",
            "Last purchase 15 days ago; purchases in 12 months: 1, for",
            "100.00",
            "recency 4, frequency 1, amount 1; 5 is best",
        ):
            self.assertIn(words, activity.note)
        # Nothing waits, and tomorrow nothing is planned again.
        self.assertFalse(self.Customer._playbook_waiting())
        self._enter("2026-06-26")
        self.assertEqual(self._planned(), activity)

    def test_no_second_one_while_open(self):
        """It leaves and comes back: a second activity only when the first is done."""
        [partner] = self._customers(100)
        self._enter()
        [first] = self._planned()
        self._invoice(50, "2026-06-28", partner_id=partner.id)
        self._enter("2026-06-28")
        self.assertEqual(self._stored(partner).rfm_r, 5)
        self._enter("2026-07-10")  # 12 days later it is promising again
        self.assertEqual(self._stored(partner).rfm_segment_id, self.promising)
        self.assertEqual(self._planned(), first)
        first.action_done()
        self._invoice(50, "2026-07-12", partner_id=partner.id)
        self._enter("2026-07-12")
        self._enter("2026-07-25")
        self.assertEqual(len(self._planned() - first), 1)

    def test_off_until_switched_on(self):
        fresh = self.grid.copy({"name": "Copy"}).segment_ids
        self.assertIn(True, fresh.mapped("playbook_active"))
        ready = self.env.ref("crm_rfm.segment_champions_cube")
        self.assertTrue(ready.activity_type_id)
        self.assertFalse(ready.playbook_active)
        self.promising.playbook_active = False
        [partner] = self._customers(100)
        self._enter()
        self.assertFalse(self._planned())
        # Switched on later, it does not reach back.
        self.promising.playbook_active = True
        self._enter("2026-06-26")
        self.assertFalse(self._planned())
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            with self.cr.savepoint():
                self.promising.activity_type_id = False

    def test_changed_rules_and_history_are_no_entries(self):
        self._customers(100)
        with self._on("2026-06-12"):
            # Score 5 within 1 day only, 2 days after the purchase: R 4 by the new rules
            self.scheme.cut_ids.filtered(lambda cut: cut.score == 5).recency_max = 1
            self.Customer._refresh()
        moves = self.Movement.search([("company_id", "=", self.company.id)])
        self.assertEqual(
            (moves.cause, moves.to_id), ("rules", self.promising), "It did enter"
        )
        self._run("2026-06-12")
        self.assertFalse(self._planned())
        self.cr.execute("UPDATE crm_rfm_movement SET cause = 'history'")
        self.Customer._playbook_note(0)
        self.assertFalse(self.Customer._playbook_waiting())
        self.cr.execute("UPDATE crm_rfm_movement SET cause = 'data'")
        self.Customer._playbook_note(0)
        self.assertEqual(len(self.Customer._playbook_waiting()), 1)

    def test_cron(self):
        cron = self.env.ref("crm_rfm.ir_cron_playbook")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self._customers(100)
        with self._on("2026-06-25"):
            self.Customer._refresh()
            triggered = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertEqual(len(triggered - triggers), 1)
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual(len(self._planned()), 1)

    # -- who does it

    def test_daily_limit(self):
        """Two a day: 900 and 700 today, 500 and 300 tomorrow; 100 has left by then."""
        self.scheme.playbook_limit = 2
        partners = self._customers(300, 900, 500, 700, 100)
        self._customers(50, user=self.ben)
        self._enter()
        self.assertEqual(
            self._planned(user_id=self.ana.id).mapped("res_id"),
            [partners[1].id, partners[3].id],
        )
        self.assertEqual(len(self._planned(user_id=self.ben.id)), 1)
        self.assertEqual(len(self.Customer._playbook_waiting()), 3)
        # The rest of the day nothing more, even with what was planned done.
        self._planned(res_id=partners[1].id).action_done()
        result = self._run("2026-06-25")
        self.assertFalse(result["now"])
        self.assertEqual(len(result["later"]), 3)
        self._invoice(1, "2026-06-26", partner_id=partners[4].id)
        self._enter("2026-06-26")
        self.assertEqual(
            self._planned(user_id=self.ana.id).mapped("res_id"),
            [partners[3].id, partners[2].id, partners[0].id],
        )
        self.assertFalse(self.Customer._playbook_waiting())

    def test_limit_is_positive(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            with self.cr.savepoint():
                self.scheme.playbook_limit = 0

    def test_who(self):
        """Salesperson, else the segment's user, else nobody, who waits and is told."""
        gone = self._user("gone", "sales_team.group_sale_salesman")
        free = self._partner("Nobody's")
        self._invoice(10, "2026-06-10", partner_id=free.id)
        [left] = self._customers(20, user=gone)
        [own] = self._customers(30)
        gone.active = False
        result = self._enter()
        self.assertEqual(self._planned().mapped("res_id"), own.ids)
        self.assertEqual(result["nobody"].partner_id, free | left)
        waiting = self.promising.playbook_waiting
        self.assertIn("Waiting for their activity: 2.", waiting)
        self.assertIn("Nobody to do it: 2.", waiting)
        # Ben sees nobody's customers, and is now asked.
        self.promising.activity_user_id = self.ben
        self._run("2026-06-25")
        self.assertEqual(self._planned(user_id=self.ben.id).mapped("res_id"), free.ids)
        # Not the one whose salesperson is another: he may not see it. A manager may.
        self.assertEqual(self.Customer._playbook_waiting().partner_id, left)
        self.promising.activity_user_id = self._user(
            "boss", "sales_team.group_sale_manager"
        )
        self._run("2026-06-25")
        self.assertFalse(self.Customer._playbook_waiting())

    def test_fixed_user(self):
        boss = self._user("fixed", "sales_team.group_sale_manager")
        self.promising.write({"activity_user": "user", "activity_user_id": boss.id})
        self._customers(100)
        self._enter()
        self.assertEqual(self._planned().user_id, boss)

    def test_no_leak(self):
        """Neither an employee without sales, nor a user of another company."""
        other = self._create_company(name="Other")
        foreign = new_test_user(
            self.env,
            login="playbook_foreign",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        clerk = self._user("clerk", "base.group_user")
        portal = new_test_user(
            self.env, login="playbook_portal", groups="base.group_portal"
        )
        for user in (foreign, clerk, portal):
            with self.subTest(user.login):
                self._customers(100, user=user)
        self._enter()
        self.assertFalse(self._planned())
        self.assertEqual(len(self.Customer._playbook_waiting()), 3)

    def test_archived_customer(self):
        [partner] = self._customers(100)
        partner.active = False
        self._enter()
        self.assertFalse(self._planned())
        self.assertFalse(self.Customer._playbook_waiting())

    def test_one_failure_does_not_stop_the_others(self):
        self._customers(100)
        self._customers(50, user=self.ben)
        with self._on("2026-06-25"):
            self.Customer._refresh()
            original = type(self.Customer)._playbook_values

            def values(customers, user):
                if user == self.ana:
                    raise ValueError("broken")
                return original(customers, user)

            self.patch(type(self.Customer), "_playbook_values", values)
            with mute_logger("odoo.addons.crm_rfm.models.crm_rfm_playbook"):
                self.Customer._playbook_waiting()._playbook_plan()
        self.assertEqual(self._planned().user_id, self.ben)
        self.assertEqual(len(self.Customer._playbook_waiting()), 1)

    def test_queries_do_not_grow(self):
        """Three customers or thirty: as many queries, but for the rows written."""
        self.scheme.playbook_limit = 1000

        def queries(count):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"Q {index}", "user_id": self.ana.id}
                    for index in range(count)
                ]
            )
            for partner in partners:
                self._invoice(10, "2026-06-10", partner_id=partner.id)
            self.Customer._refresh()
            with self._on("2026-06-25"):
                self.Customer._refresh()
                waiting = self.Customer._playbook_waiting()
                self.assertEqual(len(waiting), count)
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                result = waiting._playbook_sort()
                self.assertEqual(len(result["now"][self.ana]), count)
                result["now"][self.ana]._playbook_values(self.ana)
                asked = self.cr.sql_log_count - before
            with self._on("2026-06-26"):
                waiting.rfm_playbook_id = False
            return asked

        few = queries(3)
        # The day of the first ones is over: they are promising and wait for nothing.
        self.assertLessEqual(queries(30), few + 3)

    # -- by hand

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
            self.assertEqual(
                self.Customer._playbook_waiting().partner_id, partners[0]
            )
            again = rows.with_user(self.ana).action_plan_playbook()["params"]
            self.assertIn("With an open activity of this playbook: 2.", again["message"])
        self._run("2026-06-26")
        self.assertEqual(len(self._planned()), 3)
        # Who may not see the customers cannot plan for them.
        with self.assertRaises(AccessError):
            rows.with_user(self.ben).action_plan_playbook()
        with self.assertRaises(AccessError):
            rows.with_user(self._user("no", "base.group_user")).action_plan_playbook()

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
