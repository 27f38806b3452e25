from odoo import api, fields, models
from odoo.tools import format_date, formatLang

from ..tools import likelihood
from ..tools.gamma_gamma import GammaGamma
from .crm_rfm_fit_run import HOLDOUT_MONTHS, PARAMETERS


class CrmRfmFit(models.Model):
    """The models in words that need no statistics."""

    _inherit = "crm.rfm.fit"

    available = fields.Boolean(
        compute="_compute_available",
        help="Whether the server has what predictions need (the Python package scipy).",
    )
    base_text = fields.Char(
        string="Based On",
        compute="_compute_texts",
        help="Whose purchases the models were fitted to.",
    )
    rate_text = fields.Char(
        string="Purchases",
        compute="_compute_texts",
        help="What the model says of the average customer's purchases.",
    )
    amount_text = fields.Char(
        string="Amounts",
        compute="_compute_texts",
        help="What the model says of the average customer's amounts.",
    )
    calibration_text = fields.Char(
        string="How Good Is It?",
        compute="_compute_texts",
        help="What the model would have said some months ago, against what happened.",
    )

    @api.depends("company_id")
    def _compute_available(self):
        self.available = likelihood.available()

    @api.depends(
        *(
            "date",
            "reason",
            "customer_count",
            "repeat_count",
            "usable",
            "amount_usable",
        ),
        *PARAMETERS,
        *("holdout_date", "holdout_reason", "holdout_predicted"),
        *("holdout_actual", "holdout_error"),
    )
    @api.depends_context("lang")
    def _compute_texts(self):
        for fit in self:
            known = fit.date and fit.reason != "no_scipy"
            fit.base_text = known and self.env._(
                "%(customers)s customers, each since the first purchase; "
                "%(repeat)s of them bought again",
                customers=fit._number(fit.customer_count),
                repeat=fit._number(fit.repeat_count),
            )
            fit.rate_text = fit.usable and self.env._(
                "While active, the average customer buys every %(days)s days; "
                "after a purchase %(share)s leave for good",
                days=fit._number(fit.alpha / fit.r),
                share=fit._percent(fit.a / (fit.a + fit.b)),
            )
            fit.amount_text = fit.amount_usable and self.env._(
                "A purchase day of the average customer brings %s",
                formatLang(
                    self.env,
                    GammaGamma(fit.p, fit.q, fit.v).mean,
                    currency_obj=fit.currency_id,
                ),
            )
            fit.calibration_text = known and fit._calibration_text()

    @api.model
    def action_open(self):
        """Open the only model that the user may see, or the list of them."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_rfm.crm_rfm_fit_action"
        )
        fit = self.search([], limit=2)
        if len(fit) == 1:
            action.update(views=[(False, "form")], view_mode="form", res_id=fit.id)
        return action

    def action_open_customers(self):
        """Open the customers predicted by this model."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Predicted Customers"),
            "res_model": "crm.customer",
            "views": [
                (
                    self.env.ref("crm_rfm.crm_customer_view_list_predicted").id,
                    "list",
                ),
                (False, "form"),
            ],
            "domain": [("rfm_fit_id", "=", self.id)],
        }

    def _calibration_text(self):
        """Return how the model of some months ago did, as a sentence."""
        self.ensure_one()
        day = format_date(self.env, self.holdout_date)
        if self.holdout_reason:
            reasons = dict(
                self._fields["holdout_reason"]._description_selection(self.env)
            )
            return self.env._(
                "Not known yet: on %(day)s there was no usable fit (%(reason)s)",
                day=day,
                reason=reasons[self.holdout_reason],
            )
        figures = {
            "months": HOLDOUT_MONTHS,
            "day": day,
            "predicted": self._number(self.holdout_predicted),
            "actual": self._number(self.holdout_actual),
        }
        if not self.holdout_actual:
            return self.env._(
                "On %(day)s the model would have said %(predicted)s purchases for the "
                "next %(months)s months; there were none",
                **figures,
            )
        return self.env._(
            "On %(day)s the model would have said %(predicted)s purchases for the next "
            "%(months)s months; there were %(actual)s (%(error)s)",
            error=self._percent(self.holdout_error, sign=True),
            **figures,
        )

    def _number(self, value):
        return formatLang(self.env, value, digits=0)

    def _percent(self, share, sign=False):
        text = formatLang(self.env, 100 * abs(share), digits=0)
        if sign:
            text = f"{'−' if share < 0 else '+'}{text}"
        return self.env._("%s %%", text)
