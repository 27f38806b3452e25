from odoo import api, fields, models

from .crm_customer import RFM_STATES


class CrmCustomer(models.Model):
    """RFM scores and segment, as `_score` made them in the last night."""

    _inherit = "crm.customer"

    rfm_state = fields.Selection(
        selection=RFM_STATES,
        string="RFM State",
        readonly=True,
        help="Prospect: never bought. New: first purchase a short time ago; scored "
        "like all others. Lapsed: bought before the window only; not scored. Left "
        "out: not scored, by the scheme. Empty until the nightly scoring.",
    )
    rfm_r = fields.Integer(
        string="R", aggregator="avg", readonly=True, help="Score of recency; 5 is best."
    )
    rfm_f = fields.Integer(
        string="F",
        aggregator="avg",
        readonly=True,
        help="Score of frequency; 5 is best.",
    )
    rfm_m = fields.Integer(
        string="M",
        aggregator="avg",
        readonly=True,
        help="Score of the monetary value; 5 is best.",
    )
    rfm_score = fields.Char(
        string="RFM Score",
        readonly=True,
        help="Scores of recency, frequency and monetary value; 5 is best on all three.",
    )
    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="Segment",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Customers with similar scores; made every night.",
    )
    rfm_previous_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="Previous Segment",
        readonly=True,
        ondelete="set null",
        help="The segment that the customer was in before.",
    )
    rfm_segment_date = fields.Date(
        string="In Segment Since",
        readonly=True,
        help="When the customer came into the segment, or left the last one.",
    )
    rfm_small_base = fields.Boolean(
        string="Small Base",
        compute="_compute_rfm_small_base",
        help="So few customers of the company are scored that the scores say little.",
    )

    @api.depends("company_id")
    def _compute_rfm_small_base(self):
        counts = self.company_id._rfm_scored_counts()
        small = {
            company.id: counts[company.id] < company._rfm_scheme().minimum_customers
            for company in self.company_id
        }
        for customer in self:
            customer.rfm_small_base = bool(
                customer.rfm_r and small.get(customer.company_id.id)
            )

    @api.model
    def _nullable_figures(self):
        names = ["rfm_f", "rfm_m", "rfm_r", "rfm_recency_days"]
        return [*super()._nullable_figures(), *names]

    @api.model
    def _report_dimensions(self):
        return {**super()._report_dimensions(), "rfm_segment_id": "rfm_segment_id"}
