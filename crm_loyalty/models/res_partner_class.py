from odoo import api, fields, models

from odoo.addons.crm_customer360.report.crm_customer import READERS

from .crm_customer_class import LOYALTY_CLASSES


class ResPartner(models.Model):
    _inherit = "res.partner"

    loyalty_class = fields.Selection(
        selection=LOYALTY_CLASSES,
        string="Behaviour",
        compute="_compute_loyalty_class",
        search="_search_loyalty_class",
        groups=READERS,
        help="How this contact's commercial entity behaves, in the current company.",
    )

    @api.depends("customer_id.loyalty_class")
    @api.depends_context("company", "uid")
    def _compute_loyalty_class(self):
        for partner in self:
            partner.loyalty_class = partner.customer_id.loyalty_class

    def _search_loyalty_class(self, operator, value):
        return self._search_customer_figure("loyalty_class", operator, value)

    @api.model
    def _customer_columns(self):
        return {**super()._customer_columns(), "loyalty_class": "loyalty_class"}
