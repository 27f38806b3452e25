from odoo import fields, models


class CrmRfmCut(models.Model):
    """What a customer needs for a score, where the company sets its own cut points.

    Score 1 needs nothing; a score is reached from its own limit up to that of the next
    one, so nobody falls between two scores.
    """

    _name = "crm.rfm.cut"
    _description = "RFM Cut Points"
    _inherit = ["crm.rfm.part"]
    _order = "scheme_id, score desc, id"

    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="scheme_id.currency_id")
    score = fields.Integer(required=True, help="5 is best.")
    recency_max = fields.Integer(
        string="Last Purchase, Days",
        required=True,
        help="At most so many days since the last purchase.",
    )
    frequency_min = fields.Integer(
        string="Purchases", required=True, help="At least so many purchases."
    )
    monetary_min = fields.Monetary(
        string="Amount", required=True, help="At least this amount, untaxed."
    )

    def _wholes(self):
        return self.scheme_id
