from odoo import api, fields, models
from odoo.tools import SQL

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")


def sale_cost_update(condition: SQL, *, cogs: bool, history: bool = False) -> SQL:
    """Statement that sets the cost of a sale on product lines of customer documents.

    A plain function, because ``pre_init_hook`` needs it before our fields exist.

    The cost of one unit comes from the first of: the cost frozen at an earlier
    posting for the same product; zero for a down payment; the document that this
    one reverses; the line's own COGS entries; its order lines; the product.

    Inside, quantities are signed like revenue and, like unit costs, expressed in
    the reference unit of the unit of measure (``uom_uom.factor`` of them make one),
    so that dozens, boxes and units compare. Amounts are in company currency.

    :param condition: on ``line`` (journal item) and ``move`` (journal entry)
    :param cogs: whether stock_account's column ``cogs_origin_id`` exists
    :param history: mark every cost found as ``estimated``, whatever it comes from
    """
    return SQL(
        """
        UPDATE account_move_line line
           SET sale_cost = ROUND(
                   COALESCE(costed.unit_cost, 0) * costed.quantity / costed.rounding
               ) * costed.rounding,
               sale_cost_unit = costed.unit_cost,
               sale_cost_source = %(source)s,
               sale_cost_product = costed.product_id
          FROM (
            SELECT line.id,
                   line.product_id,
                   line.quantity,
                   line.rounding,
                   COALESCE(
                       line.frozen_unit,
                       CASE WHEN line.is_downpayment OR ordered.is_downpayment
                           THEN 0 END,
                       reversed.unit_cost,
                       cogs.unit_cost,
                       ordered.unit_cost,
                       line.standard_unit
                   ) AS unit_cost,
                   CASE
                       WHEN line.frozen_unit IS NOT NULL THEN line.frozen_source
                       WHEN line.is_downpayment OR ordered.is_downpayment THEN 'order'
                       WHEN reversed.unit_cost IS NOT NULL THEN reversed.source
                       WHEN cogs.unit_cost IS NOT NULL THEN 'cogs'
                       WHEN ordered.unit_cost IS NOT NULL THEN 'order'
                       WHEN line.standard_unit IS NOT NULL THEN 'standard'
                   END AS source
              FROM (%(lines)s) line
              -- Looked up line by line: linear whatever the planner thinks of the
              -- number of lines, and short for a single invoice.
         LEFT JOIN LATERAL (%(reversed)s) reversed ON TRUE
         LEFT JOIN LATERAL (%(cogs)s) cogs ON TRUE
         LEFT JOIN LATERAL (%(ordered)s) ordered ON TRUE
          ) costed
         WHERE line.id = costed.id
        """,
        source=_ESTIMATED if history else SQL("costed.source"),
        lines=SQL(_LINES, sale_types=SALE_TYPES, condition=condition),
        reversed=_REVERSED,
        cogs=_COGS if cogs else _NO_COGS,
        ordered=_ORDERED,
    )


_ESTIMATED = SQL("CASE WHEN costed.source IS NOT NULL THEN 'estimated' END")

