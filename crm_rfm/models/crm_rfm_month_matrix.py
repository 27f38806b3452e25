from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
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
        # Their names are for whoever may see the customers, even where the set has
        # become another company's.
        segments = self.env["crm.rfm.segment"].sudo().browse(places).exists().sorted()
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
        :return: action: their rows at the second month end, or at the first one where
            some are not there at the second
        """
        self.check_access("read")
        days = [
            fields.Date.to_string(fields.Date.end_of(fields.Date.to_date(day), "month"))
            for day in (date_from, date_to)
        ]
        if place_to == "absent":
            domain = self._month_domain(days[0]) + self._place_domain(place_from)
            domain.append(("rfm_was", "=", f"{days[1]} absent"))
        elif place_to is None and place_from not in (None, "absent"):
            # All of them, those who are no longer there too.
            domain = self._month_domain(days[0]) + self._place_domain(place_from)
        else:
            domain = self._month_domain(days[1])
            if place_from is not None:
                domain.append(("rfm_was", "=", f"{days[0]} {place_from}"))
            if place_to == "other":
                if not str(place_from).isdecimal():
                    raise self._no_place(place_from)
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

    def _no_place(self, place):
        return UserError(self.env._("There is no such place: %s", place))

    def _place_domain(self, place):
        """Return the domain of the rows at a place; of all rows when None."""
        if place is None:
            return []
        if str(place).isdecimal():
            return [("rfm_segment_id", "=", int(place))]
        if place not in STATES:
            raise self._no_place(place)
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
        if str(place).isdecimal():
            # Of a segment of the past that the reader may not open, but whose customers
            # are on the screen, the name is told; of no other one.
            domain = [("rfm_segment_id", "=", int(place))]
            seen = self.search(domain, limit=1).rfm_segment_id.sudo()
            segments = self.env["crm.rfm.segment"].with_context(active_test=False)
            return (seen or segments.search([("id", "=", int(place))])).name or ""
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
