from odoo import api, fields, models

# What a card says about membership.
MEMBERSHIP = {"active", "partner_id", "program_id"}


class LoyaltyCard(models.Model):
    """A card makes its owner a member: so the customer is looked at anew."""

    _inherit = "loyalty.card"

    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        string="Welcome to",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The tier for which the customer was given this coupon.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        cards = super().create(vals_list)
        cards._enqueue_members()
        return cards

    def write(self, vals):
        relevant = not MEMBERSHIP.isdisjoint(vals)
        if relevant:
            # Also for the customer that the card is taken from.
            self._enqueue_members()
        result = super().write(vals)
        if relevant:
            self._enqueue_members()
        return result

    def unlink(self):
        self._enqueue_members()
        return super().unlink()

    def _enqueue_members(self):
        owners = self.sudo().filtered("program_id.tier_ids").partner_id
        self.env["crm.customer.queue"]._enqueue(owners)
