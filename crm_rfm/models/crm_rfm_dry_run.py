from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_scope import AGGREGATES

from .crm_customer_score import SCORES

# Settings that a dry run takes, saved or not.
SETTINGS = (
    "bins",
    "company_id",
    "cut_ids",
    "exclude_domain",
    "method",
    "new_customer_days",
    "segment_set_id",
    "source",
    "window_months",
)
# What the database checks when a scheme is saved: {constraint: what is right}.
LIMITS = {
    "crm_rfm_scheme_window_range": lambda scheme: 1 <= scheme.window_months <= 120,
    "crm_rfm_scheme_bins_range": lambda scheme: 3 <= scheme.bins <= 10,
    "crm_rfm_scheme_new_positive": lambda scheme: scheme.new_customer_days >= 0,
}
# Inputs of the scoring, and the columns of the sources that they are made of.
INPUTS = {
    "rfm_frequency": "int",
    "rfm_monetary": "numeric",
    "rfm_first_purchase_date": "date",
    "rfm_last_purchase_date": "date",
}
COLUMNS = {
    "first_purchase_date",
    "last_purchase_date",
    "rfm_order_amount",
    "rfm_order_count",
    "rfm_order_first_date",
    "rfm_order_last_date",
    "rfm_purchase_count",
    "rfm_revenue",
}


class CrmRfmScheme(models.Model):
    _inherit = "crm.rfm.scheme"

    @api.readonly
    def get_dry_run(self, changes):
        """Return who would move by settings that are not saved; nothing is written.

        Bad settings are refused as they are when they are saved.

        :param changes: values of settings, as `write` takes them
        :return: see `crm.customer._move_table`
        """
        self.check_access("write")
        values = {name: changes[name] for name in SETTINGS if name in changes}
        # A candidate made before would lend its values to the next one.
        self.invalidate_model()
        self.cut_ids.invalidate_model()
        if self:
            self.ensure_one()
            candidate = self.new(values, origin=self)
        else:
            self.browse().check_access("create")
            candidate = self.new({**self.default_get(list(SETTINGS)), **values})
        if candidate.company_id._origin not in self.env.companies.sudo().root_id:
            raise AccessError(self.env._("Activate this company first."))
        candidate._check_candidate()
        return self.env["crm.customer"]._dry_run(candidate)

    def _score_key(self):
        """Return the number by which the scoring knows a scheme, saved or not."""
        return self._origin.id or 0

    def _check_candidate(self):
        """Refuse settings that could not be saved, with the reason."""
        names = [name for name, right in LIMITS.items() if not right(self)]
        for constraint in (
            self.env["ir.model.constraint"]
            .sudo()
            .search([("name", "in", names), ("model.model", "=", self._name)], limit=1)
        ):
            raise ValidationError(constraint.message)
        self._check_company()
        self._check_segment_set()
        self._check_exclude_domain()
        if self.method == "cutpoint":
            self._check_cut_scores()
            self._check_cut_order()

    def _needs_reading(self):
        """Return whether the customers' inputs are of other settings than these."""
        saved = self._origin
        return (
            not saved
            or saved.pending
            or not saved.active
            or any(saved[name] != self[name] for name in ("source", "window_months"))
            or saved.company_id != self.company_id._origin
        )


