from odoo import models


class CrmLead(models.Model):
    _inherit = ["crm.lead", "crm.rfm.segmented.mixin"]
    _name = "crm.lead"
