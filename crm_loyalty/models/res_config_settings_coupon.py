from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    loyalty_winback_program_id = fields.Many2one(
        related="company_id.loyalty_winback_program_id", readonly=False
    )
    loyalty_winback_auto = fields.Boolean(
        related="company_id.loyalty_winback_auto", readonly=False
    )
    loyalty_anniversary_program_id = fields.Many2one(
        related="company_id.loyalty_anniversary_program_id", readonly=False
    )
    loyalty_anniversary_auto = fields.Boolean(
        related="company_id.loyalty_anniversary_auto", readonly=False
    )
    loyalty_birthday_program_id = fields.Many2one(
        related="company_id.loyalty_birthday_program_id", readonly=False
    )
    loyalty_birthday_auto = fields.Boolean(
        related="company_id.loyalty_birthday_auto", readonly=False
    )
    loyalty_coupon_cap = fields.Integer(
        related="company_id.loyalty_coupon_cap", readonly=False
    )
    loyalty_coupon_minimum = fields.Monetary(
        related="company_id.loyalty_coupon_minimum", readonly=False
    )
    loyalty_coupon_days = fields.Integer(
        related="company_id.loyalty_coupon_days", readonly=False
    )
