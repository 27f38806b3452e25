from odoo import models

from ..tools.book import Document


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """Keep the reason that was given with the movement."""
        document = Document(name=self.description)
        return super(
            LoyaltyCardUpdateBalance, self.with_context(loyalty_document=document)
        ).action_update_card_point()
