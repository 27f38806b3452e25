# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Verify through the ORM that generated documents are what Odoo would have made."""

from collections import defaultdict

from odoo import Command
from odoo.tools import SQL

# Computed from what has no bearing on the document later on.
NOT_RECOMPUTED = {
    "account.move": {"access_token", "made_sequence_gap"},
    "res.partner": {"calendar_last_notif_ack"},
    # Predictive scoring; the journal's setting at the time of payment.
    "crm.lead": {"automated_probability"},
    "account.payment": {"outstanding_account_id"},
}


class _TakeBack(Exception):
    """Leaves the savepoint so that the check changes nothing."""


def check(env, sample=30):
    """Return the problems found in ``sample`` documents of each kind, as text.

    Balance, recomputation of every stored computed field, forms, a payment, a
    credit note's and an invoice's way back to draft. Changes nothing.
    """
    problems = []
    try:
        with env.cr.savepoint():
            companies = env["res.company"].search([])
            env = env(context={**env.context, "allowed_company_ids": companies.ids})
            _check_sums(env, problems)
            for records in _samples(env, sample):
                problems.extend(_check_recomputation(records))
                _check_form(records, problems)
            _check_actions(env, problems)
            raise _TakeBack
    except _TakeBack:
        env.cr.precommit.clear()
        env.cr.postcommit.clear()
        env.invalidate_all()
    return problems


def _samples(env, size):
    """``size`` records of each model and kind, spread over the whole table."""
    kinds = {
        "account.move": "move_type || coalesce(payment_state, '') || company_id",
        "sale.order": "state || coalesce(invoice_status, '') || company_id",
        "res.partner": "coalesce(type, '') || (parent_id IS NULL)",
        "crm.lead": "coalesce(won_status, '') || active",
        "account.payment": "state || is_matched",
        "calendar.event": "''",
        "rating.rating": "consumed::text",
    }
    for model, kind in kinds.items():
        rows = env.execute_query(
            SQL(
                """
                SELECT id FROM (
                    SELECT id, row_number() OVER (
                               PARTITION BY %s ORDER BY hashint8extended(id, 0)
                           ) AS place
                      FROM %s) numbered
                 WHERE place <= %s
                """,
                SQL(kind),
                SQL.identifier(env[model]._table),
                size,
            )
        )
        records = env[model].browse(row[0] for row in rows)
        if records:
            yield records
            for lines in ("line_ids", "order_line"):
                if lines in records and model in ("account.move", "sale.order"):
                    yield records[lines]


def _check_recomputation(records):
    """Recompute every stored computed field: nothing may change."""
    model = records._name
    names = [
        name
        for name, field in records._fields.items()
        if field.store
        and field.compute
        and field.column_type
        and name not in NOT_RECOMPUTED.get(model, ())
        # What a user may change is computed once, on drafts or when created.
        and (field.readonly or field.related or name in ("amount_residual",))
    ]
    query = SQL(
        "SELECT id, %s FROM %s WHERE id IN %s",
        SQL(", ").join(map(SQL.identifier, names)),
        SQL.identifier(records._table),
        tuple(records.ids),
    )
    before = {row["id"]: row for row in records.env.execute_query_dict(query)}
    for name in names:
        records.env.add_to_compute(records._fields[name], records)
    records.env.flush_all()
    differences = defaultdict(list)
    for row in records.env.execute_query_dict(query):
        for name in names:
            was, now = before[row["id"]][name], row[name]
            # Empty and zero are the same to Odoo, and so are floats of one value.
            if (was or None) != (now or None) and not _nearly_equal(was, now):
                differences[name].append((row["id"], was, now))
    return [
        f"{model}.{name}: {len(found)} of {len(records)} change when recomputed, "
        f"such as id {found[0][0]}: {found[0][1]!r} to {found[0][2]!r}"
        for name, found in differences.items()
    ]


def _nearly_equal(was, now):
    try:
        return abs(float(was or 0) - float(now or 0)) < 1e-6
    except (TypeError, ValueError):
        return False


