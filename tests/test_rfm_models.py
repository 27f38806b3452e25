# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""BG/NBD and Gamma-Gamma in plain Python: against published values, and refusals."""

import subprocess
import sys
import unittest
from datetime import date
from pathlib import Path
from unittest.mock import patch

from .reference_files import data_dir, read_rows
from .rfm_tools import bgnbd, calibration, clv, gamma_gamma, likelihood

CDNOW_END = date(1998, 6, 30)
# 1,000 customers of one purchase.
NOBODY_CAME_BACK = ([0] * 1000, [0] * 1000, list(range(1000)))


def columns(name, *names):
    """Columns of a reference file, as lists of numbers."""
    rows = list(read_rows(name))
    return [[float(row[column]) for row in rows] for column in names]


def histories(name, until, unit=1):
    """x, t_x, T and z of every customer of a file of transactions.

    :param unit: days in a unit of time
    """
    days = {}
    for row in read_rows(name):
        day = date.fromisoformat(row["date"])
        if day <= until:
            amounts = days.setdefault(int(row["customer_id"]), {})
            amounts[day] = amounts.get(day, 0) + float(row["amount"])
    result = []
    for _customer, amounts in sorted(days.items()):
        first, *later = sorted(amounts)
        x = len(later)
        result.append(
            (
                x,
                (later[-1] - first).days / unit if later else 0,
                (until - first).days / unit,
                sum(amounts[day] for day in later) / x if x else 0,
            )
        )
    return list(zip(*result, strict=True))


@unittest.skipUnless(likelihood.available(), "needs scipy")
class ModelCase(unittest.TestCase):
    def assert_near(self, actual, expected, places=1e-3, floor=1e-6):
        """All within a relative tolerance; below `floor`, differences do not matter."""
        self.assertEqual(len(actual), len(expected))
        for row, (got, wanted) in enumerate(zip(actual, expected, strict=True)):
            self.assertLessEqual(
                abs(got - wanted), places * abs(wanted) + floor, (row, got, wanted)
            )


