from odoo import fields, models
from odoo.tools import SQL

from ..models.crm_customer import ABC_CLASSES, STATES
from .crm_customer import READERS


class SaleReport(models.Model):
    """Sales Analysis by customer."""

    _inherit = "sale.report"

    customer_state = fields.Selection(
        string="Customer Verdict",
        selection=STATES,
        readonly=True,
        groups=READERS,
        help="State of the customer today, in the company of the order, made of what "
        "the reader may see.",
    )
    customer_abc_class = fields.Selection(
        selection=ABC_CLASSES,
        string="ABC Class",
        readonly=True,
        groups=READERS,
        help="Class of the customer today, in the company of the order.",
    )

    _depends = {
        "crm.customer": ["company_id", "partner_id"],
        "res.partner": ["commercial_partner_id"],
    }

    def _select_additional_fields(self):
        """Every group of the native query has one customer, so `min` is its value.

        Grouped by, the planner could not leave the join out where it is not used.
        """
        dimensions = self.env["crm.customer"]._report_dimensions()
        return {
            **super()._select_additional_fields(),
            **{name: f"min(customer.{name})" for name in dimensions},
        }

    def _from_sale(self):
        relation = self.env["crm.customer"]._report_relation()
        return f"""{super()._from_sale()}
            LEFT JOIN ({self._as_text(relation)}) customer
                ON customer.partner_id = partner.commercial_partner_id
                AND customer.company_id = s.company_id
            """

    def _as_text(self, sql: SQL):
        """The native query is put together from text."""
        cr = self.env.cr
        text = cr.mogrify(sql).decode(cr.connection.encoding)
        return text.replace("%", "%%")
