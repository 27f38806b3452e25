from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Have lots follow to the entity of the contact that is left, and keep the
        best tier, with what it gives."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        customers = self.env["crm.customer"].sudo()
        tiers = customers._best_tiers(partners.commercial_partner_id)
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        remaining = partners.exists()
        if remaining < partners:
            cards = self.env["loyalty.card"].sudo().with_context(active_test=False)
            found = cards.search([("partner_id", "child_of", remaining.ids)])
            found._follow_partner()
            found.filtered(
                lambda card: (
                    card.active
                    and card.program_id.program_type == "loyalty"
                    and card.program_id.tier_ids
                )
            )._join_entity()
            entity = remaining.commercial_partner_id
            customers._keep_tiers(entity, tiers)
            customers._evaluate_tiers(entity)
            self.env["loyalty.tier.benefit"]._apply(entity)
        return result

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make way for the native update, which would stumble over unique indexes.

        What merged customers had from their tiers is taken back, so that it is not
        handed on as if set by hand: the one that is left gets what its own tier gives.
        Of the notices before the end of a period one is kept, its own first.
        """
        benefits = self.env["loyalty.tier.benefit"].sudo()
        benefits._take_back(src_partners)
        # Of those that failed, too: said in the log.
        benefits.search([("partner_id", "in", src_partners.ids)]).unlink()
        notices = self.env["loyalty.tier.notice"].sudo()
        notices = notices.search(
            [("partner_id", "in", (src_partners | dst_partner).ids)]
        )
        for group in notices.grouped(lambda n: (n.company_id, n.until)).values():
            own = group.filtered(lambda notice: notice.partner_id == dst_partner)
            (group - (own or group[0])).unlink()
        return super()._update_foreign_keys(src_partners, dst_partner)

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
