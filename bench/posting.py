# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Insert what ``ledger`` numbered and matched into Odoo's own tables."""

from odoo.tools import SQL


def insert_posted(cr, patterns, clock):
    """Insert entries, items, payments and reconciliations of ``plan_posted``."""
    _insert_full_reconciles(cr)
    _insert_receipts(cr, patterns)
    _insert_moves(cr, patterns)
    _link_receipts(cr)
    clock("journal entries")
    _insert_lines(cr, patterns)
    clock("journal items")
    _insert_partials(cr)
    clock("reconciliations")


def _insert_full_reconciles(cr):
    cr.execute(
        """
        INSERT INTO account_full_reconcile (
               id, create_uid, write_uid, create_date, write_date)
        SELECT full_id, 1, 1, max(date), max(date)
          FROM plan_posted
         WHERE full_id IS NOT NULL
         GROUP BY full_id
         ORDER BY full_id
        """
    )


def _insert_receipts(cr, patterns):
    """Payments with an entry on the outstanding account, not at the bank yet."""
    patterns.copy(
        "account_payment",
        SQL("(SELECT * FROM plan_posted WHERE kind = 'receipt')"),
        SQL("s.payment_id"),
        id=SQL("s.payment_id"),
        # The entry points here as well; it is set when it exists.
        move_id=SQL("NULL::int"),
        name=SQL("s.name"),
        date=SQL("s.date"),
        create_date=SQL("s.date"),
        write_date=SQL("s.date"),
        partner_id=SQL("s.partner_id"),
        currency_id=SQL("s.currency_id"),
        amount=SQL("s.amount_currency"),
        amount_company_currency_signed=SQL("s.amount"),
        is_reconciled=SQL("s.settled"),
        # Paid as soon as the invoice is.
        state=SQL("CASE WHEN s.full_id IS NULL THEN 'in_process' ELSE 'paid' END"),
    )


def _insert_moves(cr, patterns):
    is_entry = SQL("s.move_type = 'entry'")
    # An entry's totals are positive; a document's carry the sign of what we get.
    signed = SQL("CASE WHEN %s THEN 1 ELSE s.sign END", is_entry)
    patterns.copy(
        "account_move",
        SQL(
            """(SELECT post.*, reversed.move_id AS reversed_id,
                       partner.complete_name AS partner_name
                  FROM plan_posted post
                  JOIN res_partner partner ON partner.id = post.partner_id
                  LEFT JOIN plan_posted reversed ON reversed.n = post.reversed_n)"""
        ),
        SQL("s.move_id"),
        id=SQL("s.move_id"),
        name=SQL("s.name"),
        sequence_prefix=SQL("s.prefix"),
        sequence_number=SQL("s.number"),
        payment_reference=SQL("CASE WHEN s.kind = 'out_invoice' THEN s.name END"),
        date=SQL("s.date"),
        invoice_date=SQL("CASE WHEN NOT %s THEN s.date END", is_entry),
        invoice_date_due=SQL("s.date_due"),
        create_date=SQL("s.date"),
        write_date=SQL("s.date"),
        partner_id=SQL("s.partner_id"),
        commercial_partner_id=SQL("s.commercial_partner_id"),
        partner_shipping_id=SQL("CASE WHEN NOT %s THEN s.partner_id END", is_entry),
        invoice_partner_display_name=SQL("s.partner_name"),
        invoice_user_id=SQL("CASE WHEN NOT %s THEN s.user_id END", is_entry),
        invoice_origin=SQL("s.origin"),
        reversed_entry_id=SQL("s.reversed_id"),
        origin_payment_id=SQL("s.payment_id"),
        currency_id=SQL(
            "CASE WHEN %s THEN p.currency_id ELSE s.currency_id END", is_entry
        ),
        invoice_currency_rate=SQL(
            "CASE WHEN %s THEN p.invoice_currency_rate ELSE s.rate END", is_entry
        ),
        amount_untaxed=SQL(
            "CASE WHEN %s THEN p.amount_untaxed ELSE s.amount_currency END", is_entry
        ),
        amount_untaxed_signed=SQL(
            "CASE WHEN %s THEN p.amount_untaxed_signed ELSE %s * s.amount END",
            is_entry,
            signed,
        ),
        amount_untaxed_in_currency_signed=SQL(
            "CASE WHEN %s THEN p.amount_untaxed_in_currency_signed"
            " ELSE %s * s.amount_currency END",
            is_entry,
            signed,
        ),
        amount_total=SQL("s.amount_currency"),
        amount_total_signed=SQL("%s * s.amount", signed),
        amount_total_in_currency_signed=SQL("%s * s.amount_currency", signed),
        amount_residual=SQL(
            "CASE WHEN %s THEN p.amount_residual ELSE s.residual_currency END", is_entry
        ),
        amount_residual_signed=SQL(
            "CASE WHEN %s THEN p.amount_residual_signed ELSE %s * s.residual END",
            is_entry,
            signed,
        ),
        payment_state=SQL(
            """CASE WHEN %s THEN p.payment_state
                    WHEN s.settled AND s.reversed AND s.kind = 'out_invoice'
                    THEN 'reversed'
                    WHEN s.settled THEN 'paid'
                    WHEN s.touched THEN 'partial'
                    ELSE 'not_paid' END""",
            is_entry,
        ),
    )


