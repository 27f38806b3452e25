# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Write planned documents into the ledger, as posting and reconciling would.

The plan is three temporary tables (``create_plan``), filled by the caller:

``plan_move``: one row per journal entry, each with one line on a receivable or
payable account (its *term line*) and one or more other lines.
``plan_line``: the product lines of invoices, bills and credit notes.
``plan_partial``: reconciliations between the term lines of two entries.

All amounts are positive; the kind gives the sign. Nothing is taxed.
"""

import re

from odoo.tools import SQL

from .rows import reserve_ids

# Sign of the term line's balance.
SIGNS = {
    "out_invoice": 1,
    "out_refund": -1,
    "in_invoice": -1,
    "payment": -1,
    "payment_out": 1,
}


def create_plan(cr):
    """Create the empty plan, in place of an older one."""
    cr.execute(
        """
        DROP TABLE IF EXISTS
            plan_move, plan_line, plan_partial, plan_kind, plan_posted, plan_match;
        CREATE TEMP TABLE plan_move (
            n bigint NOT NULL,          -- names the entry within the plan
            kind text NOT NULL,         -- pattern
            company_id int NOT NULL,
            commercial_partner_id int NOT NULL,
            partner_id int NOT NULL,    -- the contact the document goes to
            user_id int,
            date date NOT NULL,
            date_due date NOT NULL,
            currency_id int NOT NULL,
            rate numeric NOT NULL,      -- document currency per company currency
            amount numeric NOT NULL,    -- company currency
            amount_currency numeric NOT NULL,
            reversed_n bigint,          -- the invoice that a credit note reverses
            origin text,
            cluster bigint              -- entries reconciled with one another
        );
        CREATE TEMP TABLE plan_line (
            n bigint NOT NULL,
            number int NOT NULL,        -- 1, 2, … within the entry
            product_id int,
            product_uom_id int,
            name text,
            quantity numeric NOT NULL,
            price_unit numeric NOT NULL,
            subtotal numeric NOT NULL,  -- document currency
            balance numeric NOT NULL,   -- company currency
            cost numeric                -- company currency, of the whole line
        );
        CREATE TEMP TABLE plan_partial (
            debit_n bigint NOT NULL,
            credit_n bigint NOT NULL,
            company_id int NOT NULL,
            cluster bigint NOT NULL,
            date date NOT NULL,         -- the later of the two
            currency_id int NOT NULL,
            amount numeric NOT NULL,
            amount_currency numeric NOT NULL
        );
        """
    )


def post_plan(cr, patterns, clock=lambda step: None):
    """Write the plan; ``plan_posted`` then maps ``n`` to ``move_id``."""
    cr.execute("ANALYZE plan_move; ANALYZE plan_line; ANALYZE plan_partial")
    _describe_kinds(cr, patterns)
    _match(cr)
    _number(cr)
    clock("numbers and matching")
    _insert_full_reconciles(cr)
    _insert_moves(cr, patterns)
    clock("journal entries")
    _insert_lines(cr, patterns)
    clock("journal items")
    _insert_partials(cr)
    clock("reconciliations")


def _describe_kinds(cr, patterns):
    """Journal and numbering of each kind, taken from the pattern's number."""
    cr.execute(
        """
        CREATE TEMP TABLE plan_kind (
            kind text, company_id int, sign int, journal_id int, move_type text,
            prefix text, width int)
        """
    )
    for (kind, company_id), row in patterns.rows["account_move"].items():
        year, month = row["date"][:4], row["date"][5:7]
        prefix = re.sub(
            rf"/{year}/{month}/$|/{year}/$",
            lambda found: "/{Y}/{M}/" if found[0].count("/") == 3 else "/{Y}/",
            row["sequence_prefix"],
        )
        cr.execute(
            "INSERT INTO plan_kind VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                kind,
                company_id,
                SIGNS[kind],
                row["journal_id"],
                row["move_type"],
                prefix,
                len(row["name"]) - len(row["sequence_prefix"]),
            ],
        )


def _match(cr):
    """What is left of each entry, and which clusters are wholly reconciled."""
    cr.execute(
        """
        CREATE TEMP TABLE plan_match AS
        WITH taken AS (
            SELECT side.n,
                   sum(part.amount) AS amount,
                   sum(part.amount_currency) AS amount_currency,
                   bool_or(other.kind IN ('out_refund', 'in_refund')) AS by_refund
              FROM plan_partial part
             CROSS JOIN LATERAL (
                   VALUES (part.debit_n, part.credit_n),
                          (part.credit_n, part.debit_n)) side(n, other_n)
              JOIN plan_move other ON other.n = side.other_n
             GROUP BY side.n
        ), residuals AS (
            SELECT move.n, move.cluster,
                   taken.n IS NOT NULL AS touched,
                   taken.by_refund,
                   move.amount - coalesce(taken.amount, 0) AS residual,
                   move.amount_currency - coalesce(taken.amount_currency, 0)
                       AS residual_currency
              FROM plan_move move
              LEFT JOIN taken USING (n)
        )
        SELECT residuals.n, touched, by_refund, residual, residual_currency,
               residual = 0 AND residual_currency = 0 AS settled,
               CASE WHEN touched THEN cluster END AS cluster,
               touched AND bool_and(residual = 0 AND residual_currency = 0)
                   OVER (PARTITION BY cluster, touched) AS whole
          FROM residuals;
        ANALYZE plan_match;
        """
    )


