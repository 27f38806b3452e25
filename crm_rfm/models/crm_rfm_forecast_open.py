from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.forecast import month_end, month_starts


class CrmRfmForecast(models.Model):
    """What lies behind a figure of the forecast: documents as they stand now."""

    _inherit = "crm.rfm.forecast"

    @api.model
    def action_open_forecast(self, part, month=None, company_id=None, filters=None):
        """Open what is behind a figure, of those that the reader may see.

        :param part: name of the amount, see `_value_columns`
        :param month: any day of the month; all twelve when empty
        :param company_id, filters: as in `get_forecast`
        """
        companies = self._forecast_companies(company_id)
        filters = self._forecast_filters(filters)
        openers = {
            "model": self._open_customers,
            "orders": self._open_orders,
            "pipeline": self._open_leads,
            "prospects": self._open_leads,
            "invoiced": self._open_invoices,
            "last_year": self._open_invoices,
            "expected": self._open_rows,
        }
        if part not in openers:
            raise UserError(self.env._("The forecast has no part “%s”.", part))
        if part not in self._forecast_opens():
            raise AccessError(self.env._("You may not see these documents."))
        day = fields.Date.to_date(month) if month else None
        months = month_starts(day, 1) if day else self._shown_months(companies)
        return openers[part](part, months, companies, filters)

    def _shown_months(self, companies):
        runs = self._forecast_runs(companies)
        if not runs:
            raise UserError(self._forecast_empty())
        return month_starts(max(runs.mapped("as_of")))

    def _open_list(self, action, name, domain, context=None):
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        # A list of its own, not the app's entry.
        action.pop("path", None)
        action.update(
            name=name, display_name=name, domain=list(domain), context=context or {}
        )
        return action

    def _months_name(self, name, months):
        if len(months) > 1:
            return name
        return self.env._(
            "%(name)s, %(month)s", name=name, month=self._month_label(months[0])
        )

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------

    def _open_rows(self, _part, months, companies, filters):
        """Open the rows of the forecast themselves."""
        domain = self._forecast_domain(companies, filters) & Domain(
            "date", "in", [fields.Date.to_string(month) for month in months]
        )
        return self._open_list(
            "crm_rfm.crm_rfm_forecast_action",
            self._months_name(self.env._("Forecast"), months),
            domain,
        )

    def _open_customers(self, _part, _months, companies, filters):
        """Open the customers, those of whom most is expected first."""
        domain = Domain("company_id", "in", companies.ids)
        # By invoices, or by what the scheme counts.
        domain &= Domain("first_purchase_date", "!=", False) | Domain(
            "rfm_first_purchase_date", "!=", False
        )
        for name, field in {
            "user_id": "user_id",
            "segment_id": "rfm_segment_id",
        }.items():
            if name in filters:
                domain &= Domain(field, "=", filters[name])
        if "team_id" in filters:
            domain &= Domain("id", "in", self._customers_of_team(companies, filters))
        action = self._open_list(
            "crm_customer360.crm_customer_action",
            self.env._("Customers by expected revenue"),
            domain,
        )
        # Sorted by it.
        view = self.env.ref("crm_rfm.crm_customer_view_list_predicted")
        action["views"] = [(view.id, "list"), (False, "form")]
        return action

    def _customers_of_team(self, companies, filters):
        """Return the ids of the customers of a sales team."""
        return self._behind(
            "crm.customer",
            companies,
            filters,
            """
            SELECT row.id
            FROM crm_customer row
            JOIN customer ON customer.partner_id = row.partner_id
            WHERE row.company_id = %(company)s AND %(chosen)s
            """,
            lambda _run, company: {"company": company.id},
        )

    def _open_orders(self, part, months, companies, filters):
        """Open the orders that are not invoiced yet."""
        ids = self._behind(
            "sale.order",
            companies,
            filters,
            """
            SELECT document.id
            FROM (%(documents)s) document
            LEFT JOIN customer ON customer.partner_id = document.partner_id
            WHERE document.month = ANY(%(months)s) AND %(chosen)s
            """,
            lambda run, company: {
                "documents": run._orders_query(company),
                "months": months,
            },
        )
        return self._open_list(
            "sale.action_orders",
            self._months_name(self.env._("Open orders"), months),
            Domain("id", "in", ids),
        )

    def _open_leads(self, part, months, companies, filters):
        """Open the opportunities of customers, or those of prospects."""
        ids = self._behind(
            "crm.lead",
            companies,
            filters,
            """
            SELECT document.id
            FROM (%(documents)s) document
            LEFT JOIN (SELECT * FROM customer) known
                ON known.partner_id = document.partner_id
            CROSS JOIN LATERAL (
                SELECT known.segment_id, known.first_date IS NOT NULL AS bought,
                    CASE WHEN known.first_date IS NOT NULL THEN known.user_id
                        ELSE coalesce(known.user_id, document.user_id) END AS user_id,
                    CASE WHEN known.first_date IS NOT NULL
                            OR known.user_id IS NOT NULL THEN known.team_id
                        ELSE document.team_id END AS team_id
            ) customer
            WHERE document.month = ANY(%(months)s) AND %(chosen)s
                AND customer.bought = %(bought)s
            """,
            lambda run, company: {
                "documents": run._pipeline_query(company),
                "months": months,
                "bought": part == "pipeline",
            },
        )
        name = (
            self.env._("Opportunities of customers")
            if part == "pipeline"
            else self.env._("Opportunities of prospects")
        )
        return self._open_list(
            "crm.crm_lead_opportunities",
            self._months_name(name, months),
            Domain("id", "in", ids),
            {"default_type": "opportunity"},
        )

    def _open_invoices(self, part, months, companies, filters):
        """Open the invoices of the running month, or of a year before."""
        if part == "last_year":
            months = [month - relativedelta(years=1) for month in months]
        else:
            # Of the running month only there is something invoiced.
            months = months[:1]
        domain = (
            Domain("company_id", "in", companies.ids)
            & Domain("move_type", "in", ["out_invoice", "out_refund", "out_receipt"])
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">=", fields.Date.to_string(months[0]))
            & Domain("invoice_date", "<=", fields.Date.to_string(month_end(months[-1])))
        )
        if filters:
            ids = self._behind(
                "account.move",
                companies,
                filters,
                """
                SELECT move.id
                FROM account_move move
                JOIN res_partner partner ON partner.id = move.commercial_partner_id
                LEFT JOIN customer
                    ON customer.partner_id = partner.commercial_partner_id
                WHERE move.company_id = %(company)s AND move.state = 'posted'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    AND move.invoice_date BETWEEN %(first)s AND %(last)s
                    AND %(chosen)s
                """,
                lambda _run, company: {
                    "company": company.id,
                    "first": months[0],
                    "last": month_end(months[-1]),
                },
            )
            domain &= Domain("id", "in", ids)
        return self._open_list(
            "account.action_move_out_invoice_type",
            self._months_name(self.env._("Invoices"), months),
            domain,
        )

    def _behind(self, model, companies, filters, statement, values):
        """Return the ids that a statement finds for each company.

        Of those that the reader may see: the others' ids would tell how many there
        are, and which.

        :param model: name of the model whose ids these are
        :param statement: text that may join `customer`, see `_customers_query`, and
            has a place `chosen` for the condition on it
        :param values: ``(run, company) → {place: SQL or value}`` of its other places
        """
        run = self.env["crm.rfm.forecast.run"].sudo()
        self.env.flush_all()
        chosen = [
            SQL("%s IS NOT DISTINCT FROM %s", SQL.identifier("customer", name), value)
            for name, value in (
                (name, value or None) for name, value in filters.items()
            )
        ]
        ids = []
        for company in companies.sudo():
            rows = self.env.execute_query(
                SQL(
                    "WITH customer AS (%s) %s",
                    run._customers_query(company),
                    SQL(
                        statement,
                        chosen=SQL(" AND ").join(chosen) or SQL("TRUE"),
                        **values(run, company),
                    ),
                )
            )
            ids += [row[0] for row in rows]
        records = self.env[model].with_context(active_test=False)
        return list(records._search([("id", "in", ids)]))
