# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is measured, each on its own and several times.

Whatever is compared is measured in turns, so that a machine that is busy for a while
slows both sides down.
"""

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

from .database import step

# Customers refreshed one by one, and put into the queue at once.
SINGLE = 300
QUEUED = 1_000
WARM_UP = 10


@dataclass
class Timing:
    """Wall time of something that ran, and what it asked of the database."""

    seconds: float = 0.0
    statements: int = 0
    sql_seconds: float = 0.0
    result: object = None


@dataclass
class Samples:
    """Everything measured on one database: ``{key: [value, …]}``.

    Seconds, except for keys that say otherwise: `…_wal` is in bytes, `…_statements`
    and `…_rows` are numbers, `overhead` is a ratio.
    """

    values: dict = field(default_factory=dict)

    def add(self, key, value):
        self.values.setdefault(key, []).append(value)

    def median(self, key):
        return median(self.values[key]) if key in self.values else None

    def least(self, key):
        return min(self.values[key]) if key in self.values else None


class Bench:
    """Measures one database; every step ends with a commit."""

    def __init__(self, registry, seed=1, repeat=3):
        self.registry = registry
        self.random = random.Random(seed)
        self.repeat = repeat
        self.samples = Samples()

    def run(self):
        """Measure everything; return the samples."""
        thread = threading.current_thread()
        thread.query_count, thread.query_time = 0, 0.0
        with self.registry.cursor() as cr:
            self.cr = cr
            self.env = api.Environment(cr, SUPERUSER_ID, {})
            cr.execute("DELETE FROM crm_customer_queue")
            with step("Reading once, to fill the caches"):
                self._select_parallel()
                self._commit()
            for number in range(1, self.repeat + 1):
                with step(f"All customers, round {number} of {self.repeat}"):
                    self._measure_everybody()
            with step("Prediction models"):
                self._measure_fit()
            with step("Snapshot of the running month"):
                self._measure_snapshot()
            with step(f"{SINGLE} customers, one by one"):
                self._measure_single()
            with step(f"{QUEUED:,} queued customers"):
                self._measure_queue()
        return self.samples

    # ------------------------------------------------------------------
    # Clock
    # ------------------------------------------------------------------

    @contextmanager
    def _clock(self):
        """Time a block, and the statements that it executes."""
        timing = Timing()
        thread = threading.current_thread()
        count, spent = thread.query_count, thread.query_time
        began = time.perf_counter()
        yield timing
        timing.seconds = time.perf_counter() - began
        timing.statements = thread.query_count - count
        timing.sql_seconds = thread.query_time - spent

    @contextmanager
    def _clock_on(self, model, name):
        """Time the calls of a method while they happen inside of another one."""
        timing = Timing()
        original = getattr(type(model), name)

        def timed(records, *args, **kwargs):
            with self._clock() as call:
                result = original(records, *args, **kwargs)
            timing.seconds += call.seconds
            timing.statements += call.statements
            return result

        with patch.object(type(model), name, timed):
            yield timing

    def _commit(self):
        """Commit; the next step starts with empty caches, as every request does."""
        self.cr.commit()
        self.env.invalidate_all()

    def _vacuum(self, table):
        """What autovacuum does to a table of which most rows have been written."""
        self.cr.commit()
        self.cr._cnx.autocommit = True
        try:
            self.cr.execute(SQL("VACUUM (ANALYZE) %s", SQL.identifier(table)))
        finally:
            self.cr._cnx.autocommit = False

    def _wal(self):
        self.cr.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(self.cr.fetchone()[0])

    # ------------------------------------------------------------------
    # Everybody
    # ------------------------------------------------------------------

    def _measure_everybody(self):
        self._select_serial()
        self._commit()
        self._select_parallel()
        self._commit()
        # What wizards have selected goes with them.
        self.cr.execute("TRUNCATE crm_customer, loyalty_tier_change CASCADE")
        self._commit()
        self._refresh("fill")
        self._vacuum("crm_customer")
        self._refresh("unchanged")
        # A table that has just been written costs its first reader more.
        with self._clock() as timing:
            self.env["crm.customer"]._rank()
        self.samples.add("rank", timing.seconds)
        self._commit()

    def _select(self):
        customers = self.env["crm.customer"]
        return customers._select(customers._scope_literal())

    def _select_serial(self):
        """The denominator: all columns of all customers, computed and thrown away.

        A cursor is never planned for several processors. Moving through it runs the
        query without sending a row, or timing one.
        """
        query = self._select()
        with self.env["crm.customer"]._refresh_settings():
            self.cr.execute("SET LOCAL cursor_tuple_fraction = 1")
            self.cr.execute(SQL("DECLARE bare NO SCROLL CURSOR FOR %s", query))
            with self._clock() as timing:
                self.cr.execute("MOVE FORWARD ALL IN bare")
            self.samples.add("customer_rows", self.cr.rowcount)
            self.cr.execute("CLOSE bare")
        self.samples.add("select", timing.seconds)

    def _select_parallel(self):
        """The same with as many processors as the server gives."""
        query = self._select()
        with self.env["crm.customer"]._refresh_settings():
            self.cr.execute(SQL("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) %s", query))
            ((plan,),) = self.cr.fetchone()
        self.samples.add("select_parallel", plan["Execution Time"] / 1000)
        self.samples.add("workers", _workers(plan["Plan"]))

    def explain(self):
        """Return the plan of the bare query as text, measured."""
        with self.registry.cursor() as cr:
            self.cr, self.env = cr, api.Environment(cr, SUPERUSER_ID, {})
            with self.env["crm.customer"]._refresh_settings():
                cr.execute(SQL("EXPLAIN (ANALYZE, BUFFERS) %s", self._select()))
                return "\n".join(line for (line,) in cr.fetchall())

    def _refresh(self, key):
        """Refresh everybody and commit; ranking is timed apart."""
        customers = self.env["crm.customer"]
        before = self._wal()
        with (
            self._clock() as total,
            self._clock_on(customers, "_rank") as rank,
            # Part of the ranking.
            self._clock_on(customers, "_score") as score,
            self._clock_on(customers, "_evaluate_tiers") as tiers,
            self._clock_on(customers, "_evaluate_class") as behaviour,
            # It may be part of the refresh, and has a line of its own.
            self._clock_on(self.env["crm.customer.snapshot"], "_take") as take,
        ):
            total.result = customers._refresh()
            self.cr.commit()
        self.samples.add(f"{key}_wal", self._wal() - before)
        self.samples.add(key, total.seconds - rank.seconds - take.seconds)
        self.samples.add(f"{key}_total", total.seconds)
        parts = score.seconds + tiers.seconds + behaviour.seconds
        self.samples.add(f"{key}_rank", rank.seconds - parts)
        self.samples.add(f"{key}_score", score.seconds)
        self.samples.add(f"{key}_tiers", tiers.seconds)
        self.samples.add(f"{key}_behaviour", behaviour.seconds)
        self.samples.add(f"{key}_rows", total.result)
        self.samples.add(f"{key}_statements", total.statements)
        self.samples.add(f"{key}_overhead", total.seconds / total.sql_seconds)
        self._commit()

    # ------------------------------------------------------------------
    # Predictions
    # ------------------------------------------------------------------

    def _measure_fit(self):
        """Models fitted to everybody; their predictions written, and again."""
        # Odoo knows its addons only when it has been configured.
        from odoo.addons.crm_rfm.tools import likelihood

        fits = self.env["crm.rfm.fit"]
        if not likelihood.available():
            return
        fits.search([]).unlink()
        self.env["crm.customer"]._write_predictions({})
        self._commit()
        for _number in range(self.repeat):
            with self._clock() as fit, self._clock_on(fits, "_histories_at") as read:
                outcomes = fits._make_outcomes()
            self.samples.add("fit", fit.seconds)
            self.samples.add("fit_read", read.seconds)
        for key in ("fit_write_first", "fit_write"):
            with self._clock() as timing:
                timing.result = fits._write_outcomes(outcomes)
                self.cr.commit()
            self.samples.add(key, timing.seconds)
            self.samples.add(f"{key}_rows", timing.result)
            self.samples.add(f"{key}_statements", timing.statements)
            self._commit()
            self._vacuum("crm_customer")

    # ------------------------------------------------------------------
    # Snapshot
    # ------------------------------------------------------------------

    def _measure_snapshot(self):
        """The running month taken for the first time, and again."""
        snapshots = self.env["crm.customer.snapshot"]
        # Months that have ended since the database was made are closed first.
        snapshots._take()
        self._commit()
        for _number in range(self.repeat):
            self.cr.execute("DELETE FROM crm_customer_snapshot WHERE NOT closed")
            self._vacuum("crm_customer_snapshot")
            for key in ("snapshot_first", "snapshot"):
                with self._clock() as timing:
                    snapshots._take()
                    self.cr.commit()
                self.samples.add(key, timing.seconds)
                self._commit()
                self._vacuum("crm_customer_snapshot")

    # ------------------------------------------------------------------
    # A few
    # ------------------------------------------------------------------

    def _customers(self):
        """All customers, the most active first."""
        self.cr.execute(
            """
            SELECT partner_id FROM crm_customer
            GROUP BY partner_id ORDER BY sum(purchase_count) DESC, partner_id
            """
        )
        return self.env["res.partner"].browse(row[0] for row in self.cr.fetchall())

    def _age(self, partners):
        """Make the rows of these customers out of date, so that they are written."""
        self.cr.execute(
            "UPDATE crm_customer SET revenue_total = revenue_total + 1"
            " WHERE partner_id = ANY(%s)",
            [partners.ids],
        )
        self._commit()

    def _measure_single(self):
        """One customer whose documents changed, on a connection in use."""
        everybody = self._customers()
        picked = self.random.sample(everybody.ids, min(SINGLE, len(everybody)))
        for partner in everybody.browse(picked[:WARM_UP]):
            self._single(partner, "warm_up")
        for partner in everybody.browse(picked):
            self._single(partner, "single")
        for _number in range(max(5, self.repeat)):
            self._single(everybody[0], "largest")

    def _single(self, partner, key):
        self._age(partner)
        with self._clock() as timing:
            written = self.env["crm.customer"]._refresh(partner)
        if not written:
            raise AssertionError(f"{partner} was not written")
        self.samples.add(key, timing.seconds)
        self.samples.add(f"{key}_statements", timing.statements)
        self._commit()

    def _measure_queue(self):
        """A thousand customers that changed at once, as a cron worker finds them."""
        everybody = self._customers()
        count = min(QUEUED, len(everybody))
        for _number in range(self.repeat):
            self._drain(
                everybody.browse(self.random.sample(everybody.ids, count)), "queue"
            )
            self._drain(everybody[:count], "queue_active")

    def _drain(self, partners, key):
        self._age(partners)
        queue = self.env["crm.customer.queue"]
        queue._enqueue(partners)
        self._commit()
        with self._clock() as timing:
            drained = queue._drain(len(partners))
            self.cr.commit()
        if drained != len(partners):
            raise AssertionError(f"{drained} of {len(partners)} customers were drained")
        self.samples.add(key, timing.seconds)
        self.samples.add(f"{key}_statements", timing.statements)
        self._commit()


def _workers(plan):
    """Number of workers launched anywhere in a plan, the most of them at once."""
    return max([plan.get("Workers Launched", 0), *map(_workers, plan.get("Plans", ()))])


def percentile_99(values):
    return quantiles(values, n=100, method="inclusive")[98]