def _number(cr):
    """Give every entry its ids, its number in its journal, its matching number.

    Entries get their ids in the order of their dates, as in a database that grew.
    """
    cr.execute("SELECT count(*) FROM plan_move")
    (move_count,) = cr.fetchone()
    cr.execute("SELECT count(*) FROM plan_line")
    # Every entry has a term line; payments have a bank line as well.
    line_count = cr.fetchone()[0] + 2 * move_count
    cr.execute("SELECT count(*) FROM plan_partial")
    (partial_count,) = cr.fetchone()
    cr.execute("SELECT count(DISTINCT cluster) FROM plan_match WHERE whole")
    (full_count,) = cr.fetchone()
    bases = {
        "move_base": reserve_ids(cr, "account_move", move_count),
        "line_base": reserve_ids(cr, "account_move_line", line_count),
        "partial_base": reserve_ids(cr, "account_partial_reconcile", partial_count),
        "full_base": reserve_ids(cr, "account_full_reconcile", full_count),
    }
    cr.execute(
        SQL(
            """
            CREATE TEMP TABLE plan_cluster AS
            SELECT cluster, bool_and(whole) AS whole,
                   %(full_base)s - 1 + row_number() OVER (
                       ORDER BY NOT bool_and(whole), cluster) AS full_id
              FROM plan_match
             WHERE touched
             GROUP BY cluster;
            CREATE TEMP TABLE plan_partial_id AS
            SELECT part.*,
                   min(part.new_id) OVER (PARTITION BY part.cluster) AS first_id
              FROM (SELECT plan_partial.*,
                           %(partial_base)s - 1 + row_number() OVER (
                               ORDER BY date, debit_n, credit_n) AS new_id
                      FROM plan_partial) part;
            CREATE TEMP TABLE plan_posted AS
            WITH item AS (
                SELECT n, count(*) AS product_count FROM plan_line GROUP BY n
            ), named AS (
                SELECT move.*, kind.sign, kind.journal_id, kind.move_type, kind.width,
                       replace(replace(kind.prefix,
                                       '{Y}', to_char(move.date, 'YYYY')),
                               '{M}', to_char(move.date, 'MM')) AS prefix,
                       coalesce(item.product_count, 0) AS product_count,
                       row_number() OVER (ORDER BY move.date, move.n) AS place
                  FROM plan_move move
                  JOIN plan_kind kind USING (kind, company_id)
                  LEFT JOIN item USING (n)
            ), last_number AS (
                SELECT journal_id, sequence_prefix, max(sequence_number) AS number
                  FROM account_move
                 GROUP BY journal_id, sequence_prefix
            ), counted AS (
                SELECT named.*,
                       coalesce(last_number.number, 0) + row_number() OVER (
                           PARTITION BY named.journal_id, named.prefix
                           ORDER BY named.place) AS number,
                       %(move_base)s - 1 + named.place AS move_id,
                       %(line_base)s + sum(
                           greatest(named.product_count, 1) + 1
                       ) OVER (ORDER BY named.place)
                       - greatest(named.product_count, 1) - 1 AS line_id
                  FROM named
                  LEFT JOIN last_number
                         ON last_number.journal_id = named.journal_id
                        AND last_number.sequence_prefix = named.prefix
            )
            SELECT counted.*,
                   counted.prefix || lpad(
                       counted.number::text,
                       greatest(counted.width, length(counted.number::text)), '0'
                   ) AS name,
                   counted.line_id + greatest(counted.product_count, 1)
                       AS term_line_id,
                   match.residual, match.residual_currency, match.settled,
                   match.touched, match.by_refund,
                   CASE WHEN cluster.whole THEN cluster.full_id END AS full_id,
                   CASE WHEN cluster.whole THEN cluster.full_id::text
                        WHEN match.touched THEN 'P' || first.first_id
                   END AS matching_number
              FROM counted
              JOIN plan_match match USING (n)
              LEFT JOIN plan_cluster cluster ON cluster.cluster = match.cluster
              LEFT JOIN (SELECT DISTINCT cluster, first_id FROM plan_partial_id) first
                     ON first.cluster = match.cluster
             ORDER BY counted.place;
            CREATE INDEX ON plan_posted (n);
            ANALYZE plan_posted;
            """,
            **bases,
        )
    )


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
                    WHEN s.settled AND s.by_refund AND s.kind = 'out_invoice'
                    THEN 'reversed'
                    WHEN s.settled THEN 'paid'
                    WHEN s.touched THEN 'partial'
                    ELSE 'not_paid' END""",
            is_entry,
        ),
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
                   NULL::date AS date_maturity, line.cost * -post.sign AS cost,
                   post.name AS move_name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.sign
              FROM plan_line line
              JOIN plan_posted post USING (n)
             UNION ALL
            SELECT post.kind || '.bank', post.company_id, post.move_id, post.line_id,
                   NULL, NULL, NULL, 1, 0, NULL,
                   -post.sign * post.amount, -post.sign * post.amount_currency,
                   -post.sign * post.amount, -post.sign * post.amount_currency,
                   false, NULL, NULL, NULL, NULL,
                   post.name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.sign
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
                   CASE WHEN post.move_type <> 'entry' THEN post.date_due END, NULL,
                   post.name, post.date, post.currency_id,
                   post.commercial_partner_id, post.move_type, post.sign
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
        sale_cost=SQL("CASE WHEN s.kind LIKE 'out_%%' THEN s.cost END"),
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
