from datetime import date
from unittest.mock import patch

import numpy as np

from odoo.tests import tagged

from odoo.addons.crm_rfm.tools import clv, likelihood
from odoo.addons.crm_rfm.tools.forecast import ModelRevenue, month_starts
from odoo.addons.crm_rfm.tools.history import Histories, Models

from .forecast_common import ForecastCommon

MODELS = clv.bgnbd.BgNbd(0.8, 60.0, 1.0, 3.0), clv.gamma_gamma.GammaGamma(4, 3, 500)
USABLE = Models(likelihood.Fit(MODELS[0]), likelihood.Fit(MODELS[1]))


@tagged("post_install", "-at_install")
class TestForecastModel(ForecastCommon):
    """The model's part of the forecast, and the back-test."""

    def _histories(self, as_of, partners, active=None, **values):
        count = len(partners)
        values = {"x": 4, "t_x": 300.0, "T": 310.0, "z": 200.0, **values}
        return Histories(
            as_of=as_of,
            partner_ids=np.array([partner.id for partner in partners], int),
            active=np.array(active or [True] * count, bool),
            **{name: np.full(count, value) for name, value in values.items()},
            later=np.zeros(count, int),
        )

    def _given(self, partners, active=None, models=USABLE, **values):
        """Have everybody's history be that of `_histories`, and the fit be given."""
        Fit = type(self.env["crm.rfm.fit"])

        def histories(_self, moments):
            return {
                company.id: [
                    self._histories(day, partners, active, **values) for day in days
                ]
                for company, days in moments.items()
            }

        self.patch(Fit, "_histories_at", histories)
        self.patch(Fit, "_fit", lambda _self, _histories: models)

    def test_months_of_the_model(self):
        """Two customers who bought today for the first time, all parameters 1.

        A rate λ that is anything (mean 1) and a chance p to leave after a purchase that
        is anything from 0 to 1 give 1 ÷ (1 + t) purchases a day, ln(1 + t) in t days.
        Each brings p × v ÷ (q − 1) = 4 × 50 ÷ 2 = 100, of two customers:

        - June, 15 days: 200 × ln 16 = 554.52
        - July, up to day 46: 200 × (ln 47 − ln 16) = 215.51
        - all, 350 days up to 31 May 2027: 200 × ln 351 = 1,172.16
        """
        partners = self._bought("First", "Second")
        hand = Models(
            likelihood.Fit(clv.bgnbd.BgNbd(1.0, 1.0, 1.0, 1.0)),
            likelihood.Fit(clv.gamma_gamma.GammaGamma(4, 3, 50)),
        )
        self._given(partners, models=hand, x=0, t_x=0.0, T=0.0, z=0.0)
        self.Customer._refresh()
        self.Run._compute_companies(self.company)
        months = self._months("model")
        self.assertEqual(len(months), 12)
        self.assertAlmostEqual(months["2026-06"], 554.52, 2)
        self.assertAlmostEqual(months["2026-07"], 215.51, 2)
        # Each month is rounded.
        self.assertAlmostEqual(sum(months.values()), 1172.16, delta=0.06)
        self.assertEqual(self._months("expected"), months)
        self.assertFalse(self._run().reason)
        self.assertEqual(self._run().customer_count, 2)

    def test_archived_customers(self):
        """Nothing is expected of them: half of what two would bring."""
        partners = self._bought("First", "Second")
        self.Customer._refresh()
        self._given(partners)
        self.Run._compute_companies(self.company)
        both = self._total("model")
        self._given(partners, active=[True, False])
        self.Run._compute_companies(self.company)
        self.assertAlmostEqual(self._total("model"), both / 2, 1)

    def test_fit_of_last_week(self):
        """It is used again; an old one is not."""
        partners = self._bought("First", "Second")
        self.Customer._refresh()
        none = likelihood.Fit(reason="too_small")
        self._given(partners, models=Models(none, none))
        r, alpha, a, b = 0.8, 60.0, 1.0, 3.0
        stored = (
            self.env["crm.rfm.fit"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "date": "2026-06-10",
                    "usable": True,
                    "amount_usable": True,
                    **{
                        "r": r,
                        "alpha": alpha,
                        "a": a,
                        "b": b,
                        "p": 4,
                        "q": 3,
                        "v": 500,
                    },
                }
            )
        )
        self.Run._compute_companies(self.company)
        self.assertGreater(self._total("model"), 0)
        stored.date = "2026-05-01"
        self.Run._compute_companies(self.company)
        self.assertEqual(self._total("model"), 0)
        self.assertEqual(self._run().reason, "too_small")

    def test_no_fit(self):
        """Too few customers: the reason is kept, orders and pipeline are forecast."""
        buyer = self._bought("Buyer")
        self._open_order(buyer, 60, "2026-07-10")
        self._open_lead(buyer, 60, "2026-07-20")
        self.Customer._refresh()
        self.Run._compute_companies(self.company)
        self.assertEqual(self._months("expected"), {"2026-07": 90})
        self.assertEqual(self._months("model"), {})
        run = self._run()
        self.assertEqual(run.reason, "too_small")
        self.assertEqual(run.reason_6, "too_small")
        self.assertFalse(self.Backtest.search([("company_id", "=", self.company.id)]))

    def test_no_scipy(self):
        buyer = self._bought("Buyer")
        self._open_order(buyer, 60, "2026-07-10")
        self.Customer._refresh()
        with patch.object(likelihood, "available", lambda: False):
            self.Run._compute_companies(self.company)
        self.assertEqual(self._months("expected"), {"2026-07": 60})
        self.assertEqual(self._run().reason, "no_scipy")
        self.assertEqual(self._run().reason_12, "no_scipy")

    def test_no_data(self):
        self.Customer._refresh()
        self.Run._compute_companies(self.company)
        self.assertFalse(self._rows())
        self.assertEqual(self._run().reason, "too_small")

    # -- back-test

    def _backtested(self):
        """Known since October 2025: 300 and 400; new since February: 50.

        As of 30 November 2025 the model says 110 for every month of the known one.
        """
        known = self._partner("Known")
        new = self._partner("New")
        for partner, day, amount in (
            (known, "2025-10-01", 10),
            (known, "2025-11-30", 20),
            (known, "2025-12-01", 300),
            (known, "2026-05-31", 400),
            (known, "2026-06-01", 1000),
            (new, "2026-02-10", 50),
        ):
            self._invoice(amount, day, partner_id=partner.id)
        self._refund(40, "2026-05-31", partner_id=known.id)
        self.Customer._refresh()
        self._given([known])
        said = []

        def revenue(_run, _models, histories, months):
            said.append((histories.as_of, months[0], months[-1]))
            amounts = np.full((1, len(months)), 110.0)
            return ModelRevenue([known.id], months, amounts)

        self.patch(type(self.Run), "_model_revenue", revenue)
        self.Run._compute_companies(self.company)
        return said

    def test_backtest(self):
        said = self._backtested()
        self.assertEqual(
            said,
            [
                (date(2026, 6, 15), date(2026, 6, 1), date(2027, 5, 1)),
                (date(2025, 11, 30), date(2025, 12, 1), date(2026, 5, 1)),
                (date(2025, 5, 31), date(2025, 6, 1), date(2026, 5, 1)),
            ],
        )
        found = {
            (months_ago, month): amounts
            for months_ago, month, *amounts in self.Backtest._read_group(
                [("company_id", "=", self.company.id)],
                ["months_ago", "date:month"],
                ["predicted:sum", "actual:sum", "new_actual:sum"],
            )
        }
        months = month_starts(date(2026, 6, 15), -6)
        self.assertEqual(
            {month: found[6, month] for month in months},
            {
                month: [110, actual, new]
                for month, actual, new in zip(
                    months,
                    (300, 0, 0, 0, 0, 360),
                    (0, 0, 50, 0, 0, 0),
                    strict=True,
                )
            },
        )
        # A year ago nobody was known.
        self.assertEqual(found[12, date(2025, 10, 1)], [110, 0, 10])
        self.assertEqual(found[12, date(2025, 11, 1)], [110, 0, 20])
        self.assertEqual(len(found), 18)

    def test_backtest_in_words(self):
        """660 became 660: right, though wrong by 190 + 4 × 110 + 250 over 6 months."""
        self._backtested()
        data = self.Forecast.get_forecast(self.company.id)
        six, twelve = data["tests"]
        self.assertEqual(
            six["sentence"].replace("\xa0", " "),
            "Six months ago this forecast would have said $ 660 for Dec 2025 to "
            "May 2026; it became $ 660: right.",
        )
        # 880 ÷ 660
        self.assertEqual(six["notes"][0], "A single month was off by 133 % on average.")
        self.assertIn("another $ 50.00", six["notes"][1].replace("\xa0", " "))
        self.assertAlmostEqual(six["total"]["monthly_error"], 880 / 660, 6)
        self.assertEqual(six["total"]["error"], 0)
        self.assertEqual(
            twelve["sentence"].replace("\xa0", " "),
            "Twelve months ago this forecast would have said $ 1,320 for Jun 2025 to "
            "May 2026; it became $ 0.00.",
        )

    def test_backtest_too_high(self):
        """At 110 a month against 300 + 400 − 40 − 60: 60 ÷ 600."""
        self._backtested()
        known = self.env["res.partner"].search([("name", "=", "Known")])
        self._refund(60, "2026-01-10", partner_id=known.id)
        self.Run._compute_companies(self.company)
        six = self.Forecast.get_forecast(self.company.id)["tests"][0]
        self.assertRegex(six["sentence"], r": 10(\.0)? % too high\.$")

    def test_backtest_too_low(self):
        """At 110 a month against 300 + 400 − 40 + 60: 8.3 % too low."""
        self._backtested()
        self._invoice(
            60,
            "2026-01-10",
            partner_id=self.env["res.partner"].search([("name", "=", "Known")]).id,
        )
        self.Run._compute_companies(self.company)
        six = self.Forecast.get_forecast(self.company.id)["tests"][0]
        self.assertTrue(six["sentence"].endswith(": 8.3 % too low."), six["sentence"])

    def test_backtest_leaves_out_whom_the_scheme_leaves_out(self):
        self.scheme.exclude_domain = "[('name', '=', 'Known')]"
        self._backtested()
        [actual] = self.Backtest._read_group(
            [("company_id", "=", self.company.id), ("months_ago", "=", 6)],
            [],
            ["actual:sum", "new_actual:sum"],
        )
        self.assertEqual(actual, (0, 50))
