from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class LoyaltyTier(models.Model):
    """A step of a loyalty program, and what its members get.

    The tier that asks for nothing is the base tier: every member has at least this.
    """

    _name = "loyalty.tier"
    _description = "Loyalty Tier"
    _order = "program_id, threshold, id"

    name = fields.Char(required=True, translate=True)
    program_id = fields.Many2one(
        comodel_name="loyalty.program", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="program_id.company_id", store=True)
    threshold = fields.Float(
        digits=(16, 2),
        help="What a member must bring for this tier within the window of the program, "
        "in the unit of its measure, money in the currency of the customer's company; "
        "0 is the base tier.",
    )
    threshold_words = fields.Char(
        string="Asks for",
        compute="_compute_threshold_words",
        help="What the tier asks for, in words.",
    )
    description = fields.Html(
        string="Benefits", translate=True, help="Shown to members."
    )
    color = fields.Integer(help="Colour of the tier on every screen.")
    member_count = fields.Integer(
        string="Members",
        compute="_compute_member_count",
        help="Customers of the selected companies in this tier today, each once.",
    )

    _threshold_unique = models.UniqueIndex(
        "(program_id, threshold)", "Two tiers of a program cannot ask for the same."
    )
    _threshold_positive = models.Constraint(
        "CHECK (threshold >= 0)", "A tier cannot ask for less than nothing."
    )

    @api.depends("threshold", "program_id.tier_measure", "company_id")
    @api.depends_context("lang", "company")
    def _compute_threshold_words(self):
        for tier in self:
            company = tier.company_id or self.env.company
            program = tier.program_id.sudo()
            amount = program._tier_amount(tier.threshold, company.sudo().currency_id)
            tier.threshold_words = (
                self.env._("From %s", amount)
                if tier.threshold
                else self.env._("For every member")
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_member_count(self):
        counts = dict(
            self.env["crm.customer"]._read_group(
                [("tier_id", "in", self.ids)],
                ["tier_id"],
                ["partner_id:count_distinct"],
            )
        )
        for tier in self:
            tier.member_count = counts.get(tier, 0)

    def action_open_members(self):
        """Open the members of this tier."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_loyalty.crm_customer_member_action"
        )
        return {
            **action,
            "display_name": self.env._("Members: %s", self.name),
            "domain": [("tier_id", "=", self.id)],
        }

    def action_open_changes(self):
        """Open the changes into and out of this tier."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_loyalty.loyalty_tier_change_action"
        )
        return {
            **action,
            "display_name": self.env._("Changes: %s", self.name),
            "domain": ["|", ("from_id", "=", self.id), ("to_id", "=", self.id)],
        }

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.program_id._tier_inputs_changed()
        return tiers

    def write(self, vals):
        programs = self.program_id
        result = super().write(vals)
        if not {"threshold", "program_id"}.isdisjoint(vals):
            (programs | self.program_id)._tier_inputs_changed()
        return result

    def unlink(self):
        programs = self.program_id
        result = super().unlink()
        programs.exists()._tier_inputs_changed()
        return result

    @api.constrains("program_id", "threshold")
    def _check_program(self):
        self.program_id._check_tier_program()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """History names the tier: it is kept as long as it has any."""
        changes = self.env["loyalty.tier.change"].sudo()
        for tier in self:
            if changes.search_count(
                ["|", ("from_id", "=", tier.id), ("to_id", "=", tier.id)], limit=1
            ):
                raise UserError(
                    self.env._(
                        "%s has had members and cannot be deleted. Change what it asks "
                        "for instead.",
                        tier.name,
                    )
                )
            if not tier.threshold and tier.program_id.tier_ids - self:
                raise ValidationError(
                    self.env._(
                        "%s asks for nothing: it is the tier of every member, and "
                        "stays as long as there are others.",
                        tier.name,
                    )
                )
