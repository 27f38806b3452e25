from psycopg2 import IntegrityError, OperationalError

from odoo.tests import new_test_user, tagged
from odoo.tools import convert_file, mute_logger

from .playbook_common import PlaybookCommon


@tagged("post_install", "-at_install")
class TestPlaybook(PlaybookCommon):
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

    def test_ready_made_playbooks(self):
        """As a fresh database has them: every segment has one, and all are off."""
        for name in ("grid", "cube"):
            file = f"data/crm_rfm_segment_{name}.xml"
            convert_file(self.env, "crm_rfm", file, {}, mode="init", noupdate=True)
        segments = (self.grid + self.cube).segment_ids - self.promising
        self.assertEqual(len(segments), 20)
        self.assertFalse(segments.filtered(lambda row: not row.activity_type_id))
        self.assertFalse(segments.filtered(lambda row: not row.activity_summary))
        self.assertFalse(segments.filtered("playbook_active"))
        lose = self.env.ref("crm_rfm.segment_cant_lose_them")
        self.assertEqual((lose.activity_type_id, lose.activity_days), (self.call, 1))

    def test_off_until_switched_on(self):
        fresh = self.grid.copy({"name": "Copy"}).segment_ids
        self.assertIn(True, fresh.mapped("playbook_active"))
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
                result = self.Customer._playbook_waiting()._playbook_plan()
        self.assertEqual(self._planned().user_id, self.ben)
        self.assertEqual(len(self.Customer._playbook_waiting()), 1)
        self.assertEqual(list(result["now"]), [self.ben])
        # Somebody is there to do it: that is another trouble.
        self.assertEqual(result["failed"].user_id, self.ana)
        self.assertFalse(result["nobody"])

    def test_one_bad_customer_does_not_stop_the_others(self):
        good, bad = self._customers(100, 200)
        original = type(self.Customer)._playbook_values
        error = ValueError("broken")

        def values(customers, user):
            if bad in customers.partner_id:
                raise error
            return original(customers, user)

        with self._on("2026-06-25"):
            self.Customer._refresh()
            self.patch(type(self.Customer), "_playbook_values", values)
            rows = self.Customer._playbook_waiting().sudo(False)
            with mute_logger("odoo.addons.crm_rfm.models.crm_rfm_playbook"):
                message = rows.action_plan_playbook()["params"]["message"]
            self.assertIn("Activities planned: 1.", message)
            self.assertIn("Not planned because of an error: 1.", message)
            self.assertEqual(self._planned().res_id, good.id)
            self.assertEqual(self.Customer._playbook_waiting().partner_id, bad)
            # Picked by hand, without having waited, it waits now, as is said.
            self.Customer._playbook_waiting().rfm_playbook_id = False
            with mute_logger("odoo.addons.crm_rfm.models.crm_rfm_playbook"):
                rows.action_plan_playbook()
            self.assertEqual(self.Customer._playbook_waiting().partner_id, bad)
            # What is to be tried again as a whole is no customer's fault.
            error = OperationalError("serialization")
            with self.assertRaises(OperationalError):
                self.Customer._playbook_waiting()._playbook_plan()

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
                # Back on 15 June, the first ones have entered once more.
                self.assertGreaterEqual(len(waiting), count)
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                result = waiting._playbook_sort()
                self.assertEqual(len(result["now"][self.ana]), len(waiting))
                result["now"][self.ana]._playbook_values(self.ana)
                asked = self.cr.sql_log_count - before
            return asked

        few = queries(3)
        self.assertLessEqual(queries(30), few + 3)
