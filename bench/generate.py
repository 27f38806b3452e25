# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fill a database with customers and their history, for benchmarks.

    python bench/generate.py -d DB --customers 10000 --seed 1

The database must have what the addons depend on installed. The same
seed, sizes and dates give the same data. ``--check 30`` verifies a sample through
the ORM afterwards and takes back whatever the check changed.
"""

import argparse
import sys
import time
from datetime import date
from pathlib import Path

from dateutil.relativedelta import relativedelta

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from bench import ledger, plan
from bench.check import check
from bench.companies import (
    ensure_companies,
    ensure_products,
    ensure_sales_people,
)
from bench.customers import make_customers
from bench.members import make_members
from bench.orders import make_orders
from bench.patterns import capture_patterns
from bench.relations import make_relations
from bench.rows import Dice, bulk_inserts


class Clock:
    """Prints the seconds that each step took."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.last = time.monotonic()

    def __call__(self, step):
        now = time.monotonic()
        if not self.quiet:
            print(f"{now - self.last:8.1f} s  {step}", flush=True)
        self.last = now


def generate(
    env, customers, invoices_per_customer=10, seed=1, years=3, end=None, quiet=False
):
    """Generate into ``env``'s database; the caller commits.

    :param end: last day of the history, default today; it starts ``years`` before
    :return: ``{kind: count}`` of the journal entries written
    """
    clock = Clock(quiet)
    end = end or date.today()
    start = end - relativedelta(years=years) + relativedelta(days=1)
    dice = Dice(seed)
    companies = ensure_companies(env)
    products = ensure_products(env, companies)
    users = ensure_sales_people(env, companies)
    patterns = capture_patterns(env, companies, products[0])
    clock("companies, products, pattern documents")
    cr = env.cr
    with bulk_inserts(cr):
        make_customers(cr, patterns, dice, companies, users, customers)
        clock("customers and contacts")
        ledger.create_plan(cr)
        plan.plan_products(cr, products, companies)
        total = customers * invoices_per_customer
        plan.plan_invoices(cr, dice, companies, products, total, start, end)
        clock("plan of invoices")
        plan.plan_refunds(cr, dice, end)
        plan.plan_payments(cr, dice, end)
        plan.plan_bills(cr, dice, start, end)
        clock("plan of credit notes, payments, bills")
        ledger.post_plan(cr, patterns, clock)
        make_orders(cr, patterns, dice, end)
        clock("orders")
        make_relations(cr, patterns, dice, start, end)
        clock("opportunities, ratings, meetings, messages, activities")
        make_members(env)
        clock("members of the loyalty programs")
    cr.execute("SELECT kind, count(*) FROM plan_move GROUP BY kind ORDER BY kind")
    counts = dict(cr.fetchall())
    env.invalidate_all()
    return counts


def vacuum(registry):
    """Statistics and visibility as autovacuum leaves them in a database that grew."""
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        try:
            cr.execute("VACUUM (ANALYZE)")
        finally:
            cr._cnx.autocommit = False


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-d", "--database", required=True)
    parser.add_argument("-c", "--config", help="Odoo's configuration file")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--invoices-per-customer", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--end", type=date.fromisoformat, default=date.today())
    parser.add_argument("--check", type=int, default=0, metavar="SAMPLE")
    options = parser.parse_args(arguments)
    config.parse_config(
        ["-d", options.database, *(["-c", options.config] if options.config else [])]
    )
    registry = Registry(options.database)
    began = time.monotonic()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        counts = generate(
            env,
            options.customers,
            options.invoices_per_customer,
            options.seed,
            options.years,
            options.end,
        )
    vacuum(registry)
    for kind, count in counts.items():
        print(f"{count:10,}  {kind}")
    print(f"{time.monotonic() - began:8.1f} s  in all")
    if options.check:
        with registry.cursor() as cr:
            problems = check(api.Environment(cr, SUPERUSER_ID, {}), options.check)
            cr.rollback()
        print("\n".join(problems) or "check: nothing wrong")
        sys.exit(bool(problems))


if __name__ == "__main__":
    main()