# The lines, with the cost of their product: none without a product, zero where the
# product has no cost.
_LINES = """
    SELECT line.id,
           line.product_id,
           line.is_downpayment,
           move.reversed_entry_id,
           currency.rounding,
           CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
               * COALESCE(line.quantity, 0)
               * COALESCE(uom.factor, product_uom.factor, 1) AS quantity,
           CASE WHEN line.product_id IS NOT NULL
                THEN COALESCE(
                         (product.standard_price ->> line.company_id::text)::numeric,
                         default_cost.cost,
                         0
                     ) / COALESCE(product_uom.factor, 1)
           END AS standard_unit,
           CASE WHEN line.sale_cost_product IS NOT DISTINCT FROM line.product_id
                THEN line.sale_cost_unit
           END AS frozen_unit,
           line.sale_cost_source AS frozen_source
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN res_currency currency ON currency.id = line.company_currency_id
 LEFT JOIN uom_uom uom ON uom.id = line.product_uom_id
 LEFT JOIN product_product product ON product.id = line.product_id
 LEFT JOIN product_template template ON template.id = product.product_tmpl_id
 LEFT JOIN uom_uom product_uom ON product_uom.id = template.uom_id
           -- {company: cost of products that have none of their own}
 LEFT JOIN (
            SELECT DISTINCT ON (company.id)
                   company.id,
                   ir_default.json_value::numeric AS cost
              FROM ir_default
              JOIN ir_model_fields field ON field.id = ir_default.field_id
              JOIN res_company company
                ON company.id = COALESCE(ir_default.company_id, company.id)
             WHERE field.model = 'product.product'
               AND field.name = 'standard_price'
               AND ir_default.user_id IS NULL
               AND ir_default.condition IS NULL
               AND ir_default.json_value ~ '^[0-9.]+$'
             ORDER BY company.id, ir_default.company_id, ir_default.id
           ) default_cost ON default_cost.id = line.company_id
     WHERE line.display_type = 'product'
       AND move.move_type IN %(sale_types)s
       AND %(condition)s
"""

# The same sale on the document that this one reverses: lines that share an order line
# go before lines that merely sell the same product.
_REVERSED = SQL(
    """
    SELECT COALESCE(
               SUM(origin.unit_cost * origin.quantity)
                   / NULLIF(SUM(origin.quantity), 0),
               AVG(origin.unit_cost)
           ) AS unit_cost,
           (ARRAY_AGG(origin.source ORDER BY origin.id))[1] AS source
      FROM (
            SELECT origin.id,
                   origin.sale_cost_unit AS unit_cost,
                   origin.sale_cost_source AS source,
                   ABS(origin.quantity) * COALESCE(uom.factor, 1) AS quantity,
                   shared.order_line
              FROM account_move_line origin
         LEFT JOIN uom_uom uom ON uom.id = origin.product_uom_id
        CROSS JOIN LATERAL (
                    SELECT EXISTS (
                        SELECT
                          FROM sale_order_line_invoice_rel mine
                          JOIN sale_order_line_invoice_rel theirs USING (order_line_id)
                         WHERE mine.invoice_line_id = line.id
                           AND theirs.invoice_line_id = origin.id
                    ) AS order_line
                   ) shared
             WHERE line.reversed_entry_id IS NOT NULL
               AND origin.move_id = line.reversed_entry_id
               AND origin.display_type = 'product'
               AND origin.sale_cost_unit IS NOT NULL
               AND origin.product_id IS NOT DISTINCT FROM line.product_id
               AND (shared.order_line OR line.product_id IS NOT NULL)
           ) origin
     GROUP BY origin.order_line
     ORDER BY origin.order_line DESC
     LIMIT 1
    """
)

# The entries that stock_account made for this line. They come in pairs, stock against
# expense; the profit and loss side is the cost, already signed.
_COGS = SQL(
    """
    SELECT NULLIF(SUM(entry.balance), 0) / NULLIF(line.quantity, 0) AS unit_cost
      FROM account_move_line entry
      JOIN account_account account ON account.id = entry.account_id
     WHERE entry.cogs_origin_id = line.id
       AND entry.display_type = 'cogs'
       AND (account.account_type LIKE 'expense%%'
            OR account.account_type LIKE 'income%%')
    """
)
_NO_COGS = SQL("SELECT NULL::numeric AS unit_cost")

