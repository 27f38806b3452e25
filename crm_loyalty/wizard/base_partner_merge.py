from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Have lots follow to the entity of the contact that is left, and keep the
        best tier."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        tiers = self._best_tiers(partners.commercial_partner_id)
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
            self._keep_tiers(remaining.commercial_partner_id, tiers)
        return result

    def _best_tiers(self, partners):
        """Return the best tier by the rules of these.

        :return: ``{company: (tier, dates)}``, a company with its branches
        """
        best = {}
        rows = self.env["crm.customer"].sudo()
        for row in rows.search(
            [("partner_id", "in", partners.ids), ("tier_rule_id", "!=", False)]
        ).sorted(lambda row: row.tier_rule_id.threshold):
            best[row.company_id.root_id] = (
                row.tier_rule_id,
                {"tier_since": row.tier_since, "tier_until": row.tier_until},
            )
        return best

    def _keep_tiers(self, partner, tiers):
        """Give a merged customer the best tier of those it was made of.

        It is kept as long as it would have been.
        """
        rows = self.env["crm.customer"].sudo()
        changes = self.env["loyalty.tier.change"].sudo()
        found = rows.search([("partner_id", "=", partner.id)])
        for root, group in found.grouped(lambda row: row.company_id.root_id).items():
            tier, dates = tiers.get(root, (None, None))
            held = max(group.tier_rule_id.mapped("threshold"), default=0)
            if not tier or tier.threshold <= held:
                continue
            values = {"tier_rule_id": tier.id, **dates}
            if not group.tier_manual_id:
                now, ended = group._tier_totals()[group[0]]
                changes.create(
                    {
                        "partner_id": partner.id,
                        "company_id": root.id,
                        "program_id": tier.program_id.id,
                        "date": root._customer_today(),
                        "from_id": group.tier_id[:1].id,
                        "to_id": tier.id,
                        "cause": "upgrade",
                        "measure": now,
                        "measure_ended": ended,
                        "needed": tier.threshold,
                        "until": dates["tier_until"],
                    }
                )
                values["tier_id"] = tier.id
            group.write(values)
        rows._evaluate_tiers(partner)

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
