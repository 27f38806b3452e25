from datetime import date

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_loyalty.models.crm_customer_nps import sampled

from .voice_common import VoiceCommon


@tagged("post_install", "-at_install")
class TestAsking(VoiceCommon):
    def test_when(self):
        early = self._sold("2026-06-13")
        self.assertEqual(self.Nps._ask_due(), 0, "Two days ago: too early")
        due = self._sold("2026-06-12")
        self.assertEqual(self.Nps._ask_due(), 1)
        asked = self._asked(due)
        self.assertEqual(asked.contact_id, self.customer)
        self.assertEqual(asked.user_id, self.seller)
        self.assertEqual(asked.input_id.survey_id.title, "Recommendation")
        # The next day the other one is due, but it is the same customer.
        with self._on("2026-06-16"):
            self.assertEqual(self.Nps._ask_due(), 0)
        self.assertFalse(self._asked(early))

    def test_quiet_days(self):
        self._sold("2026-03-14")
        with self._on("2026-03-17"):
            self.assertEqual(self.Nps._ask_due(), 1)
        self._sold("2026-06-12")
        with self._on("2026-06-15"):  # 90 days later
            self.assertEqual(self.Nps._ask_due(), 1)

    def test_contact_belongs_to_the_customer(self):
        """Two contacts of one customer are one customer."""
        contact = self.env["res.partner"].create(
            {
                "name": "Contact",
                "parent_id": self.customer.id,
                "email": "contact@example.com",
            }
        )
        self._sold("2026-06-11")
        self._sold("2026-06-12", partner=contact)
        self.assertEqual(self.Nps._ask_due(), 1)
        self.assertEqual(self.Nps.search([]).partner_id, self.customer)
        self.assertEqual(self.Nps.search([]).contact_id, contact)

    def test_who_is_not_asked(self):
        self._sold("2026-06-12")
        self.customer.email = False
        self.assertEqual(self.Nps._ask_due(), 0, "No address")
        self.customer.email = "customer@example.com"
        self.env["mail.blacklist"]._add("customer@example.com")
        self.assertEqual(self.Nps._ask_due(), 0, "Objected to mails")
        self.env["mail.blacklist"]._remove("customer@example.com")
        self.company.nps_active = False
        self.assertEqual(self.Nps._ask_due(), 0, "Off")
        # On again today: what was sold before is not asked about.
        self.company.nps_active = True
        self.assertEqual(str(self.company.nps_since), "2026-06-12")
        self.company.nps_since = date(2026, 6, 13)
        self.assertEqual(self.Nps._ask_due(), 0, "Sold before it began")
        self.company.nps_since = date(2026, 6, 12)
        self.assertEqual(self.Nps._ask_due(), 1)

    def test_limit_and_one_bad_customer(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(3)]
        )
        for partner in partners:
            self._sold("2026-06-12", partner=partner)
        self.company.nps_limit = 2
        self.assertEqual(self.Nps._ask_due(), 2)
        with self.assertLogs("odoo.addons.crm_loyalty.models.crm_customer_nps") as logs:
            self.patch(type(self.Nps), "_ask", self._broken)
            self.assertEqual(self.Nps._ask_due(), 0)
        self.assertIn("Not asked about account.move,", logs.output[0])

    def _broken(self, values):
        raise ValueError(values)

    def test_rate_depends_on_the_document_alone(self):
        documents = [f"account.move,{number}" for number in range(1, 201)]
        self.env.cr.execute(
            "SELECT d FROM unnest(%s) AS d"
            " WHERE ('x' || substr(md5(d), 1, 8))::bit(32)::bigint %% 100 < 30",
            [documents],
        )
        by_sql = [row[0] for row in self.env.cr.fetchall()]
        self.assertEqual(by_sql, [d for d in documents if sampled(d, 30)])
        self.assertTrue(40 <= len(by_sql) <= 80, "About 30 % of 200")
        self.assertTrue(all(sampled(d, 100) for d in documents))

    def test_mail(self):
        self._sold("2026-06-12")
        self.Nps._ask_due()
        nps = self.Nps.search([])
        mail = self.env["mail.mail"].search(
            [("model", "=", nps._name), ("res_id", "=", nps.id)]
        )
        self.assertEqual(mail.recipient_ids, self.customer)
        token = nps.input_id.access_token
        for score in range(11):
            self.assertIn(f"/loyalty/answer/{token}?score={score}", mail.body_html)


@tagged("post_install", "-at_install")
class TestAnswerPage(VoiceCommon, HttpCase):
    def test_page(self):
        self._sold("2026-06-12")
        self.Nps._ask_due()
        nps = self.Nps.search([])
        url = f"/loyalty/answer/{nps.input_id.access_token}"
        page = self.url_open(f"{url}?score=4")
        self.assertEqual(page.status_code, 200)
        self.assertRegex(page.text, r'id="score_4" value="4" checked="checked"')
        self.assertIn(self.company.name, page.text)
        self.assertFalse(nps.answered_at, "Opening a link keeps nothing")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        page = self.url_open(
            f"{url}/save", {"csrf_token": token, "score": "4", "comment": "Why <b>"}
        )
        self.assertIn("Thank you", page.text)
        self.assertEqual((nps.score, nps.comment), (4, "Why <b>"))
        self.assertIn("Why &lt;b&gt;", page.text)
        # Changed afterwards, by the same link.
        self.url_open(f"{url}/save", {"csrf_token": token, "score": "9"})
        self.assertEqual((nps.score, nps.comment), (9, False))
        page = self.url_open(f"{url}/save", {"csrf_token": token, "score": "11"})
        self.assertEqual(page.status_code, 400)
        self.assertEqual(nps.score, 9)
        page = self.url_open(f"{url}/quiet", {"csrf_token": token})
        self.assertIn("no more of these mails", page.text)
        self.assertTrue(
            self.env["mail.blacklist"].search([("email", "=", "customer@example.com")])
        )
        self.assertEqual(self.url_open("/loyalty/answer/none").status_code, 404)
        page = self.url_open(
            "/loyalty/answer/none/save", {"csrf_token": token, "score": "1"}
        )
        self.assertEqual(page.status_code, 404)
