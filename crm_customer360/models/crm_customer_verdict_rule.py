from dataclasses import dataclass, field

from odoo import models
from odoo.tools import SQL


@dataclass(frozen=True)
class Rule:
    """One thing that may light up: a code, and when it is risk, watch or just said.

    The conditions are SQL over `base`, `company`, `partner` and `derived`, as in
    `crm.customer._figures`; NULL counts as false.

    :param code: what `state_reasons` calls it.
    :param light: ``financial``, ``engagement`` or ``profit``.
    :param risk: condition of level ``risk``.
    :param watch: condition of level ``watch``.
    :param info: condition to say it without lighting anything.
    :param action: method of `crm.customer` that opens the documents behind it.
    :param figures: ``{name: field of crm.customer or "company.<setting>"}``, what the
        reason's words need; ``risk_<name>`` stands in for `name` at level ``risk``.
    """

    code: str
    light: str
    risk: SQL = SQL("FALSE")
    watch: SQL = SQL("FALSE")
    info: SQL = SQL("FALSE")
    action: str | None = None
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def level(self):
        """The level as SQL number: 2 risk, 1 watch, 0 said, NULL nothing."""
        return SQL(
            "CASE WHEN %s THEN 2 WHEN %s THEN 1 WHEN %s THEN 0 END",
            self.risk,
            self.watch,
            self.info,
        )


class CrmCustomer(models.Model):
    """The rules of the verdict; addons extend `_verdict_rules`."""

    _inherit = "crm.customer"

    def _verdict_rules(self):
        """Return the rules, in the order in which reasons of one level are shown.

        :return: list of `Rule`
        """
        return [*self._financial_rules(), *self._profit_rules(), *self._habit_rules()]

    def _financial_rules(self):
        return [
            Rule(
                "oldest_overdue",
                "financial",
                action="action_open_late",
                risk=SQL("base.late_risk > derived.small_amount"),
                watch=SQL("base.late_watch > derived.small_amount"),
                figures={
                    "days": "late_days",
                    "amount": "late_watch",
                    "risk_amount": "late_risk",
                    "limit": "company.customer_late_watch_days",
                    "risk_limit": "company.customer_late_risk_days",
                },
            ),
            Rule(
                "overdue_share",
                "financial",
                action="action_open_late",
                risk=SQL(
                    "base.late > derived.small_amount"
                    " AND base.late * 100 > base.open_counted * company.overdue_share"
                ),
                figures={
                    "amount": "late",
                    "total": "open_counted",
                    "limit": "company.customer_overdue_share",
                },
            ),
            Rule(
                "credit_limit",
                "financial",
                action="action_open_exposure",
                risk=SQL(
                    "derived.credit_limit > 0 AND derived.exposure"
                    " - derived.credit_limit > derived.small_amount"
                ),
                watch=SQL(
                    "derived.credit_limit > 0 AND derived.exposure * 100"
                    " > derived.credit_limit * company.credit_watch_share"
                ),
                figures={
                    "amount": "exposure",
                    "total": "credit_limit",
                    "limit": "company.customer_credit_watch_share",
                },
            ),
            Rule(
                "bad_debtor",
                "financial",
                action="action_open_partner",
                risk=SQL(
                    "coalesce(partner.trust ->> company.id::text,"
                    " company.default_trust) = 'bad'"
                ),
            ),
            Rule(
                "payment_delay",
                "financial",
                action="action_open_settled",
                watch=SQL(
                    "base.settled > 0 AND base.settled_late_days"
                    " > base.settled * company.payment_delay_days"
                ),
                figures={
                    "days": "payment_delay",
                    "limit": "company.customer_payment_delay_days",
                },
            ),
            Rule(
                "on_hold",
                "financial",
                action="action_open_held",
                info=SQL("base.late_held > 0"),
                figures={"amount": "late_held", "until": "late_held_until"},
            ),
            Rule(
                "paid_not_booked",
                "financial",
                action="action_open_paid",
                info=SQL("base.late_paid > 0"),
                figures={"amount": "late_paid"},
            ),
        ]

    def _profit_rules(self):
        """Rules of the profit light; effort for a prospect is no loss yet."""
        return [
            Rule(
                "negative_contribution",
                "profit",
                action="action_open_margin",
                risk=SQL(
                    "-derived.contribution > derived.small_amount"
                    " AND base.purchase_count > 0"
                ),
                figures={
                    "amount": "contribution",
                    "margin": "margin",
                    "service_cost": "service_cost",
                    "credit_cost": "credit_cost",
                },
            ),
            Rule(
                "low_margin",
                "profit",
                action="action_open_margin",
                watch=SQL(
                    "company.margin_target > 0 AND base.revenue > 0"
                    " AND derived.margin * 100 < base.revenue * company.margin_target"
                ),
                figures={
                    "rate": "margin_rate",
                    "limit": "company.customer_margin_target",
                },
            ),
        ]

    def _habit_rules(self):
        """Rules of the engagement light; a new customer's habit is not known yet."""
        return [
            Rule(
                "silent",
                "engagement",
                action="action_open_purchases",
                risk=SQL(
                    "NOT derived.is_new AND derived.silence"
                    " > derived.cadence_days * company.lost_lateness"
                ),
                watch=SQL(
                    "NOT derived.is_new AND derived.silence"
                    " > derived.cadence_days * company.slowing_lateness"
                ),
                figures={
                    "lateness": "lateness",
                    "cadence": "cadence_days",
                    "date": "last_purchase_date",
                    "expected": "expected_purchase_date",
                },
            ),
            Rule(
                "no_purchase",
                "engagement",
                action="action_open_purchases",
                risk=SQL("base.last_purchase_date < company.previous_start"),
                figures={
                    "date": "last_purchase_date",
                    "months": "company.customer_window_months",
                },
            ),
        ]
