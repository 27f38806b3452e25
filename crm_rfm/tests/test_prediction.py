from odoo.tests import tagged

from odoo.addons.crm_rfm.tools import bgnbd, likelihood

from .common import needs_scipy
from .prediction_common import PredictionCommon


@tagged("post_install", "-at_install")
@needs_scipy
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
