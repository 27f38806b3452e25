from odoo import fields, models
from odoo.fields import Domain


class CrmRfmSegmentRange(models.Model):
    """A block of cells that belong to a segment: from score to score, ends included."""

    _name = "crm.rfm.segment.range"
    _description = "Cells of a Segment"
    _inherit = ["crm.rfm.part"]
    _order = "segment_id, r_max desc, f_max desc, m_max desc, id"

    segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment", required=True, index=True, ondelete="cascade"
    )
    r_min = fields.Integer(
        string="Recency from",
        default=1,
        required=True,
        help="Lowest score of the block.",
    )
    r_max = fields.Integer(
        string="Recency to",
        default=lambda self: self._default_bins(),
        required=True,
        help="Highest score of the block; the highest is best.",
    )
    f_min = fields.Integer(
        string="Frequency from",
        default=1,
        required=True,
        help="Lowest score of the block.",
    )
    f_max = fields.Integer(
        string="Frequency to",
        default=lambda self: self._default_bins(),
        required=True,
        help="Highest score of the block; the highest is best.",
    )
    m_min = fields.Integer(
        string="Monetary from",
        default=1,
        required=True,
        help="Lowest score of the block.",
    )
    m_max = fields.Integer(
        string="Monetary to",
        default=lambda self: self._default_bins(),
        required=True,
        help="Highest score of the block; the highest is best.",
    )

    _scores = models.Constraint(
        "CHECK (r_min BETWEEN 1 AND r_max AND f_min BETWEEN 1 AND f_max"
        " AND m_min BETWEEN 1 AND m_max)",
        "The scores of a segment go from 1 or more up to the same score or a higher "
        "one.",
    )

    def _default_bins(self):
        return self.env.context.get("rfm_bins") or 5

    def _wholes(self):
        return self.segment_id.set_id

    def _cells(self):
        """Return the cells ``(r, f, m)`` of these blocks, in one list."""
        return [
            (r, f, m)
            for block in self
            for r in range(block.r_min, block.r_max + 1)
            for f in range(block.f_min, block.f_max + 1)
            for m in range(block.m_min, block.m_max + 1)
        ]

    def _customer_domain(self):
        """Return the domain of the customers whose scores are in these blocks."""
        return Domain.OR(
            Domain.AND(
                Domain(f"rfm_{letter}", operator, block[f"{letter}_{end}"])
                for letter in "rfm"
                for end, operator in (("min", ">="), ("max", "<="))
            )
            for block in self
        )
