from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of the customer figures; they are the root company's."""

    _inherit = "res.config.settings"

    customer_window_months = fields.Integer(
        related="company_id.customer_window_months", readonly=False
    )
    customer_pareto_measure = fields.Selection(
        related="company_id.customer_pareto_measure", readonly=False, required=True
    )
    customer_pareto_a = fields.Float(
        related="company_id.customer_pareto_a", readonly=False
    )
    customer_pareto_b = fields.Float(
        related="company_id.customer_pareto_b", readonly=False
    )
    customer_order_cost = fields.Monetary(
        related="company_id.customer_order_cost", readonly=False
    )
    customer_credit_note_cost = fields.Monetary(
        related="company_id.customer_credit_note_cost", readonly=False
    )
    customer_meeting_hour_cost = fields.Monetary(
        related="company_id.customer_meeting_hour_cost", readonly=False
    )
    customer_activity_cost = fields.Monetary(
        related="company_id.customer_activity_cost", readonly=False
    )
    customer_capital_rate = fields.Float(
        related="company_id.customer_capital_rate", readonly=False
    )
    customer_overdue_share = fields.Float(
        related="company_id.customer_overdue_share", readonly=False
    )
    customer_late_watch_days = fields.Integer(
        related="company_id.customer_late_watch_days", readonly=False
    )
    customer_late_risk_days = fields.Integer(
        related="company_id.customer_late_risk_days", readonly=False
    )
    customer_credit_watch_share = fields.Float(
        related="company_id.customer_credit_watch_share", readonly=False
    )
    customer_payment_delay_days = fields.Float(
        related="company_id.customer_payment_delay_days", readonly=False
    )
    customer_margin_target = fields.Float(
        related="company_id.customer_margin_target", readonly=False
    )
    customer_slowing_lateness = fields.Float(
        related="company_id.customer_slowing_lateness", readonly=False
    )
    customer_lost_lateness = fields.Float(
        related="company_id.customer_lost_lateness", readonly=False
    )
    customer_new_days = fields.Integer(
        related="company_id.customer_new_days", readonly=False
    )
    customer_small_share = fields.Float(
        related="company_id.customer_small_share", readonly=False
    )
    customer_alert = fields.Boolean(related="company_id.customer_alert", readonly=False)
    customer_alert_limit = fields.Integer(
        related="company_id.customer_alert_limit", readonly=False
    )
    customer_refreshed_at = fields.Datetime(related="company_id.customer_refreshed_at")
