from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CrmCustomerHold(models.TransientModel):
    """Note for several invoices at once that they are disputed or promised."""

    _name = "crm.customer.hold"
    _description = "Promise or Dispute"

    move_ids = fields.Many2many(comodel_name="account.move", string="Invoices")
    hold = fields.Selection(
        selection=lambda self: (
            self.env["account.move"]
            ._fields["collection_hold"]
            ._description_selection(self.env)
        ),
        string="What",
        required=True,
        default="promise",
    )
    until = fields.Date(help="Last day on which the invoices do not count as late.")
    note = fields.Char(help="What was promised, by whom, or what is disputed.")

    @api.model
    def default_get(self, fields_list):
        """Take the open customer invoices among the records selected."""
        values = super().default_get(fields_list)
        records = self.env[self.env.context.get("active_model", "account.move")].browse(
            self.env.context.get("active_ids", [])
        )
        moves = records.move_id if records._name == "account.move.line" else records
        moves = moves.filtered(
            lambda move: (
                move.state == "posted"
                and move.is_sale_document(include_receipts=True)
                and move.amount_residual
            )
        )
        if not moves:
            raise UserError(
                self.env._(
                    "None of these is an open customer invoice: select invoices that "
                    "are posted and not paid."
                )
            )
        values["move_ids"] = [Command.set(moves.ids)]
        return values

    def action_hold(self):
        """Write it on the invoices; each notes it in its chatter."""
        self.ensure_one()
        if not self.until or self.until < fields.Date.context_today(self):
            raise UserError(self.env._("Choose the day until which it holds."))
        self.move_ids.write(
            {
                "collection_hold": self.hold,
                "collection_hold_until": self.until,
                "collection_hold_note": self.note,
            }
        )
        return {"type": "ir.actions.act_window_close"}

    def action_release(self):
        """Let the invoices count again."""
        self.move_ids.write(
            {
                "collection_hold": False,
                "collection_hold_until": False,
                "collection_hold_note": False,
            }
        )
        return {"type": "ir.actions.act_window_close"}
