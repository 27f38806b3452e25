from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .kept_setup import KeptSetup


@tagged("post_install", "-at_install")
class TestQueue(KeptSetup, AccountTestInvoicingCommon):
    """Which events queue a customer, and how the queue is drained."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Queue = cls.env["crm.customer.queue"]
        cls.Customer = cls.env["crm.customer"]
        cls.env.cr.precommit.run()
        cls.Queue.search([]).sudo().unlink()

    def waiting(self):
        """Return the partners that this transaction would queue by its commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        partners = self.Queue.search([]).partner_id
        self.Queue.search([]).sudo().unlink()
        return partners

    def customer(self, partner):
        return self.Customer.search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.env.company.id)]
        )

    # ------------------------------------------------------------------
    # Events
    # ------------------------------------------------------------------

    def test_posting_drafting_cancelling(self):
        invoice = self.init_invoice("out_invoice", partner=self.partner_a, amounts=[10])
        self.assertNotIn(self.partner_a, self.waiting(), "a draft changes nothing")
        invoice.action_post()
        self.assertIn(self.partner_a, self.waiting())
        invoice.button_draft()
        self.assertIn(self.partner_a, self.waiting())
        invoice.button_cancel()
        self.assertIn(self.partner_a, self.waiting())

    def test_one_line_a_customer_and_transaction(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.partner_a.id, "type": "invoice"}
        )
        self.waiting()
        for partner in (self.partner_a, contact, contact):
            self.init_invoice("out_invoice", partner=partner, amounts=[10], post=True)
        self.env.flush_all()
        self.env.cr.precommit.run()
        lines = self.Queue.search([("partner_id", "=", self.partner_a.id)])
        self.assertEqual(len(lines), 1)

    def test_payment_and_reconciliation(self):
        invoice = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.waiting()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self.assertIn(self.partner_a, self.waiting())
        invoice.line_ids.remove_move_reconcile()
        self.assertIn(self.partner_a, self.waiting())

    def test_due_date_of_posted_item(self):
        invoice = self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.waiting()
        item = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        item.date_maturity = "2030-01-01"
        self.assertEqual(self.waiting(), self.partner_a)

    def test_order(self):
        order = self.env["sale.order"].create({"partner_id": self.partner_a.id})
        self.assertIn(self.partner_a, self.waiting())
        line = self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": self.product_a.id}
        )
        self.assertIn(self.partner_a, self.waiting())
        line.price_unit = 7
        self.assertIn(self.partner_a, self.waiting())
        order.action_confirm()
        self.assertIn(self.partner_a, self.waiting())
        order.partner_id = self.partner_b
        moved = self.waiting()
        self.assertIn(self.partner_a, moved, "it lost the order")
        self.assertIn(self.partner_b, moved, "it got the order")

    def test_opportunity_meeting_activity(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Deal",
                "type": "opportunity",
                "partner_id": self.partner_a.id,
            }
        )
        self.assertIn(self.partner_a, self.waiting())
        lead.action_set_won()
        self.assertIn(self.partner_a, self.waiting())
        self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": "2026-01-01 10:00:00",
                "stop": "2026-01-01 11:00:00",
                "partner_ids": [
                    (6, 0, (self.partner_b | self.env.user.partner_id).ids)
                ],
            }
        )
        met = self.waiting()
        self.assertIn(self.partner_b, met)
        self.assertNotIn(self.env.user.partner_id, met, "employees are no customers")
        activity = lead.activity_schedule("mail.mail_activity_data_call")
        self.waiting()
        activity.action_done()
        self.assertIn(self.partner_a, self.waiting())

    def test_partner(self):
        self.waiting()
        self.partner_a.comment = "Nothing that counts"
        self.assertFalse(self.waiting())
        self.partner_a.user_id = self.env.user
        self.assertEqual(self.waiting(), self.partner_a)
        self.partner_a.parent_id = self.partner_b
        self.assertEqual(self.waiting(), self.partner_b)

    # ------------------------------------------------------------------
    # Draining
    # ------------------------------------------------------------------

    def test_drain(self):
        self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertTrue(self.Queue._count_due())
        self.Queue._drain()
        self.assertFalse(self.Queue._count_due())
        self.assertEqual(self.customer(self.partner_a).revenue_total, 10)

    def test_failing_customer_stays_with_its_error(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {index}"} for index in range(5)]
        )
        for partner in partners:
            self.init_invoice("out_invoice", partner=partner, amounts=[10], post=True)
        self.env.flush_all()
        self.env.cr.precommit.run()
        bad = partners[2]
        self.env.cr.execute(
            SQL(
                "ALTER TABLE crm_customer ADD CONSTRAINT crm_customer_test_bad"
                " CHECK (partner_id <> %s)",
                bad.id,
            )
        )
        self.Queue._drain()
        left = self.Queue.search([("partner_id", "in", partners.ids)])
        self.assertEqual(left.partner_id, bad)
        self.assertIn("crm_customer_test_bad", left.error)
        self.assertEqual(left.attempts, 1)
        self.assertTrue(left.retry_at)
        for partner in partners - bad:
            self.assertEqual(self.customer(partner).revenue_total, 10)
        self.assertFalse(self.Queue._count_due(), "it waits for its next attempt")

        # The next change of a document is a reason to try at once.
        self.env.cr.execute(
            SQL("ALTER TABLE crm_customer DROP CONSTRAINT crm_customer_test_bad")
        )
        self.init_invoice("out_invoice", partner=bad, amounts=[5], post=True)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.Queue._drain()
        self.assertEqual(self.customer(bad).revenue_total, 15)
        self.assertFalse(self.Queue.search([("partner_id", "=", bad.id)]))

    def test_cron_drains(self):
        self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode():
            self.env.ref(
                "crm_customer360.ir_cron_refresh_queue"
            ).method_direct_trigger()
        self.assertEqual(self.customer(self.partner_a).revenue_total, 10)
        self.assertFalse(self.Queue.search([]))

    def test_cron_refreshes_everybody(self):
        self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode():
            self.env.ref("crm_customer360.ir_cron_refresh_all").method_direct_trigger()
        customer = self.customer(self.partner_a)
        self.assertEqual(customer.revenue_total, 10)
        self.assertTrue(customer.revenue_rank)
        self.assertTrue(self.env.company.customer_refreshed_at)
        self.assertFalse(self.Queue.search([]), "what waited has been seen")

    def test_cron_survives_a_bad_customer(self):
        """The nightly refresh hands over to the queue, which isolates the one."""
        for partner in self.partner_a | self.partner_b:
            self.init_invoice("out_invoice", partner=partner, amounts=[10], post=True)
        self.Customer._refresh()
        self.init_invoice("out_invoice", partner=self.partner_a, amounts=[5], post=True)
        self.init_invoice("out_invoice", partner=self.partner_b, amounts=[5], post=True)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE crm_customer ADD CONSTRAINT crm_customer_test_bad"
                " CHECK (partner_id <> %s OR revenue_total < 15)",
                self.partner_b.id,
            )
        )
        with (
            self.enter_registry_test_mode(),
            self.assertLogs("odoo.addons.crm_customer360", "WARNING"),
        ):
            self.env.ref("crm_customer360.ir_cron_refresh_all").method_direct_trigger()
            self.env.ref(
                "crm_customer360.ir_cron_refresh_queue"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.customer(self.partner_a).revenue_total, 15)
        self.assertEqual(self.customer(self.partner_b).revenue_total, 10)
        self.assertEqual(
            self.Queue.search([("error", "!=", False)]).partner_id, self.partner_b
        )

    def test_opening_refreshes(self):
        """The page shows what was posted a moment ago, though nothing was drained."""
        self.init_invoice(
            "out_invoice", partner=self.partner_a, amounts=[10], post=True
        )
        self.Customer._refresh(self.partner_a)
        customer = self.customer(self.partner_a)
        self.init_invoice("out_invoice", partner=self.partner_a, amounts=[5], post=True)
        self.assertEqual(customer.revenue_total, 10)
        [values] = customer.web_read({"revenue_total": {}})
        self.assertEqual(values["revenue_total"], 15)
