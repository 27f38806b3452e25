import pytz

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .account_move_line import SALE_TYPES

# Customers listed behind a difference, the largest first.
LISTED = 1_000


class CrmCustomerIntegrity(models.TransientModel):
    """The statements of the check: the ledger summed on its own, and compared."""

    _inherit = "crm.customer.integrity"

    def _company_relation(self, companies):
        """Return the relation of the companies, as SQL rows.

        Columns: id, root_id, today, today_end (UTC), refreshed (day of the last
        refresh of all customers, in the company's timezone).
        """
        rows = []
        for company in companies:
            period = company._customer_period()
            refreshed = company.customer_refreshed_at
            if refreshed:
                moment = pytz.utc.localize(refreshed)
                refreshed = moment.astimezone(company._customer_timezone()).date()
            rows.append(
                SQL(
                    "(%s, %s, %s::date, %s::timestamp, %s::date)",
                    company.id,
                    company.root_id.id,
                    period["today"],
                    period["today_end"],
                    refreshed or period["today"],
                )
            )
        return SQL(
            "(id, root_id, today, today_end, refreshed) AS (VALUES %s)",
            SQL(", ").join(rows),
        )

    def _query(self, query):
        """Return the rows of a query as dicts."""
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    def _compare(self, relation):
        """Compare revenue, receivable and payable, customer by customer.

        :return: list of dicts with ``root_id``, ``check``, ``code`` (None where equal),
            ``ledger``, ``customers``, ``count`` and the ids behind it
        """
        return self._query(
            SQL(
                """
                WITH company %(company)s,
                ledger AS (
                    SELECT 'revenue' AS "check", move.commercial_partner_id AS contact,
                        move.company_id, count(*) AS items,
                        -sum(line.balance) AS amount,
                        -sum(line.balance) FILTER (
                            WHERE move.invoice_date <= company.refreshed) AS refreshed
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                    JOIN account_move_line line ON line.move_id = move.id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale_types)s
                        AND move.invoice_date <= company.today
                        AND line.display_type = 'product'
                    GROUP BY move.commercial_partner_id, move.company_id
                    UNION ALL
                    SELECT CASE account.account_type
                            WHEN 'asset_receivable' THEN 'receivable' ELSE 'payable'
                        END,
                        line.partner_id, line.company_id, count(*) FILTER (
                            WHERE line.amount_residual <> 0),
                        sum(line.amount_residual * sign.sign),
                        sum(line.amount_residual * sign.sign) FILTER (
                            WHERE line.date <= company.refreshed)
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    JOIN account_account account ON account.id = line.account_id
                    CROSS JOIN LATERAL (
                        SELECT CASE account.account_type
                            WHEN 'asset_receivable' THEN 1 ELSE -1 END AS sign
                    ) sign
                    WHERE account.account_type IN (
                            'asset_receivable', 'liability_payable')
                        AND line.parent_state = 'posted'
                        AND line.date <= company.today
                    GROUP BY account.account_type, line.partner_id, line.company_id
                ),
                expected AS (
                    SELECT ledger."check", partner.commercial_partner_id AS partner_id,
                        ledger.company_id, sum(ledger.items) AS items,
                        sum(ledger.amount) AS amount,
                        coalesce(sum(ledger.refreshed), 0) AS refreshed
                    FROM ledger
                    LEFT JOIN res_partner partner ON partner.id = ledger.contact
                    GROUP BY ledger."check", partner.commercial_partner_id,
                        ledger.company_id
                ),
                stored AS (
                    SELECT figure."check", customer.partner_id, customer.company_id,
                        customer.id, coalesce(figure.amount, 0) AS amount
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    CROSS JOIN LATERAL (VALUES
                        ('revenue', customer.revenue_total),
                        ('receivable', customer.receivable),
                        ('payable', customer.payable)
                    ) figure ("check", amount)
                ),
                compared AS (
                    SELECT "check", company.root_id, partner_id, stored.id,
                        coalesce(expected.items, 0) AS items,
                        coalesce(expected.amount, 0) AS ledger,
                        coalesce(stored.amount, 0) AS customers,
                        CASE
                            WHEN partner_id IS NULL THEN 'no_partner'
                            WHEN coalesce(expected.amount, 0)
                                = coalesce(stored.amount, 0) THEN NULL
                            WHEN partner_id IN (
                                SELECT waiting.partner_id
                                FROM crm_customer_queue waiting) THEN 'waiting'
                            WHEN coalesce(expected.refreshed, 0)
                                = coalesce(stored.amount, 0) THEN 'tonight'
                            WHEN stored.id IS NOT NULL THEN 'different'
                            WHEN "check" = 'payable' THEN 'vendor'
                            ELSE 'missing'
                        END AS code
                    FROM expected
                    FULL JOIN stored USING ("check", partner_id, company_id)
                    JOIN company ON company.id = company_id
                )
                SELECT "check", root_id, code,
                    sum(ledger) AS ledger, sum(customers) AS customers,
                    CASE WHEN code = 'no_partner' THEN sum(items)
                        ELSE count(*) END AS count,
                    %(partner_ids)s AS partner_ids
                FROM compared
                GROUP BY "check", root_id, code
                UNION ALL
                SELECT 'different', root_id, code,
                    count(*), count(*) FILTER (WHERE code IS NULL), count(*),
                    %(partner_ids)s
                FROM (
                    SELECT root_id, id, partner_id, min(code) AS code,
                        max(abs(ledger - customers)) AS ledger, 0 AS customers
                    FROM compared WHERE id IS NOT NULL
                    GROUP BY root_id, id, partner_id
                ) compared
                GROUP BY root_id, code
                """,
                company=relation,
                sale_types=SALE_TYPES,
                partner_ids=SQL(
                    "(array_agg(partner_id ORDER BY abs(ledger - customers) DESC)"
                    " FILTER (WHERE code IS NOT NULL))[:%s]",
                    LISTED,
                ),
            )
        )

    def _compare_rows(self, relation):
        """Look for customers without a row, and for rows that should not be.

        :return: list of dicts like those of `_compare`, counting rows
        """
        return self._query(
            SQL(
                """
                WITH company %(company)s,
                document (contact, company_id, date) AS (
                    SELECT move.commercial_partner_id, move.company_id,
                        min(move.invoice_date)
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale_types)s
                        AND move.invoice_date <= company.today
                    GROUP BY move.commercial_partner_id, move.company_id
                    UNION ALL
                    SELECT line.partner_id, line.company_id, min(line.date)
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    JOIN account_account account ON account.id = line.account_id
                    WHERE account.account_type = 'asset_receivable'
                        AND line.parent_state = 'posted'
                        AND line.date <= company.today
                    GROUP BY line.partner_id, line.company_id
                    UNION ALL
                    SELECT sale.partner_id, sale.company_id, min(sale.date_order)::date
                    FROM sale_order sale
                    JOIN company ON company.id = sale.company_id
                    WHERE sale.state IN ('draft', 'sent', 'sale')
                        AND sale.date_order < company.today_end
                    GROUP BY sale.partner_id, sale.company_id
                    UNION ALL
                    SELECT lead.partner_id,
                        coalesce(lead.company_id, partner.company_id), NULL
                    FROM crm_lead lead
                    JOIN res_partner partner ON partner.id = lead.partner_id
                    WHERE lead.type = 'opportunity'
                    UNION ALL
                    SELECT partner.id, partner.company_id, NULL
                    FROM res_partner partner
                    WHERE partner.customer_rank > 0
                ),
                expected AS (
                    SELECT partner.commercial_partner_id AS partner_id,
                        document.company_id,
                        bool_or(document.company_id IS NOT NULL) OVER (
                            PARTITION BY partner.commercial_partner_id) AS has_company,
                        min(coalesce(document.date, '-infinity')) AS date
                    FROM document
                    JOIN res_partner partner ON partner.id = document.contact
                    GROUP BY partner.commercial_partner_id, document.company_id
                ),
                missing AS (
                    SELECT company.root_id, expected.partner_id,
                        CASE
                            WHEN customer.partner_id IS NOT NULL THEN NULL
                            WHEN expected.partner_id IN (
                                SELECT waiting.partner_id
                                FROM crm_customer_queue waiting) THEN 'waiting'
                            WHEN expected.date > company.refreshed THEN 'tonight'
                            ELSE 'missing'
                        END AS code
                    FROM expected
                    JOIN company ON company.id = expected.company_id
                        OR (expected.company_id IS NULL
                            AND company.id = company.root_id)
                    LEFT JOIN LATERAL (
                        SELECT customer.partner_id FROM crm_customer customer
                        WHERE customer.partner_id = expected.partner_id
                            AND (expected.company_id IS NULL
                                OR customer.company_id = expected.company_id)
                        LIMIT 1
                    ) customer ON TRUE
                    -- What belongs to no company needs a row in any company.
                    WHERE expected.company_id IS NOT NULL
                        OR NOT (has_company OR customer.partner_id IS NOT NULL)
                ),
                existing AS (
                    SELECT company.root_id, customer.partner_id,
                        CASE
                            WHEN partner.commercial_partner_id = partner.id THEN NULL
                            WHEN EXISTS (
                                SELECT FROM crm_customer_queue waiting
                                WHERE waiting.partner_id IN (
                                    partner.id, partner.commercial_partner_id)
                            ) THEN 'waiting'
                            ELSE 'not_commercial'
                        END AS code
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    JOIN res_partner partner ON partner.id = customer.partner_id
                )
                SELECT 'missing' AS "check", root_id, code, count(*) AS ledger,
                    count(*) FILTER (WHERE code IS NULL) AS customers,
                    count(*) AS count, %(partner_ids)s AS partner_ids
                FROM missing GROUP BY root_id, code
                UNION ALL
                SELECT 'not_commercial', root_id, code,
                    count(*) FILTER (WHERE code IS NULL), count(*), count(*),
                    %(partner_ids)s
                FROM existing GROUP BY root_id, code
                """,
                company=relation,
                sale_types=SALE_TYPES,
                partner_ids=SQL(
                    "(array_agg(partner_id ORDER BY partner_id)"
                    " FILTER (WHERE code IS NOT NULL))[:%s]",
                    LISTED,
                ),
            )
        )

    def _invoice_analysis(self, companies):
        """Return what native Invoice Analysis shows: ``{root id: untaxed total}``.

        Asked once per currency, in that currency, so that nothing is converted.
        """
        totals = {}
        for currency in companies.currency_id:
            group = companies.filtered(lambda c, like=currency: c.currency_id == like)
            report = (
                self.env["account.invoice.report"]
                .sudo()
                .with_context(allowed_company_ids=group.ids)
            )
            for company, amount in report._read_group(
                Domain("state", "=", "posted")
                & Domain("move_type", "in", SALE_TYPES)
                & self._until_today("invoice_date", group),
                ["company_id"],
                ["price_subtotal:sum"],
            ):
                root = company.root_id.id
                totals[root] = totals.get(root, 0.0) + amount
        return totals

    def _point_of_sale(self, companies):
        """Return the untaxed Point of Sale orders without a customer invoice.

        :return: rows like those of `_compare`; None when it is not installed
        """
        if "pos.order" not in self.env:
            return None
        return self._query(
            SQL(
                """
                SELECT 'pos' AS code, 0 AS customers, count(*) AS count,
                    coalesce(sum((pos.amount_total - pos.amount_tax)
                        / coalesce(nullif(pos.currency_rate, 0), 1)), 0) AS ledger
                FROM pos_order pos
                WHERE pos.state IN ('paid', 'done') AND pos.account_move IS NULL
                    AND pos.company_id = ANY(%s) AND pos.date_order <= %s
                """,
                companies.ids,
                fields.Datetime.now(),
            )
        )