def _check_sums(env, problems):
    """Over all documents: balance, residuals and matching agree."""
    queries = {
        "entries do not balance": """
            SELECT move_id FROM account_move_line GROUP BY move_id
            HAVING sum(balance) <> 0 OR sum(debit) <> sum(credit)""",
        "residuals differ from the reconciliations": """
            SELECT line.id
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              LEFT JOIN (
                   SELECT debit_move_id AS id, -amount AS amount
                     FROM account_partial_reconcile
                    UNION ALL
                   SELECT credit_move_id, amount FROM account_partial_reconcile
                   ) part ON part.id = line.id
             WHERE account.reconcile AND line.parent_state = 'posted'
             GROUP BY line.id
            HAVING line.balance + coalesce(sum(part.amount), 0)
                   <> line.amount_residual""",
        "full reconciliations are not settled": """
            SELECT id FROM account_move_line
             WHERE full_reconcile_id IS NOT NULL
               AND (NOT reconciled OR matching_number <> full_reconcile_id::text)""",
        "names are not unique": """
            SELECT min(id) FROM account_move GROUP BY journal_id, name
            HAVING count(*) > 1""",
        "documents differ from their lines": """
            SELECT move.id FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
             WHERE move.move_type IN ('out_invoice', 'out_refund')
               AND line.display_type = 'product'
             GROUP BY move.id
            HAVING sum(-line.balance) <> move.amount_untaxed_signed""",
    }
    for problem, query in queries.items():
        rows = env.execute_query(SQL("SELECT * FROM (%s) found LIMIT 3", SQL(query)))
        if rows:
            problems.append(f"{problem}: {rows}")


def _check_form(records, problems):
    """Read what the form shows."""
    # Odoo knows its addons only when it has been configured.
    from odoo.addons.crm_customer360.isolation import isolated

    if records._name not in ("account.move", "sale.order", "res.partner", "crm.lead"):
        return
    for record in records[:12]:
        if "company_id" in record and record.company_id:
            record = record.with_company(record.company_id)
        arch = record.get_view(view_type="form")
        names = arch["models"][record._name]
        with isolated(record.env) as part:
            record.web_read({name: {} for name in names if name in record})
        if part.error:
            problems.append(f"{record} does not open: {part.error!r}")


def _check_actions(env, problems):
    """Set invoices to draft, post them again, pay those that are open."""
    for company in env["res.company"].search([]):
        company_env = env(context={**env.context, "allowed_company_ids": company.ids})
        invoices = company_env["account.move"]
        # Posting an open credit note allocates it: that one is left out.
        for move_type, state in (
            ("out_invoice", "not_paid"),
            ("out_invoice", "partial"),
            ("out_invoice", "paid"),
            ("out_invoice", "reversed"),
            ("out_refund", "paid"),
        ):
            invoices |= invoices.search(
                [
                    ("move_type", "=", move_type),
                    ("payment_state", "=", state),
                    ("company_id", "=", company.id),
                    ("amount_total", ">", 0),
                ],
                order="id DESC",
                limit=1,
            )
        for invoice in invoices:
            names = ["amount_untaxed_signed", "amount_residual", "payment_state"]
            before = [invoice[name] for name in names]
            invoice.button_draft()
            invoice.action_post()
            after = [invoice[name] for name in names]
            if before != after:
                problems.append(f"{invoice} posted again: {before} is now {after}")
            if invoice.move_type == "out_invoice" and invoice.amount_residual:
                _pay(company_env, company, invoice, problems)


def _pay(env, company, invoice, problems):
    """Register a payment, then settle the invoice by a bank entry."""
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    ).create({"amount": invoice.amount_residual / 2})._create_payments()
    term = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
    bank = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    entry = env["account.move"].create(
        {
            "journal_id": bank.id,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "partner_id": term.partner_id.id,
                        "currency_id": term.currency_id.id,
                        "balance": sign * term.amount_residual,
                        "amount_currency": sign * term.amount_residual_currency,
                    }
                )
                for account, sign in (
                    (bank.default_account_id, 1),
                    (term.account_id, -1),
                )
            ],
        }
    )
    entry.action_post()
    term_account = term.account_id
    (term + entry.line_ids.filtered(lambda x: x.account_id == term_account)).reconcile()
    if invoice.amount_residual or not term.full_reconcile_id:
        problems.append(f"{invoice} is not settled by paying it")
