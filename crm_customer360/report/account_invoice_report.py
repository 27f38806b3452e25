from odoo import api, fields, models
from odoo.tools import SQL

from ..models.account_move_line import SALE_TYPES
from ..models.crm_customer import ABC_CLASSES, PROFIT, STATES
from .crm_customer import READERS


class AccountInvoiceReport(models.Model):
    """Invoice Analysis by customer, with the cost that was frozen at posting.

    Native `price_margin` takes the product's cost of today, so the margin of past
    invoices changes with it; `sale_margin` does not.
    """

    _inherit = "account.invoice.report"

    customer_state = fields.Selection(
        string="Customer Verdict",
        selection=STATES,
        readonly=True,
        groups=READERS,
        help="State of the customer today, in the company of the invoice, made of what "
        "the reader may see.",
    )
    customer_abc_class = fields.Selection(
        selection=ABC_CLASSES,
        string="ABC Class",
        readonly=True,
        groups=READERS,
        help="Class of the customer today, in the company of the invoice.",
    )
    sale_cost = fields.Float(
        string="Cost of Sale",
        readonly=True,
        groups=PROFIT,
        help="Cost of what was sold, frozen when the invoice was posted; negative on "
        "credit notes. Drafts and vendor documents have none.",
    )
    sale_margin = fields.Float(
        string="Margin on Sales",
        readonly=True,
        groups=PROFIT,
        help="Untaxed amount of posted customer documents less the cost of sale.",
    )
    sale_margin_rate = fields.Float(
        string="Margin Rate on Sales",
        readonly=True,
        groups=PROFIT,
        aggregator="avg",
        help="Margin on sales as a share of the untaxed amount of posted customer "
        "documents; empty without revenue.",
    )

    _depends = {
        "account.move": ["commercial_partner_id"],
        "account.move.line": ["sale_cost"],
        "crm.customer": ["company_id", "partner_id"],
        "res.partner": ["commercial_partner_id"],
    }

    @api.model
    def _select(self) -> SQL:
        """Amounts are converted as the native ones are.

        What is neither posted nor a customer's document has no cost yet, and so no
        margin: its untaxed amount must not pass for one.
        """
        dimensions = self.env["crm.customer"]._report_dimensions()
        return SQL(
            """%(select)s,
            %(dimensions)s,
            sale.cost * account_currency_table.rate AS sale_cost,
            (sale.revenue - sale.cost) * account_currency_table.rate AS sale_margin,
            CASE WHEN sale.revenue > 0
                THEN (sale.revenue - sale.cost) / sale.revenue
            END AS sale_margin_rate
            """,
            select=super()._select(),
            dimensions=SQL(", ").join(
                SQL.identifier("customer", name) for name in dimensions
            ),
        )

    @api.model
    def _from(self) -> SQL:
        """The invoice's commercial partner may have become part of another since."""
        return SQL(
            """%(from)s
            LEFT JOIN (%(customer)s) customer
                ON customer.partner_id = commercial_partner.commercial_partner_id
                AND customer.company_id = line.company_id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN is_sale THEN -line.balance ELSE 0 END AS revenue,
                    CASE WHEN is_sale THEN coalesce(line.sale_cost, 0) ELSE 0 END
                        AS cost
                FROM (
                    SELECT move.state = 'posted' AND move.move_type IN %(sale_types)s
                        AS is_sale
                ) kind
            ) sale
            """,
            **{"from": super()._from()},
            customer=self.env["crm.customer"]._report_relation(),
            sale_types=SALE_TYPES,
        )

    def _read_group_select(self, aggregate_spec, query):
        """The rate of a group is its margin ÷ its revenue, not a mean of rates."""
        if aggregate_spec != "sale_margin_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        margin, cost = (
            self._field_to_sql(self._table, name, query)
            for name in ("sale_margin", "sale_cost")
        )
        return SQL(
            "CASE WHEN sum(%(margin)s + %(cost)s) > 0"
            " THEN sum(%(margin)s) / sum(%(margin)s + %(cost)s) END",
            margin=margin,
            cost=cost,
        )
