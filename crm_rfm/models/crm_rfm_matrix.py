from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_customer import RFM_STATES

# States shown beside the matrix; scored customers are in it.
APART = ("prospect", "new", "lapsed", "excluded")


class CrmCustomer(models.Model):
    """The matrix of recency by frequency: how many customers, and how much revenue.

    Only the customers that the reader may see are counted. Scores are those of the last
    scoring; the cells have the segment of the set as it is saved now.
    """

    _inherit = "crm.customer"

    # ------------------------------------------------------------------
    # Data of the screen
from odoo.tools import SQL

# Places of customers without a segment: states, "unknown" for months without scores,
# "absent" where the customer has no row.
STATES = ("prospect", "lapsed", "excluded", "scored", "new", "unknown", "absent")


class CrmCustomerSnapshot(models.Model):
    """The movement between two month ends, and the customers behind it.

    A place is where a customer stands at a month end: a segment's id or, for customers
    without one, one of `STATES`.
    """

    _inherit = "crm.customer.snapshot"

    rfm_was = fields.Char(
        string="Stood at Another Month End",
        store=False,
        search="_search_rfm_was",
        exportable=False,
        help="For searches: a month end and a place, such as '2026-05-31 12' for the "
        "segment of id 12, '2026-05-31 lapsed', or '2026-05-31 absent'.",
    )

    def _search_rfm_was(self, operator, value):
        """Find the customers that stood at a place at another month end."""
        if operator != "in":
            return NotImplemented
        pairs = [str(item).split(" ", 1) for item in value if item]
        try:
            pairs = [(fields.Date.to_date(day), place) for day, place in pairs]
        except ValueError as error:
            raise UserError(
                self.env._("Give a month end and a place, such as 2026-05-31 lapsed.")
            ) from error

        def to_sql(_model, alias, _query):
            table = SQL.identifier(alias)
            conditions = [
                SQL(
                    """
                    coalesce((SELECT %(place)s FROM crm_customer_snapshot was
                        WHERE was.partner_id = %(table)s.partner_id
                            AND was.company_id = %(table)s.company_id
                            AND was.date = %(day)s), 'absent') = %(wanted)s
                    """,
                    place=self._place("was"),
                    table=table,
                    day=day,
                    wanted=place,
                )
                for day, place in pairs
            ]
            return SQL("(%s)", SQL(" OR ").join(conditions)) if pairs else SQL("FALSE")

        return Domain.custom(to_sql=to_sql)

    # ------------------------------------------------------------------
    # Matrix
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_rfm_matrix(self, company_id=None, set_id=None):
        """Return the matrix of a company by a set of segments.

        :param company_id: one of the active companies; the current one when None
        :param set_id: the set by which to colour; that of the scheme when None
        :return: dict: ``figures`` has ``[r, f, m, customers, revenue in company
            currency]`` for the cells that have customers, ``cells`` ``[r, f, m, id of
            the segment]`` for all; ``words`` ``{"r": {score: text}, "f": …, "m": …}``
            what a score stands for; ``segments``, ``set`` and ``states`` are lists and
            dicts of what their names say; ``empty`` a text when there is nothing to
            show, ``notes`` texts for the reader
        """
        self.browse().check_access("read")
        company = self._pareto_company(company_id)
        scheme = self._rfm_scheme(company)
        sets = self.env["crm.rfm.segment.set"]
        segment_set = sets.browse(set_id or scheme.segment_set_id.id or []).exists()
        segment_set.check_access("read")
        figures = self._rfm_figures(company)
        manager = self.env["crm.rfm.scheme"].has_access("write")
        return {
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "companies": [
                {"id": each.id, "name": each.name} for each in self.env.companies
            ],
            "scheme_id": scheme.id,
            "scored_on": scheme.scored_on and fields.Date.to_string(scheme.scored_on),
            "small_base": self._rfm_small_base(company, scheme),
            "bins": segment_set.bins,
            "set": segment_set._matrix_data(scheme),
            "segments": [
                {
                    "key": segment.id,
                    "name": segment.name,
                    "color": segment.color,
                    "description": segment.description or "",
                }
                for segment in segment_set.segment_ids
            ],
            "cells": [
                [*cell, segment.id]
                for each in segment_set
                for cell, segment in each._cells().items()
            ],
            # Scores of another scale have no place in this set.
            "figures": figures if segment_set.bins == scheme.bins else [],
            "words": self._rfm_bands(company, scheme)._words(),
            "states": self._rfm_states(company),
            "empty": self._rfm_empty(company, scheme, figures),
            "notes": self._rfm_notes(company, scheme, segment_set),
            "can_score": manager and bool(scheme),
            "can_edit": bool(segment_set) and segment_set.has_access("write"),
        }

    def _rfm_scheme(self, company):
        """Return the scheme in force, for figures: branches may not read it."""
        return company.sudo().root_id.rfm_scheme_ids.filtered("active")[:1]

    def _rfm_domain(self, company):
        return Domain("company_id", "=", company.id) & Domain("rfm_r", ">", 0)

    def _rfm_figures(self, company):
        """Return ``[r, f, m, customers, revenue]`` of every cell with customers."""
        rows = self._read_group(
            self._rfm_domain(company),
            ["rfm_r", "rfm_f", "rfm_m"],
            ["__count", "rfm_monetary:sum"],
        )
        return [
            [r, f, m, count, company.currency_id.round(amount or 0.0)]
            for r, f, m, count, amount in rows
        ]

    def _rfm_bands(self, company, scheme):
        """Return the cut points in force, of the scale that the scheme has."""
        return self.env["crm.rfm.band"].search(
            [("company_id", "=", company.id), ("score", "<=", scheme.bins)]
        )

    def _rfm_small_base(self, company, scheme):
        """Return a text when so few customers are scored that it says little."""
        bands = self._rfm_bands(company, scheme)
        count = sum(
            bands.filtered(lambda band: band.measure == "1_recency").mapped(
                "customer_count"
            )
        )
        if not count or count >= scheme.minimum_customers:
            return False
        return self.env._(
            "%(count)s customers are scored, fewer than %(minimum)s: the scores say "
            "little.",
            count=count,
            minimum=scheme.minimum_customers,
        )

    def _rfm_states(self, company):
        """Return the customers that are apart from the scores, by state."""
        rows = {
            state: (count, amount)
            for state, count, amount in self._read_group(
                [("company_id", "=", company.id), ("rfm_state", "in", APART)],
                ["rfm_state"],
                ["__count", "rfm_monetary:sum"],
            )
        }
        _ = self.env._
        hints = {
            "prospect": _("Never bought."),
            "new": _("First purchase a short time ago; also in the matrix."),
            "lapsed": _("Bought before the window only; not scored."),
            "excluded": _("Not scored, by the scheme."),
        }
        labels = dict(self._fields["rfm_state"]._description_selection(self.env))
        return [
            {
                "state": state,
                "name": labels[state],
                "hint": hints[state],
                "customers": rows.get(state, (0, 0))[0],
                "amount": company.currency_id.round(rows.get(state, (0, 0))[1] or 0.0),
            }
            for state, _label in RFM_STATES
            if state in APART
        ]

    def _rfm_empty(self, company, scheme, figures):
        """Return why there is no matrix to show, if there is none."""
        _ = self.env._
        if figures:
            return False
        if not scheme:
            return _(
                "%s has no scheme in force, so its customers are not scored. Activate "
                "one under Configuration > RFM > RFM Scheme.",
                company.root_id.sudo().name,
            )
        if not scheme.scored_on:
            return _("Customers are scored tonight.")
        return _(
            "No customer that you may see bought anything in the last %s months.",
            scheme.window_months,
        )

    def _rfm_notes(self, company, scheme, segment_set):
        """Return what the reader should know of the figures."""
        _ = self.env._
        notes = []
        if scheme.pending and scheme.scored_on:
            notes.append(
                _(
                    "The rules have changed. All customers are scored again in a few "
                    "minutes; until then the figures are by the rules before."
                )
            )
        if scheme and segment_set and segment_set != scheme.segment_set_id:
            notes.append(
                _(
                    "%(company)s does not use this set but %(used)s: the figures tell "
                    "what would be.",
                    company=company.root_id.sudo().name,
                    used=scheme.segment_set_id.name,
                )
                if segment_set.bins == scheme.bins
                else _(
                    "This set has scores up to %(made)s, the scheme of %(company)s up "
                    "to %(bins)s: there are no figures to show.",
                    made=segment_set.bins,
                    bins=scheme.bins,
                    company=company.root_id.sudo().name,
                )
            )
        in_company = Domain("company_id", "=", company.id)
        if self.search_count(in_company) < self.sudo().search_count(in_company):
            notes.append(
                _(
                    "Only the customers that you may see are counted, not all of the "
                    "company."
                )
            )
        return notes

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def action_open_rfm(self, company_id, what):
        """Open the customers behind a figure of the matrix, exactly those counted.

        :param what: ``{"r", "f", "m"}`` a cell (without m: whatever the amount),
            ``{"segment_id"}`` or ``{"state"}``
        """
        self.browse().check_access("read")
        company = self._pareto_company(company_id)
        _ = self.env._
        if what.get("state") in APART:
            domain = Domain("company_id", "=", company.id) & Domain(
                "rfm_state", "=", what["state"]
            )
            states = dict(self._fields["rfm_state"]._description_selection(self.env))
            name = states[what["state"]]
        elif what.get("segment_id"):
            segment = self.env["crm.rfm.segment"].browse(int(what["segment_id"]))
            domain = self._rfm_domain(company) & segment.range_ids._customer_domain()
            name = segment.name
        elif what.get("r") and what.get("f"):
            domain = self._rfm_domain(company)
            for letter in "rfm":
                if what.get(letter):
                    domain &= Domain(f"rfm_{letter}", "=", int(what[letter]))
            scores = " ".join(
                f"{letter.upper()}{int(what[letter])}"
                for letter in "rfm"
                if what.get(letter)
            )
            name = _(
                "%(scores)s (%(bins)s is best)",
                scores=scores,
                bins=self._rfm_scheme(company).bins,
            )
        else:
            raise UserError(_("Choose a cell, a segment or a state."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        # A list of its own, not the app's entry.
        action.pop("path", None)
        action.update(name=name, display_name=name, domain=list(domain), context={})
        return action

    @api.model
    def action_rfm_score(self, company_id):
        """Score all customers now, or soon where their figures are missing.

        :return: whether they are scored already
        """
        company = self._pareto_company(company_id)
        scheme = self.env["crm.rfm.scheme"].browse(self._rfm_scheme(company).ids)
        scheme.check_access("write")
        if not company.sudo().customer_refreshed_at:
            scheme._inputs_changed()
            return False
        return scheme.action_score()
    def rfm_matrix(self, date_from, date_to):
        """Return how the company's customers moved between two month ends.

        A place is a segment's id or, for customers without one, their state
        (`prospect`, `lapsed`, `excluded`), `unknown` for months without scores and
        `absent` where the customer had no row yet. Of the customers that the reader
        may see, in the current company and those of its branches that are selected.

        :param date_from: any day of the first month
        :param date_to: any day of the second month
        :return: dict of ``currency_id``, ``segments`` (``[{id, name, color}]``, best
            first) and ``moves``: list of dicts of ``from``, ``to`` (places), ``count``
            (customers), ``revenue_from``, ``revenue_to`` (of the window that ends with
            each month), the largest first
        """
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT %s AS "from", %s AS "to", count(*) AS count,
                    coalesce(sum(was.revenue), 0) AS revenue_from,
                    coalesce(sum(now.revenue), 0) AS revenue_to
                FROM (%s) was
                FULL JOIN (%s) now ON now.partner_id = was.partner_id
                    AND now.company_id = was.company_id
                GROUP BY 1, 2
                ORDER BY count(*) DESC, 1, 2
                """,
                self._place("was"),
                self._place("now"),
                *(self._month_rows(day) for day in (date_from, date_to)),
            )
        )
        places = set()
        for row in rows:
            for end in ("from", "to"):
                if row[end].isdigit():
                    row[end] = int(row[end])
                    places.add(row[end])
            for name in ("revenue_from", "revenue_to"):
                row[name] = float(row[name])
        segments = self.env["crm.rfm.segment"].browse(places).exists().sorted()
        return {
            "currency_id": self.env.company.root_id.currency_id.id,
            "segments": segments.read(["name", "color"]),
            "moves": rows,
        }

    def _place(self, alias):
        """Return the SQL of the place of a row, which may be missing, as a text."""
        return SQL(
            """
            CASE WHEN %(a)s.partner_id IS NULL THEN 'absent' ELSE
                coalesce(%(a)s.rfm_segment_id::varchar, %(a)s.rfm_state, 'unknown')
            END
            """,
            a=SQL.identifier(alias),
        )

    def _matrix_companies(self):
        """Return the current company and its branches, as far as they are selected."""
        root = self.env.company.root_id
        return self.env.companies.filtered(lambda company: company.root_id == root)

    def _month_domain(self, day):
        """Return the domain of the rows of the month of `day`."""
        day = fields.Date.end_of(fields.Date.to_date(day), "month")
        return [
            ("date", "=", fields.Date.to_string(day)),
            ("company_id", "in", self._matrix_companies().ids),
        ]

    def _month_rows(self, day):
        """Return the query of the rows of the month of `day` that the user may read."""
        query = self._search([*self._month_domain(day), ("partner_id", "!=", False)])
        names = (
            "partner_id",
            "company_id",
            "user_id",
            "date",
            "revenue",
            "rfm_segment_id",
            "rfm_state",
            "rfm_last_purchase_date",
            "rfm_frequency",
            "rfm_monetary",
        )
        return query.select(
            *(SQL.identifier(query.table, name) for name in names),
        )

    @api.model
    def action_open_rfm_move(self, date_from, date_to, place_from=None, place_to=None):
        """Open the customers that moved from a place to another.

        :param date_from: any day of the first month
        :param date_to: any day of the second month
        :param place_from: segment id or state at the first month end; any when None
        :param place_to: the same at the second one; ``"other"``: any but `place_from`
        :return: action: their rows at the second month end, or at the first one for
            those who are not there at the second
        """
        self.check_access("read")
        days = [
            fields.Date.to_string(fields.Date.end_of(fields.Date.to_date(day), "month"))
            for day in (date_from, date_to)
        ]
        if place_to == "absent":
            domain = self._month_domain(days[0]) + self._place_domain(place_from)
            domain.append(("rfm_was", "=", f"{days[1]} absent"))
        else:
            domain = self._month_domain(days[1])
            if place_from is not None:
                domain.append(("rfm_was", "=", f"{days[0]} {place_from}"))
            if place_to == "other":
                domain.append(("rfm_segment_id", "!=", int(place_from)))
            else:
                domain += self._place_domain(place_to)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_rfm.crm_customer_snapshot_action_move"
        )
        action["domain"] = domain
        names = [self._place_name(place) for place in (place_from, place_to)]
        if place_to == "other":
            action["name"] = self.env._("Left %s", names[0])
        elif place_from is None or place_to is None:
            action["name"] = names[0] or names[1] or action["name"]
        else:
            action["name"] = self.env._(
                "%(before)s – now: %(now)s", before=names[0], now=names[1]
            )
        return action

    def action_open_customer(self):
        """Open the 360 page of this customer."""
        self.ensure_one()
        self.check_access("read")
        partner = self.partner_id.with_company(self.company_id)
        return partner.action_open_partner_360()

    def _place_domain(self, place):
        """Return the domain of the rows at a place; of all rows when None."""
        if place is None:
            return []
        if str(place).isdigit():
            return [("rfm_segment_id", "=", int(place))]
        if place not in STATES:
            raise UserError(self.env._("There is no such place: %s", place))
        return [
            ("rfm_segment_id", "=", False),
            ("rfm_state", "=", False if place == "unknown" else place),
        ]

    def _place_name(self, place, later=True):
        """Return the name of a place; an empty text for any.

        :param later: at the second of two month ends
        """
        if place is None:
            return ""
        if str(place).isdigit():
            return self.env["crm.rfm.segment"].browse(int(place)).exists().name or ""
        _ = self.env._
        return {
            "prospect": _("Prospect"),
            "lapsed": _("Lapsed"),
            "excluded": _("Left out"),
            "scored": _("In no segment"),
            "new": _("In no segment, new"),
            "unknown": _("Not scored"),
            "absent": _("No longer there") if later else _("Not there yet"),
        }.get(place, "")
