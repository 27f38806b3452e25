# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sale orders: those behind the invoices, open ones, and quotations.

Every order has the lines of an invoice. Where it is the order behind that invoice,
their lines are linked; one order in ten was for twice as much, so half of it is
still to be invoiced. A credit note for such an invoice is linked as well, as Odoo's
reversal does, and puts its quantity back to be invoiced.
"""

from odoo.tools import SQL

from .plan import BLOCK
from .rows import reserve_ids

# Per invoice: orders not invoiced yet, quotations in draft and sent, cancelled ones.
OPEN_SHARE, DRAFT_SHARE, SENT_SHARE, CANCEL_SHARE = 0.012, 0.01, 0.015, 0.01


def make_orders(cr, patterns, dice, end):
    """Insert orders and lines; needs ``ledger.post_plan`` to have run."""
    _draw(cr, dice, end)
    _insert_orders(cr, patterns)
    _insert_lines(cr, patterns)
    cr.execute(
        """
        INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)
        SELECT post.line_id + line.number - 1, line.id
          FROM bench_order_line line
          JOIN bench_order ordered USING (order_id)
          JOIN plan_posted post ON post.n = ordered.invoice_n
         UNION ALL
        SELECT post.line_id + line.number - 1, line.id
          FROM bench_order_line line
          JOIN bench_order ordered USING (order_id)
          JOIN plan_posted post ON post.reversed_n = ordered.invoice_n
         WHERE line.refunded > 0
        """
    )


def _draw(cr, dice, end):
    """``bench_order`` and ``bench_order_line``, with what was invoiced of each."""
    n = SQL("i.n")
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_order, bench_order_line;
            CREATE TEMP TABLE bench_order AS
            WITH drawn AS (
                SELECT i.n, i.n AS template_n, i.n AS invoice_n, 'sale' AS kind,
                       i.date - %(lead_days)s AS date,
                       CASE WHEN %(half)s < 0.1 THEN 2 ELSE 1 END AS factor
                  FROM bench_invoice i
                 WHERE i.is_ordered
                 UNION ALL
                -- Of last year's invoices, so that active customers have them.
                SELECT %(block)s + i.n, i.n, NULL, fate.kind,
                       CASE fate.kind WHEN 'cancel' THEN i.date
                            ELSE %(end)s::date - %(recent)s END,
                       1
                  FROM bench_invoice i
                 CROSS JOIN LATERAL (SELECT CASE
                       WHEN %(open)s < %(open_share)s THEN 'sale'
                       WHEN %(open)s < %(draft_share)s THEN 'draft'
                       WHEN %(open)s < %(sent_share)s THEN 'sent'
                       WHEN %(open)s < %(cancel_share)s THEN 'cancel'
                       END AS kind) fate
                 WHERE fate.kind IS NOT NULL
                   AND NOT i.is_foreign
                   AND i.date > %(end)s::date - 365
            )
            SELECT drawn.n, drawn.template_n, drawn.invoice_n, drawn.kind, drawn.date,
                   drawn.factor, 'B' || lpad(drawn.n::text, 8, '0') AS name,
                   i.company_id, i.partner_id, i.invoiced_id, i.user_id,
                   (row_number() OVER (ORDER BY drawn.date, drawn.n))::int AS order_id
              FROM drawn
              JOIN bench_invoice i ON i.n = drawn.template_n
            """,
            lead_days=dice.integer(n, "lead days", 0, 25),
            half=dice.uniform(n, "half invoiced"),
            block=BLOCK,
            end=end,
            recent=dice.integer(n, "recent", 0, 75),
            open=dice.uniform(n, "open order"),
            # One year of three.
            open_share=3 * OPEN_SHARE,
            draft_share=3 * (OPEN_SHARE + DRAFT_SHARE),
            sent_share=3 * (OPEN_SHARE + DRAFT_SHARE + SENT_SHARE),
            cancel_share=3 * (OPEN_SHARE + DRAFT_SHARE + SENT_SHARE + CANCEL_SHARE),
        )
    )
    cr.execute("SELECT count(*) FROM bench_order")
    first_order = reserve_ids(cr, "sale_order", cr.fetchone()[0])
    cr.execute(
        SQL(
            """
            UPDATE bench_order SET order_id = order_id + %s - 1;
            ANALYZE bench_order;
            CREATE TEMP TABLE bench_order_line AS
            SELECT ordered.order_id, ordered.company_id, ordered.kind, line.number,
                   line.product_id, line.product_uom_id, line.name, line.price_unit,
                   line.quantity * ordered.factor AS quantity,
                   line.subtotal * ordered.factor AS subtotal,
                   line.cost * ordered.factor AS cost,
                   round(line.cost / line.quantity, 2) AS unit_cost,
                   CASE WHEN ordered.invoice_n IS NULL THEN 0
                        ELSE line.quantity - coalesce(refund.quantity, 0)
                        END AS invoiced,
                   coalesce(refund.quantity, 0) AS refunded,
                   (row_number() OVER (ORDER BY ordered.order_id, line.number))::int
                       AS id
              FROM bench_order ordered
              JOIN plan_line line ON line.n = ordered.template_n
              LEFT JOIN plan_move move ON move.reversed_n = ordered.invoice_n
              LEFT JOIN plan_line refund
                     ON refund.n = move.n AND refund.number = line.number
            """,
            first_order,
        )
    )
    cr.execute("SELECT count(*) FROM bench_order_line")
    first_line = reserve_ids(cr, "sale_order_line", cr.fetchone()[0])
    cr.execute(
        SQL(
            """
            UPDATE bench_order_line SET id = id + %s - 1;
            CREATE INDEX ON bench_order_line (order_id);
            ANALYZE bench_order_line
            """,
            first_line,
        )
    )


