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
    """Scores and segment at month end.

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
        """Movements tell of a person: they go when that person is erased.

        So does the day of the last purchase, as in the base.
        """
        self.flush_model(["rfm_last_purchase_date"])
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer_snapshot SET rfm_last_purchase_date = NULL"
                " WHERE partner_id = ANY(%s)",
                partners.ids,
            )
        )
        self.env.cr.execute(
            SQL("DELETE FROM crm_rfm_movement WHERE partner_id = ANY(%s)", partners.ids)
        )
        self.env["crm.rfm.movement"].invalidate_model(flush=False)
        return super()._anonymize(partners)
