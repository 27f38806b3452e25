from odoo import fields, models
from odoo.tools.misc import formatLang


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
    low = fields.Float(
        string="From",
        # As exact as the currency is.
        digits=False,
        readonly=True,
        aggregator="min",
        help="Lowest value with this score.",
    )
    high = fields.Float(
        string="To",
        digits=False,
        readonly=True,
        aggregator="max",
        help="Highest value with this score.",
    )
    customer_count = fields.Integer(
        string="Customers", readonly=True, help="Customers with this score."
    )

    _band_unique = models.UniqueIndex(
        "(company_id, measure, score)", "A score has one band per company."
    )

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _words(self):
        """Return what the customers of each band have in common.

        :return: ``{measure letter (r, f, m): {score: text}}``
        """
        result = {"r": {}, "f": {}, "m": {}}
        best = max(self.mapped("score"), default=0)
        for band in self:
            letter = band.measure[2]  # 1_recency
            text = getattr(self, f"_words_{letter}")(band, best)
            result[letter][band.score] = text
        return result

    def _words_r(self, band, best):
        _ = self.env._
        low, high = round(band.low), round(band.high)
        if not high:
            return _("bought today")
        if high == 1:
            return _("bought since yesterday")
        if band.score == best:
            return _("bought in the last %s days", high)
        if low == high:
            return _("bought %s days ago", high)
        return _("bought %(low)s to %(high)s days ago", low=low, high=high)

    def _words_f(self, band, best):
        _ = self.env._
        low, high = round(band.low), round(band.high)
        if low != high:
            return _("%(low)s to %(high)s purchases", low=low, high=high)
        return _("1 purchase") if low == 1 else _("%s purchases", low)

    def _words_m(self, band, best):
        low, high = (
            formatLang(
                self.env,
                value,
                currency_obj=band.company_id.currency_id,
                rounding_unit="units" if abs(value) >= 100 else "decimals",
            )
            for value in (band.low, band.high)
        )
        if low == high:
            return low
        return self.env._("%(low)s to %(high)s", low=low, high=high)
