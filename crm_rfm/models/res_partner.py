from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.report.crm_customer import READERS


class ResPartner(models.Model):
    _inherit = "res.partner"

    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="RFM Segment",
        compute="_compute_rfm_segment_id",
        search="_search_rfm_segment_id",
        groups=READERS,
        help="Segment of this contact's commercial entity in the current company.",
    )

    @api.depends("customer_id.rfm_segment_id")
    @api.depends_context("company", "uid")
    def _compute_rfm_segment_id(self):
        for partner in self:
            partner.rfm_segment_id = partner.customer_id.rfm_segment_id

    def _search_rfm_segment_id(self, operator, value):
        if operator == "in":
            return self._search_customer_figure("rfm_segment_id", operator, value)
        if operator in ("any", "ilike", "=ilike", "like", "=like"):
            return [("customer_id", "any", [("rfm_segment_id", operator, value)])]
        return NotImplemented

    @api.model
    def _customer_columns(self):
        """Return the fields of contacts that are columns of their customer.

        Contacts are grouped by them, as their reader may see them.

        :return: ``{field of res.partner: column of crm.customer}``
        """
        return {"rfm_segment_id": "rfm_segment_id"}

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let contacts be grouped by what their customer is."""
        column = self._customer_columns().get(field_expr)
        if not column:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        customers = self.env["crm.customer"]._segment_query(
            SQL.identifier(alias, "id"), SQL("%s", self.env.company.id)
        )
        return SQL("(%s)", customers.select(SQL.identifier(customers.table, column)))
