from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_customer_scope import VERDICT_COLUMNS

# Settings that the figures of all customers depend on.
CUSTOMER_SETTINGS = (
    "customer_window_months",
    "customer_pareto_measure",
    "customer_pareto_a",
    "customer_pareto_b",
    "customer_order_cost",
    "customer_credit_note_cost",
    "customer_meeting_hour_cost",
    "customer_activity_cost",
    "customer_capital_rate",
    *(f"customer_{name}" for name in VERDICT_COLUMNS),
)


def customer_period(now, tz, months):
    """Return the days and moments that bound a company's figures.

    The window is ``(today - window, today]``, so it starts on the day after
    ``today - window``; the previous window has the same number of months.

    :param now: naive UTC datetime
    :param tz: name of the company's timezone
    :param months: length of the window
    :return: dict of dates ``today``, ``window_start``, ``previous_start`` (first days),
        ``window_days`` (int), and naive UTC datetimes ``window_start_at`` and
        ``today_end`` (first moment of tomorrow)
    """
    timezone = pytz.timezone(tz)
    today = pytz.utc.localize(now).astimezone(timezone).date()
    one_day = timedelta(days=1)
    window_start = today - relativedelta(months=months) + one_day

    def midnight(day):
        moment = timezone.localize(datetime.combine(day, time.min))
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    return {
        "today": today,
        "window_start": window_start,
        "previous_start": today - relativedelta(months=2 * months) + one_day,
        "window_days": (today - window_start).days + 1,
        "window_start_at": midnight(window_start),
        "today_end": midnight(today + one_day),
    }


class ResCompany(models.Model):
    """Settings of the customer figures.

    They are read from the root company: branches share the settings of the company
    they belong to.
    """

    _inherit = "res.company"

    customer_window_months = fields.Integer(
        string="Customer Window",
        default=12,
        help="Number of months, up to today, in which the customer figures count "
        "documents: revenue, margin, orders, payments received, ratings.",
    )
    customer_pareto_measure = fields.Selection(
        selection=[("revenue", "Revenue"), ("contribution", "Contribution")],
        string="Pareto Measure",
        default="revenue",
        required=True,
        help="Figure by which customers are classified A, B, C and D.",
    )
    customer_pareto_a = fields.Float(
        string="Class A Share",
        default=80.0,
        help="Customers are A until this percentage of the total is reached.",
    )
    customer_pareto_b = fields.Float(
        string="Class B Share",
        default=95.0,
        help="Customers are B until this percentage of the total is reached; "
        "those behind are C, those who bring nothing are D.",
    )
    customer_order_cost = fields.Monetary(
        string="Cost per Order",
        help="Cost of handling one confirmed order, counted in the cost to serve.",
    )
    customer_credit_note_cost = fields.Monetary(
        string="Cost per Credit Note",
        help="Cost of handling one credit note, counted in the cost to serve.",
    )
    customer_meeting_hour_cost = fields.Monetary(
        string="Cost per Meeting Hour",
        help="Cost of one hour of meeting with a customer, counted in the cost to "
        "serve.",
    )
    customer_activity_cost = fields.Monetary(
        string="Cost per Activity",
        help="Cost of one activity done for a customer (call, mail, task), counted "
        "in the cost to serve.",
    )
    customer_capital_rate = fields.Float(
        string="Cost of Capital",
        help="Yearly rate, in percent, at which the money that customers owe is "
        "financed.",
    )
    customer_refreshed_at = fields.Datetime(
        string="Customer Figures Refreshed",
        readonly=True,
        help="End of the last refresh of all customers.",
    )

    _customer_window_positive = models.Constraint(
        "CHECK (customer_window_months BETWEEN 1 AND 120)",
        "The customer window must be between 1 and 120 months.",
    )
    _customer_pareto_shares = models.Constraint(
        "CHECK (customer_pareto_a > 0 AND customer_pareto_a < customer_pareto_b"
        " AND customer_pareto_b <= 100)",
        "The Pareto shares must grow: class A above 0, class B above class A, at "
        "most 100 percent.",
    )

    @api.constrains(
        "customer_order_cost",
        "customer_credit_note_cost",
        "customer_meeting_hour_cost",
        "customer_activity_cost",
        "customer_capital_rate",
    )
    def _check_customer_rates(self):
        rates = (
            "customer_order_cost",
            "customer_credit_note_cost",
            "customer_meeting_hour_cost",
            "customer_activity_cost",
            "customer_capital_rate",
        )
        for company in self:
            for name in rates:
                if company[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "%(field)s of %(company)s is a cost: it cannot be "
                            "negative.",
                            field=self._fields[name]._description_string(self.env),
                            company=company.name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env.registry.clear_cache()  # crm.customer._company_settings
        return companies

    def write(self, vals):
        """Have all customers refreshed soon after one of their settings changes."""
        names = [name for name in CUSTOMER_SETTINGS if name in vals]
        before = [[company[name] for name in names] for company in self]
        result = super().write(vals)
        if set(vals) != {"customer_refreshed_at"}:
            self.env.registry.clear_cache()  # crm.customer._company_settings
        if before != [[company[name] for name in names] for company in self]:
            cron = self.env.ref(
                "crm_customer360.ir_cron_refresh_all", raise_if_not_found=False
            )
            if cron:
                cron.sudo()._trigger()
        return result

    def _customer_timezone(self):
        """Return the timezone in which this company's days begin and end."""
        self.ensure_one()
        return pytz.timezone(
            self.partner_id.tz or self.root_id.partner_id.tz or "UTC",
        )

    def _customer_today(self):
        """Return the company's date: today in its partner's timezone, else in UTC."""
        return self._customer_period()["today"]

    def _customer_period(self):
        """Return the days and moments that bound this company's figures."""
        self.ensure_one()
        return customer_period(
            fields.Datetime.now(),
            self._customer_timezone().zone,
            self.root_id.customer_window_months,
        )
