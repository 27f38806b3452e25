from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import CustomerCommon

SELLER = "sales_team.group_sale_salesman"
MANAGER = "sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestHandover(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver = cls._user("leaver")
        cls.heir = cls._user("heir")
        cls.customer.write({"customer_rank": 1, "company_id": cls.company.id})

    @classmethod
    def _user(cls, login, groups=SELLER):
        return new_test_user(
            cls.env,
            login=login,
            name=login.capitalize(),
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _handover(self, user=None):
        row = self._row()
        self.env.invalidate_all()
        if user:
            row = row.with_user(user).with_company(self.company)
        return row

    def _tracked(self, partner, user, moment):
        """Change the salesperson, as from the form, at a moment."""
        partner = partner.with_context(tracking_disable=False, mail_notrack=False)
        messages = partner.message_ids
        partner.user_id = user
        self.env.flush_all()
        self.cr.flush()
        partner.invalidate_recordset(["message_ids"])
        message = partner.message_ids - messages
        self.assertEqual(len(message), 1)
        message.date = moment

    def _customer_of(self, user):
        partner = (
            self.env["res.partner"]
            .with_context(tracking_disable=False, mail_notrack=False)
            .create({"name": "Handed over", "user_id": user.id, "customer_rank": 1})
        )
        self.env.flush_all()
        self.cr.flush()
        partner.company_id = self.company
        self.customer = partner
        return partner

    def _periods(self, row):
        return [
            (
                period["name"],
                period["left"],
                (period["from"] or "")[:10],
                (period["to"] or "")[:10],
            )
            for period in row.owner_history or []
        ]

    def test_owner_history(self):
        """The leaver until March, nobody until May, then the heir."""
        partner = self._customer_of(self.leaver)
        made = str(partner.create_date)[:10]
        self._tracked(partner, False, "2026-03-31 16:00:00")
        self._tracked(partner, self.heir, "2026-05-04 08:00:00")
        self.leaver.active = False
        row = self._handover(self.heir)
        self.assertEqual(
            self._periods(row),
            [
                ("Heir", False, "2026-05-04", ""),
                (False, False, "2026-03-31", "2026-05-04"),
                ("Leaver", True, made, "2026-03-31"),
            ],
        )
        self.assertEqual(row.owner_history[2]["user_id"], self.leaver.id)

    def test_owner_never_changed(self):
        partner = self._customer_of(self.leaver)
        made = str(partner.create_date)[:10]
        self.assertEqual(self._periods(self._handover()), [("Leaver", False, made, "")])
        self.customer = self._customer_of(self.env["res.users"])
        self.assertEqual(self._periods(self._handover()), [])

    def test_owner_changed_without_a_trace(self):
        """As by an import: the present one is known, not since when."""
        partner = self._customer_of(self.leaver)
        self._tracked(partner, False, "2026-03-31 16:00:00")
        partner.with_context(tracking_disable=True).user_id = self.heir
        self.env.flush_all()
        self.assertEqual(
            [period[0] for period in self._periods(self._handover())],
            ["Heir", False, "Leaver"],
        )
        self.assertFalse(self._handover().owner_history[0]["from"])

    def _note(self, document, text, author, moment, **vals):
        message = document.with_user(author).message_post(
            body=text, message_type="comment", subtype_xmlid="mail.mt_note", **vals
        )
        message.sudo().date = moment
        return message

    def _texts(self, row):
        return [message["text"] for message in row.last_messages or []]

    def test_messages(self):
        """Notes of one who left, on the customer, a contact, an order and a lead."""
        child = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.customer.id}
        )
        order = self._order(100, "2026-05-03", user_id=self.leaver.id)
        lead = self._opportunity(500, user_id=self.leaver.id)
        admin = self.env.user
        self._note(
            self.customer, "Calls before ten", self.leaver, "2026-05-01 10:00:00"
        )
        self._note(child, "Signs for Ada", admin, "2026-05-02 10:00:00")
        self._note(order, "Half in June", self.leaver, "2026-05-03 10:00:00")
        self._note(lead, "Wants a discount", self.leaver, "2026-05-04 10:00:00")
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self._note(stranger, "Not theirs", admin, "2026-05-05 10:00:00")
        self.leaver.active = False
        manager = self._user("handover_manager", MANAGER)
        row = self._handover(manager)
        self.assertEqual(
            self._texts(row),
            ["Wants a discount", "Half in June", "Signs for Ada", "Calls before ten"],
        )
        first, second = row.last_messages[:2]
        self.assertEqual(first["author"], "Leaver")
        self.assertTrue(first["left"])
        self.assertEqual(first["kind"], "note")
        self.assertEqual(second["document"], order.name)
        self.assertEqual((second["model"], second["res_id"]), (order._name, order.id))
        self.assertFalse(row.last_messages[2]["left"])

    def test_messages_are_few_and_short(self):
        for number in range(12):
            self._note(
                self.customer,
                f"Note {number} " + "word " * 200,
                self.env.user,
                f"2026-05-{number + 1:02} 10:00:00",
            )
        texts = self._texts(self._handover())
        self.assertEqual(len(texts), 10)
        self.assertTrue(texts[0].startswith("Note 11 word"))
        self.assertTrue(texts[0].endswith("…"))
        self.assertLessEqual(len(texts[0]), 280)

    def test_feedback_of_an_activity(self):
        activity = self.customer.activity_schedule("mail.mail_activity_data_call")
        activity.action_feedback(feedback="Likes blue")
        [message] = self._handover().last_messages
        self.assertEqual(message["kind"], "activity")
        self.assertIn("Likes blue", message["text"])

    def test_messages_of_other_people_s_documents(self):
        """A salesperson with own documents does not read the colleague's orders."""
        colleague = self._user("handover_colleague")
        order = self._order(100, "2026-05-03", user_id=colleague.id)
        self._note(order, "Secret price", colleague, "2026-05-03 10:00:00")
        self._note(self.customer, "For all", colleague, "2026-05-02 10:00:00")
        self.assertEqual(self._texts(self._handover(self.heir)), ["For all"])
        self.assertEqual(
            self._texts(self._handover(colleague)), ["Secret price", "For all"]
        )

    def test_contacts(self):
        """Those last in touch first; addresses and archived ones aside."""
        self.customer.phone = False
        quiet, met, ordered, _address, gone = self.env["res.partner"].create(
            [
                {"name": "Quiet", "parent_id": self.customer.id},
                {
                    "name": "Met",
                    "parent_id": self.customer.id,
                    "function": "Buyer",
                    "phone": "123",
                    "email": "met@example.com",
                },
                {"name": "Ordered", "parent_id": self.customer.id},
                {"name": "Dock", "parent_id": self.customer.id, "type": "delivery"},
                {"name": "Gone", "parent_id": self.customer.id, "active": False},
            ]
        )
        self._meeting("2026-06-01 08:00:00", "2026-06-01 09:00:00", met + gone)
        self._meeting("2026-07-01 08:00:00", "2026-07-01 09:00:00", quiet)
        self._order(100, "2026-05-03", partner_id=ordered.id)
        contacts = self._handover().contact_summary
        self.assertEqual(
            [(contact["name"], contact["date"]) for contact in contacts],
            [
                ("Met", "2026-06-01 08:00:00"),
                ("Ordered", "2026-05-03 12:00:00"),
                ("Quiet", False),
            ],
        )
        self.assertEqual(
            contacts[0],
            {
                "id": met.id,
                "name": "Met",
                "function": "Buyer",
                "phone": "123",
                "email": "met@example.com",
                "date": "2026-06-01 08:00:00",
            },
        )

    def test_a_person_is_its_own_contact(self):
        self.customer.is_company = False
        self._order(100, "2026-05-03")
        [contact] = self._handover().contact_summary
        self.assertEqual(contact["name"], "Customer")

    def test_a_colleague_s_customer(self):
        self.customer.user_id = self.leaver
        self._order(100, "2026-05-03")
        with self.assertRaises(AccessError):
            self._handover(self.heir).read(["owner_history"])
