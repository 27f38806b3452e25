from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .salespeople_common import SalespeopleCommon


@tagged("post_install", "-at_install")
class TestChallenge(SalespeopleCommon):
    """The challenge, started by a sales manager: goals as worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.challenge = cls.env.ref("crm_rfm.challenge_customers")
        cls.challenge.user_ids = [Command.set((cls.ana + cls.ben).ids)]
        cls.challenge.user_domain = False

    def _goals(self, user):
        goals = self.env["gamification.goal"].search(
            [("challenge_id", "=", self.challenge.id), ("user_id", "=", user.id)]
        )
        return {
            name: goals.filtered(
                lambda goal, name=name: (
                    goal.definition_id == self.env.ref(f"crm_rfm.goal_{name}")
                )
            ).current
            for name in (
                "revenue",
                "collected",
                "new_customers",
                "kept_customers",
                "moved_up",
            )
        }

    def _june(self):
        """What counts in June 2026; the challenge is monthly."""
        partners = self._base()
        fresh = self._partner("New in June", user_id=self.ana.id)
        self._invoice(40, "2026-06-12", partner_id=fresh.id)
        # Overdue since 1 May, 120 of 200 come in on 5 June; before that, one was due
        # and paid in May.
        late = self.env["account.move"].search(
            [("partner_id", "=", partners["fresh"].id), ("amount_total", "=", 200)]
        )
        self._register(
            late.filtered(lambda move: move.move_type == "out_invoice"),
            "2026-06-05",
            amount=120,
        )
        old = self._invoice(
            77, "2026-05-01", partner_id=partners["stayed"].id, due="2026-05-02"
        )
        self._register(old, "2026-05-20")
        # Paid on its due date is not late.
        paid = self._invoice(9, "2026-06-08", partner_id=partners["stayed"].id)
        self._register(paid, "2026-06-08")
        self.Customer._refresh()
        return partners

    def test_start(self):
        self.assertEqual(self.challenge.state, "draft")
        self.assertEqual(self.challenge.visibility_mode, "personal")
        partners = self._june()
        self.env["crm.rfm.movement"].sudo().search([]).unlink()
        for day, direction, cause in (
            ("2026-06-01", "up", "data"),
            ("2026-06-15", "up", "data"),
            ("2026-06-15", "up", "rules"),
            ("2026-06-15", "down", "data"),
            ("2026-05-31", "up", "data"),
        ):
            self.env["crm.rfm.movement"].sudo().create(
                {
                    "partner_id": partners["stayed"].id,
                    "company_id": self.company.id,
                    "user_id": self.ana.id,
                    "date": day,
                    "direction": direction,
                    "cause": cause,
                }
            )
        self._as("manager", self.challenge).action_start()
        self.assertEqual(self.challenge.state, "inprogress")
        self.assertEqual(
            self._goals(self.ana),
            {
                # stayed 100 + 9, fresh 500 - 200, new 40; 200 and 77 are before June
                "revenue": 449,
                "collected": 120,
                # New in June alone: fresh first bought in April
                "new_customers": 1,
                # stayed and fresh, who bought before and again in June
                "kept_customers": 2,
                "moved_up": 2,
            },
        )
        self.assertEqual(set(self._goals(self.ben).values()), {0})

        # Later in the month: the goals are updated, natively.
        self._invoice(1000, "2026-06-14", partner_id=partners["never"].id)
        self.Customer._refresh()
        goals = self.env["gamification.goal"].search(
            [("challenge_id", "=", self.challenge.id)]
        )
        goals.update_goal()
        ben = self._goals(self.ben)
        self.assertEqual((ben["revenue"], ben["new_customers"]), (1000, 1))

    def test_a_salesperson_updates_own_goals(self):
        self._june()
        self._as("manager", self.challenge).action_start()
        goals = self.env["gamification.goal"].search(
            [("challenge_id", "=", self.challenge.id), ("user_id", "=", self.ana.id)]
        )
        goals.current = 0
        self._as("ana", goals).update_goal()
        self.assertEqual(self._goals(self.ana)["revenue"], 449)
        # The goals of others are theirs, and the manager's.
        Goal = self.env["gamification.goal"]
        mine = [("challenge_id", "=", self.challenge.id)]
        self.assertEqual(self._as("ana", Goal).search(mine).user_id, self.ana)
        self.assertEqual(
            self._as("manager", Goal).search(mine).user_id, self.ana + self.ben
        )

    def test_money_of_one_currency(self):
        """What is sold in another company, in another currency, is not added."""
        self._june()
        gold = self.setup_other_currency("HRK", rates=[("2026-01-01", 2.0)])
        other = self._create_company(name="Other", currency_id=gold.id)
        self.ana.company_ids += other
        mine = [("user_id", "=", self.ana.id), ("kind", "=", "revenue")]
        Achievement = self.env["crm.rfm.achievement"].sudo()
        before = Achievement.search_count(mine)
        # _base: 7 without Ben's and nobody's; 3 more in June
        self.assertEqual(before, 9)
        self.ana.company_id = other
        self.assertEqual(Achievement.search_count(mine), 0)

    def test_who_may(self):
        line = self.challenge.line_ids[0]
        for name in ("ana", "all", "reader", "employee"):
            with self.subTest(name), self.assertRaises(AccessError):
                self._as(name, self.challenge).action_start()
            with self.subTest(name), self.assertRaises(AccessError):
                self._as(name, line).target_goal = 1
        self._as("manager", line).target_goal = 7
        # A challenge that is not the salespeople's is not the manager's.
        strange = self.challenge.copy({"rfm_sales": False})
        for action in ("action_start", "action_check"):
            with self.assertRaises(AccessError):
                getattr(self._as("manager", strange), action)()
        with self.assertRaises(AccessError):
            self._as("manager", strange.line_ids[0]).target_goal = 1
        admin = new_test_user(
            self.env,
            login="person_admin",
            groups="base.group_user,base.group_erp_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        strange.with_user(admin).line_ids[0].target_goal = 1
        strange.with_user(admin).user_domain = "[('login', '=like', 'person_a%')]"
        self.assertIn(self.ana, strange.user_ids)
        # Its goals are made of figures that who starts it need not see.
        self.challenge.with_user(admin).action_start()
        self.assertEqual(self.challenge.state, "inprogress")

    def test_who_takes_part(self):
        """By groups and companies: the search of other fields would tell secrets."""
        own = self._as("manager", self.challenge)
        group = self.env.ref("sales_team.group_sale_salesman_all_leads")
        own.user_domain = (
            f"[('all_group_ids', 'in', {group.ids}), ('share', '=', False),"
            f" ('company_id', '=', {self.company.id})]"
        )
        own.action_start()
        self.assertIn(self.users["all"], self.challenge.user_ids)
        bad = (
            "[('login', '=', 'admin')]",
            "['|', ('id', '=', 0), ('partner_id.email', '!=', False)]",
            "[('company_id', 'any', [('name', '=', 'x')])]",
            "[('id', '>', 0)]",
        )
        for domain in bad:
            with self.subTest(domain), self.assertRaises(ValidationError):
                own.user_domain = domain
        values = {"name": "Mine", "rfm_sales": True}
        for domain in (*bad, "user.id"):
            own = own.with_context(default_user_domain=domain)
            with self.subTest(default=domain), self.assertRaises(ValidationError):
                own.create(values)

    def test_officer_of_employees(self):
        """Who manages challenges natively keeps that as a sales manager."""
        strange = self.challenge.copy({"rfm_sales": False})
        group = self.env.ref("hr.group_hr_user", raise_if_not_found=False)
        if not group:
            group = self.env["res.groups"].create({"name": "Officer"})
            self.env["ir.model.data"].create(
                {
                    "module": "hr",
                    "name": "group_hr_user",
                    "model": "res.groups",
                    "res_id": group.id,
                }
            )
            self.env.registry.clear_all_caches()
        with self.assertRaises(AccessError):
            self._as("manager", strange).name = "Ours"
        self.users["manager"].group_ids += group
        self._as("manager", strange).name = "Ours"
        self._as("manager", strange.line_ids[0]).target_goal = 3
        strange.rfm_sales = True
        self._as("manager", strange).user_domain = "[('name', '=', 'Nobody')]"
        self.assertEqual(strange.name, "Ours")

    def test_customers_kept(self):
        """Once a month with purchases after the first one; later ones take none away.

        Two purchases in April are of a new customer, whom nobody has kept yet.
        """
        twice = self._partner("Twice", user_id=self.ana.id)
        for day in ("2026-04-02", "2026-04-20", "2026-05-09", "2026-05-03"):
            self._invoice(10, day, partner_id=twice.id)
        self._refund(10, "2026-06-02", partner_id=twice.id)
        mine = [("kind", "=", "kept"), ("user_id", "=", self.ana.id)]
        Achievement = self.env["crm.rfm.achievement"]
        before = Achievement.search(mine)
        self.assertEqual([str(row.date) for row in before], ["2026-05-03"])
        self.assertEqual((before.partner_id, before.amount), (twice, 0))
        self._invoice(10, "2026-06-03", partner_id=twice.id)
        self.env.invalidate_all()
        self.assertEqual(
            [str(row.date) for row in Achievement.search(mine)],
            ["2026-06-03", "2026-05-03"],
        )

    def test_achievements_access(self):
        self._june()
        Achievement = self.env["crm.rfm.achievement"]
        mine = [("company_id", "=", self.company.id)]
        self.assertEqual(self._as("ana", Achievement).search(mine).user_id, self.ana)
        self.assertFalse(self._as("ben", Achievement).search(mine))
        self.assertTrue(self._as("manager", Achievement).search(mine))
        with self.assertRaises(AccessError):
            self._as("employee", Achievement).search(mine)

    def test_close_and_reward(self):
        """One goal of one customer, reached: the badge is granted at the end."""
        self._june()
        self.challenge.line_ids.filtered(
            lambda line: (
                line.definition_id != self.env.ref("crm_rfm.goal_new_customers")
            )
        ).unlink()
        self.challenge.line_ids.target_goal = 1
        self._as("manager", self.challenge).action_start()
        self._as("manager", self.challenge).write({"state": "done"})
        granted = self.env["gamification.badge.user"].search(
            [("challenge_id", "=", self.challenge.id)]
        )
        self.assertEqual(granted.user_id, self.ana)
