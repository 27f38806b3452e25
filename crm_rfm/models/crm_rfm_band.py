from odoo import fields, models


class CrmRfmBand(models.Model):
    """Cut points in force: between which values a score was given.

    Written by the scoring, for the customers of one company. The highest score is best
    on all three measures; for recency that is the fewest days.
    """

    _name = "crm.rfm.band"
    _description = "RFM Cut Points in Force"
    _order = "company_id, measure, score desc"
    _log_access = False

    scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    date = fields.Date(
        string="As Of", readonly=True, help="Day of the scoring; recency is counted to."
    )
    measure = fields.Selection(
        selection=[
            ("1_recency", "Recency (days since the last purchase)"),
            ("2_frequency", "Frequency (purchases)"),
            ("3_monetary", "Monetary (untaxed amount)"),
        ],
        required=True,
        readonly=True,
    )
    score = fields.Integer(readonly=True, aggregator=None, help="The highest is best.")
    low = fields.Float(string="From", digits=(16, 2), readonly=True, aggregator="min")
    high = fields.Float(string="To", digits=(16, 2), readonly=True, aggregator="max")
    customer_count = fields.Integer(string="Customers", readonly=True)

    _band_unique = models.UniqueIndex(
        "(company_id, measure, score)", "A score has one band per company."
    )
