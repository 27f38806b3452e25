from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_scope import Source


class CrmCustomer(models.Model):
    """What members of the company's program bring, and the tier they have for it.

    The refresh fills the measures; `_evaluate_tiers` makes tiers of them.
    """

    _inherit = "crm.customer"

    tier_joined = fields.Date(
        string="Member Since",
        readonly=True,
        help="Day of the first card of the program; empty: no member.",
    )
    tier_measure = fields.Float(
        string="Counts for the Tier",
        digits=(16, 2),
        readonly=True,
        help="What the member brought within the window of the program, in this "
        "company: untaxed money or purchases.",
    )
    tier_measure_ended = fields.Float(
        string="Counted since the Last Period",
        digits=(16, 2),
        readonly=True,
        help="The same since the beginning of the period before: it decides whether a "
        "tier is kept.",
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Tier of the member today.",
    )
    tier_rule_id = fields.Many2one(
        comodel_name="loyalty.tier",
        string="Tier by the Rules",
        readonly=True,
        ondelete="restrict",
        help="Goes on below a tier given by hand, and is in force when that ends.",
    )
    tier_manual_id = fields.Many2one(
        comodel_name="loyalty.tier.manual",
        string="Given by Hand",
        readonly=True,
        ondelete="set null",
        help="The tier that somebody gave, for a reason and until a day.",
    )
    tier_since = fields.Date(
        string="In the Tier Since",
        readonly=True,
        help="Since when the member has the tier by the rules.",
    )
    tier_until = fields.Date(
        string="Tier Kept Until",
        readonly=True,
        help="Last day for which the tier is kept, whatever is bought; empty: for "
        "good.",
    )
    tier_next_id = fields.Many2one(
        comodel_name="loyalty.tier",
        string="Next Tier",
        readonly=True,
        ondelete="set null",
        help="The tier above; empty: the highest is reached.",
    )
    tier_missing = fields.Float(
        string="Missing for the Next Tier",
        digits=(16, 2),
        readonly=True,
        help="What the member must still bring for the next tier.",
    )

    # ------------------------------------------------------------------
    # Measures
    # ------------------------------------------------------------------

    def _company_columns(self):
        return {
            **super()._company_columns(),
            "root_id": "int",
            "tier_program_id": "int",
            "tier_program_own": "bool",
            "tier_measure": "varchar",
            "tier_window": "varchar",
            "tier_months": "int",
        }

    def _company_values(self, company):
        program = company._tier_program()
        return {
            **super()._company_values(company),
            "root_id": company.root_id.id,
            "tier_program_id": program.id or None,
            "tier_program_own": program._tier_has_home(),
            "tier_measure": program.tier_measure or None,
            "tier_window": program.tier_window or None,
            "tier_months": program.tier_months,
        }

    def _sources(self):
        return [*super()._sources(), self._source_tier]

    def _source_tier(self, scope):
        """What members brought since their window began, and since the one before.

        Members are the commercial partners of whoever holds a card of the company's
        program. One who has bought nothing yet is a customer where the program is; of a
        program for several companies, nowhere.
        """
        return Source(
            "tier",
            SQL(
                """
                WITH member AS MATERIALIZED (
                    SELECT partner.commercial_partner_id AS partner_id,
                        company.id AS company_id, company.root_id,
                        company.today, company.tier_program_id AS program_id,
                        company.tier_measure = 'points' AS points,
                        company.tier_measure <> 'orders' AS spend,
                        company.tier_program_own AND company.is_root AS here,
                        company.tier_window, company.tier_months,
                        min((card.create_date AT TIME ZONE 'UTC'
                            AT TIME ZONE company.tz)::date) AS joined
                    FROM loyalty_card card
                    JOIN %(partner)s partner ON partner.id = card.partner_id
                    JOIN company ON company.tier_program_id = card.program_id
                    WHERE card.active AND card.create_date < company.today_end
                        AND %(only)s
                    GROUP BY partner.commercial_partner_id, company.id,
                        company.root_id, company.today,
                        company.tier_program_id, company.tier_measure,
                        company.tier_program_own,
                        company.is_root, company.tier_window,
                        company.tier_months
                ),
                held AS (
                    SELECT customer.partner_id, company.root_id,
                        max(customer.tier_until) AS until
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                        AND company.tier_window = 'rolling'
                    JOIN loyalty_tier rule ON rule.id = customer.tier_rule_id
                        AND rule.program_id = company.tier_program_id
                    WHERE customer.tier_until IS NOT NULL AND %(holder)s
                    GROUP BY customer.partner_id, company.root_id
                ),
                bounded AS (
                    SELECT member.*, %(now_start)s AS now_start,
                        %(ended_start)s AS ended_start
                    FROM member
                    LEFT JOIN held ON held.partner_id = member.partner_id
                        AND held.root_id = member.root_id
                    CROSS JOIN LATERAL (SELECT %(years)s AS years) anniversary
                )
                SELECT member.partner_id, member.company_id,
                    max(member.here::int) AS evidence,
                    min(member.joined) AS tier_joined,
                    sum(%(brought)s) FILTER (WHERE sale.day >= member.now_start)
                        AS tier_measure,
                    sum(%(brought)s) FILTER (WHERE sale.day >= member.ended_start)
                        AS tier_measure_ended
                FROM bounded member
                LEFT JOIN (%(sale)s) sale ON sale.owner_id = member.partner_id
                    AND sale.company_id = member.company_id
                    AND sale.day <= member.today
                    AND CASE WHEN member.points
                        THEN sale.program_id = member.program_id
                        ELSE sale.program_id IS NULL END
                WHERE sale.day IS NOT NULL OR member.here
                GROUP BY member.partner_id, member.company_id
                """,
                partner=scope.table("res_partner"),
                only=scope.only(SQL("card.partner_id")),
                holder=scope.only(SQL("customer.partner_id")),
                now_start=self._tier_start_sql("now"),
                ended_start=self._tier_start_sql("ended"),
                years=years_since_sql(SQL("member.joined"), SQL("member.today")),
                # Not inside the join: it would refer to both sides, and all documents
                # would be read once for every member.
                brought=SQL(
                    """
                    CASE WHEN member.spend THEN sale.amount
                        WHEN sale.move_type <> 'out_refund' THEN 1
                    END
                    """
                ),
                sale=SQL(
                    """
                    SELECT partner.commercial_partner_id AS owner_id, move.company_id,
                        move.invoice_date AS day, move.move_type,
                        move.amount_untaxed_signed AS amount, NULL::int AS program_id
                    FROM %(move)s move
                    JOIN %(partner)s partner ON partner.id = move.commercial_partner_id
                    WHERE move.state = 'posted' AND move.move_type IN (
                        'out_invoice', 'out_refund', 'out_receipt')
                    %(points)s
                    """,
                    points=self._tier_points_sql(scope),
                    move=scope.table("account_move"),
                    partner=scope.table("res_partner"),
                ),
            ),
            {
                "evidence": "sum",
                "tier_joined": "first",
                "tier_measure": "sum",
                "tier_measure_ended": "sum",
            },
        )

    def _tier_points_sql(self, scope):
        """Return the points that documents earned, less what was taken back of them.

        Nothing when no program is measured by points.
        """
        if all(row["tier_measure"] != "points" for row in self._company_rows()):
            return SQL()
        return SQL(
            """
            UNION ALL
            SELECT move.partner_id, move.company_id, move.date, 'points',
                move.points - coalesce(move.debt, 0), move.program_id
            FROM loyalty_lot_move move
            WHERE move.reason IN ('earned', 'taken_back') AND %s
            """,
            scope.only(SQL("move.partner_id")),
        )

    def _tier_start_sql(self, window):
        """Return the first day of a member's window, ``now`` or ``ended``.

        See ``tools/periods.py``. What ended last is looked at up to today: what is
        bought in the days of grace counts, too. Last months are counted back from the
        last day of the period for which the tier is held, so that nothing drops out
        before it is looked at.
        """
        ended = window == "ended"
        last = (
            SQL("coalesce(held.until, member.today)") if ended else SQL("member.today")
        )
        return SQL(
            """
            CASE member.tier_window
                WHEN 'lifetime' THEN DATE '-infinity'
                WHEN 'rolling' THEN (%(last)s
                    - make_interval(months => member.tier_months))::date + 1
                WHEN 'calendar' THEN make_date(
                    extract(year FROM member.today)::int - %(back)s, 1, 1)
                ELSE (member.joined + make_interval(
                    years => greatest(0, anniversary.years - %(back)s)))::date
            END
            """,
            back=int(ended),
            last=last,
        )

    def _figures(self):
        return {
            **super()._figures(),
            "tier_joined": SQL("base.tier_joined"),
            "tier_measure": SQL("base.tier_measure"),
            "tier_measure_ended": SQL("base.tier_measure_ended"),
        }


def years_since_sql(joined, day):
    """Return how many anniversaries of `joined` there were up to `day`, at least 0."""
    return SQL(
        """
        greatest(0, extract(year FROM %(day)s)::int - extract(year FROM %(joined)s)::int
            - ((%(joined)s + make_interval(years =>
                extract(year FROM %(day)s)::int - extract(year FROM %(joined)s)::int
            ))::date > %(day)s)::int)
        """,
        day=day,
        joined=joined,
    )
