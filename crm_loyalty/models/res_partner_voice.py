from odoo import models


class ResPartner(models.Model):
    """What customers said goes when their personal data is erased."""

    _inherit = "res.partner"

    def _erase_customer(self):
        self._forget_voice()
        self._forget_contacts(words=True)
        return super()._erase_customer()

    def unlink(self):
        self._forget_voice()
        self._forget_contacts()
        return super().unlink()

    def _forget_contacts(self, words=False):
        """Contacts go, and what the company that they belong to said stays.

        :param words: whether what they wrote themselves goes, too
        """
        theirs = [
            ("contact_id", "in", self.ids),
            ("partner_id", "not in", self.ids),
        ]
        answers = self.env["crm.customer.nps"].sudo().search(theirs)
        complaints = self.env["crm.customer.complaint"].sudo().search(theirs)
        complaints = complaints.with_context(tracking_disable=True)
        answers.input_id._forget_person(words)
        answers._forget_mails()
        if words:
            answers.comment = False
            complaints.description = False
        answers.contact_id = False
        complaints.contact_id = False

    def _forget_voice(self):
        """Keep scores, causes and dates, which belong to nobody then.

        Words of and about the customer go: comments, complaints and what was written
        on them, notes on competitors, and the person in the native survey.
        """
        of_them = [("partner_id", "in", self.ids)]
        answers = self.env["crm.customer.nps"].sudo().search(of_them)
        complaints = self.env["crm.customer.complaint"].sudo().search(of_them)
        answers.input_id._forget_person(words=True)
        answers._forget_mails()
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
        self.env["crm.customer.competitor"].sudo().search(of_them).unlink()
