from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer import RFM_STATES

# What a snapshot keeps of the scoring, under the names of `crm.customer`.
KEPT = (
    "rfm_frequency",
    "rfm_last_purchase_date",
    "rfm_monetary",
    "rfm_score",
    "rfm_segment_id",
    "rfm_state",
)


class CrmCustomerSnapshot(models.Model):
    """Scores and segment at month end, and the movement between two of them.

    Months before the first scoring are scored afterwards: see `crm_rfm_history.py`.
    """

    _inherit = "crm.customer.snapshot"

    rfm_state = fields.Selection(
        selection=RFM_STATES,
        string="RFM State",
        readonly=True,
        help="As scored in the last night of the month, or reconstructed.",
    )
    rfm_past = fields.Boolean(
        string="Scores Reconstructed",
        readonly=True,
        help="Scored afterwards, from the documents up to that day, by the scheme of "
        "the day it was done.",
    )
    rfm_last_purchase_date = fields.Date(
        string="RFM Last Purchase",
        readonly=True,
        help="Last purchase up to that day, in the source of the scheme.",
    )
    rfm_frequency = fields.Integer(
        string="Frequency",
        readonly=True,
        help="Purchases in the window of the scheme that ends with the month.",
    )
    rfm_score = fields.Char(string="RFM Score", readonly=True, help="5 is best.")
    rfm_monetary = fields.Monetary(
        string="Monetary",
        readonly=True,
        help="Untaxed amount in the window of the scheme that ends with the month.",
    )
    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="Segment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _snapshot_columns(self):
        return {
            **super()._snapshot_columns(),
            **{name: ("own", SQL.identifier("customer", name)) for name in KEPT},
            "rfm_past": ("all", SQL("FALSE")),
        }

    @api.model
    def _absorb(self, targets):
        """The movements of customers that became part of another follow them, too."""
        result = super()._absorb(targets)
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_movement movement SET partner_id = target.partner_id
                FROM unnest(%s::int[], %s::int[]) AS target (source_id, partner_id)
                WHERE movement.partner_id = target.source_id
                """,
                list(targets),
                list(targets.values()),
            )
        )
        self.env["crm.rfm.movement"].invalidate_model(flush=False)
        return result

    @api.model
    def _anonymize(self, partners):
        """Movements tell of a person: they go when that person is erased."""
        self.env.cr.execute(
            SQL("DELETE FROM crm_rfm_movement WHERE partner_id = ANY(%s)", partners.ids)
        )
        self.env["crm.rfm.movement"].invalidate_model(flush=False)
        return super()._anonymize(partners)

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
        root = self.env.company.root_id
        companies = self.env.companies.filtered(lambda company: company.root_id == root)
        months = [self._month_rows(day, companies) for day in (date_from, date_to)]

        def place(alias):
            return SQL(
                """
                CASE WHEN %(a)s.partner_id IS NULL THEN 'absent' ELSE
                    coalesce(%(a)s.rfm_segment_id::varchar, %(a)s.rfm_state, 'unknown')
                END
                """,
                a=SQL.identifier(alias),
            )

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
                place("was"),
                place("now"),
                *months,
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
            "currency_id": root.currency_id.id,
            "segments": segments.read(["name", "color"]),
            "moves": rows,
        }

    def _month_rows(self, day, companies):
        """Return the query of the rows of the month of `day` that the user may read."""
        day = fields.Date.end_of(fields.Date.to_date(day), "month")
        query = self._search(
            [
                ("date", "=", day),
                ("company_id", "in", companies.ids),
                ("partner_id", "!=", False),
            ]
        )
        names = ("partner_id", "company_id", "rfm_segment_id", "rfm_state", "revenue")
        return query.select(
            *(SQL.identifier(query.table, name) for name in names),
        )
