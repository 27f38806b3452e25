from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from .common import LoyaltyCommon


class PortalCommon(HttpCase, LoyaltyCommon):
    """/my/loyalty: a customer sees its own loyalty, and nobody else's.

    "Customer" is Silver with 1,200 of 5,000 and 250 points; Nora works there. "Rival"
    is in the base tier with 20 points; Omid works there. Zoe is no customer.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})
        cls.nora = cls._portal_user("nora", cls.customer)
        cls.omid = cls._portal_user("omid", cls.rival)
        cls.zoe = cls._portal_user("zoe")
        cls.program.write({"name": "Club of ours", "portal_visible": True})
        cls.gold.description = "<p>Free delivery for ever</p>"

    @classmethod
    def _portal_user(cls, login, parent=None):
        user = new_test_user(
            cls.env,
            login,
            groups="base.group_portal",
            password=f"{login}{login}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.parent_id = parent
        return user

    def setUp(self):
        super().setUp()
        self.card = self._join("2026-05-04")
        self.card.points = 250
        self._join("2026-05-05", self.rival).points = 20
        self._invoice(1200, "2026-06-10")
        self.Customer._refresh()
        self.env.flush_all()

    def _get(self, user, url="/my/loyalty"):
        """Return status and text of a page, as a user or the public (None)."""
        self.authenticate(user and user.login, user and user.login * 2)
        response = self.url_open(url, allow_redirects=False)
        if response.status_code != 200:
            return response.status_code, ""
        main = html.fromstring(response.text).xpath("//div[@id='wrap']")[0]
        return 200, " ".join(" ".join(main.itertext()).split())

    def _page(self, user, url="/my/loyalty"):
        """Return the text of a page, which there must be."""
        status, page = self._get(user, url)
        self.assertEqual(status, 200)
        return page

    def assertShown(self, page, *texts):
        for text in texts:
            with self.subTest(text=text):
                self.assertIn(text, page)
