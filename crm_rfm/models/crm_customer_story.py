from odoo import api, fields, models

# Month ends shown as the trend.
TREND = 6


class CrmCustomer(models.Model):
    """The customer's segment and how it came there, for the head of the 360 page."""

    _inherit = "crm.customer"

    rfm_story = fields.Json(
        string="RFM",
        compute="_compute_rfm_story",
        exportable=False,
        help="Segment, score, since when and from where, and the last month ends; the "
        "days since the last purchase beside the customer's own rhythm.",
    )

    @api.depends("rfm_state", "rfm_segment_id", "rfm_score", "last_purchase_date")
    @api.depends_context("lang")
    def _compute_rfm_story(self):
        """Dict of

        - ``state``, ``state_label``: one of `RFM_STATES`, or False before the scoring;
        - ``segment``: ``{"name", "color", "description"}`` or False;
        - ``score``: text, or False; ``small``: the base is small;
        - ``since``: a date; ``before``: in words; or False;
        - ``trend``: ``[{"date", "name", "score", "level", "color"}]``, the oldest
          first, `level` the mean score as a share of the best, 0 without scores;
        - ``rhythm``: in words, or False; ``late``: later than usual.

        One query for the trends of all.
        """
        states = dict(self._fields["rfm_state"]._description_selection(self.env))
        trends = self._rfm_trends()
        for customer in self:
            # Names for whoever may see the customer, whosever the set is by now.
            segment = customer.rfm_segment_id.sudo()
            before = customer.rfm_previous_segment_id.sudo()
            rhythm, late = customer._rfm_rhythm()
            customer.rfm_story = {
                "state": customer.rfm_state,
                "state_label": states.get(customer.rfm_state)
                or self.env._("Scored tonight"),
                "segment": {
                    "name": segment.name,
                    "color": segment.color,
                    "description": segment.description or "",
                }
                if segment
                else False,
                "score": customer.rfm_score,
                "small": customer.rfm_small_base,
                "since": fields.Date.to_string(customer.rfm_segment_date) or False,
                "before": self.env._("before: %s", before.name) if before else False,
                "trend": trends.get((customer.partner_id.id, customer.company_id.id))
                or [],
                "rhythm": rhythm,
                "late": late,
            }

    def _rfm_rhythm(self):
        """Return the days since the last purchase beside the usual, and if it is late.

        Purchases are invoices here, as in `lateness`, whatever the scheme counts.
        """
        self.ensure_one()
        last = self.last_purchase_date
        if not last:
            return False, False
        days = (self.company_id.sudo()._customer_today() - last).days
        usual = round(self.cadence_days)
        if not usual:
            if not days:
                return self.env._("Bought today"), False
            return self.env._("Days since the last purchase: %s", days), False
        return (
            self.env._(
                "Days since the last purchase: %(days)s, usually %(usual)s",
                days=days,
                usual=usual,
            ),
            self.lateness > self.company_id.sudo().root_id.customer_slowing_lateness,
        )

    def _rfm_trends(self):
        """Return the last month ends: ``{(partner id, company id): [month, …]}``."""
        today = fields.Date.context_today(self)
        first = fields.Date.end_of(fields.Date.subtract(today, months=TREND), "month")
        snapshots = self.env["crm.customer.snapshot"].search_fetch(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("date", ">", first),
                ("rfm_state", "!=", False),
            ],
            ["partner_id", "company_id", "date", "rfm_state", "rfm_score"]
            + ["rfm_segment_id"],
            order="date",
        )
        states = dict(snapshots._fields["rfm_state"]._description_selection(self.env))
        trends = {}
        for snapshot in snapshots:
            segment = snapshot.rfm_segment_id.sudo()
            bins = segment.set_id.bins
            score = snapshot.rfm_score or ""
            parts = [
                int(part) for part in (score.split("-") if "-" in score else score)
            ]
            key = (snapshot.partner_id.id, snapshot.company_id.id)
            trends.setdefault(key, []).append(
                {
                    "date": fields.Date.to_string(snapshot.date),
                    "name": segment.name or states[snapshot.rfm_state],
                    "score": score,
                    "level": sum(parts) / (len(parts) * bins) if parts and bins else 0,
                    "color": segment.color if segment else False,
                }
            )
        return trends
