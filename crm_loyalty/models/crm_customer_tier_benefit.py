from odoo import api, fields, models
from odoo.tools import formatLang

from .loyalty_tier_benefit import KINDS


class CrmCustomer(models.Model):
    """What the customer has from the tier, and what was set by hand instead."""

    _inherit = "crm.customer"

    tier_benefit_by_hand = fields.Boolean(
        compute="_compute_tier_benefit_words",
        help="Technical: something set by hand stays in place of a benefit.",
    )
    tier_benefit_words = fields.Text(
        string="Benefits",
        compute="_compute_tier_benefit_words",
        help="What the customer has from the tier, in this company.",
    )

    @api.depends("tier_id")
    @api.depends_context("lang")
    def _compute_tier_benefit_words(self):
        strangers = self.filtered(lambda customer: not customer.tier_id)
        strangers.update({"tier_benefit_words": False, "tier_benefit_by_hand": False})
        for customer in self - strangers:
            held, replaced = customer._tier_benefits()
            words = []
            tier = customer.tier_id.sudo()
            if tier and tier.point_factor != 1:
                words.append(
                    self.env._(
                        "Points × %s", formatLang(self.env, tier.point_factor, digits=2)
                    )
                )
            for benefit in held - replaced:
                given = self.env[KINDS[benefit.kind][2]].sudo()
                given = given.browse(benefit.value_id).exists()
                label = dict(benefit._fields["kind"]._description_selection(self.env))
                words.append(f"{label[benefit.kind]}: {given.display_name or ''}")
            customer.tier_benefit_by_hand = bool(replaced)
            customer.tier_benefit_words = "\n".join(words) or self.env._(
                "None is applied."
            )

    def _tiers_moved(self, partners):
        """Have benefits given and taken soon."""
        result = super()._tiers_moved(partners)
        benefits = self.env["loyalty.tier.benefit"]
        if benefits._any():
            benefits._trigger_cron()
        return result

    def _tier_benefits(self):
        """Return the benefits of the customer's contact in its company.

        :return: `loyalty.tier.benefit` recordset, and those of them in whose place
            another one was set by hand
        """
        self.ensure_one()
        held = (
            self.env["loyalty.tier.benefit"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        )

        def is_replaced(benefit):
            partner = benefit.partner_id.with_company(benefit.company_id)
            return partner[KINDS[benefit.kind][0]].id != benefit.value_id

        return held, held.filtered(is_replaced)

    def action_use_tier_benefits(self):
        """Use what the tier gives in place of what was set by hand, until it ends."""
        self.ensure_one()
        self.env["loyalty.tier.manual"].check_access("create")
        self.check_access("read")
        for benefit in self._tier_benefits()[1]:
            field, _column, _model = KINDS[benefit.kind]
            partner = benefit.partner_id.with_company(benefit.company_id)
            benefit.write({"before_id": partner[field].id, "by_hand": False})
            partner[field] = benefit.value_id
        return True

    def _tier_reasons(self, totals):
        """Add what was set by hand and stays."""
        reasons = super()._tier_reasons(totals)
        for benefit in self._tier_benefits()[1]:
            model = KINDS[benefit.kind][2]
            given = self.env[model].sudo().browse(benefit.value_id).exists()
            reasons.append(
                {
                    "code": "by_hand",
                    "level": "muted",
                    "kind": benefit.kind,
                    "given": given.display_name or "",
                }
            )
        return reasons

    def _tier_words_by_hand(self, reason):
        if reason["kind"] == "pricelist":
            return self.env._(
                "The pricelist was set by hand and stays, not %s of the tier.",
                reason["given"],
            )
        return self.env._(
            "The payment terms were set by hand and stay, not %s of the tier.",
            reason["given"],
        )
