from odoo import api, fields, models
from odoo.tools import SQL

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

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let contacts be grouped by it, as their reader may see it."""
        if field_expr != "loyalty_class":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        customers = self.env["crm.customer"]._segment_query(
            SQL.identifier(alias, "id"), SQL("%s", self.env.company.id)
        )
        return SQL(
            "(%s)", customers.select(SQL.identifier(customers.table, "loyalty_class"))
        )
