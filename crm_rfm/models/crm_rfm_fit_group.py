from odoo import api, fields, models

from ..tools.calibration import LAST_GROUP


class CrmRfmFitGroup(models.Model):
    """Purchases predicted and made by the customers who had bought equally often."""

    _name = "crm.rfm.fit.group"
    _description = "Prediction against Actual"
    _order = "fit_id, repeat_count"
    _log_access = False

    fit_id = fields.Many2one(
        comodel_name="crm.rfm.fit",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    repeat_count = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Purchase days after the first, up to the day of comparison.",
    )
    label = fields.Char(
        string="Bought Before",
        compute="_compute_label",
        help="On how many days the customers had bought up to the day of comparison.",
    )
    customer_count = fields.Integer(
        string="Customers", readonly=True, help="Customers who had bought that often."
    )
    predicted = fields.Float(
        digits=(16, 1),
        readonly=True,
        help="Purchase days that the model would have predicted.",
    )
    actual = fields.Integer(
        readonly=True, help="Purchase days that there were afterwards."
    )

    @api.depends("repeat_count")
    @api.depends_context("lang")
    def _compute_label(self):
        for group in self:
            days = group.repeat_count + 1
            if group.repeat_count >= LAST_GROUP:
                group.label = self.env._("%s days or more", days)
            elif days > 1:
                group.label = self.env._("%s days", days)
            else:
                group.label = self.env._("one day")
