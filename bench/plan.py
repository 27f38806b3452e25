# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Plan invoices, credit notes, bills and payments for the generated customers.

Fills the tables of ``ledger.create_plan``. Numbers of the plan: invoices first,
from 1; the other kinds in blocks of ``BLOCK`` above, each at the number of the
invoice or bill it belongs to, so that no numbering pass is needed.
"""

from odoo.tools import SQL

BLOCK = 1_000_000_000
REFUND, FIRST_PAYMENT, SECOND_PAYMENT, EXCESS, BILL, BILL_PAYMENT = (
    BLOCK * number for number in range(1, 7)
)
# Terms are 30 days on average and some pay late; with those that are never paid,
# about 15 % of the invoices are open or paid in part.
REFUND_SHARE = 0.05
FOREIGN_SHARE = 0.04
# Invoices that come from a sale order. Those in a foreign currency do not.
ORDER_SHARE = 0.4
VENDOR_SHARE = 0.03


def plan_products(cr, products, companies):
    """``bench_product``: place, ids, list price, and cost by company."""
    cr.execute(
        """
        DROP TABLE IF EXISTS bench_product;
        CREATE TEMP TABLE bench_product (
            place int, company_id int, product_id int, uom_id int, name text,
            price numeric, cost numeric)
        """
    )
    rows = [
        SQL(
            "(%s, %s, %s, %s, %s, %s, %s)",
            place,
            company.id,
            product.id,
            product.uom_id.id,
            product.display_name,
            product.list_price,
            product.standard_price,
        )
        for company in companies
        for place, product in enumerate(products.with_company(company), 1)
    ]
    cr.execute(SQL("INSERT INTO bench_product VALUES %s", SQL(", ").join(rows)))


def plan_invoices(cr, dice, companies, products, total, start, end):
    """Spread ``total`` invoices over the customers and the days of the period."""
    main, second = companies
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_invoice;
            CREATE TEMP TABLE bench_invoice AS
            WITH share AS (
                SELECT customer.*,
                       round(%(total)s * sum(weight) OVER (ORDER BY customer.n)
                             / sum(weight) OVER ()) AS up_to
                  FROM bench_customer customer
            ), dealt AS (
                SELECT share.*,
                       coalesce(lag(up_to) OVER (ORDER BY share.n), 0) AS above
                  FROM share
            )
            SELECT i.n, dealt.n AS customer_n, dealt.partner_id, dealt.invoiced_id,
                   dealt.user_id, dealt.term_days, dealt.delay_days,
                   dealt.unpaid_share,
                   %(ordered)s < %(order_share)s AND %(foreign)s >= %(foreign_share)s
                       AS is_ordered,
                   CASE WHEN dealt.in_both AND %(elsewhere)s < 0.5
                        THEN %(companies)s - dealt.company_id
                        ELSE dealt.company_id END AS company_id,
                   %(foreign)s < %(foreign_share)s AS is_foreign,
                   (%(start)s::date + ((dealt.starts
                        + %(day)s * (dealt.ends - dealt.starts))
                        * (%(end)s::date - %(start)s::date))::int) AS date
              FROM dealt
             CROSS JOIN LATERAL generate_series(
                   dealt.above::bigint + 1, dealt.up_to::bigint) i(n);
            ANALYZE bench_invoice;
            INSERT INTO plan_line (n, number, product_id, product_uom_id, name,
                                   quantity, price_unit, subtotal, balance, cost,
                                   cost_source)
            SELECT n, number, product_id, uom_id, name, quantity, price,
                   quantity * price, round(quantity * price / rate, 2),
                   round(quantity * cost, 2),
                   CASE WHEN is_ordered THEN 'order' ELSE 'standard' END
              FROM (
                SELECT invoice.n, invoice.is_ordered, number, product.product_id,
                       product.uom_id, product.name, product.cost,
                       CASE WHEN invoice.is_foreign THEN money.rate ELSE 1 END AS rate,
                       %(quantity)s AS quantity,
                       round(product.price * (0.8 + 0.3 * %(price)s)::numeric, 2)
                           AS price
                  FROM bench_invoice invoice
                  JOIN (VALUES (%(main)s, %(main_rate)s::numeric),
                               (%(second)s, %(second_rate)s::numeric)
                       ) money(company_id, rate) USING (company_id)
                 CROSS JOIN LATERAL generate_series(1, CASE
                       WHEN %(lines)s < 0.6 THEN 1
                       WHEN %(lines)s < 0.85 THEN 2
                       WHEN %(lines)s < 0.95 THEN 3
                       ELSE 4 END) number
                  JOIN bench_product product
                         ON product.company_id = invoice.company_id
                        AND product.place = %(product)s
              ) drawn;
            ANALYZE plan_line;
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, user_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster, origin)
            SELECT n, 'out_invoice', company_id, partner_id, invoiced_id, user_id,
                   date, date + term_days,
                   CASE WHEN is_foreign THEN money.foreign_id ELSE money.own_id END,
                   CASE WHEN is_foreign THEN money.rate ELSE 1 END,
                   line.amount, line.amount_currency, n,
                   CASE WHEN is_ordered THEN 'B' || lpad(n::text, 8, '0') END
              FROM bench_invoice
              JOIN (VALUES (%(main)s, %(main_currency)s, %(second_currency)s,
                            %(main_rate)s::numeric),
                           (%(second)s, %(second_currency)s, %(main_currency)s,
                            %(second_rate)s::numeric)
                   ) money(company_id, own_id, foreign_id, rate) USING (company_id)
              JOIN (SELECT n, sum(balance) AS amount, sum(subtotal) AS amount_currency
                      FROM plan_line GROUP BY n) line USING (n);
            ANALYZE plan_move;
            """,
            total=total,
            start=start,
            end=end,
            elsewhere=dice.uniform(SQL("i.n"), "elsewhere"),
            companies=main.id + second.id,
            foreign=dice.uniform(SQL("i.n"), "foreign"),
            ordered=dice.uniform(SQL("i.n"), "ordered"),
            order_share=ORDER_SHARE / (1 - FOREIGN_SHARE),
            foreign_share=FOREIGN_SHARE,
            day=dice.uniform(SQL("i.n"), "day"),
            quantity=dice.integer(SQL("invoice.n * 8 + number"), "quantity", 1, 12),
            price=dice.uniform(SQL("invoice.n * 8 + number"), "price"),
            lines=dice.uniform(SQL("invoice.n"), "lines"),
            product=dice.integer(
                SQL("invoice.n * 8 + number"), "product", 1, len(products)
            ),
            main=main.id,
            second=second.id,
            main_currency=main.currency_id.id,
            second_currency=second.currency_id.id,
            main_rate=_rate(main, second.currency_id),
            second_rate=_rate(second, main.currency_id),
        )
    )


