from odoo import models
from odoo.tools import SQL

from .crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Source of the verdict: which open items count as late."""

    _inherit = "crm.customer"

    def _source_late_item(self, scope):
        """Late receivable items as the verdict sees them, in company currency.

        Unallocated credits are taken off the oldest items first. Left out are items of
        invoices that Odoo shows as paid or in payment (`late_paid`), and of invoices
        disputed or promised until a date that has not passed (`late_held`, with the
        first of these dates). `open_counted` are the positive residuals that remain,
        due or not, before credits.
        """
        return Source(
            "late_item",
            SQL(
                """
                SELECT item.partner_id, item.company_id,
                    sum(item.residual) FILTER (WHERE item.counted) AS open_counted,
                    sum(item.net) AS late,
                    sum(item.net) FILTER (
                        WHERE item.late > item.late_watch_days) AS late_watch,
                    sum(item.net) FILTER (
                        WHERE item.late > item.late_risk_days) AS late_risk,
                    min(item.due_date) FILTER (WHERE item.net > 0) AS late_since,
                    sum(item.residual) FILTER (
                        WHERE item.late > 0 AND item.paid) AS late_paid,
                    sum(item.residual) FILTER (
                        WHERE item.late > 0 AND item.held) AS late_held,
                    min(item.held_until) FILTER (
                        WHERE item.late > 0 AND item.held) AS late_held_until
                FROM (
                    SELECT open.*,
                        CASE WHEN open.counted AND open.late > 0 THEN least(
                            open.residual,
                            greatest(
                                sum(open.residual) FILTER (
                                    WHERE open.counted AND open.late > 0
                                ) OVER (
                                    PARTITION BY open.partner_id, open.company_id
                                    ORDER BY open.due_date, open.id
                                ) + coalesce(sum(open.residual) FILTER (
                                    WHERE open.residual < 0
                                ) OVER (
                                    PARTITION BY open.partner_id, open.company_id
                                ), 0), 0)
                        ) END AS net
                    FROM (
                        SELECT line.id, partner.commercial_partner_id AS partner_id,
                            line.company_id,
                            line.amount_residual AS residual,
                            coalesce(line.date_maturity, line.date) AS due_date,
                            company.today - coalesce(line.date_maturity, line.date)
                                AS late,
                            company.late_watch_days, company.late_risk_days,
                            state.paid, state.held, state.held_until,
                            line.amount_residual > 0
                                AND NOT (state.paid OR state.held) AS counted
                        FROM %(line)s line
                        JOIN company ON company.id = line.company_id
                        JOIN %(partner)s partner ON partner.id = line.partner_id
                        LEFT JOIN %(move)s move ON move.id = line.move_id
                        CROSS JOIN LATERAL (
                            SELECT line.amount_residual > 0
                                    AND coalesce(
                                        move.payment_state IN ('in_payment', 'paid'),
                                        FALSE
                                    ) AS paid,
                                line.amount_residual > 0 AND coalesce(
                                    move.collection_hold IS NOT NULL
                                    AND move.collection_hold_until >= company.today
                                    AND move.payment_state
                                        NOT IN ('in_payment', 'paid'),
                                    FALSE
                                ) AS held,
                                move.collection_hold_until AS held_until
                        ) state
                        WHERE line.account_id = ANY(%(receivable)s)
                            AND line.reconciled IS NOT TRUE
                            AND line.parent_state = 'posted'
                            AND line.partner_id IS NOT NULL
                            AND line.date <= company.today
                    ) open
                ) item
                GROUP BY item.partner_id, item.company_id
                """,
                receivable=scope.receivable,
                line=scope.table("account_move_line"),
                move=scope.table("account_move"),
                partner=scope.table("res_partner"),
            ),
            {
                **dict.fromkeys(
                    (
                        "open_counted",
                        "late",
                        "late_watch",
                        "late_risk",
                        "late_paid",
                        "late_held",
                    ),
                    "sum",
                ),
                "late_since": "first",
                "late_held_until": "first",
            },
        )