def _link_receipts(cr):
    cr.execute(
        """
        UPDATE account_payment payment SET move_id = post.move_id
          FROM plan_posted post
         WHERE post.payment_id = payment.id
        """
    )


def _insert_lines(cr, patterns):
    """Product lines, bank lines and term lines, those of one entry together."""
    patterns.copy(
        "account_move_line",
        SQL(
            """(
            SELECT post.kind || '.product' AS kind, post.company_id, post.move_id,
                   post.line_id + line.number - 1 AS id,
                   line.name, line.product_id, line.product_uom_id, line.quantity,
                   line.price_unit, line.subtotal,
                   -post.sign * line.balance AS balance,
                   -post.sign * line.subtotal AS amount_currency,
                   0 AS residual, 0 AS residual_currency, false AS settled,
                   NULL::int AS full_id, NULL AS matching_number,
                   NULL::date AS date_maturity,
                   line.cost * post.sign AS cost, line.cost_source,
                   post.name AS move_name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.payment_id
              FROM plan_line line
              JOIN plan_posted post USING (n)
             UNION ALL
            SELECT post.kind || '.bank', post.company_id, post.move_id, post.line_id,
                   NULL, NULL, NULL, 1, 0, NULL,
                   -post.sign * post.amount, -post.sign * post.amount_currency,
                   -post.sign * post.amount, -post.sign * post.amount_currency,
                   false, NULL, NULL,
                   CASE WHEN post.kind = 'receipt' THEN post.date END, NULL, NULL,
                   post.name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.payment_id
              FROM plan_posted post
             WHERE post.move_type = 'entry'
             UNION ALL
            SELECT post.kind || '.term', post.company_id, post.move_id,
                   post.term_line_id,
                   CASE WHEN post.kind = 'out_invoice' THEN post.name END,
                   NULL, NULL, NULL, NULL, NULL,
                   post.sign * post.amount, post.sign * post.amount_currency,
                   post.sign * post.residual, post.sign * post.residual_currency,
                   post.settled, post.full_id, post.matching_number,
                   CASE WHEN post.kind NOT LIKE 'payment%%' THEN post.date_due END,
                   NULL, NULL,
                   post.name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.payment_id
              FROM plan_posted post)"""
        ),
        SQL("s.id"),
        id=SQL("s.id"),
        move_id=SQL("s.move_id"),
        move_name=SQL("s.move_name"),
        date=SQL("s.date"),
        invoice_date=SQL("CASE WHEN s.move_type <> 'entry' THEN s.date END"),
        date_maturity=SQL("s.date_maturity"),
        create_date=SQL("s.date"),
        write_date=SQL("s.date"),
        partner_id=SQL("s.commercial_partner_id"),
        name=SQL("coalesce(s.name, CASE WHEN s.move_type = 'entry' THEN p.name END)"),
        product_id=SQL("s.product_id"),
        product_uom_id=SQL("s.product_uom_id"),
        quantity=SQL("coalesce(s.quantity, p.quantity)"),
        price_unit=SQL("coalesce(s.price_unit, p.price_unit)"),
        price_subtotal=SQL(
            "CASE WHEN s.move_type = 'entry' THEN s.amount_currency"
            " ELSE coalesce(s.subtotal, p.price_subtotal) END"
        ),
        price_total=SQL(
            "CASE WHEN s.move_type = 'entry' THEN s.amount_currency"
            " ELSE coalesce(s.subtotal, p.price_total) END"
        ),
        currency_id=SQL("s.currency_id"),
        balance=SQL("s.balance"),
        debit=SQL("greatest(s.balance, 0)"),
        credit=SQL("greatest(-s.balance, 0)"),
        amount_currency=SQL("s.amount_currency"),
        amount_residual=SQL("s.residual"),
        amount_residual_currency=SQL("s.residual_currency"),
        reconciled=SQL("s.settled"),
        full_reconcile_id=SQL("s.full_id"),
        matching_number=SQL("s.matching_number"),
        payment_id=SQL("s.payment_id"),
        sale_cost=SQL("s.cost"),
        sale_cost_unit=SQL("abs(s.cost / nullif(s.quantity, 0))"),
        sale_cost_product=SQL("CASE WHEN s.cost IS NOT NULL THEN s.product_id END"),
        sale_cost_source=SQL("s.cost_source"),
    )


def _insert_partials(cr):
    cr.execute(
        """
        INSERT INTO account_partial_reconcile (
               id, debit_move_id, credit_move_id, full_reconcile_id, company_id,
               debit_currency_id, credit_currency_id,
               amount, debit_amount_currency, credit_amount_currency, max_date,
               create_uid, write_uid, create_date, write_date)
        SELECT part.new_id, debit.term_line_id, credit.term_line_id, debit.full_id,
               part.company_id, part.currency_id, part.currency_id,
               part.amount, part.amount_currency, part.amount_currency, part.date,
               1, 1, part.date, part.date
          FROM plan_partial_id part
          JOIN plan_posted debit ON debit.n = part.debit_n
          JOIN plan_posted credit ON credit.n = part.credit_n
         ORDER BY part.new_id;
        DROP TABLE plan_partial_id, plan_cluster;
        """
    )
