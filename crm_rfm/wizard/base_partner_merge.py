from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """What was expected of a customer is not true of it and another together.

        The next fit tells what is.
        """
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env["crm.customer"]._clear_predictions(dst_partner.commercial_partner_id)
        return result
