from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Fields of a tier that say what its members get.
BENEFITS = {"pricelist_id", "payment_term_id", "coupon_program_id"}


class LoyaltyTier(models.Model):
    """What members of a tier get."""

    _inherit = "loyalty.tier"
    _check_company_auto = True

    point_factor = fields.Float(
        string="Points Multiplied by",
        digits=(16, 2),
        default=1.0,
        required=True,
        help="Points that members of this tier earn with an order are multiplied by "
        "this; 1 is neutral.",
    )
    pricelist_id = fields.Many2one(
        comodel_name="product.pricelist",
        check_company=True,
        ondelete="restrict",
        help="Becomes the pricelist of members of this tier, and is taken back with "
        "the tier. One that was set by hand stays.",
    )
    payment_term_id = fields.Many2one(
        comodel_name="account.payment.term",
        check_company=True,
        ondelete="restrict",
        help="Become the payment terms of members of this tier, and are taken back "
        "with the tier. Those that were set by hand stay.",
    )
    coupon_program_id = fields.Many2one(
        comodel_name="loyalty.program",
        string="Welcome Coupon",
        check_company=True,
        domain="[('program_type', '=', 'coupons')]",
        ondelete="restrict",
        help="A coupon of this program for who joins or earns the tier from now on, "
        "once per customer; sent by mail when the program has a mail for it.",
    )
    coupon_since = fields.Date(
        readonly=True, help="Who reached the tier before this day gets no coupon."
    )
    coupon_count = fields.Integer(
        compute="_compute_coupon_count", help="Welcome coupons given so far."
    )
    card_ids = fields.One2many(
        comodel_name="loyalty.card", inverse_name="tier_id", string="Welcome Coupons"
    )

    _point_factor_positive = models.Constraint(
        "CHECK (point_factor > 0)", "Points must be multiplied by more than 0."
    )

    @api.depends("card_ids")
    def _compute_coupon_count(self):
        # Accountants see how many there are, but not the cards and their codes.
        cards = self.env["loyalty.card"].sudo()
        counts = dict(
            cards._read_group([("tier_id", "in", self.ids)], ["tier_id"], ["__count"])
        )
        for tier in self:
            tier.coupon_count = counts.get(tier, 0)

    @api.constrains("coupon_program_id")
    def _check_coupon_program(self):
        for tier in self:
            program = tier.coupon_program_id
            if program and program.program_type != "coupons":
                raise ValidationError(
                    self.env._(
                        "%s is no program of coupons: choose one for the welcome.",
                        program.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers._date_coupons()
        return tiers

    def write(self, vals):
        result = super().write(vals)
        if "coupon_program_id" in vals and "coupon_since" not in vals:
            self._date_coupons()
        if not BENEFITS.isdisjoint(vals):
            self.env["loyalty.tier.benefit"]._trigger_cron()
        return result

    def _date_coupons(self):
        for tier in self.filtered("coupon_program_id"):
            company = tier.company_id or self.env.company
            tier.coupon_since = company.sudo()._customer_today()

    def action_open_coupons(self):
        """Open the welcome coupons of this tier."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Welcome Coupons: %s", self.name),
            "res_model": "loyalty.card",
            "view_mode": "list,form",
            "domain": [("tier_id", "=", self.id)],
            "context": {"active_test": False, "create": False},
        }

    def _pricelist_discount(self):
        """Return the discount that the pricelist gives on everything, 0 to 1.

        Only its rules in percent for all products and any quantity are counted, those
        that hold today, and the best of them.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        shares = [0.0]
        for item in self.sudo().pricelist_id.item_ids:
            if (
                item.applied_on != "3_global"
                or item.min_quantity > 1
                or (item.date_start or now) > now
                or (item.date_end or now) < now
            ):
                continue
            if item.compute_price == "percentage":
                shares.append(item.percent_price / 100)
            elif item.compute_price == "formula" and item.base == "list_price":
                shares.append(item.price_discount / 100)
        return max(shares)
