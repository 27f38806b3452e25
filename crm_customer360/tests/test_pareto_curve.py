from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .pareto_common import ParetoCommon

SELLER = "sales_team.group_sale_salesman"
ALL_LEADS = "sales_team.group_sale_salesman_all_leads"
MANAGER = "sales_team.group_sale_manager"


@tagged("post_install", "-at_install")
class TestParetoCurve(ParetoCommon):
    def _user(self, login, groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login,
            groups,
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def _curve(self, user=None):
        Customer = self.Customer.with_user(user) if user else self.Customer
        return Customer.get_pareto_curve(self.company.id)

    def _sentence(self, *measures):
        """What is said of these customers alone."""
        self.env.cr.execute(
            SQL("DELETE FROM crm_customer WHERE company_id = %s", self.company.id)
        )
        self._rows(*measures)
        sentence = self._curve()["sentence"]
        return sentence and sentence.replace("\xa0", " ")

    def _list(self, kind, rank=0, user=None):
        Customer = self.Customer.with_user(user) if user else self.Customer
        action = Customer.action_open_pareto(kind, self.company.id, rank)
        return Customer.search(action["domain"])

    def assertPoints(self, curve, expected):
        """Points as ``(rank, customers, amount, x, y)``."""
        self.assertEqual(
            [
                (p["rank"], p["customers"], p["amount"], p["x"], p["y"])
                for p in curve["points"]
            ],
            expected,
        )

    # -- curves

    def test_curves(self):
        self._rows((500, 60), (300, 100), (100, 0), (50, -20), (30, -20), (20, 40))
        self.assertTrue(self.Customer.get_pareto_curve._readonly)
        data = self._curve()
        self.assertPoints(
            data["revenue"],
            [
                (0, 0, 0, 0, 0),
                (1, 1, 500, 0.166667, 0.5),
                (2, 2, 800, 0.333333, 0.8),
                (3, 3, 900, 0.5, 0.9),
                (4, 4, 950, 0.666667, 0.95),
                (5, 5, 980, 0.833333, 0.98),
                (6, 6, 1000, 1, 1),
            ],
        )
        # before the third 800, before the fifth 950 of 1000
        self.assertEqual(
            data["revenue"]["limits"],
            [
                {"key": "a", "rank": 2, "x": 0.333333},
                {"key": "b", "rank": 4, "x": 0.666667},
                {"key": "c", "rank": 6, "x": 1},
            ],
        )
        # 100, 60, 40, 0, −20 twice: 160 in all
        self.assertPoints(
            data["contribution"],
            [
                (0, 0, 0, 0, 0),
                (1, 1, 100, 0.166667, 0.625),
                (2, 2, 160, 0.333333, 1),
                (3, 3, 200, 0.5, 1.25),
                (4, 4, 200, 0.666667, 1.25),
                (5, 6, 160, 1, 1),
            ],
        )
        self.assertEqual(data["contribution"]["peak"]["rank"], 4)
        self.assertEqual(data["contribution"]["behind"], 2)
        self.assertEqual(data["contribution"]["limits"], [])
        self.assertFalse(data["contribution"]["money"])
        self.assertFalse(data["empty"])
        self.assertEqual(data["notes"], [])
        self.assertEqual(data["currency_id"], self.company.currency_id.id)
        self.assertEqual(
            data["sentence"].replace("\xa0", " "),
            "33 % of customers make 80 % of revenue; the last 33 % cost $ 40.00.",
        )

    def test_ties(self):
        """Equal measures are one point, with all who share the rank."""
        self._rows(400, 200, 200, 200, 0)
        data = self._curve()
        self.assertPoints(
            data["revenue"],
            [
                (0, 0, 0, 0, 0),
                (1, 1, 400, 0.2, 0.4),
                (2, 4, 1000, 0.8, 1),
                (5, 5, 1000, 1, 1),
            ],
        )
        self.assertEqual(
            [(limit["key"], limit["rank"]) for limit in data["revenue"]["limits"]],
            [("a", 2), ("d", 5)],
        )
        self.assertEqual(
            data["contribution"]["flat"], "No contribution in the last 12 months."
        )

    def test_negative_revenue(self):
        """It lowers nobody's share; the amount of all is what it is."""
        self._rows(80, 20, -50)
        self.assertPoints(
            self._curve()["revenue"],
            [
                (0, 0, 0, 0, 0),
                (1, 1, 80, 0.333333, 0.8),
                (2, 2, 100, 0.666667, 1),
                (3, 3, 50, 1, 1),
            ],
        )

    def test_total_below_zero(self):
        """Without a total there is nothing to share: the whale is in money."""
        self._rows((1, 30), (1, -50))
        curve = self._curve()["contribution"]
        self.assertTrue(curve["money"])
        self.assertPoints(
            curve, [(0, 0, 0, 0, 0), (1, 1, 30, 0.5, 30), (2, 2, -20, 1, -20)]
        )
        self.assertEqual(curve["peak"]["customers"], 1)

    def test_classes_by_contribution(self):
        """The limits are on the curve that the classes are made by."""
        self.company.customer_pareto_measure = "contribution"
        self._rows((900, -10), (80, 60), (20, 940))
        data = self._curve()
        self.assertEqual(data["revenue"]["limits"], [])
        self.assertEqual(
            [(limit["key"], limit["rank"]) for limit in data["contribution"]["limits"]],
            [("a", 1), ("b", 2), ("d", 3)],
        )
        self.assertEqual(self._list("class_a").revenue, 20)
        seller = self._user("seller", ALL_LEADS)
        self.assertEqual(
            [(x["key"], x["rank"]) for x in self._curve(seller)["revenue"]["limits"]],
            [("a", 1), ("b", 2), ("c", 3)],
        )
        self.assertEqual(self._list("class_a", user=seller).revenue, 900)

    def test_many(self):
        """Few points of many customers, and the corners among them."""
        self.patch(
            self.registry.models["crm.customer"], "_pareto_parts", lambda self: 10
        )
        # 300 at 1,000; then 97 that bring 1 to 97, at last three that cost 500
        measures = [(1000 + i, 1000 + i) for i in range(300)]
        measures += [(i, i) for i in range(1, 98)] + [(0, -500 - i) for i in range(3)]
        self._rows(*measures)
        data = self._curve()
        for name in ("revenue", "contribution"):
            points = data[name]["points"]
            # twenty parts, zero, four classes, the peak and 80 percent
            self.assertLess(len(points), 2 * 10 + 1 + 4 + 2 + 1)
            self.assertGreater(len(points), 15)
            self.assertEqual(points[-1]["customers"], 400)
        # Σ 1000…1299 = 344,850; Σ 1…97 = 4,753
        peak = data["contribution"]["peak"]
        self.assertEqual((peak["rank"], peak["amount"]), (397, 344850 + 4753))
        self.assertEqual(data["contribution"]["behind"], 3)
        ranks = {point["rank"] for point in data["revenue"]["points"]}
        for letter in "abcd":
            last = self.Customer.search(
                [("company_id", "=", self.company.id), ("revenue_class", "=", letter)],
                order="revenue_rank desc",
                limit=1,
            )
            self.assertIn(last.revenue_rank, ranks)

    # -- in words

    def test_sentences(self):
        for measures, sentence in (
            ([], False),
            (
                [(0, 0), (0, 0)],
                "No customer brought revenue in the last 12 months; no customer costs "
                "money.",
            ),
            (
                [(-5, -5)],
                "No customer brought revenue in the last 12 months; no customer brings "
                "money, together they cost $ 5.00.",
            ),
            (
                [(5, 5)],
                "One customer makes all of the revenue; no customer costs money.",
            ),
            (
                [(10, -5), (10, -700)],
                "It takes all 2 customers to make 80 % of revenue; no customer brings "
                "money, together they cost $ 705.",
            ),
            (
                [(90, 30), (10, -50)],
                "50 % of customers make 90 % of revenue; the last 50 % cost $ 50.00, "
                "more than the others bring.",
            ),
            (
                [(90, 50), (10, -50)],
                "50 % of customers make 90 % of revenue; the last 50 % cost $ 50.00, "
                "all that the others bring.",
            ),
            (
                [(9000, 90000), (400, 0), (300, 0), (300, -40000)],
                "25 % of customers make 90 % of revenue; the last 25 % cost $ 40,000.",
            ),
        ):
            with self.subTest(measures=measures):
                self.assertEqual(self._sentence(*measures), sentence)

    def test_percent(self):
        for share, words in (
            (1, "100 %"),
            (0.184, "18 %"),
            (0.006, "0.6 %"),
            (0.004, "0.4 %"),
            (0.0004, "less than 0.1 %"),
            (0, "0 %"),
        ):
            self.assertEqual(self.Customer._percent(share), words)

    def test_nothing_ranked(self):
        self._invoice(100, "2026-05-01")
        self._row()
        data = self._curve()
        self.assertEqual(
            data["empty"], "Nothing ranked yet: the nightly run ranks customers."
        )
        self.assertFalse(data["sentence"])
        self.assertEqual(data["notes"], [])

    def test_not_ranked_yet(self):
        """A customer new since the ranking is not on the curve, and it is said."""
        self._rows(80, 20)
        self._invoice(100, "2026-05-01")
        self._row()
        data = self._curve()
        self.assertEqual(data["revenue"]["customers"], 2)
        self.assertEqual(data["notes"], ["One new customer is ranked tonight."])

    # -- the customers behind a point

    def test_lists(self):
        self._rows((500, 60), (300, 100), (300, 0), (50, -20), (-30, -20), (20, 40))
        data = self._curve()
        for kind in ("revenue", "contribution"):
            self.assertEqual(
                [point["customers"] for point in data[kind]["points"]],
                [0, 1, 3, 4, 5, 6] if kind == "revenue" else [0, 1, 2, 3, 4, 6],
            )
            for point in data[kind]["points"]:
                found = self._list(kind, point["rank"])
                self.assertEqual(len(found), point["customers"])
                self.assertEqual(sum(found.mapped(kind)), point["amount"])
        behind = self._list("behind", data["contribution"]["peak"]["rank"])
        self.assertEqual(behind.mapped("contribution"), [-20, -20])
        self.assertEqual(self._list("costing"), behind)
        # before the third, of equal revenue as the second, 500 of 1170
        self.assertEqual(self._list("class_a").mapped("revenue"), [500, 300, 300])
        with self.assertRaisesRegex(UserError, "no list of customers “id”"):
            self._list("id")

    def test_lists_after_a_change(self):
        """The rank is tonight's, the amount now's: a point and its list agree."""
        rows = self._rows((500, 50), (300, 30), (100, -10))
        self.env.cr.execute(
            SQL("UPDATE crm_customer SET revenue = 700 WHERE id = %s", rows[1].id)
        )
        rows.invalidate_recordset()
        point = self._curve()["revenue"]["points"][1]
        self.assertEqual((point["rank"], point["amount"]), (1, 500))
        for point in self._curve()["revenue"]["points"]:
            found = self._list("revenue", point["rank"])
            self.assertEqual(sum(found.mapped("revenue")), point["amount"])

    # -- access

    def test_without_profit(self):
        """Nothing of contribution: neither curve, words nor lists."""
        self._rows((500, 60), (300, -100), (200, 0))
        seller = self._user("seller", ALL_LEADS)
        data = self._curve(seller)
        self.assertFalse(data["contribution"])
        self.assertEqual(data["sentence"], "67 % of customers make 80 % of revenue.")
        self.assertEqual(data["notes"], [])
        for kind in ("contribution", "behind", "costing"):
            with self.assertRaises(AccessError):
                self._list(kind, 1, user=seller)
        self.assertEqual(len(self._list("revenue", 2, user=seller)), 2)
        manager = self._user("manager", MANAGER)
        self.assertTrue(self._curve(manager)["contribution"])
        self.assertEqual(len(self._list("costing", user=manager)), 1)

    def test_own_customers(self):
        """The curve of the customers that one may read, and it is said so."""
        rows = self._rows((500, 60), (300, 10), (200, 0), (100, 0))
        seller = self._user("own", SELLER)
        for row, user in zip(rows[:2], (self.env.user, seller), strict=True):
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_customer SET user_id = %s WHERE id = %s",
                    user.id,
                    row.id,
                )
            )
        data = self._curve(seller)
        # 300, 200 and 100 of 600; the ranks remain those of the company
        self.assertPoints(
            data["revenue"],
            [
                (0, 0, 0, 0, 0),
                (2, 1, 300, 0.333333, 0.5),
                (3, 2, 500, 0.666667, 0.833333),
                (4, 3, 600, 1, 1),
            ],
        )
        self.assertEqual(
            data["notes"],
            [
                "Only the customers that you may see are counted, not all of the "
                "company."
            ],
        )
        self.assertEqual(data["sentence"], "67 % of customers make 83 % of revenue.")
        found = self._list("revenue", 3, user=seller)
        self.assertEqual(found.ids, rows[1:3].ids)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_no_access(self):
        self._rows((500, 60))
        for groups in ("base.group_user", "purchase.group_purchase_manager"):
            user = self._user(groups, groups)
            with self.assertRaises(AccessError):
                self._curve(user)

    def test_companies(self):
        """One company at a time, each in its currency; active ones only."""
        other = self.setup_other_company()["company"]
        self._rows(80, 20)
        self._rows(7, company=other)
        both = self._user("both", MANAGER, self.company + other)
        Customer = self.Customer.with_user(both).with_context(
            allowed_company_ids=(self.company + other).ids
        )
        for company, total in ((self.company, 100), (other, 7)):
            data = Customer.get_pareto_curve(company.id)
            self.assertEqual(data["revenue"]["points"][-1]["amount"], total)
            self.assertEqual(data["currency_id"], company.currency_id.id)
            self.assertEqual(
                [each["id"] for each in data["companies"]], (self.company + other).ids
            )
        self.assertEqual(Customer.get_pareto_curve()["company_id"], self.company.id)
        one = self._user("one", MANAGER)
        for call in (
            lambda Customer: Customer.get_pareto_curve(other.id),
            lambda Customer: Customer.action_open_pareto("revenue", other.id, 1),
        ):
            with self.assertRaisesRegex(AccessError, "Activate this company"):
                call(self.Customer.with_user(one))

    def test_refresh_all(self):
        """For those who may run the cron; others are not offered it."""
        cron = self.env.ref("crm_customer360.ir_cron_refresh_all")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        manager = self._user("manager", MANAGER)
        self.assertFalse(self._curve(manager)["can_refresh"])
        with self.assertRaises(AccessError):
            self.Customer.with_user(manager).action_refresh_all()
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before)
        system = self._user("system", f"{MANAGER},base.group_system")
        self.assertTrue(self._curve(system)["can_refresh"])
        self.Customer.with_user(system).action_refresh_all()
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)
