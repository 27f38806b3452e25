from odoo import models


class SaleOrder(models.Model):
    _inherit = ["sale.order", "crm.rfm.segmented.mixin"]
    _name = "sale.order"
