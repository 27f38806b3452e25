from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoyaltyTierManual(models.Model):
    """A tier given by hand: it lies over the one by the rules until it ends.

    The newest one in force counts. None is deleted when it ends: who gave what, and
    why, remains to be read.
    """

    _name = "loyalty.tier.manual"
    _description = "Tier Given by Hand"
    _order = "id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier", required=True, ondelete="restrict"
    )
    reason = fields.Text(required=True, help="Why the rules are not followed here.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Author",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    date_end = fields.Date(
        string="Until", required=True, help="Last day on which it counts."
    )
    ended = fields.Boolean(
        string="Ended Early", readonly=True, help="Taken back before its last day."
    )

    _customer_idx = models.Index("(partner_id, company_id, date_end)")

    @api.constrains("date_end", "company_id")
    def _check_date_end(self):
        for manual in self:
            if manual.date_end < manual.company_id.sudo()._customer_today():
                raise ValidationError(
                    self.env._("It must end today or later: choose the last day.")
                )

    @api.constrains("reason")
    def _check_reason(self):
        if any(not (manual.reason or "").strip() for manual in self):
            raise ValidationError(self.env._("Say why: the next one will ask."))

    @api.constrains("tier_id", "company_id")
    def _check_tier(self):
        for manual in self:
            program = manual.company_id._tier_program()
            if manual.tier_id.program_id != program:
                raise ValidationError(
                    self.env._(
                        "%(tier)s is no tier of the program of %(company)s.",
                        tier=manual.tier_id.name,
                        company=manual.company_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            vals["partner_id"] = partner.commercial_partner_id.id
        manuals = super().create(vals_list)
        self.env["crm.customer"].sudo()._evaluate_tiers(manuals.partner_id)
        return manuals

    def action_end(self):
        """Take it back: the tier by the rules is in force again."""
        self.check_access("write")
        self.ended = True
        self.env["crm.customer"].sudo()._evaluate_tiers(self.partner_id)
        return True
