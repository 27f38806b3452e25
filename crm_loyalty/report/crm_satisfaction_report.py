from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.rating.models.rating_data import RATING_LIMIT_SATISFIED

from ..models.crm_customer_nps import NPS_CLASSES

# Rate of a group: numerator and denominator are summed, never rates.
RATIOS = {
    "nps": (SQL("promoters - detractors"), SQL("nps_answers"), 100),
    "csat": (SQL("satisfied"), SQL("csat_answers"), 1),
}


class CrmSatisfactionReport(models.Model):
    """Answers of customers, one row each: recommendations and ratings."""

    _name = "crm.satisfaction.report"
    _description = "Satisfaction"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"

    kind = fields.Selection(
        selection=[("nps", "Recommendation"), ("csat", "Rating")],
        readonly=True,
        help="Recommendation: 0 to 10. Rating: 1 to 5.",
    )
    date = fields.Date(readonly=True, help="Day of the answer.")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Of the document asked about; for ratings, of the customer today.",
    )
    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="Segment",
        readonly=True,
        help="Segment of the customer today.",
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        readonly=True,
        help="Tier of the customer today.",
    )
    nps_class = fields.Selection(
        selection=NPS_CLASSES, string="Recommends Us", readonly=True
    )
    score = fields.Float(readonly=True, aggregator=None)
    nps_answers = fields.Integer(string="Recommendation Answers", readonly=True)
    promoters = fields.Integer(readonly=True, help="Answers of 9 and 10.")
    detractors = fields.Integer(readonly=True, help="Answers of 0 to 6.")
    csat_answers = fields.Integer(string="Ratings", readonly=True)
    satisfied = fields.Integer(readonly=True, help="Ratings of 4 and 5.")
    nps = fields.Float(
        string="NPS",
        digits=(16, 1),
        aggregator="avg",
        readonly=True,
        help="Percent of answers that are 9 or 10, less percent that are 0 to 6: from "
        "-100 to 100. To be read with the number of answers.",
    )
    csat = fields.Float(
        string="CSAT",
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Share of ratings that are 4 or 5 of 5. To be read with the number of "
        "ratings.",
    )

    _depends = {
        "crm.customer": ["partner_id", "company_id", "rfm_segment_id", "tier_id"],
        "crm.customer.nps": [
            "partner_id",
            "company_id",
            "user_id",
            "score",
            "nps_class",
            "answered_at",
        ],
        "rating.rating": [
            "partner_id",
            "rating",
            "consumed",
            "rated_on",
            "res_model",
            "res_id",
        ],
        "res.partner": ["commercial_partner_id", "company_id"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH company (id, tz) AS (VALUES %(companies)s),
            answer AS (
                SELECT nps.id * 2 AS id, 'nps' AS kind, nps.partner_id, nps.company_id,
                    nps.user_id, nps.answered_at AS at, nps.score::float8 AS score,
                    nps.nps_class
                FROM crm_customer_nps nps
                WHERE nps.answered_at IS NOT NULL
                UNION ALL
                SELECT rating.id * 2 + 1, 'csat', rating.partner_id,
                    coalesce(rating.company_id, (
                        SELECT largest.company_id FROM crm_customer largest
                        JOIN res_partner contact ON contact.id = rating.partner_id
                        WHERE largest.partner_id = contact.commercial_partner_id
                        ORDER BY coalesce(largest.revenue_total, 0) DESC,
                            largest.company_id
                        LIMIT 1
                    )), NULL, rating.given_at, rating.rating, NULL
                FROM (%(ratings)s) rating
            )
            SELECT answer.id, answer.kind, answer.company_id, answer.score,
                answer.nps_class,
                (answer.at AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date AS date,
                partner.commercial_partner_id AS partner_id,
                coalesce(answer.user_id, customer.user_id) AS user_id,
                customer.rfm_segment_id, customer.tier_id,
                (kind = 'nps')::int AS nps_answers,
                (kind = 'nps' AND answer.nps_class = 'promoter')::int AS promoters,
                (kind = 'nps' AND answer.nps_class = 'detractor')::int AS detractors,
                (kind = 'csat')::int AS csat_answers,
                (kind = 'csat' AND score >= %(satisfied)s)::int AS satisfied,
                CASE answer.nps_class WHEN 'promoter' THEN 100.0
                    WHEN 'passive' THEN 0.0 WHEN 'detractor' THEN -100.0 END AS nps,
                CASE WHEN kind = 'csat' THEN
                    (score >= %(satisfied)s)::int::float8 END AS csat
            FROM answer
            JOIN company ON company.id = answer.company_id
            LEFT JOIN res_partner partner ON partner.id = answer.partner_id
            LEFT JOIN crm_customer customer
                ON customer.partner_id = partner.commercial_partner_id
                AND customer.company_id = answer.company_id
            """,
            companies=SQL(", ").join(
                SQL("(%s, %s)", row["id"], row["tz"])
                for row in self.env["crm.customer"]._company_rows()
            ),
            satisfied=RATING_LIMIT_SATISFIED,
            ratings=self.env["crm.customer"]._ratings_given(),
        )

    def _read_group_select(self, aggregate_spec, query):
        """A rate of a group is a ratio of sums, not a mean of rates."""
        name, _sep, aggregate = aggregate_spec.partition(":")
        if name not in RATIOS or aggregate != "avg":
            return super()._read_group_select(aggregate_spec, query)
        numerator, denominator, factor = RATIOS[name]
        return SQL(
            "%s * sum(%s)::float8 / nullif(sum(%s), 0)", factor, numerator, denominator
        )


class CrmSatisfactionSummary(models.Model):
    """Recommendation and ratings of the customer window, by what customers share."""

    _name = "crm.satisfaction.summary"
    _description = "Satisfaction Summary"
    _auto = False
    _order = "dimension, month desc, nps_answers desc, id"

    dimension = fields.Selection(
        selection=[
            ("1_company", "Company"),
            ("2_segment", "Segment"),
            ("3_tier", "Tier"),
            ("4_user", "Salesperson"),
            ("5_month", "Month"),
        ],
        string="By",
        readonly=True,
    )
    name = fields.Char(compute="_compute_name", string="Customers")
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    rfm_segment_id = fields.Many2one(comodel_name="crm.rfm.segment", readonly=True)
    tier_id = fields.Many2one(comodel_name="loyalty.tier", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", readonly=True)
    month = fields.Date(readonly=True)
    nps = fields.Float(
        string="NPS",
        digits=(16, 1),
        aggregator=None,
        readonly=True,
        help="Percent of answers that are 9 or 10, less percent that are 0 to 6.",
    )
    nps_answers = fields.Integer(string="Answers", aggregator=None, readonly=True)
    nps_small = fields.Boolean(
        string="Few Answers", readonly=True, help="Under 10 answers: they say little."
    )
    nps_date = fields.Date(string="Last Answer", readonly=True)
    csat = fields.Float(
        string="CSAT",
        digits=(16, 6),
        aggregator=None,
        readonly=True,
        help="Share of ratings that are 4 or 5 of 5.",
    )
    csat_answers = fields.Integer(string="Ratings", aggregator=None, readonly=True)
    csat_small = fields.Boolean(
        string="Few Ratings", readonly=True, help="Under 10 ratings: they say little."
    )
    csat_date = fields.Date(string="Last Rating", readonly=True)

    # Fewer answers than this are marked.
    SMALL = 10

    @property
    def _table_query(self):
        """Groups of the answers that the user may read, in the customer window."""
        Report = self.env["crm.satisfaction.report"]
        rows = self.env["crm.customer"]._company_rows()
        readable = Report.has_access("read")
        query = Report._search(
            [("company_id", "in", self.env.companies.ids if readable else [])],
            bypass_access=not readable,
        )
        return SQL(
            """
            SELECT row_number() OVER (ORDER BY dimension, company_id, rfm_segment_id,
                    tier_id, user_id, month) AS id,
                grouped.*, nps_answers < %(small)s AS nps_small,
                csat_answers < %(small)s AS csat_small
            FROM (
                SELECT answer.company_id, rfm_segment_id, tier_id, user_id, month,
                    CASE WHEN GROUPING(rfm_segment_id) = 0 THEN '2_segment'
                        WHEN GROUPING(tier_id) = 0 THEN '3_tier'
                        WHEN GROUPING(user_id) = 0 THEN '4_user'
                        WHEN GROUPING(month) = 0 THEN '5_month'
                        ELSE '1_company' END AS dimension,
                    100.0 * (sum(promoters) - sum(detractors))
                        / nullif(sum(nps_answers), 0) AS nps,
                    sum(nps_answers)::int AS nps_answers,
                    max(date) FILTER (WHERE nps_answers = 1) AS nps_date,
                    sum(satisfied)::float8 / nullif(sum(csat_answers), 0) AS csat,
                    sum(csat_answers)::int AS csat_answers,
                    max(date) FILTER (WHERE csat_answers = 1) AS csat_date
                FROM (
                    SELECT *, date_trunc('month', date)::date AS month
                    FROM (%(answers)s) answer
                ) answer
                JOIN (VALUES %(companies)s) AS company (id, window_start, today)
                    ON company.id = answer.company_id
                    AND answer.date BETWEEN company.window_start AND company.today
                GROUP BY GROUPING SETS ((answer.company_id),
                    (answer.company_id, rfm_segment_id), (answer.company_id, tier_id),
                    (answer.company_id, user_id), (answer.company_id, month))
            ) grouped
            """,
            small=self.SMALL,
            answers=query.select(
                *(
                    SQL.identifier(query.table, name)
                    for name in (
                        "company_id",
                        "rfm_segment_id",
                        "tier_id",
                        "user_id",
                        "date",
                        "nps_answers",
                        "promoters",
                        "detractors",
                        "csat_answers",
                        "satisfied",
                    )
                )
            ),
            companies=SQL(", ").join(
                SQL(
                    "(%s, %s::date, %s::date)",
                    row["id"],
                    row["window_start"],
                    row["today"],
                )
                for row in rows
            ),
        )

    def _compute_name(self):
        for row in self:
            value = {
                "1_company": row.company_id.name,
                "2_segment": row.rfm_segment_id.name or self.env._("No segment"),
                "3_tier": row.tier_id.name or self.env._("No tier"),
                "4_user": row.user_id.sudo().name or self.env._("No salesperson"),
                "5_month": row.month and f"{row.month:%Y-%m}",
            }
            row.name = value[row.dimension]
