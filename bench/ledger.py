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

from .posting import insert_posted
from .rows import reserve_ids

# Sign of the term line's balance.
SIGNS = {
    "out_invoice": 1,
    "out_refund": -1,
    "in_invoice": -1,
    "payment": -1,
    "payment_out": 1,
    "receipt": -1,
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
            cost numeric,               -- company currency, of the whole line
            cost_source text
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
    insert_posted(cr, patterns, clock)


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
                   bool_or(other.kind = 'out_refund') AS by_refund,
                   bool_or(other.kind = 'receipt') AS by_receipt
              FROM plan_partial part
             CROSS JOIN LATERAL (
                   VALUES (part.debit_n, part.credit_n),
                          (part.credit_n, part.debit_n)) side(n, other_n)
              JOIN plan_move other ON other.n = side.other_n
             GROUP BY side.n
        ), residuals AS (
            SELECT move.n, move.cluster,
                   taken.n IS NOT NULL AS touched,
                   taken.by_refund AND NOT taken.by_receipt AS reversed,
                   move.amount - coalesce(taken.amount, 0) AS residual,
                   move.amount_currency - coalesce(taken.amount_currency, 0)
                       AS residual_currency
              FROM plan_move move
              LEFT JOIN taken USING (n)
        )
        SELECT residuals.n, touched, reversed, residual, residual_currency,
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
    cr.execute("SELECT count(*) FROM plan_move WHERE kind = 'receipt'")
    (receipt_count,) = cr.fetchone()
    bases = {
        "payment_base": reserve_ids(cr, "account_payment", receipt_count),
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
                       CASE WHEN named.kind = 'receipt' THEN
                           %(payment_base)s - 1 + row_number() OVER (
                               PARTITION BY named.kind ORDER BY named.place)
                       END AS payment_id,
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
                   match.touched, match.reversed,
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
