from odoo import fields, models
from odoo.tools import SQL

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")


def sale_cost_update(lines: SQL, *, cogs: bool, history: bool = False) -> SQL:
    """Statement that sets the cost of a sale on product lines of customer documents.

    A plain function, because ``pre_init_hook`` needs it before our fields exist.

    The cost of one unit comes from the first of: the cost frozen at an earlier
    posting for the same product; zero for a down payment; the document that this
    one reverses; the line's own COGS entries; its order lines; the product.

    Inside, quantities are signed like revenue and, like unit costs, expressed in
    the reference unit of the unit of measure (``uom_uom.factor`` of them make one),
    so that dozens, boxes and units compare. Amounts are in company currency.

    :param lines: condition on ``line`` (journal item) and ``move`` (journal entry)
    :param cogs: whether stock_account's column ``cogs_origin_id`` exists
    :param history: mark every cost found as ``estimated``, whatever it comes from
    """
    return SQL(
        """
        WITH line AS MATERIALIZED (
            SELECT line.id,
                   line.company_id,
                   line.company_currency_id,
                   line.product_id,
                   line.is_downpayment,
                   move.reversed_entry_id,
                   CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
                       * COALESCE(line.quantity, 0)
                       * COALESCE(uom.factor, product_uom.factor, 1) AS quantity,
                   COALESCE(product_uom.factor, 1) AS product_factor,
                   product.standard_price,
                   CASE WHEN line.sale_cost_product IS NOT DISTINCT FROM line.product_id
                        THEN line.sale_cost_unit END AS frozen_unit,
                   line.sale_cost_source AS frozen_source
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN uom_uom uom ON uom.id = line.product_uom_id
         LEFT JOIN product_product product ON product.id = line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN uom_uom product_uom ON product_uom.id = template.uom_id
             WHERE line.display_type = 'product'
               AND move.move_type IN %(sale_types)s
               AND %(lines)s
        ),
        -- {line: unit cost of the same sale on the document it reverses}; lines that
        -- share an order line go before lines that merely sell the same product
        reversed AS (
            SELECT DISTINCT ON (id) *
              FROM (
                SELECT line.id,
                       shared.order_line,
                       COALESCE(
                           SUM(origin.sale_cost_unit * weight.quantity)
                               / NULLIF(SUM(weight.quantity), 0),
                           AVG(origin.sale_cost_unit)
                       ) AS unit_cost,
                       (ARRAY_AGG(origin.sale_cost_source ORDER BY origin.id))[1]
                           AS source
                  FROM line
                  JOIN account_move_line origin
                    ON origin.move_id = line.reversed_entry_id
                   AND origin.display_type = 'product'
                   AND origin.sale_cost_unit IS NOT NULL
                   AND origin.product_id IS NOT DISTINCT FROM line.product_id
             LEFT JOIN uom_uom uom ON uom.id = origin.product_uom_id
            CROSS JOIN LATERAL (
                    SELECT ABS(origin.quantity) * COALESCE(uom.factor, 1) AS quantity
                ) weight
            CROSS JOIN LATERAL (
                    SELECT EXISTS (
                        SELECT FROM sale_order_line_invoice_rel a
                          JOIN sale_order_line_invoice_rel b USING (order_line_id)
                         WHERE a.invoice_line_id = line.id
                           AND b.invoice_line_id = origin.id
                    ) AS order_line
                ) shared
                 WHERE shared.order_line OR line.product_id IS NOT NULL
                 GROUP BY line.id, shared.order_line
              ) matched
             ORDER BY id, order_line DESC
        ),
        cogs AS (%(cogs)s),
        -- {line: unit cost by its order lines, weighted by ordered quantity}. A zero
        -- is an unknown cost. When the product on the invoice was replaced, the
        -- order no longer says what it cost.
        ordered AS (
            SELECT line.id,
                   BOOL_OR(order_line.is_downpayment) AS is_downpayment,
                   COALESCE(
                       SUM(cost.unit * cost.weight) FILTER (WHERE cost.unit != 0)
                           / NULLIF(SUM(cost.weight) FILTER (WHERE cost.unit != 0), 0),
                       AVG(cost.unit) FILTER (WHERE cost.unit != 0)
                   ) AS unit_cost
              FROM line
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
              JOIN sale_order_line order_line ON order_line.id = rel.order_line_id
              JOIN sale_order ON sale_order.id = order_line.order_id
         LEFT JOIN uom_uom uom ON uom.id = order_line.product_uom_id
        CROSS JOIN LATERAL (
                SELECT order_line.purchase_price
                           / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)
                           / COALESCE(uom.factor, line.product_factor) AS unit,
                       ABS(order_line.product_uom_qty)
                           * COALESCE(uom.factor, line.product_factor) AS weight
            ) cost
             GROUP BY line.id, line.product_id
            HAVING line.product_id IS NULL
                OR BOOL_OR(order_line.is_downpayment)
                OR BOOL_OR(order_line.product_id = line.product_id)
        ),
        -- {company: standard price of products that have none of their own}
        default_cost AS (
            SELECT DISTINCT ON (company.id)
                   company.id AS company_id,
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
        ),
        costed AS (
            SELECT line.id,
                   line.product_id,
                   line.quantity,
                   currency.rounding,
                   chosen.unit_cost,
                   chosen.source
              FROM line
              JOIN res_currency currency ON currency.id = line.company_currency_id
         LEFT JOIN reversed ON reversed.id = line.id
         LEFT JOIN cogs ON cogs.id = line.id
         LEFT JOIN ordered ON ordered.id = line.id
         LEFT JOIN default_cost ON default_cost.company_id = line.company_id
        CROSS JOIN LATERAL (
                SELECT unit_cost, source
                  FROM (VALUES
                    (1, line.frozen_unit, line.frozen_source),
                    (2, CASE WHEN line.is_downpayment OR ordered.is_downpayment
                             THEN 0 END, 'order'),
                    (3, reversed.unit_cost, reversed.source),
                    (4, cogs.unit_cost, 'cogs'),
                    (5, ordered.unit_cost, 'order'),
                    (6, CASE WHEN line.product_id IS NOT NULL
                             THEN COALESCE(
                                 (line.standard_price ->> line.company_id::text)::numeric,
                                 default_cost.cost,
                                 0
                             ) / line.product_factor END, 'standard'),
                    (7, NULL, NULL)
                  ) candidate (rank, unit_cost, source)
                 WHERE unit_cost IS NOT NULL OR rank = 7
                 ORDER BY rank
                 LIMIT 1
            ) chosen
        )
        UPDATE account_move_line line
           SET sale_cost = ROUND(
                   COALESCE(costed.unit_cost, 0) * costed.quantity / costed.rounding
               ) * costed.rounding,
               sale_cost_unit = costed.unit_cost,
               sale_cost_source = %(source)s,
               sale_cost_product = costed.product_id
          FROM costed
         WHERE line.id = costed.id
        """,
        sale_types=SALE_TYPES,
        lines=lines,
        cogs=_COGS if cogs else _NO_COGS,
        source=_ESTIMATED if history else SQL("costed.source"),
    )


# {line: unit cost by the entries that stock_account made for it}. They come in pairs,
# stock against expense; the profit and loss side is the cost, already signed.
_COGS = SQL(
    """
    SELECT line.id,
           SUM(entry.balance) / NULLIF(line.quantity, 0) AS unit_cost
      FROM line
      JOIN account_move_line entry
        ON entry.cogs_origin_id = line.id
       AND entry.display_type = 'cogs'
      JOIN account_account account ON account.id = entry.account_id
     WHERE account.account_type LIKE 'expense%%'
        OR account.account_type LIKE 'income%%'
     GROUP BY line.id, line.quantity
    HAVING SUM(entry.balance) != 0
    """
)
_NO_COGS = SQL("SELECT NULL::integer AS id, NULL::numeric AS unit_cost WHERE FALSE")
_ESTIMATED = SQL("CASE WHEN costed.source IS NOT NULL THEN 'estimated' END")


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
