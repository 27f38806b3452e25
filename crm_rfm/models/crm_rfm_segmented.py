from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.report.crm_customer import READERS


class CrmCustomer(models.Model):
    _inherit = "crm.customer"

    @api.model
    def _segment_query(self, contact, company):
        """Return the query of one customer's row, as the reader may see it.

        :param contact: SQL of any contact of the customer
        :param company: SQL of the company's id
        """
        customers = self._search([])
        # Joined, so that a search becomes one join instead of a lookup per document.
        alias = customers.join(
            customers.table, "partner_id", "res_partner", "commercial_partner_id", "own"
        )
        customers.add_where(
            SQL(
                "%s = %s AND %s = %s",
                SQL.identifier(
                    alias,
                    "id",
                    to_flush=self.env["res.partner"]._fields["commercial_partner_id"],
                ),
                contact,
                SQL.identifier(customers.table, "company_id"),
                company,
            )
        )
        return customers


class CrmRfmSegmented(models.AbstractModel):
    """A document that is filtered and grouped by the segment of its customer.

    The segment is that of today, in the company of the document, and in the current
    company where the document has none. A customer whom the reader may not see has
    none.
    """

    _name = "crm.rfm.segmented.mixin"
    _description = "Document with its customer's RFM segment"

    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="RFM Segment",
        compute="_compute_rfm_segment_id",
        search="_search_rfm_segment_id",
        groups=READERS,
        help="Segment of the customer today, in the company of the document.",
    )

    @api.depends("partner_id", "company_id")
    @api.depends_context("company", "uid")
    def _compute_rfm_segment_id(self):
        current = self.env.company
        rows = self.env["crm.customer"].search_fetch(
            [
                ("partner_id", "in", self.partner_id.commercial_partner_id.ids),
                ("company_id", "in", (self.company_id | current).ids),
            ],
            ["partner_id", "company_id", "rfm_segment_id"],
        )
        segments = {
            (row.partner_id.id, row.company_id.id): row.rfm_segment_id for row in rows
        }
        for document in self:
            partner = document.partner_id.commercial_partner_id
            company = document.company_id or current
            document.rfm_segment_id = segments.get((partner.id, company.id))

    def _search_rfm_segment_id(self, operator, value):
        Segment = self.env["crm.rfm.segment"]
        if operator == "in":
            wanted = Domain("id", "in", [item for item in value if item])
            empty = False in value
        elif operator == "any":
            wanted, empty = Domain(value), False
        elif operator in ("ilike", "=ilike", "like", "=like"):
            wanted, empty = Domain("display_name", operator, value), False
        else:
            return NotImplemented
        found = Segment._search(wanted)

        def to_sql(model, alias, query):
            customers = model._rfm_customers(alias)
            column = SQL.identifier(customers.table, "rfm_segment_id")
            some = SQL(
                "EXISTS (%s)",
                model._rfm_customers(alias, found.subselect(), column).select(SQL("1")),
            )
            if not empty:
                return some
            none = SQL(
                "NOT EXISTS (%s)",
                model._rfm_customers(alias, None, column).select(SQL("1")),
            )
            return SQL("(%s OR %s)", some, none)

        return Domain.custom(to_sql=to_sql)

    def _rfm_customers(self, alias, segments=False, column=None):
        """Return the query of the customer of the document `alias`.

        :param segments: limits it to one in these segments (SQL), or in any (None)
        """
        customers = self.env["crm.customer"]._segment_query(
            self._field_to_sql(alias, "partner_id"),
            SQL(
                "coalesce(%s, %s)",
                self._field_to_sql(alias, "company_id"),
                self.env.company.id,
            ),
        )
        if segments is None:
            customers.add_where(SQL("%s IS NOT NULL", column))
        elif segments is not False:
            customers.add_where(SQL("%s IN %s", column, segments))
        return customers

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let documents be grouped by the segment."""
        if field_expr != "rfm_segment_id":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        customers = self._rfm_customers(alias)
        return SQL(
            "(%s)",
            customers.select(SQL.identifier(customers.table, "rfm_segment_id")),
        )
