from odoo.tools import SQL

from .common import CustomerCommon


class ParetoCommon(CustomerCommon):
    """Ranking reads the customers alone, so rows are written here as they are."""

    def _rows(self, *measures, company=None):
        """Rows of ``revenue`` or ``(revenue, contribution)``, ranked."""
        company = company or self.company
        rows = self.Customer
        for measure in measures:
            revenue, contribution = (
                measure if isinstance(measure, tuple) else (measure, 0)
            )
            partner = self.env["res.partner"].create({"name": f"{measure}"})
            self.env.cr.execute(
                SQL(
                    "INSERT INTO crm_customer (partner_id, company_id, currency_id,"
                    " revenue, contribution) VALUES (%s, %s, %s, %s, %s) RETURNING id",
                    partner.id,
                    company.id,
                    company.currency_id.id,
                    revenue,
                    contribution,
                )
            )
            rows += self.Customer.browse(self.env.cr.fetchone()[0])
        self.Customer._rank()
        return rows
