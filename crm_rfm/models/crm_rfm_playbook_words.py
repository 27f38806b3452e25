from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date


class CrmCustomer(models.Model):
    """Playbooks in words: the note of an activity, and what was planned."""

    _inherit = "crm.customer"

    def _playbook_words(self):
        """Return the figures that made the customer enter, in words, as HTML."""
        scheme = self.company_id._rfm_scheme()
        entry = {
            "segment": self.rfm_segment_id.name,
            "date": format_date(self.env, self.rfm_segment_date),
            "before": self.rfm_previous_segment_id.name,
        }
        if self.rfm_previous_segment_id:
            came = self.env._(
                "In the segment %(segment)s since %(date)s, before that in %(before)s.",
                **entry,
            )
        else:
            came = self.env._("In the segment %(segment)s since %(date)s.", **entry)
        lines = [
            came,
            self.env._(
                "Last purchase %(days)s days ago; purchases in %(months)s months: "
                "%(count)s, for %(amount)s.",
                days=self.rfm_recency_days,
                months=scheme.window_months,
                count=self.rfm_frequency,
                amount=self._money(self.rfm_monetary),
            ),
            self.env._(
                "Scores: recency %(r)s, frequency %(f)s, amount %(m)s; %(best)s is "
                "best.",
                r=self.rfm_r,
                f=self.rfm_f,
                m=self.rfm_m,
                best=scheme.bins,
            ),
        ]
        return Markup("<br>").join(lines)

    def _playbook_told(self, result):
        """Return the notification of what was planned."""
        planned = sum(map(len, result["now"].values()))
        message = " ".join(
            [self.env._("Activities planned: %s.", planned)]
            + self._playbook_reasons(result)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if planned else "info",
                "message": message,
                "sticky": bool(result["nobody"] or result["failed"]),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _playbook_reasons(self, result):
        """Return sentences on the customers for whom nothing is planned now."""
        sentences = {
            "later": self.env._(
                "On the next days, because of the daily limit: %s.",
                len(result["later"]),
            ),
            "open": self.env._(
                "With an open activity of this playbook: %s.", len(result["open"])
            ),
            "nobody": self.env._(
                "Nobody to do it: %s. Give these customers a salesperson, or choose a "
                "user in the segment; they must be allowed to see the customer.",
                len(result["nobody"]),
            ),
            "failed": self.env._(
                "Not planned because of an error: %s. They wait; your administrator "
                "finds the error in the server's log.",
                len(result["failed"]),
            ),
            "without": self.env._(
                "Without a segment or an activity in its playbook: %s.",
                len(result["without"]),
            ),
        }
        return [sentence for name, sentence in sentences.items() if result[name]]
