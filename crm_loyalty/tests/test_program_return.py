from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from .common import LoyaltyCommon

MEMBERS = 10


@tagged("post_install", "-at_install")
class TestProgramReturn(LoyaltyCommon):
    """A program whose effect is known, since the test made it.

    Today is 15 June 2026. Ten members joined in March 2025; ten others are like them:
    two pairs each brought 100, 200 … 500 of margin in the year before, and are a
    stratum.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.product_a + cls.product_b).standard_price = 0
        cls.members, cls.others = (
            cls.env["res.partner"].create(
                [
                    {
                        "name": f"{kind} {number}",
                        "is_company": True,
                        "property_account_receivable_id": cls.receivable.id,
                    }
                    for number in range(MEMBERS)
                ]
            )
            for kind in ("Member", "Other")
        )

    def _play(self, effect, trend=20):
        """All bring `trend` more in the year after, and members `effect` more still."""
        for number, (member, other) in enumerate(
            zip(self.members, self.others, strict=True)
        ):
            size = 100 * (number // 2 + 1)
            for partner, more in ((member, trend + effect), (other, trend)):
                self._invoice(size, "2024-06-10", partner_id=partner.id)
                self._invoice(size + more, "2025-06-10", partner_id=partner.id)
            self._join("2025-03-10", member)
        self.Customer._refresh()

    def _partner(self, name):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
            }
        )

    def _reward(self, partner):
        """Sell for 100 with a reward of 15 off."""
        order = self._order(100, "2025-08-01", partner_id=partner.id)
        order.order_line = [
            Command.create(
                {
                    "name": "Fifteen off",
                    "product_id": self.product_b.id,
                    "product_uom_qty": 1,
                    "price_unit": -15,
                    "tax_ids": [Command.clear()],
                    "is_reward_line": True,
                    "reward_id": self.program.reward_ids.id,
                }
            )
        ]
        order.order_line.tax_ids = False
        order.order_line.filtered("is_reward_line").price_unit = -15
        self._invoice_order(order, "2025-08-02")

    def _return(self, **vals):
        return self.env["loyalty.program.return"].create(
            {
                "program_id": self.program.id,
                "company_id": self.company.id,
                "date_from": "2025-01-01",
                "date_to": "2025-06-30",
                **vals,
            }
        )

    def test_known_effect(self):
        """50 a member, by ten members; 30 to set up, 2 a month for 12 + 5 months."""
        self.program.write({"return_setup_cost": 30, "return_running_cost": 2})
        self._play(50)
        found = self._return()
        self.assertEqual(found.state, "done", found.state_text)
        self.assertEqual((found.member_count, found.matched_count), (10, 10))
        self.assertEqual(found.other_count, 10)
        self.assertAlmostEqual(found.effect, 50)
        # All changed alike: nothing is left to chance.
        self.assertAlmostEqual(found.effect_low, 50)
        self.assertAlmostEqual(found.effect_high, 50)
        self.assertEqual(found.gain, 500)
        self.assertEqual((found.setup_cost, found.running_cost), (30, 34))
        self.assertEqual(found.net, 500 - 64)
        self.assertAlmostEqual(found.roi, 436 / 64)
        # At 1 % a month: 30 at once, 2 in each of 17 months, 500 ÷ 12 in the twelve
        # after March: −30 − 2 × 15.71787 + 41.66667 × 11.25508 ÷ 1.01² = 398.29.
        self.assertAlmostEqual(found.npv, 398.29)
        self.assertEqual(found.discount, 0.01)

    def test_no_effect(self):
        self._play(0)
        found = self._return()
        self.assertEqual(found.state, "done")
        self.assertAlmostEqual(found.effect, 0)
        self.assertEqual(found.gain, 0)
        self.assertFalse(found.roi)

    def test_chance(self):
        """Where members change differently, the interval says how sure it is."""
        self._play(50)
        for number, member in enumerate(self.members):
            # 0, 30, 60 … 270 more: 135 on average
            if number:
                self._invoice(30 * number, "2025-07-01", partner_id=member.id)
        found = self._return()
        self.assertAlmostEqual(found.effect, 185)
        self.assertTrue(found.effect_low < 185 < found.effect_high)

    def test_rewards_are_a_cost_once(self):
        """Two members got 15 off each: margin 30 lower, and a cost of 30."""
        self._play(50)
        for member in self.members[:2]:
            self._reward(member)
        found = self._return()
        self.assertEqual(found.reward_cost, 30)
        # Ten times 50, and the two orders of 100; the rewards are not taken off twice.
        self.assertAlmostEqual(found.gain, 700)
        self.assertAlmostEqual(found.net, 670)
        # A third one was no customer before, and nobody is like it: its reward is a
        # cost, and no part of the gain of the others.
        alone = self._partner("Alone")
        self._join("2025-03-10", alone)
        self._reward(alone)
        self.Customer._refresh(alone)
        found = self._return()
        self.assertEqual((found.member_count, found.matched_count), (11, 10))
        self.assertEqual(found.reward_cost, 45)
        self.assertAlmostEqual(found.gain, 700)
        self.assertAlmostEqual(found.net, 655)
        # 655 ÷ 12 in the months 3 to 14: 54.58333 × 11.25508 ÷ 1.01².
        self.assertAlmostEqual(found.npv, 602.23)

    def test_joined_by_buying(self):
        """Members join with a purchase of 100: others without one are not like them.

        Of each pair of others one bought for 100 in that month, too: nothing is left.
        """
        self._play(0)
        buyers = self.members + self.others.browse(self.others.ids[::2])
        for partner in buyers:
            self._invoice(100, "2025-03-20", partner_id=partner.id)
        found = self._return()
        self.assertEqual((found.matched_count, found.other_count), (10, 5))
        self.assertAlmostEqual(found.effect, 0)
        self.assertEqual(found.gain, 0)

    def test_segment_and_size(self):
        """All bring as much more as they brought; small others are the most.

        By the segment alone, members brought 300 more on average, others 200. One of
        another segment, as small, brought 9,000 more.
        """
        sizes = [100] * 6 + [200, 300, 400, 500]
        strange = self._partner("Strange")
        rows = [
            *zip(self.members, [100, 200, 300, 400, 500] * 2, strict=True),
            *zip(self.others, sizes, strict=True),
        ]
        for partner, size in rows:
            self._invoice(size, "2024-06-10", partner_id=partner.id)
            self._invoice(2 * size, "2025-06-10", partner_id=partner.id)
        self._invoice(100, "2024-06-10", partner_id=strange.id)
        self._invoice(9100, "2025-06-10", partner_id=strange.id)
        for member in self.members:
            self._join("2025-03-10", member)
        self.Customer._refresh()
        mine, other = self.env["crm.rfm.segment"].search([], limit=2)
        self.env["crm.customer.snapshot"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "date": "2025-02-28",
                    "rfm_segment_id": (other if partner == strange else mine).id,
                    "closed": True,
                }
                for partner in self.members + self.others + strange
            ]
        )
        found = self._return()
        self.assertEqual((found.matched_count, found.other_count), (10, 10))
        self.assertAlmostEqual(found.effect, 0)

    def test_few_others(self):
        """Few others are not parted into fifths: members would have nobody beside them.

        Members of 100 to 500 changed by 70. Of three others, of 150, 250 and 350, the
        last changed by 120, the rest by 20: 160 ÷ 3 on average, in one part.
        """

        def bought(partner, size, change):
            self._invoice(size, "2024-06-10", partner_id=partner.id)
            self._invoice(size + change, "2025-06-10", partner_id=partner.id)

        for number, member in enumerate(self.members):
            bought(member, 100 * (number // 2 + 1), 70)
            self._join("2025-03-10", member)
        for other, size, change in zip(
            self.others[:3], (150, 250, 350), (20, 20, 120), strict=True
        ):
            bought(other, size, change)
        self.Customer._refresh()
        found = self._return()
        self.assertEqual((found.matched_count, found.other_count), (10, 3))
        self.assertAlmostEqual(found.effect, round(70 - 160 / 3, 2))
        # A fourth, of 50: two parts of seven customers. The four members up to 200 have
        # changed by 50 more than the others up to 250, the six above by 50 less than
        # the one of 350: (4 × 50 − 6 × 50) ÷ 10.
        bought(self.others[3], 50, 20)
        self.Customer._refresh()
        found = self._return()
        self.assertEqual((found.matched_count, found.other_count), (10, 4))
        self.assertAlmostEqual(found.effect, -10)

    def test_cost_of_points(self):
        """A point worth less than half a cent is a cost as well.

        1,000 points a member at 0.004: 4, ten times. Those that another company of a
        program for all companies owes are none of ours.
        """
        self.program.write({"company_id": False, "point_value_set": 0.004})
        other = self.env["res.company"].create({"name": "Other"})
        self._play(50)
        cards = self.env["loyalty.card"].search([("program_id", "=", self.program.id)])
        with freeze_time("2025-08-01 12:00:00"):
            for card in cards:
                card.with_company(self.company).points += 1000
            cards[0].with_company(other).points += 700
            self.env.flush_all()
        found = self._return()
        self.assertAlmostEqual(found.point_cost, 40)
        self.assertAlmostEqual(found.net, 460)

    def test_months_by_default(self):
        """The last twelve months of joining of which the year after is over."""
        defaults = self.env["loyalty.program.return"].default_get(
            ["date_from", "date_to"]
        )
        self.assertEqual(
            (str(defaults["date_from"]), str(defaults["date_to"])),
            ("2024-07-01", "2025-06-30"),
        )

    def test_states(self):
        found = self._return()
        self.assertEqual((found.state, found.member_count), ("none", 0))
        early = self._return(date_from="2026-01-01", date_to="2026-03-31")
        self.assertEqual(early.state, "early")
        self._join("2025-03-10", self.members[0])
        self._invoice(100, "2024-06-10", partner_id=self.members[0].id)
        self.Customer._refresh()
        found = self._return()
        self.assertEqual(found.state, "unmatched")
        self.assertEqual(found.unmatched_share, 1)
        self._invoice(100, "2024-06-10", partner_id=self.others[0].id)
        self.Customer._refresh()
        self.assertEqual(self._return().state, "few")

    def test_not_compared(self):
        """Who joined within the year, and other companies, are nobody to compare."""
        self._play(50)
        company = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self.env.flush_all()
        with self.cr.savepoint(flush=False) as savepoint:
            for table in ("account_move", "account_move_line", "crm_customer"):
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET company_id = %s WHERE partner_id = ANY(%s)",
                        SQL.identifier(table),
                        company.id,
                        self.others.ids,
                    )
                )
            self.env.invalidate_all(flush=False)
            self.assertEqual(self._return().state, "unmatched")
            self.env.flush_all()
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.assertEqual(self._return().state, "done")
        for other in self.others:
            self._join("2025-09-01", other)
        self.assertEqual(self._return().state, "unmatched")

    def test_month_of_joining(self):
        """22:00 of 31 March in Greenwich is 1 April in Tehran."""
        self.company.partner_id.tz = "Asia/Tehran"
        card = self._join("2025-03-31")
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2025-03-31 22:00' WHERE id = %s",
            [card.id],
        )
        self._invoice(100, "2024-06-10")
        self.Customer._refresh(self.customer)
        for month, count in (("2025-03-01", 0), ("2025-04-01", 1)):
            with self.subTest(month):
                found = self._return(date_from=month, date_to=month)
                self.assertEqual(found.member_count, count)

    def test_program_of_the_company(self):
        """Neither another company's program, nor a branch alone."""
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["loyalty.program"].create(
            {"name": "Theirs", "program_type": "loyalty", "company_id": other.id}
        )
        for values in (
            {"program_id": theirs.id},
            {"company_id": other.id},
            {"company_id": self._branch().id},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._return(**values)
        form = Form(self.env["loyalty.program.return"])
        form.program_id, form.company_id = self.program, other
        self.assertEqual(form.program_id, theirs)

    def test_nothing_chosen(self):
        """A month that is cleared is asked for, and nothing fails meanwhile."""
        Return = self.env["loyalty.program.return"]
        for name, value in (
            ("date_from", False),
            ("date_to", False),
            ("program_id", self.env["loyalty.program"]),
        ):
            with self.subTest(name):
                form = Form(Return)
                form[name] = value
                self.assertEqual((form.state, form.state_text), ("none", ""))
        form = Form(Return)
        form.date_from, form.date_to = "2025-03-01", "2025-01-31"
        self.assertIn("comes after the last one", form.state_text)

    def test_access(self):
        def user(login, groups):
            return new_test_user(
                self.env,
                login,
                groups=groups,
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )

        Return = self.env["loyalty.program.return"]
        controller = user("c", "base.group_user,crm_customer360.group_profitability")
        values = {"program_id": self.program.id, "company_id": self.company.id}
        found = Return.with_user(controller).create(values)
        self.assertEqual(found.state, "none")
        seller = user("s", "sales_team.group_sale_salesman_all_leads")
        with self.assertRaises(AccessError):
            Return.with_user(seller).create(values)
        with self.assertRaises(AccessError):
            self.program.with_user(seller).read(["return_setup_cost"])

    def test_who_has_only_a_branch(self):
        """Whoever works in a branch sees the return of the company it belongs to."""
        branch = self._branch()
        user = new_test_user(
            self.env,
            login="branch_only",
            groups="base.group_user,sales_team.group_sale_manager,"
            "crm_customer360.group_profitability",
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        self._play(50)
        self.env.flush_all()
        self.env.invalidate_all()
        Return = (
            self.env["loyalty.program.return"]
            .with_user(user)
            .with_context(allowed_company_ids=branch.ids)
        )
        with Form(Return) as form:
            form.date_from, form.date_to = "2025-01-01", "2025-06-30"
            self.assertEqual((form.state, form.effect), ("done", 50))
