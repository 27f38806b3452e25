from odoo import api, models


class CrmCustomer(models.Model):
    """The tier of a customer that others have become part of."""

    _inherit = "crm.customer"

    def _absorb(self, targets):
        """A customer keeps the best tier of those that have become part of it."""
        result = super()._absorb(targets)
        partners = self.env["res.partner"].browse(targets)
        for target, parts in partners.grouped(lambda part: targets[part.id]).items():
            self._keep_tiers(partners.browse(target), self._best_tiers(parts))
        return result

    @api.model
    def _best_tiers(self, partners):
        """Return the best tier by the rules of these customers.

        :return: ``{company: (tier, dates)}``, a company with its branches
        """
        best = {}
        for row in (
            self.sudo()
            .search([("partner_id", "in", partners.ids), ("tier_rule_id", "!=", False)])
            .sorted(lambda row: row.tier_rule_id.threshold)
        ):
            best[row.company_id.root_id] = (
                row.tier_rule_id,
                {"tier_since": row.tier_since, "tier_until": row.tier_until},
            )
        return best

    @api.model
    def _keep_tiers(self, partner, tiers):
        """Give a customer the best tier of those that it was made of.

        It is kept as long as it would have been. The evaluation comes afterwards.

        :param tiers: see `_best_tiers`
        """
        rows = self.sudo().search([("partner_id", "=", partner.id)])
        for root, group in rows.grouped(lambda row: row.company_id.root_id).items():
            tier, dates = tiers.get(root, (None, None))
            held = max(group.tier_rule_id.mapped("threshold"), default=0)
            if not tier or tier.threshold <= held:
                continue
            values = {"tier_rule_id": tier.id, **dates}
            if not group.tier_manual_id:
                before = group.tier_id[:1]
                now, ended = group._tier_totals()[group[0]]
                self.env["loyalty.tier.change"].sudo().create(
                    {
                        "partner_id": partner.id,
                        "company_id": root.id,
                        "program_id": tier.program_id.id,
                        "date": root._customer_today(),
                        "from_id": before.id,
                        "to_id": tier.id,
                        "cause": "upgrade" if before else "join",
                        "measure": now,
                        "measure_ended": ended,
                        "needed": tier.threshold,
                        "until": dates["tier_until"],
                    }
                )
                values["tier_id"] = tier.id
            group.write(values)
