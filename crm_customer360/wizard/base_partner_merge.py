from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """The rows of merged customers follow: added up, or computed anew."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Compute the customers concerned anew once their documents are together."""
        Partner = self.env["res.partner"].with_context(active_test=False)
        partners = Partner.browse(partner_ids).exists()
        customers = partners.commercial_partner_id
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        remaining = partners.exists()
        if remaining < partners:
            # Contacts of a merged company now have another parent, and that may itself
            # belong to a company: the native update of foreign keys does not see it.
            contacts = Partner.search([("id", "child_of", remaining.ids)])
            self.env.add_to_compute(contacts._fields["commercial_partner_id"], contacts)
            customers = customers.exists() | remaining.commercial_partner_id
            self.env["crm.customer"]._refresh(customers | contacts)
        return result

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make way for the native update: one row per customer and company, and month.

        That update would stumble over the unique indexes. The queue needs no help: a
        customer may stand in it several times.
        """
        customer = dst_partner.commercial_partner_id
        self.env["crm.customer.snapshot"]._absorb(
            dict.fromkeys((src_partners - customer).ids, customer.id)
        )
        self.env.cr.execute(
            SQL("DELETE FROM crm_customer WHERE partner_id = ANY(%s)", src_partners.ids)
        )
        return super()._update_foreign_keys(src_partners, dst_partner)
