from odoo import api, fields, models
from odoo.fields import Command


class CrmRfmScheme(models.Model):
    """What its screen shows: cut points, in force and own ones, and the matrix."""

    _inherit = "crm.rfm.scheme"

    band_table = fields.Json(
        string="Cut Points in Force as a Table",
        compute="_compute_band_table",
        help="Between which values each score was given in the last scoring, and to "
        "how many customers.",
    )

    @api.depends("band_ids", "bins")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_band_table(self):
        """A list of tables, one for each company that the reader may see.

        ``{"company", "date", "rows": [{"score", "best", "r", "f", "m"}]}`` where a
        measure is ``{"words", "customers"}``, or False without customers.
        """
        for scheme in self:
            bands = self.env["crm.rfm.band"].search([("scheme_id", "=", scheme.id)])
            tables = []
            for company, own in bands.grouped("company_id").items():
                words = own._words()
                counts = {
                    (band.measure[2], band.score): band.customer_count for band in own
                }
                tables.append(
                    {
                        "company": company.name,
                        "date": fields.Date.to_string(max(own.mapped("date"))),
                        "rows": [
                            {
                                "score": score,
                                "best": score == scheme.bins,
                                **{
                                    letter: (letter, score) in counts
                                    and {
                                        "words": words[letter][score],
                                        "customers": counts[letter, score],
                                    }
                                    for letter in "rfm"
                                },
                            }
                            for score in range(
                                max(scheme.bins, *own.mapped("score")), 0, -1
                            )
                        ],
                    }
                )
            scheme.band_table = tables

    @api.onchange("method")
    def _onchange_method(self):
        """Own cut points begin with those in force."""
        if self.method == "cutpoint" and not self.cut_ids and self._origin:
            cuts = self._origin.get_cuts_in_force(self.bins)
            self.cut_ids = [Command.create(vals) for vals in cuts]

    def get_cuts_in_force(self, bins):
        """Return own cut points that say what the scores in force are.

        Where nobody has a score, the next limit that is free is taken: the limits are
        in order in any case.

        :param bins: the highest score
        :return: list of values of `crm.rfm.cut`, best score first; empty before the
            first scoring
        """
        self.ensure_one()
        self.check_access("read")
        bands = self.env["crm.rfm.band"].search(
            [("scheme_id", "=", self.id), ("company_id", "=", self.company_id.id)]
        )
        if not bands:
            return []
        found = {(band.measure[2], band.score): band for band in bands}
        step = self.currency_id.rounding or 0.01
        cuts = {score: {"score": score} for score in range(2, bins + 1)}
        days, count, amount = -1, 1, None
        for score in range(bins, 1, -1):
            band = found.get(("r", score))
            days = max(days + 1, round(band.high) if band else 0)
            cuts[score]["recency_max"] = days
        for score in range(2, bins + 1):
            band = found.get(("f", score))
            count = max(count + 1, round(band.low) if band else 0)
            cuts[score]["frequency_min"] = count
            band = found.get(("m", score))
            lowest = amount + step if amount is not None else None
            values = [each for each in (lowest, band and band.low) if each is not None]
            amount = self.currency_id.round(max(values, default=0.0))
            cuts[score]["monetary_min"] = amount
        return [cuts[score] for score in range(bins, 1, -1)]

    def action_open_matrix(self):
        """Open the matrix of the scheme's segments."""
        self.ensure_one()
        return self.segment_set_id.action_open_matrix()
