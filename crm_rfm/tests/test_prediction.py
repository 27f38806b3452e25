from contextlib import contextmanager
from unittest import skipUnless
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_rfm.tools import bgnbd, gamma_gamma, likelihood
from odoo.addons.crm_rfm.tools.history import Models

from .common import RfmCommon

COLUMNS = ("p_alive", "expected_orders", "expected_revenue", "clv")
# With all parameters 1 the formulas can be worked out with a pocket calculator; a
# purchase day of whom nothing is known is worth 1 × 200 ÷ (2 − 1).
PURCHASES = likelihood.Fit(bgnbd.BgNbd(1, 1, 1, 1), alive_share=0.5)
AMOUNTS = likelihood.Fit(gamma_gamma.GammaGamma(1, 2, 200))


class PredictionCommon(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Fit = cls.env["crm.rfm.fit"].sudo()

    @contextmanager
    def _given(self, purchases=PURCHASES, amounts=AMOUNTS):
        """Fits of a few customers are refused: give the models instead."""
        with (
            patch.object(
                type(self.Fit),
                "_fit",
                lambda self, histories: Models(purchases, amounts, 0.0),
            ),
            patch.object(
                type(self.Fit), "_fit_purchases", lambda self, histories: purchases
            ),
        ):
            yield

    def _run(self, **given):
        self.Customer._refresh()
        with self._given(**given):
            changed = self.Fit._run()
        self.env.invalidate_all()
        return changed

    def _fitted(self, company=None):
        company = company or self.company
        return self.Fit.search([("company_id", "=", company.id)])

    def _predicted(self, partner=None):
        """The predictions of a customer, None where there are none."""
        row = self._stored(partner or self.customer)
        return tuple(
            None if name in row.empty_figures else row[name] for name in COLUMNS
        )


@tagged("post_install", "-at_install")
@skipUnless(likelihood.available(), "needs scipy")
class TestPrediction(PredictionCommon):
    """Today is 15 June 2026."""

    def _sell(self, price, cost, day, partner=None):
        self.product_a.standard_price = cost
        line = {"product_id": self.product_a.id, "price_unit": price, "tax_ids": False}
        return self._invoice(
            0, day, lines=[line], partner_id=(partner or self.customer).id
        )

    # -- figures

    def test_bought_today(self):
        """ln(1 + t): 5.902633 purchases in 365 days, 3.447339 in a month."""
        self.scheme.write({"prediction_months": 1, "prediction_discount": 25})
        self._sell(100, 40, "2026-06-15")
        self._run()
        alive, orders, revenue, value = self._predicted()
        self.assertEqual(alive, 1)
        self.assertAlmostEqual(orders, 5.902633, places=6)
        self.assertAlmostEqual(revenue, 1180.53, places=2)
        # ln(1 + 365 ÷ 12) × 200 × 60 % ÷ 1.25
        self.assertAlmostEqual(value, 330.94, delta=0.02)
        row = self._stored()
        self.assertEqual(row.rfm_fit_id, self._fitted())
        self.assertEqual(str(row.prediction_date), "2026-06-15")

    def test_bought_again(self):
        """Days 0 and 1, now day 3: 1 ÷ (1 + (4 ÷ 2)²) is active."""
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self._run()
        self.assertAlmostEqual(self._predicted()[0], 0.2, places=6)

    def test_margin_rate(self):
        """One's own, at least −100 %; without sales that of all customers."""
        partners = {name: self._partner(name) for name in ("plus", "minus", "earlier")}
        self._sell(100, 40, "2026-06-15", partners["plus"])
        self._sell(100, 500, "2026-06-15", partners["minus"])
        self._sell(300, 0, "2025-06-15", partners["earlier"])  # before the window
        self.scheme.write({"prediction_months": 1, "prediction_discount": 0})
        self._run()
        month = 3.447339 * 200  # as above
        self.assertAlmostEqual(
            self._predicted(partners["plus"])[3], month * 0.6, delta=0.02
        )
        self.assertAlmostEqual(
            self._predicted(partners["minus"])[3], -month, delta=0.02
        )
        # ln(1 + 30.4167 ÷ 366) × 200 at (60 − 400) ÷ 200 = −170 %, that is −100 %.
        self.assertAlmostEqual(
            self._predicted(partners["earlier"])[3], -15.97, delta=0.02
        )

    def test_margin_unknown(self):
        """Nothing sold in the window, by nobody: no value rather than a guess."""
        self._invoice(100, "2025-06-15")
        self._run()
        self.assertIsNone(self._predicted()[3])
        self.assertTrue(self._predicted()[2])

    def test_amounts_without_fit(self):
        self._invoice(100, "2026-06-15")
        self._run(amounts=likelihood.Fit(reason="amount_alike"))
        alive, orders, revenue, value = self._predicted()
        self.assertTrue(alive)
        self.assertTrue(orders)
        self.assertIsNone(revenue)
        self.assertIsNone(value)

    def test_purchases_without_fit(self):
        self._invoice(100, "2026-06-15")
        self._run()
        self._run(purchases=likelihood.Fit(reason="flat"))
        self.assertEqual(self._predicted(), (None,) * 4)
        self.assertFalse(self._stored().rfm_fit_id)
        self.assertEqual(self._fitted().reason, "flat")
        self.assertEqual(self._fitted().r, 0)

    def test_a_few_customers(self):
        """1, 2, 3 and 5 customers: too few, and said so."""
        for number in range(1, 6):
            self._invoice(10, "2026-06-01", partner_id=self._partner(f"{number}").id)
            self.Customer._refresh()
            self.Fit._run()
            self.assertEqual(self._fitted().reason, "too_small")
            self.assertEqual(self._fitted().customer_count, number)

    def test_all_equal(self):
        """60 customers who bought on the same day, nobody again."""
        for number in range(60):
            self._invoice(10, "2026-01-01", partner_id=self._partner(f"{number}").id)
        self.Customer._refresh()
        self.Fit._run()
        self.assertEqual(self._fitted().reason, "one_time_only")
        self.assertEqual(self._fitted().amount_reason, "one_time_only")

    # -- who is not predicted

    def test_no_longer_predicted(self):
        partners = self._buyers(
            kept=[("2026-06-15", 10)],
            archived=[("2026-06-15", 10)],
            own=[("2026-06-15", 10)],
        )
        prospect = self._partner("Prospect", customer_rank=1)
        self._run()
        for partner in partners.values():
            self.assertTrue(self._predicted(partner)[1])
        self.assertEqual(self._predicted(prospect), (None,) * 4)
        partners["archived"].active = False
        self.scheme.exclude_domain = repr([("id", "=", partners["own"].id)])
        self.assertEqual(self._run(), 2)
        self.assertTrue(self._predicted(partners["kept"])[1])
        self.assertEqual(self._predicted(partners["archived"]), (None,) * 4)
        self.assertEqual(self._predicted(partners["own"]), (None,) * 4)
        # The archived one is part of the base all the same.
        self.assertEqual(len(self.Fit._histories(self.company)[self.company.id]), 2)

    def test_merged(self):
        """What was expected of two customers is not true of the one they became."""
        partners = self._buyers(one=[("2026-06-15", 10)], two=[("2026-06-01", 10)])
        self._run()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (partners["one"] + partners["two"]).ids, partners["one"], False
        )
        self.assertEqual(self._predicted(partners["one"]), (None,) * 4)
        self._run()
        # Bought on 1 and 15 June: 1 ÷ (1 + (15 ÷ 15)²)
        self.assertAlmostEqual(self._predicted(partners["one"])[0], 0.5, places=6)

    def test_without_scheme(self):
        self._invoice(10, "2026-06-15")
        self._run()
        self.scheme.active = False
        self._run()
        self.assertFalse(self._fitted())
        self.assertEqual(self._predicted(), (None,) * 4)

    def test_empty_company(self):
        self._run()
        fit = self._fitted()
        self.assertEqual((fit.customer_count, fit.repeat_count), (0, 0))
        self.assertEqual(fit.holdout_actual, 0)
        self.Fit._run()  # and as it is really fitted
        self.assertEqual(self._fitted().reason, "too_small")

    # -- runs

    def test_again_writes_nothing(self):
        self._invoice(10, "2026-06-01")
        self.assertEqual(self._run(), 1)
        self.assertEqual(self._run(), 0)
        with self._on("2026-06-16"):
            self.assertEqual(self._run(), 1)

    def test_two_companies(self):
        """Each has models and values of its own, in its own currency."""
        other = self.setup_other_company(name="Other")["company"]
        self.customer.with_company(other).property_account_receivable_id = (
            self.env["account.account"]
            .with_company(other)
            .search(
                [
                    ("account_type", "=", "asset_receivable"),
                    ("company_ids", "in", other.ids),
                ],
                limit=1,
            )
        )
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self.env["account.move"].with_company(other).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-06-15",
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "price_unit": 70, "tax_ids": False})
                ],
            }
        ).action_post()
        self._run()
        rows = self.Customer.search([("partner_id", "=", self.customer.id)])
        alive = {row.company_id: round(row.p_alive, 6) for row in rows}
        self.assertEqual(alive, {self.company: 0.2, other: 1.0})
        self.assertEqual(rows.rfm_fit_id.company_id, self.company + other)

    def test_one_company_fails(self):
        """It keeps what it had; the others are predicted."""
        other = self.setup_other_company(name="Other")["company"]
        self._invoice(10, "2026-06-01")
        self._run()
        before = self._predicted()
        original = type(self.Fit)._make_outcome

        def fails(fit, company, *histories):
            if company == self.company:
                raise ZeroDivisionError
            return original(fit, company, *histories)

        with (
            self._on("2026-06-20"),
            patch.object(type(self.Fit), "_make_outcome", fails),
            mute_logger("odoo.addons.crm_rfm.models.crm_rfm_fit_run"),
        ):
            self._run()
        self.assertEqual(self._predicted(), before)
        self.assertEqual(str(self._fitted().date), "2026-06-15")
        self.assertEqual(str(self._fitted().failed_on), "2026-06-20")
        self.assertEqual(str(self._fitted(other).date), "2026-06-20")
        self._run()
        self.assertFalse(self._fitted().failed_on)

    def test_one_company_cannot_be_read(self):
        """Such as by a field that an addon has taken away with it."""
        other = self.setup_other_company(name="Other")["company"]
        self._invoice(10, "2026-06-01")
        self._run()
        self.env.flush_all()
        self.cr.execute(
            'UPDATE crm_rfm_scheme SET exclude_domain = \'[("gone", "=", 1)]\''
            " WHERE id = %s",
            [self.scheme.id],
        )
        self.scheme.invalidate_recordset()
        with (
            self._on("2026-06-20"),
            mute_logger("odoo.addons.crm_rfm.models.crm_rfm_fit_run"),
            self._given(),
        ):
            self.Fit._run()
        self.assertEqual(str(self._fitted().failed_on), "2026-06-20")
        self.assertEqual(str(self._fitted(other).date), "2026-06-20")
        self.assertTrue(self._predicted()[1])

    def test_statements(self):
        """More customers are no more statements."""
        self._buyers(**{f"first{n}": [("2026-06-01", 10)] for n in range(2)})
        self._run()
        before = self._statements()
        self._buyers(**{f"second{n}": [("2026-06-01", 10)] for n in range(5)})
        self.Customer._refresh()
        self.assertLessEqual(self._statements(), before)

    def _statements(self):
        with self._on("2026-06-16"), self._given():
            self.Fit._run()
        with self._on("2026-06-17"), self._given():
            before = self.cr.sql_log_count
            self.Fit._run()
            return self.cr.sql_log_count - before

    def test_cron(self):
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self.Customer._refresh()
        with self._given(), self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_fit").method_direct_trigger()
        self.env.invalidate_all()
        self.assertAlmostEqual(self._predicted()[0], 0.2, places=6)

    # -- settings

    def test_settings_are_validated(self):
        for values in (
            {"prediction_months": 0},
            {"prediction_months": 121},
            {"prediction_discount": -1},
            {"prediction_discount": 51},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.scheme.write(values)

    def test_settings_predict_soon(self):
        cron = self.env.ref("crm_rfm.ir_cron_fit")
        triggers = self.env["ir.cron.trigger"].sudo()

        def count():
            return triggers.search_count([("cron_id", "=", cron.id)])

        before = count()
        self.scheme.write({"prediction_months": 36, "bins": self.scheme.bins})
        self.assertEqual(count(), before, "nothing has changed")
        self.scheme.prediction_months = 24
        self.assertEqual(count(), before + 1)
        self.scheme.source = "order"
        self.assertEqual(count(), before + 2)

    # -- filters

    def test_filters(self):
        """Twenty customers: two are the most valuable tenth."""
        buyers = self._buyers(
            gone=[("2026-06-12", 10), ("2026-06-13", 10)],  # 20 % active
            here=[("2026-06-01", 10), ("2026-06-15", 10)],
            **{f"once{n}": [(f"2026-05-{n + 10}", 10)] for n in range(18)},
        )
        self._run()
        gone = [("p_alive", "<", 0.5), ("rfm_fit_id.flag_usable", "=", True)]
        found = self.Customer.search([("company_id", "=", self.company.id), *gone])
        self.assertEqual(found.partner_id, buyers["gone"])
        mine = [("company_id", "=", self.company.id)]
        rows = self.Customer.search(mine)
        top = self.Customer.search([*mine, ("clv_top", "=", True)])
        best = rows.sorted("clv", reverse=True)[:2]
        self.assertEqual(set(top), set(best))
        self.assertEqual(set(rows.filtered("clv_top")), set(best))
        others = self.Customer.search([*mine, ("clv_top", "=", False)])
        self.assertEqual(set(others), set(rows - best))
        # Where nearly all look active nobody is said to be gone.
        self._run(purchases=likelihood.Fit(bgnbd.BgNbd(1, 1, 1, 1), alive_share=0.96))
        self.assertFalse(self.Customer.search([*mine, *gone]))


@tagged("post_install", "-at_install")
class TestWithoutScipy(PredictionCommon):
    def test_without_scipy(self):
        """Everything works; predictions say what is missing, and are empty."""
        self._invoice(10, "2026-06-15")
        if likelihood.available():
            self._run()
            self.assertTrue(self._predicted()[1])
        with patch.object(likelihood, "available", lambda: False):
            self.assertGreaterEqual(self._score({"c": self.customer}, "rfm_r")["c"], 1)
            self.Fit._run()
            self.env.invalidate_all()
            fit = self._fitted()
            self.assertEqual(fit.reason, "no_scipy")
            self.assertFalse(fit.usable)
            self.assertFalse(fit.available)
            self.assertFalse(self.scheme.prediction_available)
            self.assertFalse(fit.base_text)
            self.assertEqual(self._predicted(), (None,) * 4)
            with self.assertRaisesRegex(UserError, "scipy"):
                fit.action_fit()
            with self.assertRaisesRegex(UserError, "scipy"):
                self.scheme.action_fit()
