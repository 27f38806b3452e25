from odoo import models


class RatingRating(models.Model):
    _inherit = ["rating.rating", "crm.customer.document.mixin"]
    _name = "rating.rating"

    # From a customer to the ratings it gave.
    _customer_consumed_idx = models.Index("(partner_id) WHERE consumed IS TRUE")

    _customer_fields = frozenset({"partner_id", "rating", "consumed"})
