# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Predictions for real customers, from posted invoices, against published values."""

import unittest
from datetime import date
from math import log

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_rfm.tools import bgnbd, gamma_gamma, likelihood

from .reference_files import read_rows
from .test_customer_figures import CDNOW_1997, CDNOW_1998, RFM_2006, ReferenceFigures

# {parameter: column of the fit}
PURCHASES = ("r", "alpha", "a", "b")
AMOUNTS = ("p", "q", "v")


@tagged("standard", "post_install", "-at_install")
@unittest.skipUnless(likelihood.available(), "needs scipy")
class TestRfmPredictions(ReferenceFigures):
    data_sets = ("cdnow_sample", "rfm_orders")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Fit = cls.env["crm.rfm.fit"]
        cls.cdnow = cls.companies["cdnow_sample"]
        cls.published = {
            row["quantity"]: (float(row["published"]), float(row["tolerance"]))
            for row in read_rows("cdnow/published_values.csv")
        }

    def predict_as_of(self, data_set, day):
        """Refresh and fit on that day, which stays; return the fit."""
        self.refresh_as_of(day)
        self.Fit._run()
        company = self.companies[data_set]
        return self.Fit.search([("company_id", "=", company.id)])

    def predictions(self, data_set):
        """``{customer number: (p_alive, expected orders, revenue, clv)}``"""
        numbers = self.numbers[data_set]
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, p_alive::float8, expected_orders::float8,"
                " expected_revenue::float8, clv::float8 FROM crm_customer"
                " WHERE company_id = %s AND rfm_fit_id IS NOT NULL",
                self.companies[data_set].id,
            )
        )
        return {numbers[row[0]]: row[1:] for row in rows}

    def assert_published(self, quantity, actual):
        published, tolerance = self.published[quantity]
        self.assertAlmostEqual(actual, published, delta=tolerance, msg=quantity)

    def assert_near(self, found, expected, share, floor, message):
        self.assertLessEqual(
            abs(found - expected), share * abs(expected) + floor, message
        )

    def test_published_parameters(self):
        """As Fader, Hardie and Lee's successors printed them, from days ÷ 7."""
        fit = self.predict_as_of(*CDNOW_1997)
        self.assertTrue(fit.usable)
        self.assertTrue(fit.amount_usable)
        self.assertTrue(fit.flag_usable)
        self.assertEqual(fit.customer_count, 2357)
        self.assert_published("customers with a repeat purchase", fit.repeat_count)
        week = {"r": fit.r, "alpha": fit.alpha / 7, "a": fit.a, "b": fit.b}
        for name, value in week.items():
            self.assert_published(f"BG/NBD {name} exact weeks", value)
        # Every repeat purchase has its own density in time.
        [histories] = self.Fit._histories(self.cdnow).values()
        self.assert_published(
            "BG/NBD log-likelihood",
            fit.log_likelihood + int(histories.x.sum()) * log(7),
        )
        self.assert_published("Gamma-Gamma log-likelihood", fit.amount_log_likelihood)
        for name in AMOUNTS:
            self.assert_published(f"Gamma-Gamma {name}", fit[name])

    def test_published_expectations(self):
        """Of one customer and of the first ten, from what Odoo read.

        What was published of amounts is fitted to means rounded half up to cents, so
        here, too.
        """
        fit = self.predict_as_of(*CDNOW_1997)
        models = fit._models()
        self.assert_published(
            "E[X(39)|x=2,tx=30.43,T=38.86]",
            bgnbd.expected_purchases(
                models.purchases.parameters, 7 * 39, [2], [7 * 30.43], [7 * 38.86]
            )[0],
        )
        [histories] = self.Fit._histories(self.cdnow).values()
        cents = histories.z * 100 + 1e-9
        amounts = (cents + 0.5).astype(int) / 100
        rounded = gamma_gamma.fit(histories.x, amounts)
        values = gamma_gamma.expected_value(rounded.parameters, histories.x, amounts)
        numbers = self.numbers["cdnow_sample"]
        found = {
            numbers[partner]: value
            for partner, value in zip(
                histories.partner_ids.tolist(), values, strict=True
            )
        }
        for customer in range(1, 11):
            self.assert_published(
                f"expected average value, customer {customer}", found[customer]
            )

    def test_published_calibration(self):
        """39 weeks later: 1,653 purchase days predicted, 1,882 made."""
        days = [CDNOW_1997[1], CDNOW_1998[1]]
        [(before, now)] = self.Fit._histories_at({self.cdnow: days}).values()
        found = self.Fit._calibrate(before, 7 * 39)
        self.assertAlmostEqual(found.predicted, 1653.4, delta=0.5)
        self.assertEqual(found.actual, 1882)
        expected = {
            int(row["customer_id"]): int(row["actual_purchase_days_39w_holdout"])
            for row in read_rows("cdnow/expected_btyd_calibration_weeks.csv.gz")
        }
        numbers = self.numbers["cdnow_sample"]
        self.assert_same(
            {
                numbers[partner]: later
                for partner, later in zip(
                    before.partner_ids.tolist(), before.later.tolist(), strict=True
                )
            },
            expected,
        )
        self.assertEqual(int(now.later.sum()), 0)

    def test_every_customer(self):
        """The whole history in days, every customer within a thousandth."""
        self.cdnow.rfm_scheme_ids.prediction_months = 12
        fit = self.predict_as_of(*CDNOW_1998)
        parameters = {
            (row["model"], row["parameter"]): float(row["own_scipy_optimum"])
            for row in read_rows("cdnow/expected_btyd_params_full_days_1998-06-30.csv")
        }
        for name in ("r", "alpha"):
            expected = parameters["bgnbd", name]
            self.assertAlmostEqual(fit[name] / expected, 1, delta=1e-3)
        found = self.predictions("cdnow_sample")
        rows = list(read_rows("cdnow/expected_btyd_full_days_1998-06-30.csv.gz"))
        self.assertEqual(len(found), len(rows))
        for row in rows:
            number = int(row["customer_id"])
            alive, orders, revenue, value = found[number]
            bought = float(row["expected_purchases_365d"])
            for actual, expected, floor in (
                (alive, float(row["p_alive"]), 1e-6),
                (orders, bought, 1e-6),
                (revenue, bought * float(row["expected_avg_value"]), 0.01),
            ):
                self.assert_near(actual, expected, 1e-3, floor, row)
            # Nothing has a cost, and theirs is of 12 months of 30 days: 360, not 365.
            theirs = float(row["clv_12m"])
            self.assertGreaterEqual(value, theirs * 0.995 - 0.01, row)
            self.assertLessEqual(value, theirs * 365 / 360 * 1.005 + 0.01, row)

    def test_rerun_writes_nothing(self):
        self.predict_as_of(*CDNOW_1998)
        self.assertTrue(self.predictions("cdnow_sample"))
        tables = ("crm_customer", "crm_rfm_fit", "crm_rfm_fit_group")
        before = [self._versions(table) for table in tables]
        self.assertEqual(self.Fit._run(), 0)
        self.assertEqual([self._versions(table) for table in tables], before)

    def _versions(self, table):
        """Where each row is stored: another place after every update."""
        return self.env.execute_query(
            SQL("SELECT id, ctid::text FROM %s ORDER BY id", SQL.identifier(table))
        )

    def test_no_usable_fit(self):
        """`rfm_orders` was drawn without any of what the models look for."""
        fit = self.predict_as_of(*RFM_2006)
        self.assertFalse(fit.usable)
        self.assertFalse(fit.amount_usable)
        self.assertFalse(fit.flag_usable)
        self.assertEqual(fit.reason, "dropout_alike")
        self.assertEqual(fit.amount_reason, "amount_alike")
        self.assertEqual(fit.customer_count, 995)
        self.assertEqual(fit.r, 0)
        self.assertEqual(self.predictions("rfm_orders"), {})
        self.assertEqual(
            dict(fit._fields["reason"]._description_selection(self.env))[fit.reason],
            "No sign that customers differ in how easily they leave",
        )

    def test_before_anybody_bought(self):
        fit = self.predict_as_of("cdnow_sample", date(1996, 12, 31))
        self.assertEqual(fit.reason, "too_small")
        self.assertEqual(fit.customer_count, 0)