def _rate(company, currency):
    """Units of ``currency`` for one unit of the company's, for all time."""
    rates = currency.with_company(company).rate_ids.filtered(
        lambda rate: rate.company_id == company
    )
    return round(rates[:1].company_rate or 1.0, 6)


def plan_refunds(cr, dice, end):
    """Credit notes of whole invoices or of their first line, 3 to 60 days later."""
    n = SQL("invoice.n")
    cr.execute(
        SQL(
            """
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, user_id, date, date_due, currency_id, rate,
                   amount, amount_currency, reversed_n, cluster)
            SELECT %(refund)s + invoice.n, 'out_refund', invoice.company_id,
                   invoice.commercial_partner_id, invoice.partner_id,
                   invoice.user_id, later.date, later.date, invoice.currency_id,
                   invoice.rate,
                   CASE WHEN %(whole)s < 0.6 THEN invoice.amount
                        ELSE line.balance END,
                   CASE WHEN %(whole)s < 0.6 THEN invoice.amount_currency
                        ELSE line.subtotal END,
                   invoice.n, invoice.n
              FROM plan_move invoice
             CROSS JOIN LATERAL (SELECT invoice.date + %(days)s AS date) later
              JOIN plan_line line ON line.n = invoice.n AND line.number = 1
             WHERE %(throw)s < %(share)s
               AND later.date <= %(end)s;
            INSERT INTO plan_line (n, number, product_id, product_uom_id, name,
                                   quantity, price_unit, subtotal, balance, cost,
                                   cost_source)
            SELECT refund.n, line.number, line.product_id, line.product_uom_id,
                   line.name, line.quantity, line.price_unit, line.subtotal,
                   line.balance, line.cost, line.cost_source
              FROM plan_move refund
              JOIN plan_move invoice ON invoice.n = refund.reversed_n
              JOIN plan_line line ON line.n = invoice.n
             WHERE refund.kind = 'out_refund'
               AND (line.number = 1 OR %(whole)s < 0.6);
            -- One credit note in seven stays open: a credit nobody has allocated.
            INSERT INTO plan_partial
            SELECT invoice.n, refund.n, refund.company_id, invoice.n, refund.date,
                   refund.currency_id, refund.amount, refund.amount_currency
              FROM plan_move refund
              JOIN plan_move invoice ON invoice.n = refund.reversed_n
             WHERE refund.kind = 'out_refund'
               AND %(allocated)s < 0.85;
            ANALYZE plan_move;
            ANALYZE plan_partial;
            """,
            refund=REFUND,
            whole=dice.uniform(n, "refund whole"),
            days=dice.integer(n, "refund days", 3, 60),
            throw=dice.uniform(n, "refund"),
            # Those that would fall after the end are left out.
            share=REFUND_SHARE * 1.03,
            end=end,
            allocated=dice.uniform(n, "refund allocated"),
        )
    )


