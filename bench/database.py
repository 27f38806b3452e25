# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases to measure in: made once, recognised afterwards."""

import json
import sys
import time
import zlib
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.service.db import _create_empty_database
from odoo.tools import SQL, config, mute_logger
from odoo.tools.sql import table_exists

from .generate import generate, vacuum

ADDONS = ["crm_customer360", "crm_rfm", "crm_loyalty"]
# Holds the addons and no data: the others start as a copy of it.
TEMPLATE = "customer360_bench"
# System parameter: what was generated, in a database that is complete.
MARKER = "customer360.bench"
REPOSITORY = Path(__file__).resolve().parent.parent


class BenchError(Exception):
    """Says what is wrong and what to do about it."""


@contextmanager
def step(text):
    """Say on the terminal what goes on, and how long it took."""
    print(f"==> {text}", file=sys.stderr, flush=True)
    began = time.monotonic()
    yield
    spent = time.monotonic() - began
    if spent >= 1:
        print(f"    {spent:.0f} s", file=sys.stderr, flush=True)


def open_database(name, given, wanted, *, reset=False, update=False):
    """Return the registry of a database with the addons and data to measure.

    :param given: whether the user named the database. That one is taken with the data
        that it has; one of ours is made anew when it holds something else.
    :param wanted: dict of the arguments of `generate`
    :param reset: make it anew; a database that the benchmark did not make is refused
    :param update: update the addon in it, whoever made it
    """
    marker = _marker(name) if _exists(name) else None
    if marker and not given and {**marker, **wanted} != marker:
        reset = True
    if _exists(name) and (reset or not (given or marker)):
        if given and not marker:
            raise BenchError(
                f"{name} was not made by this benchmark and is not dropped: drop it"
                " yourself, or choose another name"
            )
        _drop(name)
        marker = None
    ours = bool(marker) or update
    if not _exists(name):
        _ensure_template()
        with step(f"Creating the database {name}"):
            _copy(TEMPLATE, name)
            _sign(name)
            ours = True
    registry = _with_addon(name, ours)
    _check_tables(registry)
    if not marker and not _has_invoices(registry):
        with step("Generating {customers:,} customers".format(**wanted)):
            _generate(registry, wanted)
    return registry


def _generate(registry, wanted):
    today = date.today()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        generate(env, **wanted, end=today, quiet=True)
        marker = json.dumps({**wanted, "end": today.isoformat()})
        env["ir.config_parameter"].set_param(MARKER, marker)
    vacuum(registry)


def read_marker(env):
    """What was generated into this database, empty when it came from elsewhere."""
    return json.loads(env["ir.config_parameter"].get_param(MARKER) or "{}")


# ----------------------------------------------------------------------
# The addons
# ----------------------------------------------------------------------


def _source_hash():
    """Changes when the addons do: then they are updated before measuring."""
    found = 0
    for addon in ADDONS:
        for path in sorted((REPOSITORY / addon).rglob("*")):
            if path.suffix in (".py", ".xml", ".csv") and "tests" not in path.parts:
                found = zlib.crc32(path.read_bytes(), found)
    return f"{found:08x}"


def _ensure_template():
    if _exists(TEMPLATE):
        if _comment(TEMPLATE) == _source_hash():
            return
        _drop(TEMPLATE)
    with step(f"Installing {', '.join(ADDONS)} into {TEMPLATE} (two minutes)"):
        # Extensions for searches are welcome where the server has them.
        with mute_logger("odoo.sql_db", "odoo.service.db"):
            _create_empty_database(TEMPLATE)
        registry = Registry.new(
            TEMPLATE, update_module=True, install_modules=ADDONS, new_db_demo=False
        )
        _check_installed(registry)
    _sign(TEMPLATE)
    Registry.delete(TEMPLATE)


def _with_addon(name, ours):
    """Load the registry; install the addons, or update them in a database of ours."""
    if _comment(name) == _source_hash():
        return Registry(name)
    with sql_db.db_connect(name).cursor() as cr:
        cr.execute("SELECT to_regclass('ir_module_module')")
        if not cr.fetchone()[0]:
            raise BenchError(f"{name} is not an Odoo database: choose another one")
        cr.execute(
            "SELECT name FROM ir_module_module"
            " WHERE state = 'installed' AND name = ANY(%s)",
            [ADDONS],
        )
        installed = [addon for (addon,) in cr.fetchall()]
    missing = [addon for addon in ADDONS if addon not in installed]
    if not missing and not ours:
        return Registry(name)
    with step(f"Installing or updating {', '.join(ADDONS)} in {name}"):
        registry = Registry.new(
            name,
            update_module=True,
            install_modules=missing,
            upgrade_modules=installed if ours else [],
        )
    _check_installed(registry)
    if ours:
        _sign(name)
    return registry


def _check_installed(registry):
    for addon in ADDONS:
        if addon not in registry._init_modules:
            raise BenchError(
                f"{addon} could not be installed in {registry.db_name}: see the lines"
                " above"
            )


def _check_tables(registry):
    """A database that somebody else made may have older versions of the addons."""
    tables = [
        model._table
        for model in registry.values()
        if model._original_module in ADDONS and model._auto and not model._abstract
    ]
    with registry.cursor() as cr:
        missing = [table for table in tables if not table_exists(cr, table)]
    if missing:
        raise BenchError(
            f"The addons in {registry.db_name} are of another version (no table"
            f" {missing[0]}): use --update"
        )


def _has_invoices(registry):
    with registry.cursor() as cr:
        cr.execute("SELECT EXISTS(SELECT FROM account_move WHERE state = 'posted')")
        return cr.fetchone()[0]


# ----------------------------------------------------------------------
# The server
# ----------------------------------------------------------------------


@contextmanager
def _server():
    """Cursor outside of transactions, for what concerns whole databases."""
    with closing(sql_db.db_connect("postgres").cursor()) as cr:
        cr._cnx.autocommit = True
        try:
            yield cr
        finally:
            cr._cnx.autocommit = False


def _exists(name):
    with _server() as cr:
        cr.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return bool(cr.rowcount)


def _comment(name):
    with _server() as cr:
        cr.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = %s",
            [name],
        )
        return cr.fetchone()[0]


def _sign(name):
    """Note by which version of the addon the database was made or updated."""
    with _server() as cr:
        cr.execute(
            SQL(
                "COMMENT ON DATABASE %s IS %s",
                SQL.identifier(name),
                _source_hash(),
            )
        )


def _marker(name):
    with sql_db.db_connect(name).cursor() as cr:
        cr.execute("SELECT to_regclass('ir_config_parameter')")
        if not cr.fetchone()[0]:
            return None
        cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [MARKER])
        row = cr.fetchone()
    return json.loads(row[0]) if row else None


def _copy(source, target):
    sql_db.close_db(source)
    with _server() as cr:
        cr.execute(
            SQL(
                "CREATE DATABASE %s TEMPLATE %s",
                SQL.identifier(target),
                SQL.identifier(source),
            )
        )


def _drop(name):
    with step(f"Dropping the database {name}"):
        Registry.delete(name)
        sql_db.close_db(name)
        with _server() as cr:
            cr.execute(SQL("DROP DATABASE %s", SQL.identifier(name)))


def set_up_odoo(config_file=None):
    """Read Odoo's configuration; show only what it complains about."""
    config.parse_config(
        ["--log-level=warn", *(["-c", config_file] if config_file else [])],
        setup_logging=True,
    )
