from odoo import models
from odoo.tools import SQL

from .crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Sources that read the ledger: revenue and cost, receivables, payments.

    Every amount is in company currency, at the rate of its own document. Documents
    dated after the company's today are left out.
    """

    _inherit = "crm.customer"

    def _source_revenue(self, scope):
        """Untaxed revenue and cost, from invoice lines; vendor bills likewise.

        `revenue_total` is what Invoice Analysis calls Untaxed Total: refunds are
        negative.
        """
        windows = self._further_windows()
        return Source(
            "revenue",
            SQL(
                """
                SELECT move.commercial_partner_id AS partner_id, line.company_id,
                    -sum(line.balance) FILTER (WHERE move.is_sale) AS revenue_total,
                    -sum(line.balance) FILTER (
                        WHERE move.is_sale AND move.period = 0) AS revenue,
                    -sum(line.balance) FILTER (
                        WHERE move.is_sale AND move.period = 1) AS revenue_previous,
                    sum(line.balance) FILTER (
                        WHERE move.is_refund AND move.period = 0) AS refund,
                    sum(line.sale_cost) FILTER (
                        WHERE move.is_sale AND move.period = 0) AS cost,
                    sum(line.sale_cost) FILTER (
                        WHERE move.is_sale AND move.period = 0
                        AND line.sale_cost_source = 'cogs') AS cost_cogs,
                    sum(line.sale_cost) FILTER (
                        WHERE move.is_sale AND move.period = 0
                        AND line.sale_cost_source = 'order') AS cost_order,
                    sum(line.sale_cost) FILTER (
                        WHERE move.is_sale AND move.period = 0
                        AND line.sale_cost_source = 'standard') AS cost_standard,
                    sum(line.sale_cost) FILTER (
                        WHERE move.is_sale AND move.period = 0
                        AND line.sale_cost_source = 'estimated') AS cost_estimated,
                    sum(line.balance) FILTER (
                        WHERE NOT move.is_sale AND move.period = 0) AS purchase
                    %(further)s
                FROM account_move_line line
                JOIN (
                    SELECT move.id, move.commercial_partner_id,
                        move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                            AS is_sale,
                        move.move_type = 'out_refund' AS is_refund,
                        CASE WHEN move.invoice_date >= company.window_start THEN 0
                            WHEN move.invoice_date >= company.previous_start THEN 1
                        END AS period
                        %(in_further)s
                    FROM %(move)s move
                    JOIN company ON company.id = move.company_id
                    WHERE move.state = 'posted'
                        AND move.move_type <> 'entry'
                        AND move.invoice_date <= company.today
                ) move ON move.id = line.move_id
                WHERE line.display_type = 'product'
                GROUP BY move.commercial_partner_id, line.company_id
                """,
                move=scope.table("account_move"),
                further=SQL().join(
                    SQL(
                        ", -sum(line.balance) FILTER ("
                        "WHERE move.is_sale AND move.%s) AS %s",
                        SQL.identifier(f"in_{name}"),
                        SQL.identifier(f"{name}_revenue"),
                    )
                    for name in windows
                ),
                in_further=SQL().join(
                    SQL(
                        ", move.invoice_date >= %s AS %s",
                        start,
                        SQL.identifier(f"in_{name}"),
                    )
                    for name, start in windows.items()
                ),
            ),
            dict.fromkeys(
                (
                    *(f"{name}_revenue" for name in windows),
                    "revenue_total",
                    "revenue",
                    "revenue_previous",
                    "refund",
                    "cost",
                    "cost_cogs",
                    "cost_order",
                    "cost_standard",
                    "cost_estimated",
                    "purchase",
                ),
                "sum",
            ),
        )

    def _source_purchase(self, scope):
        """Purchases: posted customer invoices and receipts, one event each.

        `invoiced` is tax included and net of credit notes (for the DSO). Days are
        counted once, so the commercial partner is resolved before counting.
        """
        windows = self._further_windows()
        return Source(
            "purchase",
            SQL(
                """
                SELECT day.partner_id, day.company_id,
                    1 AS evidence,
                    sum(day.purchases) AS purchase_count,
                    sum(day.purchases) FILTER (
                        WHERE day.invoice_date >= company.previous_start
                        AND day.invoice_date < company.window_start
                    ) AS purchase_previous_count,
                    count(*) FILTER (WHERE day.purchases > 0) AS purchase_day_count,
                    sum(day.credit_notes) FILTER (
                        WHERE day.invoice_date >= company.window_start
                    ) AS credit_note_count,
                    sum(day.amount) FILTER (
                        WHERE day.invoice_date >= company.window_start) AS invoiced,
                    min(day.invoice_date) FILTER (
                        WHERE day.purchases > 0) AS first_purchase_date,
                    max(day.invoice_date) FILTER (
                        WHERE day.purchases > 0) AS last_purchase_date
                    %(further)s
                FROM (
                    SELECT partner.commercial_partner_id AS partner_id,
                        move.company_id, move.invoice_date,
                        count(*) FILTER (
                            WHERE move.move_type <> 'out_refund') AS purchases,
                        count(*) FILTER (
                            WHERE move.move_type = 'out_refund') AS credit_notes,
                        sum(move.amount_total_signed) AS amount
                    FROM %(move)s move
                    JOIN res_partner partner ON partner.id = move.commercial_partner_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN (
                            'out_invoice', 'out_refund', 'out_receipt')
                    GROUP BY partner.commercial_partner_id, move.company_id,
                        move.invoice_date
                ) day
                JOIN company ON company.id = day.company_id
                WHERE day.invoice_date <= company.today
                GROUP BY day.partner_id, day.company_id
                """,
                move=scope.table("account_move"),
                further=SQL().join(
                    SQL(
                        ", sum(day.purchases) FILTER (WHERE day.invoice_date >= %s)"
                        " AS %s",
                        start,
                        SQL.identifier(f"{name}_purchase_count"),
                    )
                    for name, start in windows.items()
                ),
            ),
            {
                **{f"{name}_purchase_count": "sum" for name in windows},
                "evidence": "sum",
                "purchase_count": "sum",
                "purchase_day_count": "sum",
                "purchase_previous_count": "sum",
                "credit_note_count": "sum",
                "invoiced": "sum",
                "first_purchase_date": "first",
                "last_purchase_date": "last",
            },
        )

    def _source_open_item(self, scope):
        """Open receivable and payable items, by days past due.

        `overdue_due_sum` is Σ residual × (due date − 2000-01-01), from which the
        delay of the overdue items is derived on any day.
        """
        return Source(
            "open_item",
            SQL(
                """
                SELECT item.partner_id, item.company_id,
                    sum(item.residual) FILTER (WHERE receivable) AS receivable,
                    -sum(item.residual) FILTER (
                        WHERE receivable AND residual < 0) AS credit_unallocated,
                    sum(item.residual) FILTER (
                        WHERE due AND late <= 0) AS aging_not_due,
                    sum(item.residual) FILTER (
                        WHERE due AND late BETWEEN 1 AND 30) AS aging_1_30,
                    sum(item.residual) FILTER (
                        WHERE due AND late BETWEEN 31 AND 60) AS aging_31_60,
                    sum(item.residual) FILTER (
                        WHERE due AND late BETWEEN 61 AND 90) AS aging_61_90,
                    sum(item.residual) FILTER (
                        WHERE due AND late BETWEEN 91 AND 120) AS aging_91_120,
                    sum(item.residual) FILTER (
                        WHERE due AND late >= 121) AS aging_121_plus,
                    sum(item.residual * (item.due_date - DATE '2000-01-01')) FILTER (
                        WHERE due AND late >= 1) AS overdue_due_sum,
                    -sum(item.residual) FILTER (WHERE NOT receivable) AS payable,
                    min(item.due_date) FILTER (
                        WHERE due AND late >= 1) AS oldest_due_date
                FROM (
                    SELECT line.partner_id, line.company_id,
                        line.amount_residual AS residual,
                        coalesce(line.date_maturity, line.date) AS due_date,
                        company.today - coalesce(line.date_maturity, line.date) AS late,
                        line.account_id = ANY(%(receivable)s) AS receivable,
                        line.account_id = ANY(%(receivable)s)
                            AND line.amount_residual > 0 AS due
                    FROM %(line)s line
                    JOIN company ON company.id = line.company_id
                    WHERE line.account_id = ANY(%(receivable)s || %(payable)s)
                        AND line.reconciled IS NOT TRUE
                        AND line.parent_state = 'posted'
                        AND line.partner_id IS NOT NULL
                        AND line.date <= company.today
                ) item
                GROUP BY item.partner_id, item.company_id
                """,
                receivable=scope.receivable,
                payable=scope.payable,
                line=scope.table("account_move_line"),
            ),
            {
                **dict.fromkeys(
                    (
                        "receivable",
                        "credit_unallocated",
                        "aging_not_due",
                        "aging_1_30",
                        "aging_31_60",
                        "aging_61_90",
                        "aging_91_120",
                        "aging_121_plus",
                        "overdue_due_sum",
                        "payable",
                    ),
                    "sum",
                ),
                "oldest_due_date": "first",
            },
        )

    def _source_receivable_line(self, scope):
        """All posted receivable lines: money received, and money lent day by day.

        `balance_days` is Σ balance × days since the later of the line and the day
        before the window, so that what was owed before counts for the whole window:
        the integral of the daily balance.
        """
        return Source(
            "receivable_line",
            SQL(
                """
                SELECT line.partner_id, line.company_id,
                    1 AS evidence,
                    -sum(line.balance) FILTER (
                        WHERE line.journal_id = ANY(%(journals)s)
                        AND line.date >= company.window_start) AS received,
                    sum(line.balance * (company.today
                        - greatest(line.date, company.window_start - 1)
                    )) AS balance_days,
                    max(line.date) FILTER (
                        WHERE line.journal_id = ANY(%(journals)s)
                        AND line.balance < 0) AS last_payment_date
                FROM %(line)s line
                JOIN company ON company.id = line.company_id
                WHERE line.account_id = ANY(%(receivable)s)
                    AND line.parent_state = 'posted'
                    AND line.partner_id IS NOT NULL
                    AND line.date <= company.today
                GROUP BY line.partner_id, line.company_id
                """,
                journals=scope.treasury,
                receivable=scope.receivable,
                line=scope.table("account_move_line"),
            ),
            {
                "evidence": "sum",
                "received": "sum",
                "balance_days": "sum",
                "last_payment_date": "last",
            },
        )

    def _source_write_off(self, scope):
        """What payments settled without money: discounts, fees, differences.

        Lines of a payment's entry that are neither the customer's receivable nor
        money. They lower `received`.
        """
        return Source(
            "write_off",
            SQL(
                """
                SELECT coalesce(line.partner_id, move.partner_id) AS partner_id,
                    line.company_id,
                    -sum(line.balance) AS received
                FROM account_move_line line
                JOIN account_move move ON move.id = line.move_id
                JOIN company ON company.id = line.company_id
                WHERE line.journal_id = ANY(%(journals)s)
                    AND line.parent_state = 'posted'
                    AND line.date BETWEEN company.window_start AND company.today
                    AND NOT line.account_id
                        = ANY(%(receivable)s || %(payable)s || %(liquidity)s)
                    AND (line.move_id, coalesce(line.partner_id, move.partner_id)) IN (
                        SELECT paid.move_id, paid.partner_id
                        FROM %(line)s paid
                        WHERE paid.account_id = ANY(%(receivable)s)
                            AND paid.journal_id = ANY(%(journals)s)
                            AND paid.parent_state = 'posted'
                    )
                GROUP BY coalesce(line.partner_id, move.partner_id), line.company_id
                """,
                journals=scope.treasury,
                receivable=scope.receivable,
                payable=scope.payable,
                liquidity=scope.liquidity,
                line=scope.table("account_move_line"),
            ),
            {"received": "sum"},
        )

    def _source_settlement(self, scope):
        """How long the items paid in the window took: amounts × days.

        A partial reconciliation counts when money stands on its other side; a credit
        note is no payment. `max_date` is the later date of its two sides.
        """
        return Source(
            "settlement",
            SQL(
                """
                SELECT line.partner_id, line.company_id,
                    sum(partial.amount) AS settled,
                    sum(partial.amount * (
                        partial.max_date - coalesce(line.invoice_date, line.date)
                    )) AS settled_days,
                    sum(partial.amount * (
                        partial.max_date - coalesce(line.date_maturity, line.date)
                    )) AS settled_late_days
                FROM %(line)s line
                JOIN company ON company.id = line.company_id
                JOIN account_partial_reconcile partial
                    ON partial.debit_move_id = line.id
                JOIN account_move_line payment ON payment.id = partial.credit_move_id
                WHERE line.account_id = ANY(%(receivable)s)
                    AND NOT line.journal_id = ANY(%(journals)s)
                    AND line.parent_state = 'posted'
                    AND line.partner_id IS NOT NULL
                    AND payment.journal_id = ANY(%(journals)s)
                    AND payment.parent_state = 'posted'
                    AND partial.max_date BETWEEN company.window_start AND company.today
                GROUP BY line.partner_id, line.company_id
                """,
                receivable=scope.receivable,
                journals=scope.treasury,
                line=scope.table("account_move_line"),
            ),
            dict.fromkeys(("settled", "settled_days", "settled_late_days"), "sum"),
        )

    def _source_payment(self, scope):
        """Customer payments not yet on a bank statement, or not yet in the books."""
        return Source(
            "payment",
            SQL(
                """
                SELECT payment.partner_id, payment.company_id,
                    1 AS evidence,
                    sum(payment.amount_company_currency_signed) FILTER (
                        WHERE payment.move_id IS NULL
                        AND payment.state = 'in_process') AS in_process,
                    sum(payment.amount_company_currency_signed) FILTER (
                        WHERE payment.move_id IS NOT NULL) AS in_transit
                FROM account_payment payment
                JOIN company ON company.id = payment.company_id
                WHERE payment.is_matched IS NOT TRUE
                    AND payment.partner_type = 'customer'
                    AND payment.partner_id IS NOT NULL
                    AND payment.state IN ('in_process', 'paid')
                    AND payment.date <= company.today
                    AND %(only)s
                GROUP BY payment.partner_id, payment.company_id
                """,
                only=scope.only(SQL("payment.partner_id")),
            ),
            dict.fromkeys(("evidence", "in_process", "in_transit"), "sum"),
        )
