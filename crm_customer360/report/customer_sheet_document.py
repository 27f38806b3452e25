from textwrap import shorten

from odoo import fields, models
from odoo.tools import SQL, format_date

from ..models.account_move_line import SALE_TYPES

# What fits on the page beside the figures.
PRODUCTS = 6
DOCUMENTS = 6


class ReportCustomerSheet(models.AbstractModel):
    """Products and documents of the sheet: those that the reader may read.

    One query each, whatever the number of customers.
    """

    _inherit = "report.crm_customer360.report_customer_sheet"

    def _products(self, customers):
        """Return the products with the largest revenue in the window.

        :return: ``{customer id: [(product, revenue as text)]}``
        """
        Line = self.env["account.move.line"]
        if not customers or not Line.has_access("read"):
            return {}
        periods = self._periods(customers)
        moves = self.env["account.move"]._search(
            [
                (
                    "commercial_partner_id.commercial_partner_id",
                    "in",
                    customers.partner_id.ids,
                ),
                ("company_id", "in", customers.company_id.ids),
                ("state", "=", "posted"),
                ("move_type", "in", SALE_TYPES),
            ]
        )
        lines = Line._search(
            [
                ("move_id", "in", moves),
                ("display_type", "=", "product"),
                ("product_id", "!=", False),
            ]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, product_id, revenue FROM (
                    SELECT customer.id AS customer_id, line.product_id,
                        -sum(line.balance) AS revenue,
                        row_number() OVER (
                            PARTITION BY customer.id
                            ORDER BY -sum(line.balance) DESC, line.product_id) AS rank
                    FROM account_move_line line
                    JOIN account_move move ON move.id = line.move_id
                    JOIN res_partner contact ON contact.id = move.commercial_partner_id
                    JOIN crm_customer customer
                        ON customer.partner_id = contact.commercial_partner_id
                        AND customer.company_id = line.company_id
                    JOIN (VALUES %(periods)s) AS period (company_id, first, last)
                        ON period.company_id = line.company_id
                        AND move.invoice_date BETWEEN period.first AND period.last
                    WHERE customer.id = ANY(%(ids)s) AND line.id IN %(lines)s
                    GROUP BY customer.id, line.product_id
                    HAVING -sum(line.balance) > 0
                ) product
                WHERE rank <= %(limit)s
                ORDER BY customer_id, rank
                """,
                periods=periods,
                ids=customers.ids,
                lines=lines.subselect(),
                limit=PRODUCTS,
            )
        )
        products = self.env["product.product"].browse({row[1] for row in rows})
        readable = set(products._filtered_access("read").ids)
        result = {}
        for customer_id, product_id, revenue in rows:
            if product_id not in readable:
                continue
            customer = customers.browse(customer_id)
            name = products.browse(product_id).display_name
            result.setdefault(customer_id, []).append(
                (
                    shorten(name, 45, placeholder="…"),
                    customer.currency_id.format(revenue),
                )
            )
        return result

    def _documents(self, customers):
        """Return the last quotations, orders, invoices and credit notes.

        :return: ``{customer id: [(day, kind, number, untaxed amount)]}``
        """
        branches = [
            branch
            for branch in (self._orders(customers), self._invoices(customers))
            if branch
        ]
        if not customers or not branches:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, day, kind, name, amount FROM (
                    SELECT customer.id AS customer_id, document.*,
                        row_number() OVER (
                            PARTITION BY customer.id
                            ORDER BY document.day DESC, document.kind,
                                document.id DESC) AS rank
                    FROM (%(documents)s) document
                    JOIN res_partner contact ON contact.id = document.partner_id
                    JOIN crm_customer customer
                        ON customer.partner_id = contact.commercial_partner_id
                        AND customer.company_id = document.company_id
                    WHERE customer.id = ANY(%(ids)s)
                ) ranked
                WHERE rank <= %(limit)s
                ORDER BY customer_id, rank
                """,
                documents=SQL(" UNION ALL ").join(branches),
                ids=customers.ids,
                limit=DOCUMENTS,
            )
        )
        kinds = {
            "draft": self.env._("Quotation"),
            "sent": self.env._("Quotation"),
            "sale": self.env._("Order"),
            "out_invoice": self.env._("Invoice"),
            "out_refund": self.env._("Credit Note"),
            "out_receipt": self.env._("Receipt"),
        }
        result = {}
        for customer_id, day, kind, name, amount in rows:
            currency = customers.browse(customer_id).currency_id
            result.setdefault(customer_id, []).append(
                (
                    format_date(self.env, day),
                    kinds[kind],
                    shorten(name or "", 24, placeholder="…"),
                    currency.format(amount),
                )
            )
        return result

    def _orders(self, customers):
        """Return the SQL of the orders that the reader may read, or None."""
        Order = self.env["sale.order"]
        if not Order.has_access("read"):
            return None
        found = Order._search(
            [
                ("partner_id.commercial_partner_id", "in", customers.partner_id.ids),
                ("company_id", "in", customers.company_id.ids),
                ("state", "!=", "cancel"),
            ]
        )
        return SQL(
            """
            SELECT id, partner_id, company_id, state AS kind, name,
                (date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                amount_untaxed / coalesce(nullif(currency_rate, 0), 1) AS amount
            FROM sale_order WHERE id IN %(found)s
            """,
            tz=self.env.tz.zone,
            found=found.subselect(),
        )

    def _invoices(self, customers):
        """Return the SQL of the posted invoices that the reader may read, or None."""
        Move = self.env["account.move"]
        if not Move.has_access("read"):
            return None
        found = Move._search(
            [
                (
                    "commercial_partner_id.commercial_partner_id",
                    "in",
                    customers.partner_id.ids,
                ),
                ("company_id", "in", customers.company_id.ids),
                ("state", "=", "posted"),
                ("move_type", "in", SALE_TYPES),
            ]
        )
        return SQL(
            """
            SELECT id, commercial_partner_id AS partner_id, company_id,
                move_type AS kind, name, invoice_date AS day,
                amount_untaxed_signed AS amount
            FROM account_move WHERE id IN %(found)s
            """,
            found=found.subselect(),
        )

    def _periods(self, customers):
        """Return ``(company, first day, last day)`` of the windows, as VALUES."""
        rows = []
        for company in customers.company_id.sudo():
            period = company._customer_period()
            rows.append(
                SQL(
                    "(%s, %s::date, %s::date)",
                    company.id,
                    fields.Date.to_string(period["window_start"]),
                    fields.Date.to_string(period["today"]),
                )
            )
        return SQL(", ").join(rows)
