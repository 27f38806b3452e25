from odoo import api, models


class IrActionsActions(models.Model):
    _inherit = "ir.actions.actions"

    @api.model
    def get_bindings(self, model_name):
        """Offer mailing lists only to those who have any."""
        result = super().get_bindings(model_name)
        if model_name != "crm.customer" or self.env["crm.rfm.mailing"]._is_there():
            return result
        own = self.env.ref("crm_rfm.crm_rfm_mailing_action", raise_if_not_found=False)
        if not own:
            return result
        return {
            kind: [action for action in actions if action["id"] != own.id]
            for kind, actions in result.items()
        }
