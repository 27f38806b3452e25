import logging
from collections import defaultdict
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import CONCURRENCY, isolated, retried

from ..tools import likelihood
from ..tools.clv import monthly_revenue
from ..tools.forecast import (
    ModelRevenue,
    Sums,
    beyond_model,
    month_days,
    month_starts,
)
from .crm_rfm_fit_run import HOLDOUT_CUSTOMERS

_logger = logging.getLogger(__name__)

# How many whole months ago the back-test forecasts.
BACKTESTS = (6, 12)
# A fit that is older, in days, is not used again.
FIT_DAYS = 31
# Salesperson, team and segment of who has no row among the customers.
NOBODY = (None, None, None)


class CrmRfmForecastRun(models.Model):
    """The last forecast of a company: as of when, and by which model or why by none.

    `_compute_companies` makes it, its rows (`crm.rfm.forecast`) and its back-test
    (`crm.rfm.forecast.backtest`); a new one takes the place of the last.
    """

    _name = "crm.rfm.forecast.run"
    _description = "Sales Forecast: Run"
    _rec_name = "company_id"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    as_of = fields.Date(
        required=True, readonly=True, help="Documents up to this day are known."
    )
    computed_at = fields.Datetime(readonly=True)
    customer_count = fields.Integer(
        readonly=True, help="Customers whose purchases the model was fitted to."
    )
    reason = fields.Char(
        readonly=True, help="Code of the reason why there is no model; empty: there is."
    )
    reason_6 = fields.Char(readonly=True, help="The same, six months ago.")
    reason_12 = fields.Char(readonly=True, help="The same, twelve months ago.")
    cycle_days = fields.Integer(
        readonly=True,
        help="Days after which an opportunity without a closing date is expected to "
        "close: the median of those won in the last year.",
    )
    stale_order_count = fields.Integer(
        readonly=True, help="Orders late by more than a year, which are left out."
    )
    stale_lead_count = fields.Integer(
        readonly=True, help="Opportunities past by more than a year, left out."
    )

    _company_unique = models.UniqueIndex("(company_id)")

    # ------------------------------------------------------------------
    # Computation
    # ------------------------------------------------------------------

    @api.model
    def _compute_companies(self, companies=None):
        """Make the forecast of companies anew; commits nothing.

        :param companies: `res.company` recordset; all when None
        :return: number of rows written or removed
        """
        if companies is None:
            companies = self.env["res.company"].sudo().search([])
        self.env.flush_all()
        return sum(self.sudo()._compute_company(company) for company in companies)

    def _compute_company(self, company):
        """Make the forecast of a company and its back-test.

        :return: number of rows written or removed
        """
        with self.env["crm.customer"]._refresh_settings():
            return self._compute_rows(company.sudo())

    def _compute_rows(self, company):
        as_of = company._customer_today()
        days = [month_starts(as_of, -ago)[0] - timedelta(days=1) for ago in BACKTESTS]
        customers = self._read_customers(company)
        revenue = self._read_revenue(company, days)
        self.env.cr.execute(SQL("DROP TABLE crm_rfm_forecast_customer"))
        *past, now = self._histories_of(company, [*sorted(days), as_of])
        model, base = self._forecast_model(company, now, month_starts(as_of))
        vals = {**base, "as_of": as_of}
        sums, open_vals = self._forecast_sums(company, customers, model, as_of)
        self._add_revenue(sums, revenue, as_of)
        written = self.env["crm.rfm.forecast"]._replace(
            company, sums.rows(company.currency_id.round)
        )
        sums = Sums(self.env["crm.rfm.forecast.backtest"]._value_columns())
        keys = {partner: row[:3] for partner, row in customers.items()}
        for place, (ago, day) in enumerate(zip(BACKTESTS, days, strict=True)):
            history = past[sorted(days).index(day)]
            months = month_starts(as_of, -ago)
            vals[f"reason_{ago}"] = self._backtest(
                sums, ago, history, keys, months, [(*row, place) for row in revenue]
            )
        written += self.env["crm.rfm.forecast.backtest"]._replace(
            company, sums.rows(company.currency_id.round)
        )
        self._note(company, {**vals, **open_vals})
        return written

    # ------------------------------------------------------------------
    # Model
    # ------------------------------------------------------------------

    def _histories_of(self, company, days):
        """Return the company's histories as of the days, None where they cannot be."""
        if not likelihood.available():
            return [None] * len(days)
        return self.env["crm.rfm.fit"]._histories_at({company: days})[company.id]

    def _forecast_model(self, company, histories, months):
        """Return what the model expects, and what is noted of it.

        The fit that the customers' own predictions are made with is used again, if it
        is of the last weeks.

        :return: ModelRevenue, and the values of `reason` and `customer_count`
        """
        if histories is None:
            return ModelRevenue(), {"reason": "no_scipy", "customer_count": 0}
        fit = self.env["crm.rfm.fit"].search([("company_id", "=", company.id)])
        recent = histories.as_of - timedelta(days=FIT_DAYS)
        models = (
            fit._models()
            if fit.date and fit.date >= recent
            else self.env["crm.rfm.fit"]._fit(histories)
        )
        base = {"reason": self._no_fit(models), "customer_count": len(histories)}
        # Nothing is expected of archived customers.
        active = histories.only(histories.active)
        return self._model_revenue(models, active, months), base

    def _no_fit(self, models):
        """Return the code of the reason why there is no usable fit, or None."""
        if models.usable:
            return None
        return models.purchases.reason or models.amounts.reason

    def _model_revenue(self, models, histories, months):
        """Return what the models expect of these customers, as `ModelRevenue`."""
        if not models.usable or not len(histories):
            return ModelRevenue()
        amounts = monthly_revenue(
            models.purchases.parameters,
            models.amounts.parameters,
            histories.x,
            histories.t_x,
            histories.T,
            histories.z,
            month_days(histories.as_of, months),
        )
        return ModelRevenue(histories.partner_ids.tolist(), months, amounts)

    # ------------------------------------------------------------------
    # Forecast
    # ------------------------------------------------------------------

    def _forecast_sums(self, company, customers, model, as_of):
        """Put model, orders and pipeline together, customer by customer.

        :param customers: ``{partner id: (user id, team id, segment id, bought)}``
        :return: Sums by (month, user id, team id, segment id), and values for the run
        """
        sums = Sums(self.env["crm.rfm.forecast"]._value_columns())
        months = set(month_starts(as_of))
        keys = {partner: row[:3] for partner, row in customers.items()}
        for (key, month), amount in model.by_key(keys).items():
            sums.add((month, *(key or NOBODY)), model=amount, expected=amount)
        vals = {"stale_order_count": 0, "stale_lead_count": 0, "cycle_days": 0}
        cells = defaultdict(float)
        for partner, month, amount, count in self._read_orders(company):
            if month in months:
                cells[partner, month] += amount
                sums.add((month, *keys.get(partner, NOBODY)), orders=amount)
            elif not month:
                vals["stale_order_count"] += count
        for partner, user, team, month, amount, count, cycle in self._read_pipeline(
            company
        ):
            vals["cycle_days"] = cycle
            if month not in months:
                vals["stale_lead_count"] += 0 if month else count
                continue
            own_user, own_team, segment, bought = customers.get(
                partner, (*NOBODY, False)
            )
            if bought:
                cells[partner, month] += amount
                sums.add((month, *keys[partner]), pipeline=amount)
            else:
                key = (own_user or user, own_team if own_user else team, segment)
                sums.add((month, *key), prospects=amount, expected=amount)
        for (partner, month), amount in beyond_model(cells, model.amount).items():
            sums.add((month, *keys.get(partner, NOBODY)), expected=amount)
        return sums, vals

    def _add_revenue(self, sums, revenue, as_of):
        """Add last year's months, and what the running month has brought already."""
        running = month_starts(as_of, 1)[0]
        months = {day.replace(year=day.year - 1): day for day in month_starts(as_of)}
        for key, month, _known, amount in revenue:
            if month in months:
                sums.add((months[month], *key), last_year=amount)
            elif month == running:
                sums.add((month, *key), invoiced=amount)

    def _backtest(self, sums, ago, histories, keys, months, revenue):
        """Add what the model would have said as of then, and what happened.

        Of very many customers every k-th is fitted, and for all of them it says.

        :param revenue: rows of `_read_revenue`, and the place of this test in `known`
        :return: code of the reason why there is no model of then, or None
        """
        if histories is None:
            return "no_scipy"
        models = self.env["crm.rfm.fit"]._fit(histories.sample(HOLDOUT_CUSTOMERS))
        if not models.usable:
            return self._no_fit(models)
        predicted = self._model_revenue(models, histories, months)
        for (key, month), amount in predicted.by_key(keys).items():
            sums.add((ago, month, *(key or NOBODY)), predicted=amount)
        for key, month, known, amount, place in revenue:
            if month in months and known[place] is not None:
                name = "actual" if known[place] else "new_actual"
                sums.add((ago, month, *key), **{name: amount})
        return None

    def _note(self, company, vals):
        """Note when and how the forecast was made.

        Of two transactions that make it at once, the second fails here, and is tried
        again: none adds its rows to those of the other.
        """
        vals["computed_at"] = fields.Datetime.now()
        run = self.search([("company_id", "=", company.id)])
        if run:
            run.write(vals)
        else:
            self.create({"company_id": company.id, **vals})

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_compute(self):
        """Make all forecasts anew, one commit a company; one bad company stops none.

        Who has waited longest comes first. It does not stop where its time is over:
        the next run would begin with the same companies.
        """
        waiting = {
            run.company_id.id: run.computed_at or datetime.min
            for run in self.sudo().search([])
        }
        companies = self.env["res.company"].sudo().search([])
        companies = companies.sorted(lambda row: waiting.get(row.id, datetime.min))
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(companies))
        for company in companies:
            self._cron_company(company)
            progress(1)

    @api.model
    def _cron_company(self, company):
        """Make the forecast of a company; log it where that fails.

        It begins after a commit: nothing but its own work is rolled back where it
        meets with another transaction, and is tried again.
        """

        def forecast():
            with isolated(self.env, _logger, "No forecast of company %s", company.id):
                self._compute_companies(company)

        try:
            retried(self.env, forecast)
        except CONCURRENCY:
            _logger.error(
                "No forecast of company %s: it met with other transactions each time",
                company.id,
            )
