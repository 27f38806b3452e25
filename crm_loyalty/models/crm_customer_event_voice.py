from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_event_branch import EventBranch


class CrmCustomerEvent(models.Model):
    """What customers said, on the timeline: recommendations and complaints."""

    _inherit = "crm.customer.event"
    _depends = {
        "crm.customer.complaint": [
            "company_id",
            "date",
            "date_closed",
            "name",
            "partner_id",
            "state",
            "user_id",
        ],
        "crm.customer.nps": [
            "answered_at",
            "comment",
            "company_id",
            "partner_id",
            "score",
            "user_id",
        ],
    }

    kind = fields.Selection(
        selection_add=[
            ("recommendation", "Recommendation"),
            ("complaint", "Complaint"),
            ("complaint_closed", "Complaint Closed"),
        ]
    )

    def _event_branches(self, scope):
        return (
            super()._event_branches(scope)
            + self._event_recommendations()
            + self._event_complaints("complaint", 26, "date")
            + self._event_complaints("complaint_closed", 27, "date_closed")
        )

    def _event_recommendations(self):
        """Answers to the question of the recommendation."""
        readable = self._readable(
            "crm.customer.nps", Domain("answered_at", "!=", False)
        )
        if not readable:
            return []
        source, where = readable
        return [
            EventBranch(
                "recommendation",
                25,
                source=source,
                where=where,
                key=SQL("crm_customer_nps.id"),
                partner=SQL("crm_customer_nps.partner_id"),
                res_model=SQL("'crm.customer.nps'"),
                res_id=SQL("crm_customer_nps.id"),
                company=SQL("crm_customer_nps.company_id"),
                moment=SQL("crm_customer_nps.answered_at"),
                name=SQL(
                    "concat_ws(' · ', replace(%s, '{score}',"
                    " crm_customer_nps.score::text),"
                    " nullif(crm_customer_nps.comment, ''))",
                    self.env._("{score} of 10"),
                ),
                user=SQL("crm_customer_nps.user_id"),
            )
        ]

    def _event_complaints(self, kind, code, date):
        """Complaints by the day on which they began, or were closed."""
        readable = self._readable("crm.customer.complaint", Domain(date, "!=", False))
        if not readable:
            return []
        source, where = readable
        return [
            EventBranch(
                kind,
                code,
                source=source,
                where=where,
                key=SQL("crm_customer_complaint.id"),
                partner=SQL("crm_customer_complaint.partner_id"),
                res_model=SQL("'crm.customer.complaint'"),
                res_id=SQL("crm_customer_complaint.id"),
                company=SQL("crm_customer_complaint.company_id"),
                day=SQL.identifier("crm_customer_complaint", date),
                name=SQL("crm_customer_complaint.name"),
                user=SQL("crm_customer_complaint.user_id"),
            )
        ]
