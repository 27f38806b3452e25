from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.report.crm_customer import READERS

# Native tag colours of a tier: the same number as everywhere.
CHIP = "o_tag_color_%s"


class ResPartner(models.Model):
    _inherit = "res.partner"

    loyalty_tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        compute="_compute_loyalty_tier_id",
        search="_search_loyalty_tier_id",
        groups=READERS,
        help="Tier of this contact's commercial entity in the current company, today.",
    )
    loyalty_tier_place = fields.Char(
        compute="_compute_loyalty_tier_place",
        search="_search_loyalty_tier_place",
        exportable=False,
        groups=READERS,
        help="Technical: finds the members behind a figure of the report of tiers.",
    )

    def _compute_loyalty_tier_place(self):
        self.loyalty_tier_place = False

    def _search_loyalty_tier_place(self, operator, value):
        """Find the contacts of the members of a tier: ``<tier id>:<company id>``.

        Branches are included; those that the user may read.
        """
        if operator != "in":
            return NotImplemented
        customers = self.env["crm.customer"]
        domain = Domain.FALSE
        for place in filter(None, value):
            tier, _colon, company = str(place).partition(":")
            if not (tier.isdecimal() and company.isdecimal()):
                raise UserError(self.env._("Open it again from the report."))
            found = customers._search(
                [("tier_id", "=", int(tier)), ("company_id", "child_of", int(company))]
            )
            domain |= Domain(
                "commercial_partner_id",
                "in",
                found.subselect(SQL.identifier(found.table, "partner_id")),
            )
        return domain

    @api.depends("customer_id.tier_id")
    @api.depends_context("company", "uid")
    def _compute_loyalty_tier_id(self):
        for partner in self:
            partner.loyalty_tier_id = partner.customer_id.tier_id

    def _search_loyalty_tier_id(self, operator, value):
        """Among the customers that the user may read: the search runs as the user."""
        if operator == "in":
            return self._search_customer_figure("tier_id", operator, value)
        if operator in ("any", "ilike", "=ilike", "like", "=like"):
            return [("customer_id", "any", [("tier_id", operator, value)])]
        return NotImplemented

    def write(self, vals):
        """Who joins another customer leaves what the tier gave behind.

        Natively it would be handed on to that one, as if set there by hand.
        """
        if vals.get("parent_id"):
            benefits = self.env["loyalty.tier.benefit"].sudo()
            held = benefits.search([("partner_id", "in", self.ids)]).partner_id
            benefits._take_back(
                held.filtered(lambda p: not vals.get("is_company", p.is_company))
            )
        return super().write(vals)

    @api.model
    def _customer_columns(self):
        return {**super()._customer_columns(), "loyalty_tier_id": "tier_id"}

    def _compute_application_statistics_hook(self):
        """Add a chip of the tier to the contact's card."""
        data_list = super()._compute_application_statistics_hook()
        field = self._fields["loyalty_tier_id"]
        if self._has_field_access(field, "read"):
            for partner in self.filtered("loyalty_tier_id"):
                data_list[partner.id].append(
                    {
                        "iconClass": "fa-star",
                        "value": partner.loyalty_tier_id.name,
                        "label": field._description_string(self.env),
                        "tagClass": CHIP % partner.loyalty_tier_id.color,
                    }
                )
        return data_list
