from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, format_date

from ..tools.program_return import estimate, flows, present_value

# Fewer matched members say too little: no return is shown.
MINIMUM_MEMBERS = 10
YEAR = relativedelta(months=12)
ASKED = ("program_id", "company_id", "date_from", "date_to")


def _months(first, day):
    """Return the number of months from one to another."""
    return (day.year - first.year) * 12 + day.month - first.month


class LoyaltyProgramReturn(models.TransientModel):
    """What a program brought, against comparable customers who are no members.

    The method is that of ``tools/program_return.py``. Members are those whose first
    card is of the months chosen, counted by the month of joining; the year before ends
    with the month before, the year after begins with the month of joining. Others hold
    no card up to the end of that year. A stratum is a month of joining and

    - the RFM segment at the end of the month before, where it is known;
    - whether something was bought in the month of joining: who joins often does so by
      buying, and that purchase is part of the year after;
    - the fifth of all these by margin of the year before, where something was bought in
      it; larger parts where fewer than ten of them are no members;
    - where none of these says anything, whether something was bought ever before.

    Only totals by stratum leave the database, in one statement.
    """

    _name = "loyalty.program.return"
    _description = "Return of a Loyalty Program"

    program_id = fields.Many2one(
        comodel_name="loyalty.program",
        required=True,
        default=lambda self: self._default_program(),
        domain="[('program_type', '=', 'loyalty'),"
        " ('company_id', 'in', (company_id, False))]",
        help="The program whose members are looked at.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain="[('parent_id', '=', False)]",
        help="Sales of this company and its branches count.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="Joined From",
        required=True,
        default=lambda self: self._default_month(23),
        help="Members who joined in this month or later are looked at.",
    )
    date_to = fields.Date(
        string="Joined To",
        required=True,
        default=lambda self: self._default_month(11) - timedelta(days=1),
        help="Members who joined in this month or earlier are looked at.",
    )
    state = fields.Selection(
        selection=[
            ("none", "No members"),
            ("early", "Too early"),
            ("unmatched", "No comparable customers"),
            ("few", "Too few members"),
            ("done", "Estimate"),
        ],
        compute="_compute_return",
        help="Whether a return can be estimated.",
    )
    state_text = fields.Char(
        string="In Words", compute="_compute_return", help="The result in words."
    )
    member_count = fields.Integer(
        string="Members",
        compute="_compute_return",
        help="Members who joined in these months.",
    )
    matched_count = fields.Integer(
        string="Of Them Compared",
        compute="_compute_return",
        help="Members of whom there are comparable customers.",
    )
    other_count = fields.Integer(
        string="Comparable Customers",
        compute="_compute_return",
        help="Non-members of the same strata. One may stand beside members of several "
        "months.",
    )
    unmatched_share = fields.Float(
        string="Members Left Out",
        compute="_compute_return",
        help="Share of the members of whom there is no comparable customer: they count "
        "with their cost, not with a gain.",
    )
    effect = fields.Monetary(
        string="Margin per Member and Year",
        compute="_compute_return",
        help="Estimate of what a member brought more in the year after joining, "
        "rewards taken off.",
    )
    effect_low = fields.Monetary(
        string="At Least",
        compute="_compute_return",
        help="Lower end of the 95 % confidence interval.",
    )
    effect_high = fields.Monetary(
        string="At Most",
        compute="_compute_return",
        help="Upper end of the 95 % confidence interval.",
    )
    has_interval = fields.Boolean(
        compute="_compute_return",
        help="Technical: there are enough customers for an interval.",
    )
    gain = fields.Monetary(
        string="Margin Brought",
        compute="_compute_return",
        help="Margin per member and year × members compared, their rewards added back.",
    )
    reward_cost = fields.Monetary(
        string="Rewards",
        compute="_compute_return",
        help="Margin given away as rewards of the program on invoices, in the year "
        "after joining.",
    )
    point_cost = fields.Monetary(
        string="Points",
        compute="_compute_return",
        help="By how much the value of the members' open points grew in that year.",
    )
    setup_cost = fields.Monetary(
        string="Set-up", compute="_compute_return", help="Set on the program."
    )
    running_cost = fields.Monetary(
        string="Running",
        compute="_compute_return",
        help="Cost a month × months, from the first month of joining to the end of the "
        "last year looked at; in full, though earlier members gain from it, too.",
    )
    cost = fields.Monetary(compute="_compute_return", help="Sum of the four.")
    net = fields.Monetary(
        string="Return",
        compute="_compute_return",
        help="Margin brought less cost.",
    )
    roi = fields.Float(
        string="Return on Investment",
        compute="_compute_return",
        help="Return ÷ cost; empty without a cost.",
    )
    npv = fields.Monetary(
        string="Net Present Value",
        compute="_compute_return",
        help="The return with every month discounted to the first month of joining.",
    )
    discount = fields.Float(
        string="Discount a Month",
        compute="_compute_return",
        help="What a month later is worth less, set on the RFM scheme.",
    )

    @api.model
    def _default_program(self):
        return self.env["loyalty.program"].search(
            [
                ("program_type", "=", "loyalty"),
                ("company_id", "in", (self.env.company.root_id.id, False)),
            ],
            order="company_id, sequence, id",
            limit=1,
        )

    @api.model
    def _default_month(self, back):
        """Return the first day of a month, so many months ago."""
        today = self.env.company.root_id.sudo()._customer_today()
        return today.replace(day=1) - relativedelta(months=back)

    def _compute_display_name(self):
        self.display_name = self.env._("Return of the Program")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(record.date_from > record.date_to for record in self):
            raise ValidationError(self._wrong_dates())

    def _wrong_dates(self):
        return self.env._("The first month of joining comes after the last one.")

    @api.constrains("program_id", "company_id")
    def _check_company(self):
        for record in self.sudo():
            root, owner = record.company_id.root_id, record.program_id.company_id
            if record.company_id != root or (owner and owner != root):
                raise ValidationError(
                    self.env._("Choose %s and a program of it.", root.name)
                )

    @api.onchange("company_id")
    def _onchange_company_id(self):
        owner = self.program_id.sudo().company_id
        if owner and owner != self.company_id:
            self.program_id = self.with_company(self.company_id)._default_program()

    # ------------------------------------------------------------------
    # Result
    # ------------------------------------------------------------------

    @api.depends(*ASKED)
    def _compute_return(self):
        for record in self:
            values = dict.fromkeys(
                (
                    "member_count",
                    "matched_count",
                    "other_count",
                    "unmatched_share",
                    "effect",
                    "effect_low",
                    "effect_high",
                    "gain",
                    "reward_cost",
                    "point_cost",
                    "setup_cost",
                    "running_cost",
                    "cost",
                    "net",
                    "roi",
                    "npv",
                    "discount",
                ),
                0,
            )
            values.update(state="none", state_text="", has_interval=False)
            if all(record[name] for name in ASKED):
                values.update(record._return_values())
            record.update(values)

    def _return_values(self):
        """Return the values of the computed fields that are not 0."""
        company = self.company_id
        if company.root_id not in self.env.companies.root_id:
            raise UserError(self.env._("Choose a company you have selected."))
        self.program_id.check_access("read")
        if self.date_from > self.date_to:
            return {"state_text": self._wrong_dates()}
        today = company.sudo()._customer_today()
        first = self.date_from.replace(day=1)
        last = min(
            self.date_to.replace(day=1),
            (today + relativedelta(days=1)).replace(day=1) - YEAR,
        )
        if first > last:
            day = format_date(self.env, first + YEAR)
            return {
                "state": "early",
                "state_text": self.env._(
                    "The year after joining is not over yet: come back on %s, or "
                    "choose earlier months.",
                    day,
                ),
            }
        rows = self._return_rows(first, last)
        effect = estimate([(row["mine"], row["others"]) for row in rows])
        values = {
            "member_count": effect.members,
            "matched_count": effect.matched,
            "other_count": effect.others,
            "unmatched_share": effect.unmatched_share,
            **self._return_costs(rows, first, last),
        }
        if not effect.members:
            text = self.env._(
                "Nobody joined in these months: choose others, or another program."
            )
            return {**values, "state": "none", "state_text": text}
        if not effect.matched:
            text = self.env._(
                "No comparable customer: whoever is like the members is a member. "
                "Nothing can be said of what they would have brought without it."
            )
            return {**values, "state": "unmatched", "state_text": text}
        if effect.matched < MINIMUM_MEMBERS:
            text = self.env._(
                "%(count)s members can be compared: at least %(least)s are needed to "
                "say something.",
                count=int(effect.matched),
                least=MINIMUM_MEMBERS,
            )
            return {**values, "state": "few", "state_text": text}
        months = _months(first, last) + 12
        return {**values, **self._return_result(effect, rows, values, first, months)}

    def _return_costs(self, rows, first, last):
        """Return the parts of the cost, in company currency."""
        program = self.program_id
        day = self.company_id.sudo()._customer_today()

        def converted(amount):
            currency = program.currency_id or self.currency_id
            return currency._convert(amount, self.currency_id, self.company_id, day)

        parts = {
            "reward_cost": sum(row["rewards"] for row in rows),
            "point_cost": sum(row["points"] for row in rows),
            "setup_cost": converted(program.return_setup_cost),
            "running_cost": converted(program.return_running_cost)
            * (_months(first, last) + 12),
        }
        return {**parts, "cost": sum(parts.values())}

    def _return_result(self, effect, rows, values, first, months):
        """Return effect, return, ROI and NPV.

        Rewards have lowered the margin of members already: those of the members
        compared are added to the gain, so that they are a cost once.
        """
        gain = effect.effect * effect.matched + sum(
            row["rewards"] for row in rows if row["others"].n
        )
        net = gain - values["cost"]
        share = values["point_cost"] / effect.members
        cohorts = {}
        for row in rows:
            key = _months(first, row["month"])
            matched, costs = cohorts.get(key, (0, 0.0))
            costs += share * row["mine"].n
            if row["others"].n:
                matched += row["mine"].n
            else:
                costs += row["rewards"]
            cohorts[key] = matched, costs
        scheme = self.company_id.sudo().root_id.rfm_scheme_ids.filtered("active")[:1]
        rate = (scheme.prediction_discount if scheme else 1.0) / 100
        running = values["running_cost"] / months
        low, high = effect.interval or (0, 0)
        money = {
            key: format_amount(self.env, amount, self.currency_id)
            for key, amount in (("effect", effect.effect), ("low", low), ("high", high))
        }
        if effect.interval is None:
            text = self.env._(
                "Estimate: %(effect)s of margin a year and member against the others.",
                **money,
            )
        elif low <= 0 <= high:
            text = self.env._(
                "Estimate: %(effect)s of margin a year and member against the others, "
                "between %(low)s and %(high)s: it may be nothing.",
                **money,
            )
        else:
            text = self.env._(
                "Estimate: %(effect)s of margin a year and member against the others, "
                "between %(low)s and %(high)s, with a confidence of 95 percent.",
                **money,
            )
        return {
            "state": "done",
            "state_text": text,
            "effect": effect.effect,
            "effect_low": low,
            "effect_high": high,
            "has_interval": effect.interval is not None,
            "gain": gain,
            "net": net,
            "roi": net / values["cost"] if values["cost"] else 0,
            "discount": rate,
            "npv": present_value(
                flows(cohorts, effect.effect, values["setup_cost"], running, months),
                rate,
            ),
        }