class CrmCustomer(models.Model):
    """Who would move by a scheme that is not saved.

    The statements are those of the scoring, over the rows of the scheme's company and
    its branches. With another source or window the inputs are read from the documents
    by the sources of the refresh, within the same statement.
    """

    _inherit = "crm.customer"

    def _dry_run(self, scheme):
        """Return who would move by a scheme.

        From is what the last scoring says. Money is the revenue in the scheme's window.
        Only the customers that the reader may see are counted.

        :param scheme: `crm.rfm.scheme`, saved or not, checked
        :return: see `_move_table`
        """
        company = scheme.company_id._origin
        settings = self._candidate_settings(scheme)
        readable = self._search([("company_id", "in", [row["id"] for row in settings])])
        customers = None
        if scheme._needs_reading():
            customers = SQL("(%s)", self._candidate_customers(scheme, settings))
        self.env.flush_all()
        statement = SQL(
            """
            WITH %(companies)s, excluded (scheme_id, partner_id) AS (%(excluded)s),
            population AS (%(population)s),
            cell AS (%(cells)s)
            SELECT coalesce(old_rfm_segment_id::varchar, old_rfm_state),
                coalesce(cell.segment_id::varchar, scored.state),
                count(*), coalesce(sum(scored.monetary), 0)
            FROM (%(scored)s) scored
            LEFT JOIN cell ON cell.set_id = scored.set_id
                AND cell.r = scored.r AND cell.f = scored.f AND cell.m = scored.m
            WHERE scored.id IN %(readable)s
            GROUP BY 1, 2
            """,
            companies=self._score_companies(settings, scheme.sudo()),
            excluded=self._score_excluded(scheme.sudo()),
            population=self._score_population(customers),
            cells=self._score_cells(),
            scored=self._score_scored(),
            readable=readable.subselect(),
        )
        with self._refresh_settings(enable_nestloop="off"):
            self.env.cr.execute(statement)
            rows = self.env.cr.fetchall()
        pairs = {(old, new): (count, amount) for old, new, count, amount in rows}
        return self._move_table(company, self._places(pairs), pairs)

    def _candidate_settings(self, scheme):
        """Return the rows of `_company_rows` of the scheme's company and branches."""
        now = fields.Datetime.now()
        company = scheme.company_id._origin
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        ids = companies.search([("id", "child_of", company.id)]).ids
        rows = []
        for settings in self._company_settings():
            if settings["id"] in ids:
                settings = {
                    **settings,
                    "rfm_source": scheme.source,
                    "rfm_months": scheme.window_months,
                }
                rows.append({**settings, **self._company_dates(settings, now)})
        return rows

    def _candidate_customers(self, scheme, settings):
        """Return the query of the customers with inputs read from the documents.

        It costs what these sources cost in the refresh, for one company.
        """
        columns = self._company_columns()
        scope = replace(
            self._scope_literal(),
            companies=SQL(
                "company (%s) AS (VALUES %s)",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(
                    SQL(
                        "(%s)",
                        SQL(", ").join(
                            SQL(f"%s::{sql_type}", row[name])
                            for name, sql_type in columns.items()
                        ),
                    )
                    for row in settings
                ),
            ),
        )
        if scheme.source == "order":
            sources = [self._source_rfm_order(scope)]
        else:
            sources = [self._source_revenue(scope), self._source_purchase(scope)]
        wanted = {name: "sum" for name in COLUMNS if not name.endswith("_date")}
        for name in COLUMNS - wanted.keys():
            wanted[name] = "first" if "first" in name else "last"
        figures = self._figures()
        return SQL(
            """
            WITH %(companies)s,
            base AS (
                SELECT partner.commercial_partner_id AS partner_id,
                    stacked.company_id, %(gathered)s
                FROM (%(stacked)s) stacked
                JOIN res_partner partner ON partner.id = stacked.partner_id
                GROUP BY partner.commercial_partner_id, stacked.company_id
            )
            SELECT customer.id, customer.partner_id, customer.company_id, %(scores)s,
                %(inputs)s
            FROM crm_customer customer
            JOIN company ON company.id = customer.company_id
            LEFT JOIN base ON base.partner_id = customer.partner_id
                AND base.company_id = customer.company_id
            """,
            companies=scope.companies,
            gathered=SQL(", ").join(
                SQL(
                    f"{AGGREGATES[aggregate][0]}(%(column)s) AS %(column)s"
                    if aggregate != "sum"
                    else "coalesce(sum(%(column)s), 0) AS %(column)s",
                    column=SQL.identifier(name),
                )
                for name, aggregate in wanted.items()
            ),
            stacked=SQL(" UNION ALL ").join(
                self._padded(source, wanted) for source in sources
            ),
            scores=SQL(", ").join(SQL.identifier("customer", name) for name in SCORES),
            inputs=SQL(", ").join(
                SQL(f"(%s)::{sql_type} AS %s", figures[name], SQL.identifier(name))
                for name, sql_type in INPUTS.items()
            ),
        )

    # ------------------------------------------------------------------
    # The answer
    # ------------------------------------------------------------------

    def _places(self, pairs):
        """Return name and colour of the places that customers move between.

        :param pairs: ``{(from, to): …}`` where a place is the id of a segment as text,
            a state, or None
        :return: ``{place: (name, colour)}``
        """
        states = dict(self._fields["rfm_state"]._description_selection(self.env))
        places = {place for pair in pairs for place in pair}
        ids = [int(place) for place in places if place and place.isdigit()]
        # A segment may be of a set that is another company's by now.
        segments = self.env["crm.rfm.segment"].sudo().browse(ids)
        return {
            None: (self.env._("Not scored yet"), 0),
            **{place: (states[place], 0) for place in places if place in states},
            **{str(each.id): (each.name, each.color) for each in segments},
        }

    def _move_table(self, company, places, pairs):
        """Return who moves from where to where, largest first.

        :param places: ``{place: (name, colour)}``
        :param pairs: ``{(from, to): (customers, revenue)}``, those who stay included
        :return: dict ``moves``: list of ``{"from", "to"}`` (each ``{"name", "color"}``)
            with ``customers`` and ``amount`` in company currency; ``moved`` and
            ``all``: customers and amount; ``currency_id``
        """
        currency = company.currency_id

        def total(values):
            values = list(values)
            return {
                "customers": sum(count for count, _amount in values),
                "amount": currency.round(sum(float(amount) for _c, amount in values)),
            }

        def look(place):
            name, color = places[place]
            return {"name": name, "color": color}

        # Another set may have a segment of the same name: who is in both stays.
        moved = {
            (old, new): each
            for (old, new), each in pairs.items()
            if old != new and places[old][0] != places[new][0]
        }
        return {
            "moves": sorted(
                (
                    {"from": look(old), "to": look(new), **total([each])}
                    for (old, new), each in moved.items()
                ),
                key=lambda move: (-move["customers"], -move["amount"]),
            ),
            "moved": total(moved.values()),
            "all": total(pairs.values()),
            "currency_id": currency.id,
        }
