from contextlib import contextmanager
from unittest.mock import patch

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
