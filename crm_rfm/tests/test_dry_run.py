from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RfmCommon, UsersCommon

# Worked out by hand, six customers in the window of a year. Recency, best last: f, d,
# b, c, a, e, so R = 1, 2, 3, 3, 4, 5. Frequency: c, d, e bought 2, 3, 4 times and have
# F = 2, 4, 5. Revenue f 50, a 100, b 200, c 300, d 600, e 1,000: M = 1, 2, 3, 3, 4, 5.
BUYERS = {
    "a": [("2026-06-10", 100)],
    "b": [("2026-05-01", 200)],
    "c": [("2026-05-20", 100), ("2026-06-01", 200)],
    "d": [("2025-09-01", 100), ("2025-12-01", 200), ("2026-03-01", 300)],
    "e": [
        ("2025-09-01", 100),
        ("2026-01-10", 200),
        ("2026-04-01", 300),
        ("2026-06-14", 400),
    ],
    "f": [("2025-07-01", 50)],
}
SEGMENTS = {
    "a": "Promising",
    "b": "About to sleep",
    "c": "About to sleep",
    "d": "At risk",
    "e": "Champions",
    "f": "Hibernating",
}


class DryRunCommon(UsersCommon, RfmCommon):
    def setUp(self):
        super().setUp()
        self.buyers = self._buyers(**BUYERS)
        self.assertEqual(self._segments(), SEGMENTS)

    def _segments(self):
        scores = self._score(self.buyers, "rfm_segment_id")
        return {name: segment.name for name, segment in scores.items()}

    def _table(self, result):
        """``{(from, to): (customers, revenue)}``"""
        return {
            (move["from"]["name"], move["to"]["name"]): (
                move["customers"],
                move["amount"],
            )
            for move in result["moves"]
        }


