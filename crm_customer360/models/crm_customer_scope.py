"""What the sources of `crm.customer` share: which rows to read, and for which dates."""

from dataclasses import dataclass

from odoo.tools import SQL

# How the values that several sources (or several contacts) give for one column are
# put together, and the type a source pads the columns of the others with.
AGGREGATES = {
    "sum": ("sum", "numeric"),
    "first": ("min", "date"),
    "last": ("max", "date"),
    "last_at": ("max", "timestamp"),
}

# Thresholds of the verdict: the settings ``customer_<column>`` of the root company.
VERDICT_COLUMNS = {
    "overdue_share": "numeric",
    "late_watch_days": "int",
    "late_risk_days": "int",
    "credit_watch_share": "numeric",
    "payment_delay_days": "numeric",
    "margin_target": "numeric",
    "slowing_lateness": "numeric",
    "lost_lateness": "numeric",
    "new_days": "int",
    "small_share": "numeric",
}

# The columns of the relation `company`: dates, and settings of the root company.
# Days are the company's own; the two moments are in UTC.
COMPANY_COLUMNS = {
    "id": "int",
    "is_root": "bool",
    "is_main": "bool",
    "currency_id": "int",
    "decimals": "int",
    "global_rounding": "bool",
    "tz": "varchar",
    "today": "date",
    "window_start": "date",
    "previous_start": "date",
    "window_days": "int",
    "window_start_at": "timestamp",
    "today_end": "timestamp",
    "order_cost": "numeric",
    "credit_note_cost": "numeric",
    "meeting_hour_cost": "numeric",
    "activity_cost": "numeric",
    "capital_rate": "numeric",
    "use_credit_limit": "bool",
    "default_credit_limit": "numeric",
    "default_trust": "varchar",
    **VERDICT_COLUMNS,
}


@dataclass(frozen=True)
class Source:
    """Figures that one kind of document gives.

    :param name: for messages and tests.
    :param query: ``SELECT partner_id, company_id, <columns>``, at most a few rows per
        partner and company. `partner_id` is any contact: it is resolved to the
        commercial partner afterwards.
    :param columns: ``{column: aggregate}``, see `AGGREGATES`.
    :param homeless: whether `company_id` may be NULL, for documents that belong to no
        company: they count where the customer's revenue is largest.
    """

    name: str
    query: SQL
    columns: dict[str, str]
    homeless: bool = False


@dataclass(frozen=True)
class Scope:
    """Whom a refresh is for, as pieces of SQL that the sources are made with.

    Sources are written once and run in two shapes. For everybody they read the
    tables. For a few customers they read, under the same alias, the rows of these
    customers, fetched once through an index (`table`, `only`).

    :param everybody: which of the two shapes.
    :param contacts: array of all contacts of the customers, in the second shape.
    :param companies: relation `company`, see `COMPANY_COLUMNS`.
    :param receivable: array of the accounts of type receivable.
    :param payable: array of the accounts of type payable.
    :param liquidity: array of the accounts that hold or pass on money (bank, cash,
        suspense, outstanding): what a payment's entry has besides these, the
        receivable and the payable is a write-off.
    :param treasury: array of the bank, cash and credit card journals.
    :param main_company: where what belongs to no company counts, when nothing else of
        the customer tells.
    """

    everybody: bool
    contacts: SQL
    companies: SQL
    receivable: SQL
    payable: SQL
    liquidity: SQL
    treasury: SQL
    main_company: SQL

    def table(self, name):
        """Return the relation to read `name` from: the table, or its few rows."""
        return SQL.identifier(name if self.everybody else f"few_{name}")

    def only(self, contact):
        """Return the condition that a contact is one of those to refresh.

        For sources whose table is not among the prefetched ones.

        :param contact: SQL expression of the contact's id
        """
        if self.everybody:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", contact, self.contacts)
