from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date


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
            SELECT (coalesce(rfm_segment_id, tier_id, user_id,
                    month - DATE '2000-01-01', 0)::bigint * 10000 + company_id) * 10
                    + left(dimension, 1)::int AS id,
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
                "5_month": format_date(self.env, row.month, date_format="MMMM y"),
            }
            row.name = value[row.dimension]

    def action_open_answers(self):
        """Open the answers that the figures are made of."""
        self.ensure_one()
        self.check_access("read")
        company = self.company_id.sudo()
        [row] = (
            row
            for row in self.env["crm.customer"]._company_rows()
            if row["id"] == company.id
        )
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("date", ">=", row["window_start"])
        domain &= Domain("date", "<=", row["today"])
        if self.month:
            domain &= Domain("date", ">=", self.month)
            domain &= Domain("date", "<", fields.Date.add(self.month, months=1))
        name = {
            "2_segment": "rfm_segment_id",
            "3_tier": "tier_id",
            "4_user": "user_id",
        }.get(self.dimension)
        if name:
            domain &= Domain(name, "=", self[name].id)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_satisfaction_report_action"
        )
        return {
            **action,
            "display_name": self.env._("Answers: %s", self.name),
            "domain": list(domain),
            "views": [(False, "list"), (False, "pivot"), (False, "graph")],
            "view_mode": "list,pivot,graph",
        }
