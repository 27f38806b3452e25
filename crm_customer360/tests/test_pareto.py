from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .pareto_common import ParetoCommon


@tagged("post_install", "-at_install")
class TestPareto(ParetoCommon):
    def assertClasses(self, rows, classes, measure="revenue"):
        self.assertEqual("".join(rows.mapped(f"{measure}_class")), classes)

    def test_edges(self):
        """Exactly 80 % before a customer: it is B; exactly 95 %: C."""
        rows = self._rows(500, 300, 100, 50, 30, 20)
        # before: 0, 500, 800, 900, 950, 980 of 1000
        self.assertClasses(rows, "aabbcc")
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2, 3, 4, 5, 6])
        self.assertEqual(
            rows.mapped("revenue_share"), [0.5, 0.3, 0.1, 0.05, 0.03, 0.02]
        )
        self.assertEqual(
            rows.mapped("revenue_cumulated"), [0.5, 0.8, 0.9, 0.95, 0.98, 1.0]
        )

    def test_just_under_the_edge(self):
        """799.99 before is still A; 949.99 still B."""
        rows = self._rows(500, 299.99, 100.01, 49.99, 30, 20.01)
        self.assertClasses(rows, "aaabbc")

    def test_ties(self):
        """Equal measures share rank, class and cumulated share."""
        rows = self._rows(400, 200, 200, 200, 0)
        # before: 0, then 400 for all three of them
        self.assertClasses(rows, "aaaad")
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2, 2, 2, 5])
        self.assertEqual(rows.mapped("revenue_cumulated"), [0.4, 1, 1, 1, 1])
        rows = self._rows(*[7] * 20, company=self._branch())
        self.assertClasses(rows, "a" * 20)
        self.assertEqual(set(rows.mapped("revenue_rank")), {1})

    def test_ties_behind_the_edge(self):
        rows = self._rows(80, 10, 10)
        self.assertClasses(rows, "abb")
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2, 2])

    def test_single_customer(self):
        self.assertClasses(self._rows(0.01), "a")

    def test_one_dominates(self):
        self.assertClasses(self._rows(990, 9, 1), "acc")

    def test_nobody_brings_anything(self):
        rows = self._rows(0, 0, -5)
        self.assertClasses(rows, "ddd")
        self.assertEqual(rows.mapped("revenue_rank"), [1, 1, 3])
        for row in rows:
            self.assertIsNone(self._columns(row)["revenue_share"])
            self.assertIsNone(self._columns(row)["revenue_cumulated"])

    def test_negative(self):
        """What is negative lowers nobody's share: the total is of the positive."""
        rows = self._rows(80, 20, 0, -50)
        self.assertClasses(rows, "abdd")
        self.assertEqual(rows.mapped("revenue_share"), [0.8, 0.2, 0, -0.5])
        self.assertEqual(rows.mapped("revenue_cumulated"), [0.8, 1, 1, 1])
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2, 3, 4])

    def test_shares_are_the_root_company_setting(self):
        branch = self._branch()
        self.company.write({"customer_pareto_a": 50, "customer_pareto_b": 60})
        for company in (self.company, branch):
            rows = self._rows(50, 10, 40 - 1, 1, company=company)
            # by size: 50, 39, 10, 1; before: 0, 50, 89, 99
            self.assertClasses(rows, "acbc")

    def test_ranks_per_company(self):
        branch = self._branch()
        ours = self._rows(1000, 10)
        theirs = self._rows(5, 1, company=branch)
        self.assertEqual(ours.mapped("revenue_rank"), [1, 2])
        self.assertEqual(theirs.mapped("revenue_rank"), [1, 2])
        self.assertEqual(theirs.mapped("revenue_class"), ["a", "b"])

    def test_only_what_differs_is_written(self):
        rows = self._rows(500, 300, 200)
        self.assertEqual(self.Customer._rank(), 0)
        self.env.cr.execute(
            SQL("UPDATE crm_customer SET revenue = 600 WHERE id = %s", rows[0].id)
        )
        self.assertEqual(self.Customer._rank(), 3)  # all shares are others now

    # -- which measure, for whom

    def test_measure(self):
        """By contribution for those who may see it, by revenue for others."""
        rows = self._rows((900, -10), (80, 60), (20, 940))
        self.assertClasses(rows, "abc")
        self.assertClasses(rows, "dba", "contribution")
        manager = self.env.user
        seller = new_test_user(
            self.env,
            "seller",
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
        )
        for measure, user, classes in (
            ("revenue", manager, "abc"),
            ("revenue", seller, "abc"),
            ("contribution", manager, "dba"),
            ("contribution", seller, "abc"),
        ):
            with self.subTest(measure=measure, user=user.login):
                self.company.customer_pareto_measure = measure
                seen = rows.with_user(user)
                seen.invalidate_recordset()
                self.assertEqual("".join(seen.mapped("abc_class")), classes)
                partners = seen.partner_id
                partners.invalidate_recordset()
                self.assertEqual(
                    "".join(partners.mapped("customer_abc_class")), classes
                )
                mine = [("id", "in", rows.ids)]
                for letter in "abcd":
                    expected = rows.filtered(
                        lambda row, letter=letter, seen=classes: (
                            seen[rows.ids.index(row.id)] == letter
                        )
                    )
                    found = seen.search(mine + [("abc_class", "=", letter)])
                    self.assertEqual(found.ids, expected.ids)
                    found = partners.search(
                        [
                            ("id", "in", partners.ids),
                            ("customer_abc_class", "=", letter),
                        ]
                    )
                    self.assertEqual(found.ids, expected.partner_id.ids)
                groups = dict(seen._read_group(mine, ["abc_class"], ["__count"]))
                self.assertEqual(
                    groups, {letter: classes.count(letter) for letter in set(classes)}
                )
                found = seen.search(mine, order="abc_class, id")
                self.assertEqual(
                    "".join(found.mapped("abc_class")), "".join(sorted(classes))
                )

    def test_not_ranked_yet(self):
        self._invoice(100, "2026-05-01")
        row = self._row()
        self.assertFalse(row.abc_class)
        self.assertEqual(row.revenue_rank, 0)
        self.assertIn(row, self.Customer.search([("abc_class", "=", False)]))
        self.assertNotIn(row, self.Customer.search([("abc_class", "!=", False)]))
        self.Customer._refresh()
        self.assertEqual(row.abc_class, "a")
        self.assertIn(row, self.Customer.search([("abc_class", "in", ["a", "b"])]))
