import json
import logging
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha1

from odoo import api, models
from odoo.tools import SQL, ormcache

_logger = logging.getLogger(__name__)

# Up to this many customers the prepared statement is faster; its plan suits a few.
PREPARED = 20


class CrmCustomer(models.Model):
    """Refresh: compute the rows and write those that differ."""

    _inherit = "crm.customer"

    def _refresh(self, partners=None, companies=None):
        """Recompute the figures of customers and write the rows that differ.

        Commits nothing. The number of statements does not depend on the number of
        customers. Ranks and classes are made anew only when everybody is refreshed.

        :param partners: `res.partner` recordset, any contacts of the customers; all
            customers when None
        :param companies: `res.company` recordset whose rows are written; all when None
        :return: number of rows inserted, changed or removed
        """
        self.env.flush_all()
        if partners is None:
            with self._refresh_settings():
                began = self._now()
                read = self._settings_read() if companies is None else None
                total = self._refresh_read(companies)
                written = self._refresh_write(began)
                written += self._remove_dependents()
                self._rank(read)
            self._refresh_done(companies)
            _logger.info("Customers refreshed: %s rows of %s", written, total)
        else:
            written = self._refresh_few(partners.ids, companies)
        self._invalidate_figures()
        return written

    @api.model
    def _now(self):
        """Return now, naive, in UTC and to the microsecond: it orders refreshes."""
        return datetime.now(UTC).replace(tzinfo=None)

    @api.model
    def _settings_read(self):
        """Return which settings are in force where everybody is read now, for `_rank`.

        Settings may change between the reading and the ranking, which commits part.
        Here there are none that matter.
        """
        return {}

    def _refresh_few(self, partner_ids, companies=None):
        """Refresh the customers of these contacts, in one statement.

        :return: number of rows inserted, changed or removed
        """
        if len(partner_ids) > PREPARED:
            written = self._refresh_many(partner_ids, companies)
        else:
            written = self._refresh_prepared(partner_ids, companies)
        return written + self._remove_dependents(partner_ids)

    def _refresh_many(self, partner_ids, companies):
        """Refresh customers by a statement planned for just these."""
        cr = self.env.cr
        cr.execute(self._contacts_of(SQL("%s", list(partner_ids))))
        contact_ids = [row[0] for row in cr.fetchall()]
        cr.execute(
            self._upsert_few(
                self._select(self._scope_literal(contact_ids)),
                SQL("%s::timestamp", self._now()),
                SQL("%s::int[]", None if companies is None else companies.ids),
            )
        )
        return cr.rowcount

    def _refresh_prepared(self, partner_ids, companies):
        """Refresh customers by the statement planned once per connection."""
        name, statement = self._prepared_statement()
        written, _rows = self._execute_prepared(
            name,
            SQL("int[], json, timestamp, int[]"),
            statement,
            list(partner_ids),
            json.dumps(self._company_rows(), default=str),
            self._now(),
            None if companies is None else companies.ids,
        )
        return written

    def _execute_prepared(self, name, types, statement, *args):
        """Execute a statement by a plan that is made once per connection.

        :param name: of the statement; another text needs another one
        :param types: of its parameters ``$1`` and so on, which are `args`
        :return: ``(rows counted, rows returned)``
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                # To the end of the transaction: nobody else prepares statements.
                "SELECT set_config('plan_cache_mode', 'force_generic_plan', TRUE),"
                " EXISTS(SELECT FROM pg_prepared_statements WHERE name = %s)",
                name,
            )
        )
        if not cr.fetchone()[1]:
            cr.execute(
                SQL("PREPARE %s (%s) AS %s", SQL.identifier(name), types, statement)
            )
        values = SQL(", ").join(SQL("%s", arg) for arg in args)
        cr.execute(SQL("EXECUTE %s (%s)", SQL.identifier(name), values))
        return cr.rowcount, cr.fetchall() if cr.description else []

    @staticmethod
    def _prepared_name(prefix, statement):
        """Return a name for a statement: of its own for each text."""
        text = repr((statement.code, statement.params))
        return f"{prefix}_{sha1(text.encode()).hexdigest()}"

    @ormcache()
    def _prepared_statement(self):
        """Return name and text of the statement that refreshes a few customers.

        Parameters: contacts, companies (JSON), when the refresh began, and the ids of
        the companies whose rows are written (all when NULL).
        """
        select = self._select(self._scope_prepared(), self._prepared_relation())
        statement = self._upsert_few(select, SQL("$3"), SQL("$4"))
        return self._prepared_name("crm_customer", statement), statement

    def _upsert_few(self, select, began, company_ids):
        """Return the statement that writes what differs of the rows of `select`."""
        columns = self._figure_columns()
        return self._upsert(
            SQL(
                """
                SELECT new.* FROM (%(select)s) new
                LEFT JOIN crm_customer old
                    ON old.partner_id = new.partner_id
                    AND old.company_id = new.company_id
                WHERE (old.id IS NULL OR %(differs)s)
                    AND (%(ids)s IS NULL OR new.company_id = ANY(%(ids)s))
                """,
                select=select,
                differs=self._differs(columns),
                ids=company_ids,
            ),
            columns,
            began,
        )

    def _refresh_read(self, companies=None):
        """Compute all customers into a temporary table, and keep what differs.

        The read is one statement, so that all figures are of one moment; only the
        writing is sliced. ``CREATE TABLE AS`` may use several processors,
        ``INSERT`` may not.

        :return: number of rows that differ
        """
        cr = self.env.cr
        columns = self._figure_columns()
        cr.execute(
            SQL(
                "DROP TABLE IF EXISTS"
                " crm_customer_new, crm_customer_change, crm_customer_seen"
            )
        )
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE crm_customer_seen AS"
                " SELECT id FROM crm_customer_queue"
            )
        )
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE crm_customer_new AS %s",
                self._select(self._scope_literal()),
            )
        )
        cr.execute(SQL("ANALYZE crm_customer_new"))
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE crm_customer_change AS
                SELECT row_number() OVER () AS position, new.*
                FROM crm_customer_new new
                LEFT JOIN crm_customer old
                    ON old.partner_id = new.partner_id
                    AND old.company_id = new.company_id
                WHERE (old.id IS NULL OR %(differs)s) AND %(companies)s
                """,
                differs=self._differs(columns),
                companies=self._in_companies(companies),
            )
        )
        total = cr.rowcount
        cr.execute(SQL("DROP TABLE crm_customer_new"))
        return total

    def _refresh_write(self, began, first=1, last=None):
        """Write the changed rows of these positions, or all of them.

        The positions are written in transactions later than that of the read: a row
        that an event refreshed since is newer and is left alone.

        :param began: naive UTC datetime when the read began
        :return: number of rows written
        """
        changed = SQL("SELECT * FROM crm_customer_change")
        condition = SQL("TRUE")
        if last is not None:
            changed = SQL("%s WHERE position BETWEEN %s AND %s", changed, first, last)
            condition = SQL(
                "crm_customer.computed_at IS NULL"
                " OR crm_customer.computed_at <= EXCLUDED.computed_at"
            )
        self.env.cr.execute(
            self._upsert(
                changed,
                self._figure_columns(),
                SQL("%s::timestamp", began),
                condition,
            )
        )
        return self.env.cr.rowcount

    def _refresh_done(self, companies=None):
        """Note when the refresh of all customers ended, shown as "as of".

        What waited in the queue when the read began has been seen.
        """
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_customer_queue WHERE id IN (
                    SELECT waiting.id
                    FROM crm_customer_queue waiting
                    JOIN crm_customer_seen seen ON seen.id = waiting.id
                    FOR UPDATE OF waiting SKIP LOCKED)
                """
            )
        )
        self.env.cr.execute(SQL("DROP TABLE crm_customer_change, crm_customer_seen"))
        self.env["crm.customer.queue"].invalidate_model()
        companies = companies or self.env["res.company"].sudo().search([])
        companies.sudo().customer_refreshed_at = self._now().replace(microsecond=0)

    def _remove_dependents(self, partner_ids=None):
        """Remove the rows of partners that have become part of another customer.

        Their documents count for the commercial partner they now belong to, and so do
        their months in `crm.customer.snapshot`.

        :return: number of rows removed
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                SELECT DISTINCT partner.id, partner.commercial_partner_id
                FROM crm_customer customer
                JOIN res_partner partner ON partner.id = customer.partner_id
                WHERE partner.commercial_partner_id <> partner.id AND %s
                """,
                SQL("TRUE")
                if partner_ids is None
                else SQL("customer.partner_id = ANY(%s)", list(partner_ids)),
            )
        )
        targets = dict(cr.fetchall())
        if not targets:
            return 0
        self._absorb(targets)
        cr.execute(
            SQL("DELETE FROM crm_customer WHERE partner_id = ANY(%s)", list(targets))
        )
        return cr.rowcount

    def _absorb(self, targets):
        """Hook: customers take over what is kept of those that became part of them.

        The rows of both are still there.

        :param targets: ``{partner id: id of the partner it has become part of}``
        """
        self.env["crm.customer.snapshot"]._absorb(targets)

    @contextmanager
    def _refresh_settings(self, **settings):
        """Planner settings that the big read gains from, for its time only.

        :param settings: further ones, by their PostgreSQL names
        """
        cr = self.env.cr
        settings = {"jit": "off", "work_mem": "64MB", **settings}
        before = {}
        for name, value in settings.items():
            cr.execute(SQL("SELECT current_setting(%s)", name))
            before[name] = cr.fetchone()[0]
            cr.execute(SQL("SELECT set_config(%s, %s, TRUE)", name, value))
        yield
        for name, value in before.items():
            cr.execute(SQL("SELECT set_config(%s, %s, TRUE)", name, value))

    def _invalidate_figures(self):
        self.env["crm.customer"].invalidate_model()
        self.env["res.partner"].invalidate_model(
            ["customer_id", "customer_abc_class", "customer_state"]
        )

    def _in_companies(self, companies):
        if companies is None:
            return SQL("TRUE")
        return SQL("new.company_id = ANY(%s)", companies.ids)

    def _differs(self, columns):
        """Return the condition that a row's figures `new` are not those `old`."""
        new = SQL(", ").join(SQL.identifier("new", name) for name in columns)
        old = SQL(", ").join(SQL.identifier("old", name) for name in columns)
        return SQL("(%s) IS DISTINCT FROM (%s)", new, old)

    def _upsert(self, rows, columns, began, condition=None):
        """Return the statement that writes `rows` into the table.

        :param rows: SQL query with `partner_id`, `company_id` and `columns`
        :param began: SQL timestamp in UTC at which the reading of `rows` began
        :param condition: SQL condition for a row that exists to be written
        """
        names = [SQL.identifier(name) for name in columns]
        return SQL(
            """
            INSERT INTO crm_customer (partner_id, company_id, computed_at, %(names)s)
            SELECT partner_id, company_id, %(began)s, %(names)s FROM (%(rows)s) changed
            ON CONFLICT (partner_id, company_id) DO UPDATE
            SET computed_at = EXCLUDED.computed_at, %(since)s, %(assignments)s
            WHERE %(condition)s
            """,
            since=SQL(", ").join(
                SQL(
                    "%(since)s = CASE WHEN crm_customer.%(name)s = EXCLUDED.%(name)s"
                    " THEN crm_customer.%(since)s"
                    " WHEN crm_customer.%(name)s IS NULL THEN NULL"
                    " ELSE EXCLUDED.computed_at END",
                    name=SQL.identifier(name),
                    since=SQL.identifier(f"{name}_since"),
                )
                for name in ("base_state", "full_state")
            ),
            names=SQL(", ").join(names),
            began=began,
            rows=rows,
            assignments=SQL(", ").join(SQL("%s = EXCLUDED.%s", n, n) for n in names),
            condition=condition or SQL("TRUE"),
        )
