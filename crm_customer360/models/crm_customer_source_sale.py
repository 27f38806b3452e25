from odoo import models
from odoo.tools import SQL

from .crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Sources that read sales and the pipeline, and who is a customer at all."""

    _inherit = "crm.customer"

    def _source_sale(self, scope):
        """Quotations, and orders confirmed in the window, untaxed."""
        return Source(
            "sale",
            SQL(
                """
                SELECT sale.partner_id, sale.company_id,
                    1 AS evidence,
                    count(*) FILTER (WHERE NOT confirmed) AS quotation_count,
                    sum(amount) FILTER (WHERE NOT confirmed) AS quotation_amount,
                    count(*) FILTER (WHERE confirmed AND recent) AS order_count,
                    sum(amount) FILTER (WHERE confirmed AND recent) AS order_amount,
                    max(date_order) FILTER (WHERE confirmed) AS contact_at
                FROM (
                    SELECT sale.partner_id, sale.company_id, sale.date_order,
                        sale.state = 'sale' AS confirmed,
                        sale.date_order >= company.window_start_at AS recent,
                        round(
                            sale.amount_untaxed
                                / coalesce(nullif(sale.currency_rate, 0), 1),
                            company.decimals
                        ) AS amount
                    FROM %(sale)s sale
                    JOIN company ON company.id = sale.company_id
                    WHERE sale.state IN ('draft', 'sent', 'sale')
                        AND sale.date_order < company.today_end
                ) sale
                GROUP BY sale.partner_id, sale.company_id
                """,
                sale=scope.table("sale_order"),
            ),
            {
                **dict.fromkeys(
                    (
                        "evidence",
                        "quotation_count",
                        "quotation_amount",
                        "order_count",
                        "order_amount",
                    ),
                    "sum",
                ),
                "contact_at": "last_at",
            },
        )

    def _source_to_invoice(self, scope):
        """What is still to be invoiced of each confirmed order, tax included.

        An order's total less its posted invoices and down payments, credit notes given
        back, never below zero; all of it in company currency at the order's rate. An
        invoice line for several order lines is shared out by their amounts.

        Invoices are added up by line. Where taxes are rounded on the total, the lines
        miss it by up to a rounding each: so little is nothing.
        """
        return Source(
            "to_invoice",
            SQL(
                """
                SELECT ordered.partner_id, ordered.company_id,
                    sum(CASE
                        WHEN ordered.total - ordered.invoiced <= ordered.tolerance
                            THEN 0
                        ELSE round((ordered.total - ordered.invoiced) / ordered.rate,
                            ordered.decimals)
                    END) AS to_invoice
                FROM (%s) ordered
                GROUP BY ordered.partner_id, ordered.company_id
                """,
                self._orders_invoiced(scope),
            ),
            {"to_invoice": "sum"},
        )

    def _orders_invoiced(self, scope, taxed=True):
        """Return the query of what was ordered and invoiced, order by order.

        `total` and `invoiced` are in the order's currency.

        :param taxed: whether tax is included
        """
        amount = SQL.identifier("price_total" if taxed else "price_subtotal")
        return SQL(
            """
            SELECT item.id, item.partner_id, item.company_id, item.decimals,
                item.amount AS total,
                coalesce(nullif(item.currency_rate, 0), 1) AS rate,
                -- Credit notes are debited: the sign spares a join with the
                -- entries.
                coalesce(-sum(
                    item.share * sign(line.balance) * abs(line.%(amount)s)
                    * CASE WHEN line.currency_id <> item.currency_id THEN
                        item.currency_rate / coalesce(nullif((
                            SELECT move.invoice_currency_rate
                            FROM account_move move
                            WHERE move.id = line.move_id
                        ), 0), 1) ELSE 1 END
                ), 0) AS invoiced,
                count(line.id) * item.tolerance AS tolerance
            FROM (
                SELECT sale.id, sale.partner_id, sale.company_id,
                    sale.%(total)s AS amount, sale.currency_id, sale.currency_rate,
                    company.today, company.decimals,
                    CASE WHEN company.global_rounding
                        THEN currency.rounding ELSE 0 END AS tolerance,
                    rel.invoice_line_id,
                    coalesce(
                        order_line.%(amount)s / nullif(
                            sum(order_line.%(amount)s) OVER invoice_line, 0),
                        1.0 / count(*) OVER invoice_line
                    ) AS share
                FROM %(sale)s sale
                JOIN company ON company.id = sale.company_id
                JOIN res_currency currency ON currency.id = sale.currency_id
                LEFT JOIN sale_order_line order_line
                    ON order_line.order_id = sale.id
                LEFT JOIN sale_order_line_invoice_rel rel
                    ON rel.order_line_id = order_line.id
                WHERE sale.state = 'sale'
                    AND sale.date_order < company.today_end
                WINDOW invoice_line AS (PARTITION BY rel.invoice_line_id)
            ) item
            LEFT JOIN account_move_line line
                ON line.id = item.invoice_line_id
                AND line.parent_state = 'posted'
                AND line.invoice_date <= item.today
            GROUP BY item.id, item.partner_id, item.company_id, item.decimals,
                item.amount, item.currency_rate, item.tolerance
            """,
            amount=amount,
            total=SQL.identifier("amount_total" if taxed else "amount_untaxed"),
            sale=scope.table("sale_order"),
        )

    def _source_pipeline(self, scope):
        """Open opportunities, and those won or lost in the window.

        Expected revenue is in the opportunity's company currency.
        """
        return Source(
            "pipeline",
            SQL(
                """
                SELECT lead.partner_id,
                    coalesce(lead.company_id, partner.company_id) AS company_id,
                    1 AS evidence,
                    count(*) FILTER (WHERE lead.open) AS opportunity_count,
                    sum(lead.expected) FILTER (WHERE lead.open) AS pipeline_amount,
                    sum(lead.expected * lead.probability / 100) FILTER (
                        WHERE lead.open) AS pipeline_weighted,
                    count(*) FILTER (
                        WHERE lead.won_status = 'won'
                        AND lead.date_closed >= company.window_start_at
                        AND lead.date_closed < company.today_end) AS won_count,
                    count(*) FILTER (
                        WHERE lead.won_status = 'lost'
                        AND lead.date_closed >= company.window_start_at
                        AND lead.date_closed < company.today_end) AS lost_count
                FROM (
                    SELECT lead.partner_id, lead.company_id, lead.won_status,
                        lead.date_closed,
                        coalesce(lead.expected_revenue, 0) AS expected,
                        coalesce(lead.probability, 0)::numeric AS probability,
                        lead.active AND lead.won_status = 'pending' AS open
                    FROM crm_lead lead
                    WHERE lead.type = 'opportunity'
                        AND lead.partner_id IS NOT NULL
                        AND %(only)s
                ) lead
                JOIN res_partner partner ON partner.id = lead.partner_id
                JOIN company ON company.id
                    = coalesce(lead.company_id, partner.company_id, %(main)s)
                GROUP BY lead.partner_id,
                    coalesce(lead.company_id, partner.company_id)
                """,
                only=scope.only(SQL("lead.partner_id")),
                main=scope.main_company,
            ),
            dict.fromkeys(
                (
                    "evidence",
                    "opportunity_count",
                    "pipeline_amount",
                    "pipeline_weighted",
                    "won_count",
                    "lost_count",
                ),
                "sum",
            ),
            homeless=True,
        )

    def _source_prospect(self, scope):
        """Contacts marked as customers, whether or not they have documents yet."""
        return Source(
            "prospect",
            SQL(
                """
                SELECT partner.id AS partner_id, partner.company_id,
                    CASE WHEN partner.company_id IS NOT NULL THEN 1 END AS evidence,
                    CASE WHEN partner.company_id IS NULL THEN 1 END AS prospect
                FROM res_partner partner
                WHERE partner.customer_rank > 0 AND %(only)s
                """,
                only=scope.only(SQL("partner.id")),
            ),
            {"evidence": "sum", "prospect": "sum"},
            homeless=True,
        )

    def _source_known(self, scope):
        """Customers that have a row already: it stays, be its figures zero."""
        return Source(
            "known",
            SQL(
                """
                SELECT customer.partner_id, customer.company_id, 1 AS evidence
                FROM crm_customer customer
                WHERE %(only)s
                """,
                only=scope.only(SQL("customer.partner_id")),
            ),
            {"evidence": "sum"},
        )
