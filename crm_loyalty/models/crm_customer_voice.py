from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_scope import Source

from .crm_customer_nps import NPS_CLASSES


class CrmCustomer(models.Model):
    """What customers say: the last answer, and complaints that are not settled."""

    _inherit = "crm.customer"

    nps_class = fields.Selection(
        selection=NPS_CLASSES,
        string="Recommends Us",
        readonly=True,
        help="By the last answer. Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to "
        "6.",
    )
    nps_score = fields.Integer(
        string="Recommendation",
        aggregator="avg",
        readonly=True,
        help="Last answer, 0 to 10, to how likely the customer is to recommend us.",
    )
    nps_date = fields.Date(
        string="Recommendation On", readonly=True, help="Day of the last answer."
    )
    complaint_count = fields.Integer(
        string="Complaints",
        readonly=True,
        help="Complaints that are not closed yet.",
    )

    def _sources(self):
        return [*super()._sources(), self._source_nps, self._source_complaint]

    def _source_nps(self, scope):
        """The last answer; one row a customer, so that its score can be summed."""
        return Source(
            "nps",
            SQL(
                """
                SELECT DISTINCT ON (partner.commercial_partner_id, nps.company_id)
                    partner.commercial_partner_id AS partner_id, nps.company_id,
                    nps.score AS nps_score, nps.answered_at AS nps_at
                FROM crm_customer_nps nps
                JOIN res_partner partner ON partner.id = nps.partner_id
                JOIN company ON company.id = nps.company_id
                WHERE nps.answered_at < company.today_end AND %(only)s
                ORDER BY partner.commercial_partner_id, nps.company_id,
                    nps.answered_at DESC, nps.id DESC
                """,
                only=scope.only(SQL("nps.partner_id")),
            ),
            {"nps_score": "sum", "nps_at": "last_at"},
        )

    def _source_complaint(self, scope):
        return Source(
            "complaint",
            SQL(
                """
                SELECT complaint.partner_id, complaint.company_id,
                    count(*) AS complaint_count
                FROM crm_customer_complaint complaint
                WHERE complaint.state <> 'closed' AND complaint.partner_id IS NOT NULL
                    AND %(only)s
                GROUP BY complaint.partner_id, complaint.company_id
                """,
                only=scope.only(SQL("complaint.partner_id")),
            ),
            {"complaint_count": "sum"},
        )

    def _figures(self):
        def answered(value):
            return SQL("CASE WHEN base.nps_at IS NOT NULL THEN %s END", value)

        return {
            **super()._figures(),
            "complaint_count": SQL("base.complaint_count"),
            "nps_score": answered(SQL("base.nps_score")),
            "nps_class": answered(
                SQL(
                    "CASE WHEN base.nps_score >= 9 THEN 'promoter'"
                    " WHEN base.nps_score >= 7 THEN 'passive' ELSE 'detractor' END"
                )
            ),
            "nps_date": SQL(
                "(base.nps_at AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date"
            ),
        }

    def _nullable_figures(self):
        return [*super()._nullable_figures(), "nps_score"]

    def action_open_complaints(self):
        """Open this customer's complaints."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_customer_complaint_action"
        )
        action["domain"] = [
            ("partner_id.commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
        }
        return action

    def action_new_complaint(self):
        """Write down a complaint of this customer."""
        self.ensure_one()
        action = self.action_open_complaints()
        return {**action, "views": [(False, "form")], "view_mode": "form"}

    def action_open_nps(self):
        """Open what this customer was asked and answered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.crm_customer_nps_action"
        )
        action["domain"] = [
            ("partner_id.commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {}
        return action
