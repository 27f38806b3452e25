from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from .loyalty_lot import POINTS


class LoyaltyLiability(models.Model):
    """What a company owes in points: each lot through a period.

    Opening + earned − used − expired − taken back + other = closing, for every lot and
    so for every sum of them. Values are not rounded: a sum of lots would not be what
    all points are worth. The period is in the context, ``liability_from`` and
    ``liability_to``: this month up to today when there is none.
    """

    _name = "loyalty.liability"
    _description = "Points Liability"
    _auto = False
    _order = "date_expiry, id"
    _rec_name = "lot_id"
    _depends = {
        "loyalty.lot": ["card_id", "company_id", "partner_id", "date", "date_expiry"],
        "loyalty.lot.move": ["lot_id", "date", "reason", "points"],
        "loyalty.program": ["program_type"],
    }

    lot_id = fields.Many2one(comodel_name="loyalty.lot", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    program_id = fields.Many2one(comodel_name="loyalty.program", readonly=True)
    date = fields.Date(string="Earned on", readonly=True)
    date_expiry = fields.Date(string="Usable Until", readonly=True)
    opening = fields.Float(
        digits=POINTS, readonly=True, help="Points before the first day."
    )
    earned = fields.Float(digits=POINTS, readonly=True)
    used = fields.Float(digits=POINTS, readonly=True, help="Points that rewards took.")
    expired = fields.Float(digits=POINTS, readonly=True)
    taken_back = fields.Float(
        digits=POINTS,
        readonly=True,
        help="Points taken back with goods, and points that repaid a debt.",
    )
    other = fields.Float(
        string="By Hand",
        digits=POINTS,
        readonly=True,
        help="Points given and corrected by hand, and opening balances.",
    )
    closing = fields.Float(
        digits=POINTS,
        readonly=True,
        help="Opening + earned - used - expired - taken back + by hand: points at the "
        "end of the last day.",
    )
    opening_value = fields.Monetary(
        readonly=True,
        help="Opening × what a point was worth on the day before the first day.",
    )
    closing_value = fields.Monetary(
        string="Liability",
        readonly=True,
        help="Closing × what a point was worth on the last day, in the company's "
        "currency.",
    )
    change_value = fields.Monetary(
        string="Change of Liability",
        readonly=True,
        help="Liability less opening value: the expense of the period, negative: the "
        "income.",
    )

    @property
    def _table_query(self):
        start, end = self._period()
        return SQL(
            """
            SELECT lot.id, lot.id AS lot_id, lot.partner_id, lot.company_id,
                company.currency_id, lot.program_id, lot.date, lot.date_expiry,
                change.opening, change.earned, change.used, change.expired,
                change.taken_back, change.other, change.closing,
                worth.opening_value, worth.closing_value,
                worth.closing_value - worth.opening_value AS change_value
            FROM (
                SELECT move.lot_id,
                    coalesce(sum(points) FILTER (WHERE move.date < %(start)s), 0)
                        AS opening,
                    coalesce(sum(points) FILTER (WHERE move.date >= %(start)s
                        AND reason = 'earned'), 0) AS earned,
                    -coalesce(sum(points) FILTER (WHERE move.date >= %(start)s
                        AND reason = 'used'), 0) AS used,
                    -coalesce(sum(points) FILTER (WHERE move.date >= %(start)s
                        AND reason = 'expired'), 0) AS expired,
                    -coalesce(sum(points) FILTER (WHERE move.date >= %(start)s
                        AND reason IN ('taken_back', 'repaid')), 0) AS taken_back,
                    coalesce(sum(points) FILTER (WHERE move.date >= %(start)s
                        AND reason IN ('manual', 'opening')), 0) AS other,
                    coalesce(sum(points), 0) AS closing,
                    bool_or(move.date >= %(start)s) AS moved
                FROM loyalty_lot_move move
                WHERE move.date <= %(end)s
                GROUP BY move.lot_id
            ) change
            JOIN loyalty_lot lot ON lot.id = change.lot_id
            JOIN loyalty_program program ON program.id = lot.program_id
                AND program.program_type = 'loyalty'
            JOIN res_company company ON company.id = lot.company_id
            LEFT JOIN (%(first)s) first ON first.program_id = lot.program_id
                AND first.company_id = lot.company_id
            LEFT JOIN (%(last)s) last ON last.program_id = lot.program_id
                AND last.company_id = lot.company_id
            CROSS JOIN LATERAL (
                SELECT change.opening * coalesce(first.value, 0) AS opening_value,
                    change.closing * coalesce(last.value, 0) AS closing_value
            ) worth
            WHERE change.moved OR change.opening <> 0
            """,
            start=start,
            end=end,
            first=self.env["loyalty.program"]._point_values(start - timedelta(days=1)),
            last=self.env["loyalty.program"]._point_values(end),
        )

    def _period(self):
        """Return first and last day of the period; what is no date counts as none."""
        days = []
        for name in ("liability_from", "liability_to"):
            try:
                days.append(fields.Date.to_date(self.env.context.get(name) or None))
            except (TypeError, ValueError):
                days.append(None)
        today = self.env.company._customer_today()
        end = days[1] or today
        return days[0] or end.replace(day=1), end
