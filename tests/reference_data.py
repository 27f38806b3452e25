# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real transactions as customers and posted invoices.

The files stay where they are: in the folder that ``CUSTOMER360_DATA`` names, else in
``shared/data`` next to the repository. Each order becomes one posted invoice of one
line without tax, those of amount 0.00 included. Every data set deserves a company of
its own (``make_company``), so that nothing else is in its figures.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo import Command
from odoo.tools import SQL

from bench.companies import load_chart
from bench.ledger import create_plan, post_plan
from bench.patterns import capture_patterns
from bench.rows import bulk_inserts, reserve_ids

from .reference_files import read_rows

# {data set: its transactions}
TRANSACTIONS = {
    "cdnow_sample": "cdnow/transactions_sample.csv.gz",
    "cdnow_master": "cdnow/transactions_master.csv.gz",
    "rfm_orders": "rfm_orders/orders.csv.gz",
}
# {(data set, as-of date): recency, frequency, monetary of every customer}
EXPECTED = {
    ("cdnow_sample", date(1997, 9, 30)): "cdnow/expected_rfm_sample_1997-09-30.csv.gz",
    ("cdnow_sample", date(1998, 6, 30)): "cdnow/expected_rfm_sample_1998-06-30.csv.gz",
    ("cdnow_master", date(1998, 6, 30)): "cdnow/expected_rfm_master_1998-06-30.csv.gz",
    ("rfm_orders", date(2006, 12, 31)): "rfm_orders/expected_rfm_2006-12-31.csv",
}
# {(data set, as-of date): class of every customer by its share of the revenue}
EXPECTED_ABC = {
    as_of: name.replace("expected_rfm", "expected_abc")
    for as_of, name in EXPECTED.items()
}
# What R itself printed for rfm_orders, as of 2006-12-31.
PRINTED_BY_R = "rfm_orders/published_r_snapshot_995_customers.csv"


class Order(NamedTuple):
    """One line of the transactions; the amount is untaxed, in US dollars."""

    customer: int
    name: str
    date: date
    amount: Decimal


class Figures(NamedTuple):
    """What the reference says of one customer as of a date."""

    first_date: date
    last_date: date
    recency_days: int
    frequency: int
    frequency_days: int
    monetary: Decimal


def read_orders(data_set, customers=None, until=None):
    """The orders of ``data_set``, oldest customer number first.

    :param customers: only those whose number is at most this
    :param until: only orders up to this date
    """
    return [
        order
        for row in read_rows(TRANSACTIONS[data_set])
        if (
            order := Order(
                int(row["customer_id"]),
                row.get("customer_name") or f"{data_set} {row['customer_id']:0>5}",
                date.fromisoformat(row["date"]),
                Decimal(row["amount"]),
            )
        )
        and (customers is None or order.customer <= customers)
        and (until is None or order.date <= until)
    ]


def read_expected(data_set, as_of):
    """``{customer number: Figures}`` of those who bought up to ``as_of``."""
    return {
        int(row["customer_id"]): Figures(
            date.fromisoformat(row["first_date"]),
            date.fromisoformat(row["last_date"]),
            int(row["recency_days"]),
            int(row["frequency"]),
            int(row["frequency_days"]),
            Decimal(row["monetary"]),
        )
        for row in read_rows(EXPECTED[data_set, as_of])
    }


def read_abc(data_set, as_of):
    """The classes by revenue, best customer first.

    :return: list of (customer number, revenue, class); customers of equal revenue are
        in the order of their numbers
    """
    return [
        (
            int(row["customer_id"]),
            Decimal(row["monetary"]),
            row["abc_prior"].lower(),
        )
        for row in read_rows(EXPECTED_ABC[data_set, as_of])
    ]


def read_printed_by_r():
    """``{customer number: (recency in days, monetary)}`` of `rfm_orders`."""
    return {
        int(row["customer_id"]): (int(row["recency_days"]), Decimal(row["amount"]))
        for row in read_rows(PRINTED_BY_R)
    }


def read_rfm_customer():
    """The customers of `rfm_customer` as of 2007-01-01, as dicts of text."""
    return read_rows("rfm_customer/expected_rfm_2007-01-01.csv.gz")


