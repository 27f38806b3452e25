from odoo import api, fields, models
from odoo.tools import SQL, date_utils

from .account_move_line import SALE_TYPES
from .crm_customer import ABC_CLASSES, ENGAGEMENT_STATES, PROFIT, STATES


class CrmCustomerSnapshot(models.Model):
    """How a customer stood at the end of a month.

    The rows of the running month follow `crm.customer` every night, dated on its last
    day. When the month has turned they are *closed*: the ledger's figures are computed
    as of exactly that day, documents of the last day included, and stay as they are;
    what the ledger does not tell (contribution, salesperson) stays as it was taken
    last. Months that nobody was there to take are *rebuilt* from the ledger: revenue,
    margin, receivable, overdue, purchases and the class by revenue. A rebuilt row has
    no contribution and no verdict, and the salesperson of the day it was rebuilt.

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
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Whose customer it is.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", readonly=True, help="The company's currency."
    )
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
    last_purchase_date = fields.Date(
        string="Last Purchase",
        readonly=True,
        help="Date of the last posted invoice or receipt up to that day.",
    )
    revenue_class = fields.Selection(
        selection=ABC_CLASSES,
        readonly=True,
        help="ABC class by revenue of that month end.",
    )
    contribution_class = fields.Selection(
        selection=ABC_CLASSES,
        readonly=True,
        groups=PROFIT,
        help="As ranked in the last night of the month; unknown for rebuilt months.",
    )

    financial_state = fields.Selection(
        selection=STATES,
        readonly=True,
        help="The financial light in the last night of the month.",
    )
    engagement_state = fields.Selection(
        selection=ENGAGEMENT_STATES,
        readonly=True,
        help="The engagement light in the last night of the month.",
    )
    profit_state = fields.Selection(
        selection=STATES,
        readonly=True,
        groups=PROFIT,
        help="The profit light in the last night of the month.",
    )
    base_state = fields.Selection(
        selection=STATES,
        string="State without Profit",
        readonly=True,
        help="The verdict as it was in the last night of the month; unknown for months "
        "that were rebuilt.",
    )
    full_state = fields.Selection(
        selection=STATES,
        string="State with Profit",
        readonly=True,
        groups=PROFIT,
        help="The state with profit in the last night of the month.",
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

        :return: ``{column: (key of `MERGES` in
            ``crm_customer_snapshot_merge``, SQL of the value taken)}``
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
            "financial_state": "own",
            "engagement_state": "own",
            "profit_state": "own",
            "base_state": "own",
            "full_state": "own",
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
