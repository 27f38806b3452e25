from odoo import models


class AccountPayment(models.Model):
    _inherit = ["account.payment", "crm.customer.document.mixin"]
    _name = "account.payment"

    # Natively no index leads from a customer to its payments: without this one, the
    # refresh of a single customer reads them all.
    _customer_unmatched_idx = models.Index("(partner_id) WHERE is_matched IS NOT TRUE")

    _customer_fields = frozenset(
        {"state", "partner_id", "partner_type", "payment_type", "amount", "date"}
    )
