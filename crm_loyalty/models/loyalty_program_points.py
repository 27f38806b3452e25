from odoo import api, fields, models
from odoo.tools import SQL


class LoyaltyProgram(models.Model):
    """How long points can be used, and what they are worth."""

    _inherit = "loyalty.program"

    tier_measure = fields.Selection(
        selection_add=[("points", "Points earned")],
        ondelete={"points": "set default"},
        help="Net spend: posted invoices less credit notes. Purchases: posted invoices "
        "and receipts. Points: what documents earned less what was taken back, whether "
        "spent or not; points given by hand do not count.",
    )
    points_expiry = fields.Selection(
        selection=[
            ("never", "Never"),
            ("days", "After days"),
            ("month", "At the end of a month"),
            ("year", "At the end of a year"),
        ],
        string="Points Expire",
        default="never",
        required=True,
        help="Points that are earned from now on; those that were earned keep their "
        "day. What expires first is used first.",
    )
    points_expiry_count = fields.Integer(
        string="Usable for",
        default=0,
        required=True,
        help="Days after the day on which points are earned; months or years after the "
        "month or year in which they are earned, 0: the same one.",
    )
    point_value_set = fields.Float(
        string="Value of a Point, Set",
        digits=(16, 6),
        help="Money that a point is worth, in the currency of the program; 0: found "
        "from the rewards.",
    )
    point_value = fields.Float(
        string="Value of a Point",
        digits=(16, 6),
        compute="_compute_point_value",
        help="Money per point: as set, else the best that a reward gives for a point "
        "(a discount of an amount, or a free product at its sales price). A discount "
        "in percent says nothing about it.",
    )

    point_value_ids = fields.One2many(
        comodel_name="loyalty.point.value",
        inverse_name="program_id",
        string="Values of a Point",
    )

    _points_expiry_range = models.Constraint(
        "CHECK (points_expiry_count BETWEEN 0 AND 3660"
        " AND (points_expiry <> 'days' OR points_expiry_count > 0)"
        " AND (points_expiry <> 'month' OR points_expiry_count <= 120)"
        " AND (points_expiry <> 'year' OR points_expiry_count <= 10))",
        "Points can be used for 1 to 3660 days, or for at most 120 months or 10 years "
        "more.",
    )
    _point_value_positive = models.Constraint(
        "CHECK (point_value_set >= 0)", "A point cannot be worth less than nothing."
    )

    @api.depends(
        "active",
        "point_value_set",
        "reward_ids.active",
        "reward_ids.reward_type",
        "reward_ids.discount",
        "reward_ids.discount_mode",
        "reward_ids.required_points",
        "reward_ids.reward_product_id",
        "reward_ids.reward_product_qty",
    )
    def _compute_point_value(self):
        for program in self:
            # An archived program has archived rewards, and points that are owed.
            rewards = program.sudo().with_context(active_test=False).reward_ids
            if program.active:
                rewards = rewards.filtered("active")
            values = [reward._point_value() for reward in rewards]
            program.point_value = program.point_value_set or max(values, default=0)

    @api.model
    def _point_values(self, day=None):
        """Return what a point is worth: query ``(program_id, company_id, value)``.

        Per root company, in its currency at the rate of the day.

        :param day: the company's date when None; of a day that is over it is what was
            noted then, see `loyalty.point.value`
        """
        programs = self.sudo().with_context(active_test=False)
        programs = programs.search([("program_type", "=", "loyalty")])
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        companies = companies.search([("parent_id", "=", False)])
        noted = self.env["loyalty.point.value"]._known(programs, day) if day else {}
        rows = [SQL("(NULL::int, NULL::int, NULL::numeric)")]
        for company in companies:
            today = company._customer_today()
            over = day and day < today
            for program in programs:
                if program.company_id and program.company_id.root_id != company:
                    continue
                value, currency = program.point_value, program.currency_id
                if over and program.id in noted:
                    value = noted[program.id].value
                    currency = noted[program.id].currency_id
                if not value:
                    continue
                value = currency._convert(
                    value,
                    company.currency_id,
                    company,
                    day if over else today,
                    round=False,
                )
                rows.append(SQL("(%s, %s, %s)", program.id, company.id, value))
        return SQL(
            "SELECT * FROM (VALUES %s) AS value (program_id, company_id, value)",
            SQL(", ").join(rows),
        )

    def write(self, vals):
        """Points of cards that become loyalty cards are taken over into lots."""
        result = super().write(vals)
        if vals.get("program_type") == "loyalty":
            cards = self.env["loyalty.card"].sudo().with_context(active_test=False)
            cards.search(
                [("program_id", "in", self.ids), ("points", "!=", 0)]
            )._adopt_points()
        return result


class LoyaltyReward(models.Model):
    _inherit = "loyalty.reward"

    def _point_value(self):
        """Return the money that one point buys with this reward, 0: not known."""
        self.ensure_one()
        if self.reward_type == "discount" and self.discount_mode == "per_point":
            return self.discount
        if self.required_points <= 0:
            return 0
        if self.reward_type == "discount" and self.discount_mode == "per_order":
            return self.discount / self.required_points
        if self.reward_type == "product" and self.reward_product_id:
            price = self.reward_product_id.lst_price * self.reward_product_qty
            return price / self.required_points
        return 0
