from odoo import api, fields, models


class SaleOrder(models.Model):
    """Why a quotation was lost: asked when it is cancelled, never demanded."""

    _inherit = "sale.order"

    lost_reason_id = fields.Many2one(
        comodel_name="crm.lost.reason",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        tracking=True,
        help="Why the quotation was cancelled; may be left empty.",
    )
    lost_date = fields.Datetime(
        string="Lost On",
        readonly=True,
        copy=False,
        help="When the quotation was cancelled.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders.filtered("lost_reason_id")._note_lost()
        return orders

    def write(self, vals):
        """A quotation that lives again was not lost."""
        if "state" in vals and vals["state"] != "cancel":
            vals = {**vals, "lost_reason_id": False, "lost_date": False}
        result = super().write(vals)
        if vals.get("state") == "cancel" or vals.get("lost_reason_id"):
            self._note_lost()
        return result

    def _note_lost(self):
        self.filtered(
            lambda order: order.state == "cancel" and not order.lost_date
        ).lost_date = fields.Datetime.now()

    def action_cancel(self):
        """Cancel; then ask why a quotation was lost, where a person pressed the button.

        The order is cancelled whatever is answered.
        """
        ask = self.env.context.get("ask_lost_reason") and len(self) == 1
        ask = ask and self.state in ("draft", "sent")
        result = super().action_cancel()
        if not ask or result is not True or self.state != "cancel":
            return result
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Quotation Cancelled"),
            "res_model": "sale.order.lost",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_order_id": self.id, "dialog_size": "medium"},
        }
