"""Payments of the demo customers, and to those who are vendors."""

from dataclasses import dataclass, field

from odoo import models

# Documents made before the planner is told how many there are.
FIRST = 20


@dataclass
class Payment:
    """Money that changed hands.

    :param amount: positive, in the invoice's currency
    :param invoice: what is paid, or None for money allocated to nothing
    :param waiting: see `Story.waiting`; everything else lies on the bank account
    """

    partner: models.Model
    amount: float
    days_ago: int
    invoice: models.Model = field(default=None)
    waiting: str = ""

    @property
    def is_ours(self):
        """Whether we pay a vendor."""
        return bool(self.invoice) and self.invoice.move_type == "in_invoice"


def pay(documents, payments):
    """Make these payments and allocate them."""
    env, company, bank = documents.env, documents.company, documents.bank
    records = env["account.payment"]
    for payment in payments:
        payment.currency = (payment.invoice or company).currency_id
    values = [
        {
            "payment_type": "outbound" if payment.is_ours else "inbound",
            "partner_type": "supplier" if payment.is_ours else "customer",
            "partner_id": payment.partner.id,
            "amount": payment.currency.round(payment.amount),
            "currency_id": payment.currency.id,
            "date": documents.day(payment.days_ago),
            "create_date": documents.moment(payment.days_ago, 14),
            "journal_id": bank.id,
            "memo": payment.invoice.name if payment.invoice else "Advance",
        }
        for payment in payments
    ]
    records = records.create(values)
    arrived = records.browse()
    for payment, record in zip(payments, records, strict=True):
        if not payment.waiting:
            arrived += record
        elif payment.waiting == "cheque":
            # Without an account there is no journal entry yet, nothing to reconcile.
            record.outstanding_account_id = False
            record.invoice_ids = payment.invoice
    # What is in transit is left on the account that Odoo takes for it.
    arrived.outstanding_account_id = bank.default_account_id
    records.action_post()
    plan = [
        open_items(payment.invoice) + open_items(record.move_id)
        for payment, record in zip(payments, records, strict=True)
        if payment.invoice and record.move_id
    ]
    # A few reconciliations first, so that there is something to count.
    reconcile = env["account.move.line"]._reconcile_plan
    analyze(env)
    reconcile(plan[:FIRST])
    analyze(env)
    reconcile(plan[FIRST:])


def analyze(env):
    """Have the planner count the entries made so far.

    All is made in one transaction, of which it knows nothing: where it takes these
    tables for empty, the native look for the payments of invoices takes minutes.
    """
    env.flush_all()
    env.cr.execute(
        "ANALYZE account_move, account_move_line, account_payment,"
        " account_partial_reconcile"
    )


def open_items(moves):
    """Return the receivable or payable items of these entries."""
    return moves.line_ids.filtered(
        lambda line: (
            not line.reconciled
            and line.account_id.account_type
            in ("asset_receivable", "liability_payable")
        )
    )
