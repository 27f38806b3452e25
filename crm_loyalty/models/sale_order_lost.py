from odoo import api, fields, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    """Why a quotation was lost: asked when it is cancelled, never demanded."""

    _inherit = "sale.order"

    lost_reason_id = fields.Many2one(
        comodel_name="crm.lost.reason",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        tracking=True,
        groups="base.group_user",
        help="Why the quotation was cancelled; may be left empty.",
    )
    lost_date = fields.Datetime(
        string="Lost On",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the quotation was cancelled.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._note_lost("date_order")
        return orders

    def write(self, vals):
        """A quotation that lives again was not lost."""
        if "state" in vals and vals["state"] != "cancel":
            vals = {**vals, "lost_reason_id": False, "lost_date": False}
        if vals.get("state") == "cancel" or vals.get("lost_reason_id"):
            # A reason found later does not make an old loss one of today.
            self._note_lost("write_date")
        result = super().write(vals)
        if vals.get("state") == "cancel":
            self._note_lost()
        return result

    def _note_lost(self, known_by=None):
        """Keep when orders were cancelled, of those that do not say it yet.

        :param known_by: field with the day that is known best; now, when None
        """
        for order in self:
            if order.state == "cancel" and not order.lost_date:
                order.lost_date = known_by and order[known_by] or fields.Datetime.now()

    @api.model
    def _note_lost_before(self):
        """Orders cancelled before the installation: not after their last change.

        By SQL, since this is no change of theirs.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET lost_date = write_date"
                " WHERE state = 'cancel' AND lost_date IS NULL"
            )
        )
        self.invalidate_model(["lost_date"], flush=False)

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
