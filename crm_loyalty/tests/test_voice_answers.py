from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .voice_common import VoiceCommon


@tagged("post_install", "-at_install")
class TestAnswers(VoiceCommon):
    def test_answer(self):
        nps = self._answered(9, "Fine", "2026-06-01")
        self.assertEqual(nps.nps_class, "promoter")
        self.assertEqual(nps.comment, "Fine")
        self.assertEqual(nps.input_id.state, "done")
        self.assertEqual(nps.input_id.user_input_line_ids.mapped("value_scale"), [9, 0])
        with self._on("2026-06-05"):
            nps._answer(7, "")
            self.env.flush_all()
        self.assertFalse(nps.comment)
        self.assertFigures(
            {"nps_score": 7, "nps_class": "passive", "nps_date": "2026-06-05"}
        )
        with self.assertRaises(UserError):
            nps._answer(11)
        self.assertFalse(self.Complaint.search([("nps_id", "=", nps.id)]))

    def test_classes(self):
        for score, name in ((0, "detractor"), (6, "detractor"), (7, "passive")):
            self.assertEqual(self._answered(score).nps_class, name)
        for score, name in ((8, "passive"), (9, "promoter"), (10, "promoter")):
            self.assertEqual(self._answered(score).nps_class, name)

    def test_last_answer_counts(self):
        self._answered(10, day="2026-05-01")
        self._answered(0, day="2026-06-01")
        self._answered(8, day="2026-04-01")
        self._answered(9, day="2026-06-20")  # after today
        self.assertFigures(
            {"nps_score": 0, "nps_class": "detractor", "nps_date": "2026-06-01"}
        )

    def test_nobody_answered(self):
        self.assertFigures({"nps_score": None, "nps_class": None, "nps_date": None})

    def test_detractor(self):
        """One complaint and one activity an answer, for the salesperson."""
        nps = self._answered(3, "Late")
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        self.assertEqual(complaint.name, "Would not recommend us: 3 of 10")
        self.assertEqual(complaint.description, "Late")
        self.assertEqual(complaint.user_id, self.seller)
        self.assertEqual(str(complaint.date_deadline), "2026-06-08")
        self.assertEqual(complaint.activity_ids.user_id, self.seller)
        nps._answer(2, "Very late")
        self.assertEqual(len(self.Complaint.search([("nps_id", "=", nps.id)])), 1)
        self.assertEqual(complaint.description, "Very late")
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
        self.company.complaint_rating = False
        self._rating(invoice, 1, "2026-06-03")
        self.assertEqual(self.Complaint.search([("source", "=", "rating")]), complaint)

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

    def test_access(self):
        """Own customers, or complaints one is responsible for."""
        nps = self._answered(2)
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        stranger = new_test_user(
            self.env,
            "voice_stranger",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        self.assertEqual(nps.with_user(self.seller).score, 2)
        with self.assertRaises(AccessError):
            nps.with_user(self.seller).read(["answer_url"])
        for record in (nps, complaint):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["partner_id"])
        Report = self.env["crm.satisfaction.report"]
        mine = [("partner_id", "=", self.customer.id)]
        self.assertEqual(Report.with_user(self.seller).search_count(mine), 1)
        self.assertEqual(Report.with_user(stranger).search_count(mine), 0)
        complaint.user_id = stranger
        self.assertEqual(complaint.with_user(stranger).name, complaint.name)
        with self.assertRaises(AccessError):
            complaint.with_user(self.seller).unlink()
        # Another company's manager.
        other = self.env["res.company"].create({"name": "Other"})
        manager = new_test_user(
            self.env,
            "voice_other",
            "sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for record in (nps, complaint):
            with self.assertRaises(AccessError):
                record.with_user(manager).read(["partner_id"])

    def test_report(self):
        """Ratios of sums: 2 promoters, 1 passive, 1 detractor of 4 make 25."""
        other = self.env["res.partner"].create(
            {"name": "Second", "email": "second@example.com"}
        )
        self._sold("2026-06-01", partner=other)
        self.Customer._refresh(self.customer | other)
        for score in (9, 10, 7):
            self._answered(score)
        self._answered(0, partner=other, day="2026-06-03")
        invoice = self._sold("2026-06-01")
        for value in (5, 4, 2):
            self._rating(invoice, value, "2026-06-02")
        Report = self.env["crm.satisfaction.report"]
        domain = [("company_id", "=", self.company.id)]
        measures = ["nps:avg", "nps_answers:sum", "csat:avg", "csat_answers:sum"]
        [total] = Report._read_group(domain, [], measures)
        self.assertEqual(total[:2], (25.0, 4))
        self.assertAlmostEqual(total[2], 2 / 3)
        self.assertEqual(total[3], 3)
        by_customer = dict(Report._read_group(domain, ["partner_id"], ["nps:avg"]))
        self.assertAlmostEqual(by_customer[self.customer], 200 / 3)
        self.assertEqual(by_customer[other], -100.0)
        Summary = self.env["crm.satisfaction.summary"]
        row = Summary.search([("dimension", "=", "1_company"), *domain])
        self.assertEqual((row.nps, row.nps_answers), (25.0, 4))
        self.assertEqual(str(row.nps_date), "2026-06-03")
        self.assertTrue(row.nps_small)
        self.assertAlmostEqual(row.csat, 2 / 3)
        row = Summary.search(
            [("dimension", "=", "4_user"), ("user_id", "=", self.seller.id)]
        )
        self.assertEqual(row.name, self.seller.name)
        self.assertEqual(row.nps_answers, 4)
        months = Summary.search([("dimension", "=", "5_month"), *domain])
        self.assertEqual(months.mapped("name"), ["2026-06"])
        # The seller sees own customers only, and those of nobody: both here.
        self.assertEqual(
            Summary.with_user(self.seller)
            .search([("dimension", "=", "1_company")])
            .nps_answers,
            4,
        )

    def test_timeline(self):
        self._row()
        nps = self._answered(3, "Late again", "2026-06-01")
        complaint = self.Complaint.search([("nps_id", "=", nps.id)])
        complaint.write(
            {
                "name": "Late",
                "cause_id": self.env["crm.customer.complaint.cause"].search(
                    [], limit=1
                ),
                "remedy": "Another carrier",
            }
        )
        with self._on("2026-06-05"):
            complaint.action_close()
        Event = self.env["crm.customer.event"]
        domain = [
            ("partner_id", "=", self.customer.id),
            ("kind", "in", ["recommendation", "complaint", "complaint_closed"]),
        ]
        found = [
            (event.kind, event.name, str(event.date.date()), event.res_id)
            for event in Event.search(domain, order="date, id")
        ]
        self.assertCountEqual(
            found,
            [
                ("recommendation", "3 of 10 · Late again", "2026-06-01", nps.id),
                ("complaint", "Late", "2026-06-01", complaint.id),
                ("complaint_closed", "Late", "2026-06-05", complaint.id),
            ],
        )
        self.assertEqual(Event.with_user(self.seller).search_count(domain), 3)
        self.customer.user_id = self.env.ref("base.user_admin")
        self.Customer._refresh()
        # Another's customer now, but still the seller's complaint to settle.
        self.assertEqual(
            set(Event.with_user(self.seller).search(domain).mapped("kind")),
            {"complaint", "complaint_closed"},
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
        self.customer._erase_customer()
        self.assertFalse(self.customer.loyalty_birthday)
        self.assertFalse(note.exists())
        self.assertEqual((nps.score, nps.nps_class), (3, "detractor"))
        self.assertFalse(nps.partner_id or nps.contact_id or nps.comment)
        self.assertFalse(nps.input_id.partner_id or nps.input_id.email)
        self.assertEqual(nps.input_id.user_input_line_ids.mapped("value_scale"), [3])
        self.assertFalse(complaint.partner_id or complaint.description)
        self.assertNotIn("Smith", complaint.name)
        self.assertNotIn("Smith", "".join(complaint.message_ids.mapped("body")))
