from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountMove(models.Model):
    """Invoices disputed, or promised to be paid, until a date.

    Until that date has passed they light nothing in the customer's verdict, visibly;
    overdue amounts and aging still show them.
    """

    _inherit = "account.move"

    collection_hold = fields.Selection(
        selection=[("promise", "Promise to pay"), ("dispute", "Disputed")],
        copy=False,
        tracking=True,
        help="Why the invoice does not count as late in the customer's verdict for the "
        "time being.",
    )
    collection_hold_until = fields.Date(
        string="Hold Until",
        copy=False,
        tracking=True,
        help="Up to and including this day the invoice lights nothing in the "
        "customer's verdict.",
    )
    collection_hold_note = fields.Char(
        string="Hold Note",
        copy=False,
        help="What was promised, by whom, or what is disputed.",
    )

    @api.constrains("collection_hold", "collection_hold_until")
    def _check_collection_hold(self):
        for move in self:
            if move.collection_hold and not move.collection_hold_until:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s: say until when it is disputed or promised.",
                        invoice=move.display_name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if "collection_hold" in vals or "collection_hold_until" in vals:
            self._enqueue_customers()
        return result
