from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, date_utils
from odoo.tools.misc import format_date

from .crm_customer import PROFIT

# Months of the revenue chart, the current one included.
MONTHS = 24

# {bucket: (first, last day past due)}, None where it is open.
AGING_DAYS = {
    "aging_not_due": (None, 0),
    "aging_1_30": (1, 30),
    "aging_31_60": (31, 60),
    "aging_61_90": (61, 90),
    "aging_91_120": (91, 120),
    "aging_121_plus": (121, None),
}


class CrmCustomer(models.Model):
    """Charts of the 360 page, as data that the widgets draw.

    Every chart is a dict of

    - ``title``: what it shows, for those who cannot see it;
    - ``empty``: what will appear and when, instead of the chart; False when there is
      something to draw;
    - ``currency_id``: of all amounts;
    - ``keys``, ``labels``: one of each for every position of the axis;
    - ``series``: list of ``{"key", "label", "values"}``, one value for every position.

    Amounts are in company currency. Labels are in the reader's language.
    """

    _inherit = "crm.customer"

    month_chart = fields.Json(
        string="Revenue by Month",
        compute="_compute_month_chart",
        exportable=False,
        help="Revenue of each of the last 24 months, this month up to today, and the "
        "margin for those who may see it.",
    )
    aging_chart = fields.Json(
        string="Receivable by Age",
        compute="_compute_aging_chart",
        exportable=False,
        help="Open items by days past due, and what was paid or credited but not yet "
        "allocated, as a negative amount.",
    )
    contribution_chart = fields.Json(
        string="From Revenue to Contribution",
        compute="_compute_contribution_chart",
        exportable=False,
        groups=PROFIT,
        help="What is left of the window's revenue after each kind of cost.",
    )

    @api.depends("computed_at", "purchase_count")
    @api.depends_context("uid", "lang")
    def _compute_month_chart(self):
        """Chart of the months, with two keys more.

        ``split``: position of the first of the last twelve months; ``parts``: what
        the months before it and from it are called.
        """
        _ = self.env._
        profit = self.env.user.has_group(PROFIT)
        amounts = self._month_amounts()
        for customer in self:
            months = customer._chart_months()
            by_month = amounts.get((customer.partner_id.id, customer.company_id.id), {})
            values = [by_month.get(month, (0.0, 0.0)) for month in months]
            series = [
                {
                    "key": "revenue",
                    "label": _("Revenue"),
                    "values": [revenue for revenue, _margin in values],
                }
            ]
            if profit:
                series.append(
                    {
                        "key": "margin",
                        "label": _("Margin"),
                        "values": [margin for _revenue, margin in values],
                    }
                )
            if by_month:
                empty = False
            elif customer.purchase_count:
                empty = _("No invoice in the last %s months.", MONTHS)
            else:
                empty = _("Revenue by month appears with the first posted invoice.")
            customer.month_chart = {
                "title": _("Revenue and margin by month")
                if profit
                else _("Revenue by month"),
                "empty": empty,
                "currency_id": customer.currency_id.id,
                "keys": [fields.Date.to_string(month) for month in months],
                "labels": [
                    format_date(self.env, month, date_format="MMM yyyy")
                    for month in months
                ],
                "series": series,
                "split": MONTHS - 12,
                "parts": [
                    _("Revenue, year before"),
                    _("Revenue, last 12 months"),
                ],
            }

    @api.depends(*AGING_DAYS, "credit_unallocated")
    @api.depends_context("lang")
    def _compute_aging_chart(self):
        _ = self.env._
        keys = [*AGING_DAYS, "credit_unallocated"]
        labels = [
            _("Not due"),
            "1–30",
            "31–60",
            "61–90",
            "91–120",
            _("Over 120"),
            _("Credit"),
        ]
        for customer in self:
            values = [customer[name] for name in AGING_DAYS]
            # Not -0.0 where there is none.
            values.append(0.0 - customer.credit_unallocated)
            customer.aging_chart = {
                "title": _("Receivable by days past due"),
                "empty": not any(values)
                and _(
                    "Nothing is open. What the customer owes appears here by days "
                    "past due."
                ),
                "currency_id": customer.currency_id.id,
                "keys": keys,
                "labels": labels,
                "series": [
                    {"key": "amount", "label": _("Receivable"), "values": values}
                ],
            }

    @api.depends("computed_at", "contribution")
    @api.depends_context("lang")
    def _compute_contribution_chart(self):
        """Chart of the way from revenue to contribution, with ``totals``.

        ``totals`` tells by position whether the value is what is left there, or what
        is taken off (negative: a cost).
        """
        _ = self.env._
        months = {
            company: company.sudo().root_id.customer_window_months
            for company in self.company_id
        }
        for customer in self:
            bars = customer._contribution_bars()
            values = [amount for _key, _label, amount, _total in bars]
            customer.contribution_chart = {
                "title": _("From revenue to contribution"),
                "empty": not any(values)
                and _(
                    "The way from revenue to contribution appears with the first "
                    "invoice of the last %s months.",
                    months[customer.company_id],
                ),
                "currency_id": customer.currency_id.id,
                "keys": [key for key, _label, _amount, _total in bars],
                "labels": [label for _key, label, _amount, _total in bars],
                "series": [{"key": "amount", "label": _("Amount"), "values": values}],
                "totals": [total for _key, _label, _amount, total in bars],
            }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_month(self, month):
        """Open the invoices whose untaxed sum is the revenue of a month.

        :param month: first day of the month, ``YYYY-MM-DD``
        """
        first = date_utils.start_of(fields.Date.to_date(month), "month")
        today = self._period()["today"]
        return self._open_documents(
            self.env._(
                "Invoices of %s",
                format_date(self.env, first, date_format="MMMM yyyy"),
            ),
            "account.move",
            Domain("commercial_partner_id.commercial_partner_id", "=", self._partner())
            & Domain("company_id", "=", self.company_id.id)
            & Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">=", first)
            & Domain(
                "invoice_date", "<=", min(today, date_utils.end_of(first, "month"))
            ),
            "account.view_out_invoice_tree",
        )

    def action_open_aging(self, bucket):
        """Open the journal items whose residual is a bucket of the receivable.

        :param bucket: name of the figure, ``aging_…`` or ``credit_unallocated``; the
            residuals of the latter are negative
        """
        if bucket == "credit_unallocated":
            amount = Domain("amount_residual", "<", 0)
        elif bucket in AGING_DAYS:
            amount = Domain("amount_residual", ">", 0) & self._due_domain(bucket)
        else:
            raise UserError(self.env._("There is no age of receivables “%s”.", bucket))
        return self._open_items(
            self._fields[bucket]._description_string(self.env),
            self._open_receivable() & amount,
        )

    # ------------------------------------------------------------------
    # Data
    # ------------------------------------------------------------------

    def _due_domain(self, bucket):
        """Return the domain of the items whose due date lies in a bucket."""
        today = self._period()["today"]
        first, last = AGING_DAYS[bucket]
        domain = Domain.TRUE
        for days, operator in ((first, "<="), (last, ">=")):
            if days is not None:
                day = today - relativedelta(days=days)
                domain &= Domain("date_maturity", operator, day) | (
                    Domain("date_maturity", "=", False) & Domain("date", operator, day)
                )
        return domain

    def _chart_months(self):
        """Return the first days of the months of the chart, oldest first."""
        current = date_utils.start_of(self._period()["today"], "month")
        return [
            current - relativedelta(months=count) for count in reversed(range(MONTHS))
        ]

    def _month_amounts(self):
        """Return revenue and margin by month, for the months of the chart.

        Revenue is that of `revenue_total`, by invoice date.

        :return: ``{(partner_id, company_id): {first day: (revenue, margin)}}``, only
            months that have an invoice
        """
        if not self.ids:
            return {}
        first_of_company = {customer.company_id: customer for customer in self}
        companies = [
            SQL(
                "(%s, %s::date, %s::date)",
                company.id,
                customer._chart_months()[0],
                customer._period()["today"],
            )
            for company, customer in first_of_company.items()
        ]
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.commercial_partner_id, line.company_id,
                    date_trunc('month', move.invoice_date)::date,
                    -sum(line.balance),
                    -sum(line.balance) - sum(coalesce(line.sale_cost, 0))
                FROM res_partner partner
                JOIN account_move move ON move.commercial_partner_id = partner.id
                JOIN (VALUES %(companies)s) company (id, first, today)
                    ON company.id = move.company_id
                JOIN account_move_line line ON line.move_id = move.id
                WHERE partner.commercial_partner_id = ANY(%(partners)s)
                    AND move.state = 'posted'
                    AND move.move_type <> 'entry'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    AND move.invoice_date BETWEEN company.first AND company.today
                    AND line.display_type = 'product'
                GROUP BY 1, 2, 3
                """,
                companies=SQL(", ").join(companies),
                partners=self.partner_id.ids,
            )
        )
        amounts = {}
        for partner_id, company_id, month, revenue, margin in rows:
            by_month = amounts.setdefault((partner_id, company_id), {})
            by_month[month] = (float(revenue), float(margin))
        return amounts

    def _contribution_steps(self):
        """Return the figures taken off a customer's margin, in the order shown.

        An addon that adds to `_customer_costs` adds the stored figure, positive, here.
        """
        return ["service_cost", "credit_cost"]

    def _contribution_bars(self):
        """Return ``[(key, label, amount, is a total)]`` from revenue to contribution.

        What is taken off is negative. A cost that no step tells is called "other", so
        that the steps always add up.
        """
        self.ensure_one()
        steps = self._contribution_steps()
        other = self.contribution - self.margin + sum(self[name] for name in steps)
        other = self.currency_id.round(other) if self.currency_id else other
        bars = [("revenue", self.revenue, True), ("cost", -self.cost, False)]
        bars.append(("margin", self.margin, True))
        bars += [(name, -self[name], False) for name in steps]
        labels = {
            name: self._fields[name]._description_string(self.env)
            for name, _amount, _total in bars
        }
        if other:
            bars.append(("other", other, False))
            labels["other"] = self.env._("Other costs")
        labels["contribution"] = self._fields["contribution"]._description_string(
            self.env
        )
        bars.append(("contribution", self.contribution, True))
        # Adding zero makes a zero of -0.0.
        return [(key, labels[key], amount + 0.0, total) for key, amount, total in bars]
