from odoo import api, fields, models
from odoo.tools import SQL, format_date


class CrmCustomer(models.Model):
    """What the behavioural class rests on, in the reader's language."""

    _inherit = "crm.customer"

    loyalty_evidence = fields.Json(
        string="Evidence",
        compute="_compute_loyalty_evidence",
        exportable=False,
        help="Technical: what tells that the customer is with a competitor, the latest "
        "first: kind, record and moment (UTC).",
    )
    loyalty_class_words = fields.Text(
        string="Why This Behaviour",
        compute="_compute_loyalty_class_words",
        help="The figures and the evidence that the behaviour was found by.",
    )

    @api.depends("loyalty_class")
    def _compute_loyalty_evidence(self):
        """``[{"kind": "lead" | "order" | "note", "id": int, "date": UTC moment}]``.

        One query for all.
        """
        found = {}
        query = SQL(
            "WITH %s SELECT partner_id, company_id, kind, res_id, at FROM (%s) found"
            " ORDER BY at DESC, kind, res_id",
            self._class_companies(),
            self._competitor_evidence(self.partner_id),
        )
        # The fields that the query reads, of models that it does not name.
        self.env["crm.lead"].flush_model()
        self.env["sale.order"].flush_model()
        self.env["crm.customer.competitor"].flush_model()
        for partner_id, company_id, kind, res_id, at in self.env.execute_query(query):
            found.setdefault((partner_id, company_id), []).append(
                {"kind": kind, "id": res_id, "date": fields.Datetime.to_string(at)}
            )
        for customer in self:
            key = customer.partner_id.id, customer.company_id.id
            customer.loyalty_evidence = found.get(key, [])

    @api.depends(
        "cadence_days",
        "last_purchase_date",
        "loyalty_class",
        "loyalty_evidence",
        "rfm_f",
        "rfm_last_purchase_date",
        "rfm_r",
        "rfm_state",
    )
    @api.depends_context("lang", "uid")
    def _compute_loyalty_class_words(self):
        for customer in self:
            customer.loyalty_class_words = "\n".join(customer._words_class()) or False

    def _words_class(self):
        """Return the lines that the class rests on; none without a class."""
        if not self.loyalty_class:
            return []
        if self.loyalty_class == "competitor":
            # Without any the field is empty, not a list.
            evidence = map(self._words_evidence, self.loyalty_evidence or [])
            gone = self.env._("The evidence is gone: evaluated again tonight")
            lines = [self._words_silence(), *(list(evidence) or [gone])]
            if self.lateness <= 3:
                lines.append(self.env._("No longer silent: evaluated again tonight"))
            return lines
        if self.rfm_state == "lapsed":
            return [
                self.env._(
                    "Nothing bought within the window of the scores, last on %s",
                    format_date(self.env, self.rfm_last_purchase_date),
                )
            ]
        return [self._words_scores(), self._words_silence()]

    def _words_scores(self):
        return self.env._(
            "Recency %(recency)s and frequency %(frequency)s of %(bins)s",
            recency=self.rfm_r,
            frequency=self.rfm_f,
            bins=self.company_id._rfm_scheme().bins,
        )

    def _words_silence(self):
        """Return how long ago the last purchase was, beside the usual."""
        last = self.last_purchase_date
        if not last:
            return self.env._("No invoice yet")
        days = (self.company_id.sudo()._customer_today() - last).days
        if not self.cadence_days:
            return self.env._(
                "Last purchase %s days ago, too few to know a rhythm", days
            )
        return self.env._(
            "Silent for %(days)s days, %(times)s × the usual %(usual)s",
            days=days,
            times=round(days / self.cadence_days, 1),
            usual=round(self.cadence_days),
        )

    def _words_evidence(self, item):
        """Return a piece of evidence in words; names only of what may be read."""
        zone = self.company_id.sudo()._customer_timezone().zone
        moment = fields.Datetime.to_datetime(item["date"])
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)
        day = format_date(self.env, local.date())
        if item["kind"] == "note":
            note = self.env["crm.customer.competitor"].sudo().browse(item["id"])
            return self.env._(
                "%(author)s on %(date)s: %(text)s",
                author=note.user_id.name,
                date=day,
                text=note.text,
            )
        model = {"lead": "crm.lead", "order": "sale.order"}[item["kind"]]
        record = self.env[model].browse(item["id"])
        reason = record.sudo().lost_reason_id.name
        readable = record.with_context(active_test=False)._filtered_access("read")
        values = {"name": readable.name or "", "date": day, "reason": reason}
        if item["kind"] == "lead":
            if readable:
                return self.env._(
                    "Opportunity “%(name)s” lost on %(date)s for “%(reason)s”", **values
                )
            return self.env._(
                "An opportunity lost on %(date)s for “%(reason)s”", **values
            )
        if readable:
            return self.env._(
                "Quotation %(name)s lost on %(date)s for “%(reason)s”", **values
            )
        return self.env._("A quotation lost on %(date)s for “%(reason)s”", **values)
