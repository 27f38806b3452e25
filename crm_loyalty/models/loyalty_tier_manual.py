from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


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
        help="The customer; a contact stands for the whole of the customer.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
        help="The company in whose program the tier is given.",
    )
    program_id = fields.Many2one(
        comodel_name="loyalty.program",
        compute="_compute_program_id",
        help="The program of the company, among whose tiers one is given.",
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        required=True,
        ondelete="restrict",
        help="In force until the end, whatever the customer brings.",
    )
    reason = fields.Text(required=True, help="Why the rules are not followed here.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Author",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        help="Who gave the tier.",
    )
    date_end = fields.Date(
        string="Until", required=True, help="Last day on which it counts."
    )
    ended = fields.Boolean(
        string="Ended Early", readonly=True, help="Taken back before its last day."
    )
    in_force = fields.Boolean(
        compute="_compute_in_force",
        search="_search_in_force",
        help="It counts today, unless a newer one lies over it.",
    )

    _customer_idx = models.Index("(partner_id, company_id, date_end)")

    @api.depends("company_id")
    def _compute_program_id(self):
        for manual in self:
            company = manual.company_id
            manual.program_id = company and company.sudo()._tier_program()

    @api.depends("date_end", "ended", "company_id")
    def _compute_in_force(self):
        for manual in self:
            manual.in_force = bool(
                not manual.ended
                and manual.date_end
                and manual.date_end >= manual.company_id.sudo()._customer_today()
            )

    def _search_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company.sudo()._customer_today()
        domain = fields.Domain("ended", "=", False) & fields.Domain(
            "date_end", ">=", today
        )
        wanted = {bool(each) for each in value}
        if wanted == {True, False}:
            return fields.Domain.TRUE
        return domain if True in wanted else ~domain

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
            program = manual.company_id.sudo()._tier_program()
            if manual.tier_id.program_id != program:
                raise ValidationError(
                    self.env._(
                        "%(tier)s is no tier of the program of %(company)s.",
                        tier=manual.tier_id.name,
                        company=manual.company_id.name,
                    )
                )

    @api.constrains("partner_id", "company_id")
    def _check_member(self):
        """A tier is for members, and whoever gives it must see the customer."""
        for manual in self:
            if not self.env["crm.customer"].search_count(
                [
                    ("partner_id", "=", manual.partner_id.id),
                    ("company_id", "child_of", manual.company_id.id),
                    ("tier_joined", "!=", False),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._(
                        "%s is no member that you see: give the customer a card of "
                        "the program first.",
                        manual.partner_id.display_name,
                    )
                )

    @api.depends("tier_id", "date_end")
    def _compute_display_name(self):
        for manual in self:
            manual.display_name = manual.tier_id.name or ""

    @api.model_create_multi
    def create(self, vals_list):
        """The author is who creates it, whatever was asked for."""
        for vals in vals_list:
            vals["user_id"] = self.env.uid
            if vals.get("partner_id"):
                partner = self.env["res.partner"].browse(vals["partner_id"])
                vals["partner_id"] = partner.commercial_partner_id.id
            if vals.get("company_id"):
                company = self.env["res.company"].browse(vals["company_id"])
                vals["company_id"] = company.root_id.id
        manuals = super().create(vals_list)
        manuals._evaluate()
        return manuals

    def write(self, vals):
        """What was given stays as it was said; only its end may come earlier.

        Then the tier by the rules is in force again at once.
        """
        if not self.env.su and (set(vals) - {"ended"} or not vals.get("ended", True)):
            raise UserError(
                self.env._(
                    "A tier given by hand cannot be changed: end it and give a new "
                    "one, so that both remain to be read."
                )
            )
        result = super().write(vals)
        if "ended" in vals:
            self._evaluate()
        return result

    def action_end(self):
        """Take it back: the tier by the rules is in force again."""
        self.check_access("write")
        self.ended = True
        return True

    def _evaluate(self):
        """Evaluate these customers now, and give or take the benefits at once."""
        self.env["crm.customer"].sudo()._evaluate_tiers(self.partner_id)
        self.env["loyalty.tier.benefit"]._apply(self.partner_id)
