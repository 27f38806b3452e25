from odoo import models


class ResPartner(models.Model):
    """What customers said goes when their personal data is erased."""

    _inherit = "res.partner"

    def _erase_customer(self):
        self._forget_voice()
        return super()._erase_customer()

    def unlink(self):
        self._forget_voice()
        return super().unlink()

    def _forget_voice(self):
        """Keep scores, causes and dates, which belong to nobody then.

        Words of and about the customer go: comments, complaints and what was written
        on them, notes on competitors, and the person in the native survey.
        """
        partners = self.sudo().with_context(active_test=False)
        of_them = [
            "|",
            ("partner_id", "in", partners.ids),
            ("contact_id", "in", partners.ids),
        ]
        answers = self.env["crm.customer.nps"].sudo().search(of_them)
        complaints = self.env["crm.customer.complaint"].sudo().search(of_them)
        inputs = answers.input_id
        inputs.user_input_line_ids.filtered(
            lambda line: line.answer_type in ("text_box", "char_box")
        ).unlink()
        inputs.write({"partner_id": False, "email": False, "nickname": False})
        inputs.message_ids.unlink()
        answers.write(
            {
                "partner_id": False,
                "contact_id": False,
                "comment": False,
                "document": False,
                "document_name": False,
            }
        )
        complaints.activity_ids.unlink()
        complaints.message_ids.unlink()
        complaints.with_context(tracking_disable=True).write(
            {
                "name": self.env._("Erased"),
                "partner_id": False,
                "contact_id": False,
                "description": False,
                "remedy": False,
                "rating_id": False,
            }
        )
        self.env["crm.customer.competitor"].sudo().search(
            [("partner_id", "in", partners.ids)]
        ).unlink()
