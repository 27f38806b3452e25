from odoo import models


class AccountAnalyticLine(models.Model):
    _inherit = ["account.analytic.line", "crm.customer.document.mixin"]
    _name = "account.analytic.line"

    # From a customer to the costs recorded for it.
    _customer_cost_idx = models.Index("(partner_id, date) WHERE amount < 0")

    _customer_fields = frozenset({"partner_id", "amount", "date", "so_line"})
