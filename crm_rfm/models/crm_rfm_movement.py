from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_customer import RFM_STATES


class CrmRfmMovement(models.Model):
    """A customer that changed its segment: when, from where to where, with the figures.

    Written by the scoring and, for the months before it, by the history of the
    snapshots (`crm_rfm_history.py`). The first scoring of a company is no movement. Who
    lapses or is left out leaves its segment for none.
    """

    _name = "crm.rfm.movement"
    _description = "RFM Movement"
    _rec_name = "partner_id"
    _order = "date desc, id desc"
    _log_access = False

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer at the time.",
    )
    date = fields.Date(required=True, readonly=True)
    from_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        readonly=True,
        ondelete="restrict",
        help="Segment that the customer left; empty: it had none.",
    )
    to_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        readonly=True,
        ondelete="restrict",
        help="Segment that the customer entered; empty: none, see the state.",
    )
    direction = fields.Selection(
        selection=[
            ("up", "Up"),
            ("side", "Level"),
            ("down", "Down"),
            ("in", "Entered"),
            ("out", "Left"),
        ],
        readonly=True,
        help="By the order of the segments: the first one is the best.",
    )
    cause = fields.Selection(
        selection=[
            ("data", "Purchases and time"),
            ("rules", "Changed rules"),
            ("history", "Reconstructed"),
        ],
        readonly=True,
        help="Changed rules: the scheme or its segments were changed since the scoring "
        "before. Reconstructed: found afterwards between two month ends, by the rules "
        "of the day it was found.",
    )
    old_state = fields.Selection(selection=RFM_STATES, readonly=True)
    state = fields.Selection(selection=RFM_STATES, readonly=True)
    old_score = fields.Char(readonly=True, help="5 is best.")
    score = fields.Char(readonly=True, help="5 is best.")
    recency_days = fields.Integer(
        string="Recency",
        readonly=True,
        aggregator="avg",
        help="Days since the last purchase, on that day.",
    )
    frequency = fields.Integer(
        readonly=True, help="Purchases in the window, on that day."
    )
    monetary = fields.Monetary(
        readonly=True, help="Untaxed amount in the window, on that day."
    )

    left_best = fields.Boolean(
        string="Left the Best Segment",
        store=False,
        search="_search_left_best",
        exportable=False,
        help="For searches: who left the first segment of its set.",
    )

    _date_idx = models.Index("(date, company_id)")
    _segment_idx = models.Index("(to_id, date)")

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for movement in self:
            movement.display_name = f"{movement.partner_id.display_name}, " + (
                fields.Date.to_string(movement.date) or ""
            )

    def _search_left_best(self, operator, value):
        """Find who left the first segment of a set: a handful of segments."""
        if operator != "in":
            return NotImplemented
        segments = self.env["crm.rfm.segment"].search([])
        best = [own.sorted()[:1].id for own in segments.grouped("set_id").values()]
        domain = Domain("from_id", "in", best)
        return domain if True in value else ~domain

    def _insert_query(self):
        """Return the statement that logs who moves; see `crm.customer._score`.

        It reads `changed`: the customers' rows as written, and as they were.
        """
        return SQL(
            """
            INSERT INTO crm_rfm_movement (partner_id, company_id, currency_id, user_id,
                date, from_id, to_id, direction, cause, old_state, state, old_score,
                score, recency_days, frequency, monetary)
            SELECT changed.partner_id, changed.company_id, changed.currency_id,
                changed.user_id, changed.today, changed.old_rfm_segment_id,
                changed.rfm_segment_id,
                %(direction)s,
                CASE WHEN changed.pending THEN 'rules' ELSE 'data' END,
                changed.old_rfm_state, changed.rfm_state, changed.old_rfm_score,
                changed.rfm_score, changed.today - changed.rfm_last_purchase_date,
                changed.rfm_frequency, changed.rfm_monetary
            FROM changed
            LEFT JOIN crm_rfm_segment quit ON quit.id = changed.old_rfm_segment_id
            LEFT JOIN crm_rfm_segment entered ON entered.id = changed.rfm_segment_id
            WHERE changed.logged
                AND changed.old_rfm_segment_id IS DISTINCT FROM changed.rfm_segment_id
            """,
            direction=self._direction(),
        )

    def _direction(self):
        """Return the SQL of the direction from segment `quit` to segment `entered`."""
        return SQL(
            """
            CASE WHEN quit.id IS NULL THEN 'in'
                WHEN entered.id IS NULL THEN 'out'
                WHEN entered.sequence < quit.sequence THEN 'up'
                WHEN entered.sequence > quit.sequence THEN 'down'
                ELSE 'side' END
            """
        )
