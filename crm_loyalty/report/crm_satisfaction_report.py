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
    score = fields.Float(digits=(16, 1), readonly=True, aggregator=None)
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
