from odoo import models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..tools.forecast import errors
from .crm_rfm_forecast_query import CYCLE_DAYS


class CrmRfmForecast(models.Model):
    """What the screen of the forecast says in words."""

    _inherit = "crm.rfm.forecast"

    def _month_label(self, month):
        return format_date(self.env, month, date_format="MMM yyyy")

    def _money(self, amount, currency):
        return formatLang(
            self.env,
            amount,
            currency_obj=currency,
            rounding_unit="units" if abs(amount) >= 100 else "decimals",
        )

    def _test_sentence(self, ago, months, predicted, actual, currency):
        _ = self.env._
        words = {
            "predicted": self._money(predicted, currency),
            "actual": self._money(actual, currency),
            "first": self._month_label(months[0]),
            "last": self._month_label(months[-1]),
        }
        if ago == 6:
            said = _(
                "Six months ago this forecast would have said %(predicted)s for "
                "%(first)s to %(last)s; it became %(actual)s",
                **words,
            )
        else:
            said = _(
                "Twelve months ago this forecast would have said %(predicted)s for "
                "%(first)s to %(last)s; it became %(actual)s",
                **words,
            )
        error, _monthly = errors([predicted], [actual])
        if error is None:
            return _("%s.", said)
        share = self._share(abs(error))
        if not round(error, 3):
            return _("%s: right.", said)
        if error > 0:
            return _("%(said)s: %(share)s too high.", said=said, share=share)
        return _("%(said)s: %(share)s too low.", said=said, share=share)

    def _share(self, share):
        digits = 1 if share < 0.1 else 0
        return self.env._("%s %%", formatLang(self.env, share * 100, digits=digits))

    def _test_notes(self, ago, without, monthly, new, currency):
        _ = self.env._
        notes = []
        if monthly is not None:
            notes.append(
                _("A single month was off by %s on average.", self._share(monthly))
            )
        if new > 0:
            notes.append(
                _(
                    "Customers who bought for the first time since then brought "
                    "another %s, which a model of customers cannot know.",
                    self._money(new, currency),
                )
            )
        for run in without:
            notes.append(
                _(
                    "Without %(company)s, where there was no usable fit: %(reason)s.",
                    company=run.company_id.name,
                    reason=self._reason_words(run[f"reason_{ago}"]),
                )
            )
        return notes

    def _reason_words(self, code):
        """Return in words why there is no model; they follow a colon."""
        words = dict(
            self.env["crm.rfm.fit"]._fields["reason"]._description_selection(self.env)
        )
        text = words.get(code, code)
        return text[0].lower() + text[1:].rstrip(".")

    def _forecast_empty(self):
        if self._can_compute():
            return self.env._(
                "There is no forecast yet. It is made every week; press Compute now "
                "to have it at once."
            )
        return self.env._(
            "There is no forecast yet. It is made every week; a sales manager can make "
            "it at once."
        )

    def _forecast_notes(self, runs, companies):
        """Return what the reader must know of these figures."""
        _ = self.env._
        notes = []
        several = len(runs) > 1
        for run in runs.filtered("reason"):
            words = {
                "company": run.company_id.name,
                "reason": self._reason_words(run.reason),
            }
            notes.append(
                _(
                    "%(company)s: there is no usable fit of the model (%(reason)s). "
                    "Only open orders and pipeline are forecast.",
                    **words,
                )
                if several
                else _(
                    "There is no usable fit of the model (%(reason)s). Only open "
                    "orders and pipeline are forecast.",
                    **words,
                )
            )
        for company in companies - runs.company_id:
            notes.append(_("%s has no forecast yet.", company.name))
        if len(set(runs.mapped("as_of"))) > 1:
            notes.append(_("The companies' forecasts are of different days."))
        if len(self.env.companies.currency_id) > 1:
            notes.append(
                _(
                    "Your companies have different currencies: amounts are never added "
                    "up, one company is shown at a time."
                )
            )
        domain = [("company_id", "in", companies.ids)]
        if self.search_count(domain) < self.sudo().search_count(domain):
            notes.append(
                _(
                    "Only the customers that you may see are counted, not all of the "
                    "company."
                )
            )
        return notes

    def _forecast_rules(self, runs):
        """Return how it is counted, a sentence a rule."""
        _ = self.env._
        rules = [
            _(
                "Expected: of each customer and month the larger of the model and of "
                "open orders with weighted pipeline, never both; plus the weighted "
                "pipeline of prospects. So the columns do not add up."
            ),
            _(
                "The running month is what is left of it; what is invoiced in it "
                "already stands beside it. Last year's is the whole month."
            ),
            _(
                "The model knows how often and for how much each customer buys, but no "
                "seasons: look at last year's months beside it."
            ),
            _("Orders count in the month of delivery, late ones in the running month."),
            _(
                "Opportunities count in the month of their expected closing; without "
                "one, %s days after they were created; past ones in the next month.",
                max(runs.mapped("cycle_days")) or CYCLE_DAYS,
            ),
            _(
                "Salesperson, sales team and segment are those of the customer today, "
                "last year's months included."
            ),
        ]
        orders = sum(runs.mapped("stale_order_count"))
        leads = sum(runs.mapped("stale_lead_count"))
        if orders or leads:
            rules.append(
                _(
                    "Left out, since they are late by more than a year: %(orders)s "
                    "orders, %(leads)s opportunities. Close or date them anew.",
                    orders=orders,
                    leads=leads,
                )
            )
        return rules
