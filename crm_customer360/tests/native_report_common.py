from odoo.tests import new_test_user
from odoo.tools import SQL

from .common import CustomerCommon

MEASURES = ["price_subtotal:sum", "sale_cost:sum", "sale_margin:sum"]


class NativeReportCommon(CustomerCommon):
    """Product A costs 300 a unit, product B 40."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product_a.standard_price = 300
        cls.product_b.write(
            {
                "standard_price": 40,
                "uom_id": cls.product_a.uom_id.id,
            }
        )
        cls.other = cls.env["res.partner"].create({"name": "Other", "is_company": True})

    def _user(self, name, *groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login=f"reports_{name}",
            groups=",".join(["base.group_user", *groups]),
            company_id=self.company.id,
            company_ids=[(6, 0, companies.ids)],
        )

    def _line(self, product, quantity, price):
        return {"product_id": product.id, "quantity": quantity, "price_unit": price}

    def _sell(self, product, quantity, price, day="2026-06-01", **vals):
        return self._invoice(
            0, day, lines=[self._line(product, quantity, price)], **vals
        )

    def _classes(self, *classes, name="revenue_class"):
        """Give the two customers a class: ``(class of customer, class of other)``."""
        for partner, letter in zip(self.customer + self.other, classes, strict=True):
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_customer SET %s = %s WHERE partner_id = %s",
                    SQL.identifier(name),
                    letter,
                    partner.id,
                )
            )
        self.Customer.invalidate_model()

    def _report(self, user=None, companies=None, model="account.invoice.report"):
        report = self.env[model].with_user(user or self.env.user)
        companies = companies or self.company
        return report.with_context(allowed_company_ids=companies.ids)

    def _totals(self, groupby, aggregates=None, domain=(), **report):
        """Return ``{group: [figures]}`` to the cent, records as their names."""
        aggregates = aggregates or MEASURES
        return {
            tuple(getattr(key, "name", key) for key in row[: len(groupby)]): [
                round(value, 4) if value is not False else None
                for value in row[len(groupby) :]
            ]
            for row in self._report(**report)._read_group(
                list(domain), groupby, aggregates
            )
        }

    def _plan(self, model, groupby):
        """Return how the database executes a report."""
        report = self._report(model=model)
        query = report._search([("company_id", "=", self.company.id)])
        query.groupby = report._read_group_groupby(report._table, groupby, query)
        figure = report._read_group_select("price_subtotal:sum", query)
        plan = self.env.execute_query(SQL("EXPLAIN %s", query.select(figure)))
        return "\n".join(line for (line,) in plan)
