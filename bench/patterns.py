# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Make one document of each kind through the ORM, keep its rows, take it back."""

from datetime import date

from odoo import Command

from .rows import Patterns

# Patterns carry this date; copies replace it.
PATTERN_DATE = date(2024, 5, 17)


class _TakeBack(Exception):
    """Leaves the savepoint so that no pattern document stays."""


def capture_patterns(env, companies, product, ledger_only=False):
    """Return the ``Patterns`` of every kind for every company.

    :param ledger_only: partners and journal entries, nothing else
    """
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
                _capture_company(company_env, patterns, company, product, ledger_only)
            raise _TakeBack
    except _TakeBack:
        # What posting left to do at commit concerns documents that are gone.
        env.cr.precommit.clear()
        env.cr.postcommit.clear()
        env.invalidate_all()
    return patterns


def _capture_company(env, patterns, company, product, ledger_only):
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
    _capture_receipt(env, patterns, company, parent)
    if ledger_only:
        return
    _capture_promise(env, patterns, company, parent)
    _capture_orders(env, patterns, company, parent, product)
    _capture_leads(env, patterns, company, parent)
    _capture_relations(env, patterns, company, parent, product)


def _capture_receipt(env, patterns, company, partner):
    """A payment with its entry on the outstanding account."""
    journal = _bank(env, company)
    method = journal.inbound_payment_method_line_ids[:1]
    outstanding = method.payment_account_id or env["account.chart.template"].ref(
        "account_journal_payment_debit_account_id"
    )
    payment = env["account.payment"].create(
        {
            "partner_id": partner.id,
            "amount": 100.0,
            "journal_id": journal.id,
            "date": PATTERN_DATE,
            "outstanding_account_id": outstanding.id,
        }
    )
    payment.action_post()
    lines = payment.move_id.line_ids
    bank = lines.filtered(lambda line: line.account_id == outstanding)
    patterns.capture("receipt", payment, company)
    patterns.capture("receipt", payment.move_id, company)
    patterns.capture("receipt.bank", bank, company)
    patterns.capture("receipt.term", lines - bank, company)


def _capture_promise(env, patterns, company, partner):
    """A payment that has no journal entry yet."""
    payment = env["account.payment"].create(
        {
            "partner_id": partner.id,
            "amount": 100.0,
            "journal_id": _bank(env, company).id,
            "date": PATTERN_DATE,
        }
    )
    payment.outstanding_account_id = False
    payment.action_post()
    patterns.capture("promise", payment, company)


def _capture_orders(env, patterns, company, partner, product):
    for state in ("draft", "sent", "sale", "cancel"):
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "price_unit": 100.0,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        if state == "sent":
            order.action_quotation_sent()
        elif state == "sale":
            order.action_confirm()
        elif state == "cancel":
            order.action_cancel()
        env.flush_all()
        patterns.capture(state, order, company)
        patterns.capture(state, order.order_line, company)


def _capture_leads(env, patterns, company, partner):
    """An opportunity in each open stage, one won, one lost for each of two reasons."""
    stages = env["crm.stage"].search([("is_won", "=", False)], limit=3)
    reasons = env["crm.lost.reason"].search([], limit=2)
    kinds = [
        *((f"open{number}", stage) for number, stage in enumerate(stages)),
        ("won", stages[:1]),
        *((f"lost{number}", stages[:1]) for number in range(len(reasons))),
    ]
    for kind, stage in kinds:
        lead = env["crm.lead"].create(
            {
                "name": "Pattern",
                "type": "opportunity",
                "partner_id": partner.id,
                "company_id": company.id,
                "stage_id": stage.id,
                "expected_revenue": 100.0,
            }
        )
        if kind == "won":
            lead.action_set_won()
        elif kind.startswith("lost"):
            lead.action_set_lost(lost_reason_id=reasons[int(kind[-1])].id)
        env.flush_all()
        patterns.capture(kind, lead, company)


def _capture_relations(env, patterns, company, partner, product):
    """Rating, meetings, message, activity: whatever belongs to no ledger."""
    models = env["ir.model"]
    order = env["sale.order"].create(
        {"partner_id": partner.id, "company_id": company.id}
    )
    for kind, rating in (("top", 5), ("ok", 3), ("ko", 1)):
        record = env["rating.rating"].create(
            {
                "res_model_id": models._get_id("sale.order"),
                "res_id": order.id,
                "partner_id": partner.id,
                "rating": rating,
                "consumed": True,
            }
        )
        patterns.capture(kind, record, company)
    event = env["calendar.event"].create(
        {
            "name": "Pattern",
            "start": "2024-05-17 10:00:00",
            "stop": "2024-05-17 11:00:00",
            "partner_ids": [Command.set(partner.ids)],
        }
    )
    patterns.capture("meeting", event, company)
    patterns.capture("meeting", event.attendee_ids, company)
    message = partner.message_post(
        body="Pattern", message_type="comment", subtype_xmlid="mail.mt_comment"
    )
    patterns.capture("message", message, company)
    activity = env["mail.activity"].create(
        {
            "res_model_id": models._get_id("res.partner"),
            "res_id": partner.id,
            "activity_type_id": env.ref("mail.mail_activity_data_call").id,
            "summary": "Pattern",
        }
    )
    activity._action_done()
    env.flush_all()
    patterns.capture("activity", activity, company)


def _bank(env, company):
    return env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )


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
    journal = _bank(env, company)
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
