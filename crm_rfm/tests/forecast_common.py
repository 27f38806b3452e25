from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from odoo.fields import Date

from odoo.addons.crm_rfm.tools.forecast import ModelRevenue, month_starts

from .common import RfmCommon


class ForecastCommon(RfmCommon):
    """Today is 15 June 2026: the months are June 2026 (the rest of it) to May 2027."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Forecast = cls.env["crm.rfm.forecast"]
        cls.Backtest = cls.env["crm.rfm.forecast.backtest"]
        cls.Run = cls.env["crm.rfm.forecast.run"]

    @contextmanager
    def _model(self, amounts=None):
        """Have the model expect ``{partner: {month: amount}}`` and nothing else."""
        months = month_starts(Date.to_date("2026-06-15"))
        amounts = amounts or {}
        matrix = np.zeros((len(amounts), 12))
        for row, by_month in enumerate(amounts.values()):
            for month, amount in by_month.items():
                matrix[row, months.index(Date.to_date(f"{month}-01"))] = amount
        model = ModelRevenue([partner.id for partner in amounts], months, matrix)
        base = {"reason": None, "customer_count": len(amounts)}
        with patch.object(
            type(self.Run), "_forecast_model", lambda *args: (model, base)
        ):
            yield

    def _forecast(self, amounts=None):
        """Refresh and forecast with this model; return the rows of the company."""
        self.Customer._refresh()
        with self._model(amounts):
            self.Run._compute_companies(self.company)
        return self._rows()

    def _rows(self, **values):
        domain = [("company_id", "=", self.company.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.Forecast.search(domain)

    def _months(self, name):
        """Return ``{month: amount}`` of the company, without the zeros."""
        return {
            Date.to_string(month)[:7]: amount
            for month, amount in self.Forecast._read_group(
                [("company_id", "=", self.company.id)],
                ["date:month"],
                [f"{name}:sum"],
            )
            if amount
        }

    def _total(self, name):
        return sum(self._months(name).values())

    def _run(self):
        return self.Run.search([("company_id", "=", self.company.id)])

    def _bought(self, *names, **vals):
        """Customers who bought for 10 long ago."""
        partners = []
        for name in names:
            partner = self._partner(name, **vals)
            self._invoice(10, "2024-01-10", partner_id=partner.id)
            partners.append(partner)
        return partners if len(partners) > 1 else partners[0]

    def _open_order(self, partner, amount, day, **vals):
        """An order of May that is to be delivered on a day."""
        return self._order(
            amount,
            "2026-05-04",
            partner_id=partner.id,
            commitment_date=f"{day} 12:00:00",
            **vals,
        )

    def _open_lead(self, partner, revenue, day, **vals):
        """An opportunity at 50 % that closes on a day, of nobody."""
        return self._opportunity(
            revenue,
            50,
            partner_id=partner.id if partner else False,
            date_deadline=day,
            **{"user_id": False, "team_id": False, **vals},
        )
