from odoo import api, fields, models
from odoo.tools import SQL

LOYALTY_CLASSES = [
    ("loyal", "Loyal"),
    ("fairly_loyal", "Fairly Loyal"),
    ("disloyal", "Disloyal"),
    ("competitor", "Loyal to a Competitor"),
]


class CrmCustomer(models.Model):
    """Behavioural class, evaluated every night from scores, rhythm and evidence.

    The rules are those of ``tools/behaviour.py``, for everybody in one statement.
    """

    _inherit = "crm.customer"

    loyalty_class = fields.Selection(
        selection=LOYALTY_CLASSES,
        string="Behaviour",
        readonly=True,
        index="btree_not_null",
        help="Loyal: buys in its usual rhythm, with high recency and frequency. "
        "Disloyal: lapsed, or of low recency. Loyal to a competitor: silent for more "
        "than three times its rhythm, and something tells so. Fairly loyal: all "
        "others. New customers and prospects have none. Evaluated every night.",
    )
    loyalty_class_date = fields.Date(
        string="Behaviour Since",
        readonly=True,
        help="Night in which the customer's behaviour was found to have changed.",
    )

    def _rank(self, read=None):
        """Scores come first; the class is made of them."""
        return super()._rank(read) + self._evaluate_class()

    @api.model
    def _evaluate_class(self, partners=None):
        """Evaluate the behavioural class of customers; write what differs.

        Without evidence nobody is loyal to a competitor. Lateness moves with the
        calendar alone, so the class may change in a night without documents.

        :param partners: commercial `res.partner` recordset; everybody when None
        :return: number of customers whose class changed
        """
        self.env.flush_all()
        # Whole tables are joined, whatever their statistics say.
        with self._refresh_settings(
            enable_nestloop="off" if partners is None else "on"
        ):
            self.env.cr.execute(
                SQL(
                    """
                    WITH %(companies)s,
                    evidence AS (
                        SELECT DISTINCT partner_id, company_id FROM (%(evidence)s) found
                    ),
                    fresh AS (
                        SELECT customer.id, company.today, %(rules)s AS loyalty_class
                        FROM crm_customer customer
                        JOIN company ON company.id = customer.company_id
                        LEFT JOIN evidence ON evidence.partner_id = customer.partner_id
                            AND evidence.company_id = customer.company_id
                        WHERE %(only)s
                    )
                    UPDATE crm_customer customer
                    SET loyalty_class = fresh.loyalty_class,
                        loyalty_class_date = fresh.today
                    FROM fresh
                    WHERE fresh.id = customer.id
                        AND customer.loyalty_class
                            IS DISTINCT FROM fresh.loyalty_class
                    """,
                    companies=self._class_companies(),
                    evidence=self._competitor_evidence(partners),
                    rules=self._class_rules(),
                    only=SQL("TRUE")
                    if partners is None
                    else SQL("customer.partner_id = ANY(%s)", partners.ids),
                )
            )
            changed = self.env.cr.rowcount
        self._invalidate_figures()
        return changed

    def _class_companies(self):
        """Return the relation `company`: dates, and bins of the scheme in force."""
        rows = []
        companies = self.env["res.company"].sudo()
        for row in self._company_rows():
            scheme = companies.browse(row["id"])._rfm_scheme()
            rows.append(
                SQL(
                    "(%s, %s::date, %s::timestamp, %s::timestamp, %s::int)",
                    row["id"],
                    row["today"],
                    row["window_start_at"],
                    row["today_end"],
                    scheme.bins or 5,
                )
            )
        return SQL(
            "company (id, today, window_start_at, today_end, bins) AS (VALUES %s)",
            SQL(", ").join(rows),
        )

    def _class_rules(self):
        """Return the SQL of the class, over `customer`, `company` and `evidence`.

        Two fifths of the bins, and multiples of the cadence, without division.
        """
        return SQL(
            """
            CASE WHEN customer.rfm_state IS NULL
                    OR customer.rfm_state NOT IN ('scored', 'lapsed') THEN NULL
                WHEN evidence.partner_id IS NOT NULL AND customer.cadence_days > 0
                    AND %(days)s > 3 * customer.cadence_days THEN 'competitor'
                WHEN customer.rfm_state = 'lapsed'
                    OR 5 * customer.rfm_r <= 2 * company.bins THEN 'disloyal'
                WHEN customer.cadence_days > 0
                    AND 2 * %(days)s <= 3 * customer.cadence_days
                    AND 5 * (company.bins + 1 - customer.rfm_r) <= 2 * company.bins
                    AND 5 * (company.bins + 1 - customer.rfm_f) <= 2 * company.bins
                    THEN 'loyal'
                ELSE 'fairly_loyal'
            END
            """,
            days=SQL("(company.today - customer.last_purchase_date)"),
        )

    def _competitor_evidence(self, partners=None):
        """Return the query of what tells that a customer is with a competitor.

        Opportunities and quotations lost in the window for a reason marked so, and
        salespeople's notes that were not withdrawn. What belongs to no company counts
        where the customer's revenue is largest. Over the relation `company`.

        :param partners: commercial `res.partner` recordset; everybody when None
        :return: query of ``partner_id, company_id, kind, res_id, at`` (UTC)
        """
        reasons = self.env["crm.lost.reason"].sudo().with_context(active_test=False)
        return SQL(
            """
            SELECT found.partner_id, found.company_id, found.kind, found.res_id,
                found.at
            FROM (
                SELECT partner.commercial_partner_id AS partner_id,
                    coalesce(item.company_id, partner.company_id, (
                        SELECT largest.company_id FROM crm_customer largest
                        WHERE largest.partner_id = partner.commercial_partner_id
                        ORDER BY coalesce(largest.revenue_total, 0) DESC,
                            largest.company_id
                        LIMIT 1
                    )) AS company_id, item.kind, item.res_id, item.at
                FROM (
                    SELECT partner_id, company_id, 'lead' AS kind, id AS res_id,
                        date_closed AS at
                    FROM crm_lead
                    WHERE lost_reason_id = ANY(%(reasons)s) AND won_status = 'lost'
                        AND type = 'opportunity' AND partner_id IS NOT NULL
                    UNION ALL
                    SELECT partner_id, company_id, 'order', id, lost_date
                    FROM sale_order
                    WHERE lost_reason_id = ANY(%(reasons)s) AND state = 'cancel'
                    UNION ALL
                    SELECT partner_id, company_id, 'note', id, date
                    FROM crm_customer_competitor
                    WHERE NOT withdrawn
                ) item
                JOIN res_partner partner ON partner.id = item.partner_id
                WHERE %(only)s
            ) found
            JOIN company ON company.id = found.company_id
            WHERE found.at < company.today_end
                AND (found.kind = 'note' OR found.at >= company.window_start_at)
            """,
            reasons=reasons.search([("competitor", "=", True)]).ids,
            only=SQL("TRUE")
            if partners is None
            else SQL("partner.commercial_partner_id = ANY(%s)", partners.ids),
        )

    def _invalidate_figures(self):
        result = super()._invalidate_figures()
        self.env["res.partner"].invalidate_model(["loyalty_class"])
        return result

    @api.model
    def _report_dimensions(self):
        return {**super()._report_dimensions(), "loyalty_class": "loyalty_class"}
