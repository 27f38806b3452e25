from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """Thresholds of the verdict; branches share those of their root company."""

    _inherit = "res.company"

    customer_overdue_share = fields.Float(
        string="Overdue Share",
        default=50.0,
        help="Risk when more than this percentage of the open items is overdue.",
    )
    customer_late_watch_days = fields.Integer(
        string="Late, Watch",
        default=30,
        help="Watch when an item is more days late than this.",
    )
    customer_late_risk_days = fields.Integer(
        string="Late, Risk",
        default=90,
        help="Risk when an item is more days late than this.",
    )
    customer_credit_watch_share = fields.Float(
        string="Credit Used",
        default=80.0,
        help="Watch when more than this percentage of the credit limit is used; above "
        "the limit it is Risk.",
    )
    customer_payment_delay_days = fields.Float(
        string="Payment Delay",
        default=15.0,
        help="Watch when payments of the window came more days after their due date "
        "than this, on average.",
    )
    customer_margin_target = fields.Float(
        string="Margin Target",
        help="Watch when the margin is a smaller percentage of revenue than this; 0 "
        "means no target.",
    )
    customer_slowing_lateness = fields.Float(
        string="Slowing",
        default=1.5,
        help="Slowing when nothing was bought for more than this many times the "
        "customer's own cadence.",
    )
    customer_lost_lateness = fields.Float(
        string="Lost",
        default=3.0,
        help="Lost when nothing was bought for more than this many times the "
        "customer's own cadence.",
    )
    customer_new_days = fields.Integer(
        string="New Customer",
        default=90,
        help="New for this many days after the first purchase.",
    )
    customer_small_share = fields.Float(
        string="Small Amounts",
        default=1.0,
        help="Amounts up to this percentage of the customer's revenue light nothing.",
    )

    customer_alert = fields.Boolean(
        string="Alert Salespeople",
        default=True,
        help="Plan an activity for the salesperson when the state of a customer gets "
        "worse.",
    )
    customer_alert_limit = fields.Integer(
        string="Alerts a Night",
        default=10,
        help="At most this many alerts for one salesperson at a time, about the "
        "customers with the largest revenue.",
    )

    _customer_alert_limit = models.Constraint(
        "CHECK (customer_alert_limit BETWEEN 0 AND 1000)",
        "A salesperson gets 0 to 1000 alerts at a time.",
    )
    _customer_verdict_days = models.Constraint(
        "CHECK (customer_late_watch_days >= 0"
        " AND customer_late_watch_days < customer_late_risk_days)",
        "The days late for Watch must be fewer than those for Risk, and not negative.",
    )
    _customer_verdict_lateness = models.Constraint(
        "CHECK (customer_slowing_lateness >= 1"
        " AND customer_slowing_lateness < customer_lost_lateness)",
        "Slowing must come before Lost, and not before one cadence has passed.",
    )
    _customer_verdict_new = models.Constraint(
        "CHECK (customer_new_days BETWEEN 0 AND 3650)",
        "A customer is new for 0 to 3650 days.",
    )

    @api.constrains(
        "customer_overdue_share",
        "customer_credit_watch_share",
        "customer_margin_target",
        "customer_small_share",
    )
    def _check_customer_shares(self):
        names = (
            "customer_overdue_share",
            "customer_credit_watch_share",
            "customer_margin_target",
            "customer_small_share",
        )
        for company in self:
            for name in names:
                if not 0 <= company[name] <= 100:
                    raise ValidationError(
                        self.env._(
                            "%(field)s of %(company)s is a percentage: it must be "
                            "between 0 and 100.",
                            field=self._fields[name]._description_string(self.env),
                            company=company.name,
                        )
                    )

    @api.constrains("customer_payment_delay_days")
    def _check_customer_payment_delay(self):
        for company in self:
            if company.customer_payment_delay_days < 0:
                raise ValidationError(
                    self.env._(
                        "The payment delay of %(company)s is a number of days: it "
                        "cannot be negative.",
                        company=company.name,
                    )
                )