def plan_payments(cr, dice, end):
    """Pay what is left of the invoices: at once, in two parts, in part, or not."""
    n = SQL("i.n")
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_payment;
            CREATE TEMP TABLE bench_payment AS
            WITH open AS (
                SELECT move.*, draw.delay_days, draw.unpaid_share,
                       move.amount - coalesce(part.amount, 0) AS due,
                       move.amount_currency - coalesce(part.amount_currency, 0)
                           AS due_currency
                  FROM plan_move move
                  JOIN bench_invoice draw USING (n)
                  LEFT JOIN plan_partial part ON part.debit_n = move.n
            ), fate AS (
                SELECT i.*,
                       %(throw)s < unpaid_share AS is_unpaid,
                       %(parts)s AS parts,
                       round(due_currency * (0.2 + 0.5 * %(fraction)s)::numeric, 2)
                           AS first_currency,
                       greatest(i.date, i.date_due + delay_days
                                + (%(noise)s * 20 - 10)::int) AS paid_on,
                       %(wait)s AS wait
                  FROM open i
                 WHERE due > 0
            )
            -- In parts: the first part; at once: all of it.
            SELECT %(first)s + n AS n, fate.n AS invoice_n, paid_on AS date,
                   CASE WHEN is_unpaid OR parts < 0.12
                        THEN round(first_currency / rate, 2) ELSE due END AS amount,
                   CASE WHEN is_unpaid OR parts < 0.12
                        THEN first_currency ELSE due_currency END AS amount_currency
              FROM fate
             WHERE paid_on <= %(end)s
               AND (NOT is_unpaid OR parts > 0.7)
             UNION ALL
            SELECT %(second)s + n, n, paid_on + wait,
                   due - round(first_currency / rate, 2),
                   due_currency - first_currency
              FROM fate
             WHERE NOT is_unpaid AND parts < 0.12
               AND paid_on + wait <= %(end)s;
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster)
            SELECT payment.n,
                   -- Half of the last month's money is not at the bank yet.
                   CASE WHEN %(transit)s < 0.5 AND payment.date > %(end)s::date - 30
                        THEN 'receipt' ELSE 'payment' END,
                   invoice.company_id,
                   invoice.commercial_partner_id, invoice.commercial_partner_id,
                   payment.date, payment.date, invoice.currency_id, invoice.rate,
                   payment.amount, payment.amount_currency, invoice.n
              FROM bench_payment payment
              JOIN plan_move invoice ON invoice.n = payment.invoice_n
             WHERE payment.amount > 0;
            INSERT INTO plan_partial
            SELECT invoice.n, payment.n, invoice.company_id, invoice.n, payment.date,
                   invoice.currency_id, payment.amount, payment.amount_currency
              FROM bench_payment payment
              JOIN plan_move invoice ON invoice.n = payment.invoice_n
             WHERE payment.amount > 0;
            -- Money received that nobody has allocated.
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster)
            SELECT %(excess)s + i.n, 'payment', company_id, commercial_partner_id,
                   commercial_partner_id, date, date, currency_id, rate,
                   round(100 / rate, 2), 100, %(excess)s + i.n
              FROM plan_move i
             WHERE kind = 'out_invoice' AND %(overpaid)s < 0.005;
            """,
            throw=dice.uniform(n, "unpaid"),
            parts=dice.uniform(n, "parts"),
            fraction=dice.uniform(n, "fraction"),
            noise=dice.uniform(n, "noise"),
            wait=dice.integer(n, "wait", 5, 60),
            transit=dice.uniform(SQL("payment.n"), "transit"),
            overpaid=dice.uniform(n, "overpaid"),
            first=FIRST_PAYMENT,
            second=SECOND_PAYMENT,
            excess=EXCESS,
            end=end,
        )
    )


def plan_bills(cr, dice, start, end):
    """Vendor bills, four on average, of the customers who are vendors as well."""
    n = SQL("bill.n")
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_bill;
            CREATE TEMP TABLE bench_bill AS
            SELECT c.n * 16 + number AS n, c.company_id, c.partner_id
              FROM bench_customer c
             CROSS JOIN LATERAL generate_series(1, %(count)s) number
             WHERE %(vendor)s < %(share)s;
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster)
            SELECT %(block)s + bill.n, 'in_invoice', bill.company_id, bill.partner_id,
                   bill.partner_id, drawn.date, drawn.date + 30,
                   company.currency_id, 1, drawn.amount, drawn.amount,
                   %(block)s + bill.n
              FROM bench_bill bill
              JOIN res_company company ON company.id = bill.company_id
             CROSS JOIN LATERAL (
                   SELECT %(start)s::date + (%(day)s * (
                              %(end)s::date - %(start)s::date))::int AS date,
                          round((50 + 2000 * %(amount)s)::numeric, 2) AS amount) drawn;
            INSERT INTO plan_line (n, number, product_id, product_uom_id, name,
                                   quantity, price_unit, subtotal, balance)
            SELECT move.n, 1, product.product_id, product.uom_id, product.name,
                   1, move.amount, move.amount, move.amount
              FROM plan_move move
              JOIN bench_product product
                     ON product.place = 1 AND product.company_id = move.company_id
             WHERE move.kind = 'in_invoice';
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster)
            SELECT bill.n + (%(payment)s - %(block)s), 'payment_out', company_id,
                   commercial_partner_id, partner_id, date_due, date_due,
                   currency_id, rate, amount, amount_currency, cluster
              FROM plan_move bill
             WHERE bill.kind = 'in_invoice'
               AND bill.date_due <= %(end)s
               AND %(paid)s < 0.9;
            INSERT INTO plan_partial
            SELECT n, n - (%(payment)s - %(block)s), company_id, cluster, date,
                   currency_id, amount, amount_currency
              FROM plan_move
             WHERE kind = 'payment_out';
            """,
            count=dice.integer(SQL("c.n"), "bill count", 1, 7),
            vendor=dice.uniform(SQL("c.n"), "vendor"),
            share=VENDOR_SHARE,
            block=BILL,
            payment=BILL_PAYMENT,
            start=start,
            end=end,
            day=dice.uniform(n, "bill day"),
            amount=dice.uniform(n, "bill amount"),
            paid=dice.uniform(n, "bill paid"),
        )
    )
