from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, date_utils

from .account_move_line import SALE_TYPES
from .crm_customer_month import month_end, window_exit

# How far back months are rebuilt, and how many of them in one go.
HISTORY_MONTHS = 120
SLICE_MONTHS = 12


class CrmCustomerSnapshot(models.Model):
    """Past months from the ledger: what was known at each month end."""

    _inherit = "crm.customer.snapshot"

    @api.model
    def _rebuild(self, date_from=None, date_to=None, companies=None):
        """Compute past months from the ledger, and close those that were taken.

        Rows taken live and closed are left alone, and rebuilt ones are written only
        where they differ, so running it again is harmless. Commits nothing.

        :param date_from: any day of the first month; when None that of the oldest
            document, at most `HISTORY_MONTHS` back
        :param date_to: any day of the last month; when None, and at the latest, the
            last month that is over
        :param companies: `res.company` recordset; all when None
        :return: number of rows written
        """
        self.env.flush_all()
        spans = self._rebuild_spans(date_from, date_to, companies)
        if not spans:
            return 0
        # Every join is one of whole tables; the planner thinks the few companies leave
        # few rows, and would look up the others one by one.
        with self.env["crm.customer"]._refresh_settings(enable_nestloop="off"):
            self._rebuild_read(spans)
            written = self._rebuild_write(spans)
        self.invalidate_model()
        return written

    def _rebuild_spans(self, date_from, date_to, companies):
        """Return the month ends to rebuild: ``{company id: (first, last)}``."""
        date_from, date_to = map(fields.Date.to_date, (date_from, date_to))
        spans = {}
        oldest = date_from or self._oldest_document()
        for company_id, (start, _today, _end) in self._companies(companies).items():
            last = start - timedelta(days=1)
            if date_to:
                last = min(last, date_utils.end_of(date_to, "month"))
            if not oldest or oldest > last:
                continue
            first = date_utils.end_of(oldest, "month")
            if not date_from:
                limit = start - relativedelta(months=HISTORY_MONTHS)
                first = max(first, date_utils.end_of(limit, "month"))
            spans[company_id] = (first, last)
        return spans

    def _oldest_document(self):
        """Return the date of the oldest document of any customer, or None."""
        self.env.cr.execute(
            SQL(
                """
                SELECT least(
                    (SELECT min(invoice_date) FROM account_move
                        WHERE state = 'posted' AND move_type IN %s
                            AND commercial_partner_id IS NOT NULL),
                    (SELECT min(date) FROM account_move_line
                        WHERE account_id = ANY(array(%s)) AND parent_state = 'posted'
                            AND partner_id IS NOT NULL))
                """,
                SALE_TYPES,
                self.env["crm.customer"]._scope_queries()["receivable"],
            )
        )
        return self.env.cr.fetchone()[0]

    def _rebuild_company(self, spans):
        """Return the relation `company`: months to rebuild, and settings."""
        companies = self.env["res.company"].sudo().browse(spans)
        return SQL(
            "company (id, currency_id, months, a, b, first, last) AS (VALUES %s)",
            SQL(", ").join(
                SQL(
                    "(%s, %s, %s, %s::numeric, %s::numeric, %s::date, %s::date)",
                    company.id,
                    company.currency_id.id,
                    company.root_id.customer_window_months,
                    company.root_id.customer_pareto_a,
                    company.root_id.customer_pareto_b,
                    *spans[company.id],
                )
                for company in companies
            ),
        )

    def _rebuild_read(self, spans):
        """Gather by how much figures change in each month, into a temporary table.

        A figure as of a month end is the sum of its changes up to then. An invoice
        enters the window in its own month, and leaves it in the first month whose
        window starts after it. An open item is its balance less what was reconciled:
        a reconciliation counts from `max_date`, the later date of its two sides, and
        lowers a debit or raises a credit. An item is overdue from the month end after
        its due date, with what is then open.

        What changed before the first month to rebuild counts as a change in that
        month, except for the figures of the month alone.
        """
        cr = self.env.cr
        receivable = self.env["crm.customer"]._scope_literal().receivable
        cr.execute(SQL("DROP TABLE IF EXISTS crm_customer_snapshot_change"))
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE crm_customer_snapshot_change AS
                WITH %(company)s,
                sale AS (
                    SELECT move.commercial_partner_id AS partner_id, move.company_id,
                        move.invoice_date AS day,
                        -sum(line.balance) AS revenue,
                        -sum(line.balance + coalesce(line.sale_cost, 0)) AS margin
                    FROM account_move_line line
                    JOIN account_move move ON move.id = line.move_id
                    JOIN company ON company.id = move.company_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale)s
                        AND move.invoice_date <= company.last
                        AND move.invoice_date >=
                            date_trunc('month', company.first::timestamp)
                            - (company.months + 1) * interval '1 month'
                        AND line.display_type = 'product'
                    GROUP BY move.commercial_partner_id, move.company_id,
                        move.invoice_date
                ),
                change AS (
                    SELECT sale.partner_id, sale.company_id, %(sale_end)s AS date,
                        sale.revenue, sale.margin,
                        CASE WHEN %(sale_end)s >= company.first
                            THEN sale.revenue END AS revenue_month,
                        CASE WHEN %(sale_end)s >= company.first
                            THEN sale.margin END AS margin_month,
                        NULL::numeric AS receivable, NULL::numeric AS overdue,
                        NULL::bigint AS purchase_count, NULL::date AS last_purchase_date
                    FROM sale JOIN company ON company.id = sale.company_id
                UNION ALL
                    SELECT sale.partner_id, sale.company_id, %(sale_exit)s,
                        -sale.revenue, -sale.margin, NULL, NULL, NULL, NULL, NULL, NULL
                    FROM sale JOIN company ON company.id = sale.company_id
                UNION ALL
                    SELECT move.commercial_partner_id, move.company_id, %(move_end)s,
                        NULL, NULL, NULL, NULL, NULL, NULL,
                        count(*) FILTER (WHERE move.move_type <> 'out_refund'),
                        max(move.invoice_date) FILTER (
                            WHERE move.move_type <> 'out_refund')
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale)s
                        AND move.commercial_partner_id IS NOT NULL
                        AND move.invoice_date <= company.last
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT line.partner_id, line.company_id, %(line_end)s,
                        NULL, NULL, NULL, NULL, sum(line.balance), NULL, NULL, NULL
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    WHERE %(item)s
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT line.partner_id, line.company_id, %(late_end)s,
                        NULL, NULL, NULL, NULL, NULL, sum(line.balance), NULL, NULL
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    WHERE %(item)s AND line.balance > 0
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT line.partner_id, line.company_id, %(partial_end)s,
                        NULL, NULL, NULL, NULL, -sum(partial.amount), NULL, NULL, NULL
                    FROM account_partial_reconcile partial
                    JOIN account_move_line line ON line.id = partial.debit_move_id
                    JOIN company ON company.id = line.company_id
                    WHERE %(item)s AND partial.max_date <= company.last
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT line.partner_id, line.company_id, %(partial_late_end)s,
                        NULL, NULL, NULL, NULL, NULL, -sum(partial.amount), NULL, NULL
                    FROM account_partial_reconcile partial
                    JOIN account_move_line line ON line.id = partial.debit_move_id
                    JOIN company ON company.id = line.company_id
                    WHERE %(item)s AND partial.max_date <= company.last
                        AND line.balance > 0
                    GROUP BY 1, 2, 3
                UNION ALL
                    SELECT line.partner_id, line.company_id, %(partial_end)s,
                        NULL, NULL, NULL, NULL, sum(partial.amount), NULL, NULL, NULL
                    FROM account_partial_reconcile partial
                    JOIN account_move_line line ON line.id = partial.credit_move_id
                    JOIN company ON company.id = line.company_id
                    WHERE %(item)s AND partial.max_date <= company.last
                    GROUP BY 1, 2, 3
                UNION ALL
                    -- Rows to close that the ledger knows nothing of.
                    SELECT taken.partner_id, taken.company_id, taken.date,
                        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                    FROM crm_customer_snapshot taken
                    WHERE NOT taken.closed
                )
                SELECT partner.commercial_partner_id AS partner_id, change.company_id,
                    greatest(change.date, company.first) AS date,
                    sum(change.revenue) AS revenue, sum(change.margin) AS margin,
                    sum(change.revenue_month) AS revenue_month,
                    sum(change.margin_month) AS margin_month,
                    sum(change.receivable) AS receivable,
                    sum(change.overdue) AS overdue,
                    sum(change.purchase_count) AS purchase_count,
                    max(change.last_purchase_date) AS last_purchase_date
                FROM change
                JOIN company ON company.id = change.company_id
                JOIN res_partner partner ON partner.id = change.partner_id
                WHERE change.date <= company.last
                GROUP BY 1, 2, 3
                """,
                company=self._rebuild_company(spans),
                sale=SALE_TYPES,
                sale_end=month_end(SQL("sale.day")),
                sale_exit=window_exit(SQL("sale.day"), SQL("company.months")),
                move_end=month_end(SQL("move.invoice_date")),
                line_end=month_end(SQL("line.date")),
                late_end=month_end(_LATE_FROM),
                partial_end=month_end(SQL("partial.max_date")),
                partial_late_end=month_end(
                    SQL("greatest(partial.max_date, %s)", _LATE_FROM)
                ),
                item=SQL(
                    """
                    line.account_id = ANY(%s) AND line.parent_state = 'posted'
                    AND line.partner_id IS NOT NULL AND line.date <= company.last
                    """,
                    receivable,
                ),
            )
        )
        cr.execute(SQL("ANALYZE crm_customer_snapshot_change"))

    def _rebuild_write(self, spans):
        """Add up the gathered changes, rank, and write the rows that differ.

        :return: number of rows written
        """
        cr = self.env.cr
        Customer = self.env["crm.customer"]
        names = self._ledger_columns()
        cr.execute(
            SQL(
                """
                WITH %(company)s,
                month AS (
                    SELECT company.id AS company_id, %(series_end)s AS date
                    FROM company
                    CROSS JOIN generate_series(
                        date_trunc('month', company.first::timestamp),
                        company.last, '1 month') AS series (start)
                ),
                span AS (
                    SELECT partner_id, company_id, min(date) AS first
                    FROM crm_customer_snapshot_change GROUP BY partner_id, company_id
                ),
                customer AS (
                    SELECT span.partner_id, span.company_id, month.date,
                        coalesce(change.revenue_month, 0) AS revenue_month,
                        coalesce(change.margin_month, 0) AS margin_month,
                        %(running)s,
                        max(change.last_purchase_date) OVER so_far AS last_purchase_date
                    FROM span
                    JOIN month ON month.company_id = span.company_id
                        AND month.date >= span.first
                    LEFT JOIN crm_customer_snapshot_change change
                        ON change.partner_id = span.partner_id
                        AND change.company_id = span.company_id
                        AND change.date = month.date
                    WINDOW so_far AS (
                        PARTITION BY span.partner_id, span.company_id
                        ORDER BY month.date ROWS UNBOUNDED PRECEDING)
                ),
                ranked AS (
                    SELECT customer.partner_id, customer.company_id, customer.date,
                        customer.revenue_month, customer.margin, customer.margin_month,
                        customer.receivable, customer.overdue, customer.purchase_count,
                        customer.last_purchase_date, %(ranked)s
                    FROM customer
                    WINDOW everybody AS (PARTITION BY company_id, date),
                        by_revenue AS (
                            PARTITION BY company_id, date ORDER BY revenue DESC)
                ),
                new AS (
                    SELECT ranked.*, company.currency_id, %(classed)s
                    FROM ranked JOIN company ON company.id = ranked.company_id
                )
                INSERT INTO crm_customer_snapshot AS old (partner_id, company_id, date,
                    currency_id, user_id, rebuilt, closed, %(names)s)
                SELECT new.partner_id, new.company_id, new.date, new.currency_id,
                    partner.user_id, TRUE, TRUE, %(new)s
                FROM new
                JOIN res_partner partner ON partner.id = new.partner_id
                LEFT JOIN crm_customer_snapshot old
                    ON old.partner_id = new.partner_id
                    AND old.company_id = new.company_id
                    AND old.date = new.date
                WHERE (partner.customer_erased_on IS NULL
                        OR new.date >= partner.customer_erased_on)
                    AND (old.id IS NULL OR NOT old.closed
                        OR old.rebuilt AND (%(old)s) IS DISTINCT FROM (%(new)s))
                ON CONFLICT (partner_id, company_id, date) DO UPDATE
                SET closed = TRUE, %(assignments)s,
                    contribution = old.contribution + EXCLUDED.margin - old.margin
                WHERE old.rebuilt OR NOT old.closed
                """,
                company=self._rebuild_company(spans),
                series_end=month_end(SQL("series.start")),
                running=SQL(", ").join(
                    SQL(
                        "coalesce(sum(change.%(name)s) OVER so_far, 0) AS %(name)s",
                        name=SQL.identifier(name),
                    )
                    for name in (
                        "revenue",
                        "margin",
                        "receivable",
                        "overdue",
                        "purchase_count",
                    )
                ),
                ranked=Customer._rank_measure("revenue"),
                classed=Customer._rank_class("revenue"),
                names=self._names(names),
                old=self._names(names, "old"),
                new=self._names(names, "new"),
                assignments=self._assignments(names),
            )
        )
        written = cr.rowcount
        cr.execute(SQL("DROP TABLE crm_customer_snapshot_change"))
        return written

    @api.model
    def _cron_rebuild(self):
        """Rebuild the past, a slice of months a commit; then never again."""
        waiting = self._rebuild_waiting()
        if waiting:
            self._rebuild(*waiting[0])
        self.env["ir.cron"]._commit_progress(
            len(waiting[:1]),
            remaining=len(waiting[1:]),
            deactivate=len(waiting) <= 1,
        )

    def _rebuild_waiting(self):
        """Return the slices not rebuilt yet, the latest first.

        The oldest row there is tells how far the work has come.

        :return: list of ``(first day, last day)``
        """
        self.env.cr.execute(SQL("SELECT min(date) FROM crm_customer_snapshot"))
        done = self.env.cr.fetchone()[0]
        spans = self._rebuild_spans(None, None, None)
        if not spans:
            return []
        oldest = min(first for first, _last in spans.values())
        last = max(last for _first, last in spans.values())
        if done:
            last = min(last, done.replace(day=1) - timedelta(days=1))
        slices = []
        while last >= oldest:
            first = last.replace(day=1) - relativedelta(months=SLICE_MONTHS - 1)
            slices.append((max(first, oldest.replace(day=1)), last))
            last = first - timedelta(days=1)
        return slices


# The day from which an item can be overdue: it exists, and its due date is past.
_LATE_FROM = SQL("greatest(line.date, coalesce(line.date_maturity, line.date) + 1)")