def _insert_orders(cr, patterns):
    patterns.copy(
        "sale_order",
        SQL(
            """(SELECT ordered.*, line.*, ordered.date + time '10:00' AS moment
                  FROM bench_order ordered
                  JOIN (SELECT order_id AS id, sum(subtotal) AS subtotal,
                               sum(subtotal - cost) AS margin,
                               bool_or(quantity <> invoiced) AS is_open
                          FROM bench_order_line
                         GROUP BY order_id) line ON line.id = ordered.order_id)"""
        ),
        SQL("s.order_id"),
        id=SQL("s.order_id"),
        name=SQL("s.name"),
        access_token=SQL("NULL"),
        partner_id=SQL("s.partner_id"),
        partner_invoice_id=SQL("s.invoiced_id"),
        partner_shipping_id=SQL("s.partner_id"),
        user_id=SQL("s.user_id"),
        date_order=SQL("s.moment"),
        create_date=SQL("s.moment"),
        write_date=SQL("s.moment"),
        validity_date=SQL("s.date + 30"),
        amount_untaxed=SQL("s.subtotal"),
        amount_total=SQL("s.subtotal"),
        margin=SQL("s.margin"),
        margin_percent=SQL("s.margin / s.subtotal"),
        invoice_status=SQL(
            "CASE WHEN s.kind <> 'sale' THEN p.invoice_status"
            " WHEN s.is_open THEN 'to invoice' ELSE 'invoiced' END"
        ),
    )


def _insert_lines(cr, patterns):
    sold = SQL("s.kind = 'sale'")
    patterns.copy(
        "sale_order_line",
        SQL(
            """(SELECT line.*, ordered.partner_id, ordered.user_id,
                       ordered.date + time '10:00' AS moment
                  FROM bench_order_line line
                  JOIN bench_order ordered USING (order_id))"""
        ),
        SQL("s.id"),
        id=SQL("s.id"),
        order_id=SQL("s.order_id"),
        order_partner_id=SQL("s.partner_id"),
        salesman_id=SQL("s.user_id"),
        create_date=SQL("s.moment"),
        write_date=SQL("s.moment"),
        product_id=SQL("s.product_id"),
        product_uom_id=SQL("s.product_uom_id"),
        name=SQL("s.name"),
        product_uom_qty=SQL("s.quantity"),
        price_unit=SQL("s.price_unit"),
        technical_price_unit=SQL("s.price_unit"),
        price_reduce_taxexcl=SQL("s.price_unit"),
        price_reduce_taxinc=SQL("s.price_unit"),
        price_subtotal=SQL("s.subtotal"),
        price_total=SQL("s.subtotal"),
        purchase_price=SQL("s.unit_cost"),
        margin=SQL("s.subtotal - s.cost"),
        margin_percent=SQL("(s.subtotal - s.cost) / s.subtotal"),
        qty_invoiced=SQL("s.invoiced"),
        qty_to_invoice=SQL(
            "CASE WHEN %s THEN s.quantity - s.invoiced ELSE 0 END", sold
        ),
        untaxed_amount_invoiced=SQL("s.invoiced * s.price_unit"),
        untaxed_amount_to_invoice=SQL(
            "CASE WHEN %s THEN (s.quantity - s.invoiced) * s.price_unit ELSE 0 END",
            sold,
        ),
        invoice_status=SQL(
            "CASE WHEN NOT (%s) THEN p.invoice_status"
            " WHEN s.quantity <> s.invoiced THEN 'to invoice' ELSE 'invoiced' END",
            sold,
        ),
    )
