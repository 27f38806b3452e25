from odoo import fields, models
from odoo.tools import SQL, ormcache

from .crm_customer_scope import AGGREGATES, COMPANY_COLUMNS, VERDICT_COLUMNS, Scope
from .res_company import customer_period

# Accounts that hold or pass on money: those of these types, and what bank and cash
# journals, payment methods and payments use. Payments are many and their accounts few:
# the index is asked for one account after the other.
LIQUIDITY = SQL(
    """
    WITH RECURSIVE outstanding (id) AS (
        SELECT min(outstanding_account_id) FROM account_payment
        WHERE outstanding_account_id IS NOT NULL
        UNION ALL
        SELECT (
            SELECT min(payment.outstanding_account_id) FROM account_payment payment
            WHERE payment.outstanding_account_id > outstanding.id
        ) FROM outstanding WHERE outstanding.id IS NOT NULL
    )
    SELECT account.id FROM account_account account
    WHERE account.account_type IN ('asset_cash', 'liability_credit_card')
        OR account.account_type NOT IN ('asset_receivable', 'liability_payable')
        AND account.id IN (
            SELECT default_account_id FROM account_journal
            WHERE type IN ('bank', 'cash', 'credit')
            UNION SELECT suspense_account_id FROM account_journal
            UNION SELECT payment_account_id FROM account_payment_method_line
            UNION SELECT transfer_account_id FROM res_company
            UNION SELECT id FROM outstanding)
    ORDER BY account.id
    """
)


