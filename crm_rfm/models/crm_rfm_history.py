from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL, date_utils

from odoo.addons.crm_customer360.models.account_move_line import SALE_TYPES
from odoo.addons.crm_customer360.models.crm_customer_month import (
    month_end,
    window_exit,
)
from odoo.addons.crm_customer360.models.crm_customer_snapshot_rebuild import (
    SLICE_MONTHS,
)

from .crm_customer_snapshot import KEPT


class CrmCustomerSnapshot(models.Model):
    """Scores of the months before the first scoring, and what moved between them.

    A month end is scored from the documents up to that day, by the scheme in force
    today and by the very query that scores the customers every night. Scores are
    written only where there are none, and marked (`rfm_past`).
    """

    _inherit = "crm.customer.snapshot"

    @api.model
    def _rebuild(self, date_from=None, date_to=None, companies=None):
        """Score the months that are rebuilt, too."""
        written = super()._rebuild(date_from, date_to, companies)
        spans = self._rebuild_spans(date_from, date_to, companies)
        # Mostly the same rows.
        return max(written, self._history(spans))

    @api.model
    def _take(self, companies=None):
        """Join the first month that is scored by night to the history before it."""
        written = super()._take(companies)
        self._history_join()
        return written

    def _rebuild_waiting(self):
        """Add the months that are there but were never scored."""
        waiting = super()._rebuild_waiting()
        if waiting:
            return waiting
        self.env.cr.execute(
            SQL(
                "SELECT min(date), max(date) FROM crm_customer_snapshot"
                " WHERE rfm_state IS NULL AND closed AND company_id = ANY(%s)"
                # Months of erased persons belong to nobody, and are never scored.
                " AND partner_id IS NOT NULL",
                [row["id"] for row in self._history_companies()],
            )
        )
        first, last = self.env.cr.fetchone()
        while first and last >= first:
            start = last.replace(day=1) - relativedelta(months=SLICE_MONTHS - 1)
            waiting.append((max(start, first.replace(day=1)), last))
            last = start - timedelta(days=1)
        return waiting

    def _history_companies(self):
        """Return the settings of the companies that have a scheme."""
        rows = self.env["crm.customer"]._company_rows()
        return [row for row in rows if row["rfm_source"]]

    def _history(self, spans):
        """Score month ends where scores are missing, and log the movements.

        Commits nothing.

        :param spans: ``{company id: (first, last month end)}``
        :return: number of snapshots written
        """
        self.env.flush_all()
        spans = self._history_missing(spans)
        if not spans:
            return 0
        with self.env["crm.customer"]._refresh_settings(enable_nestloop="off"):
            self._history_read(spans)
            written = self._history_write(spans)
            self.env.cr.execute(SQL("DROP TABLE crm_rfm_history"))
            self._history_log(spans)
        self._history_join()
        self.invalidate_model(flush=False)
        return written

    def _history_missing(self, spans):
        """Return the part of the spans that has month ends without scores."""
        companies = {row["id"] for row in self._history_companies()} & set(spans)
        if not companies:
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT company_id, min(date), max(date) FROM crm_customer_snapshot
                WHERE rfm_state IS NULL AND closed AND company_id = ANY(%s)
                    AND partner_id IS NOT NULL AND date BETWEEN %s AND %s
                GROUP BY company_id
                """,
                list(companies),
                min(spans[company_id][0] for company_id in companies),
                max(spans[company_id][1] for company_id in companies),
            )
        )
        missing = {}
        for company_id, first, last in self.env.cr.fetchall():
            first = max(first, spans[company_id][0])
            last = min(last, spans[company_id][1])
            if first <= last:
                missing[company_id] = (first, last)
        return missing

    def _history_scheme(self, spans):
        """Return the relation `scheme`: what is read, one row per company."""
        return SQL(
            "scheme (company_id, source, months, tz, decimals, first, last)"
            " AS (VALUES %s)",
            SQL(", ").join(
                SQL(
                    "(%s, %s, %s::int, %s, %s::int, %s::date, %s::date)",
                    row["id"],
                    row["rfm_source"],
                    row["rfm_months"],
                    row["tz"],
                    row["decimals"],
                    *spans[row["id"]],
                )
                for row in self._history_companies()
                if row["id"] in spans
            ),
        )

    def _history_months(self, spans):
        """Return the relation `month`: month ends, and the first day of the window."""
        rows = []
        for row in self._history_companies():
            first, last = spans.get(row["id"], (None, None))
            while first and first <= last:
                start = first - relativedelta(months=row["rfm_months"])
                start += timedelta(days=1)
                rows.append(SQL("(%s, %s::date, %s::date)", row["id"], first, start))
                first = date_utils.end_of(first + timedelta(days=1), "month")
        return SQL(
            "month (company_id, date, window_start) AS (VALUES %s)",
            SQL(", ").join(rows),
        )

    def _history_read(self, spans):
        """Gather by how much the inputs change in each month, in a temporary table.

        As in `_rebuild_read`: what is of the window enters it in its own month, and
        leaves it in the first month whose window starts after it.
        """
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS crm_rfm_history"))
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE crm_rfm_history AS
                WITH %(scheme)s,
                purchase AS (
                    SELECT move.commercial_partner_id AS partner_id, move.company_id,
                        move.invoice_date AS day, count(*) AS frequency,
                        NULL::numeric AS monetary
                    FROM account_move move
                    JOIN scheme ON scheme.company_id = move.company_id
                    WHERE scheme.source = 'invoice' AND move.state = 'posted'
                        AND move.move_type IN %(sale)s
                        AND move.move_type <> 'out_refund'
                        AND move.commercial_partner_id IS NOT NULL
                        AND move.invoice_date <= scheme.last
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT move.commercial_partner_id, move.company_id,
                        move.invoice_date, 0, -sum(line.balance)
                    FROM account_move_line line
                    JOIN account_move move ON move.id = line.move_id
                    JOIN scheme ON scheme.company_id = move.company_id
                    WHERE scheme.source = 'invoice' AND move.state = 'posted'
                        AND move.move_type IN %(sale)s
                        AND move.commercial_partner_id IS NOT NULL
                        AND move.invoice_date <= scheme.last
                        AND move.invoice_date >=
                            date_trunc('month', scheme.first::timestamp)
                            - (scheme.months + 1) * interval '1 month'
                        AND line.display_type = 'product'
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT sale.partner_id, sale.company_id,
                        (sale.date_order AT TIME ZONE 'UTC'
                            AT TIME ZONE scheme.tz)::date,
                        1, round(sale.amount_untaxed
                            / coalesce(nullif(sale.currency_rate, 0), 1),
                            scheme.decimals)
                    FROM sale_order sale
                    JOIN scheme ON scheme.company_id = sale.company_id
                    WHERE scheme.source = 'order' AND sale.state = 'sale'
                ),
                change AS (
                    SELECT purchase.partner_id, purchase.company_id, %(enter)s AS date,
                        purchase.frequency, purchase.monetary,
                        CASE WHEN purchase.frequency > 0 THEN purchase.day END AS day
                    FROM purchase
                    JOIN scheme ON scheme.company_id = purchase.company_id
                UNION ALL
                    SELECT purchase.partner_id, purchase.company_id, %(leave)s,
                        -purchase.frequency, -purchase.monetary, NULL
                    FROM purchase
                    JOIN scheme ON scheme.company_id = purchase.company_id
                UNION ALL
                    SELECT taken.partner_id, taken.company_id, taken.date, 0, 0, NULL
                    FROM crm_customer_snapshot taken
                    JOIN scheme ON scheme.company_id = taken.company_id
                        AND taken.date BETWEEN scheme.first AND scheme.last
                )
                SELECT partner.commercial_partner_id AS partner_id, change.company_id,
                    greatest(change.date, scheme.first) AS date,
                    sum(change.frequency) AS frequency,
                    sum(change.monetary) AS monetary,
                    min(change.day) AS first_day, max(change.day) AS last_day
                FROM change
                JOIN scheme ON scheme.company_id = change.company_id
                JOIN res_partner partner ON partner.id = change.partner_id
                WHERE change.date <= scheme.last
                GROUP BY 1, 2, 3
                """,
                scheme=self._history_scheme(spans),
                sale=SALE_TYPES,
                enter=month_end(SQL("purchase.day")),
                leave=window_exit(SQL("purchase.day"), SQL("scheme.months")),
            )
        )
        self.env.cr.execute(SQL("ANALYZE crm_rfm_history"))

    def _history_write(self, spans):
        """Score all month ends at once, and write the scores that are missing.

        Customers that the ledger does not know at the time (orders alone) get a row.

        :return: number of rows written
        """
        Customer = self.env["crm.customer"]
        self.env.cr.execute(
            SQL(
                """
                WITH %(companies)s, excluded (scheme_id, partner_id) AS (%(excluded)s),
                %(months)s,
                span AS (
                    SELECT partner_id, company_id, min(date) AS first
                    FROM crm_rfm_history GROUP BY partner_id, company_id
                ),
                past AS (
                    SELECT NULL::int AS id, span.partner_id, span.company_id,
                        month.date, month.window_start,
                        coalesce(sum(change.frequency) OVER so_far, 0)::int
                            AS rfm_frequency,
                        coalesce(sum(change.monetary) OVER so_far, 0) AS rfm_monetary,
                        min(change.first_day) OVER so_far AS rfm_first_purchase_date,
                        max(change.last_day) OVER so_far AS rfm_last_purchase_date
                    FROM span
                    JOIN month ON month.company_id = span.company_id
                        AND month.date >= span.first
                    LEFT JOIN crm_rfm_history change
                        ON change.partner_id = span.partner_id
                        AND change.company_id = span.company_id
                        AND change.date = month.date
                    WINDOW so_far AS (
                        PARTITION BY span.partner_id, span.company_id
                        ORDER BY month.date ROWS UNBOUNDED PRECEDING)
                ),
                population AS (
                    SELECT customer.partner_id, %(values)s
                    FROM past customer
                    CROSS JOIN LATERAL (
                        -- The company as it was on that day.
                        SELECT company.scheme_id, company.set_id, company.bins,
                            company.new_days, company.by_cut, company.r_cuts,
                            company.f_cuts, company.m_cuts, company.known,
                            company.pending, customer.date AS today,
                            customer.window_start
                        FROM company WHERE company.id = customer.company_id
                    ) company
                    LEFT JOIN excluded ON excluded.scheme_id = company.scheme_id
                        AND excluded.partner_id = customer.partner_id
                ),
                cell AS (%(cells)s)
                INSERT INTO crm_customer_snapshot AS old (partner_id, company_id, date,
                    currency_id, user_id, rebuilt, closed, revenue, revenue_month,
                    margin, margin_month, receivable, overdue, purchase_count,
                    revenue_class, rfm_past, %(names)s)
                SELECT scored.partner_id, scored.company_id, scored.today,
                    home.currency_id, partner.user_id, TRUE, TRUE, 0, 0, 0, 0, 0, 0, 0,
                    'd', TRUE, scored.frequency, scored.last_date, scored.monetary,
                    %(text)s, cell.segment_id, scored.state
                FROM (%(scored)s) scored
                JOIN res_partner partner ON partner.id = scored.partner_id
                JOIN res_company home ON home.id = scored.company_id
                LEFT JOIN cell ON cell.set_id = scored.set_id
                    AND cell.r = scored.r AND cell.f = scored.f AND cell.m = scored.m
                LEFT JOIN crm_customer_snapshot old
                    ON old.partner_id = scored.partner_id
                    AND old.company_id = scored.company_id
                    AND old.date = scored.today
                WHERE CASE WHEN old.id IS NULL THEN scored.last_date IS NOT NULL AND (
                        partner.customer_erased_on IS NULL
                        OR scored.today >= partner.customer_erased_on)
                    ELSE old.rfm_state IS NULL AND old.closed END
                ON CONFLICT (partner_id, company_id, date)
                DO UPDATE SET rfm_past = TRUE, %(assignments)s
                """,
                companies=Customer._score_companies(),
                excluded=Customer._score_excluded(),
                months=self._history_months(spans),
                values=Customer._score_values(),
                cells=Customer._score_cells(),
                scored=Customer._score_scored(SQL("company_id, today")),
                text=Customer._score_text(),
                names=self._names(KEPT),
                assignments=self._assignments(KEPT),
            )
        )
        return self.env.cr.rowcount
