from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The settings of the scheme in force that companies change most."""

    _inherit = "res.config.settings"

    rfm_scheme_id = fields.Many2one(related="company_id.rfm_scheme_id")
    rfm_source = fields.Selection(
        related="company_id.rfm_scheme_id.source", readonly=False
    )
    rfm_window_months = fields.Integer(
        related="company_id.rfm_scheme_id.window_months", readonly=False
    )
    rfm_segment_set_id = fields.Many2one(
        related="company_id.rfm_scheme_id.segment_set_id", readonly=False
    )
    rfm_bins = fields.Integer(related="company_id.rfm_scheme_id.bins")
