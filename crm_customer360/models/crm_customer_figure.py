from odoo import models
from odoo.tools import SQL

# Stored as gathered, under the same name.
GATHERED = (
    "revenue_total",
    "revenue",
    "revenue_previous",
    "refund",
    "cost",
    "cost_cogs",
    "cost_order",
    "cost_standard",
    "cost_estimated",
    "purchase",
    "purchase_count",
    "purchase_day_count",
    "credit_note_count",
    "invoiced",
    "first_purchase_date",
    "last_purchase_date",
    "receivable",
    "credit_unallocated",
    "aging_not_due",
    "aging_1_30",
    "aging_31_60",
    "aging_61_90",
    "aging_91_120",
    "aging_121_plus",
    "overdue_due_sum",
    "payable",
    "oldest_due_date",
    "received",
    "last_payment_date",
    "in_process",
    "in_transit",
    "quotation_count",
    "quotation_amount",
    "order_count",
    "order_amount",
    "to_invoice",
    "opportunity_count",
    "pipeline_amount",
    "won_count",
    "lost_count",
    "meeting_hours",
    "activity_count",
    "analytic_cost",
    "rating_count",
)

# Stored as derived, under the same name.
DERIVED = (
    "overdue",
    "margin",
    "service_cost",
    "credit_cost",
    "contribution",
    "credit_limit",
    "exposure",
    "cadence_days",
)


class CrmCustomer(models.Model):
    """What is gathered and what is made of it: the points where addons extend."""

    _inherit = "crm.customer"

    def _sources(self):
        """Return the methods that give the sources, called with the scope.

        Extend this list to add a source, and `_figures` when a column that it gives
        is not stored under its own name.
        """
        return [
            self._source_revenue,
            self._source_purchase,
            self._source_open_item,
            self._source_receivable_line,
            self._source_write_off,
            self._source_settlement,
            self._source_payment,
            self._source_sale,
            self._source_to_invoice,
            self._source_pipeline,
            self._source_meeting,
            self._source_activity,
            self._source_message,
            self._source_rating,
            self._source_analytic,
            self._source_prospect,
            self._source_known,
        ]

    def _further_windows(self):
        """Return windows other than the company's own in which purchases are added up.

        Each one gives the gathered columns ``<name>_revenue`` (untaxed, refunds
        negative) and ``<name>_purchase_count``, without reading anything once more.

        :return: ``{name: SQL of the first day}``, of columns of `company`
        """
        return {}

    def _figures(self):
        """Return what is stored, as SQL over the gathered columns.

        The expressions may use `base` (the gathered columns: amounts and counts are
        never NULL, dates may be), `company` (settings and dates), `partner` (the
        commercial partner) and `derived` (see `_derived_figures`).

        :return: ``{stored column: SQL}``
        """
        return {
            "currency_id": SQL("company.currency_id"),
            "user_id": SQL("partner.user_id"),
            "country_id": SQL("partner.country_id"),
            **{name: SQL.identifier("base", name) for name in GATHERED},
            **{name: SQL.identifier("derived", name) for name in DERIVED},
            "revenue_growth": SQL(
                "CASE WHEN base.revenue_previous > 0"
                " THEN round(base.revenue / base.revenue_previous - 1, 6) END"
            ),
            "refund_rate": SQL(
                "CASE WHEN base.revenue + base.refund > 0"
                " THEN round(base.refund / (base.revenue + base.refund), 6) END"
            ),
            "margin_rate": SQL(
                "CASE WHEN base.revenue > 0"
                " THEN round(derived.margin / base.revenue, 6) END"
            ),
            "contribution_rate": SQL(
                "CASE WHEN base.revenue > 0"
                " THEN round(derived.contribution / base.revenue, 6) END"
            ),
            "days_to_pay": SQL(
                "CASE WHEN base.settled > 0"
                " THEN round(base.settled_days / base.settled, 2) END"
            ),
            "payment_delay": SQL(
                "CASE WHEN base.settled > 0"
                " THEN round(base.settled_late_days / base.settled, 2) END"
            ),
            "dso": SQL(
                "CASE WHEN base.invoiced > 0 THEN"
                " round(base.receivable / base.invoiced * company.window_days, 2) END"
            ),
            "order_average": SQL(
                "CASE WHEN base.order_count > 0 THEN"
                " round(base.order_amount / base.order_count, company.decimals) END"
            ),
            "credit_used": SQL(
                "CASE WHEN derived.credit_limit > 0"
                " THEN round(derived.exposure / derived.credit_limit, 6) END"
            ),
            "net_position": SQL("base.receivable - base.payable"),
            "expected_purchase_date": SQL(
                "base.last_purchase_date + round(derived.cadence_days)::int"
            ),
            "pipeline_weighted": SQL("round(base.pipeline_weighted, company.decimals)"),
            "win_rate": SQL(
                "CASE WHEN base.won_count + base.lost_count > 0 THEN"
                " round(base.won_count / (base.won_count + base.lost_count), 6) END"
            ),
            "csat": SQL(
                "CASE WHEN base.rating_count > 0"
                " THEN round(base.rating_good / base.rating_count, 6) END"
            ),
            "last_rating_date": SQL(
                "(base.rating_at AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date"
            ),
            "last_contact_date": SQL(
                "greatest(base.contact_date, base.last_purchase_date,"
                " base.last_payment_date,"
                " (base.contact_at AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date)"
            ),
        }

    def _derived_figures(self):
        """Return figures that others are made of, as SQL over `base` and `company`.

        :return: ``{name: SQL}``, available to `_figures` as ``derived.<name>``
        """
        margin = SQL("(base.revenue - base.cost)")
        service_cost = SQL(
            "round(base.order_count * company.order_cost"
            " + base.credit_note_count * company.credit_note_cost"
            " + base.meeting_hours * company.meeting_hour_cost"
            " + base.activity_count * company.activity_cost"
            " + base.analytic_cost, company.decimals)"
        )
        credit_cost = SQL(
            "greatest(round(base.balance_days * company.capital_rate / 100 / 365,"
            " company.decimals), 0)"
        )
        return {
            "overdue": SQL(
                "base.aging_1_30 + base.aging_31_60 + base.aging_61_90"
                " + base.aging_91_120 + base.aging_121_plus"
            ),
            "margin": margin,
            "service_cost": service_cost,
            "credit_cost": credit_cost,
            "contribution": SQL(
                "%s - %s",
                margin,
                SQL(" - ").join([service_cost, credit_cost, *self._customer_costs()]),
            ),
            "credit_limit": SQL(
                "CASE WHEN company.use_credit_limit THEN greatest(coalesce("
                "(partner.credit_limit ->> company.id::text)::numeric,"
                " company.default_credit_limit), 0) ELSE 0 END"
            ),
            "exposure": SQL("base.receivable + base.to_invoice"),
            "cadence_days": SQL(
                "CASE WHEN base.purchase_day_count >= 3 THEN round("
                "(base.last_purchase_date - base.first_purchase_date)::numeric"
                " / (base.purchase_day_count - 1), 2) END"
            ),
        }

    def _customer_costs(self):
        """Return further costs taken off the contribution, as SQL over `base`."""
        return []

    def _figure_columns(self):
        """Return the names of the columns that a refresh writes, sorted."""
        return sorted(self._figures())
