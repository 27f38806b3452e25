from odoo.tests import HttpCase, tagged

from .common import CustomerCommon
from .translation_common import TranslationFilesMixin

MODULE = "crm_customer360"
LANGUAGE = "fa_IR"


@tagged("post_install", "-at_install")
class TestTranslationFiles(TranslationFilesMixin, CustomerCommon):
    module = MODULE

    def test_words_of_the_verdict(self):
        """1000 of 1000 due on 1 March: 106 days late on 15 June, over 50 % and 90."""
        self.env["res.lang"]._activate_lang(LANGUAGE)
        self._invoice(1000, "2026-03-01")
        self.env["crm.customer"]._refresh(self.customer, self.company)
        row = self.env["crm.customer"].search([("partner_id", "=", self.customer.id)])
        lines = {
            line["code"]: line["text"]
            for line in row.with_context(lang=LANGUAGE).verdict_lines
        }
        money = row.currency_id.with_context(lang=LANGUAGE).format(1000)
        self.assertEqual(
            lines["oldest_overdue"],
            f"{money} بیش از 90 روز دیرکرد دارد؛ قدیمی‌ترین 106 روز.",
        )
        english = {line["code"]: line["text"] for line in row.verdict_lines}
        self.assertIn("the oldest 106 days", english["oldest_overdue"])


@tagged("post_install", "-at_install")
class TestTranslations(HttpCase):
    """What a Persian user is given: labels from the database, words of the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        cls.env["ir.module.module"]._load_module_terms([MODULE], [LANGUAGE])

    def test_label(self):
        label = self.env["crm.customer"].with_context(lang=LANGUAGE)
        self.assertEqual(
            label.fields_get(["receivable"], ["string"])["receivable"]["string"],
            "دریافتنی",
        )
        self.assertIn("مانده بدهی مشتری", label.get_view(view_type="form")["arch"])

    def test_words_of_the_client(self):
        self.authenticate("admin", "admin")
        answer = self.url_open(
            f"/web/webclient/translations?mods={MODULE}&lang={LANGUAGE}"
        )
        messages = answer.json()["modules"][MODULE]["messages"]
        words = {message["id"]: message["string"] for message in messages}
        self.assertEqual(words["Whale curve of contribution"], "منحنی نهنگ سود مشارکتی")
        # A word of the server alone is not sent.
        self.assertNotIn("Marked as a bad debtor.", words)
