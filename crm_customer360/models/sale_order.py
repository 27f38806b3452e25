from odoo import fields, models

from .crm_customer import PROFIT


class SaleOrder(models.Model):
    _inherit = ["sale.order", "crm.customer.document.mixin"]
    _name = "sale.order"

    _customer_fields = frozenset(
        {
            "company_id",
            "currency_id",
            "date_order",
            "partner_id",
            "pricelist_id",
            "state",
        }
    )

    # Natively every employee sees them.
    margin = fields.Monetary(groups=PROFIT)
    margin_percent = fields.Float(groups=PROFIT)


class SaleOrderLine(models.Model):
    _inherit = ["sale.order.line", "crm.customer.document.mixin"]
    _name = "sale.order.line"

    _customer_fields = frozenset(
        {"discount", "price_unit", "product_uom_id", "product_uom_qty", "tax_ids"}
    )

    # Not precomputed: `create` would read them as the user, who may have no access.
    margin = fields.Float(groups=PROFIT, precompute=False)
    margin_percent = fields.Float(groups=PROFIT, precompute=False)
    purchase_price = fields.Float(groups=PROFIT, precompute=False)

    def _customer_contacts(self):
        return self.order_id.partner_id


class SaleReport(models.Model):
    _inherit = "sale.report"

    margin = fields.Float(groups=PROFIT)
