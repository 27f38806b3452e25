from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    effort_own_limits = fields.Boolean(
        related="company_id.effort_own_limits", readonly=False
    )
    effort_value_limit = fields.Monetary(
        related="company_id.effort_value_limit", readonly=False
    )
    effort_cost_limit = fields.Monetary(
        related="company_id.effort_cost_limit", readonly=False
    )
