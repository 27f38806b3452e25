from odoo import api, fields, models

from .loyalty_lot import POINTS


class LoyaltyLotMove(models.Model):
    """A change of a lot of points, with its reason and document; never altered.

    Σ `points` up to a day = points that were there on that day; Σ `debt` = points that
    were owed. What a document brought, less what was taken back of it, is Σ of
    `points` − `debt` over the reasons *earned* and *taken back*.
    """

    _name = "loyalty.lot.move"
    _description = "Movement of Loyalty Points"
    _rec_name = "name"
    _order = "date desc, id desc"

    lot_id = fields.Many2one(
        comodel_name="loyalty.lot",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
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
        related="lot_id.company_id", store=True, precompute=True
    )
    program_id = fields.Many2one(
        comodel_name="loyalty.program",
        compute="_compute_program_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    date = fields.Date(required=True, readonly=True)
    reason = fields.Selection(
        selection=[
            ("earned", "Earned"),
            ("used", "Used"),
            ("expired", "Expired"),
            ("taken_back", "Taken back"),
            ("repaid", "Debt repaid"),
            ("manual", "By hand"),
            ("opening", "Opening balance"),
        ],
        required=True,
        readonly=True,
        help="A cancelled order or credit note shows the same reason with the opposite "
        "sign.",
    )
    returned_lot_id = fields.Many2one(
        comodel_name="loyalty.lot",
        string="Taken Back of",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Lot of the document whose points were taken back; when it had no more, "
        "they came out of another.",
    )
    points = fields.Float(
        digits=POINTS, readonly=True, help="Change of the points that can be used."
    )
    debt = fields.Float(
        string="Points Owed",
        digits=POINTS,
        readonly=True,
        help="Change of the points that are owed.",
    )
    name = fields.Char(string="Document", readonly=True)
    order_id = fields.Many2one(
        comodel_name="sale.order",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _liability_idx = models.Index("(company_id, date)")

    @api.depends("card_id.partner_id.commercial_partner_id")
    def _compute_partner_id(self):
        for move in self:
            holder = move.card_id.partner_id if move.card_id else move.partner_id
            move.partner_id = holder.commercial_partner_id

    @api.depends("card_id.program_id")
    def _compute_program_id(self):
        for move in self:
            move.program_id = move.card_id.program_id or move.program_id
