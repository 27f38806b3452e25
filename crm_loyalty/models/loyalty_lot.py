from odoo import api, fields, models
from odoo.tools import format_date

# Points are kept to the hundredth, as cards show them.
POINTS = (16, 2)


class LoyaltyLot(models.Model):
    """Points that one document brought to a loyalty card, and what is left of them.

    Σ `remaining` of the lots of a card = its points. Lots are written by what changes
    the points of a card (see `loyalty.card`), never by hand; every change of one is a
    `loyalty.lot.move`.
    """

    _name = "loyalty.lot"
    _description = "Lot of Loyalty Points"
    _rec_name = "name"
    _order = "date desc, id desc"

    name = fields.Char(
        string="Document", readonly=True, help="What brought the points."
    )
    card_id = fields.Many2one(
        comodel_name="loyalty.card",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Empty: the card was deleted; what was owed before is known all the same.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        help="The commercial entity of whoever holds the card.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The company that owes the points: that of the program, else that of the "
        "document.",
    )
    program_id = fields.Many2one(
        comodel_name="loyalty.program",
        compute="_compute_program_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    date = fields.Date(required=True, readonly=True, help="Day of the document.")
    origin = fields.Selection(
        selection=[
            ("order", "Order"),
            ("pos", "Point of Sale"),
            ("manual", "By hand"),
            ("opening", "Opening balance"),
        ],
        required=True,
        readonly=True,
        default="manual",
    )
    order_id = fields.Many2one(
        comodel_name="sale.order",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    order_amount = fields.Monetary(
        currency_field="order_currency_id",
        readonly=True,
        help="Untaxed amount of what the order sold when it earned the points, rewards "
        "apart.",
    )
    order_currency_id = fields.Many2one(related="order_id.currency_id")
    pos_order_ref = fields.Integer(
        string="Point of Sale Order",
        readonly=True,
        index="btree_not_null",
        help="Id of the sale in Point of Sale that brought the points.",
    )
    earned = fields.Float(
        digits=POINTS, readonly=True, help="Points that the document brought."
    )
    used = fields.Float(
        digits=POINTS, readonly=True, help="Points of it that rewards took."
    )
    expired = fields.Float(
        digits=POINTS, readonly=True, help="Points of it that expired unused."
    )
    taken_back = fields.Float(
        digits=POINTS,
        readonly=True,
        help="Points taken back of what the document brought, because goods came back "
        "or it was cancelled: out of this lot, out of others, or owed.",
    )
    remaining = fields.Float(
        digits=POINTS, readonly=True, help="Points that can still be used."
    )
    closed = fields.Boolean(
        string="Cancelled",
        readonly=True,
        help="The order was cancelled: credit notes no longer change what it earned.",
    )
    date_expiry = fields.Date(
        string="Usable Until",
        readonly=True,
        help="Last day on which the points can be used; empty: they do not expire.",
    )
    move_ids = fields.One2many(
        comodel_name="loyalty.lot.move",
        inverse_name="lot_id",
        string="Movements",
        readonly=True,
    )

    _remaining_positive = models.Constraint(
        "CHECK (remaining >= 0)", "A lot cannot have less than no points."
    )
    _open_idx = models.Index("(card_id, date_expiry) WHERE remaining > 0")
    _expiry_idx = models.Index(
        "(date_expiry) WHERE remaining > 0 AND date_expiry IS NOT NULL"
    )

    @api.depends("card_id.partner_id.commercial_partner_id")
    def _compute_partner_id(self):
        for lot in self:
            holder = lot.card_id.partner_id if lot.card_id else lot.partner_id
            lot.partner_id = holder.commercial_partner_id

    @api.depends("card_id.program_id")
    def _compute_program_id(self):
        for lot in self:
            lot.program_id = lot.card_id.program_id or lot.program_id

    @api.depends("name", "date")
    def _compute_display_name(self):
        for lot in self:
            day = format_date(self.env, lot.date)
            lot.display_name = f"{lot.name}, {day}" if lot.name else day
