from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# Who may read customers: only they are offered the dimensions.
READERS = (
    "sales_team.group_sale_salesman,account.group_account_readonly,"
    "account.group_account_invoice"
)


class CrmCustomer(models.Model):
    """The customer as a dimension of native reports."""

    _inherit = "crm.customer"

    @api.model
    def _report_dimensions(self):
        """Return what native reports group customers by; the point where addons extend.

        :return: ``{field of the report: field of crm.customer}``; of fields that every
            reader of customers may read
        """
        return {"customer_state": "state", "customer_abc_class": "abc_class"}

    @api.model
    def _report_relation(self):
        """Return the relation of customers that a report joins, one row each at most.

        It has `partner_id`, `company_id` and the columns of `_report_dimensions`, of
        the customers that the user may read. Joined by ``LEFT JOIN``, it neither loses
        nor doubles a row, and the planner drops it from queries that use none of its
        columns.
        """
        readable = self.has_access("read")
        query = self._search(
            Domain.TRUE if readable else Domain.FALSE, bypass_access=not readable
        )
        columns = {
            "partner_id": "partner_id",
            "company_id": "company_id",
            **self._report_dimensions(),
        }
        return query.select(
            *(
                SQL(
                    "%s AS %s",
                    self.sudo(not readable)._field_to_sql(query.table, name, query),
                    SQL.identifier(column),
                )
                for column, name in columns.items()
            )
        )
