from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RfmCommon

REFRESH = "crm_customer360.ir_cron_refresh_all"
SCORE = "crm_rfm.ir_cron_score"


@tagged("post_install", "-at_install")
class TestScheme(RfmCommon):
    def _cut(self, score, days, count, amount):
        return Command.create(
            {
                "score": score,
                "recency_max": days,
                "frequency_min": count,
                "monetary_min": amount,
            }
        )

    def _cuts(self, *changes):
        """Good cut points of five scores, with changes by place."""
        cuts = [
            (2, 365, 2, 100),
            (3, 180, 3, 500),
            (4, 90, 5, 1000),
            (5, 30, 10, 5000),
        ]
        for place, cut in changes:
            cuts[place] = cut
        return [self._cut(*cut) for cut in cuts if cut]

    def _refused(self, message, **vals):
        with (
            self.assertRaisesRegex(ValidationError, message),
            self.cr.savepoint(),
        ):
            self.scheme.write(vals)

    def _triggers(self, cron):
        cron = self.env.ref(cron)
        return (
            self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)])
        )

    def test_default(self):
        """Every company has one from the start, and so have new ones."""
        company = self._create_company(name="Another")
        scheme = company.rfm_scheme_ids
        self.assertEqual(len(scheme), 1)
        self.assertEqual(
            (scheme.source, scheme.window_months, scheme.method, scheme.bins),
            ("invoice", 12, "quantile", 5),
        )
        self.assertEqual((scheme.minimum_customers, scheme.new_customer_days), (50, 90))
        self.assertEqual(scheme.segment_set_id, self.grid)
        roots = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        self.assertEqual(self.env["crm.rfm.scheme"].sudo().search([]).company_id, roots)
        self.assertFalse(self.env["crm.rfm.scheme"]._create_missing())

    def test_bad_numbers(self):
        for vals, constraint in (
            ({"window_months": 0}, "window_range"),
            ({"window_months": 121}, "window_range"),
            ({"minimum_customers": -1}, "minimum_positive"),
            ({"new_customer_days": -1}, "new_positive"),
        ):
            with (
                self.subTest(vals),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(psycopg2.IntegrityError, constraint),
                self.cr.savepoint(),
            ):
                self.scheme.write(vals)
                self.scheme.flush_recordset()
            self.env.invalidate_all()
        self._refused("gives scores from 1 to 4", bins=4)

    def test_one_per_company(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.IntegrityError),
            self.cr.savepoint(),
        ):
            self.env["crm.rfm.scheme"].create({"company_id": self.company.id})
        copy = self.scheme.copy()
        self.assertFalse(copy.active)
        with self.assertRaisesRegex(UserError, "activate it first"):
            copy.action_score()

    def test_branch(self):
        branch = self._branch()
        with self.assertRaisesRegex(ValidationError, "Branch is a branch"):
            self.env["crm.rfm.scheme"].create({"company_id": branch.id})

    def test_set_of_another_company(self):
        other = self._create_company(name="Other")
        theirs = self.grid.copy({"company_id": other.id})
        self._refused("those of Other alone", segment_set_id=theirs.id)
        with self.assertRaisesRegex(ValidationError, "gives scores from 1 to 5"):
            self.grid.copy({"bins": 4, "segment_ids": False}).scheme_ids = self.scheme

    # -- own cut points

    def test_cut_points(self):
        self.scheme.write({"method": "cutpoint", "cut_ids": self._cuts()})
        self.assertEqual(len(self.scheme.cut_ids), 4)

    def test_cut_points_missing_or_too_many(self):
        self._refused("no cut points: 5, 4, 3, 2", method="cutpoint")
        self._refused(
            "no cut points: 3", method="cutpoint", cut_ids=self._cuts((1, None))
        )
        self._refused(
            "no such scores.*: 1, 6",
            method="cutpoint",
            cut_ids=[
                *self._cuts(),
                self._cut(1, 999, 1, 0),
                self._cut(6, 5, 50, 9999),
            ],
        )

    def test_cut_points_out_of_order(self):
        for change, message in (
            ((1, (3, 365, 3, 500)), "Score 3 allows 365 days.*score 2 365"),
            ((3, (5, 91, 10, 5000)), "Score 5 allows 91 days.*score 4 90"),
            ((2, (4, 90, 3, 1000)), "Score 4 needs 3 purchases, score 3 3"),
            ((3, (5, 30, 10, 999)), "Score 5 needs an amount of 999.0, score 4 1000.0"),
            ((0, (2, 365, 1, 100)), "needs at least 2 purchases"),
            ((3, (5, -1, 10, 5000)), "cannot be negative"),
        ):
            with self.subTest(message):
                self._refused(message, method="cutpoint", cut_ids=self._cuts(change))

    def test_cut_points_changed_one_by_one(self):
        self.scheme.write({"method": "cutpoint", "cut_ids": self._cuts()})
        best = self.scheme.cut_ids[0]
        self.assertEqual(best.score, 5)
        for change, message in (
            (lambda: best.write({"recency_max": 90}), "a better score must allow"),
            (lambda: best.write({"score": 4}), "more than one line: 4"),
            (lambda: best.unlink(), "no cut points: 5"),
        ):
            with (
                self.assertRaisesRegex(ValidationError, message),
                self.cr.savepoint(),
            ):
                change()
        # Two changes that are right only together, in one go.
        self.scheme.write(
            {
                "cut_ids": [
                    Command.update(best.id, {"recency_max": 100}),
                    Command.update(self.scheme.cut_ids[1].id, {"recency_max": 150}),
                ]
            }
        )
        self.assertEqual(self.scheme.cut_ids[1].recency_max, 150)

    # -- left out

    def test_exclude_domain(self):
        for domain, message in (
            ("[('nothing', '=', 1)]", "cannot be understood.*nothing"),
            ("oops", "rule with fixed values"),
            ("[('ref', '=',", "rule with fixed values"),
            ("('ref', 1, 'x')", "rule with fixed values"),
            ("[('ref', 1, 'x')]", "rule with fixed values"),
            ("[('ref', 'bad', 'x')]", "rule with fixed values"),
            ("[('customer_rank.x', '=', 1)]", "cannot be understood"),
            ("[('create_date', '>', 'soon')]", "cannot be understood"),
            ("[('id', '=', 'abc')]", "cannot be understood"),
            ("[('id', 'in', ['a'])]", "cannot be understood"),
            ("[('user_id', '=', uid)]", "rule with fixed values"),
            ("[('rfm_segment_id', '=', 1)]", "by their own score"),
            ("[('customer_id.rfm_segment_id', '=', 1)]", "by their own score"),
            (
                "[('customer_id', 'any', [('rfm_score', '=', '555')])]",
                "by their own score",
            ),
        ):
            with self.subTest(domain), mute_logger("odoo.sql_db"):
                self._refused(message, exclude_domain=domain)
        self.scheme.exclude_domain = "[('category_id.name', '=', 'Ours')]"

    # -- changes

    def test_a_change_during_the_night(self):
        """What was read before it is not what the settings say: it is read again."""
        self.Customer._refresh()
        self.assertFalse(self.scheme.inputs_pending)
        original = type(self.Customer)._remove_dependents

        def change(customers, *args):
            self.scheme.window_months = 24
            return original(customers, *args)

        with patch.object(type(self.Customer), "_remove_dependents", change):
            self.Customer._refresh()
        self.assertTrue(self.scheme.inputs_pending)
        # One company is not everybody.
        self.Customer._refresh(companies=self.company)
        self.assertTrue(self.scheme.inputs_pending)
        self.Customer._refresh()
        self.assertFalse(self.scheme.inputs_pending)

    def test_a_change_scores_again(self):
        self.Customer._refresh()
        self.assertFalse(self.scheme.pending)
        refreshes, scorings = self._triggers(REFRESH), self._triggers(SCORE)
        self.scheme.name = "Ours"
        self.assertFalse(self.scheme.pending)
        self.scheme.new_customer_days = 30
        self.assertTrue(self.scheme.pending)
        self.assertEqual(self._triggers(SCORE), scorings + 1)
        self.assertEqual(self._triggers(REFRESH), refreshes)
        self.scheme.action_score()
        self.assertFalse(self.scheme.pending)
        self.scheme.window_months = 24
        self.assertEqual(self._triggers(REFRESH), refreshes + 1)
        self.assertTrue(self.scheme.pending)

    def test_a_change_of_segments_scores_again(self):
        self.Customer._refresh()
        scorings = self._triggers(SCORE)
        champions = self._segment("champions")
        champions.color = 1
        self.assertFalse(self.scheme.pending)
        loyal = self._segment("loyal_customers")
        self.grid.write(
            {
                "segment_ids": [
                    Command.update(
                        champions.id,
                        {
                            "range_ids": [
                                Command.update(champions.range_ids.id, {"f_min": 5})
                            ]
                        },
                    ),
                    Command.update(
                        loyal.id,
                        {
                            "range_ids": [
                                Command.create(
                                    {"r_min": 5, "r_max": 5, "f_min": 4, "f_max": 4}
                                )
                            ]
                        },
                    ),
                ]
            }
        )
        self.assertTrue(self.scheme.pending)
        self.assertGreater(self._triggers(SCORE), scorings)

    def test_cron(self):
        self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.scheme.new_customer_days = 0
        with self.enter_registry_test_mode():
            self.env.ref(SCORE).method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.scheme.pending)
        self.assertEqual(
            self.Customer.search([("company_id", "=", self.company.id)])
            .filtered("rfm_state")
            .mapped("rfm_state"),
            ["scored"],
        )
