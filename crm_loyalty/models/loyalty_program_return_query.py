from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.account_move_line import SALE_TYPES

from ..tools.program_return import Group

YEAR = relativedelta(months=12)
# Into so many parts by margin are customers of a segment divided, where enough of them
# are no members.
PARTS = 5


class LoyaltyProgramReturn(models.TransientModel):
    """The totals by stratum, read in one statement."""

    _inherit = "loyalty.program.return"

    def _return_rows(self, first, last):
        """Return the strata of the months of joining, from the first to the last day 1.

        :return: list of dicts: ``month``, ``mine`` and ``others`` (`Group` of changes
            of margin), ``rewards`` (margin given to members as rewards in the year
            after, positive), ``points`` (growth of the value of their open points)
        """
        for model in (
            "account.move",
            "account.move.line",
            "crm.customer",
            "crm.customer.snapshot",
            "loyalty.card",
            "loyalty.lot.move",
            "sale.order.line",
        ):
            self.env[model].flush_model()
        companies = (
            self.env["res.company"]
            .sudo()
            .search([("id", "child_of", self.company_id.root_id.id)])
        )
        self.env.cr.execute(
            SQL(
                """
                WITH sale AS (%(sale)s), member AS MATERIALIZED (%(member)s),
                reward AS (%(reward)s), point AS (%(point)s),
                candidate AS (%(candidate)s), stratum AS (%(stratum)s)
                SELECT month, count(*) FILTER (WHERE is_member),
                    sum(change) FILTER (WHERE is_member),
                    sum(change * change) FILTER (WHERE is_member),
                    count(*) FILTER (WHERE NOT is_member),
                    sum(change) FILTER (WHERE NOT is_member),
                    sum(change * change) FILTER (WHERE NOT is_member),
                    sum(rewards), sum(points)
                FROM stratum GROUP BY month, key HAVING bool_or(is_member)
                ORDER BY month
                """,
                sale=self._return_sales(companies, first, last),
                member=self._return_members(),
                reward=self._return_year(
                    self._return_rewards(companies, first, last), "cost"
                ),
                point=self._return_year(self._return_points(), "worth"),
                candidate=self._return_candidates(companies, first, last),
                stratum=self._return_strata(),
            )
        )
        return [
            {
                "month": month,
                "mine": Group(*(float(value or 0) for value in mine)),
                "others": Group(*(float(value or 0) for value in others)),
                "rewards": float(rewards or 0),
                "points": float(points or 0),
            }
            for month, *numbers, rewards, points in self.env.cr.fetchall()
            for mine, others in [(numbers[:3], numbers[3:])]
        ]

    def _return_sales(self, companies, first, last):
        """Return the query of margin by customer and month, and whether one bought."""
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                date_trunc('month', move.invoice_date)::date AS month,
                -sum(line.balance + coalesce(line.sale_cost, 0)) AS margin,
                bool_or(move.move_type <> 'out_refund') AS bought
            FROM account_move move
            JOIN res_partner partner ON partner.id = move.commercial_partner_id
            JOIN account_move_line line ON line.move_id = move.id
                AND line.display_type = 'product'
            WHERE move.state = 'posted' AND move.move_type IN %(sale)s
                AND move.company_id IN %(companies)s
                AND move.invoice_date >= %(start)s AND move.invoice_date < %(end)s
            GROUP BY 1, 2
            """,
            sale=SALE_TYPES,
            companies=companies._ids,
            start=first - YEAR,
            end=last + YEAR,
        )

    def _return_members(self):
        """Return the query of who joined when, closed cards included."""
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                date_trunc('month', min(card.create_date AT TIME ZONE 'UTC'
                    AT TIME ZONE %(tz)s))::date AS month
            FROM loyalty_card card
            JOIN res_partner partner ON partner.id = card.partner_id
            WHERE card.program_id = %(program)s GROUP BY 1
            """,
            tz=self.company_id.sudo()._customer_timezone().zone,
            program=self.program_id.id,
        )

    def _return_rewards(self, companies, first, last):
        """Return the query of rewards by customer and month.

        What a reward costs is the margin that its line takes: the discount, or the
        cost of what was given.
        """
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id,
                date_trunc('month', move.invoice_date)::date AS month,
                sum(line.balance + coalesce(line.sale_cost, 0)) AS cost
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN res_partner partner ON partner.id = move.commercial_partner_id
            WHERE move.state = 'posted' AND move.move_type IN %(sale)s
                AND move.company_id IN %(companies)s
                AND move.invoice_date >= %(start)s AND move.invoice_date < %(end)s
                AND EXISTS (
                    SELECT FROM sale_order_line_invoice_rel rel
                    JOIN sale_order_line ordered ON ordered.id = rel.order_line_id
                    JOIN loyalty_reward reward ON reward.id = ordered.reward_id
                    WHERE rel.invoice_line_id = line.id
                        AND reward.program_id = %(program)s)
            GROUP BY 1, 2
            """,
            sale=SALE_TYPES,
            companies=companies._ids,
            start=first,
            end=last + YEAR,
            program=self.program_id.id,
        )

    def _return_points(self):
        """Return the query of the growth of open points by customer and month.

        In money of today. A program of several companies makes points in each.
        """
        return SQL(
            """
            SELECT move.partner_id, date_trunc('month', move.date)::date AS month,
                sum(move.points * value.value) AS worth
            FROM loyalty_lot_move move
            JOIN (%(values)s) value ON value.program_id = move.program_id
                AND value.company_id = move.company_id
            WHERE move.program_id = %(program)s AND move.company_id = %(root)s
                AND move.reason <> 'opening'
            GROUP BY 1, 2
            """,
            values=self.env["loyalty.program"]._point_values(),
            program=self.program_id.id,
            root=self.company_id.root_id.id,
        )

    def _return_candidates(self, companies, first, last):
        """Return the query of members and others by month in which anybody joined."""
        return SQL(
            """
            SELECT cohort.month, customer.partner_id,
                member.month IS NOT NULL AND member.month = cohort.month AS is_member,
                customer.first_date < cohort.month AS known,
                sum(sale.margin) FILTER (WHERE sale.month < cohort.month) AS before,
                sum(sale.margin) FILTER (WHERE sale.month >= cohort.month) AS after,
                bool_or(sale.bought) FILTER (WHERE sale.month = cohort.month) AS bought
            FROM (SELECT DISTINCT month FROM member
                WHERE month BETWEEN %(first)s AND %(last)s) cohort
            CROSS JOIN (
                SELECT partner_id, min(first_purchase_date) AS first_date
                FROM crm_customer WHERE company_id IN %(companies)s
                GROUP BY partner_id
            ) customer
            LEFT JOIN member ON member.partner_id = customer.partner_id
            LEFT JOIN sale ON sale.partner_id = customer.partner_id
                AND sale.month >= cohort.month - interval '12 months'
                AND sale.month < cohort.month + interval '12 months'
            WHERE member.month IS NULL OR member.month = cohort.month
                OR member.month >= cohort.month + interval '12 months'
            GROUP BY cohort.month, customer.partner_id, customer.first_date,
                member.month
            """,
            first=first,
            last=last,
            companies=companies._ids,
        )

    def _return_strata(self):
        """Return the query of candidates with their stratum; who has none is left out.

        Members often join by buying, and that purchase is in the year after: whoever
        bought in the month of joining is compared with those who bought in it, too.
        Whoever bought nothing before, in the month or since, was no customer yet: of
        these only members count, without anybody to be compared with.

        Fifths of a few customers would part members from those who are like them: a
        part by size has two others on average, and there are five at most.
        """
        return SQL(
            """
            SELECT keyed.*, reward.total AS rewards, point.total AS points
            FROM (
                SELECT sized.month, sized.partner_id, sized.is_member,
                    coalesce(sized.after, 0) - coalesce(sized.before, 0) AS change,
                    nullif(concat_ws(' ',
                        'segment ' || sized.segment_id,
                        CASE WHEN sized.before IS NOT NULL THEN
                            'size ' || least(parts - 1, floor(parts * size)) END,
                        CASE WHEN sized.bought THEN 'bought'
                            WHEN sized.segment_id IS NOT NULL
                                OR sized.before IS NOT NULL THEN NULL
                            WHEN sized.known THEN 'silent'
                            WHEN sized.is_member THEN 'none' END
                    ), '') AS key
                FROM (
                    SELECT candidate.*, snapshot.rfm_segment_id AS segment_id,
                        percent_rank() OVER (alike ORDER BY candidate.before) AS size,
                        greatest(1, least(%(parts)s,
                            count(*) FILTER (WHERE NOT is_member) OVER alike / 2
                        )) AS parts
                    FROM candidate
                    LEFT JOIN crm_customer_snapshot snapshot
                        ON snapshot.partner_id = candidate.partner_id
                        AND snapshot.company_id = %(root)s
                        AND snapshot.date = candidate.month - 1
                    WINDOW alike AS (PARTITION BY candidate.month,
                        snapshot.rfm_segment_id, candidate.before IS NULL,
                        coalesce(candidate.bought, FALSE))
                ) sized
            ) keyed
            LEFT JOIN reward ON keyed.is_member AND reward.partner_id = keyed.partner_id
            LEFT JOIN point ON keyed.is_member AND point.partner_id = keyed.partner_id
            WHERE keyed.key IS NOT NULL
            """,
            root=self.company_id.root_id.id,
            parts=PARTS,
        )

    def _return_year(self, source, column):
        """Return the query of a member's sum over the year after joining."""
        return SQL(
            """
            SELECT member.partner_id, sum(%(column)s) AS total
            FROM member JOIN (%(source)s) year ON year.partner_id = member.partner_id
                AND year.month >= member.month
                AND year.month < member.month + interval '12 months'
            GROUP BY member.partner_id
            """,
            column=SQL.identifier("year", column),
            source=source,
        )
