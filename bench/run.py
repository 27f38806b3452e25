# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Measure the refresh of the customers against the bare query underneath.

Creates a database with generated customers when it is missing, and measures all in
one run on it. bench/README.md says what each line means. Times are for people: a
missed goal is shown, and is no error.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from odoo import SUPERUSER_ID, api

from bench import report
from bench.database import (
    TEMPLATE,
    BenchError,
    open_database,
    read_marker,
    set_up_odoo,
)
from bench.measure import Bench


def parse(arguments=None):
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument(
        "--customers",
        type=int,
        nargs="+",
        default=[10_000],
        metavar="N",
        help="size of the database (default 10000); of two sizes the growth is shown",
    )
    parser.add_argument(
        "--invoices-per-customer", type=int, default=10, metavar="N", help="default 10"
    )
    parser.add_argument("--seed", type=int, default=1, help="of data and choices")
    parser.add_argument(
        "--database",
        nargs="+",
        metavar="NAME",
        help=f"instead of {TEMPLATE}_<customers>, one for each size. A database that"
        " exists is measured with the data that it has, in a copy named <name>_bench",
    )
    parser.add_argument(
        "--reset", action="store_true", help="make the database anew before"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="update the addon in a database of another origin; those of the"
        " benchmark are updated when the addon has changed",
    )
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="rounds (default 3)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write results there")
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="write the plan of the query there"
    )
    parser.add_argument("-c", "--config", help="Odoo's configuration file")
    options = parser.parse_args(arguments)
    if options.database:
        if len(options.customers) == 1:
            options.customers *= len(options.database)
        if len(options.customers) != len(options.database):
            parser.error("--customers and --database must name as many of each")
    own = [f"{TEMPLATE}_{size}" for size in options.customers]
    options.database = options.database or own
    options.named = options.database != own
    if min(options.customers) < 1_100 and not options.named:
        parser.error("--customers: at least 1100, since 1,000 of them are queued")
    return options


def measure(name, size, options):
    """Measure one database, print its table, return the result as a dict."""
    registry = open_database(
        name,
        options.named,
        {
            "customers": size,
            "invoices_per_customer": options.invoices_per_customer,
            "seed": options.seed,
        },
        reset=options.reset,
        update=options.update,
    )
    with registry.cursor() as cr:
        marker = read_marker(api.Environment(cr, SUPERUSER_ID, {}))
        server = report.read_server(cr)
    machine = report.read_machine()
    bench = Bench(registry, options.seed, options.repeat)
    samples = bench.run()
    with registry.cursor() as cr:
        contents = report.read_contents(cr)
    rows = contents["customers"]
    lines = report.make_lines(samples, rows)
    print(f"\n{name}: {report.format_settings(contents)}")
    print(f"data: {report.format_settings(marker) or 'not of this benchmark'}")
    print(f"server: {report.format_settings(server)}")
    print(f"machine: {report.format_settings(machine)}\n")
    print(report.format_lines(lines), flush=True)
    if options.plan:
        path = options.plan
        if len(options.database) > 1:
            path = path.with_stem(f"{path.stem}_{name}")
        path.write_text(bench.explain() + "\n", encoding="utf-8")
    return {
        "database": name,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": rows,
        "contents": contents,
        "data": marker,
        "server": server,
        "machine": machine,
        "lines": lines,
        "samples": samples.values,
    }


def main(arguments=None):
    options = parse(arguments)
    set_up_odoo(options.config)
    try:
        results = [
            measure(name, size, options)
            for name, size in zip(options.database, options.customers, strict=True)
        ]
    except BenchError as error:
        sys.exit(f"error: {error}")
    growth = []
    if len(results) > 1:
        ends = sorted((result["rows"], result["lines"]) for result in results)
        growth = report.make_growth(ends[0], ends[-1])
        print(f"\nCost per customer, from {ends[0][0]:,} to {ends[-1][0]:,} rows:")
        print(report.format_lines(growth))
    if options.json:
        for result in results:
            result["lines"] = report.to_json(result["lines"])
        content = {"databases": results, "growth": report.to_json(growth)}
        options.json.write_text(
            json.dumps(content, indent=1, default=str) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
