from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from odoo.addons.crm_customer360.models.crm_customer import PROFIT

# Days of the two periods in which movements are counted.
MOVED_DAYS = {"30": 30, "90": 90}

# Which movements go up and down, and whose revenue is at risk.
MOVES = {
    "up": Domain("direction", "=", "up")
    | (Domain("direction", "=", "in") & Domain("old_state", "=", "lapsed")),
    "down": Domain("direction", "=", "down")
    | (Domain("direction", "=", "out") & Domain("state", "=", "lapsed")),
}
AT_RISK = Domain("revenue", ">", 0) & (
    Domain("base_state", "=", "risk")
    | Domain("engagement_state", "in", ("slowing", "lost"))
)

# Rates of a group: Σ of the first divided by Σ of the second, `-` taking one off.
RATIOS = {
    "revenue_growth": (("revenue", "-revenue_previous"), ("revenue_previous",)),
    "contribution_rate": (("contribution",), ("revenue",)),
    "retention": (("kept_count",), ("previous_count",)),
    "at_risk_share": (("at_risk_revenue",), ("revenue",)),
    "overdue_share": (("overdue",), ("receivable_open",)),
}


class CrmRfmSalesperson(models.Model):
    """How the customers of each salesperson stand: one row per person and company.

    Made of `crm.customer` when it is read, by the salesperson that the customers have
    today, so that every figure is the sum over the customers it opens; those without
    one have a row of their own. Money is in the company's currency. Contribution is
    for those who may see profit.
    """

    _name = "crm.rfm.salesperson"
    _description = "Salesperson's Customers"
    _auto = False
    _rec_name = "user_id"
    _order = "revenue desc, id"
    _depends = {
        "crm.customer": ["user_id"],
        "crm.rfm.movement": ["partner_id", "date", "direction"],
    }

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customers today; empty: customers who have none.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", readonly=True, help="Whose customers they are."
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    customer_count = fields.Integer(
        string="Customers", readonly=True, help="Who has ever bought."
    )
    active_count = fields.Integer(
        string="Active", readonly=True, help="Who has bought in the window."
    )
    new_count = fields.Integer(
        string="New", readonly=True, help="Whose first purchase is in the window."
    )
    revenue = fields.Monetary(
        readonly=True,
        help="Untaxed amount of posted invoices and receipts in the window, less "
        "credit notes.",
    )
    revenue_previous = fields.Monetary(
        string="Previous Revenue",
        readonly=True,
        help="Revenue in the window before the current one.",
    )
    revenue_growth = fields.Float(
        string="Growth",
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Revenue compared with the previous window; empty when there was none.",
    )
    contribution = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="What the customers bring: margin less cost to serve and cost of credit.",
    )
    contribution_rate = fields.Float(
        digits=(16, 6),
        readonly=True,
        groups=PROFIT,
        aggregator="avg",
        help="Contribution as a share of revenue; empty without revenue.",
    )
    previous_count = fields.Integer(
        string="Customers Before",
        readonly=True,
        help="Who bought in the window before the current one.",
    )
    kept_count = fields.Integer(
        string="Customers Kept",
        readonly=True,
        help="Who bought in the window before, and again in the current one.",
    )
    retention = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Customers kept as a share of those of the window before; empty when "
        "there were none.",
    )
    at_risk_revenue = fields.Monetary(
        string="Revenue at Risk",
        readonly=True,
        help="Positive revenue, in the window, of customers whose state is Risk, or "
        "who buy later than usual (slowing) or no more (lost). Profit plays no part "
        "in it.",
    )
    at_risk_share = fields.Float(
        string="Share at Risk",
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Revenue at risk as a share of revenue; empty without revenue.",
    )
    moved_up_30 = fields.Integer(
        string="Up, 30 Days",
        readonly=True,
        help="Moves of customers to a better segment in the last 30 days, or back "
        "into one after they had lapsed. Changed rules do not count.",
    )
    moved_down_30 = fields.Integer(
        string="Down, 30 Days",
        readonly=True,
        help="Moves of customers to a worse segment in the last 30 days, or out of "
        "all because they lapsed. Changed rules do not count.",
    )
    moved_up_90 = fields.Integer(
        string="Up, 90 Days",
        readonly=True,
        help="Moves of customers to a better segment in the last 90 days, or back "
        "into one after they had lapsed. Changed rules do not count.",
    )
    moved_down_90 = fields.Integer(
        string="Down, 90 Days",
        readonly=True,
        help="Moves of customers to a worse segment in the last 90 days, or out of "
        "all because they lapsed. Changed rules do not count.",
    )
    moved_up_amount = fields.Monetary(
        string="Moved Up",
        readonly=True,
        help="What those who moved up in the last 90 days had bought in the scheme's "
        "window on that day.",
    )
    moved_down_amount = fields.Monetary(
        string="Moved Down",
        readonly=True,
        help="What those who moved down in the last 90 days had bought in the "
        "scheme's window on that day.",
    )
    receivable_open = fields.Monetary(
        string="Open Items",
        readonly=True,
        help="Open receivable items, before payments and credit notes that are not "
        "allocated.",
    )
    overdue = fields.Monetary(
        readonly=True, help="Open items whose due date has passed."
    )
    overdue_share = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Overdue as a share of the open items; empty when nothing is open.",
    )

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    @property
    def _table_query(self):
        return SQL(
            """
            WITH company (id, currency_id, today, window_start)
                AS (VALUES %(companies)s),
            moved AS (
                SELECT customer.user_id, customer.company_id, %(moved)s
                FROM crm_rfm_movement movement
                JOIN company ON company.id = movement.company_id
                JOIN crm_customer customer
                    ON customer.partner_id = movement.partner_id
                    AND customer.company_id = movement.company_id
                WHERE movement.cause <> 'rules' AND movement.date <= company.today
                    AND movement.date > company.today - %(days)s::int
                GROUP BY customer.user_id, customer.company_id
            ),
            total AS (
                SELECT customer.user_id, customer.company_id, company.currency_id,
                    %(figures)s
                FROM crm_customer customer
                JOIN company ON company.id = customer.company_id
                GROUP BY customer.user_id, customer.company_id, company.currency_id
            )
            SELECT total.company_id * 4294967296 + coalesce(total.user_id, 0) AS id,
                total.*, %(rates)s, %(moves)s
            FROM total
            LEFT JOIN moved ON moved.company_id = total.company_id
                AND moved.user_id IS NOT DISTINCT FROM total.user_id
            """,
            companies=SQL(", ").join(
                SQL(
                    "(%s::int, %s::int, %s::date, %s::date)",
                    row["id"],
                    row["currency_id"],
                    row["today"],
                    row["window_start"],
                )
                for row in self.env["crm.customer"]._company_rows()
            ),
            days=max(MOVED_DAYS.values()),
            moved=self._columns_sql(self._moved_sql()),
            figures=self._columns_sql(self._figures_sql()),
            rates=self._columns_sql(
                {name: self._rate_sql(*RATIOS[name]) for name in RATIOS}
            ),
            moves=self._columns_sql(
                {
                    name: SQL("coalesce(%s, 0)", SQL.identifier("moved", name))
                    for name in self._moved_sql()
                }
            ),
        )

    def _columns_sql(self, columns):
        return SQL(", ").join(
            SQL("%s AS %s", figure, SQL.identifier(name))
            for name, figure in columns.items()
        )

    def _figures_sql(self):
        """Return the figures as aggregates over `customer` and `company`."""
        counts = {
            "customer_count": SQL("customer.last_purchase_date IS NOT NULL"),
            "active_count": SQL("customer.last_purchase_date >= company.window_start"),
            "new_count": SQL("customer.first_purchase_date >= company.window_start"),
            "previous_count": SQL("customer.purchase_previous_count > 0"),
            "kept_count": SQL(
                "customer.purchase_previous_count > 0"
                " AND customer.last_purchase_date >= company.window_start"
            ),
        }
        sums = ("revenue", "revenue_previous", "contribution", "overdue")
        return {
            **{
                name: SQL("count(*) FILTER (WHERE %s)", condition)
                for name, condition in counts.items()
            },
            **{name: SQL("sum(%s)", SQL.identifier("customer", name)) for name in sums},
            "receivable_open": SQL(
                "sum(customer.receivable + customer.credit_unallocated)"
            ),
            "at_risk_revenue": SQL(
                "coalesce(sum(customer.revenue) FILTER (WHERE %s), 0)",
                self._condition_sql("crm.customer", "customer", AT_RISK),
            ),
        }

    def _condition_sql(self, model, alias, domain):
        """Return a domain over stored fields as SQL, as what a figure opens has it."""
        records = self.env[model].sudo()
        query = Query(self.env, alias, SQL.identifier(records._table))
        return domain.optimize_full(records)._to_sql(records, alias, query)

    def _moved_sql(self):
        """Return the moves as aggregates over `movement` and `company`."""
        columns = {}
        for name, domain in MOVES.items():
            condition = self._condition_sql("crm.rfm.movement", "movement", domain)
            for key, days in MOVED_DAYS.items():
                columns[f"moved_{name}_{key}"] = SQL(
                    "count(*) FILTER (WHERE %s"
                    " AND movement.date > company.today - %s::int)",
                    condition,
                    days,
                )
            columns[f"moved_{name}_amount"] = SQL(
                "sum(movement.monetary) FILTER (WHERE %s)", condition
            )
        return columns

    def _rate_sql(self, divided, divisor):
        """Return the SQL of one row's rate, NULL where it means nothing."""
        divided, divisor = (
            SQL(" + ").join(
                SQL("-%s", SQL.identifier("total", term[1:]))
                if term.startswith("-")
                else SQL.identifier("total", term)
                for term in terms
            )
            for terms in (divided, divisor)
        )
        return SQL(
            "round((%(divided)s)::numeric"
            " / CASE WHEN %(divisor)s > 0 THEN %(divisor)s END, 6)",
            divided=divided,
            divisor=divisor,
        )

    # ------------------------------------------------------------------
    # Groups
    # ------------------------------------------------------------------

    def _read_group_select(self, aggregate_spec, query):
        """The rate of a group is that of its sums, not an average of rates."""
        name, _sep, function = aggregate_spec.partition(":")
        select = super()._read_group_select(aggregate_spec, query)
        if function != "avg" or name not in RATIOS:
            return select
        divided, divisor = (
            SQL(" + ").join(self._term_sql(term, query) for term in terms)
            for terms in RATIOS[name]
        )
        return SQL(
            "(%(divided)s)::numeric / CASE WHEN %(divisor)s > 0 THEN %(divisor)s END",
            divided=divided,
            divisor=divisor,
        )

    def _term_sql(self, term, query):
        """Return the SQL of a sum; money of several currencies is converted.

        At today's rate, as native lists show the sums themselves.
        """
        name = term.lstrip("-")
        several = len(self.env.companies.currency_id) > 1
        money = self._fields[name].type == "monetary"
        function = "sum_currency" if several and money else "sum"
        select = self._read_group_select(f"{name}:{function}", query)
        return SQL("-%s", select) if term != name else select

    def _read_group_empty_value(self, spec):
        """Tell a rate that means nothing for a group (False) from one that is 0."""
        name, _sep, function = spec.partition(":")
        if function == "avg" and name in RATIOS:
            return False
        return super()._read_group_empty_value(spec)

    @api.depends("user_id", "company_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.user_id.display_name or self.env._("No salesperson")
