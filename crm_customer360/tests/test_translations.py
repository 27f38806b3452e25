import io
import re
from collections import Counter

import polib

from odoo.tests import HttpCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

from .common import CustomerCommon

MODULE = "crm_customer360"
LANGUAGE = "fa_IR"
# What a translation must keep: %(name)s, %s, %% and tags with their attributes.
KEPT = re.compile(r"%\(\w+\)[sdf]|%[sdf%]|</?\w[^<>]*>")
PERSIAN = re.compile(r"[\u0600-\u06ff]")


def _catalogue(name):
    return polib.pofile(file_path(f"{MODULE}/i18n/{name}"))


def _words(text):
    """Return a term without its placeholders and tags."""
    return KEPT.sub(" ", text)


@tagged("post_install", "-at_install")
class TestTranslationFiles(CustomerCommon):
    """The template holds what the code says today, and Persian all of the template."""

    def _exported(self):
        """Return the terms of an export of today, without those of the demo data."""
        buffer = io.BytesIO()
        self.assertTrue(trans_export(None, [MODULE], buffer, "po", self.env))
        return {
            entry.msgid
            for entry in polib.pofile(buffer.getvalue().decode())
            if not all(self._is_demo(name) for name, _line in entry.occurrences)
        }

    @staticmethod
    def _is_demo(occurrence):
        return ":ir." not in occurrence and re.search(
            r"_demo(_product_template)?$", occurrence
        )

    def test_template_is_up_to_date(self):
        """Export it again (readme/DEVELOP.md) when this fails."""
        template = {entry.msgid for entry in _catalogue(f"{MODULE}.pot")}
        exported = self._exported()
        self.assertGreater(len(exported), 500)
        self.assertFalse(exported - template, "terms that the template lacks")
        self.assertFalse(template - exported, "terms that are no longer used")

    def test_persian_is_complete(self):
        """Every term with a word in it: a dash or "%(a)s: %(b)s" needs none."""
        persian = {entry.msgid: entry.msgstr for entry in _catalogue("fa.po")}
        for entry in _catalogue(f"{MODULE}.pot"):
            with self.subTest(term=entry.msgid):
                self.assertIn(entry.msgid, persian)
                translation = persian[entry.msgid]
                if translation or re.search(r"\w", _words(entry.msgid)):
                    self.assertRegex(_words(translation), PERSIAN)
                    self.assertEqual(
                        Counter(KEPT.findall(entry.msgid)),
                        Counter(KEPT.findall(translation)),
                    )
                    for space in (r"^\s*", r"\s*$"):
                        self.assertEqual(
                            re.search(space, entry.msgid)[0],
                            re.search(space, translation)[0],
                        )

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
