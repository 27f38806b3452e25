from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, date_utils

from .crm_customer import ABC_CLASSES, PROFIT

# How far back months are rebuilt, and how many of them in one go.
HISTORY_MONTHS = 120
SLICE_MONTHS = 12

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")

# How the figures of customers that become one are put together: the aggregate over
# those that go, and what is made of it (`new`) and of the figure of the one that stays
# (`old`). The class of several is at least the best of theirs.
MERGES = {
    "sum": ("sum(%s)", "coalesce(old.%(c)s + new.%(c)s, old.%(c)s, new.%(c)s)"),
    "last": ("max(%s)", "greatest(old.%(c)s, new.%(c)s)"),
    "best": ("min(%s)", "least(old.%(c)s, new.%(c)s)"),
    "own": (
        "(array_agg(%s ORDER BY taken.revenue DESC, taken.partner_id))[1]",
        "coalesce(old.%(c)s, new.%(c)s)",
    ),
    "all": ("bool_and(%s)", "old.%(c)s AND new.%(c)s"),
}


class CrmCustomerSnapshot(models.Model):
    """How a customer stood at the end of a month.

    The rows of the running month follow `crm.customer` every night, dated on its last
    day. When the month has turned they are *closed*: the ledger's figures are computed
    as of exactly that day, documents of the last day included, and stay as they are;
    what the ledger does not tell (contribution, salesperson) stays as it was taken
    last. Months that nobody was there to take are *rebuilt* from the ledger: revenue,
    margin, receivable, overdue, purchases and the class by revenue. A rebuilt row has
    no contribution, and the salesperson of the day on which it was rebuilt.

    Rows follow their customer: merged or moved under another parent, they are added up
    (`_absorb`). That cannot be undone: moved out again, the customer starts afresh and
    its past stays where it was added.
    """

    _name = "crm.customer.snapshot"
    _description = "Customer at Month End"
    _rec_name = "partner_id"
    _order = "date desc, revenue desc, id"
    _log_access = False

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer at the time. Who may read the row is decided "
        "by the salesperson of today.",
    )
    date = fields.Date(
        string="Month End", required=True, readonly=True, help="Last day of the month."
    )
    closed = fields.Boolean(
        readonly=True,
        help="The month is over; the figures are as of the end of its last day.",
    )
    rebuilt = fields.Boolean(
        readonly=True,
        help="Computed from the ledger afterwards: without contribution, and with the "
        "salesperson of the day it was computed.",
    )

    revenue = fields.Monetary(
        readonly=True,
        help="Untaxed amount of posted invoices and receipts less credit notes, in the "
        "window that ends with the month.",
    )
    revenue_month = fields.Monetary(
        string="Revenue of the Month",
        readonly=True,
        help="Untaxed amount of posted invoices and receipts less credit notes, in the "
        "month alone.",
    )
    margin = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Revenue less cost, in the window that ends with the month.",
    )
    margin_month = fields.Monetary(
        string="Margin of the Month",
        readonly=True,
        groups=PROFIT,
        help="Revenue less cost, in the month alone.",
    )
    contribution = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Margin less cost to serve and cost of credit, in the window; unknown for "
        "rebuilt months.",
    )
    receivable = fields.Monetary(
        readonly=True,
        help="What the customer owed at the end of the day: open receivable items, "
        "less payments and credit notes not allocated by then.",
    )
    overdue = fields.Monetary(
        readonly=True,
        help="Open items whose due date had passed, before unallocated credits.",
    )
    purchase_count = fields.Integer(
        string="Purchases",
        readonly=True,
        help="Posted invoices and receipts up to that day.",
    )
    last_purchase_date = fields.Date(string="Last Purchase", readonly=True)
    revenue_class = fields.Selection(selection=ABC_CLASSES, readonly=True)
    contribution_class = fields.Selection(
        selection=ABC_CLASSES,
        readonly=True,
        groups=PROFIT,
        help="As ranked in the last night of the month; unknown for rebuilt months.",
    )

    _snapshot_unique = models.UniqueIndex(
        "(partner_id, company_id, date)", "A customer has one row per month end."
    )
    _date_idx = models.Index("(date, company_id)")
    _running_idx = models.Index("(company_id, date) WHERE NOT closed")

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for snapshot in self:
            snapshot.display_name = f"{snapshot.partner_id.display_name}, " + (
                fields.Date.to_string(snapshot.date) or ""
            )

    # ------------------------------------------------------------------
    # Columns
    # ------------------------------------------------------------------

    def _snapshot_columns(self):
        """Return what is kept of a customer; the point where addons extend.

        The SQL may use `customer` (the row of `crm_customer`) and `month` (revenue and
        margin of the running month, NULL without a document).

        :return: ``{column: (key of `MERGES`, SQL of the value taken)}``
        """
        merges = {
            "currency_id": "own",
            "user_id": "own",
            "revenue": "sum",
            "margin": "sum",
            "contribution": "sum",
            "receivable": "sum",
            "overdue": "sum",
            "purchase_count": "sum",
            "last_purchase_date": "last",
            "revenue_class": "best",
            "contribution_class": "best",
        }
        return {
            **{
                name: (merge, SQL.identifier("customer", name))
                for name, merge in merges.items()
            },
            "revenue_month": ("sum", SQL("coalesce(month.revenue, 0)")),
            "margin_month": ("sum", SQL("coalesce(month.margin, 0)")),
        }

    def _ledger_columns(self):
        """Return the names of the figures that the ledger tells for any past day."""
        return [
            "revenue",
            "revenue_month",
            "margin",
            "margin_month",
            "receivable",
            "overdue",
            "purchase_count",
            "last_purchase_date",
            "revenue_class",
        ]

    # ------------------------------------------------------------------
    # The running month
    # ------------------------------------------------------------------

    @api.model
    def _take(self, companies=None):
        """Take the running month from `crm.customer`, closing months that are over.

        Writes the rows that are new or differ. Commits nothing.

        :param companies: `res.company` recordset; all when None
        :return: number of rows written
        """
        self.env.flush_all()
        companies = self._companies(companies)
        written = self._close(companies)
        columns = self._snapshot_columns()
        names = sorted(columns)
        self.env.cr.execute(
            SQL(
                """
                WITH company (id, month_start, today, month_end) AS (VALUES %(months)s),
                month AS (
                    SELECT partner.commercial_partner_id AS partner_id,
                        move.company_id,
                        -sum(line.balance) AS revenue,
                        -sum(line.balance + coalesce(line.sale_cost, 0)) AS margin
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                        AND move.invoice_date
                            BETWEEN company.month_start AND company.today
                    JOIN res_partner partner ON partner.id = move.commercial_partner_id
                    JOIN account_move_line line ON line.move_id = move.id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale)s
                        AND move.invoice_date BETWEEN %(first)s AND %(last)s
                        AND line.display_type = 'product'
                    GROUP BY partner.commercial_partner_id, move.company_id
                ),
                new AS (
                    SELECT customer.partner_id, customer.company_id,
                        company.month_end AS date, FALSE AS rebuilt, FALSE AS closed,
                        %(taken)s
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    LEFT JOIN month ON month.partner_id = customer.partner_id
                        AND month.company_id = customer.company_id
                )
                INSERT INTO crm_customer_snapshot AS old
                    (partner_id, company_id, date, rebuilt, closed, %(names)s)
                SELECT new.* FROM new
                LEFT JOIN crm_customer_snapshot old
                    ON old.partner_id = new.partner_id
                    AND old.company_id = new.company_id
                    AND old.date = new.date
                WHERE old.id IS NULL OR (%(old)s) IS DISTINCT FROM (%(new)s)
                ON CONFLICT (partner_id, company_id, date)
                DO UPDATE SET %(assignments)s
                """,
                months=self._months(companies),
                sale=SALE_TYPES,
                first=min(start for start, _today, _end in companies.values()),
                last=max(today for _start, today, _end in companies.values()),
                taken=SQL(", ").join(
                    SQL("%s AS %s", columns[name][1], SQL.identifier(name))
                    for name in names
                ),
                names=self._names(names),
                old=self._names(["rebuilt", "closed", *names], "old"),
                new=self._names(["rebuilt", "closed", *names], "new"),
                assignments=self._assignments(["rebuilt", "closed", *names]),
            )
        )
        written += self.env.cr.rowcount
        self.invalidate_model()
        return written

    def _close(self, companies):
        """Close the months of these companies that are over.

        :param companies: see `_companies`
        :return: number of rows written
        """
        self.env.cr.execute(
            SQL(
                "SELECT company_id, min(date) FROM crm_customer_snapshot"
                " WHERE NOT closed GROUP BY company_id"
            )
        )
        over = {
            company_id: date
            for company_id, date in self.env.cr.fetchall()
            if company_id in companies and date < companies[company_id][2]
        }
        if not over:
            return 0
        return self._rebuild(
            min(over.values()), companies=self.env["res.company"].browse(over)
        )

    def _companies(self, companies=None):
        """Return the running month of companies, by their own calendar.

        :return: ``{company id: (first day, today, last day)}``
        """
        if companies is None:
            companies = self.env["res.company"].with_context(active_test=False)
            companies = companies.sudo().search([])
        result = {}
        for company in companies.sudo():
            today = company._customer_today()
            result[company.id] = (
                today.replace(day=1),
                today,
                date_utils.end_of(today, "month"),
            )
        return result

    def _months(self, companies):
        return SQL(", ").join(
            SQL("(%s, %s::date, %s::date, %s::date)", company_id, *days)
            for company_id, days in companies.items()
        )

    def _names(self, names, alias=None):
        return SQL(", ").join(
            SQL.identifier(alias, name) if alias else SQL.identifier(name)
            for name in names
        )

    def _assignments(self, names):
        return SQL(", ").join(
            SQL("%(name)s = EXCLUDED.%(name)s", name=SQL.identifier(name))
            for name in names
        )

    # ------------------------------------------------------------------
    # Past months
    # ------------------------------------------------------------------

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
        with self.env["crm.customer"]._refresh_settings():
            # Every join is one of whole tables; the planner thinks the few companies
            # leave few rows, and would look up the others one by one.
            self.env.cr.execute(SQL("SET LOCAL enable_nestloop = off"))
            self._rebuild_read(spans)
            written = self._rebuild_write(spans)
            self.env.cr.execute(SQL("SET LOCAL enable_nestloop = on"))
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
        receivable = self.env["crm.customer"]._scope_everybody().receivable
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
                sale_end=_month_end(SQL("sale.day")),
                sale_exit=_window_exit(SQL("sale.day"), SQL("company.months")),
                move_end=_month_end(SQL("move.invoice_date")),
                line_end=_month_end(SQL("line.date")),
                late_end=_month_end(_LATE_FROM),
                partial_end=_month_end(SQL("partial.max_date")),
                partial_late_end=_month_end(
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
                WHERE old.id IS NULL OR NOT old.closed
                    OR old.rebuilt AND (%(old)s) IS DISTINCT FROM (%(new)s)
                ON CONFLICT (partner_id, company_id, date) DO UPDATE
                SET closed = TRUE, %(assignments)s,
                    contribution = old.contribution + EXCLUDED.margin - old.margin
                WHERE old.rebuilt OR NOT old.closed
                """,
                company=self._rebuild_company(spans),
                series_end=_month_end(SQL("series.start")),
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

    # ------------------------------------------------------------------
    # Customers that become one
    # ------------------------------------------------------------------

    @api.model
    def _absorb(self, targets):
        """Add the rows of customers to those of the customers they became part of.

        One statement, month by month; the rows that were added are removed.

        :param targets: ``{id of a commercial partner: id of the one that takes it}``
        """
        merges = {
            **{name: merge for name, (merge, _sql) in self._snapshot_columns().items()},
            "rebuilt": "all",
            "closed": "all",
        }
        names = sorted(merges)

        def gathered(name):
            code = MERGES[merges[name]][0] % "taken.%(name)s"
            return SQL(f"{code} AS %(name)s", name=SQL.identifier(name))

        def merged(name):
            # What ON CONFLICT calls EXCLUDED is the new value.
            code = MERGES[merges[name]][1].replace("new.", "EXCLUDED.")
            return SQL(f"%(c)s = {code}", c=SQL.identifier(name))

        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH target AS (
                    SELECT * FROM unnest(%(sources)s::int[], %(targets)s::int[])
                        AS target (source_id, partner_id)
                ),
                taken AS (
                    DELETE FROM crm_customer_snapshot
                    WHERE partner_id = ANY(%(sources)s) RETURNING *
                )
                INSERT INTO crm_customer_snapshot AS old
                    (partner_id, company_id, date, %(names)s)
                SELECT target.partner_id, taken.company_id, taken.date, %(gathered)s
                FROM taken JOIN target ON target.source_id = taken.partner_id
                GROUP BY target.partner_id, taken.company_id, taken.date
                ON CONFLICT (partner_id, company_id, date) DO UPDATE SET %(merged)s
                """,
                sources=list(targets),
                targets=list(targets.values()),
                names=self._names(names),
                gathered=SQL(", ").join(map(gathered, names)),
                merged=SQL(", ").join(map(merged, names)),
            )
        )
        self.invalidate_model(flush=False)


# The day from which an item can be overdue: it exists, and its due date is past.
_LATE_FROM = SQL("greatest(line.date, coalesce(line.date_maturity, line.date) + 1)")


def _month_end(day):
    """Return the SQL of the last day of the month of `day`."""
    return SQL(
        "(date_trunc('month', %s::timestamp) + interval '1 month - 1 day')::date", day
    )


def _window_exit(day, months):
    """Return the SQL of the first month end whose window starts after `day`.

    The window that ends on M starts after ``M - months``, a day that a shorter month
    may pull back. So a document leaves `months` later, or in the month after where
    that month ends on an earlier day of the month: one of 29 February still counts on
    28 February of the next year.
    """
    return SQL(
        """
        CASE WHEN extract(day FROM %(day)s) <= extract(day FROM %(end)s)
            THEN %(end)s ELSE %(later)s END
        """,
        day=day,
        end=_shifted_end(day, months),
        later=_shifted_end(day, SQL("(%s + 1)", months)),
    )


def _shifted_end(day, months):
    """Return the SQL of the month end that many months after that of `day`."""
    return SQL(
        "(date_trunc('month', %s::timestamp)"
        " + (%s + 1) * interval '1 month' - interval '1 day')::date",
        day,
        months,
    )