# The order lines, weighted by ordered quantity. A zero is an unknown cost. Where the
# product was replaced on the invoice, the order no longer says what it cost.
_ORDERED = SQL(
    """
    SELECT BOOL_OR(order_line.is_downpayment) AS is_downpayment,
           COALESCE(
               SUM(cost.unit * cost.weight) FILTER (WHERE cost.unit != 0)
                   / NULLIF(SUM(cost.weight) FILTER (WHERE cost.unit != 0), 0),
               AVG(cost.unit) FILTER (WHERE cost.unit != 0)
           ) AS unit_cost
      FROM sale_order_line_invoice_rel rel
      JOIN sale_order_line order_line ON order_line.id = rel.order_line_id
      JOIN sale_order ON sale_order.id = order_line.order_id
 LEFT JOIN uom_uom uom ON uom.id = order_line.product_uom_id
CROSS JOIN LATERAL (
            SELECT order_line.purchase_price
                       / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                       / COALESCE(uom.factor, 1) AS unit,
                   ABS(order_line.product_uom_qty) * COALESCE(uom.factor, 1) AS weight
           ) cost
     WHERE rel.invoice_line_id = line.id
    HAVING line.product_id IS NULL
        OR BOOL_OR(order_line.is_downpayment)
        OR BOOL_OR(order_line.product_id = line.product_id)
    """
)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    sale_cost = fields.Monetary(
        string="Cost of Sale",
        currency_field="company_currency_id",
        copy=False,
        readonly=True,
        groups="crm_customer360.group_profitability",
        help="What the goods or services of this line cost, in company currency, "
        "signed like revenue: positive on invoices, negative on credit notes. "
        "Set when the document is posted, and kept when costs change later.",
    )
    sale_cost_source = fields.Selection(
        selection=[
            ("cogs", "Journal Entry"),
            ("order", "Sales Order"),
            ("standard", "Product Cost"),
            ("estimated", "Estimated"),
        ],
        string="Source of Cost",
        copy=False,
        readonly=True,
        groups="crm_customer360.group_profitability",
        help="Journal Entry: the cost of goods sold booked with the invoice.\n"
        "Sales Order: the cost on the order lines.\n"
        "Product Cost: the cost of the product on the day of posting.\n"
        "Estimated: posted before the cost was recorded.\n"
        "Empty: neither product nor cost.",
    )
    sale_margin = fields.Monetary(
        string="Margin of Sale",
        compute="_compute_sale_margin",
        currency_field="company_currency_id",
        groups="crm_customer360.group_profitability",
        help="Untaxed amount less cost of sale, in company currency, signed like "
        "revenue.",
    )
    sale_revenue = fields.Monetary(
        string="Revenue",
        compute="_compute_sale_margin",
        currency_field="company_currency_id",
        help="Untaxed amount in company currency: positive on customer invoices, "
        "negative on credit notes.",
    )
    # Unrounded, so that posting again with another quantity or unit is exact.
    sale_cost_unit = fields.Float(
        string="Unit Cost of Sale",
        digits=0,
        aggregator=None,
        copy=False,
        readonly=True,
        groups="crm_customer360.group_profitability",
        help="Cost in company currency of one reference unit of the unit of measure "
        "(a piece, where dozens were sold).",
    )
    # A bare id: a foreign key would scan the journal items for every product deleted.
    sale_cost_product = fields.Integer(
        string="Product of the Unit Cost",
        aggregator=None,
        copy=False,
        readonly=True,
        groups="crm_customer360.group_profitability",
        help="Id of the product that the unit cost was recorded for.",
    )

    @api.depends("balance", "sale_cost")
    def _compute_sale_margin(self):
        for line in self.sudo():
            line.sale_revenue = -line.balance
            line.sale_margin = -line.balance - line.sale_cost

    def write(self, vals):
        """Items of posted entries may still get another partner or due date."""
        posted = self.browse()
        if not {"partner_id", "date_maturity", "account_id"}.isdisjoint(vals):
            posted = self.filtered(lambda line: line.parent_state == "posted")
            posted._enqueue_customers()
        result = super().write(vals)
        posted._enqueue_customers()
        return result

    def _enqueue_customers(self):
        self.env["crm.customer.queue"]._enqueue(self.sudo().partner_id)
