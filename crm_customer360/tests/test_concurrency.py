from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2

from odoo import api
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL


@tagged("post_install", "-at_install")
class TestConcurrency(TransactionCase):
    """Workers side by side, each with a transaction of its own that really commits.

    What they work on is committed too, and removed afterwards.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.worker() as env:
            partners = env["res.partner"].create(
                [
                    {"name": f"Concurrent {index}", "customer_rank": 1}
                    for index in range(6)
                ]
            )
            cls.partner_ids = partners.ids
            env.cr.precommit.clear()
        cls.addClassCleanup(cls.remove_partners)

    def setUp(self):
        super().setUp()
        with self.worker() as env:
            env.cr.execute(SQL("DELETE FROM crm_customer_queue"))
            self.queue(env, self.partner_ids)

    @classmethod
    def remove_partners(cls):
        with cls.worker() as env:
            env.cr.execute(SQL("DELETE FROM crm_customer_queue"))
            env["res.partner"].browse(cls.partner_ids).exists().unlink()
            env.cr.precommit.clear()

    @classmethod
    @contextmanager
    def worker(cls):
        """Give an environment with a transaction of its own, committed at the end."""
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {})

    def queue(self, env, partner_ids):
        env["crm.customer.queue"]._enqueue(env["res.partner"].browse(partner_ids))
        env.cr.precommit.run()

    def waiting(self):
        with self.worker() as env:
            return env["crm.customer.queue"].search([]).partner_id.ids

    def test_two_workers_never_take_the_same_customer(self):
        # Every customer stands twice in the queue.
        with self.worker() as env:
            self.queue(env, self.partner_ids)
        with self.worker() as one, self.worker() as two:
            first = one["crm.customer.queue"]._claim(4)
            second = two["crm.customer.queue"]._claim(4)
            self.assertEqual(len(first), 4)
            self.assertEqual(len(second), 2, "what the first worker left")
            self.assertEqual(set(first) | set(second), set(self.partner_ids))
        self.assertCountEqual(
            self.waiting(), self.partner_ids, "claiming alone removes nothing"
        )

    def test_two_workers_drain_at_once(self):
        with self.worker() as one, self.worker() as two:
            # Neither waits for the other: a lock would raise at once.
            for env in (one, two):
                env.cr.execute(SQL("SET LOCAL lock_timeout = '1s'"))
            self.assertEqual(one["crm.customer.queue"]._drain(4), 4)
            self.assertEqual(two["crm.customer.queue"]._drain(4), 2)
        self.assertFalse(self.waiting())
        with self.worker() as env:
            rows = env["crm.customer"].search([("partner_id", "in", self.partner_ids)])
            roots = env["res.company"].search([("parent_id", "=", False)])
            self.assertEqual(len(rows), 6 * len(roots))

    def test_a_change_during_the_refresh_is_not_lost(self):
        partner_id = self.partner_ids[0]
        with self.worker() as draining:
            draining["crm.customer.queue"]._claim(6)
            with self.worker() as posting:
                self.queue(posting, [partner_id])
            self.assertEqual(draining["crm.customer.queue"]._drain(6), 6)
        self.assertEqual(self.waiting(), [partner_id], "what came meanwhile stays")

    def test_a_late_worker_sees_the_work_as_done(self):
        """It had its snapshot before the other committed: it may not do it twice."""
        with self.worker() as late:
            late.cr.execute(SQL("SELECT 1"))  # takes the snapshot
            with self.worker() as env:
                self.assertEqual(env["crm.customer.queue"]._drain(6), 6)
            with (
                self.assertLogs("odoo.sql_db", "ERROR"),
                self.assertRaises(psycopg2.errors.SerializationFailure),
            ):
                late["crm.customer.queue"]._claim(6)
            late.cr.rollback()
            self.assertFalse(late["crm.customer.queue"]._claim(6))

    def test_refresh_and_event_at_the_same_moment(self):
        """A posting only inserts; it neither waits for a refresh nor fails."""
        partner_id = self.partner_ids[0]
        with self.worker() as refreshing:
            partner = refreshing["res.partner"].browse(partner_id)
            refreshing["crm.customer"]._refresh(partner)
            with self.worker() as posting:
                posting.cr.execute(SQL("SET LOCAL lock_timeout = '1s'"))
                posting["res.partner"].browse(partner_id).comment = "changed"
                self.queue(posting, [partner_id])
            refreshing.cr.execute(SQL("SELECT 1"))
        self.assertIn(partner_id, self.waiting())

    def test_cron_goes_on_when_another_worker_was_faster(self):
        """Many workers at once: every customer is refreshed, none fails."""

        def drain(_index):
            with self.worker() as env:
                env["crm.customer.queue"]._cron_drain()

        with ThreadPoolExecutor(3) as executor:
            list(executor.map(drain, range(3)))
        self.assertFalse(self.waiting())

    def test_one_full_refresh_at_a_time(self):
        def refreshed_at():
            with self.worker() as env:
                company = env["res.company"].search([], limit=1)
                company.customer_refreshed_at = False
                env.cr.commit()
                env["crm.customer"]._cron_refresh_all()
                return company.customer_refreshed_at

        with self.worker() as running:
            running.cr.execute(
                SQL("SELECT pg_advisory_lock(hashtext('crm_customer.refresh'))")
            )
            self.assertFalse(refreshed_at(), "another worker is at it")
            running.cr.execute(
                SQL("SELECT pg_advisory_unlock(hashtext('crm_customer.refresh'))")
            )
        self.assertTrue(refreshed_at())

    def test_full_refresh_leaves_newer_rows_alone(self):
        """A row that an event refreshed since the read began is newer."""
        partner_id = self.partner_ids[0]
        with self.worker() as env:
            env["crm.customer"]._refresh(env["res.partner"].browse(partner_id))
        with self.worker() as nightly:
            began = nightly["crm.customer"]._now()
            nightly.cr.execute(
                SQL(
                    "UPDATE crm_customer SET revenue_total = 1 WHERE partner_id = %s",
                    partner_id,
                )
            )
            nightly.cr.commit()
            nightly["crm.customer"]._refresh_read()  # wants to set it back to 0
            nightly.cr.commit()
            with self.worker() as event:
                event.cr.execute(
                    SQL(
                        "UPDATE crm_customer SET revenue_total = 2, computed_at = %s"
                        " WHERE partner_id = %s",
                        event["crm.customer"]._now(),
                        partner_id,
                    )
                )
            written = nightly["crm.customer"]._refresh_write(began, 1, 1_000_000)
            self.assertEqual(written, 0)
            rows = nightly["crm.customer"].search([("partner_id", "=", partner_id)])
            self.assertEqual(set(rows.mapped("revenue_total")), {2})
