from odoo import models
from odoo.tools import SQL

# Ratios of sums: {figure: (what is divided, by what)}, each a sum of stored figures,
# `-` taking one off. The average of ratios would let a small customer weigh as much as
# a large one.
RATIOS = {
    "refund_rate": (("refund",), ("revenue", "refund")),
    "margin_rate": (("margin",), ("revenue",)),
    "contribution_rate": (("contribution",), ("revenue",)),
    "revenue_growth": (("revenue", "-revenue_previous"), ("revenue_previous",)),
    "order_average": (("order_amount",), ("order_count",)),
    "win_rate": (("won_count",), ("won_count", "lost_count")),
}


class CrmCustomer(models.Model):
    """Figures of a group of customers, in lists and pivots.

    The rate of a group is that of the group taken as one customer: Σ ÷ Σ, empty where
    it would be empty for a customer. `days_to_pay`, `payment_delay`, `cadence_days` and
    `lateness` remain averages over the customers.
    """

    _inherit = "crm.customer"

    def _read_group_select(self, aggregate_spec, query):
        name, _sep, function = aggregate_spec.partition(":")
        if function != "avg":
            return super()._read_group_select(aggregate_spec, query)
        # Also checks the access to the figure itself, not only to its parts.
        average = super()._read_group_select(aggregate_spec, query)
        if name in RATIOS:
            return self._ratio_sql(name, query)
        if name == "credit_used":
            return self._credit_used_sql(query)
        if name == "csat":
            return self._weighted_sql("csat", "rating_count", query)
        if name == "open_delay" and not self._several_currencies():
            return self._weighted_sql("open_delay", "overdue", query)
        if name == "dso" and not self._several_currencies():
            return self._dso_sql(query)
        return average

    def _read_group_empty_value(self, spec):
        """Tell a figure that means nothing for a group (False) from one that is 0."""
        name, _sep, function = spec.partition(":")
        if function == "avg" and name in self._nullable_figures():
            return False
        return super()._read_group_empty_value(spec)

    def _several_currencies(self):
        return len(self.env.companies.currency_id) > 1

    def _ratio_sql(self, name, query):
        """Return the SQL of a ratio of sums over the group."""
        divided, divisor = (
            SQL(" + ").join(self._term_sql(term, query) for term in terms)
            for terms in RATIOS[name]
        )
        return SQL(
            "(%(divided)s)::numeric / CASE WHEN %(divisor)s > 0 THEN %(divisor)s END",
            divided=divided,
            divisor=divisor,
        )

    def _credit_used_sql(self, query):
        """Return the SQL of the part of their limits used by those who have one."""
        limited = SQL("%s > 0", self._field_to_sql(self._table, "credit_limit", query))
        return SQL(
            "%(exposure)s FILTER (WHERE %(limited)s)"
            " / %(limit)s FILTER (WHERE %(limited)s)",
            exposure=self._sum_sql("exposure", query),
            limit=self._sum_sql("credit_limit", query),
            limited=limited,
        )

    def _term_sql(self, term, query):
        if term.startswith("-"):
            return SQL("-%s", self._sum_sql(term[1:], query))
        return self._sum_sql(term, query)

    def _sum_sql(self, name, query):
        """Return the SQL of a sum; money of several currencies is converted.

        At today's rate, as native lists show the sums themselves.
        """
        convert = self._fields[name].type == "monetary" and self._several_currencies()
        function = "sum_currency" if convert else "sum"
        return self._read_group_select(f"{name}:{function}", query)

    def _weighted_sql(self, name, weight, query):
        """Return the SQL of the average of a figure, each customer by its weight."""
        figure = self._field_to_sql(self._table, name, query)
        weight = self._field_to_sql(self._table, weight, query)
        return SQL(
            "sum((%(figure)s) * %(weight)s) / nullif(sum(%(weight)s), 0)",
            figure=figure,
            weight=weight,
        )

    def _dso_sql(self, query):
        """Return the SQL of the days sales outstanding of the group.

        Receivable ÷ what is invoiced per day, the window having the length that each
        company's setting gives it.
        """
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        days = SQL(
            "CASE %s %s END",
            self._field_to_sql(self._table, "company_id", query),
            SQL(" ").join(
                SQL("WHEN %s THEN %s", c.id, c._customer_period()["window_days"])
                for c in companies.search([])
            ),
        )
        per_day = SQL(
            "sum(%s::numeric / (%s))",
            self._field_to_sql(self._table, "invoiced", query),
            days,
        )
        return SQL(
            "sum(%(receivable)s) / CASE WHEN %(per_day)s > 0 THEN %(per_day)s END",
            receivable=self._field_to_sql(self._table, "receivable", query),
            per_day=per_day,
        )