class CrmCustomer(models.Model):
    """The query that computes customers, for everybody or for a few of them."""

    _inherit = "crm.customer"

    # ------------------------------------------------------------------
    # Scope
    # ------------------------------------------------------------------

    def _scope_literal(self, contact_ids=None):
        """Return the scope of all customers, or of many of them.

        Accounts, journals and contacts are passed as literals: the planner then uses
        the partial index on open items, and knows how many rows to expect.

        :param contact_ids: ids of all contacts of the customers; all when None
        """
        cr = self.env.cr

        def literal(query):
            cr.execute(query)
            return SQL("%s::int[]", [row[0] for row in cr.fetchall()])

        columns = self._company_columns()
        companies = self._company_rows()
        main = next(row["id"] for row in companies if row["is_main"])
        return Scope(
            everybody=contact_ids is None,
            contacts=SQL("%s::int[]", contact_ids or []),
            companies=SQL(
                "(%s) AS (VALUES %s)",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(
                    SQL(
                        "(%s)",
                        SQL(", ").join(
                            SQL(f"%s::{sql_type}", row[name])
                            for name, sql_type in columns.items()
                        ),
                    )
                    for row in companies
                ),
            ),
            **{name: literal(query) for name, query in self._scope_queries().items()},
            main_company=SQL("%s", main),
        )

    def _scope_prepared(self):
        """Return the scope of the customers that a prepared statement is given.

        The statement is the same for all customers and days, so that it is planned
        once: planning takes longer than reading one customer. Its parameters are the
        contacts (``$1``, int[]) and the companies (``$2``, JSON).
        """

        def array(name):
            return SQL("(SELECT %s FROM few)::int[]", SQL.identifier(name))

        return Scope(
            everybody=False,
            contacts=array("contacts"),
            companies=SQL(
                "AS MATERIALIZED (SELECT * FROM json_to_recordset($2) AS company (%s))",
                SQL(", ").join(
                    SQL(f"%s {sql_type}", SQL.identifier(name))
                    for name, sql_type in self._company_columns().items()
                ),
            ),
            **{name: array(name) for name in self._scope_queries()},
            main_company=SQL("(SELECT company.id FROM company WHERE is_main)"),
        )

    def _prepared_relation(self):
        """Return `few`: contacts, accounts and journals of a prepared statement."""
        return SQL(
            "few AS MATERIALIZED (SELECT array(%s) AS contacts, %s)",
            self._contacts_of(SQL("$1")),
            SQL(", ").join(
                SQL("array(%s) AS %s", query, SQL.identifier(name))
                for name, query in self._scope_queries().items()
            ),
        )

    def _contacts_of(self, partners):
        """Return the query of all contacts of the customers of these partners."""
        return SQL(
            """
            SELECT id FROM res_partner WHERE commercial_partner_id = ANY(array(
                SELECT commercial_partner_id FROM res_partner WHERE id = ANY(%s)))
            """,
            partners,
        )

    def _scope_queries(self):
        """Return the queries of the accounts and journals that a scope names."""
        by_type = "SELECT id FROM account_account WHERE account_type = %s ORDER BY id"
        return {
            "receivable": SQL(by_type, "asset_receivable"),
            "payable": SQL(by_type, "liability_payable"),
            "liquidity": LIQUIDITY,
            "treasury": SQL(
                "SELECT id FROM account_journal"
                " WHERE type IN ('bank', 'cash', 'credit') ORDER BY id"
            ),
        }

    def _company_columns(self):
        """Return the columns of the relation `company`: ``{name: SQL type}``.

        Extend it together with `_company_values`, or `_company_dates`.
        """
        return COMPANY_COLUMNS

    def _company_rows(self):
        """Return dates and settings of every company, see `_company_columns`."""
        now = fields.Datetime.now()
        return [
            {**settings, **self._company_dates(settings, now)}
            for settings in self._company_settings()
        ]

    def _company_dates(self, settings, now):
        """Return the columns of a company that move with the calendar.

        :param settings: what `_company_values` gives
        :param now: naive UTC datetime
        """
        return customer_period(now, settings["tz"], settings["months"])

    @ormcache()
    def _company_settings(self):
        """Return what is needed of every company besides the dates.

        Kept, since opening one customer would read it anew; forgotten whenever a
        company is written.
        """
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        companies = companies.search([], order="id")
        main = next(company for company in companies if not company.parent_id)
        return [
            {"is_main": company == main, **self._company_values(company)}
            for company in companies
        ]

    def _company_values(self, company):
        """Return the settings of a company; kept until a company is written."""
        root = company.root_id
        Partner = self.env["res.partner"].sudo()
        limit = Partner._fields["credit_limit"]
        trust = Partner._fields["trust"]
        return {
            "id": company.id,
            "is_root": company == root,
            "currency_id": company.currency_id.id,
            "decimals": company.currency_id.decimal_places,
            "global_rounding": company.tax_calculation_rounding_method
            == "round_globally",
            "tz": company._customer_timezone().zone,
            "months": root.customer_window_months,
            "order_cost": root.customer_order_cost,
            "credit_note_cost": root.customer_credit_note_cost,
            "meeting_hour_cost": root.customer_meeting_hour_cost,
            "activity_cost": root.customer_activity_cost,
            "capital_rate": root.customer_capital_rate,
            "by_contribution": root.customer_pareto_measure == "contribution",
            "use_credit_limit": company.account_use_credit_limit,
            "default_credit_limit": limit.get_company_dependent_fallback(
                Partner.with_company(company)
            ),
            "default_trust": trust.get_company_dependent_fallback(
                Partner.with_company(company)
            )
            or None,
            **{name: root[f"customer_{name}"] for name in VERDICT_COLUMNS},
        }

    # ------------------------------------------------------------------
    # Relations
    # ------------------------------------------------------------------

    def _few_relations(self, scope):
        """Return the rows of the customers to refresh, each table read once."""
        relations = {
            "few_res_partner": SQL(
                """
                SELECT id, commercial_partner_id, company_id, customer_rank
                FROM res_partner WHERE id = ANY(%s)
                """,
                scope.contacts,
            ),
            "few_account_move": SQL(
                """
                SELECT id, company_id, commercial_partner_id, state, move_type,
                    invoice_date, amount_total_signed, amount_untaxed_signed,
                    payment_state,
                    collection_hold, collection_hold_until
                FROM account_move
                WHERE commercial_partner_id = ANY(%s)
                    AND state = 'posted' AND move_type <> 'entry'
                """,
                scope.contacts,
            ),
            "few_account_move_line": SQL(
                """
                SELECT id, move_id, company_id, partner_id, account_id, journal_id,
                    parent_state, reconciled, date, invoice_date, date_maturity,
                    balance, amount_residual
                FROM account_move_line
                WHERE partner_id = ANY(%(contacts)s)
                    AND account_id = ANY(%(receivable)s || %(payable)s)
                    AND parent_state = 'posted'
                """,
                contacts=scope.contacts,
                receivable=scope.receivable,
                payable=scope.payable,
            ),
            "few_sale_order": SQL(
                """
                SELECT id, company_id, partner_id, state, date_order, currency_id,
                    currency_rate, amount_untaxed, amount_total
                FROM sale_order WHERE partner_id = ANY(%s)
                """,
                scope.contacts,
            ),
        }
        return [
            SQL("%s AS MATERIALIZED (%s)", SQL.identifier(name), query)
            for name, query in relations.items()
        ]

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    def _select(self, scope, *relations):
        """Return the query that computes the rows of the customers of `scope`.

        The sources are put one below the other, each padding the columns of the
        others with NULL, and grouped once by commercial partner and company.

        :param relations: further relations that the scope's SQL refers to
        """
        sources = [source(scope) for source in self._sources()]
        columns, homeless = {}, set()
        for source in sources:
            columns.update(source.columns)
            if source.homeless:
                homeless.update(source.columns)
        relations = [SQL("company %s", scope.companies), *relations]
        if not scope.everybody:
            relations += self._few_relations(scope)
        return SQL(
            """
            WITH %(relations)s,
            gathered AS (
                SELECT partner.commercial_partner_id AS partner_id,
                    stacked.company_id, %(gathered)s
                FROM (%(stacked)s) stacked
                JOIN %(partner)s partner ON partner.id = stacked.partner_id
                GROUP BY partner.commercial_partner_id, stacked.company_id
            ),
            -- Documents of no company count once: on the customer's row with the
            -- largest revenue, which has seat 1.
            seated AS (
                SELECT gathered.*, row_number() OVER (
                    PARTITION BY gathered.partner_id
                    ORDER BY gathered.company_id IS NULL,
                        coalesce(gathered.revenue_total, 0) DESC, gathered.company_id
                ) AS seat
                FROM gathered
                JOIN %(partner)s partner ON partner.id = gathered.partner_id
                WHERE gathered.company_id IS NULL OR gathered.evidence > 0
                    OR partner.customer_rank > 0
            ),
            base AS (
                SELECT seated.partner_id, company.id AS company_id, %(base)s
                FROM seated
                -- A contact marked as customer without a document anywhere has a row
                -- in its company or, when it is shared, in each root company.
                JOIN company ON company.id = seated.company_id
                    OR (seated.company_id IS NULL AND seated.seat = 1 AND (
                        (company.is_main AND seated.evidence > 0)
                        OR (company.is_root AND seated.prospect > 0)))
                LEFT JOIN seated homeless ON homeless.company_id IS NULL
                    AND homeless.partner_id = seated.partner_id
                    AND seated.seat = 1
                    AND (seated.company_id IS NOT NULL OR company.is_main)
            )
            SELECT base.partner_id, base.company_id, %(figures)s
            FROM base
            JOIN company ON company.id = base.company_id
            JOIN res_partner partner ON partner.id = base.partner_id
            -- OFFSET 0 keeps each layer from being copied into every use of it.
            CROSS JOIN LATERAL (SELECT %(derived)s OFFSET 0) derived
            CROSS JOIN LATERAL (SELECT %(judged)s OFFSET 0) judged
            CROSS JOIN LATERAL (SELECT %(verdict)s OFFSET 0) verdict
            """,
            relations=SQL(", ").join(relations),
            partner=scope.table("res_partner"),
            gathered=SQL(", ").join(
                SQL(
                    f"{AGGREGATES[aggregate][0]}(%(column)s) AS %(column)s",
                    column=SQL.identifier(name),
                )
                for name, aggregate in columns.items()
            ),
            stacked=SQL("\nUNION ALL\n").join(
                self._padded(source, columns) for source in sources
            ),
            base=SQL(", ").join(
                self._base_column(name, aggregate, name in homeless)
                for name, aggregate in columns.items()
            ),
            figures=self._named(dict(sorted(self._figures().items()))),
            derived=self._named(self._derived_figures()),
            judged=self._named(self._judged_figures()),
            verdict=self._named(self._verdict_figures()),
        )

    def _named(self, expressions):
        return SQL(", ").join(
            SQL("%s AS %s", expression, SQL.identifier(name))
            for name, expression in expressions.items()
        )

    def _padded(self, source, columns):
        """Return the rows of a source with all columns, those it lacks being NULL."""
        return SQL(
            "SELECT partner_id, company_id, %s FROM (%s) %s",
            SQL(", ").join(
                SQL.identifier(name)
                if name in source.columns
                else SQL(
                    f"NULL::{AGGREGATES[aggregate][1]} AS %s", SQL.identifier(name)
                )
                for name, aggregate in columns.items()
            ),
            source.query,
            SQL.identifier(source.name),
        )

    def _base_column(self, name, aggregate, homeless):
        """Return a gathered column with what belongs to no company put in its place.

        :param homeless: whether a source may give the column without a company. A row
            that itself belongs to none is its own `homeless` row.
        """
        column = SQL.identifier(name)
        if homeless:
            own = SQL(
                "CASE WHEN seated.company_id IS NOT NULL THEN seated.%s END", column
            )
            other = SQL("homeless.%s", column)
        else:
            own, other = SQL("seated.%s", column), None
        if aggregate == "sum":
            value = SQL("coalesce(%s, 0)", own)
            if other:
                value = SQL("%s + coalesce(%s, 0)", value, other)
        elif other:
            function = SQL("least" if aggregate == "first" else "greatest")
            value = SQL("%s(%s, %s)", function, own, other)
        else:
            value = own
        return SQL("%s AS %s", value, column)
