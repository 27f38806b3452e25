from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .voice_common import VoiceCommon


@tagged("post_install", "-at_install")
class TestComplaints(VoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cause = cls.env.ref("crm_loyalty.complaint_cause_product")

    def _by_hand(self, **vals):
        return self.Complaint.with_user(self.seller).create(
            {"name": "Broken", "partner_id": self.customer.id, **vals}
        )

    def test_loop(self):
        self._row()
        complaint = self.Complaint.with_user(self.seller).create(
            {"name": "Broken", "partner_id": self.customer.id, "date": "2026-06-10"}
        )
        self.assertEqual(complaint.days_open, 5)
        self.assertEqual(complaint.activity_ids.user_id, self.seller)
        complaint.action_answered()
        self.assertEqual(str(complaint.date_answered), "2026-06-15")
        with self.assertRaises(UserError):
            complaint.action_close()
        complaint.write(
            {
                "cause_id": self.env.ref("crm_loyalty.complaint_cause_product").id,
                "remedy": "Replaced",
                "consent": True,
            }
        )
        with self._on("2026-06-20"):
            complaint.action_close()
        self.assertEqual(complaint.days_open, 10)
        self.assertFalse(complaint.activity_ids)
        self.assertFigures({"complaint_count": 0})
        complaint.state = "open"  # as by dragging
        self.assertFalse(complaint.date_closed)
        self.assertEqual(len(complaint.activity_ids), 1)
        self.assertFigures({"complaint_count": 1})

    def test_without_salesperson(self):
        self.seller.active = False
        nps = self._answered(0)
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        self.assertFalse(complaint.user_id)
        self.assertFalse(complaint.activity_ids)
        self.company.complaint_user_id = self.env.user
        self.company.complaint_activity_type_id = self.env.ref(
            "mail.mail_activity_data_call"
        )
        nps = self._answered(1)
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        self.assertEqual(complaint.user_id, self.env.user)
        self.assertEqual(
            complaint.activity_ids.activity_type_id,
            self.env.ref("mail.mail_activity_data_call"),
        )

    def test_who_is_told(self):
        """Once, from an address: customers who answer or rate are not logged in."""
        public = self.env.ref("base.public_user")
        nps = self._ask()
        invoice = self._sold("2026-06-01")
        self._row()
        nps.with_user(public).sudo()._answer(3, "Late")
        rating = self._rating(invoice, 5, "2026-06-02")
        rating.with_user(public).sudo().rating = 1
        complaints = self.Complaint.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(complaints.user_id, self.seller)
        self.assertEqual(len(complaints), 2)
        mails = self._mails_to(self.seller)
        self.assertEqual(mails.mapped("res_id"), complaints.sorted("id").ids)
        self.assertTrue(all(mail.email_from for mail in mails))
        self.assertIn(
            f"{complaints.sorted('id')[0].name}: {self.customer.name}", mails[0].subject
        )
        # By hand, too: one mail to whoever is responsible now.
        colleague = new_test_user(
            self.env,
            "voice_colleague",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        complaints[0].user_id = colleague
        self.assertEqual(len(self._mails_to(colleague)), 1)
        self.assertIn(colleague.partner_id, complaints[0].message_partner_ids)

    def test_low_rating(self):
        invoice = self._sold("2026-06-01")
        self._row()
        low = self._rating(invoice, 2, "2026-06-02", feedback="Bad")
        self._rating(invoice, 3, "2026-06-02")
        complaint = self.Complaint.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(complaint.rating_id, low)
        self.assertEqual(complaint.description, "Bad")
        self.assertEqual(complaint.user_id, self.seller)
        low.rating = 1
        self.assertEqual(self.Complaint.search_count([("rating_id", "=", low.id)]), 1)
        self.assertEqual(complaint.name, f"Rated 1 of 5: {invoice.display_name}")
        self.company.complaint_rating = False
        self._rating(invoice, 1, "2026-06-03")
        self.assertEqual(self.Complaint.search([("source", "=", "rating")]), complaint)

    def test_rated_again(self):
        """By the same link: content now, or bad again after it was settled."""
        invoice = self._sold("2026-06-01")
        self._row()
        rating = self._rating(invoice, 1, "2026-06-02", feedback="Bad")
        complaint = self.Complaint.search([("rating_id", "=", rating.id)])
        complaint.name = "Wheel"
        complaint.write(
            {"cause_id": self.cause.id, "remedy": "Replaced", "state": "closed"}
        )
        rating.write({"rating": 1, "feedback": "Bad", "consumed": True})
        rating.write({"rating": 5, "feedback": "Bad", "consumed": True})
        self.assertEqual(complaint.state, "closed")
        self.assertIn("Changed to 5 of 5", complaint.message_ids[0].body)
        self.assertEqual(complaint.message_ids[0].author_id, self.customer)
        rating.write({"rating": 2, "feedback": "Broke again", "consumed": True})
        self.assertEqual(complaint.state, "open")
        self.assertEqual(complaint.name, "Wheel")
        self.assertEqual(complaint.description, "Broke again")
        self.assertEqual(complaint.activity_ids.user_id, self.seller)

    def test_whose(self):
        """The commercial entity's, with the contact beside, however it is written."""
        contact, other = self.env["res.partner"].create(
            [{"name": "Contact", "parent_id": self.customer.id}, {"name": "Other"}]
        )
        self._row()
        complaint = self._by_hand(partner_id=other.id)
        complaint.partner_id = contact
        self.assertEqual(complaint.partner_id, self.customer)
        self.assertEqual(complaint.contact_id, contact)
        complaint.partner_id = other
        self.assertEqual((complaint.partner_id, complaint.contact_id.ids), (other, []))
        self.assertEqual(complaint.activity_ids.summary, "Other")
        with self.assertRaises(UserError):
            complaint.partner_id = False

    def test_copy(self):
        """What was done for one is not done for another."""
        complaint = self._by_hand(date="2026-05-01", cause_id=self.cause.id)
        complaint.write({"remedy": "Replaced", "consent": True, "state": "closed"})
        copy = complaint.copy()
        self.assertEqual(copy.state, "open")
        self.assertFalse(copy.remedy or copy.consent)
        self.assertEqual(str(copy.date_deadline), "2026-06-22", "Seven days from today")

    def test_somebody_is_proposed(self):
        """Who switches asking on, unless somebody is chosen."""
        Settings = self.env["res.config.settings"].with_company(self.company)
        settings = Settings.new({})
        settings._onchange_nps_active()
        self.assertFalse(settings.complaint_user_id, "On before: nobody was chosen")
        self.company.nps_active = False
        settings = Settings.new({"nps_active": True})
        settings._onchange_nps_active()
        self.assertEqual(settings.complaint_user_id, self.env.user)
        settings.complaint_user_id = self.seller
        settings._onchange_nps_active()
        self.assertEqual(settings.complaint_user_id, self.seller)

    def test_company_of_a_rating(self):
        """Without a company of the document the contact's comes before the largest."""
        other = self.env["res.company"].create({"name": "Other"})
        self._row()
        smaller, larger = self._stored(), self._stored(company=other)
        larger = larger or self.Customer.sudo().create(
            {"partner_id": self.customer.id, "company_id": other.id}
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_customer SET revenue_total = 1 WHERE id = %s", [larger.id]
        )
        lead = self._opportunity(company_id=False)
        self.customer.company_id = False
        rating = self._rating(lead, 1, "2026-06-02")
        self.assertEqual(rating._customer_rated(), larger)
        self.customer.company_id = self.company
        self.assertEqual(rating._customer_rated(), smaller)

    def test_responsible_can_open_it(self):
        """An employee who cannot write complaints does not get them."""
        employee = new_test_user(
            self.env, "voice_employee", "base.group_user", company_id=self.company.id
        )
        self.assertEqual(
            self.Complaint._responsible(self.company, employee, self.seller),
            self.seller,
        )
        self.customer.user_id = employee
        self.company.complaint_user_id = employee
        self.assertFalse(self.Complaint._responsible(self.company, employee))

    def test_day_cleared(self):
        with Form(self.Complaint) as form:
            form.name = "Broken"
            form.partner_id = self.customer
            form.date = False
            self.assertFalse(form.date_deadline)
            self.assertEqual(form.days_open, 0)
            form.date = "2026-06-10"
            self.assertEqual(str(form.date_deadline), "2026-06-17")

    def test_created_elsewhere_than_open(self):
        """As by the plus of a column: the rules are those of dragging."""
        with self.assertRaises(UserError):
            self._by_hand(state="closed")
        closed = self._by_hand(
            state="closed", cause_id=self.cause.id, remedy="Replaced"
        )
        self.assertEqual(str(closed.date_closed), "2026-06-15")
        self.assertEqual(str(closed.date_answered), "2026-06-15")
        self.assertFalse(closed.activity_ids)
        answered = self._by_hand(state="answered")
        self.assertEqual(str(answered.date_answered), "2026-06-15")
        self.assertEqual(len(answered.activity_ids), 1)

    def test_what_only_the_addon_writes(self):
        nps = self._answered(9)
        rating = self._rating(self._sold("2026-06-01"), 5, "2026-06-02")
        mine = {
            "source": "nps",
            "nps_id": nps.id,
            "rating_id": rating.id,
            "date_answered": "2026-01-01",
            "date_closed": "2026-01-01",
        }
        seller = self.Complaint.with_user(self.seller)
        complaint = seller.with_context(
            default_source="nps", default_date_closed="2026-01-01"
        ).create({"name": "Broken", "partner_id": self.customer.id, **mine})
        complaint.write({**mine, "description": "Wheel"})
        self.assertEqual(complaint.source, "hand")
        self.assertEqual(complaint.description, "Wheel")
        for name in set(mine) - {"source"}:
            self.assertFalse(complaint[name], name)

    def test_order(self):
        """What is to be done first comes first, closed ones last."""
        late, soon, done, before = (
            self._by_hand(date=day)
            for day in ("2026-06-01", "2026-06-10", "2026-05-01", "2026-04-01")
        )
        for complaint, day in ((before, "2026-06-13"), (done, "2026-06-14")):
            complaint.write({"cause_id": self.cause.id, "remedy": "Replaced"})
            with self._on(day):
                complaint.action_close()
        late.action_answered()
        found = self.Complaint.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(found.ids, (late + soon + done + before).ids)

    def test_reminder(self):
        """One activity of the complaint's own; what others put on it stays."""
        complaint = self._by_hand(date="2026-06-10")
        own = complaint.activity_ids
        self.assertEqual(own.date_deadline, fields.Date.to_date("2026-06-17"))
        foreign = complaint.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary="Of an automation",
            user_id=self.env.uid,
        )
        complaint.date_deadline = "2026-06-20"
        self.assertEqual(str(own.date_deadline), "2026-06-20")
        complaint.date = "2026-06-12"
        self.assertEqual(str(own.date_deadline), "2026-06-19", "Seven days later")
        self.assertEqual(str(foreign.date_deadline), "2026-06-15")
        complaint.sudo().user_id = self.env.user
        self.assertFalse(own.exists())
        self.assertEqual(complaint.activity_ids.user_id, self.env.user)
        self.assertEqual(len(complaint.activity_ids), 2)
        complaint.write({"cause_id": self.cause.id, "remedy": "Replaced"})
        # Another activity is chosen meanwhile: that of before is still done.
        self.company.complaint_activity_type_id = self.env.ref(
            "mail.mail_activity_data_call"
        )
        complaint.action_close()
        self.assertEqual(complaint.activity_ids, foreign)
