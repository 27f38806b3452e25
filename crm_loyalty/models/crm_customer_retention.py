from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from .crm_customer_cohort import UNITS

# The groups of the screen: field of the customer, and of the snapshot.
GROUPS = {"segment": "rfm_segment_id", "tier": "tier_id", "user": "user_id"}
# Conditions on the row of a customer, see `_rate_query`.
FIGURES = {
    "previous": SQL("previous"),
    "kept": SQL("previous AND bought"),
    "lost": SQL("previous AND NOT bought"),
    "buyers": SQL("purchases >= 1"),
    "repeat": SQL("purchases >= 2"),
}


class CrmCustomer(models.Model):
    """Retention, churn and repeat rate, and the screen that shows them with cohorts.

    Retention: customers of the previous window who bought again in the window ÷
    customers of the previous window. Churn: 1 − retention. Repeat rate: customers with
    two purchases or more, ever, ÷ customers with one or more. A customer is one
    commercial partner in a root company, its branches included.
    """

    _inherit = "crm.customer"

    # ------------------------------------------------------------------
    # Rates
    # ------------------------------------------------------------------

    def _rate_query(self, root):
        """Return the query of one row per customer, with the groups it is and was in.

        :return: query of ``partner_id``, ``previous`` (bought in the window before),
            ``bought`` (in the window), ``purchases`` (ever), ``<group>_today`` and
            ``<group>_start``: of the last month end before the window, NULL where
            unknown. Of several branches the one with the largest revenue tells.
        """
        then = self.env["crm.customer.snapshot"]._fields
        names = ("revenue_total", *GROUPS.values())
        figures = ("purchase_previous_count", "last_purchase_date", "purchase_count")
        columns = []
        for group, name in GROUPS.items():
            kept = name in then and then[name].store
            columns += [
                SQL(
                    "(array_agg(%s ORDER BY customer.revenue_total DESC NULLS LAST,"
                    " customer.company_id))[1] AS %s",
                    column,
                    SQL.identifier(f"{group}_{basis}"),
                )
                for basis, column in (
                    ("today", SQL.identifier("customer", name)),
                    (
                        "start",
                        SQL.identifier("snapshot", name) if kept else SQL("NULL::int"),
                    ),
                )
            ]
        return SQL(
            """
            SELECT customer.partner_id,
                coalesce(bool_or(customer.purchase_previous_count > 0), FALSE)
                    AS previous,
                coalesce(bool_or(customer.last_purchase_date >= company.window_start),
                    FALSE) AS bought,
                coalesce(sum(customer.purchase_count), 0) AS purchases,
                %(columns)s
            FROM (%(customers)s) customer
            JOIN (VALUES %(companies)s) AS company (id, today, window_start)
                ON company.id = customer.company_id
            LEFT JOIN crm_customer_snapshot snapshot
                ON snapshot.partner_id = customer.partner_id
                AND snapshot.company_id = customer.company_id
                AND snapshot.date = %(start)s
            GROUP BY customer.partner_id
            """,
            columns=SQL(", ").join(columns),
            customers=self._retention_rows(root, names=(*names, *figures)),
            companies=self._retention_companies(),
            start=self._retention_start(root),
        )

    def _retention_start(self, root):
        """Return the last month end before the window of a company."""
        start = root.sudo()._customer_period()["window_start"]
        return start.replace(day=1) - timedelta(days=1)

    def _rate_partners(self, root, figure, group, group_id, basis):
        """Return the query of the customers behind a figure.

        :param figure: one of `FIGURES`
        :param group: one of `GROUPS`, or empty for all
        :param group_id: id in that group; 0 for those in none
        :param basis: ``today`` or ``start``
        """
        condition = FIGURES[figure]
        if group:
            if group not in GROUPS or basis not in ("today", "start"):
                raise KeyError(group)
            column = SQL.identifier(f"{group}_{basis}")
            condition = SQL(
                "%s AND %s IS NOT DISTINCT FROM %s::int",
                condition,
                column,
                group_id or None,
            )
        self.flush_model()
        return SQL(
            "(SELECT partner_id FROM (%s) rated WHERE %s)",
            self._rate_query(root),
            condition,
        )

    def _rates(self, root, domain=Domain.TRUE):
        """Return the rates of all, and of every group, in one statement.

        :return: ``{(group, basis): {id: {figure: customers}}}``; all together under
            ``("", "")`` and the id 0, which is also that of customers in no group
        """
        keys = [(group, basis) for group in GROUPS for basis in ("today", "start")]
        columns = [SQL.identifier(f"{group}_{basis}") for group, basis in keys]
        chosen = SQL("TRUE")
        if not Domain(domain).is_true():
            chosen = SQL(
                "partner_id IN (SELECT partner_id FROM (%s) chosen)",
                self._retention_rows(root, domain),
            )
        self.flush_model()
        self.env["crm.customer.snapshot"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT GROUPING(%(columns)s), coalesce(%(columns)s, 0), %(figures)s
                FROM (%(rated)s) rated
                WHERE %(chosen)s
                GROUP BY GROUPING SETS ((), %(sets)s)
                """,
                columns=SQL(", ").join(columns),
                figures=SQL(", ").join(
                    SQL("count(*) FILTER (WHERE %s)", condition)
                    for condition in FIGURES.values()
                ),
                rated=self._rate_query(root),
                chosen=chosen,
                sets=SQL(", ").join(SQL("(%s)", column) for column in columns),
            )
        )
        # A bit of GROUPING is 0 for the column that the row is grouped by.
        every = 2 ** len(keys) - 1
        by_bits = {
            every - 2 ** (len(keys) - 1 - position): key
            for position, key in enumerate(keys)
        }
        rates = {}
        for bits, group_id, *figures in rows:
            key = by_bits.get(bits, ("", ""))
            rates.setdefault(key, {})[group_id] = dict(
                zip(FIGURES, figures, strict=True)
            )
        return rates

    # ------------------------------------------------------------------
    # Screen
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_retention(self, company_id=None, unit="quarter", filters=None):
        """Return what the retention screen shows, for the customers one may see.

        :param company_id: a root company of which something is selected; that of the
            current company when None
        :param unit: ``quarter`` or ``year``
        :param filters: ``{"segment": id, "tier": id, "user": id}``, today's
        :return: dict with ``company_id``, ``companies``, ``currency_id``, ``unit``,
            ``filters`` (as understood), ``choices`` (``{group: [{"id", "name"}]}``),
            ``rates`` (``{figure: customers}``, see `FIGURES`), ``groups`` (see
            `_group_tables`), ``rows`` (see `_cohort_table`), ``older`` (cohorts left
            out), ``curve`` (see `_cohort_curve`), ``empty``, ``notes``
        """
        self.browse().check_access("read")
        if unit not in UNITS:
            raise UserError(self.env._("Cohorts are by quarter or by year."))
        root = self._retention_root(company_id)
        filters = {
            group: int(value)
            for group, value in (filters or {}).items()
            if group in GROUPS and value
        }
        domain = Domain.AND(
            Domain(GROUPS[group], "=", value) for group, value in filters.items()
        )
        today = root.sudo()._customer_today()
        table = self._cohort_table(self._cohort_cells(root, unit, domain), unit, today)
        rows, older = self._cohorts_shown(table, unit)
        rates = self._rates(root, domain)
        names = self._group_names(rates)
        return {
            **self._retention_head(root),
            "unit": unit,
            "filters": filters,
            "choices": self._retention_choices(root),
            "rates": rates.get(("", ""), {}).get(0, dict.fromkeys(FIGURES, 0)),
            "groups": self._group_tables(root, rates, names),
            "rows": rows,
            "older": older,
            "curve": self._cohort_curve(table),
            "empty": self._retention_empty(table, filters),
            "notes": self._retention_notes(root),
        }

    def _group_names(self, rates):
        """Return the names of the groups found: ``{group: {id: name}}``."""
        names = {}
        for group, field in GROUPS.items():
            ids = {
                group_id
                for basis in ("today", "start")
                for group_id in rates.get((group, basis), ())
                if group_id
            }
            # Who may read the customer may know these names.
            records = self.env[self._fields[field].comodel_name].sudo()
            found = records.with_context(active_test=False).search([("id", "in", ids)])
            names[group] = {record.id: record.display_name for record in found}
        return names

    def _group_tables(self, root, rates, names):
        """Return a table for each group: ``{group: {"basis", "said", "rows"}}``.

        By the group of the month end before the window, where that is known of
        anybody, else by today's: today's segment says that who does not buy has
        lapsed, so retention by it explains little. ``said`` says in words which.
        """
        tables = {}
        start = self._retention_start(root)
        for group in GROUPS:
            known = any(
                figures["previous"]
                for group_id, figures in rates.get((group, "start"), {}).items()
                if group_id
            )
            basis = "start" if known else "today"
            rows = [
                {
                    "id": group_id,
                    "name": names[group].get(group_id) or self._no_group(group, basis),
                    **figures,
                }
                for group_id, figures in rates.get((group, basis), {}).items()
                if figures["buyers"]
            ]
            order = list(names[group])
            rows.sort(
                key=lambda row: (
                    order.index(row["id"]) if row["id"] in order else len(order)
                )
            )
            tables[group] = {
                "basis": basis,
                "said": self._basis_words(group, basis, start),
                "rows": rows,
            }
        return tables

    def _no_group(self, group, basis):
        if basis == "start":
            return self.env._("None, or not known then")
        return {
            "segment": self.env._("No segment"),
            "tier": self.env._("No tier"),
            "user": self.env._("No salesperson"),
        }[group]

    def _basis_words(self, group, basis, start):
        _ = self.env._
        if basis == "start":
            day = format_date(self.env, start)
            return {
                "segment": _("By the segment at the start of the window (%s).", day),
                "tier": _("By the tier at the start of the window (%s).", day),
                "user": _("By the salesperson at the start of the window (%s).", day),
            }[group]
        return {
            "segment": _(
                "By the segment of today: at the start of the window none is known. "
                "Who bought no more is in a low segment because of it."
            ),
            "tier": _(
                "By the tier of today: at the start of the window none is known."
            ),
            "user": _(
                "By the salesperson of today: at the start of the window none is known."
            ),
        }[group]

    def _retention_choices(self, root):
        """Return the groups to filter by: those that customers are in today."""
        choices = {}
        for group, field in GROUPS.items():
            found = self._read_group(
                self._retention_family(root) & Domain(field, "!=", False), [field]
            )
            choices[group] = [
                {"id": record.id, "name": record.sudo().display_name}
                for [record] in found
            ]
        return choices

    def _retention_empty(self, table, filters):
        if table:
            return False
        if filters:
            return self.env._("No customer of this choice has bought yet.")
        return self.env._(
            "Nobody has bought yet. Cohorts appear with the first posted invoice."
        )

    def _retention_notes(self, root):
        """Return what the reader should know of who is counted."""
        family = self._retention_family(root)
        period = root.sudo()._customer_period()
        notes = [
            self.env._(
                "Window: %(start)s to %(end)s; the previous one has the same number of "
                "months.",
                start=format_date(self.env, period["window_start"]),
                end=format_date(self.env, period["today"]),
            )
        ]
        if self.search_count(family) < self.sudo().search_count(family):
            notes.append(
                self.env._(
                    "Only the customers that you may see are counted, not all of the "
                    "company."
                )
            )
        return notes

    @api.model
    def action_open_retention(self, place, filters=None):
        """Open the customers behind a figure, exactly those counted.

        :param place: see `_retention_place_domain`
        :param filters: as in `get_retention`
        """
        self.browse().check_access("read")
        self._retention_place_domain(place)
        domain = Domain("retention_place", "=", place)
        for group, value in (filters or {}).items():
            if group in GROUPS and value:
                domain &= Domain(GROUPS[group], "=", int(value))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        # A list of its own, not the app's entry.
        action.pop("path", None)
        name = self._place_words(place)
        action.update(name=name, display_name=name, domain=list(domain), context={})
        return action

    def _place_words(self, place):
        _ = self.env._
        kind, _root, *parts = place.split(":")
        if kind == "rate":
            return {
                "previous": _("Customers of the previous window"),
                "kept": _("Customers kept"),
                "lost": _("Customers who did not come back"),
                "buyers": _("Customers who have bought"),
                "repeat": _("Customers who bought twice or more"),
            }[parts[0]]
        unit, cohort, since = parts
        words = {"cohort": self._period_name(int(cohort), unit)}
        if not since:
            return _("First bought in %(cohort)s", **words)
        return _(
            "First bought in %(cohort)s, bought in %(period)s",
            period=self._period_name(int(cohort) + int(since), unit),
            **words,
        )
