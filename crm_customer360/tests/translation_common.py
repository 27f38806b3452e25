import io
import re
from collections import Counter

import polib

from odoo.tools import file_path
from odoo.tools.translate import trans_export

# What a translation must keep: %(name)s, %s, %% and tags with their attributes.
KEPT = re.compile(r"%\(\w+\)[sdf]|%[sdf%]|</?\w[^<>]*>")
PERSIAN = re.compile(r"[\u0600-\u06ff]")


def _words(text):
    """Return a term without its placeholders and tags."""
    return KEPT.sub(" ", text)


class TranslationFilesMixin:
    """The template holds what the code says today, and Persian all of the template."""

    module = None
    # Fewer terms than this, and the export has failed.
    minimum = 500

    def _catalogue(self, name):
        return polib.pofile(file_path(f"{self.module}/i18n/{name}"))

    def _exported(self):
        """Return the terms of an export of today, without those of the demo data."""
        buffer = io.BytesIO()
        self.assertTrue(trans_export(None, [self.module], buffer, "po", self.env))
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
        """Export it again (crm_customer360/readme/DEVELOP.md) when this fails."""
        template = {entry.msgid for entry in self._catalogue(f"{self.module}.pot")}
        exported = self._exported()
        self.assertGreater(len(exported), self.minimum)
        self.assertFalse(exported - template, "terms that the template lacks")
        self.assertFalse(template - exported, "terms that are no longer used")

    def test_persian_is_complete(self):
        """Every term with a word in it: a dash or "%(a)s: %(b)s" needs none."""
        persian = {entry.msgid: entry.msgstr for entry in self._catalogue("fa.po")}
        for entry in self._catalogue(f"{self.module}.pot"):
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
