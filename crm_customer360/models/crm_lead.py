from odoo import models


class CrmLead(models.Model):
    _inherit = ["crm.lead", "crm.customer.document.mixin"]
    _name = "crm.lead"

    _customer_fields = frozenset(
        {
            "active",
            "company_id",
            "date_closed",
            "expected_revenue",
            "partner_id",
            "probability",
            "stage_id",
            "type",
        }
    )
