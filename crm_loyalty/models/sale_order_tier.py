from odoo import api, fields, models
from odoo.tools import float_round, formatLang


class SaleOrder(models.Model):
    """Points of an order, multiplied by what the customer's tier gives."""

    _inherit = "sale.order"

    tier_points_note = fields.Char(
        string="Points of the Tier",
        compute="_compute_tier_points_note",
        help="By how much the customer's tier multiplies the points of this order.",
    )

    @api.depends("coupon_point_ids.points", "coupon_point_ids.tier_factor")
    @api.depends_context("lang")
    def _compute_tier_points_note(self):
        for order in self:
            notes = []
            for entry in order.coupon_point_ids.sudo():
                if entry.tier_id and entry.tier_factor != 1 and entry.points:
                    notes.append(
                        self.env._(
                            "%(tier)s: points × %(factor)s, that is %(more)s more",
                            tier=entry.tier_id.name,
                            factor=formatLang(self.env, entry.tier_factor, digits=2),
                            more=formatLang(self.env, entry.tier_bonus, digits=2),
                        )
                    )
            order.tier_points_note = "; ".join(notes)

    def _program_check_compute_points(self, programs):
        result = super()._program_check_compute_points(programs)
        for program, status in result.items():
            if not any(status.get("points") or ()):
                continue
            factor = self._point_tier(program)[1]
            if factor != 1:
                status["points"] = [
                    float_round(
                        points * factor, precision_digits=2, rounding_method="DOWN"
                    )
                    for points in status["points"]
                ]
        return result

    def _point_tier(self, program):
        """Return the tier that multiplies points of a program, and by how much.

        Once confirmed, an order keeps what it was confirmed with.
        """
        self.ensure_one()
        none = self.env["loyalty.tier"], 1.0
        if not program.sudo().tier_ids:
            return none
        if self.state == "sale":
            entry = self.coupon_point_ids.sudo().filtered(
                lambda entry: entry.coupon_id.program_id == program
            )[:1]
            if entry:
                return entry.tier_id, entry.tier_factor or 1.0
        tier = (
            self.env["crm.customer"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.partner_id.commercial_partner_id.id),
                    ("company_id", "child_of", self.company_id.root_id.id),
                    ("tier_id.program_id", "=", program.id),
                ],
                limit=1,
            )
            .tier_id
        )
        return (tier, tier.point_factor) if tier else none


class SaleOrderCouponPoints(models.Model):
    _inherit = "sale.order.coupon.points"

    tier_id = fields.Many2one(
        comodel_name="loyalty.tier", readonly=True, ondelete="set null"
    )
    tier_factor = fields.Float(
        digits=(16, 2),
        default=1.0,
        readonly=True,
        help="What the points of the order were multiplied by, for the tier.",
    )
    tier_bonus = fields.Float(
        compute="_compute_tier_bonus",
        help="Points that the order earns more than without the tier.",
    )

    @api.depends("points", "tier_factor")
    def _compute_tier_bonus(self):
        for entry in self:
            factor = entry.tier_factor or 1.0
            entry.tier_bonus = entry.points - entry.points / factor

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._note_tier()
        return entries

    def write(self, vals):
        result = super().write(vals)
        if "points" in vals:
            self._note_tier()
        return result

    def _note_tier(self):
        """Note the tier that the points were multiplied for."""
        for entry in self.filtered(lambda entry: entry.order_id.state != "sale"):
            tier, factor = entry.order_id._point_tier(entry.coupon_id.program_id)
            if (entry.tier_id, entry.tier_factor) != (tier, factor):
                entry.write({"tier_id": tier.id, "tier_factor": factor})
