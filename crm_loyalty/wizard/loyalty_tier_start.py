from math import floor, log10

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

# Colours of the four tiers, in the palette of tags.
COLORS = (8, 7, 3, 5)
# Share of the buying customers who do not reach a tier: Silver is for the best 40 %,
# Gold for 15 %, Platinum for 5 %.
SHARES = (0.60, 0.85, 0.95)


def round_threshold(amount):
    """Return an amount rounded to two digits that people remember.

    >>> [round_threshold(amount) for amount in (0.2, 3, 1234, 98765)]
    [1, 3, 1200, 99000]
    """
    amount = max(1, round(amount))
    step = 10 ** max(0, floor(log10(amount)) - 1)
    return round(amount / step) * step


class LoyaltyTierStart(models.TransientModel):
    """Start a program with four tiers that fit what the customers buy."""

    _name = "loyalty.tier.start"
    _description = "Start a Program with Tiers"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain="[('parent_id', '=', False)]",
        help="The company whose customers become members; its branches are included.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    name = fields.Char(
        required=True,
        default=lambda self: self.env._("Customer Club"),
        help="Name of the program, as customers read it.",
    )
    tier_measure = fields.Selection(
        selection=[("spend", "Net spend, untaxed"), ("orders", "Purchases")],
        string="Measured by",
        default="spend",
        required=True,
        help="Net spend: posted invoices less credit notes. Purchases: posted invoices "
        "and receipts.",
    )
    tier_window = fields.Selection(
        selection=lambda self: (
            self.env["loyalty.program"]
            ._fields["tier_window"]
            ._description_selection(self.env)
        ),
        string="Within",
        default="calendar",
        required=True,
        help="What counts for a tier, and how long it is kept.",
    )
    line_ids = fields.One2many(
        comodel_name="loyalty.tier.start.line",
        inverse_name="start_id",
        string="Tiers",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    buyer_count = fields.Integer(
        string="Customers Looked at", compute="_compute_buyer_count"
    )
    join = fields.Boolean(
        string="Make them members now",
        default=True,
        help="Give a card to every customer looked at. Else a card comes with the "
        "first order that earns points.",
    )

    def _brought(self):
        """Return the query of what each customer brought: ``partner_id, brought``.

        In the last twelve months, or ever, by the measure; who brought nothing, or is
        archived, is left out.

        :raise AccessError: the company is not among those that the user has activated
        """
        self.ensure_one()
        if self.company_id not in self.env.companies.root_id:
            raise AccessError(self.env._("Activate this company first."))
        company = self.company_id.sudo()
        today = company._customer_today()
        first = fields.Date.subtract(today, years=1)
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                sum(%(value)s) AS brought
            FROM account_move move
            JOIN res_partner partner ON partner.id = move.commercial_partner_id
            JOIN res_partner owner ON owner.id = partner.commercial_partner_id
                AND owner.active
            WHERE move.state = 'posted' AND move.company_id IN %(companies)s
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                AND move.invoice_date <= %(today)s AND %(recent)s
            GROUP BY 1 HAVING sum(%(value)s) > 0
            """,
            value=SQL("move.amount_untaxed_signed")
            if self.tier_measure == "spend"
            else SQL("(move.move_type <> 'out_refund')::int"),
            companies=tuple(
                self.env["res.company"]
                .sudo()
                .search([("id", "child_of", company.id)])
                .ids
            ),
            today=today,
            recent=SQL("TRUE")
            if self.tier_window == "lifetime"
            else SQL("move.invoice_date > %s", first),
        )

    @api.depends("company_id", "tier_measure", "tier_window")
    def _compute_buyer_count(self):
        self.buyer_count = 0
        self.env.flush_all()
        for start in self.filtered("company_id"):
            start.buyer_count = self.env.execute_query(
                SQL("SELECT count(*) FROM (%s) customer", start._brought())
            )[0][0]

    @api.depends("company_id", "tier_measure", "tier_window")
    def _compute_line_ids(self):
        """Propose thresholds from the customers' own distribution, in one query."""
        names = (
            self.env._("Member"),
            self.env._("Silver"),
            self.env._("Gold"),
            self.env._("Platinum"),
        )
        self.env.flush_all()
        for start in self:
            if not start.company_id:
                start.line_ids = [Command.clear()]
                continue
            found = self.env.execute_query(
                SQL(
                    "SELECT percentile_disc(%s::float[])"
                    " WITHIN GROUP (ORDER BY brought) FROM (%s) customer",
                    list(SHARES),
                    start._brought(),
                )
            )[0][0]
            thresholds = [0]
            for amount in found or (1000, 5000, 20000):
                # Where many bring the same, each tier still asks for more.
                thresholds.append(
                    max(round_threshold(float(amount)), thresholds[-1] + 1)
                )
            start.line_ids = [Command.clear()] + [
                Command.create({"name": name, "threshold": threshold, "color": color})
                for name, threshold, color in zip(
                    names, thresholds, COLORS, strict=True
                )
            ]

    def action_start(self):
        """Create the program, and the cards of the members."""
        self.ensure_one()
        programs = self.env["loyalty.program"]
        programs.check_access("create")
        if not self.line_ids:
            raise UserError(self.env._("Add a tier, or discard."))
        other = self.company_id._tier_program()
        if other.company_id:
            raise ValidationError(
                self.env._(
                    "%s has tiers already, and a customer has one tier: archive it "
                    "first, or change it.",
                    other.name,
                )
            )
        program = programs.create(
            {
                **programs._get_template_values()["loyalty"],
                "name": self.name,
                "company_id": self.company_id.id,
                "tier_measure": self.tier_measure,
                "tier_window": self.tier_window,
                "tier_ids": [
                    Command.create(
                        {
                            "name": line.name,
                            "threshold": line.threshold,
                            "color": line.color,
                        }
                    )
                    for line in self.line_ids
                ],
            }
        )
        if self.join:
            rows = self.env.execute_query(self._brought())
            # They did nothing just now: no mail about it.
            self.env["loyalty.card"].with_context(
                loyalty_no_mail=True, tracking_disable=True
            ).create(
                [
                    {"program_id": program.id, "partner_id": partner_id}
                    for partner_id, _brought in rows
                ]
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "loyalty.program",
            "res_id": program.id,
            "view_mode": "form",
            "views": [(self.env.ref("loyalty.loyalty_program_view_form").id, "form")],
        }


class LoyaltyTierStartLine(models.TransientModel):
    _name = "loyalty.tier.start.line"
    _description = "Tier of a Program to Start"
    _order = "threshold, id"

    start_id = fields.Many2one(
        comodel_name="loyalty.tier.start", required=True, ondelete="cascade"
    )
    name = fields.Char(required=True)
    threshold = fields.Float(
        digits=(16, 2),
        help="What a member must bring within the window; 0 is the base tier.",
    )
    color = fields.Integer()
    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_customer_count",
        help="Customers who would be in this tier by the last twelve months.",
    )

    @api.depends("threshold", "start_id.tier_measure", "start_id.tier_window")
    def _compute_customer_count(self):
        self.customer_count = 0
        self.env.flush_all()
        for start in self.start_id.filtered("company_id"):
            lines = start.line_ids.sorted("threshold")
            counts = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT width_bucket(brought::numeric, %s::numeric[]), count(*)"
                        " FROM (%s) customer GROUP BY 1",
                        lines.mapped("threshold"),
                        start._brought(),
                    )
                )
            )
            for number, line in enumerate(lines, 1):
                line.customer_count = counts.get(number, 0)
