from odoo import models


class AccountPartialReconcile(models.Model):
    """Reconciling changes residuals without a write on any journal item."""

    _inherit = ["account.partial.reconcile", "crm.customer.document.mixin"]
    _name = "account.partial.reconcile"

    def _customer_contacts(self):
        return self.debit_move_id.partner_id | self.credit_move_id.partner_id
