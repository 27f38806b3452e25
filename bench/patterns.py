# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Make one document of each kind through the ORM, keep its rows, take it back."""

from datetime import date

from odoo import Command

from .rows import Patterns

# Patterns carry this date; copies replace it.
PATTERN_DATE = date(2024, 5, 17)


class _TakeBack(Exception):
    """Leaves the savepoint so that no pattern document stays."""


def capture_patterns(env, companies, product):
    """Return the ``Patterns`` of every kind for every company."""
    patterns = Patterns(env.cr)
    env.flush_all()
    try:
        with env.cr.savepoint():
            for company in companies:
                company_env = env(
                    context={
                        **env.context,
                        "allowed_company_ids": company.ids,
                        "tracking_disable": True,
                    }
                )
                _capture_company(company_env, patterns, company, product)
            raise _TakeBack
    except _TakeBack:
        # What posting left to do at commit concerns documents that are gone.
        env.cr.precommit.clear()
        env.cr.postcommit.clear()
        env.invalidate_all()
    return patterns


def _capture_company(env, patterns, company, product):
    product = product.with_env(env)
    parent = env["res.partner"].create(
        {"name": "Pattern", "is_company": True, "customer_rank": 1}
    )
    contact = env["res.partner"].create(
        {"name": "Pattern contact", "parent_id": parent.id, "type": "invoice"}
    )
    env.flush_all()
    patterns.capture("company", parent, company)
    patterns.capture("contact", contact, company)
    for move_type in ("out_invoice", "out_refund", "in_invoice"):
        move = _invoice(env, move_type, parent, product)
        lines = move.line_ids
        patterns.capture(move_type, move, company)
        patterns.capture(
            f"{move_type}.product",
            lines.filtered(lambda line: line.display_type == "product"),
            company,
        )
        patterns.capture(
            f"{move_type}.term",
            lines.filtered(lambda line: line.display_type == "payment_term"),
            company,
        )
    _capture_entry(env, patterns, company, parent, "payment", 100.0)
    _capture_entry(env, patterns, company, parent, "payment_out", -100.0)


def _invoice(env, move_type, partner, product):
    move = env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": partner.id,
            "invoice_date": PATTERN_DATE,
            "date": PATTERN_DATE,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": 1,
                        "price_unit": 100.0,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }
    )
    move.action_post()
    return move


def _capture_entry(env, patterns, company, partner, kind, received):
    """A bank entry; ``received`` is negative when the company pays."""
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    partner = partner.with_company(company)
    counterpart = (
        partner.property_account_receivable_id
        if received > 0
        else partner.property_account_payable_id
    )
    entry = env["account.move"].create(
        {
            "move_type": "entry",
            "journal_id": journal.id,
            "date": PATTERN_DATE,
            "partner_id": partner.id,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "partner_id": partner.id,
                        "name": "Payment",
                        "balance": balance,
                    }
                )
                for account, balance in (
                    (journal.default_account_id, received),
                    (counterpart, -received),
                )
            ],
        }
    )
    entry.action_post()
    bank = entry.line_ids.filtered(
        lambda line: line.account_id == journal.default_account_id
    )
    patterns.capture(kind, entry, company)
    patterns.capture(f"{kind}.bank", bank, company)
    patterns.capture(f"{kind}.term", entry.line_ids - bank, company)
