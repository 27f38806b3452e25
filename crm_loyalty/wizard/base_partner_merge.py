from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Have the lots follow to the entity that the merged contact belongs to."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        remaining = partners.exists()
        if remaining < partners:
            cards = self.env["loyalty.card"].sudo().with_context(active_test=False)
            cards.search([("partner_id", "child_of", remaining.ids)])._follow_partner()
        return result

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """Merge the cards with their lots; natively only the points are added up."""
        cards = self.env["loyalty.card"].sudo()
        for _program, group in cards._read_group(
            [
                ("partner_id", "in", (src_partners | dst_partner).ids),
                ("program_id.program_type", "=", "loyalty"),
            ],
            ["program_id"],
            ["id:recordset"],
        ):
            own = group.filtered(lambda card: card.partner_id == dst_partner)
            (own or group).sorted("id")[0]._absorb(group)
        return super()._merge_loyalty_cards(src_partners, dst_partner)
