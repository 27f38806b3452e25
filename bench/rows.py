# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Copy rows by SQL after a row that Odoo's ORM wrote.

How it works: a document of each kind is made once through the ORM, its rows are
kept as JSON, and everything is rolled back. ``Patterns.copy`` then inserts any
number of rows, which take every column from that pattern except those that the
caller overrides. Columns are read from the database, so whatever modules are
installed, their stored columns are filled as the ORM would have filled them.
"""

import json
import zlib
from contextlib import contextmanager

from odoo.tools import SQL


class Patterns:
    """Pattern rows by table, kind and company.

    ``rows`` is ``{table: {(kind, company id): {column: value}}}``.
    """

    def __init__(self, cr):
        self.cr = cr
        self.rows = {}

    def capture(self, kind, record, company):
        """Keep the stored row of ``record`` as pattern ``kind`` of ``company``."""
        record.flush_recordset()
        self.cr.execute(
            SQL(
                "SELECT to_jsonb(t) FROM %s t WHERE id = %s",
                SQL.identifier(record._table),
                record.id,
            )
        )
        (row,) = self.cr.fetchone()
        self.rows.setdefault(record._table, {})[kind, company.id] = row

    def value(self, table, kind, company, column):
        return self.rows[table][kind, company.id][column]

    def copy(self, table, source, order, **overrides):
        """Insert one row for each row of ``source``; return how many.

        :param source: SQL of a table expression whose rows have ``kind`` and
            ``company_id``, which choose the pattern
        :param order: SQL, the order of insertion
        :param overrides: ``{column: SQL}`` over ``s`` (source) and ``p`` (pattern);
            columns that this database does not have are left out
        """
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema AND table_name = %s",
            [table],
        )
        columns = [name for (name,) in self.cr.fetchall()]
        known = {name: overrides[name] for name in columns if name in overrides}
        # The primary key comes from its sequence unless the caller reserved ids.
        taken = [name for name in columns if name != "id" or "id" in known]
        patterns = [
            {"kind": kind, "company_id": company_id, "row": row}
            for (kind, company_id), row in self.rows[table].items()
        ]
        self.cr.execute(
            SQL(
                """
                WITH p AS MATERIALIZED (
                    SELECT kept.kind AS pattern_kind,
                           kept.company_id AS pattern_company_id,
                           filled.*
                      FROM jsonb_to_recordset(%(patterns)s::jsonb)
                           AS kept(kind text, company_id int, "row" jsonb)
                     CROSS JOIN LATERAL jsonb_populate_record(
                                NULL::%(table)s, kept.row) filled
                )
                INSERT INTO %(table)s (%(columns)s)
                SELECT %(values)s
                  FROM %(source)s s
                  JOIN p ON p.pattern_kind = s.kind
                        AND p.pattern_company_id = s.company_id
                 ORDER BY %(order)s
                """,
                patterns=json.dumps(patterns),
                table=SQL.identifier(table),
                columns=SQL(", ").join(map(SQL.identifier, taken)),
                values=SQL(", ").join(
                    known.get(name) or SQL.identifier("p", name) for name in taken
                ),
                source=source,
                order=order,
            )
        )
        return self.cr.rowcount


def reserve_ids(cr, table, count):
    """Take ``count`` ids of ``table`` from its sequence; return the first."""
    sequence = table + "_id_seq"
    cr.execute(
        "SELECT setval(%s, nextval(%s) + %s)", [sequence, sequence, max(count, 1)]
    )
    return cr.fetchone()[0] - max(count, 1)


@contextmanager
def bulk_inserts(cr):
    """Settings for large inserts.

    Foreign keys are not checked row by row where the database user may say so: what
    is written is consistent by construction, and ``check`` looks at it.
    """
    settings = {"work_mem": "256MB", "jit": "off"}
    cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cr.fetchone()[0]:
        settings["session_replication_role"] = "replica"
    cr.execute(
        "SELECT name, current_setting(name) FROM unnest(%s) name", [list(settings)]
    )
    before = dict(cr.fetchall())
    _set_local(cr, settings)
    yield
    _set_local(cr, before)


def _set_local(cr, settings):
    for name, value in settings.items():
        cr.execute("SELECT set_config(%s, %s, true)", [name, value])


class Dice:
    """Pseudo-random SQL expressions that depend on the seed and the row alone.

    Each throw has a name; the same name on the same key gives the same number,
    whatever the plan, the order of rows or the number of workers.
    """

    def __init__(self, seed):
        self.seed = seed

    def uniform(self, key, name):
        """A float in [0, 1) from the integer expression ``key``."""
        salt = zlib.crc32(b"%d:%s" % (self.seed, name.encode()))
        return SQL(
            "(((hashint8extended((%s)::bigint, %s::bigint) >> 11)"
            " & 9007199254740991) / 9007199254740992.0::float8)",
            key,
            salt,
        )

    def integer(self, key, name, low, high):
        """An integer from ``low`` to ``high``, both included."""
        return SQL(
            "(%s + floor(%s * (%s - %s + 1)))::int",
            low,
            self.uniform(key, name),
            high,
            low,
        )

    def pick(self, key, name, values):
        """One of the Python ``values``, each as likely."""
        values = list(values)
        return SQL("(%s::int[])[%s]", values, self.integer(key, name, 1, len(values)))
