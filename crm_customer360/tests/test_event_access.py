from odoo.exceptions import AccessError, MissingError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .event_common import EventCommon

SELLER = "sales_team.group_sale_salesman"
READONLY = "account.group_account_readonly"
MANAGER = "sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestEventAccess(EventCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        user = cls._user(cls, "event_seller", SELLER)
        cls.seller = user
        cls.colleague = cls._user(cls, "event_colleague", SELLER)

    def _documents(self):
        """An order and an invoice of each salesperson, an opportunity, a payment."""
        for user, amount in ((self.seller, 100), (self.colleague, 200)):
            self._order(amount, "2026-05-03", user_id=user.id)
            self._invoice(amount, "2026-05-04", invoice_user_id=user.id)
            lead = self._opportunity(amount, user_id=user.id)
            self._made(lead, "2026-05-08 10:00:00")
            self._activity(lead, "2026-05-09")
            self._rating(lead, 5, "2026-05-10")
        self._payment(70, "2026-05-06")

    def test_salesperson_sees_own_documents(self):
        self._documents()
        events = self._events(self.seller)
        self.assertEqual(
            events.mapped("kind"),
            ["order", "invoice", "opportunity", "activity", "rating"],
        )
        self.assertEqual(set(events.mapped("amount")), {0, 100})
        theirs = self._events(self.colleague) - events
        self.assertEqual(len(theirs), 5)
        self.env.invalidate_all()
        with self.assertRaises(MissingError):
            theirs.with_user(self.seller).mapped("name")

    def test_accountant_has_no_pipeline(self):
        """Nor what was done and rated there."""
        self._documents()
        accountant = self._user("event_accountant", READONLY)
        self.assertFalse(
            self.env["crm.lead"].with_user(accountant).has_access("read"),
            "Otherwise this test tells nothing",
        )
        kinds = self._events(accountant).mapped("kind")
        self.assertFalse({"opportunity", "activity", "rating"} & set(kinds))
        self.assertEqual(kinds.count("invoice"), 2)
        self.assertEqual(kinds.count("payment"), 1)

    def test_manager_sees_all(self):
        self._documents()
        manager = self._user("event_manager", f"{MANAGER},{READONLY}")
        self.assertEqual(len(self._events(manager)), 11)

    def test_employee_and_portal_see_nothing(self):
        self._order(100, "2026-05-03")
        for groups in ("base.group_user", "base.group_portal"):
            user = self._user(f"event_{groups}", groups)
            with self.assertRaises(AccessError):
                self._events(user)
            with self.assertRaises(AccessError):
                self._timeline(user)

    def test_other_company_s_lines(self):
        self._order(100, "2026-05-03")
        events = self._events()
        stranger = new_test_user(
            self.env,
            login="event_stranger",
            groups=MANAGER,
            company_id=self.env["res.company"].create({"name": "Elsewhere"}).id,
        )
        Event = self.env["crm.customer.event"].with_user(stranger)
        self.assertFalse(Event.search([("partner_id", "=", self.customer.id)]))
        self.assertFalse(Event.get_timeline(self._row().id)["kinds"])
        self.env.invalidate_all()
        with self.assertRaises(MissingError):
            events.with_user(stranger).mapped("amount")

    def _secret(self, **vals):
        """A meeting of the colleague with the customer."""
        self._invoice(1, "2026-05-01")
        partners = self.customer + self.colleague.partner_id
        return (
            self.env["calendar.event"]
            .with_user(self.colleague)
            .create(
                {
                    "name": "Secret",
                    "start": "2026-05-07 08:00:00",
                    "stop": "2026-05-07 09:00:00",
                    "partner_ids": [Command.set(partners.ids)],
                    **vals,
                }
            )
        )

    def _subjects(self, user):
        """What the user reads, as in a request of its own."""
        self.env.invalidate_all()
        return self._events(user, kind="meeting").mapped("name")

    def test_private_meeting_is_busy(self):
        self._secret(privacy="private")
        self.assertEqual(self._subjects(self.seller), ["Busy"])
        [meeting] = self._timeline(self.seller, kinds=["meeting"])["events"]
        self.assertEqual(meeting["name"], "Busy")
        self.assertFalse(self._events(self.seller, name="Secret"))
        self.assertTrue(self._events(self.colleague, name="Secret"))
        self.assertEqual(self._subjects(self.colleague), ["Secret"])

    def test_private_by_the_organizer_s_default(self):
        meeting = self._secret()
        self.assertEqual(self._subjects(self.seller), ["Secret"])
        self.colleague.with_user(self.colleague).calendar_default_privacy = "private"
        self.assertEqual(self._subjects(self.seller), ["Busy"])
        meeting.with_user(self.colleague).privacy = "public"
        self.assertEqual(self._subjects(self.seller), ["Secret"])

    def test_private_meeting_of_a_participant(self):
        meeting = self._secret(privacy="private")
        meeting.with_user(self.colleague).partner_ids += self.seller.partner_id
        self.assertEqual(self._subjects(self.seller), ["Secret"])

    def test_context_of_a_caller_is_no_scope(self):
        """Whatever a client sends under our key, the lines are the same."""
        self._order(100, "2026-05-03")
        row = self._row()
        Event = self.env["crm.customer.event"].with_context(
            customer_detail_scope="TRUE) OR (TRUE"
        )
        self.assertEqual(len(Event.search([("customer_id", "=", row.id)])), 1)
        self.assertTrue(Event.search_count([]))
