from ast import literal_eval
from hashlib import md5
from re import findall

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, email_normalize

from odoo.addons.crm_loyalty.controllers.loyalty_answer import LoyaltyAnswer

from .voice_common import VoiceCommon

LOGGER = "odoo.addons.crm_loyalty.models.crm_customer_nps_asking"


@tagged("post_install", "-at_install")
class TestAsking(VoiceCommon):
    def _partners(self, number):
        return self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(number)]
        )

    def _contact(self):
        return self.env["res.partner"].create(
            {
                "name": "Contact",
                "parent_id": self.customer.id,
                "email": "contact@example.com",
            }
        )

    def _mail(self, nps):
        return self.env["mail.mail"].search(
            [("model", "=", nps._name), ("res_id", "=", nps.id)]
        )

    def test_trigger(self):
        """Deliveries are offered where there are any."""
        for record in (self.company, self.env["res.config.settings"]):
            [field] = record.fields_get(["nps_trigger"], ["selection"]).values()
            offered = [value for value, _name in field["selection"]]
            expected = ["invoice"] + ["delivery"] * ("stock.picking" in self.env)
            self.assertEqual(offered, expected)

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
        contact = self._contact()
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
        # On again today, the 15th: what was sold before is not asked about, and what
        # is sold now is, three days later.
        self.company.nps_active = True
        self.assertEqual(str(self.company.nps_since), "2026-06-15")
        self.assertEqual(self.Nps._ask_due(), 0, "Sold before it began")
        self._sold("2026-06-14")
        now = self._sold("2026-06-15")
        with self._on("2026-06-17"):
            self.assertEqual(self.Nps._ask_due(), 0, "Sold the day before it began")
        with self._on("2026-06-18"):
            self.assertEqual(self.Nps._ask_due(), 1)
        self.assertTrue(self._asked(now))

    def test_what_is_a_purchase(self):
        """Receipts are; what was reversed, credit notes and drafts are not."""
        partners = self._partners(4)
        undone = self._sold("2026-06-11", partner=partners[0])
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=undone.ids
        ).create({"journal_id": undone.journal_id.id}).modify_moves()
        self.assertEqual(undone.payment_state, "reversed")
        self._sold("2026-06-12", partner=partners[1], move_type="out_refund")
        self._sold("2026-06-12", partner=partners[2], post=False)
        receipt = self._sold("2026-06-12", partner=partners[3], move_type="out_receipt")
        self.assertEqual(self.Nps._ask_due(), 1)
        self.assertEqual(self.Nps.search([]), self._asked(receipt))

    def test_contact_who_left(self):
        """Whose contact was archived is written to itself."""
        contact = self._contact()
        self._sold("2026-06-12", partner=contact)
        contact.active = False
        self.env["mail.blacklist"]._add("contact@example.com")
        self.assertEqual(self.Nps._ask_due(), 1)
        self.assertEqual(self.Nps.search([]).contact_id, self.customer)

    def test_branch(self):
        """A branch asks by the settings of its root company, in its own name."""
        branch = self._branch()
        self.env.user.company_ids += branch
        sold = self._sold("2026-06-12", company_id=branch.id)
        self.assertEqual(self.Nps._ask_due(), 1)
        self.assertEqual(self._asked(sold).company_id, branch)

    def test_quiet_days_are_those_of_all_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self._on("2026-01-01"):
            other.nps_active = True
        self._sold("2026-06-11")
        with self._on("2026-06-14"):
            self.assertEqual(self.Nps._ask_due(), 1)
        invoices = type(self.Nps)._invoices
        # Without a chart of accounts: an invoice of the other company, too.
        self.patch(
            type(self.Nps),
            "_invoices",
            lambda nps: SQL(
                "%s UNION ALL SELECT 'other,1', 'INV', %s, %s, NULL::int, %s::date",
                invoices(nps),
                other.id,
                self.customer.id,
                "2026-06-12",
            ),
        )
        self.assertEqual(self.Nps._ask_due(), 0, "Asked yesterday, by the first")
        other.nps_quiet_days = 1
        with self._on("2026-06-16"):
            self.assertEqual(self.Nps._ask_due(), 1)
        asked = self.Nps.search([("document", "=", "other,1")])
        self.assertEqual(asked.company_id, other)

    def test_nothing_to_ask_with(self):
        """Warned of once, and nobody is asked."""
        for partner in self._partners(2):
            self._sold("2026-06-12", partner=partner)
        questions = self.Nps._survey().question_ids
        scale = questions.filtered(lambda item: item.question_type == "scale")
        for missing in (scale, self.Nps._template()):
            missing.unlink()
            with self.assertLogs(LOGGER, "WARNING") as logs:
                self.assertEqual(self.Nps._ask_due(), 0)
            self.assertEqual(len(logs.output), 1)
            self.assertIn("nobody is asked", logs.output[0])

    def test_limit_and_one_bad_customer(self):
        partners = self._partners(3)
        for partner in partners:
            self._sold("2026-06-12", partner=partner)
        ask = type(self.Nps)._ask

        def broken(nps, values, *args):
            if values["partner_id"] == partners[1].id:
                raise ValueError(values)
            return ask(nps, values, *args)

        self.patch(type(self.Nps), "_ask", broken)
        with self.assertLogs(LOGGER, "ERROR") as logs:
            self.assertEqual(self.Nps._ask_due(), 2)
        self.assertEqual(len(logs.output), 1)
        self.assertIn("Not asked about account.move,", logs.output[0])
        self.assertEqual(self.Nps.search([]).partner_id, partners[0] + partners[2])
        self.patch(type(self.Nps), "_ask", ask)
        self.company.nps_limit = 1
        for partner in self._partners(2):
            self._sold("2026-06-12", partner=partner)
        self.assertEqual(self.Nps._ask_due(), 1, "One of three")

    def test_rate_depends_on_the_document_alone(self):
        def place(document):
            digest = md5(document.encode(), usedforsecurity=False).hexdigest()
            return int(digest[:8], 16) % 100

        documents = [f"account.move,{number}" for number in range(1, 201)]
        found = {
            rate: [
                row[0]
                for row in self.env.execute_query(
                    SQL(
                        "SELECT d FROM unnest(%s) d WHERE %s",
                        documents,
                        self.Nps._nps_sample(SQL("d"), rate),
                    )
                )
            ]
            for rate in (30, 100)
        }
        self.assertEqual(found[30], [item for item in documents if place(item) < 30])
        self.assertTrue(40 <= len(found[30]) <= 80, "About 30 % of 200")
        self.assertEqual(found[100], documents)
        # At a rate of its place a document is left out, at one more it is not.
        places = {
            sold: place(f"account.move,{sold.id}")
            for sold in (
                self._sold("2026-06-12", partner=partner)
                for partner in self._partners(3)
            )
        }
        rate = max(places.values())
        self.company.nps_rate = rate
        before = sum(number < rate for number in places.values())
        self.assertEqual(self.Nps._ask_due(), before)
        self.company.nps_rate = rate + 1
        self.assertEqual(self.Nps._ask_due(), 3 - before)

    def test_mail(self):
        self._sold("2026-06-12")
        self.Nps._ask_due()
        nps = self.Nps.search([])
        mail = self._mail(nps)
        self.assertEqual(mail.recipient_ids, self.customer)
        token = nps.input_id.access_token
        for score in range(11):
            self.assertIn(f"/loyalty/answer/{token}?score={score}", mail.body_html)
        self.assertIn(self.company.name, mail.body_html)
        self.assertNotIn("Recommendation Asked", mail.body_html, "No heading of ours")
        headers = literal_eval(mail.headers)
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertIn(
            f"/loyalty/answer/{token}/unsubscribe>", headers["List-Unsubscribe"]
        )

    def test_reply(self):
        """To the salesperson, else to the company."""
        self.company.email = "us@example.com"
        mail = self._mail(self._ask())
        self.assertEqual(email_normalize(mail.reply_to), self.seller.email_normalized)
        self.seller.active = False
        mail = self._mail(self._ask())
        self.assertEqual(email_normalize(mail.reply_to), "us@example.com")

    def test_direction(self):
        """By the language, whatever alphabet the customer's name is written in."""
        self.env["res.lang"]._activate_lang("fa_IR")
        for lang, direction in (("fa_IR", "rtl"), (False, "ltr")):
            self.customer.lang = lang
            mail = self._mail(self._ask())
            self.assertEqual(
                set(findall(r'<td[^>]* dir="(\w+)"', mail.body_html)), {direction}
            )


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
        page = self.url_open(url)
        # Of all eleven buttons, with the value that each of them sends: 0, too.
        buttons = findall(r'id="score_(\d+)" value="(\d+)"', page.text)
        self.assertEqual(buttons, [(str(score), str(score)) for score in range(11)])
        self.url_open(f"{url}/save", {"csrf_token": token, "score": "0"})
        self.assertEqual((nps.score, nps.nps_class), (0, "detractor"))
        # No number of a score, however long it is.
        page = self.url_open(f"{url}?score={'9' * 5000}")
        self.assertEqual(page.status_code, 200)
        page = self.url_open(f"{url}/save", {"csrf_token": token, "score": "9" * 5000})
        self.assertEqual(page.status_code, 400)
        # Said to who asked for it, and from then on.
        page = self.url_open(f"{url}?quiet=1")
        self.assertNotIn("no more of these mails", page.text)
        page = self.url_open(f"{url}/quiet", {"csrf_token": token})
        self.assertIn("no more of these mails", page.text)
        self.assertIn("no more of these mails", self.url_open(url).text)
        self.assertTrue(
            self.env["mail.blacklist"].search([("email", "=", "customer@example.com")])
        )
        self.assertEqual(self.url_open("/loyalty/answer/none").status_code, 404)
        page = self.url_open(
            "/loyalty/answer/none/save", {"csrf_token": token, "score": "1"}
        )
        self.assertEqual(page.status_code, 404)

    def test_frame(self):
        """Where Website is installed, only its routes can be drawn in its frame."""
        for name in ("answer", "save", "quiet"):
            routing = getattr(LoyaltyAnswer, name).original_routing
            self.assertTrue(routing["website"], name)

    def test_too_late(self):
        """Nothing can be answered any more; no more mails can still be asked for."""
        with self._on("2026-03-01"):
            nps = self._ask()
        url = f"/loyalty/answer/{nps.input_id.access_token}"
        page = self.url_open(f"{url}?score=4")
        self.assertEqual(page.status_code, 200)
        self.assertIn("The time to answer is over", page.text)
        self.assertNotIn('name="score"', page.text)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        page = self.url_open(f"{url}/save", {"csrf_token": token, "score": "4"})
        self.assertEqual(page.status_code, 400)
        self.assertFalse(nps.answered_at)
        page = self.url_open(f"{url}/quiet", {"csrf_token": token})
        self.assertIn("no more of these mails", page.text)
        self.assertTrue(self.customer.is_blacklisted)

    def test_unsubscribed_by_the_mail_program(self):
        """It has no session, and follows no redirection; opening it does nothing."""
        url = f"/loyalty/answer/{self._ask().input_id.access_token}/unsubscribe"
        self.assertEqual(self.url_open(url).status_code, 405)
        self.assertFalse(self.customer.is_blacklisted)
        page = self.url_open(
            url, {"List-Unsubscribe": "One-Click"}, allow_redirects=False
        )
        self.assertEqual(page.status_code, 200)
        self.assertTrue(self.customer.is_blacklisted)

    def test_words_of_the_customer(self):
        """Also those of an error are in the customer's language."""
        self.env["res.lang"]._activate_lang("fa_IR")
        self.customer.lang = "fa_IR"

        def late(nps, *_args):
            raise UserError(nps.env.lang)

        self.patch(type(self.Nps), "_answer", late)
        url = f"/loyalty/answer/{self._ask().input_id.access_token}"
        page = self.url_open(url)
        self.assertIn('lang="fa-IR"', page.text)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        page = self.url_open(f"{url}/save", {"csrf_token": token, "score": "4"})
        self.assertRegex(page.text, r'role="alert"[^>]*>fa_IR<')
