import logging
from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.crm_customer360.isolation import failing, isolated, retried

from ..tools import calibration, clv, likelihood
from ..tools.history import Models

_logger = logging.getLogger(__name__)

# So many months before today a model is fitted for comparison with what followed.
HOLDOUT_MONTHS = 6
# A comparison needs no more customers than this: their parameters are within a few
# percent of those of all.
HOLDOUT_CUSTOMERS = 20_000

PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "v")


@dataclass
class Outcome:
    """What came of fitting one company.

    :param vals: values of its `crm.rfm.fit`; None when its fit ended with an error
    :param groups: list of (purchases after the first, customers, predicted, actual)
    :param partner_ids: customers predicted, array
    :param columns: ``{name: array in the order of partner_ids}`` of `p_alive`,
        `expected_orders`, `expected_revenue` and `clv` before the margin rate; what the
        models could not predict is missing
    """

    vals: dict | None = None
    groups: list = field(default_factory=list)
    partner_ids: object = ()
    columns: dict = field(default_factory=dict)


class CrmRfmFit(models.Model):
    """Fitting: read, fit and predict in Python, then write what differs."""

    _inherit = "crm.rfm.fit"

    def action_fit(self):
        """Fit the models and predict for all customers of these companies now.

        Without records: those of the companies that the user works in.
        """
        companies = self.company_id or self.env.companies
        schemes = self.env["crm.rfm.scheme"].search(
            [("company_id", "parent_of", companies.ids)]
        )
        return self._action_fit(schemes, companies)

    @api.model
    def _action_fit(self, schemes, companies=None):
        """Fit companies for a user who may change their schemes.

        :param companies: those of the schemes, branches included, when None
        """
        schemes.check_access("write")
        schemes = schemes.filtered("active")
        if not schemes:
            raise UserError(
                self.env._("There is no RFM scheme: create one, or activate it.")
            )
        if not likelihood.available():
            raise UserError(self._unavailable_text())
        if companies is None:
            companies = self.env["res.company"].sudo()
            companies = companies.search([("id", "child_of", schemes.company_id.ids)])
        self.sudo()._run(companies)
        return True

    @api.model
    def _unavailable_text(self):
        return self.env._(
            "Predictions need the Python package scipy, which this server does not "
            "have. Ask your administrator to install it; everything else works without."
        )

    @api.model
    def _run(self, companies=None):
        """Fit the models of companies, predict for their customers, write it.

        Commits nothing. A company whose fit ends with an error keeps what it has.

        :param companies: all when None
        :return: number of customers whose predictions changed
        """
        return self._write_outcomes(self._make_outcomes(companies))

    @api.model
    def _cron_fit(self):
        """Fit all companies.

        Fitting takes a while, and customers change meanwhile: what is written begins
        a transaction of its own, so that it hardly meets with them.
        """
        cron = self.env["ir.cron"]
        outcomes = self._make_outcomes()
        cron._commit_progress(remaining=1)
        retried(self.env, lambda: self._write_outcomes(outcomes))
        cron._commit_progress(1, remaining=0)

    # ------------------------------------------------------------------
    # Fit
    # ------------------------------------------------------------------

    @api.model
    def _make_outcomes(self, companies=None):
        """Return what fitting each company gives: ``{company: Outcome}``.

        A company without a scheme is not there.
        """
        if companies is None:
            companies = self.env["res.company"].sudo().with_context(active_test=False)
            companies = companies.search([])
        companies = companies.sudo().filtered(lambda company: company._rfm_scheme())
        days = {company: company._customer_today() for company in companies}
        if not likelihood.available():
            nothing = likelihood.Fit(reason="no_scipy")
            return {
                company: Outcome(self._fit_vals(day, Models(nothing, nothing)))
                for company, day in days.items()
            }
        histories = self._read_histories(days)
        outcomes = {}
        for company in companies:
            outcomes[company] = Outcome()
            if company.id not in histories:
                # It could not be read, as the log says.
                continue
            with isolated(self.env, _logger, "Predictions for %s failed", company.name):
                outcomes[company] = self._make_outcome(company, *histories[company.id])
        return outcomes

    @api.model
    def _read_histories(self, days):
        """Return the histories as of the hold-out day and today.

        Where one company cannot be read, such as by what it leaves out, the others are.

        :param days: ``{company: today}``
        :return: ``{company_id: [Histories, Histories]}``
        """
        moments = {
            company: [day - relativedelta(months=HOLDOUT_MONTHS), day]
            for company, day in days.items()
        }
        result = {}

        def read(some):
            chosen = {company: moments[company] for company in some}
            result.update(self._histories_at(chosen))

        words = "Purchases of %s could not be read"
        failing(self.env, list(moments), read, _logger, words)
        return result

    @api.model
    def _make_outcome(self, company, before, now):
        """Fit one company and predict for its customers.

        :param before: Histories as of the hold-out day
        :param now: Histories as of today
        """
        import numpy as np

        scheme = company._rfm_scheme()
        models = self._fit(now)
        compared = self._calibrate(before, (now.as_of - before.as_of).days)
        current = now.only(now.active)
        found = clv.predict(
            current.x,
            current.t_x,
            current.T,
            current.z,
            discount=scheme.prediction_discount / 100,
            months=scheme.prediction_months,
            models=models,
        )
        columns = {
            name: getattr(found, name)
            for name in ("p_alive", "expected_orders", "expected_revenue", "clv")
            if getattr(found, name) is not None
        }
        if not all(np.isfinite(column).all() for column in columns.values()):
            raise ValueError("a prediction is not a number")
        return Outcome(
            self._fit_vals(now.as_of, models, before.as_of, compared),
            compared.groups,
            current.partner_ids if columns else (),
            columns,
        )

    @api.model
    def _calibrate(self, before, days):
        """Return the `Calibration`: what a fit as of then says of the days since.

        Of very many customers every k-th is fitted, and all are compared.
        """
        fit = self._fit_purchases(before.sample(HOLDOUT_CUSTOMERS))
        return calibration.compare(
            fit, before.x, before.t_x, before.T, before.later, days
        )

    @api.model
    def _fit_vals(self, day, models, holdout_day=None, compared=None):
        """Return the values of the fit of a company."""
        purchases, amounts = models.purchases, models.amounts
        vals = {
            **dict.fromkeys(PARAMETERS, 0.0),
            "date": day,
            "failed_on": False,
            "customer_count": purchases.customers,
            "repeat_count": purchases.repeat,
            "usable": purchases.usable,
            "reason": purchases.reason or False,
            "log_likelihood": purchases.log_likelihood or 0.0,
            "alive_share": purchases.alive_share or 0.0,
            "flag_usable": purchases.flag_usable,
            "amount_usable": amounts.usable,
            "amount_reason": amounts.reason or False,
            "amount_log_likelihood": amounts.log_likelihood or 0.0,
            "correlation": models.correlation or 0.0,
            "holdout_date": holdout_day,
            "holdout_reason": False,
            "holdout_predicted": 0.0,
            "holdout_actual": 0,
            "holdout_error": 0.0,
        }
        for fit in (purchases, amounts):
            if fit.usable:
                vals.update(vars(fit.parameters))
        if compared:
            vals["holdout_reason"] = compared.fit.reason or False
            vals["holdout_predicted"] = compared.predicted or 0.0
            vals["holdout_actual"] = int(compared.actual)
            vals["holdout_error"] = compared.error or 0.0
        return vals

    # ------------------------------------------------------------------
    # Write
    # ------------------------------------------------------------------

    @api.model
    def _write_outcomes(self, outcomes):
        """Write fits and predictions that differ; those without a scheme go.

        :param outcomes: see `_make_outcomes`
        :return: number of customers whose predictions changed
        """
        fits = self.sudo().search([])
        known = {fit.company_id: fit for fit in fits}
        missing = [company for company in outcomes if company not in known]
        created = self.sudo().create([{"company_id": c.id} for c in missing])
        known.update(zip(missing, created, strict=True))
        for company, outcome in outcomes.items():
            known[company]._write_outcome(outcome)
        without = fits.filtered(lambda fit: not fit.company_id._rfm_scheme())
        without.unlink()
        self.env.flush_all()
        changed = self.env["crm.customer"]._write_predictions(
            {known[company]: outcome for company, outcome in outcomes.items()}
        )
        self.invalidate_model(["clv_limit"])
        return changed

    def _write_outcome(self, outcome):
        """Write the fit of one company where it differs."""
        self.ensure_one()
        if outcome.vals is None:
            self.failed_on = self.company_id._customer_today()
            return
        self.write(outcome.vals)
        names = ("repeat_count", "customer_count", "predicted", "actual")
        groups = [
            (number, customers, round(predicted, 1), int(actual))
            for number, customers, predicted, actual in outcome.groups
        ]
        if [tuple(group[name] for name in names) for group in self.group_ids] != groups:
            self.group_ids.unlink()
            self.env["crm.rfm.fit.group"].create(
                [
                    {"fit_id": self.id, **dict(zip(names, group, strict=True))}
                    for group in groups
                ]
            )
