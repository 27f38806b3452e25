from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.forecast import errors, month_starts
from .crm_rfm_forecast_run import BACKTESTS

FILTERS = ("team_id", "user_id", "segment_id")


class CrmRfmForecast(models.Model):
    """What the screen of the forecast shows, of the rows that the reader may see."""

    _inherit = "crm.rfm.forecast"

    @api.model
    @api.readonly
    def get_forecast(self, company_id=None, filters=None):
        """Return the forecast of a company, or of all active ones of one currency.

        A month is a dict of ``date``, ``label``, ``partial`` (the running one) and the
        amounts of a row; ``further`` is what the model expects beyond orders and
        pipeline, so that ``orders + pipeline + further + prospects = expected``. A test
        is a dict of ``sentence``, ``notes``, ``months`` (``label``, ``predicted``,
        ``actual``) and ``total``.

        :param company_id: one of the active companies; False for all of them
        :param filters: ``{"team_id", "user_id", "segment_id": id}``; False for those
            that have none
        :return: dict of ``companies``, ``company_id``, ``currency_id``, ``filters``,
            ``options``, ``months``, ``total``, ``notes``, ``rules``, ``empty``,
            ``as_of``, ``tests``, ``opens``, ``can_compute``
        """
        companies = self._forecast_companies(company_id)
        filters = self._forecast_filters(filters)
        runs = self._forecast_runs(companies)
        currency = companies.currency_id[:1]
        data = {
            "companies": self._forecast_choices(),
            "company_id": companies.id if len(companies) == 1 else False,
            "currency_id": currency.id,
            "filters": filters,
            "can_compute": self._can_compute(),
            "empty": False,
        }
        if not runs:
            return {**data, "empty": self._forecast_empty()}
        as_of = max(runs.mapped("as_of"))
        domain = self._forecast_domain(companies, filters)
        months = self._forecast_months(domain, as_of)
        names = [*self._value_columns(), "further"]
        return {
            **data,
            "options": self._forecast_options(companies),
            "months": months,
            "total": {name: sum(month[name] for month in months) for name in names},
            "notes": self._forecast_notes(runs, companies),
            "rules": self._forecast_rules(runs),
            "as_of": format_date(self.env, as_of),
            "tests": [
                self._forecast_test(ago, runs, domain, currency) for ago in BACKTESTS
            ],
            "opens": self._forecast_opens(),
        }

    # ------------------------------------------------------------------
    # What is asked for
    # ------------------------------------------------------------------

    def _forecast_companies(self, company_id):
        """Return the companies to show; those of several currencies one at a time."""
        active = self.env.companies
        if company_id:
            company = self.env["res.company"].browse(company_id)
            if company not in active:
                raise AccessError(self.env._("Activate this company first."))
            return company
        if company_id is False and len(active.currency_id) == 1:
            return active
        return self.env.company

    def _forecast_choices(self):
        """Return the companies to choose from, all together (id False) if they can."""
        active = self.env.companies
        choices = [{"id": company.id, "name": company.name} for company in active]
        if len(active) > 1 and len(active.currency_id) == 1:
            choices.append({"id": False, "name": self.env._("All selected companies")})
        return choices

    def _forecast_filters(self, filters):
        return {
            name: int(value) if value else False
            for name, value in (filters or {}).items()
            if name in FILTERS
        }

    def _forecast_domain(self, companies, filters):
        return Domain("company_id", "in", companies.ids) & Domain.AND(
            Domain(name, "=", value) for name, value in filters.items()
        )

    def _forecast_runs(self, companies):
        return self.env["crm.rfm.forecast.run"].search(
            [("company_id", "in", companies.ids)]
        )

    def _forecast_options(self, companies):
        """Return ``{field: [{"id", "name"}]}``, of the rows that the reader may see."""
        nothing = {
            "team_id": self.env._("No sales team"),
            "user_id": self.env._("No salesperson"),
            "segment_id": self.env._("No segment"),
        }
        domain = Domain("company_id", "in", companies.ids)
        result = {}
        for name in FILTERS:
            records = [group for (group,) in self._read_group(domain, [name])]
            result[name] = [
                {"id": record.id, "name": record.sudo().display_name or nothing[name]}
                for record in sorted(
                    records, key=lambda record: (not record, record.sudo().display_name)
                )
            ]
        return result

    def _forecast_opens(self):
        """Return the figures whose documents the reader may open."""
        models_ = {
            "model": "crm.customer",
            "orders": "sale.order",
            "pipeline": "crm.lead",
            "prospects": "crm.lead",
            "invoiced": "account.move",
            "last_year": "account.move",
            "expected": self._name,
        }
        return [
            part
            for part, model in models_.items()
            if self.env[model].has_access("read")
        ]

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _forecast_months(self, domain, as_of):
        names = self._value_columns()
        found = {
            month: amounts
            for month, *amounts in self._read_group(
                domain, ["date:month"], [f"{name}:sum" for name in names]
            )
        }
        months = []
        for place, month in enumerate(month_starts(as_of)):
            amounts = found.get(month) or [0] * len(names)
            row = dict(zip(names, amounts, strict=True))
            further = (
                row["expected"] - row["orders"] - row["pipeline"] - row["prospects"]
            )
            months.append(
                {
                    "date": fields.Date.to_string(month),
                    "label": self._month_label(month),
                    "partial": not place,
                    **row,
                    "further": max(0, further),
                }
            )
        return months

    def _forecast_test(self, ago, runs, domain, currency):
        """Return what a back-test found, see `get_forecast`."""
        as_of = max(runs.mapped("as_of"))
        starts = month_starts(as_of, -ago)
        found = {
            month: amounts
            for month, *amounts in self.env["crm.rfm.forecast.backtest"]._read_group(
                domain & Domain("months_ago", "=", ago),
                ["date:month"],
                ["predicted:sum", "actual:sum", "new_actual:sum"],
            )
        }
        without = runs.filtered(f"reason_{ago}")
        if without == runs:
            reason = self._reason_words(runs[0][f"reason_{ago}"])
            sentence = (
                self.env._("Six months ago there was no usable fit: %s.", reason)
                if ago == 6
                else self.env._(
                    "Twelve months ago there was no usable fit: %s.", reason
                )
            )
            return {
                "months_ago": ago,
                "sentence": sentence,
                "notes": [],
                "months": [],
                "total": False,
            }
        rows = [found.get(month) or [0, 0, 0] for month in starts]
        predicted, actual, new = map(list, zip(*rows, strict=True))
        total, monthly = errors(predicted, actual)
        return {
            "months_ago": ago,
            "sentence": self._test_sentence(
                ago, starts, sum(predicted), sum(actual), currency
            ),
            "notes": self._test_notes(ago, without, monthly, sum(new), currency),
            "months": [
                {
                    "label": self._month_label(month),
                    "predicted": row[0],
                    "actual": row[1],
                }
                for month, row in zip(starts, rows, strict=True)
            ],
            "total": {
                "predicted": sum(predicted),
                "actual": sum(actual),
                "error": total,
                "monthly_error": monthly,
            },
        }

    # ------------------------------------------------------------------
    # Compute now
    # ------------------------------------------------------------------

    def _can_compute(self):
        return self.env.user.has_group("sales_team.group_sale_manager")

    def _compute_at_once(self):
        """Return for how many customers the reader waits; more are left to the cron."""
        return 20_000

    @api.model
    def action_compute(self):
        """Make the forecast of the active companies anew, at once or, of many, soon.

        :return: what the reader is told; empty when it is done
        """
        if not self._can_compute():
            raise AccessError(
                self.env._("Only a sales manager can have the forecast made anew.")
            )
        companies = self.env.companies.sudo()
        most = self._compute_at_once()
        count = (
            self.env["crm.customer"]
            .sudo()
            .search_count([("company_id", "in", companies.ids)], limit=most + 1)
        )
        if count <= most:
            self.env["crm.rfm.forecast.run"]._compute_companies(companies)
            return ""
        self.env.ref("crm_rfm.ir_cron_forecast").sudo()._trigger()
        return self.env._("The forecast is being made. Come back in a few minutes.")
