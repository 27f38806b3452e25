from odoo import api, models


class CrmCustomerDocumentMixin(models.AbstractModel):
    """A document whose changes have its customer refreshed.

    To be inherited by native models: creating or deleting a document, or writing one
    of `_customer_fields`, queues its contacts (`_customer_contacts`). Queuing costs a
    set operation; the one insert of a transaction happens just before its commit.
    """

    _name = "crm.customer.document.mixin"
    _description = "Document that changes a customer's figures"

    # Fields whose change changes a figure.
    _customer_fields = frozenset()

    def _customer_contacts(self):
        """Return the contacts whose figures these documents change."""
        return self.partner_id

    def _enqueue_customers(self):
        self.env["crm.customer.queue"]._enqueue(self.sudo()._customer_contacts())

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._enqueue_customers()
        return documents

    def write(self, vals):
        relevant = not self._customer_fields.isdisjoint(vals)
        if relevant:
            # Also for the customer that the document is taken from.
            self._enqueue_customers()
        result = super().write(vals)
        if relevant:
            self._enqueue_customers()
        return result

    def unlink(self):
        self._enqueue_customers()
        return super().unlink()
