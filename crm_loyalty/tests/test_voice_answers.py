from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

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
        self.assertEqual(self._complaint(nps), complaint)
        self.assertEqual(complaint.name, "Would not recommend us: 2 of 10")
        self.assertEqual(complaint.activity_ids.summary, self.customer.name)
        self.assertEqual(complaint.description, "Very late")
        self.assertEqual(len(complaint.activity_ids), 1)
        self.assertFigures({"complaint_count": 1})
        # No detractor any more: the matter is not settled by that, but it is said.
        nps._answer(9, "Thanks")
        self.assertIn("Changed to 9 of 10", complaint.message_ids[0].body)
        self.assertEqual(complaint.description, "Very late")
        self.assertEqual(complaint.state, "open")
        complaint.name = "Carrier"
        nps._answer(1, "Late again")
        self.assertEqual(complaint.name, "Carrier")
        self.assertEqual(complaint.description, "Late again")

    def test_sent_twice(self):
        """As by a button pressed twice: the day stays, nothing is said of a change."""
        nps = self._answered(9, "Fine", "2026-06-01")
        with self._on("2026-06-05"):
            nps._answer(9, " Fine ")
        self.assertEqual(str(nps.answered_at), "2026-06-01 12:00:00")
        with self._on("2026-06-05"):
            nps._answer(9, "Very fine")
        self.assertEqual(str(nps.answered_at), "2026-06-05 12:00:00")

    def test_zero_sent_twice(self):
        """An answer of 0 is one; before it there was none."""
        nps = self._answered(0)
        self.assertTrue(nps.answered_at)
        self.assertEqual(nps.nps_class, "detractor")

    def test_bad_again(self):
        """Closed, then told that it is not settled: somebody has to act again."""
        nps = self._answered(3, "Late")
        complaint = self._complaint(nps)
        complaint.write(
            {
                "cause_id": self.env.ref("crm_loyalty.complaint_cause_delivery").id,
                "remedy": "Another carrier",
                "state": "closed",
            }
        )
        nps._answer(3, "Late")
        self.assertEqual(complaint.state, "closed", "The same, sent twice")
        nps._answer(9, "Late")
        self.assertEqual(complaint.state, "closed")
        self.assertEqual(complaint.message_ids[0].author_id, self.customer)
        nps._answer(2, "Still late")
        self.assertEqual(complaint.state, "open")
        self.assertFalse(complaint.date_closed)
        self.assertEqual(complaint.description, "Still late")
        self.assertEqual(complaint.activity_ids.user_id, self.seller)

    def test_time_to_answer(self):
        """Sixty days, for the page and for the native one; then nothing changes."""
        with self._on("2026-03-01"):
            nps = self._ask()
            nps._answer(3)
        self.assertEqual(str(nps.input_id.deadline), "2026-04-30 12:00:00")
        with self._on("2026-04-30"):
            nps._answer(4)
        self.assertEqual(nps.score, 4)
        with self._on("2026-05-01"), self.assertRaises(UserError):
            nps._answer(10)
        self.assertEqual(nps.score, 4)
        self.company.nps_open_days = 7
        with self._on("2026-03-01"):
            nps = self._ask()
        self.assertEqual(str(nps.input_id.deadline), "2026-03-08 12:00:00")

    def test_nothing_to_answer_by(self):
        """Somebody has deleted the question that is answered by a number."""
        nps = self._ask()
        nps.input_id.survey_id.question_ids.filtered(
            lambda item: item.question_type == "scale"
        ).unlink()
        with self.assertRaises(UserError):
            nps._answer(4)
        self.assertFalse(nps.answered_at)

    def test_language_of_who_settles_it(self):
        """Not of the page on which it was answered."""
        self.env["res.lang"]._activate_lang("fa_IR")
        here = self.env.company.partner_id.lang
        self.seller.lang = "fa_IR"
        words = {"fa_IR": "Persian %s", here: "Here %s"}
        self.patch(
            type(self.Complaint),
            "_title",
            lambda model, score: words[model.env.lang] % score,
        )
        nps = self._answered(3)
        self.assertEqual(self._complaint(nps).name, "Persian 3")
        self.seller.active = False
        nps = self._answered(3)
        self.assertEqual(self._complaint(nps).name, "Here 3")

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
        # Nor from the mail that asked.
        self.env.flush_all()
        of_nps = [("model", "=", nps._name), ("res_id", "=", nps.id)]
        mail = self.env["mail.message"].sudo().search(of_nps)
        self.assertIn(nps.sudo().input_id.access_token, mail.body)
        manager = new_test_user(
            self.env,
            "voice_manager",
            "sales_team.group_sale_manager",
            company_id=self.company.id,
        )
        for user in (self.seller, manager):
            self.assertFalse(self.env["mail.message"].with_user(user).search(of_nps))
            with self.assertRaises(AccessError):
                mail.with_user(user).read(["body"])
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
        segments = self.env["crm.rfm.segment.set"].create({"name": "Set"})
        segment = self.env["crm.rfm.segment"].create(
            {"name": "Best", "set_id": segments.id}
        )
        program = self.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "loyalty",
                "company_id": self.company.id,
                "tier_ids": [Command.create({"name": "Gold"})],
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer SET rfm_segment_id = %s, tier_id = %s"
                " WHERE partner_id = %s",
                segment.id,
                program.tier_ids.id,
                self.customer.id,
            )
        )
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
        self.assertEqual(months.mapped("name"), ["June 2026"])
        for dimension, name, none in (
            ("2_segment", "Best", "No segment"),
            ("3_tier", "Gold", "No tier"),
        ):
            rows = Summary.search([("dimension", "=", dimension), *domain])
            self.assertEqual(
                {row.name: (row.nps_answers, round(row.nps, 1)) for row in rows},
                {name: (3, 66.7), none: (1, -100.0)},
            )
        # A click on a row opens what its figures are made of.
        for row in Summary.search(domain):
            answers = Report.search(row.action_open_answers()["domain"])
            self.assertEqual(
                (
                    sum(answers.mapped("nps_answers")),
                    sum(answers.mapped("csat_answers")),
                ),
                (row.nps_answers, row.csat_answers),
                row.name,
            )
        # A stranger sees own customers only, and those of nobody: "Second".
        stranger = new_test_user(
            self.env,
            "voice_stranger",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        row = Summary.with_user(stranger).search([("dimension", "=", "1_company")])
        self.assertEqual((row.nps, row.nps_answers), (-100.0, 1))
        self.assertEqual(row.csat_answers, 0)

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
