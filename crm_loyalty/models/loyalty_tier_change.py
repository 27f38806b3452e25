from odoo import api, fields, models


class LoyaltyTierChange(models.Model):
    """A customer's change of tier, with the figures of that day; never altered."""

    _name = "loyalty.tier.change"
    _description = "Change of Loyalty Tier"
    _rec_name = "partner_id"
    _order = "date desc, id desc"
    _log_access = False

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    program_id = fields.Many2one(
        comodel_name="loyalty.program", readonly=True, ondelete="restrict"
    )
    date = fields.Date(
        required=True, readonly=True, help="Day of the change, in the company's time."
    )
    from_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        ondelete="restrict",
        help="Tier before; empty: was no member.",
    )
    to_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        ondelete="restrict",
        help="Tier after; empty: is no member any more.",
    )
    cause = fields.Selection(
        selection=[
            ("join", "Joined"),
            ("upgrade", "Earned"),
            ("renewal", "Kept"),
            ("downgrade", "Not kept"),
            ("manual", "Given by hand"),
            ("manual_end", "End of a tier given by hand"),
            ("leave", "Left the program"),
        ],
        required=True,
        readonly=True,
        help="What the rules said, or that somebody gave the tier by hand.",
    )
    manual_id = fields.Many2one(
        comodel_name="loyalty.tier.manual",
        string="Given by Hand",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The tier given by hand that began or ended then: its author and reason.",
    )
    user_id = fields.Many2one(
        related="partner_id.user_id",
        string="Salesperson",
        help="The customer's salesperson today.",
    )
    measure = fields.Float(
        string="Counted",
        digits=(16, 2),
        readonly=True,
        help="What the customer had brought in the window on that day, in the unit of "
        "the program's measure.",
    )
    measure_ended = fields.Float(
        string="Measure of the Period",
        digits=(16, 2),
        readonly=True,
        help="What the customer had brought since the beginning of the period that "
        "ended; it decides whether a tier is kept.",
    )
    needed = fields.Float(
        digits=(16, 2),
        readonly=True,
        help="What the tier by the rules asked for on that day; of a tier that was not "
        "kept, what that one asked for.",
    )
    until = fields.Date(
        string="Kept Until",
        readonly=True,
        help="Last day for which the tier was given then.",
    )

    _date_idx = models.Index("(date, company_id)")

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for change in self:
            change.display_name = f"{change.partner_id.display_name}, {change.date}"
