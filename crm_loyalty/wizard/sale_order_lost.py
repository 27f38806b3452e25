from odoo import fields, models


class SaleOrderLost(models.TransientModel):
    """Ask why a quotation was lost, after it was cancelled."""

    _name = "sale.order.lost"
    _description = "Why a Quotation Was Lost"

    order_id = fields.Many2one(comodel_name="sale.order", required=True, readonly=True)
    lost_reason_id = fields.Many2one(
        comodel_name="crm.lost.reason",
        help="Reasons marked as a competitor's count as evidence in the customer's "
        "behaviour.",
    )

    def action_save(self):
        """Keep the reason on the order."""
        self.ensure_one()
        self.order_id.lost_reason_id = self.lost_reason_id
        return {"type": "ir.actions.act_window_close"}


class SaleMassCancelOrders(models.TransientModel):
    _inherit = "sale.mass.cancel.orders"

    lost_reason_id = fields.Many2one(
        comodel_name="crm.lost.reason",
        string="Why? (optional)",
        help="Kept on all quotations that are cancelled now; confirmed orders among "
        "them get none.",
    )

    def action_mass_cancel(self):
        quotations = self.sale_order_ids.filtered(
            lambda order: order.state in ("draft", "sent")
        )
        result = super().action_mass_cancel()
        if self.lost_reason_id:
            quotations.filtered(
                lambda order: order.state == "cancel"
            ).lost_reason_id = self.lost_reason_id
        return result
