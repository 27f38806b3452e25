from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .test_behaviour import BehaviourCommon


@tagged("post_install", "-at_install")
class TestBehaviourNotes(BehaviourCommon):
    """Quotations lost, and notes of salespeople."""

    def test_quotation(self):
        order = self._order(100, "2026-05-01", confirm=False)
        with self._on("2026-05-03"):
            asked = order.with_context(ask_lost_reason=True).action_cancel()
        self.assertEqual(order.state, "cancel", "Cancelled, whatever is answered")
        self.assertEqual(self._class(days=120, r=3), "fairly_loyal")
        wizard = self.env[asked["res_model"]].with_context(**asked["context"])
        wizard.create({"lost_reason_id": self.reason.id}).action_save()
        self.assertEqual(order.lost_reason_id, self.reason)
        self.assertEqual(str(order.lost_date), "2026-05-03 12:00:00")
        self.assertEqual(self._class(days=120, r=3), "competitor")
        self.assertIn(
            f"Quotation {order.name} lost on 05/03/2026 for “Competitor price”",
            self.row.loyalty_class_words,
        )
        order.action_draft()
        self.assertFalse(order.lost_reason_id)
        self.assertEqual(self._class(days=120, r=3), "fairly_loyal")

    def test_reason_found_later(self):
        """An order cancelled before the window is no evidence of today."""
        orders = self._order(1, "2024-05-01") + self._order(2, "2024-05-01")
        orders.action_cancel()
        orders.flush_recordset()
        # As those of before the installation.
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET lost_date = NULL,"
                " write_date = '2024-05-03 12:00:00' WHERE id = ANY(%s)",
                orders.ids,
            )
        )
        orders.invalidate_recordset()
        orders[0].lost_reason_id = self.reason
        self.assertEqual(str(orders[0].lost_date), "2024-05-03 12:00:00")
        self.env["sale.order"]._note_lost_before()
        self.assertEqual(str(orders[1].lost_date), "2024-05-03 12:00:00")
        self.assertEqual(str(orders[1].write_date), "2024-05-03 12:00:00")
        orders[1].lost_reason_id = self.reason
        self.assertEqual(str(orders[1].lost_date), "2024-05-03 12:00:00")
        # Loaded from elsewhere.
        self._order(
            3,
            "2024-05-02",
            confirm=False,
            state="cancel",
            lost_reason_id=self.reason.id,
        )
        self.assertEqual(self._class(days=120, r=3), "fairly_loyal")

    def test_nothing_asked(self):
        """By other code, and of an order that was confirmed, nothing is asked."""
        order = self._order(100, "2026-05-01", confirm=False)
        self.assertIs(order.action_cancel(), True)
        order = self._order(100, "2026-05-01")
        self.assertIs(order.with_context(ask_lost_reason=True).action_cancel(), True)

    def test_not_for_the_customer(self):
        """Whoever may read the order in the portal does not read why it was lost."""
        order = self._order(100, "2026-05-01", confirm=False)
        order.action_cancel()
        order.lost_reason_id = self.reason
        portal = new_test_user(
            self.env, "voice_portal", "base.group_portal", company_id=self.company.id
        )
        portal.partner_id.parent_id = self.customer
        order.message_subscribe(portal.partner_id.ids)
        order = order.with_user(portal)
        self.assertEqual(order.read(["name"])[0]["name"], order.name)
        for name in ("lost_reason_id", "lost_date"):
            with self.assertRaises(AccessError):
                order.read([name])

    def test_many_quotations(self):
        orders = self._order(1, "2026-05-01", confirm=False)
        orders += self._order(2, "2026-05-01")
        wizard = self.env["sale.mass.cancel.orders"].create(
            {"sale_order_ids": orders.ids, "lost_reason_id": self.reason.id}
        )
        wizard.action_mass_cancel()
        self.assertEqual(set(orders.mapped("state")), {"cancel"})
        self.assertEqual(orders.mapped("lost_reason_id"), self.reason)
        self.assertFalse(orders[1].lost_reason_id)

    def test_note(self):
        self._set(days=120, r=3)
        user = new_test_user(
            self.env,
            "voice_seller",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        note = self.Note.with_user(user).create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "text": "Buys from Rival now",
                "user_id": self.env.uid,
            }
        )
        self.assertEqual(note.user_id, user)
        self.assertEqual(self.row.loyalty_class, "competitor")
        with self.assertRaises(UserError):
            note.text = "Nothing"
        note.action_withdraw()
        self.assertTrue(note.withdrawn)
        self.assertEqual(note.withdrawn_user_id, user)
        self.assertEqual(self.row.loyalty_class, "fairly_loyal")
        with self.assertRaises(ValidationError):
            self.Note.create({"partner_id": self.customer.id, "text": "  "})

    def test_note_of_who_joined_a_company(self):
        """The note goes with the contact: counted there, and shown there."""
        person = self.env["res.partner"].create({"name": "Person"})
        self.Customer.sudo().create(
            {"partner_id": person.id, "company_id": self.company.id}
        )
        note = self.Note.create(
            {
                "partner_id": person.id,
                "company_id": self.company.id,
                "text": "Buys from Rival now",
            }
        )
        person.parent_id = self.customer
        self.assertEqual(self._class(days=120, r=3), "competitor")
        self.assertIn("Buys from Rival now", self.row.loyalty_class_words)
        self.assertEqual(self.row.competitor_note_ids, note)
        note.action_withdraw()
        self.assertEqual(self.row.loyalty_class, "fairly_loyal")

    def test_note_access(self):
        """A salesperson tells of customers of their own, and reads only those."""
        stranger = new_test_user(
            self.env,
            "voice_stranger",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        self.customer.user_id = self.env.user
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE crm_customer SET user_id = %s", self.env.uid))
        self.Customer.invalidate_model()
        note = self.Note.create({"partner_id": self.customer.id, "text": "Rival"})
        with self.assertRaises(AccessError):
            note.with_user(stranger).read(["text"])
        with self.assertRaises(AccessError):
            note.with_user(stranger).action_withdraw()
        with self.assertRaises(AccessError):
            self.Note.with_user(stranger).create(
                {"partner_id": self.customer.id, "text": "Gone"}
            )
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids += other
        with self.assertRaises(ValidationError):
            self.Note.create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "text": "No customer of theirs",
                }
            )
