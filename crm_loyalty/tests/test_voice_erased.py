from odoo.tests import tagged

from .voice_common import VoiceCommon


@tagged("post_install", "-at_install")
class TestErased(VoiceCommon):
    """What stays of customers and contacts who go, and what does not."""

    def _mails_to_customer(self, nps):
        return self.env["mail.mail"].search(
            [("model", "=", nps._name), ("res_id", "=", nps.id)]
        )

    def test_erased(self):
        """Words go, scores stay and belong to nobody."""
        self._row()
        self.customer.loyalty_birthday = "1990-06-15"
        nps = self._answered(3, "My name is Smith")
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        complaint.message_post(body="Smith called")
        note = self.env["crm.customer.competitor"].create(
            {"partner_id": self.customer.id, "text": "Smith went to Rival"}
        )
        self.assertTrue(self._mails_to_customer(nps), "In the queue")
        self.customer._erase_customer()
        self.assertFalse(self._mails_to_customer(nps))
        self.assertFalse(self.customer.loyalty_birthday)
        self.assertFalse(note.exists())
        self.assertEqual((nps.score, nps.nps_class), (3, "detractor"))
        self.assertFalse(nps.partner_id or nps.contact_id or nps.comment)
        self.assertFalse(nps.input_id.partner_id or nps.input_id.email)
        # Nor does the link in the mail lead anywhere, or the native page of the survey.
        token = nps.input_id.access_token
        self.assertFalse(self.Nps._by_token(token))
        nps.input_id._save_lines(nps._questions()[0], "1")
        nps.input_id._mark_done()
        self.assertEqual(nps.score, 3)
        nps.input_id._save_lines(nps._questions()[0], "3")
        self.assertEqual(nps.input_id.user_input_line_ids.mapped("value_scale"), [3])
        self.assertFalse(complaint.partner_id or complaint.description)
        self.assertNotIn("Smith", complaint.name)
        self.assertNotIn("Smith", "".join(complaint.message_ids.mapped("body")))

    def test_contact_who_goes(self):
        """The company stays with what it said; the contact's words go when erased."""
        self._row()
        contact = self.env["res.partner"].create(
            {
                "name": "Smith",
                "parent_id": self.customer.id,
                "email": "smith@example.com",
            }
        )
        for forget, words in (("unlink", "Late"), ("_erase_customer", False)):
            contact = contact.exists() or contact.create(
                {"name": "Smith", "parent_id": self.customer.id}
            )
            nps = self._answered(3, "Late", contact=contact)
            complaint = self._complaint(nps)
            complaint.remedy = "Another carrier"
            complaint.message_post(body="Called")
            note = self.env["crm.customer.competitor"].create(
                {"partner_id": self.customer.id, "text": "Rival"}
            )
            self.assertEqual(nps.contact_id, contact)
            self.assertTrue(self._mails_to_customer(nps), "In the queue")
            getattr(contact, forget)()
            self.assertFalse(self._mails_to_customer(nps))
            self.assertEqual((nps.partner_id, nps.score), (self.customer, 3))
            self.assertFalse(nps.contact_id or nps.input_id.partner_id)
            self.assertFalse(nps.input_id.email or nps.input_id.nickname)
            self.assertEqual(nps.comment, words)
            self.assertEqual(complaint.partner_id, self.customer)
            self.assertFalse(complaint.contact_id)
            self.assertEqual(complaint.name, "Would not recommend us: 3 of 10")
            self.assertEqual(complaint.description, words)
            self.assertEqual(complaint.remedy, "Another carrier")
            self.assertEqual(complaint.activity_ids.user_id, self.seller)
            self.assertIn("Called", complaint.message_ids[0].body)
            self.assertTrue(note.exists())