def make_company(env, name):
    """A company in US dollars with a chart of accounts; the user may work in it."""
    company = env["res.company"].create(
        {"name": name, "currency_id": env.ref("base.USD").id}
    )
    load_chart(env, company)
    env.user.company_ids = [Command.link(company.id)]
    return company


def _make_product(env):
    return env["product.product"].create(
        {
            "name": "Order",
            "type": "service",
            "taxes_id": [Command.clear()],
            "supplier_taxes_id": [Command.clear()],
        }
    )


def load_by_orm(env, company, orders):
    """Create and post through the ORM; return ``{customer number: partner}``.

    Slow (about forty invoices a second), but everything that posting does happens.
    """
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    product = _make_product(env)
    names = {order.customer: order.name for order in orders}
    partners = dict(
        zip(
            names,
            env["res.partner"].create(
                [
                    {"name": name, "is_company": True, "customer_rank": 1}
                    for name in names.values()
                ]
            ),
            strict=True,
        )
    )
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partners[order.customer].id,
                "invoice_date": order.date,
                # Without terms Odoo says today.
                "invoice_date_due": order.date,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": 1,
                            "price_unit": float(order.amount),
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
            for order in orders
        ]
    )
    moves.action_post()
    return partners


def load_by_sql(env, company, orders):
    """Insert customers and posted invoices; return ``{customer number: partner}``.

    The rows equal those of ``load_by_orm``, but no hook runs: nothing is queued.
    """
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    cr = env.cr
    product = _make_product(env)
    patterns = capture_patterns(env, company, product, ledger_only=True)
    names = {order.customer: order.name for order in orders}
    first_id = reserve_ids(cr, "res_partner", len(names))
    ids = {customer: first_id + place for place, customer in enumerate(names)}
    cr.execute(
        """
        DROP TABLE IF EXISTS reference_customer, reference_order;
        CREATE TEMP TABLE reference_customer (partner_id int, name text);
        CREATE TEMP TABLE reference_order (
            n bigint, partner_id int, date date, amount numeric)
        """
    )
    cr.execute_values(
        "INSERT INTO reference_customer VALUES %s",
        [(ids[customer], name) for customer, name in names.items()],
        page_size=5000,
    )
    cr.execute_values(
        "INSERT INTO reference_order VALUES %s",
        [
            (n, ids[order.customer], order.date, order.amount)
            for n, order in enumerate(orders, 1)
        ],
        page_size=5000,
    )
    patterns.copy(
        "res_partner",
        SQL(
            "(SELECT 'company' AS kind, %s AS company_id, * FROM reference_customer)",
            company.id,
        ),
        SQL("s.partner_id"),
        id=SQL("s.partner_id"),
        name=SQL("s.name"),
        complete_name=SQL("s.name"),
        commercial_company_name=SQL("s.name"),
        commercial_partner_id=SQL("s.partner_id"),
        company_id=SQL("NULL::int"),
    )
    create_plan(cr)
    cr.execute(
        SQL(
            """
            INSERT INTO plan_move (n, kind, company_id, commercial_partner_id,
                   partner_id, user_id, date, date_due, currency_id, rate,
                   amount, amount_currency, cluster)
            SELECT n, 'out_invoice', %(company)s, partner_id, partner_id, %(user)s,
                   date, date, %(currency)s, 1, amount, amount, n
              FROM reference_order;
            INSERT INTO plan_line (n, number, product_id, product_uom_id, name,
                   quantity, price_unit, subtotal, balance, cost, cost_source)
            SELECT n, 1, %(product)s, %(uom)s, %(name)s, 1, amount, amount, amount,
                   0, 'standard'
              FROM reference_order;
            """,
            company=company.id,
            user=env.uid,
            currency=company.currency_id.id,
            product=product.id,
            uom=product.uom_id.id,
            name=product.display_name,
        )
    )
    with bulk_inserts(cr):
        post_plan(cr, patterns)
    # Autovacuum sees nothing of what has not been committed.
    for model in ("res.partner", "account.move", "account.move.line"):
        cr.execute(SQL("ANALYZE %s", SQL.identifier(env[model]._table)))
    env.invalidate_all()
    return {
        customer: env["res.partner"].browse(partner_id)
        for customer, partner_id in ids.items()
    }
