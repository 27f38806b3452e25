from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """An activity done is a contact with the customer, and costs time."""
        Customer = self.env["crm.customer"]
        for model, activities in self.grouped("res_model").items():
            Customer._enqueue_documents(model, activities.mapped("res_id"))
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
