from freezegun import freeze_time
from lxml import html

from odoo.fields import Command
from odoo.tests import tagged

from .portal_common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortal(PortalCommon):
    """What a customer sees."""

    def test_own_loyalty(self):
        page = self._page(self.nora)
        self.assertShown(
            page,
            "Silver since 06/15/2026",
            "$ 3,800.00 to Gold",
            "$ 1,200.00 of $ 5,000.00",
            "Kept until 12/31/2026.",
            "What it takes to keep it is reached.",
            "250 ",
            "Free delivery for ever",
            "What counts is what you buy, untaxed, less what you return.",
            "You joined: Silver",
        )
        self.assertNotIn("Rival", page)
        bar = html.fromstring(self.url_open("/my/loyalty").text).xpath(
            "//div[hasclass('o_crm_loyalty_progress')]"
        )
        # 1,200 of 5,000
        self.assertEqual(bar[0].get("aria-valuenow"), "24")

    def test_start_page(self):
        _status, page = self._get(self.nora, "/my/home")
        self.assertIn("Silver · 250", page)
        page = self._page(self.omid, "/my/home")
        self.assertIn("Base · 20", page)
        self.assertNotIn("Silver", page)

    def test_coupons(self):
        """One's own and the company's: not those of colleagues, nor what is over."""
        program = self.env["loyalty.program"].create(
            {
                "name": "Ten off",
                "program_type": "coupons",
                "company_id": self.company.id,
                "rule_ids": [Command.create({})],
                "reward_ids": [Command.create({"discount": 10})],
            }
        )
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.customer.id}
        )
        wanted = [
            (self.nora.partner_id, "NORA", "2026-06-15", 1),
            (self.customer, "COMPANY", False, 1),
        ]
        unwanted = [
            (colleague, "COLLEAGUE", False, 1),
            (self.rival, "RIVAL", False, 1),
            (self.customer, "EXPIRED", "2026-06-14", 1),
            (self.customer, "USED", False, 0),
        ]
        for partner, code, day, points in wanted + unwanted:
            self.env["loyalty.card"].create(
                {
                    "program_id": program.id,
                    "partner_id": partner.id,
                    "code": code,
                    "expiration_date": day,
                    "points": points,
                }
            )
        portal = self.env["crm.loyalty.portal"]
        coupons = portal._coupons(self.nora.partner_id)
        self.assertEqual([row["code"] for row in coupons], ["NORA", "COMPANY"])
        self.assertEqual(coupons[0]["until"], "06/15/2026")
        self.assertFalse(coupons[0]["company"], "Of one company: no need to say")
        self.assertEqual(len(coupons[0]["rewards"]), 1)
        # Somebody used the one coupon that the program has room for.
        program.write({"limit_usage": True, "max_usage": 1})
        order = self._order(1000, "2026-06-15", confirm=False, partner_id=self.rival.id)
        [(coupon, rewards)] = order._try_apply_code("RIVAL").items()
        order._apply_program_reward(rewards, coupon)
        order.action_confirm()
        program.invalidate_recordset()
        self.assertFalse(portal._coupons(self.nora.partner_id))

    def test_given_by_hand(self):
        """The tier and its end; the reason is not for the customer."""
        self.env["loyalty.tier.manual"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "tier_id": self.gold.id,
                "reason": "Their buyer is difficult",
                "date_end": "2026-09-30",
            }
        )
        self.env.flush_all()
        page = self._page(self.nora)
        self.assertShown(
            page, "Gold", "Given to you until 09/30/2026.", "Gold was given to you"
        )
        self.assertNotIn("difficult", page)

    def test_no_member(self):
        _status, page = self._get(self.zoe)
        self.assertShown(page, "You have no card yet", "Club of ours")
        # Nobody takes part "with the next order" in what is over, or to come.
        for dates in (
            {"date_from": False, "date_to": "2026-06-14"},
            {"date_from": "2026-06-16", "date_to": False},
        ):
            self.program.write(dates)
            with self.subTest(dates):
                page = self._page(self.zoe)
                self.assertIn("no loyalty program at the moment", page)
                self.assertNotIn("Club of ours", page)

    def test_ended(self):
        """Points of a program that is over cannot be used: none are promised."""
        self.assertIn("yours with the next order", self._page(self.nora))
        self.program.date_to = "2026-06-14"
        page = self._page(self.nora)
        self.assertShown(page, "The program ended on 06/14/2026", "250")
        self.assertNotIn("yours with the next order", page)

    def test_archived(self):
        self.card.active = False
        self.Customer._refresh()
        self.env.flush_all()
        page = self._page(self.nora)
        self.assertShown(page, "Your card is no longer in use", "Club of ours")
        self.assertNotIn("250", page)

    def test_several_programs(self):
        """Each with its own points; purchases as the measure of the second."""
        other = self.env["loyalty.program"].create(
            {
                "name": "Points only",
                "program_type": "loyalty",
                "company_id": self.company.id,
                "sequence": 99,
                "portal_point_name": "Stars",
                "portal_visible": True,
            }
        )
        with freeze_time("2026-06-14"):
            self.env["loyalty.card"].create(
                {
                    "program_id": other.id,
                    "partner_id": self.nora.partner_id.id,
                    "points": 7.5,
                }
            )
        self.program.tier_measure = "orders"
        self.env.registry.clear_cache()
        self.Customer._refresh()
        self.env.invalidate_all()
        page = self.env["crm.loyalty.portal"]._page(self.nora.partner_id)
        first, second = page["programs"]
        self.assertEqual(second["points"]["total"], "7.50 Stars")
        self.assertEqual((second["standings"], second["tiers"]), ([], []))
        self.assertEqual(first["standings"][0]["next"]["brought"], "1 purchase")
        self.assertEqual(first["points"]["total"].split()[0], "250")

    def test_card_of_ones_own(self):
        """Without tiers a card is the contact's; a reward is taken from one card."""
        other = self.env["loyalty.program"].create(
            {
                "name": "Stamps",
                "program_type": "loyalty",
                "company_id": self.company.id,
                "portal_point_name": "Stamps",
                "portal_visible": True,
                "reward_ids": [Command.create({"required_points": 10})],
            }
        )
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.customer.id}
        )
        cards = self.env["loyalty.card"].create(
            [
                {"program_id": program.id, "partner_id": partner.id, "points": points}
                for program, partner, points in (
                    (other, self.nora.partner_id, 7),
                    (other, colleague, 9),
                    (self.program, colleague, 60),
                )
            ]
        )
        portal = self.env["crm.loyalty.portal"]
        _club, stamps = portal._page(self.nora.partner_id, 5)["programs"]
        self.assertEqual(stamps["points"]["total"], "7 Stamps")
        self.assertEqual(stamps["points"]["rewards"][0]["missing"], "3 Stamps")
        self.assertEqual(
            [line["points"] for line in stamps["last_points"]], ["+7 Stamps"]
        )
        self.assertIn("7 Stamps", portal._summary(self.nora.partner_id))
        # The club is shared. Of 250 + 60 points a reward of 300 misses 50.
        self.program.reward_ids.required_points = 300
        club = portal._page(self.nora.partner_id)["programs"][0]
        self.assertEqual(club["points"]["total"].split()[0], "310")
        self.assertEqual(club["points"]["rewards"][0]["missing"].split()[0], "50")
        cards[0].partner_id = colleague
        names = [row["name"] for row in portal._page(self.nora.partner_id)["programs"]]
        self.assertEqual(names, ["Club of ours"])

    def test_points_are_hidden(self):
        """Where a program keeps its points to itself, so does their history."""
        url = f"/my/loyalty/{self.program.id}"
        self.assertShown(self._page(self.nora), "Last changes of your points", "+250")
        self.program.portal_visible = False
        self.silver.point_factor = 1.5
        page = self._page(self.nora)
        self.assertIn("Silver since", page)
        for text in ("250", "points", "1.5"):
            with self.subTest(text):
                self.assertNotIn(text, page.replace("points you earn", ""))
        self.assertEqual(self._get(self.nora, f"{url}/points")[0], 404)
        page = self._page(self.nora, f"{url}/tiers")
        self.assertIn("You joined: Silver", page)
        self.assertNotIn("Points", page)

    def test_what_a_tier_gives(self):
        self.silver.write(
            {
                "point_factor": 1.5,
                "pricelist_id": self.env["product.pricelist"]
                .create({"name": "INTERNAL", "company_id": self.company.id})
                .id,
                "payment_term_id": self.env["account.payment.term"]
                .create({"name": "60 days", "company_id": self.company.id})
                .id,
                "coupon_program_id": self.env["loyalty.program"]
                .create(
                    {
                        "name": "WELCOME",
                        "program_type": "coupons",
                        "company_id": self.company.id,
                    }
                )
                .id,
            }
        )
        self.gold.point_factor = 2
        page = self._page(self.nora)
        gives = "1.5 × points Special prices Payment terms: 60 days A coupon as a"
        # On the card of the tier, and among all tiers.
        self.assertEqual(page.count(gives), 2)
        self.assertShown(page, "Free delivery for ever 2 × points")
        self.assertNotIn("1 × points", page)
        self.assertNotIn("INTERNAL", page)

    def test_two_companies(self):
        """A club in each of two companies: both are shown, each with its tier."""
        other = self.env["res.company"].create({"name": "Other"})
        program = self._program(
            name="Other club",
            company_id=other.id,
            portal_visible=True,
            sequence=99,
            tier_ids=[Command.create({"name": "First", "threshold": 0})],
        )
        self._join("2026-05-04", program=program).points = 33
        self.Customer._refresh()
        self.env.flush_all()
        page = self._page(self.nora)
        self.assertShown(page, "Club of ours", "Silver since", "Other club", "First")
        programs = self.env["crm.loyalty.portal"]._page(self.nora.partner_id)
        self.assertEqual(
            [
                (row["standings"][0]["tier"], row["points"]["total"].split()[0])
                for row in programs["programs"]
            ],
            [("Silver", "250"), ("First", "33")],
        )
        page = self._page(self.omid)
        self.assertNotIn("Other club", page)