@tagged("post_install", "-at_install")
class TestSchemeDryRun(DryRunCommon):
    def _run(self, **changes):
        """Run as a manager; nothing is written."""
        before = self._state()
        result = self._as("manager", self.scheme).get_dry_run(changes)
        self.assertEqual(self._state(), before)
        return result

    def _state(self):
        """Return all that a dry run must leave as it is."""
        self.env.flush_all()
        self.env.invalidate_all()
        customers = self.Customer.search([("company_id", "=", self.company.id)])
        return (
            customers.read(
                ["rfm_segment_id", "rfm_state", "rfm_monetary", "rfm_score"]
            ),
            self.scheme.read(load=None),
            self.scheme.pending,
            self.env["crm.rfm.cut"].search([]).read(load=None),
            self.Movement.search_count([]),
            self.env["ir.cron.trigger"].sudo().search_count([]),
        )

    def test_the_same(self):
        result = self._run()
        self.assertEqual(result["moves"], [])
        self.assertEqual(result["moved"], {"customers": 0, "amount": 0})
        self.assertEqual(result["all"], {"customers": 6, "amount": 2250})

    def test_window(self):
        """Three months, from 16 March: d and f are lapsed, e has 300 + 400 left.

        Recency b, c, a, e: R = 1, 2, 4, 5. c and e bought twice: both F = 4.
        """
        result = self._run(window_months=3)
        self.assertEqual(
            self._table(result),
            {
                ("About to sleep", "At risk"): (1, 300),
                ("About to sleep", "Hibernating"): (1, 200),
                ("At risk", "Lapsed"): (1, 0),
                ("Hibernating", "Lapsed"): (1, 0),
            },
        )
        self.assertEqual(result["moved"], {"customers": 4, "amount": 500})
        self.assertEqual(result["all"], {"customers": 6, "amount": 1300})
        # As it comes out when it is saved.
        self.scheme.window_months = 3
        self.assertEqual(
            self._segments(),
            {
                "a": "Promising",
                "b": "Hibernating",
                "c": "At risk",
                "d": False,
                "e": "Champions",
                "f": False,
            },
        )

    def test_source(self):
        """One order, of a: alone, so R = 3, F = 1; all others are prospects."""
        self._order(500, "2026-06-05", partner_id=self.buyers["a"].id)
        self._order(70, "2026-06-05", partner_id=self.buyers["b"].id, confirm=False)
        self.Customer._refresh()
        result = self._run(source="order")
        self.assertEqual(
            self._table(result),
            {
                ("Promising", "About to sleep"): (1, 500),
                ("About to sleep", "Prospect"): (2, 0),
                ("At risk", "Prospect"): (1, 0),
                ("Champions", "Prospect"): (1, 0),
                ("Hibernating", "Prospect"): (1, 0),
            },
        )

    def test_pending_inputs_are_read_anew(self):
        """A window that is saved, but not refreshed yet, is a dry run as well."""
        self.scheme.window_months = 3
        self.assertEqual(self._run()["moved"], {"customers": 4, "amount": 500})
        self.assertEqual(self._run(window_months=12)["moves"], [])

    def test_cut_points(self):
        """Days 5, 45, 14, 106, 1, 349; purchases 1, 1, 2, 3, 4, 1."""
        cuts = [
            (5, 30, 10, 5000),
            (4, 90, 5, 1000),
            (3, 180, 3, 500),
            (2, 365, 2, 100),
        ]
        names = ("score", "recency_max", "frequency_min", "monetary_min")
        commands = [Command.create(dict(zip(names, cut, strict=True))) for cut in cuts]
        result = self._run(method="cutpoint", cut_ids=commands)
        self.assertEqual(
            self._table(result),
            {
                ("Promising", "New customers"): (1, 100),
                ("About to sleep", "Promising"): (1, 200),
                ("About to sleep", "Potential loyalists"): (1, 300),
                ("At risk", "Need attention"): (1, 600),
                ("Champions", "Potential loyalists"): (1, 1000),
            },
        )

    def test_left_out(self):
        """Without d: R = 1 to 5 of f, b, c, a, e, and F = 3, 5 of c, e."""
        result = self._run(exclude_domain="[('name', '=', 'd')]")
        self.assertEqual(
            self._table(result),
            {
                ("At risk", "Left Out"): (1, 600),
                ("About to sleep", "Hibernating"): (1, 200),
                ("About to sleep", "Need attention"): (1, 300),
            },
        )
        self.assertEqual([move["amount"] for move in result["moves"]], [600, 300, 200])

    def test_empty_rule_leaves_out_nobody(self):
        self.assertEqual(self._run(exclude_domain="[]")["moves"], [])
        self.scheme.exclude_domain = "[]"
        self.assertEqual(self._segments(), SEGMENTS)

    def test_segments(self):
        """The cube: R4 F1 M2, R3 F1 M3, R3 F2 M3, R2 F4 M4, R5 F5 M5, R1 F1 M1.

        Those who are in a segment of the same name stay.
        """
        result = self._run(segment_set_id=self.cube.id)
        self.assertEqual(
            self._table(result),
            {
                ("Promising", "Recent customers"): (1, 100),
                ("About to sleep", "Promising"): (1, 200),
                ("About to sleep", "Potential loyalists"): (1, 300),
                ("Hibernating", "Lost"): (1, 50),
            },
        )

    def test_new_customers_keep_their_segment(self):
        self.assertEqual(self._run(new_customer_days=0)["moves"], [])

    def test_before_it_is_saved(self):
        """A scheme that does not exist yet, of a company that has none in force."""
        self.scheme.active = False
        schemes = self._as("manager", self.env["crm.rfm.scheme"])
        values = {"company_id": self.company.id, "window_months": 3}
        result = schemes.get_dry_run(values)
        self.assertEqual(result["moved"], {"customers": 4, "amount": 500})

    def test_bad_settings(self):
        """Refused with the same reason as when they are saved."""
        for reason, changes in {
            "between 1 and 120 months": {"window_months": 0},
            "3 to 10 scores": {"bins": 2},
            "new cannot be negative": {"new_customer_days": -1},
            "gives scores from 1 to 4": {"bins": 4},
            "no cut points: 5, 4, 3, 2": {"method": "cutpoint"},
            "cannot be understood": {"exclude_domain": "[('nothing', '=', 1)]"},
            "own score or segment": {"exclude_domain": "[('rfm_segment_id', '=', 1)]"},
        }.items():
            with (
                self.subTest(reason),
                self.assertRaisesRegex(ValidationError, reason),
            ):
                self._run(**changes)

    def test_access(self):
        for name in ("sales", "all", "reader", "employee"):
            with self.subTest(name), self.assertRaises(AccessError):
                self._as(name, self.scheme).get_dry_run({"window_months": 3})
        other = self._create_company(name="Other")
        with self.assertRaises(AccessError):
            self._as("manager", other.rfm_scheme_ids).get_dry_run({})
        with self.assertRaisesRegex(AccessError, "Activate this company"):
            self._as("manager", self.scheme).get_dry_run({"company_id": other.id})
