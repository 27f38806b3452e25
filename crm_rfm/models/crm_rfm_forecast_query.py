from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL

from ..tools.forecast import month_starts

# Days after which an opportunity without a closing date is expected to close where too
# few were won to tell.
CYCLE_DAYS = 60
# So many must have been won in a year for their median to count.
CYCLE_BASE = 5


class CrmRfmForecastRun(models.Model):
    """What a forecast reads: customers, open documents, revenue of the past.

    One statement each for all customers of a company. The customers are put into a
    temporary table first, since all the others refer to them.
    """

    _inherit = "crm.rfm.forecast.run"

    def _customers_query(self, company):
        """Return the query of the company's customers and to whom they belong today.

        The team is that of the salesperson, unless it is another company's; without a
        salesperson that of the last order or opportunity.

        Columns: `partner_id`, `user_id`, `team_id`, `segment_id`, `first_date` (of the
        first purchase), `excluded` (left out by the scheme).
        """
        return SQL(
            """
            SELECT customer.partner_id, customer.user_id,
                coalesce(team.id, last.team_id) AS team_id,
                customer.rfm_segment_id AS segment_id,
                least(customer.first_purchase_date, customer.rfm_first_purchase_date)
                    AS first_date,
                coalesce(customer.rfm_state = 'excluded', FALSE) AS excluded
            FROM crm_customer customer
            LEFT JOIN res_users salesperson ON salesperson.id = customer.user_id
            LEFT JOIN crm_team team ON team.id = salesperson.sale_team_id
                AND (team.company_id IS NULL OR team.company_id = %(company)s)
            LEFT JOIN (%(last)s) last ON customer.user_id IS NULL
                AND last.partner_id = customer.partner_id
            WHERE customer.company_id = %(company)s
            """,
            company=company.id,
            last=self._last_teams(company),
        )

    def _read_customers(self, company):
        """Put the company's customers into a temporary table, and return them.

        :return: ``{partner id: (user id, team id, segment id, whether it bought)}``
        """
        cr = self.env.cr
        cr.execute(SQL("DROP TABLE IF EXISTS crm_rfm_forecast_customer"))
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE crm_rfm_forecast_customer AS %s",
                self._customers_query(company),
            )
        )
        cr.execute(SQL("ANALYZE crm_rfm_forecast_customer"))
        cr.execute(
            SQL(
                """
                SELECT partner_id, user_id, team_id, segment_id, first_date IS NOT NULL
                FROM crm_rfm_forecast_customer
                """
            )
        )
        return {row[0]: row[1:] for row in cr.fetchall()}

    def _last_teams(self, company):
        """Return the query of the team of each commercial partner's last document."""
        return SQL(
            """
            SELECT DISTINCT ON (partner.commercial_partner_id)
                partner.commercial_partner_id AS partner_id, document.team_id
            FROM (
                SELECT partner_id, team_id, date_order AS moment, id
                FROM sale_order
                WHERE company_id = %(company)s AND state = 'sale'
                    AND team_id IS NOT NULL
                UNION ALL
                SELECT partner_id, team_id, create_date, id
                FROM crm_lead
                WHERE type = 'opportunity' AND active AND team_id IS NOT NULL
                    AND coalesce(company_id, %(company)s) = %(company)s
            ) document
            JOIN res_partner partner ON partner.id = document.partner_id
            JOIN crm_customer customer
                ON customer.partner_id = partner.commercial_partner_id
                AND customer.company_id = %(company)s AND customer.user_id IS NULL
            ORDER BY partner.commercial_partner_id, document.moment DESC,
                document.id DESC
            """,
            company=company.id,
        )

    # ------------------------------------------------------------------
    # Orders
    # ------------------------------------------------------------------

    def _orders_query(self, company):
        """Return the query of what is open of each order, and when it is expected.

        Expected on the delivery date, else after the lead time of the order's lines.
        What is late is expected in the running month; what is late by more than a year
        has no month: nobody waits for it. Amounts are untaxed, in company currency.

        Columns: `id`, `partner_id` (commercial), `team_id`, `month`, `amount`.
        """
        Customer = self.env["crm.customer"]
        scope = Customer._scope_literal()
        as_of = company._customer_today()
        return SQL(
            """
            WITH every %(companies)s,
            company AS (SELECT * FROM every WHERE id = %(company)s),
            ordered AS (
                SELECT ordered.id,
                    round((ordered.total - ordered.invoiced) / ordered.rate,
                        ordered.decimals) AS amount
                FROM (%(invoiced)s) ordered
                WHERE ordered.total - ordered.invoiced > ordered.tolerance
            ),
            expected AS (
                SELECT ordered.id, ordered.amount, sale.partner_id, sale.team_id,
                    (coalesce(sale.commitment_date, sale.date_order + make_interval(
                        days => coalesce((
                            SELECT min(line.customer_lead)
                            FROM sale_order_line line
                            WHERE line.order_id = sale.id
                                AND line.display_type IS NULL
                                AND line.is_downpayment IS NOT TRUE
                        ), 0)::int)) AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s
                    )::date AS day
                FROM ordered
                JOIN sale_order sale ON sale.id = ordered.id
            )
            SELECT expected.id, partner.commercial_partner_id AS partner_id,
                expected.team_id, expected.amount,
                CASE WHEN expected.day >= %(as_of)s
                        THEN date_trunc('month', expected.day)
                    WHEN expected.day >= %(stale)s THEN date_trunc('month', %(as_of)s)
                END::date AS month
            FROM expected
            JOIN res_partner partner ON partner.id = expected.partner_id
            """,
            companies=scope.companies,
            company=company.id,
            invoiced=Customer._orders_invoiced(scope, taxed=False),
            tz=company._customer_timezone().zone,
            as_of=SQL("%s::date", as_of),
            stale=SQL("%s::date", as_of - relativedelta(years=1)),
        )

    def _read_orders(self, company):
        """Return what is open: ``[(partner id, month or None, amount, count)]``."""
        return self.env.execute_query(
            SQL(
                """
                SELECT partner_id, month, sum(amount)::float8, count(*)
                FROM (%s) document
                GROUP BY partner_id, month
                """,
                self._orders_query(company),
            )
        )

    # ------------------------------------------------------------------
    # Pipeline
    # ------------------------------------------------------------------

    def _pipeline_query(self, company):
        """Return the query of the open opportunities, weighted, and when they close.

        Without a closing date an opportunity is expected to take as long as those won
        in the last year did (median). What is past is expected in the next month; what
        is past by more than a year has no month. Confirmed orders of an opportunity
        are taken off its expected revenue: they are among the orders.

        An opportunity of no company counts in the contact's, else where the customer's
        revenue is largest, as everywhere.

        Columns: `id`, `partner_id` (commercial, may be NULL), `user_id`, `team_id`,
        `month`, `amount`, `cycle` (days).
        """
        as_of = company._customer_today()
        main = self.env["crm.customer"]._scope_literal([]).main_company
        return SQL(
            """
            WITH won AS (
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY day_close) AS days
                FROM crm_lead
                WHERE won_status = 'won' AND type = 'opportunity'
                    AND company_id = %(company)s AND day_close IS NOT NULL
                    AND date_closed >= %(year_ago)s
                HAVING count(*) >= %(base)s
            ),
            cycle AS (
                SELECT coalesce((SELECT days FROM won), %(cycle)s)::int AS days
            ),
            home AS (
                SELECT DISTINCT ON (customer.partner_id) customer.partner_id,
                    customer.company_id
                FROM crm_customer customer
                JOIN res_partner partner
                    ON partner.commercial_partner_id = customer.partner_id
                JOIN crm_lead lead ON lead.partner_id = partner.id
                    AND lead.company_id IS NULL
                ORDER BY customer.partner_id, customer.revenue_total DESC NULLS LAST,
                    customer.company_id
            ),
            ordered AS (
                SELECT sale.opportunity_id AS lead_id, sum(sale.amount_untaxed
                    / coalesce(nullif(sale.currency_rate, 0), 1)) AS amount
                FROM sale_order sale
                WHERE sale.opportunity_id IS NOT NULL AND sale.state = 'sale'
                GROUP BY sale.opportunity_id
            ),
            open AS (
                SELECT lead.id, partner.commercial_partner_id AS partner_id,
                    lead.user_id, lead.team_id, cycle.days AS cycle,
                    round(
                        greatest(0, coalesce(lead.expected_revenue, 0)
                            - coalesce(ordered.amount, 0))
                            * coalesce(lead.probability, 0)::numeric / 100,
                        %(decimals)s
                    ) AS amount,
                    coalesce(lead.date_deadline,
                        (lead.create_date AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                        + cycle.days) AS day
                FROM crm_lead lead
                CROSS JOIN cycle
                LEFT JOIN res_partner partner ON partner.id = lead.partner_id
                LEFT JOIN home ON lead.company_id IS NULL
                    AND home.partner_id = partner.commercial_partner_id
                LEFT JOIN ordered ON ordered.lead_id = lead.id
                WHERE lead.type = 'opportunity' AND lead.active
                    AND lead.won_status = 'pending'
                    AND coalesce(lead.company_id, partner.company_id, home.company_id,
                        %(main)s) = %(company)s
            )
            SELECT id, partner_id, user_id, team_id, amount, cycle,
                CASE WHEN day >= %(as_of)s THEN date_trunc('month', day)
                    WHEN day >= %(year_ago)s
                        THEN date_trunc('month', %(as_of)s) + interval '1 month'
                END::date AS month
            FROM open
            WHERE amount > 0
            """,
            company=company.id,
            main=main,
            base=CYCLE_BASE,
            cycle=CYCLE_DAYS,
            decimals=company.currency_id.decimal_places,
            tz=company._customer_timezone().zone,
            as_of=SQL("%s::date", as_of),
            year_ago=SQL("%s::date", as_of - relativedelta(years=1)),
        )

    def _read_pipeline(self, company):
        """Return what is open by customer, and by salesperson for the prospects.

        :return: ``[(partner id or None, user id, team id, month or None, amount,
            count, cycle)]``
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT partner_id, user_id, team_id, month, sum(amount)::float8,
                    count(*), max(cycle)
                FROM (%s) document
                GROUP BY partner_id, user_id, team_id, month
                """,
                self._pipeline_query(company),
            )
        )

    # ------------------------------------------------------------------
    # Revenue
    # ------------------------------------------------------------------

    def _read_revenue(self, company, known_days):
        """Return the untaxed revenue of the last 24 months and the running one.

        By document, as the model's purchases are read: three times as fast as by
        line, from which it differs by cash rounding only.

        :param known_days: whether the customer had bought by each day is told apart
        :return: ``[((user id, team id, segment id), month, [bool or None], amount)]``;
            None for customers that the scheme leaves out: no model knows them
        """
        as_of = company._customer_today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.user_id, customer.team_id, customer.segment_id,
                    date_trunc('month', move.invoice_date)::date AS month,
                    %(known)s AS known,
                    sum(move.amount_untaxed_signed)::float8
                FROM account_move move
                JOIN res_partner partner ON partner.id = move.commercial_partner_id
                LEFT JOIN crm_rfm_forecast_customer customer
                    ON customer.partner_id = partner.commercial_partner_id
                WHERE move.company_id = %(company)s AND move.state = 'posted'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    AND move.invoice_date BETWEEN %(start)s AND %(as_of)s
                GROUP BY 1, 2, 3, 4, 5
                """,
                known=SQL(
                    "ARRAY[%s]",
                    SQL(", ").join(
                        SQL(
                            "CASE WHEN customer.excluded THEN NULL"
                            " ELSE coalesce(customer.first_date <= %s, FALSE) END",
                            day,
                        )
                        for day in known_days
                    ),
                ),
                company=company.id,
                start=month_starts(as_of, -24)[0],
                as_of=as_of,
            )
        )
        return [(row[:3], *row[3:]) for row in rows]
