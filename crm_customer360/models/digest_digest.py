from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    """Customers whose state got worse, in the periodic digest."""

    _inherit = "digest.digest"

    kpi_customer_risk = fields.Boolean(string="Customers Now at Risk")
    kpi_customer_risk_value = fields.Integer(compute="_compute_kpi_customer_risk_value")

    def _compute_kpi_customer_risk_value(self):
        """Customers that came to be at risk in the period, of those the user sees."""
        if not self.env["crm.customer"].has_access("read"):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )
        self._calculate_company_based_kpi(
            "crm.customer",
            "kpi_customer_risk_value",
            date_field="state_since",
            additional_domain=[("state", "=", "risk")],
        )

    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("crm_customer360.menu_root").id
        result["kpi_customer_risk"] = (
            f"crm_customer360.crm_customer_action?menu_id={menu}"
        )
        return result
