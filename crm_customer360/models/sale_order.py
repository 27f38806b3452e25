from odoo import fields, models

from .crm_customer import PROFIT


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Natively every employee sees them.
    margin = fields.Monetary(groups=PROFIT)
    margin_percent = fields.Float(groups=PROFIT)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    margin = fields.Float(groups=PROFIT)
    margin_percent = fields.Float(groups=PROFIT)
    purchase_price = fields.Float(groups=PROFIT)


class SaleReport(models.Model):
    _inherit = "sale.report"

    margin = fields.Float(groups=PROFIT)
