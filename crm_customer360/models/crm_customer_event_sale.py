from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from .account_move_line import SALE_TYPES
from .crm_customer_event_branch import EventBranch


class CrmCustomerEvent(models.Model):
    """Branches of documents with amounts: orders, invoices, payments, opportunities."""

    _inherit = "crm.customer.event"

    def _event_branches(self, scope):
        return (
            super()._event_branches(scope)
            + self._event_orders()
            + self._event_invoices()
            + self._event_payments(scope)
            + self._event_payments_in_hand()
            + self._event_opportunities()
        )

    def _event_orders(self):
        """Quotations, cancelled ones too, and orders; untaxed, at the order's rate."""
        readable = self._readable("sale.order", [])
        if not readable:
            return []
        source, where = readable
        order = {
            "source": source,
            "key": SQL("sale_order.id"),
            "partner": SQL("sale_order.partner_id"),
            "res_model": SQL("'sale.order'"),
            "res_id": SQL("sale_order.id"),
            "company": SQL("sale_order.company_id"),
            "moment": SQL("sale_order.date_order"),
            "name": SQL("sale_order.name"),
            "amount": SQL(
                "round(sale_order.amount_untaxed"
                " / coalesce(nullif(sale_order.currency_rate, 0), 1), ("
                "SELECT currency.decimal_places FROM res_company company"
                " JOIN res_currency currency ON currency.id = company.currency_id"
                " WHERE company.id = sale_order.company_id))"
            ),
            "user": SQL("sale_order.user_id"),
        }
        return [
            EventBranch(
                "quotation",
                1,
                where=SQL("%s AND sale_order.state <> 'sale'", where),
                state=SQL("sale_order.state"),
                **order,
            ),
            EventBranch(
                "order",
                2,
                where=SQL("%s AND sale_order.state = 'sale'", where),
                **order,
            ),
        ]

    def _event_invoices(self):
        """Posted customer invoices, receipts and credit notes.

        The amount is that of the product lines, untaxed, as in `revenue`.
        """
        # As in the index on customers' documents.
        domain = Domain("state", "=", "posted") & Domain("move_type", "!=", "entry")
        readable = self._readable("account.move", domain)
        if not readable:
            return []
        source, where = readable
        invoice = {
            "source": source,
            "key": SQL("account_move.id"),
            "partner": SQL("account_move.commercial_partner_id"),
            "res_model": SQL("'account.move'"),
            "res_id": SQL("account_move.id"),
            "company": SQL("account_move.company_id"),
            "day": SQL("account_move.invoice_date"),
            "name": SQL("account_move.name"),
            "amount": SQL(
                "coalesce((SELECT -sum(line.balance) FROM account_move_line line"
                " WHERE line.move_id = account_move.id"
                " AND line.display_type = 'product'), 0)"
            ),
            "state": SQL("nullif(account_move.payment_state, 'invoicing_legacy')"),
            "user": SQL("account_move.invoice_user_id"),
        }
        return [
            EventBranch(
                kind,
                code,
                where=SQL(
                    "%s AND account_move.move_type = ANY(%s)", where, list(move_types)
                ),
                **invoice,
            )
            for kind, code, move_types in (
                ("invoice", 3, set(SALE_TYPES) - {"out_refund"}),
                ("credit_note", 4, {"out_refund"}),
            )
        ]

    def _event_payments(self, scope):
        """Entries of bank, cash and card journals, as `received` counts them.

        One line per entry and customer: its receivable lines less what was written off.
        Money paid back is negative.
        """
        domain = Domain("parent_state", "=", "posted") & Domain(
            "partner_id", "!=", False
        )
        readable = self._readable("account.move.line", domain)
        if not readable:
            return []
        source, where = readable
        # Few accounts and journals, read once: joined, they are looked up line by line.
        queries = self.env["crm.customer"]._scope_queries()
        arrays = {name: SQL("array(%s)", query) for name, query in queries.items()}
        conditions = [
            where,
            SQL("account_move_line.account_id = ANY(%s)", arrays["receivable"]),
            SQL("account_move_line.journal_id = ANY(%s)", arrays["treasury"]),
            scope.only(SQL("account_move_line.partner_id")),
            scope.between(SQL("account_move_line.date")),
        ]
        if scope.ids is not None:
            conditions.append(
                SQL(
                    "account_move_line.move_id IN (SELECT line.move_id"
                    " FROM account_move_line line WHERE line.id = ANY(%s::int[]))",
                    scope.keys(5),
                )
            )
        payment = SQL(
            """(
                SELECT min(account_move_line.id) AS id, account_move_line.move_id,
                    min(account_move_line.date) AS date,
                    payer.commercial_partner_id AS partner_id,
                    -sum(account_move_line.balance) AS amount,
                    array_agg(account_move_line.partner_id) AS contacts
                FROM %(source)s
                JOIN res_partner payer ON payer.id = account_move_line.partner_id
                WHERE %(where)s
                GROUP BY account_move_line.move_id, payer.commercial_partner_id
            ) payment
            JOIN account_move entry ON entry.id = payment.move_id
            """,
            source=source,
            where=SQL(" AND ").join(conditions),
        )
        by_payment = SQL(
            "entry.origin_payment_id IS NOT NULL AND %s",
            self.env["account.payment"].has_access("read"),
        )
        return [
            EventBranch(
                "payment",
                5,
                source=payment,
                where=SQL("TRUE"),
                key=SQL("payment.id"),
                partner=SQL("payment.partner_id"),
                res_model=SQL(
                    "CASE WHEN %s THEN 'account.payment' ELSE 'account.move' END",
                    by_payment,
                ),
                res_id=SQL(
                    "CASE WHEN %s THEN entry.origin_payment_id ELSE entry.id END",
                    by_payment,
                ),
                company=SQL("entry.company_id"),
                day=SQL("payment.date"),
                name=SQL("concat_ws(' · ', entry.name, nullif(entry.ref, ''))"),
                amount=SQL(
                    """
                    payment.amount - coalesce((
                        SELECT sum(line.balance) FROM account_move_line line
                        WHERE line.move_id = payment.move_id
                            AND coalesce(line.partner_id, entry.partner_id)
                                = ANY(payment.contacts)
                            AND line.account_id <> ALL(%s || %s || %s)
                    ), 0)
                    """,
                    *(arrays[name] for name in ("receivable", "payable", "liquidity")),
                ),
            )
        ]

    def _event_payments_in_hand(self):
        """Customer payments that have no journal entry yet, as `in_process`."""
        readable = self._readable(
            "account.payment",
            Domain("move_id", "=", False)
            & Domain("state", "=", "in_process")
            & Domain("partner_type", "=", "customer")
            & Domain("partner_id", "!=", False),
        )
        if not readable:
            return []
        source, where = readable
        return [
            EventBranch(
                "payment_in_hand",
                6,
                source=source,
                where=SQL("%s AND account_payment.is_matched IS NOT TRUE", where),
                key=SQL("account_payment.id"),
                partner=SQL("account_payment.partner_id"),
                res_model=SQL("'account.payment'"),
                res_id=SQL("account_payment.id"),
                company=SQL("account_payment.company_id"),
                day=SQL("account_payment.date"),
                name=SQL(
                    "concat_ws(' · ', account_payment.name,"
                    " nullif(account_payment.memo, ''))"
                ),
                amount=SQL("account_payment.amount_company_currency_signed"),
            )
        ]

    def _event_opportunities(self):
        """Opportunities: made; and won or lost. Expected revenue."""
        readable = self._readable("crm.lead", Domain("type", "=", "opportunity"))
        if not readable:
            return []
        source, where = readable
        lead = {
            "source": source,
            "key": SQL("crm_lead.id"),
            "partner": SQL("crm_lead.partner_id"),
            "res_model": SQL("'crm.lead'"),
            "res_id": SQL("crm_lead.id"),
            "company": SQL("crm_lead.company_id"),
            "name": SQL("crm_lead.name"),
            "amount": SQL("nullif(crm_lead.expected_revenue, 0)"),
            "user": SQL("crm_lead.user_id"),
        }
        closed = SQL("%s AND crm_lead.won_status", where)
        return [
            EventBranch(
                "opportunity",
                8,
                where=where,
                moment=SQL("crm_lead.create_date"),
                **lead,
            ),
            *(
                EventBranch(
                    kind,
                    code,
                    where=SQL("%s = %s", closed, kind),
                    moment=SQL("crm_lead.date_closed"),
                    **lead,
                )
                for kind, code in (("won", 9), ("lost", 10))
            ),
        ]
