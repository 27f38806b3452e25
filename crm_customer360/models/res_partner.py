from odoo import api, fields, models
from odoo.fields import Domain

from .crm_customer import ABC_CLASSES, STATES

# Fields of a contact whose change changes its customer's row.
CUSTOMER_FIELDS = frozenset(
    {
        "company_id",
        "country_id",
        "credit_limit",
        "is_company",
        "parent_id",
        "trust",
        "user_id",
    }
)


# Native tag colours: green, yellow, red.
STATE_CHIPS = {
    "good": "o_tag_color_10",
    "watch": "o_tag_color_3",
    "risk": "o_tag_color_1",
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    customer_id = fields.Many2one(
        comodel_name="crm.customer",
        string="Customer 360",
        compute="_compute_customer_id",
        search="_search_customer_id",
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
        help="All figures of this contact's commercial entity in the current company.",
    )
    customer_abc_class = fields.Selection(
        selection=ABC_CLASSES,
        string="ABC Class",
        compute="_compute_customer_abc_class",
        search="_search_customer_abc_class",
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
    )

    customer_state = fields.Selection(
        selection=STATES,
        compute="_compute_customer_state",
        search="_search_customer_state",
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
        help="The verdict on this customer in the current company.",
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_customer_id(self):
        rows = self.env["crm.customer"].search_fetch(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ],
            ["partner_id"],
        )
        customers = {row.partner_id.id: row for row in rows}
        for partner in self:
            partner.customer_id = customers.get(partner.commercial_partner_id.id)

    def _search_customer_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        Customer = self.env["crm.customer"]
        company = Domain("company_id", "=", self.env.company.id)
        if operator == "any":
            found = Customer._search(company & Domain(value))
            return Domain("commercial_partner_id", "in", found.subselect("partner_id"))
        found = Customer._search(
            company & Domain("id", "in", [item for item in value if item])
        )
        domain = Domain("commercial_partner_id", "in", found.subselect("partner_id"))
        if False in value:
            known = Customer._search(company)
            domain |= Domain(
                "commercial_partner_id", "not in", known.subselect("partner_id")
            )
        return domain

    @api.depends("customer_id.abc_class")
    @api.depends_context("company", "uid")
    def _compute_customer_abc_class(self):
        for partner in self:
            partner.customer_abc_class = partner.customer_id.abc_class

    @api.depends("customer_id.state")
    @api.depends_context("company", "uid")
    def _compute_customer_state(self):
        for partner in self:
            partner.customer_state = partner.customer_id.state

    def _search_customer_abc_class(self, operator, value):
        return self._search_customer_figure("abc_class", operator, value)

    def _search_customer_state(self, operator, value):
        return self._search_customer_figure("state", operator, value)

    def _search_customer_figure(self, name, operator, value):
        """Return the domain of the contacts whose customer has one of these values."""
        if operator != "in":
            return NotImplemented
        wanted = [item for item in value if item]
        domain = Domain("customer_id", "any", [(name, "in", wanted)])
        if False in value:
            domain |= Domain("customer_id", "=", False)
            domain |= Domain("customer_id", "any", [(name, "=", False)])
        return domain

    def _compute_application_statistics_hook(self):
        """Add chips of state and class to the contact's card."""
        data_list = super()._compute_application_statistics_hook()
        customer = self._fields["customer_state"]
        if not self._has_field_access(customer, "read"):
            return data_list
        states = dict(customer._description_selection(self.env))
        for partner in self.filtered("customer_id"):
            if partner.customer_state in STATE_CHIPS:
                data_list[partner.id].append(
                    {
                        "iconClass": "fa-bullseye",
                        "value": states[partner.customer_state],
                        "label": self.env._("Customer state"),
                        "tagClass": STATE_CHIPS[partner.customer_state],
                    }
                )
            if partner.customer_abc_class:
                data_list[partner.id].append(
                    {
                        "iconClass": "fa-trophy",
                        "value": partner.customer_abc_class.upper(),
                        "label": self.env._("ABC class"),
                    }
                )
        return data_list

    # ------------------------------------------------------------------
    # Queue
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        customers = partners.filtered(lambda partner: partner.customer_rank > 0)
        self.env["crm.customer.queue"]._enqueue(customers)
        return partners

    def write(self, vals):
        """Who belongs to whom decides where documents count."""
        relevant = not CUSTOMER_FIELDS.isdisjoint(vals) or self._rank_changes(vals)
        if relevant:
            self.env["crm.customer.queue"]._enqueue(self.commercial_partner_id)
        result = super().write(vals)
        if relevant:
            self.env["crm.customer.queue"]._enqueue(self)
        if "tz" in vals:
            self.env.registry.clear_cache()  # crm.customer._company_settings
        return result

    def _rank_changes(self, vals):
        """Return whether somebody becomes a customer, or ceases to be one.

        Natively the rank counts up with every invoice.
        """
        if "customer_rank" not in vals:
            return False
        ranked = vals["customer_rank"] > 0
        return any((partner.customer_rank > 0) != ranked for partner in self)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_partner_360(self):
        """Refresh this contact's customer and open its 360 page."""
        self.ensure_one()
        partner = self.commercial_partner_id
        self.env["crm.customer"]._refresh(partner, self.env.company)
        customer = self.customer_id
        if not customer:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._(
                        "%(partner)s is not a customer of %(company)s yet: the page "
                        "appears with the first quotation, order, invoice, payment or "
                        "opportunity.",
                        partner=partner.display_name,
                        company=self.env.company.name,
                    ),
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.customer",
            "res_id": customer.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "name": customer.display_name,
        }
