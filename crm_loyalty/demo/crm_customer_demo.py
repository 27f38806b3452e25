import logging
from collections import defaultdict

from odoo import api, models
from odoo.fields import Command

from odoo.addons.crm_customer360.demo.crm_customer_demo import QUIET
from odoo.addons.crm_customer360.demo.stories import STORIES

from ..tools.tiers import Policy
from .member_points import MemberPoints, program_values
from .member_voice import MemberVoice
from .tier_history import replay

_logger = logging.getLogger(__name__)

# What a member must spend in twelve months, in the company's currency; colour; what
# points are multiplied by; what else there is.
TIERS = {
    "Member": (0, 0, 1, "Points on every purchase."),
    "Silver": (5_000, 4, 1.1, "Answers within a day."),
    "Gold": (20_000, 3, 1.25, "Free training once a year."),
    "Platinum": (
        100_000,
        10,
        1.5,
        "A consultant of your own.",
    ),
}
MONTHS = 12
# Members are those who have bought this often. Every third of them who has no story of
# its own does not want to be one: the return compares members with such customers.
MEMBER_PURCHASES, NEVER_JOINS = 2, 3
# What the program cost once, and costs every month, in the company's currency.
SETUP_COST, RUNNING_COST = 6_000, 400
# So many of those who have stopped buying were sent a coupon.
COUPONS = 5


