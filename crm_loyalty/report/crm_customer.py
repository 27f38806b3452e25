from odoo import api, models


class CrmCustomer(models.Model):
    _inherit = "crm.customer"

    @api.model
    def _report_dimensions(self):
        return {**super()._report_dimensions(), "loyalty_tier_id": "tier_id"}
