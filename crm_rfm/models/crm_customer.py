from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_scope import Source
from odoo.addons.crm_customer360.models.res_company import customer_period

RFM_STATES = [
    ("prospect", "Prospect"),
    ("new", "New"),
    ("scored", "Scored"),
    ("lapsed", "Lapsed"),
    ("excluded", "Left Out"),
]


class CrmCustomer(models.Model):
    """RFM inputs, which the refresh fills from the scheme's source.

    The scores made of them are those of the last night, see `_score`.
    """

    _inherit = "crm.customer"

    rfm_first_purchase_date = fields.Date(
        string="RFM First Purchase",
        readonly=True,
        help="First purchase ever, in the source of the scheme.",
    )
    rfm_last_purchase_date = fields.Date(
        string="RFM Last Purchase",
        readonly=True,
        help="Last purchase ever, in the source of the scheme.",
    )
    rfm_recency_days = fields.Integer(
        string="Recency",
        compute="_compute_rfm_recency_days",
        search="_search_rfm_recency_days",
        aggregator="avg",
        help="Days since the last purchase, in the source of the scheme.",
    )
    rfm_frequency = fields.Integer(
        string="Frequency",
        readonly=True,
        help="Purchases in the window of the scheme: invoices and receipts, or "
        "confirmed orders. Credit notes are no purchases.",
    )
    rfm_monetary = fields.Monetary(
        string="Monetary",
        readonly=True,
        help="Untaxed amount in the window of the scheme, credit notes taken off.",
    )

    # ------------------------------------------------------------------
    # Inputs
    # ------------------------------------------------------------------

    def _company_columns(self):
        return {
            **super()._company_columns(),
            "rfm_source": "varchar",
            "rfm_window_start": "date",
            "rfm_window_start_at": "timestamp",
        }

    def _company_values(self, company):
        scheme = company._rfm_scheme()
        return {
            **super()._company_values(company),
            "rfm_source": scheme.source or None,
            "rfm_months": scheme.window_months,
        }

    def _company_dates(self, settings, now):
        """Add the scheme's window; a company without a scheme has none."""
        window = {}
        if settings["rfm_source"]:
            window = customer_period(now, settings["tz"], settings["rfm_months"])
        return {
            **super()._company_dates(settings, now),
            "rfm_window_start": window.get("window_start"),
            "rfm_window_start_at": window.get("window_start_at"),
        }

    def _further_windows(self):
        return {**super()._further_windows(), "rfm": SQL("company.rfm_window_start")}

    def _sources(self):
        return [*super()._sources(), self._source_rfm_order]

    def _source_rfm_order(self, scope):
        """Confirmed orders, in company currency at their own rate.

        Read only where a scheme asks for them: without a company to join, the table
        of orders is not even opened.
        """
        return Source(
            "rfm_order",
            SQL(
                """
                SELECT sale.partner_id, sale.company_id,
                    count(*) FILTER (WHERE sale.recent) AS rfm_order_count,
                    sum(sale.amount) FILTER (WHERE sale.recent) AS rfm_order_amount,
                    min(sale.day) AS rfm_order_first_date,
                    max(sale.day) AS rfm_order_last_date
                FROM (
                    SELECT sale.partner_id, sale.company_id,
                        (sale.date_order AT TIME ZONE 'UTC'
                            AT TIME ZONE company.tz)::date AS day,
                        sale.date_order >= company.rfm_window_start_at AS recent,
                        round(
                            sale.amount_untaxed
                                / coalesce(nullif(sale.currency_rate, 0), 1),
                            company.decimals
                        ) AS amount
                    FROM %(sale)s sale
                    JOIN company ON company.id = sale.company_id
                    WHERE company.rfm_source = 'order'
                        AND sale.state = 'sale'
                        AND sale.date_order < company.today_end
                ) sale
                GROUP BY sale.partner_id, sale.company_id
                """,
                sale=scope.table("sale_order"),
            ),
            {
                "rfm_order_count": "sum",
                "rfm_order_amount": "sum",
                "rfm_order_first_date": "first",
                "rfm_order_last_date": "last",
            },
        )

    def _figures(self):
        def by_source(invoice, order, otherwise):
            return SQL(
                "CASE company.rfm_source WHEN 'invoice' THEN %s WHEN 'order' THEN %s"
                " ELSE %s END",
                SQL.identifier("base", invoice),
                SQL.identifier("base", order),
                otherwise,
            )

        return {
            **super()._figures(),
            "rfm_frequency": by_source(
                "rfm_purchase_count", "rfm_order_count", SQL("0")
            ),
            "rfm_monetary": by_source("rfm_revenue", "rfm_order_amount", SQL("0")),
            "rfm_first_purchase_date": by_source(
                "first_purchase_date", "rfm_order_first_date", SQL("NULL")
            ),
            "rfm_last_purchase_date": by_source(
                "last_purchase_date", "rfm_order_last_date", SQL("NULL")
            ),
        }

    # ------------------------------------------------------------------
    # Recency, derived when read
    # ------------------------------------------------------------------

    @api.depends("rfm_last_purchase_date", "company_id")
    def _compute_rfm_recency_days(self):
        for customer in self:
            last = customer.rfm_last_purchase_date
            today = customer.company_id.sudo()._customer_today()
            customer.rfm_recency_days = (today - last).days if last else 0

    def _derived_sql(self, alias):
        return {
            **super()._derived_sql(alias),
            "rfm_recency_days": SQL(
                "(%s - %s.rfm_last_purchase_date)", self._today_sql(alias), alias
            ),
        }

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "rfm_recency_days":
            return self._derived_sql(SQL.identifier(alias))[field_expr]
        return super()._field_to_sql(alias, field_expr, query)

    def _search_rfm_recency_days(self, operator, value):
        return self._search_derived("rfm_recency_days", operator, value)
