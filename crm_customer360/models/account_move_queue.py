from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # From a customer to its documents: `commercial_partner_id` is stored, but natively
    # not indexed.
    _customer_document_idx = models.Index(
        "(commercial_partner_id) WHERE state = 'posted' AND move_type <> 'entry'"
    )
