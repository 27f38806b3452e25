from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Rules after which the measures of the members are read anew.
INPUTS = {"active", "company_id", "tier_measure", "tier_window", "tier_months"}


class LoyaltyProgram(models.Model):
    """The rules by which members of a program move between its tiers.

    One program of a company may have tiers. Members are the customers who hold a card.
    """

    _inherit = "loyalty.program"

    tier_ids = fields.One2many(
        comodel_name="loyalty.tier",
        inverse_name="program_id",
        string="Tiers",
        help="A company has one program with tiers, so a duplicate has none.",
    )
    tier_measure = fields.Selection(
        selection=[("spend", "Net spend, untaxed"), ("orders", "Purchases")],
        string="Measured by",
        default="spend",
        required=True,
        help="Net spend: posted invoices less credit notes. Purchases: posted invoices "
        "and receipts.",
    )
    tier_window = fields.Selection(
        selection=[
            ("calendar", "Calendar year"),
            ("anniversary", "Year since joining"),
            ("rolling", "Last months"),
            ("lifetime", "Ever"),
        ],
        string="Within",
        default="calendar",
        required=True,
        help="What counts for a tier, and how long it is kept: to the end of the year, "
        "to the next anniversary of the card, for as many months again, or for good.",
    )
    tier_months = fields.Integer(
        string="Months", default=12, required=True, help="Length of the window."
    )
    tier_drop = fields.Selection(
        selection=[
            ("one", "One tier down"),
            ("amount", "To what the customer brought"),
        ],
        string="When not Kept",
        default="one",
        required=True,
    )
    tier_grace_days = fields.Integer(
        string="Grace, Days",
        default=0,
        required=True,
        help="Days after the end of a period in which a member can still bring what is "
        "missing; the tier is lost only then.",
    )
    tier_notice_days = fields.Integer(
        string="Notice, Days",
        default=30,
        required=True,
        help="Days before the end of a period from which a member who will lose the "
        "tier is told what is missing.",
    )

    _tier_months_range = models.Constraint(
        "CHECK (tier_months BETWEEN 1 AND 120)",
        "The window must be between 1 and 120 months.",
    )
    _tier_days_positive = models.Constraint(
        "CHECK (tier_grace_days >= 0 AND tier_notice_days >= 0)",
        "Days of grace and notice cannot be negative.",
    )

    @api.constrains("tier_ids", "company_id", "active", "program_type")
    def _check_tier_program(self):
        for program in self.filtered(lambda p: p.tier_ids and p.active):
            if program.program_type != "loyalty":
                raise ValidationError(
                    self.env._("Only a program of loyalty cards can have tiers.")
                )
            company = program.company_id
            if company.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s is a branch: its customers have the tiers of "
                        "%(company)s.",
                        branch=company.name,
                        company=company.root_id.name,
                    )
                )
            other = self.sudo().search(
                [
                    ("id", "!=", program.id),
                    ("tier_ids", "!=", False),
                    ("company_id", "=", company.id),
                    # Whoever asks may be looking at archived records, too.
                    ("active", "=", True),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "%s has tiers already, and a customer has one tier: archive "
                        "one of the two programs.",
                        other.name,
                    )
                )
            if not program.tier_ids.filtered(lambda tier: not tier.threshold):
                raise ValidationError(
                    self.env._(
                        "One tier must ask for nothing: that of every new member."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        programs.filtered("tier_ids")._tier_inputs_changed()
        return programs

    def write(self, vals):
        result = super().write(vals)
        tiered = self.filtered("tier_ids")
        if not INPUTS.isdisjoint(vals):
            tiered._tier_inputs_changed()
        return result

    def unlink(self):
        tiered = self.filtered("tier_ids")
        result = super().unlink()
        if tiered:
            self.browse()._tier_inputs_changed()
        return result

    def _tier_has_home(self):
        """Return whether there is one company whose customers the members are."""
        if not self or self.company_id:
            return bool(self)
        # Whoever asks may be looking at archived records, too.
        roots = [("parent_id", "=", False), ("active", "=", True)]
        return self.env["res.company"].sudo().search_count(roots, limit=2) == 1

    def _tier_inputs_changed(self):
        """Have the measures of all members read anew, and their tiers with them."""
        self.env.registry.clear_cache()  # crm.customer._company_settings
        cron = self.env.ref("crm_customer360.ir_cron_refresh_all", False)
        if cron:
            cron.sudo()._trigger()


class ResCompany(models.Model):
    _inherit = "res.company"

    def _tier_program(self):
        """Return the program whose tiers the customers of this company have.

        Its own one, else one for all companies; an empty recordset when there is none.
        """
        self.ensure_one()
        programs = self.env["loyalty.program"].sudo()
        return programs.search(
            [
                ("tier_ids", "!=", False),
                ("company_id", "in", (self.root_id.id, False)),
                # Whoever asks may be looking at archived records, too.
                ("active", "=", True),
            ],
            # NULL last: the company's own program comes first.
            order="company_id, sequence, id",
            limit=1,
        )
