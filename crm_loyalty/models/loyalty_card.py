from odoo import fields, models

from .loyalty_lot import POINTS


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    lot_ids = fields.One2many(
        comodel_name="loyalty.lot",
        inverse_name="card_id",
        string="Lots",
        readonly=True,
        groups="base.group_user",
    )
    debt = fields.Float(
        string="Points Owed",
        digits=POINTS,
        readonly=True,
        copy=False,
        help="Points that were spent before the goods came back: what is earned next "
        "repays them.",
    )
