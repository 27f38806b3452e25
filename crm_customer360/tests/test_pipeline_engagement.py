from odoo.tests import tagged

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestPipelineEngagement(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.customer.id}
        )

    # -- pipeline

    def _close(self, lead, day, won):
        with self._on(day):
            if won:
                lead.action_set_won()
            else:
                lead.action_set_lost()
            lead.flush_recordset()

    def test_open(self):
        self._opportunity(1000, 20)
        self._opportunity(333.33, 50, partner_id=self.contact.id)
        self._opportunity(100000, 50, type="lead")
        self._opportunity(200000, 50, active=False)
        self._close(self._opportunity(400000, 50), "2026-05-01", won=True)
        self._close(self._opportunity(800000, 50), "2026-05-01", won=False)
        self._opportunity(900000, 50, partner_id=self.partner_b.id)
        self.assertFigures(
            {
                "opportunity_count": 2,
                "pipeline_amount": 1333.33,
                "pipeline_weighted": 366.67,  # 200 + 166.665
                "won_count": 1,
                "lost_count": 1,
                "win_rate": 0.5,
                "revenue": 0,
            }
        )

    def test_win_rate(self):
        """Won and lost in the window, by the day they were closed."""
        for day, won in (
            ("2025-06-15", True),  # the day before the window
            ("2025-06-15", False),
            ("2025-06-16", True),
            ("2025-12-24", False),
            ("2026-01-06", False),
            ("2026-06-15", False),
            ("2026-06-16", True),  # tomorrow
        ):
            self._close(self._opportunity(10, 50), day, won)
        self._opportunity(10, 50)
        self.assertFigures(
            {
                "won_count": 1,
                "lost_count": 3,
                "win_rate": 0.25,
                "opportunity_count": 1,
                "pipeline_amount": 10,
            }
        )

    def test_win_rate_without_decisions(self):
        lead = self._opportunity(10, 50)
        self.assertFigures({"win_rate": None, "opportunity_count": 1})
        self._close(lead, "2026-06-01", won=False)
        self.assertFigures({"win_rate": 0, "opportunity_count": 0})
        lead.action_restore()
        self.assertFigures({"win_rate": None, "opportunity_count": 1})

    # -- documents of no company

    def test_no_company_anywhere(self):
        """In the first company, when nothing else tells."""
        first = self.env["res.company"].search(
            [("parent_id", "=", False)], order="id", limit=1
        )
        self._opportunity(1000, 50, company_id=False)
        self.customer.customer_rank = 0
        self.Customer._refresh(self.customer)
        rows = self.Customer.sudo().search([("partner_id", "=", self.customer.id)])
        self.assertEqual(rows.company_id, first)
        self.assertEqual(rows.opportunity_count, 1)

    def test_company_of_the_partner(self):
        lead = self._opportunity(1000, 50, company_id=False, user_id=False)
        (self.customer + self.contact).company_id = self.company
        self.assertFalse(lead.company_id)
        self._rating(self.customer, 5, "2026-05-01")
        self._activity(self.contact, "2026-05-01")
        self._meeting("2026-05-01 10:00:00", "2026-05-01 12:00:00")
        self.assertFigures(
            {
                "opportunity_count": 1,
                "rating_count": 1,
                "activity_count": 1,
                "meeting_hours": 2,
            }
        )
        self.assertEqual(
            self.Customer.sudo().search_count([("partner_id", "=", self.customer.id)]),
            1,
        )

    def test_counted_once(self):
        """With rows in two companies: where the revenue is largest, only there."""
        other = self.setup_other_company()["company"]
        for company, amount in ((self.company, 1000), (other, 2000)):
            self._invoice(amount, "2026-05-01", company_id=company.id)
        self._opportunity(1000, 50, company_id=False, user_id=False)
        self._close(
            self._opportunity(500, 50, company_id=False, user_id=False),
            "2026-06-02",
            won=True,
        )
        self._rating(self.customer, 5, "2026-05-01")
        self._activity(self.customer, "2026-05-01")
        self._meeting("2026-05-02 10:00:00", "2026-05-02 12:00:00")
        with self._on("2026-06-03"):
            self.customer.message_post(
                body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            ).date = "2026-06-03 12:00:00"
        # and one that says where: on an opportunity of the first company
        lead = self._opportunity(70, 50)
        self._meeting(
            "2026-05-03 10:00:00", "2026-05-03 11:00:00", opportunity_id=lead.id
        )
        homeless = {
            "opportunity_count": 1,
            "pipeline_amount": 1000,
            "pipeline_weighted": 500,
            "won_count": 1,
            "rating_count": 1,
            "csat": 1,
            "activity_count": 1,
            "meeting_hours": 2,
            "last_contact_date": "2026-06-03",
        }
        own = {
            **dict.fromkeys(homeless, 0),
            "opportunity_count": 1,
            "pipeline_amount": 70,
            "pipeline_weighted": 35,
            "meeting_hours": 1,
            "csat": None,
            "last_contact_date": "2026-05-03",
        }
        self.assertFigures({"revenue": 1000, **own})
        self.assertFigures({"revenue": 2000, **homeless}, company=other)
        # when the first company overtakes, it all moves there
        self._invoice(5000, "2026-05-05")
        self.assertFigures(
            {
                "opportunity_count": 2,
                "pipeline_amount": 1070,
                "meeting_hours": 3,
                "rating_count": 1,
                "activity_count": 1,
                "last_contact_date": "2026-06-03",
            }
        )
        self.assertFigures(
            {
                "opportunity_count": 0,
                "meeting_hours": 0,
                "rating_count": 0,
                "activity_count": 0,
                "won_count": 0,
                "last_contact_date": "2026-05-01",
            },
            company=other,
        )

    # -- meetings

    def test_meetings(self):
        self._invoice(10, "2025-01-01")
        both = self.customer + self.contact
        # with two contacts of the customer: once, 1.5 hours
        self._meeting("2026-05-04 10:00:00", "2026-05-04 11:30:00", both)
        self._meeting("2025-06-16 10:00:00", "2025-06-16 11:00:00", self.contact)
        self._meeting("2025-06-15 10:00:00", "2025-06-15 14:00:00")  # before
        self._meeting("2026-06-16 10:00:00", "2026-06-16 18:00:00")  # tomorrow
        self._meeting("2026-06-01 10:00:00", "2026-06-01 20:00:00", active=False)
        self._meeting("2026-06-02 10:00:00", "2026-06-02 20:00:00", self.partner_b)
        self.assertFigures({"meeting_hours": 2.5, "last_contact_date": "2026-05-04"})

    def test_meeting_of_two_customers(self):
        """Each customer was met for the whole time."""
        other = self.env["res.partner"].create({"name": "Other"})
        for partner in (self.customer, other):
            self._invoice(10, "2025-01-01", partner_id=partner.id)
        self._meeting(
            "2026-05-04 10:00:00", "2026-05-04 12:00:00", self.contact + other
        )
        self.assertFigures({"meeting_hours": 2})
        self.assertFigures({"meeting_hours": 2}, other)

    def test_meeting_deleted(self):
        self._invoice(10, "2025-01-01")
        meeting = self._meeting("2026-05-04 10:00:00", "2026-05-04 12:00:00")
        self.assertFigures({"meeting_hours": 2})
        meeting.unlink()
        self.assertFigures({"meeting_hours": 0, "last_contact_date": "2025-01-01"})

    # -- activities and messages

    def test_activities(self):
        order = self._order(100, "2026-04-01")
        invoice = self._invoice(100, "2026-04-02")
        lead = self._opportunity(100, 50, partner_id=self.contact.id)
        for document, day in (
            (order, "2026-05-01"),
            (invoice, "2026-05-02"),
            (lead, "2026-05-03"),
            (self.customer, "2026-05-04"),
            (self.contact, "2026-05-05"),
            (self.contact, "2025-06-15"),  # before the window
            (self.partner_b, "2026-05-07"),
        ):
            self._activity(document, day)
        self._activity(self.customer, "2026-05-08", done=False)
        self.assertFigures({"activity_count": 5, "last_contact_date": "2026-05-05"})

    def test_messages(self):
        """A message is a contact; a note or what the system logs is none."""
        order = self._order(100, "2026-04-01")
        for day, vals in (
            ("2026-05-01", {"subtype_xmlid": "mail.mt_comment"}),
            ("2026-05-02", {"subtype_xmlid": "mail.mt_note"}),
            (
                "2026-05-03",
                {"subtype_xmlid": "mail.mt_comment", "message_type": "notification"},
            ),
            ("2026-06-16", {"subtype_xmlid": "mail.mt_comment"}),
        ):
            message = order.message_post(
                body="Hello", **{"message_type": "comment", **vals}
            )
            message.date = f"{day} 12:00:00"
        self.assertFigures({"last_contact_date": "2026-05-01"})
        # an answer by mail, on the contact
        message = self.contact.message_post(
            body="Hello", message_type="email", subtype_xmlid="mail.mt_comment"
        )
        message.date = "2026-05-20 12:00:00"
        self.assertFigures({"last_contact_date": "2026-05-20"})
        hidden = self.contact.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        hidden.write({"is_internal": True, "date": "2026-05-21 12:00:00"})
        self.assertFigures({"last_contact_date": "2026-05-20"})

    def test_last_contact(self):
        """The last of invoice, payment, order, meeting, activity and message."""
        self._invoice(100, "2026-01-05")
        self.assertFigures({"last_contact_date": "2026-01-05"})
        self._payment(100, "2026-01-10")
        self.assertFigures({"last_contact_date": "2026-01-10"})
        self._order(100, "2026-02-01")
        self.assertFigures({"last_contact_date": "2026-02-01"})
        self._meeting("2026-03-01 10:00:00", "2026-03-01 11:00:00")
        self.assertFigures({"last_contact_date": "2026-03-01"})
        self._activity(self.customer, "2026-04-01")
        self.assertFigures({"last_contact_date": "2026-04-01"})

    # -- satisfaction

    def test_ratings(self):
        """4 and 5 are satisfied answers, 3 is not: 3 ÷ 5."""
        order = self._order(100, "2026-04-01")
        for value, day in (
            (5, "2026-05-01"),
            (4, "2025-06-16"),
            (3, "2026-05-02"),
            (1, "2026-06-10"),
        ):
            self._rating(order, value, day)
        self._rating(order, 5, "2026-05-03", partner_id=self.contact.id)
        self._rating(order, 1, "2026-05-04", consumed=False)
        self._rating(order, 1, "2025-06-15")
        self._rating(order, 1, "2026-06-16")
        self._rating(order, 0, "2026-05-05")  # no answer
        self.assertFigures(
            {
                "rating_count": 5,
                "csat": 0.6,
                "last_rating_date": "2026-06-10",
            }
        )

    def test_ratings_without_answer(self):
        self._order(100, "2026-04-01")
        self.assertFigures({"rating_count": 0, "csat": None, "last_rating_date": None})

    def test_company_of_the_rated_document(self):
        """Also where the customer's revenue lies elsewhere."""
        other = self.setup_other_company()["company"]
        self._invoice(2000, "2026-05-01", company_id=other.id)
        self._rating(self._order(100, "2026-04-01"), 5, "2026-05-01")
        lead = self._opportunity(100, 50)
        self._rating(lead, 2, "2026-05-01")
        self._activity(lead, "2026-05-01")
        self.assertFigures({"rating_count": 2, "csat": 0.5, "activity_count": 1})
        self.assertFigures({"rating_count": 0, "activity_count": 0}, company=other)