class TestPublished(ModelCase):
    """CDNOW: Fader, Hardie and Lee's own values, and those of other programs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not data_dir():
            raise unittest.SkipTest("no reference data: set CUSTOMER360_DATA")
        cls.published = {
            row["quantity"]: (float(row["published"]), float(row["tolerance"]))
            for row in read_rows("cdnow/published_values.csv")
        }
        cls.weeks = columns(
            "cdnow/expected_btyd_calibration_weeks.csv.gz",
            "frequency",
            "recency_weeks",
            "T_weeks",
            "monetary_value",
        )
        cls.purchases = bgnbd.fit(*cls.weeks[:3])
        cls.amounts = gamma_gamma.fit(cls.weeks[0], cls.weeks[3])

    def assert_published(self, quantity, actual):
        published, tolerance = self.published[quantity]
        self.assertAlmostEqual(actual, published, delta=tolerance, msg=quantity)

    def test_parameters(self):
        fit = self.purchases
        self.assertTrue(fit.usable)
        self.assertTrue(fit.flag_usable)
        self.assertEqual((fit.customers, fit.repeat), (2357, 946))
        for name in ("r", "alpha", "a", "b"):
            value = getattr(fit.parameters, name)
            self.assert_published(f"BG/NBD {name}", value)
            self.assert_published(f"BG/NBD {name} (6 dp)", value)
        self.assert_published("BG/NBD log-likelihood", fit.log_likelihood)
        for name in ("p", "q", "v"):
            value = getattr(self.amounts.parameters, name)
            self.assert_published(f"Gamma-Gamma {name}", value)

    def test_from_transactions(self):
        """Days ÷ 7, not rounded, as others fitted them."""
        x, t_x, T, z = histories(
            "cdnow/transactions_sample.csv.gz", date(1997, 9, 30), unit=7
        )
        fit = bgnbd.fit(x, t_x, T)
        for name in ("r", "alpha", "a", "b"):
            self.assert_published(
                f"BG/NBD {name} exact weeks", getattr(fit.parameters, name)
            )
        self.assert_published("BG/NBD log-likelihood", fit.log_likelihood)
        self.assert_published(
            "Gamma-Gamma log-likelihood", gamma_gamma.fit(x, z).log_likelihood
        )
        self.assert_published(
            "customers with a repeat purchase", sum(count > 0 for count in x)
        )

    def test_expectations(self):
        model = self.purchases.parameters
        self.assert_published(
            "E[X(39)|x=2,tx=30.43,T=38.86]",
            bgnbd.expected_purchases(model, 39, [2], [30.43], [38.86])[0],
        )
        times = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
        for time, value in zip(
            times, bgnbd.expected_purchases_new(model, times), strict=True
        ):
            self.assert_published(f"E[X({time})]", value)
        week = bgnbd.expected_purchases(model, 1, *self.weeks[:3])
        for customer in (509, 841, 1981, 157, 1516):
            self.assert_published(
                f"expected purchases in 1 week, customer {customer}",
                week[customer - 1],
            )
        value = gamma_gamma.expected_value(
            self.amounts.parameters, self.weeks[0], self.weeks[3]
        )
        for customer in range(1, 11):
            self.assert_published(
                f"expected average value, customer {customer}", value[customer - 1]
            )
        self.assert_published("mean expected average value", value.mean())

    def test_formulas(self):
        """Given parameters, frequent buyers included whose terms overflow."""
        model = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
        x, t_x, T, times, alive, expected = columns(
            "cdnow/expected_formula_grid.csv",
            "frequency",
            "recency",
            "T",
            "t",
            "p_alive",
            "expected_purchases",
        )
        self.assert_near(bgnbd.p_alive(model, x, t_x, T), alive, 1e-9, 1e-28)
        for row, time in enumerate(times):
            history = ([column[row]] for column in (x, t_x, T))
            self.assert_near(
                bgnbd.expected_purchases(model, time, *history),
                [expected[row]],
                1e-9,
                1e-28,
            )

    def test_predictions(self):
        """The whole history in days, as the addon runs it."""
        x, t_x, T, z = histories("cdnow/transactions_sample.csv.gz", CDNOW_END)
        found = clv.predict(x, t_x, T, z, margin_rate=0.5)
        expected = columns(
            "cdnow/expected_btyd_full_days_1998-06-30.csv.gz",
            "p_alive",
            "expected_purchases_365d",
            "expected_avg_value",
            "clv_12m",
        )
        self.assert_near(found.p_alive, expected[0])
        self.assert_near(found.expected_orders, expected[1])
        self.assert_near(found.expected_value, expected[2])
        # Their value is of 12 months of 30 days, and of revenue.
        orders = clv.discounted_purchases(
            found.purchases.parameters, x, t_x, T, 12, 0.01, 30
        )
        self.assert_near(orders * found.expected_value, expected[3], 5e-3)
        three_years = clv.discounted_purchases(found.purchases.parameters, x, t_x, T)
        self.assert_near(found.clv, three_years * found.expected_value * 0.5)

    def test_calibration(self):
        """Predicted 1,653.4 purchase days, there were 1,882."""
        [actual] = columns(
            "cdnow/expected_btyd_calibration_weeks.csv.gz",
            "actual_purchase_days_39w_holdout",
        )
        found = calibration.calibrate(*self.weeks[:3], actual, 39)
        self.assertAlmostEqual(found.predicted, 1653.4, places=1)
        self.assertEqual(found.actual, 1882)
        self.assertAlmostEqual(found.error, 1653.4 / 1882 - 1, places=4)
        self.assertEqual([group[0] for group in found.groups], list(range(8)))
        self.assertEqual(sum(group[1] for group in found.groups), 2357)
        self.assertEqual(found.groups[0][1], 2357 - 946)

    def test_no_fit(self):
        """`rfm_orders` was drawn without any of what the models look for."""
        found = clv.predict(
            *columns(
                "rfm_orders/expected_btyd_summary_2006-12-31.csv",
                "frequency",
                "recency_days_bt",
                "T_days",
                "monetary_value",
            )
        )
        self.assertEqual(found.purchases.reason, "dropout_alike")
        self.assertEqual(found.amounts.reason, "amount_alike")
        self.assertFalse(found.purchases.flag_usable)
        self.assertIsNone(found.purchases.parameters)
        for column in (found.p_alive, found.expected_orders, found.clv):
            self.assertIsNone(column)


class TestModels(ModelCase):
    def simulate(self, r, alpha, a, b, customers=3000, seed=1):
        """Histories as the model describes them, in days, of up to three years."""
        import numpy as np

        chance = np.random.default_rng(seed)
        rate = chance.gamma(r, 1 / alpha, customers)
        # Purchase days after the first, up to the one after which the customer leaves.
        life = chance.geometric(chance.beta(a, b, customers).clip(1e-9))
        age = chance.integers(0, 1095, customers)
        x, t_x, T = [], [], age.tolist()
        for customer in range(customers):
            gaps = chance.exponential(1 / rate[customer], 400)
            days = gaps.cumsum()[: life[customer]]
            days = days[days <= T[customer]]
            x.append(len(days))
            t_x.append(days[-1] if len(days) else 0)
        return x, t_x, T

    def test_finds_what_was_drawn(self):
        """Parameters within four standard errors, whatever the unit of time."""
        drawn = bgnbd.BgNbd(0.8, 60, 0.8, 4)
        x, t_x, T = self.simulate(drawn.r, drawn.alpha, drawn.a, drawn.b)
        fit = bgnbd.fit(x, t_x, T)
        self.assertEqual(set(fit.errors), {"r", "alpha", "a", "b"})
        for name, error in fit.errors.items():
            self.assertLess(error, 0.5, name)
            true = getattr(drawn, name)
            self.assertLess(abs(getattr(fit.parameters, name) / true - 1), 4 * error)
        self.assertTrue(fit.flag_usable)
        hours = bgnbd.fit(x, [24 * t for t in t_x], [24 * t for t in T])
        self.assertAlmostEqual(hours.parameters.alpha / fit.parameters.alpha, 24, 4)
        self.assertAlmostEqual(hours.parameters.a, fit.parameters.a, 4)
        # A large base chooses among its starts by a sample: the same in the end.
        with patch.object(bgnbd, "SAMPLE", 500):
            again = bgnbd.fit(x[::-1], t_x[::-1], T[::-1])
        self.assertAlmostEqual(again.parameters.a, fit.parameters.a, 5)

    def test_refused(self):
        for reason, (x, t_x, T) in {
            "too_small": ([1] * 20, [5] * 20, [9] * 20),
            "one_time_only": NOBODY_CAME_BACK,
            # All of them come back once, and never again.
            "all_dropout": ([1] * 200, list(range(200)), [400] * 200),
            "no_dropout": self.simulate(0.8, 60, 1e-9, 1e3),
            "rate_alike": self.simulate(1e6, 60e6, 0.8, 4, 300),
        }.items():
            with self.subTest(reason):
                fit = bgnbd.fit(x, t_x, T)
                self.assertEqual(fit.reason, reason)
                self.assertIn(reason, likelihood.REASONS)
                self.assertFalse(fit.usable or fit.flag_usable or fit.parameters)
                self.assertEqual(fit.customers, len(x))

    def test_nothing_predicted_without_fit(self):
        x, t_x, T = NOBODY_CAME_BACK
        found = clv.predict(x, t_x, T, [0] * 1000)
        self.assertEqual(found.purchases.reason, "one_time_only")
        self.assertEqual(found.amounts.reason, "one_time_only")
        self.assertIsNone(found.p_alive)
        self.assertIsNone(found.correlation)
        empty = clv.predict([], [], [], [])
        self.assertEqual(empty.purchases.reason, "too_small")
        held = calibration.calibrate(x, t_x, T, [1] * 1000, 30)
        self.assertEqual((held.predicted, held.error, held.actual), (None, None, 1000))

    def test_amounts(self):
        """Who spends the same each day; refunds above sales are not fitted."""
        same = gamma_gamma.fit([1, 2, 3] * 40, [20.0] * 120)
        self.assertFalse(same.usable)
        self.assertIn(same.reason, ("amount_alike", "amount_constant"))
        negative = gamma_gamma.fit([2] * 100, [-5.0] * 95 + [10.0] * 5)
        self.assertEqual((negative.reason, negative.customers), ("one_time_only", 5))

    def test_seemingly_all_alive(self):
        """All but 5 % of the repeat buyers above 0.99: the flag says nothing."""
        model = bgnbd.BgNbd(1, 30, 0.01, 10)
        self.assertTrue(likelihood.Fit(model, alive_share=0.94).flag_usable)
        self.assertFalse(likelihood.Fit(model, alive_share=0.95).flag_usable)

    def test_quadrature(self):
        """The published form in 40 digits (mpmath), where it overflows in 16."""
        for parameters, x, T, t, expected in (
            ((0.8, 2, 0.01, 5), 290, 300, 1095, 1044.453757447),
            # a = 1 in the limit: there the published form is 0 ÷ 0.
            ((5, 0.5, 1, 3), 0, 0, 1095, 24.82565534781),
            ((50, 3000, 1.3, 400), 45, 50, 365, 11.18233245898),
            ((1, 30, 0.001, 1000), 10, 1500, 1095, 7.87251565097),
            ((0.1, 1, 3, 0.5), 290, 300, 1095, 139.362065864),
        ):
            model = bgnbd.BgNbd(*parameters)
            found = bgnbd.purchases_if_alive(model, [x], [T], [t])[0]
            self.assert_near(found, [expected], 1e-11, 0)

    def test_impossible_histories(self):
        for x, t_x, T in (([-1], [0], [9]), ([1], [10], [9]), ([1.5], [1], [9])):
            with self.assertRaises(ValueError):
                bgnbd.fit(x, t_x, T)


class TestWithoutScipy(unittest.TestCase):
    def test_says_so(self):
        """Everything can be imported and called; scipy and numpy are not there."""
        tools = Path(likelihood.__file__).parent
        program = """
import sys
sys.modules["numpy"] = sys.modules["scipy"] = None
sys.path.insert(0, sys.argv[1])
from tools import bgnbd, calibration, clv, likelihood, scoring, segment_sets
assert not likelihood.available()
found = clv.predict([1] * 60, [1] * 60, [2] * 60, [3] * 60)
print(found.purchases.reason, found.amounts.reason, found.clv)
print(calibration.calibrate([1], [1], [2], [0], 30).fit.reason)
print(scoring.score_quantile([1, 2]))
"""
        done = subprocess.run(
            [sys.executable, "-c", program, str(tools.parent)],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(
            done.stdout, "no_scipy no_scipy None\nno_scipy\n[2, 4]\n", done.stderr
        )
