from odoo import models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    # From a customer to the ratings it gave.
    _customer_consumed_idx = models.Index("(partner_id) WHERE consumed IS TRUE")
