# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The table that a benchmark ends with, and the same for machines.

Ratios are to the bare serial `SELECT` of the same run on the same database.
"""

import os
from dataclasses import asdict, dataclass
from statistics import median

from .measure import percentile_99

MEGABYTE = 1_000_000
# Fewer customers than this: a thousand of them are no small part.
QUEUE_GOAL_FROM = 100_000
# How much more a customer may cost in a database ten times as large.
GROWTH_GOAL = 1.2

SETTINGS = (
    "server_version",
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "max_parallel_workers_per_gather",
    "max_parallel_workers",
    "jit",
    "random_page_cost",
)


@dataclass
class Line:
    """One measure.

    :param value: in `unit`
    :param unit: ``s``, ``ms``, ``MB``, ``×`` (already a ratio) or empty (a number)
    :param ratio: to the denominator, for what grows with the database
    :param goal: upper bound of `ratio`, or of `value` where there is no ratio
    """

    key: str
    name: str
    value: float
    unit: str
    ratio: float | None = None
    goal: float | None = None
    note: str = ""

    @property
    def compared(self):
        return self.value if self.ratio is None else self.ratio

    @property
    def verdict(self):
        if self.goal is None:
            return ""
        if self.compared <= self.goal:
            return "ok"
        return f"missed by {self.compared / self.goal - 1:.0%}"


def make_lines(samples, customers):
    """Return the lines of the table for one database.

    :param samples: `measure.Samples`
    :param customers: number of rows, which decides whether the queue has a goal
    """
    bare = samples.median("select")
    workers = f"{samples.median('workers'):.0f} workers"
    queue_goal = 0.1 if customers >= QUEUE_GOAL_FROM else None

    def whole(key, name, goal=None, note=""):
        seconds = samples.median(key)
        return Line(key, name, seconds, "s", seconds / bare, goal, note)

    def count(key):
        return f"{samples.median(key + '_statements'):.0f} statements"

    def rows(key):
        return f"{samples.median(key + '_rows'):,.0f} rows written, {count(key)}"

    fit_lines = []
    # Without scipy there are none.
    if "fit" in samples.values:
        fit_lines = [
            Line("fit", "Predictions, fitted", samples.median("fit"), "s", goal=20),
            whole("fit_read", "  of that, the purchases read"),
            whole("fit_write_first", "  written, first", note=rows("fit_write_first")),
            whole("fit_write", "  written, unchanged", note=rows("fit_write")),
        ]
    single = samples.values["single"]
    return [
        whole("select", "Bare SELECT, serial: the denominator"),
        whole("select_parallel", "Bare SELECT, parallel", note=workers),
        whole("fill", "First full fill, without rank", 1.5, rows("fill")),
        whole("fill_rank", "  its rank, first", 0.25),
        whole("fill_score", "  its scoring, first", 0.25),
        whole("fill_tiers", "  its tiers, first", 0.25),
        whole("fill_behaviour", "  its behavioural classes, first", 0.25),
        whole("unchanged", "Full refresh, nothing changed", 1.1, rows("unchanged")),
        whole("unchanged_rank", "  its rank, unchanged", 0.1),
        whole("unchanged_score", "  its scoring, unchanged", 0.1),
        whole("unchanged_tiers", "  its tiers, unchanged", 0.1),
        whole("unchanged_behaviour", "  its behavioural classes, unchanged", 0.1),
        whole("rank", "  all four alone, once more"),
        whole("unchanged_total", "  in all"),
        Line(
            "unchanged_wal",
            "  WAL, least of the rounds",
            samples.least("unchanged_wal") / MEGABYTE,
            "MB",
            goal=1,
        ),
        Line(
            "unchanged_overhead",
            "  Python and ORM on top of the SQL",
            samples.median("unchanged_overhead"),
            "×",
            goal=1.2,
        ),
        *fit_lines,
        whole("snapshot_first", "Snapshot of the running month, first", 0.1),
        whole("snapshot", "  again, nothing changed", 0.1),
        Line(
            "single",
            "One customer, median",
            1000 * median(single),
            "ms",
            goal=10,
            note=f"{len(single)} customers, {count('single')}",
        ),
        Line("single_99", "  99th percentile", 1000 * percentile_99(single), "ms"),
        Line(
            "largest",
            "  the largest",
            1000 * samples.median("largest"),
            "ms",
            goal=100,
        ),
        whole("queue", "1,000 queued customers, at random", queue_goal, count("queue")),
        whole("queue_active", "  the most active", note=count("queue_active")),
    ]


# What grows with the number of customers.
GROWING = (
    "select",
    "select_parallel",
    "fill",
    "fill_rank",
    "unchanged",
    "unchanged_rank",
    "unchanged_score",
    "fit",
    "snapshot_first",
    "snapshot",
)


def make_growth(small, large):
    """Return the lines that compare the cost per customer of two databases.

    :param small: (number of rows, lines)
    :param large: the same of the larger database
    """
    factor = large[0] / small[0]
    before = {line.key: line for line in small[1]}
    return [
        Line(
            line.key,
            line.name.strip(),
            line.value / before[line.key].value / factor,
            "×",
            goal=GROWTH_GOAL,
        )
        for line in large[1]
        if line.key in GROWING
    ]


def read_server(cr):
    """Return what figures depend on besides the code: ``{setting: value}``."""
    cr.execute(
        "SELECT name, current_setting(name) FROM unnest(%s) name", [list(SETTINGS)]
    )
    return dict(cr.fetchall())


def read_machine():
    return {
        "processors": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "memory_gb": round(
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        ),
    }


def read_contents(cr):
    """Return how much there is in the database: ``{what: number}``."""
    cr.execute(
        """
        SELECT (SELECT count(*) FROM crm_customer) AS customers,
            (SELECT count(*) FROM account_move
                WHERE state = 'posted' AND move_type = 'out_invoice') AS invoices,
            (SELECT count(*) FROM account_move_line) AS items,
            (SELECT count(*) FROM loyalty_card) AS cards,
            pg_database_size(current_database()) / 1000000 AS megabytes
        """
    )
    return cr.dictfetchone()


def format_settings(values):
    return ", ".join(f"{name} {value}" for name, value in values.items())


def format_lines(lines):
    """Return the table as text."""
    head = ("", "", "ratio", "goal", "")
    rows = [head] + [
        (
            line.name,
            _number(line.value, line.unit),
            _number(line.ratio, "×") if line.ratio is not None else "",
            "" if line.goal is None else "≤ " + _goal(line),
            "   ".join(filter(None, (line.verdict, line.note))),
        )
        for line in lines
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    # Without a ratio there is no such column.
    places = [1, 2, 3] if any(row[2] for row in rows[1:]) else [1, 3]
    return "\n".join(
        "  ".join(
            (
                row[0].ljust(widths[0]),
                *(row[place].rjust(widths[place]) for place in places),
                row[4],
            )
        ).rstrip()
        for row in rows
    )


def _number(value, unit):
    digits = {"s": 3, "×": 3, "ms": 1, "MB": 2}.get(unit, 0)
    return f"{value:,.{digits}f}" + (f" {unit}" if unit else "")


def _goal(line):
    return f"{line.goal:g} {'×' if line.ratio is not None else line.unit}"


def to_json(lines):
    return [{**asdict(line), "verdict": line.verdict} for line in lines]
