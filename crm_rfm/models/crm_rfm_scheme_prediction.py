from odoo import api, fields, models

from ..tools import likelihood

# Settings after which the predictions are not those of the scheme any more.
PREDICTION_SETTINGS = (
    "active",
    "exclude_domain",
    "prediction_discount",
    "prediction_months",
    "source",
)


class CrmRfmScheme(models.Model):
    """Settings of the predictions."""

    _inherit = "crm.rfm.scheme"

    prediction_discount = fields.Float(
        string="Discount per Month, %",
        digits=(16, 4),
        default=1.0,
        required=True,
        help="By how much less a margin is worth for every month that it comes later: "
        "1 % a month is about 12.7 % a year.",
    )
    prediction_months = fields.Integer(
        string="Customer Value over, Months",
        default=36,
        required=True,
        help="Margin of so many coming months makes the customer value.",
    )
    prediction_available = fields.Boolean(
        compute="_compute_prediction_available",
        help="Whether the server has what predictions need (the Python package scipy).",
    )

    _prediction_discount_range = models.Constraint(
        "CHECK (prediction_discount >= 0 AND prediction_discount <= 50)",
        "The discount per month must be between 0 and 50 percent.",
    )
    _prediction_months_range = models.Constraint(
        "CHECK (prediction_months BETWEEN 1 AND 120)",
        "Customer value is counted over 1 to 120 months.",
    )

    @api.depends("company_id")
    def _compute_prediction_available(self):
        self.prediction_available = likelihood.available()

    @api.model_create_multi
    def create(self, vals_list):
        schemes = super().create(vals_list)
        schemes._predict_soon()
        return schemes

    def write(self, vals):
        before = [[scheme[name] for name in PREDICTION_SETTINGS] for scheme in self]
        result = super().write(vals)
        if before != [
            [scheme[name] for name in PREDICTION_SETTINGS] for scheme in self
        ]:
            self._predict_soon()
        return result

    def unlink(self):
        result = super().unlink()
        self._predict_soon()
        return result

    def _predict_soon(self):
        """Have all customers predicted anew by the settings as they are now."""
        cron = self.env.ref("crm_rfm.ir_cron_fit", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def action_fit(self):
        """Fit the models of the companies of these schemes now."""
        return self.env["crm.rfm.fit"]._action_fit(self)
