from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .retention_common import RetentionCommon


@tagged("post_install", "-at_install")
class TestEffort(RetentionCommon):
    """Four customers; an order costs 10, and nothing else does.

    =========  =======  ======  ======  ============
    customer   revenue  orders  effort  contribution
    =========  =======  ======  ======  ============
    Costly         100       5      50            50
    Neglected    1,000       0       0         1,000
    Well         2,000       4      40         1,960
    Quiet           20       1      10            10
    =========  =======  ======  ======  ============

    The medians: effort 25, contribution 525.
    """

    def setUp(self):
        super().setUp()
        self.company.customer_order_cost = 10
        self.partners = {}
        for name, revenue, orders in (
            ("Costly", 100, 5),
            ("Neglected", 1000, 0),
            ("Well", 2000, 4),
            ("Quiet", 20, 1),
        ):
            partner = self._partner(name, user_id=self.users["ana"].id)
            self._sold(partner, ("2026-06-01", revenue))
            for _number in range(orders):
                self._order(1, "2026-06-01", partner_id=partner.id)
            self.partners[name.lower()] = partner
        # Bought before the window: not counted.
        self._sold(self._partner("Former"), ("2025-01-01", 999))
        self.Customer._refresh()

    def _opened(self, *args, Customer=None):
        Customer = self.Customer if Customer is None else Customer
        action = Customer.action_open_effort(self.company.id, *args)
        return Customer.search(action["domain"]).partner_id.mapped("name")

    def test_fields(self):
        data = self.Customer.get_effort()
        self.assertEqual(data["limits"], {"value": 525, "cost": 25, "own": False})
        self.assertEqual(
            {
                row["key"]: (row["count"], row["value"], row["cost"])
                for row in data["fields"]
            },
            {
                "costly": (1, 50, 50),
                "neglected": (1, 1000, 0),
                "well": (1, 1960, 40),
                "quiet": (1, 10, 10),
            },
        )
        self.assertTrue(all(row["advice"] for row in data["fields"]))
        self.assertEqual(
            {point["name"] for point in data["points"] if point.get("name")},
            {"Costly", "Neglected", "Well"},
        )
        self.assertFalse(data["empty"])
        for name, partner in self.partners.items():
            with self.subTest(name):
                self.assertEqual(self._stored(partner).effort_field, name)
                self.assertEqual(self._opened(name), [partner.name])
        [quiet] = [point for point in data["points"] if point["field"] == "quiet"]
        self.assertEqual(self._opened("quiet", quiet), ["Quiet"])
        self.assertEqual(
            self._opened("quiet", {**quiet, "cost_to": 9, "cost_from": 1}), []
        )
        former = self._stored(self.env["res.partner"].search([("name", "=", "Former")]))
        self.assertFalse(former.effort_field)
        self.assertEqual(
            dict(self.Customer._read_group([], ["effort_field"], ["__count"])),
            {"costly": 1, "neglected": 1, "well": 1, "quiet": 1, False: 1},
        )
        with self.assertRaises(UserError):
            self.Customer.action_open_effort(self.company.id, "magic")

    def test_figures_of_the_chart_are_in_sight(self):
        """The list behind a field shows what the chart compares."""
        action = self.Customer.action_open_effort(self.company.id, "costly")
        arch = self.Customer.get_views(action["views"])["views"]["list"]["arch"]
        shown = {
            name: etree.fromstring(arch).xpath(f"//field[@name='{name}']/@optional")
            for name in ("contribution", "effort_cost", "receivable")
        }
        self.assertEqual(
            shown,
            {"contribution": ["show"], "effort_cost": ["show"], "receivable": ["hide"]},
        )

    def test_own_limits(self):
        self.company.write(
            {
                "effort_own_limits": True,
                "effort_value_limit": 5,
                "effort_cost_limit": 100,
            }
        )
        data = self.Customer.get_effort()
        self.assertEqual(data["limits"], {"value": 5, "cost": 100, "own": True})
        counts = {row["key"]: row["count"] for row in data["fields"]}
        self.assertEqual(counts, {"costly": 0, "neglected": 4, "well": 0, "quiet": 0})
        # Three have a name, the fourth is a point.
        self.assertEqual(len(data["points"]), 4)

    def test_close_ones_are_gathered(self):
        """Forty equal customers are one circle."""
        for number in range(40):
            self._sold(self._partner(f"Small {number}"), ("2026-06-02", 20))
        self.Customer._refresh()
        data = self.Customer.get_effort()
        sizes = [point["count"] for point in data["points"] if "name" not in point]
        # The medians are theirs, so all of them bring much at little effort, as does
        # Neglected: 41, of whom the first three have a name.
        self.assertEqual(max(sizes), 38)
        [circle] = [point for point in data["points"] if point["count"] == 38]
        self.assertEqual(len(self._opened("neglected", circle)), 38)
        self.assertEqual(sum(point["count"] for point in data["points"]), 44)

    def test_nothing_spent(self):
        self.company.customer_order_cost = 0
        self.Customer._refresh()
        self.assertIn("No effort is recorded", self.Customer.get_effort()["empty"])

    def test_limits_are_computed_once(self):
        """Medians of all customers are the dearest part of the screen."""
        with patch.object(
            type(self.Customer),
            "_effort_limits",
            autospec=True,
            side_effect=type(self.Customer)._effort_limits,
        ) as limits:
            self.Customer.get_effort()
        self.assertEqual(limits.call_count, 1)

    def test_who_has_only_a_branch(self):
        """The root is named to whoever works in a branch and may not read it."""
        branch = self._branch()
        user = new_test_user(
            self.env,
            login="branch_only",
            groups="base.group_user,sales_team.group_sale_manager,"
            "crm_customer360.group_profitability",
            company_id=branch.id,
            company_ids=[(6, 0, branch.ids)],
        )
        Customer = self.Customer.with_user(user).with_context(
            allowed_company_ids=branch.ids
        )
        for method in ("get_effort", "get_retention"):
            with self.subTest(method):
                self.env.flush_all()
                self.env.invalidate_all()
                data = getattr(Customer, method)()
                self.assertEqual(data["company_id"], self.company.id)
                self.assertEqual(
                    data["companies"],
                    [{"id": self.company.id, "name": self.company.name}],
                )
                self.assertEqual(data["currency_id"], self.company.currency_id.id)

    def test_only_who_may_see_profit(self):
        data = self._as("ana").get_effort()
        self.assertEqual(list(data), ["explained"])
        with self.assertRaises(AccessError):
            self._opened("costly", Customer=self._as("ana"))
        row = self._as("ana").search([("partner_id", "=", self.partners["well"].id)])
        for name in ("effort_field", "effort_cost"):
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    row.read([name])
                with self.assertRaises(AccessError):
                    self._as("ana").search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    self._as("ana").search([], order=name)
        with self.assertRaises(AccessError):
            self._as("ana").search([]).mapped("effort_field")
        with self.assertRaises(AccessError):
            self._as("employee").get_effort()
        self.assertEqual(len(self._as("manager").get_effort()["fields"]), 4)
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.Customer.get_effort(other.id)