class CrmCustomerDemo(models.AbstractModel):
    """Adds a program with tiers to each company, its members and their history."""

    _inherit = "crm.customer.demo"

    @api.model
    def _load_loyalty(self, companies=None):
        """Make members of the customers, as if the program had been there all the time.

        A company whose customers have tiers already is left alone.

        :param companies: those of the demo data when None
        :return: number of members
        """
        demo = self.sudo().with_context(**QUIET)
        reason = demo._record("crm_lost_reason_competitor")
        if reason:
            reason.competitor = True
        if companies is None:
            main = self.env.ref("base.main_company", raise_if_not_found=False)
            companies = (main, self._record("company_europe"))
        members = 0
        for company in companies:
            if (
                company
                and demo._has_accounting(company)
                and not company._tier_program()
            ):
                members += demo.with_company(company)._tell_loyalty(company.sudo())
        if members:
            demo._make_portal_user()
            self.env.flush_all()
            self.env["crm.customer"].sudo()._refresh()
            self.env["crm.customer.snapshot"].sudo()._take()
        return members

    def _tell_loyalty(self, company):
        sales = self._member_sales(company)
        if not sales:
            return 0
        program = self._make_program(company)
        joined = {
            partner: sorted(day for day, amount in lines if amount > 0)[1]
            for partner, lines in sales.items()
        }
        cards = self._make_cards(program, joined)
        self._make_tiers(program, joined, sales)
        MemberPoints(self.env, program).make(cards)
        self._make_coupons(company)
        MemberVoice(self.env, company).make()
        _logger.info("Demo: %s loyalty members in %s", len(joined), company.name)
        return len(joined)

    def _make_portal_user(self):
        """Let a member in to the portal: login and password are "customer"."""
        users = self.env["res.users"].with_context(no_reset_password=True)
        partner = self._record("partner_halvorsen")
        if partner and not users.search_count([("login", "=", "customer")]):
            users.create(
                {
                    "login": "customer",
                    "password": "customer",
                    "partner_id": (partner.child_ids[:1] or partner).id,
                    "company_id": self.env.ref("base.main_company").id,
                    "company_ids": [Command.set(self.env.ref("base.main_company").ids)],
                    "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                }
            )

    def _member_sales(self, company):
        """Return ``{partner: [(day, untaxed amount)]}`` of who becomes a member."""
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("commercial_partner_id.active", "=", True),
            ],
            order="invoice_date, id",
        )
        sales = defaultdict(list)
        for move in moves:
            sales[move.commercial_partner_id].append(
                (move.invoice_date, move.amount_untaxed_signed)
            )
        told = {self._record(f"partner_{story.partner}") for story in STORIES}
        often = [
            partner
            for partner, lines in sales.items()
            if sum(amount > 0 for _day, amount in lines) >= MEMBER_PURCHASES
        ]
        others = [partner for partner in often if partner not in told]
        never = set(others[NEVER_JOINS - 1 :: NEVER_JOINS])
        return {partner: sales[partner] for partner in often if partner not in never}

    def _make_program(self, company):
        """Return the company's club: points for money, money for points, four tiers."""
        return self.env["loyalty.program"].create(
            {
                "name": f"Round Table {company.name}",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "portal_visible": True,
                "portal_point_name": "Points",
                "company_id": company.id,
                "currency_id": company.currency_id.id,
                "tier_window": "rolling",
                "tier_months": MONTHS,
                "return_setup_cost": SETUP_COST,
                "return_running_cost": RUNNING_COST,
                **program_values(),
                "tier_ids": [
                    Command.create(
                        {
                            "name": name,
                            "threshold": threshold,
                            "color": color,
                            "point_factor": factor,
                            "description": f"<p>{text}</p>",
                        }
                    )
                    for name, (threshold, color, factor, text) in TIERS.items()
                ],
            }
        )

    def _make_cards(self, program, joined):
        """Give each member a card, from the day of joining."""
        cards = self.env["loyalty.card"].create(
            [{"program_id": program.id, "partner_id": partner.id} for partner in joined]
        )
        self.env.flush_all()
        # A card is as old as its row.
        self.env.cr.execute_values(
            "UPDATE loyalty_card card SET create_date = data.day + time '12:00'"
            " FROM (VALUES %s) data (id, day) WHERE card.id = data.id",
            [(card.id, joined[card.partner_id]) for card in cards],
            template="(%s, %s::date)",
        )
        cards.invalidate_recordset(["create_date"])
        return cards

    def _make_tiers(self, program, joined, sales):
        """Write the changes of every member's tier, and where they stand today."""
        company = program.company_id
        tiers = program.tier_ids.sorted("threshold")
        policy = Policy(tuple(tiers.mapped("threshold")), "rolling", MONTHS)
        today = company._customer_today()
        lines, standings = [], []
        for partner, day in joined.items():
            changes, standing = replay(policy, day, sales[partner], today)
            lines += [
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "program_id": program.id,
                    "date": change.day,
                    "from_id": change.before is not None and tiers[change.before].id,
                    "to_id": tiers[change.after].id,
                    "cause": change.cause,
                    "measure": change.measure,
                    "measure_ended": change.ended,
                    "needed": policy.thresholds[
                        change.before if change.cause == "downgrade" else change.after
                    ],
                    "until": change.until,
                }
                for change in changes
            ]
            standings.append(
                (
                    partner.id,
                    company.id,
                    tiers[standing.level].id,
                    standing.since,
                    standing.until,
                )
            )
        self.env["loyalty.tier.change"].create(lines)
        self.env.flush_all()
        self.env.cr.execute_values(
            """
            UPDATE crm_customer customer
            SET tier_id = data.tier, tier_rule_id = data.tier,
                tier_since = data.since, tier_until = data.until
            FROM (VALUES %s) data (partner, company, tier, since, until)
            WHERE customer.partner_id = data.partner
                AND customer.company_id = data.company
            """,
            standings,
            template="(%s, %s, %s, %s::date, %s::date)",
        )
        self.env["crm.customer"].invalidate_model()
        self._write_snapshots(company)

    def _make_coupons(self, company):
        """Programs for the coupons of occasions; none is sent by itself."""
        for field, name, discount in (
            ("loyalty_winback_program_id", "We Miss You", 15),
            ("loyalty_anniversary_program_id", "Anniversary", 10),
        ):
            if not company[field]:
                company[field] = self.env["loyalty.program"].create(
                    {
                        "name": name,
                        "program_type": "coupons",
                        "applies_on": "current",
                        "trigger": "with_code",
                        "company_id": company.id,
                        "communication_plan_ids": [
                            Command.create(
                                {
                                    "trigger": "create",
                                    "mail_template_id": self.env.ref(
                                        "loyalty.mail_template_loyalty_card"
                                    ).id,
                                }
                            )
                        ],
                        "reward_ids": [
                            Command.create(
                                {
                                    "reward_type": "discount",
                                    "discount_mode": "percent",
                                    "discount": discount,
                                    "required_points": 1,
                                }
                            )
                        ],
                    }
                )
        self.env["crm.loyalty.comeback"]._measure()
        self._send_coupons(company)

    def _send_coupons(self, company):
        """Give coupons to those worth most, and one to the member in the portal."""
        Coupon = self.env["crm.loyalty.coupon"].with_context(loyalty_no_mail=True)
        silent = self.env["crm.loyalty.winback"].search(
            [("company_id", "=", company.id)], limit=COUPONS
        )
        Coupon._send_by_hand(silent.partner_id, company, "winback")
        member = self._record("partner_halvorsen")
        if member:
            year = company._customer_today().year
            Coupon._send([(member.id, year)], company, "anniversary")

    def _write_snapshots(self, company):
        """Give the month ends of the past the tier of that day."""
        self.env["loyalty.tier.change"].flush_model()
        self.env.cr.execute(
            """
            UPDATE crm_customer_snapshot snapshot SET tier_id = (
                SELECT change.to_id FROM loyalty_tier_change change
                WHERE change.partner_id = snapshot.partner_id
                    AND change.company_id = snapshot.company_id
                    AND change.date <= snapshot.date
                ORDER BY change.date DESC, change.id DESC LIMIT 1)
            WHERE snapshot.company_id = %s
            """,
            [company.id],
        )
        self.env["crm.customer.snapshot"].invalidate_model()
