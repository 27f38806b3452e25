from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .crm_customer import PROFIT

LEVELS = {"risk": 0, "watch": 1, "info": 2}


class CrmCustomer(models.Model):
    """Reasons of the verdict: codes with their figures, and words in the reader's
    language.

    For a rule with the code ``x``, `_words_x` gives the words, and the rule's `action`
    the documents behind it.
    """

    _inherit = "crm.customer"

    state_reasons = fields.Json(
        string="Reasons",
        compute="_compute_state_reasons",
        help="Financial and engagement reasons, the worst first: code, level and "
        "figures.",
    )
    profit_reasons = fields.Json(
        compute="_compute_profit_reasons",
        groups=PROFIT,
        help="Reasons of the profit light: code, level and figures.",
    )
    verdict_lines = fields.Json(
        compute="_compute_verdict_lines",
        help="Technical: the reasons that the reader may see, in words.",
    )
    verdict_summary = fields.Char(
        string="Why",
        compute="_compute_verdict_lines",
        help="The most serious reason of the state.",
    )

    @api.depends("verdict_codes", "computed_at")
    def _compute_state_reasons(self):
        for customer in self:
            customer.state_reasons = customer._reasons(customer.verdict_codes)

    @api.depends("profit_codes", "computed_at")
    def _compute_profit_reasons(self):
        for customer in self:
            customer.profit_reasons = customer._reasons(customer.profit_codes)

    @api.depends("state_reasons", "manual_id")
    @api.depends_context("lang", "uid")
    def _compute_verdict_lines(self):
        profit = self.env.user.has_group(PROFIT)
        rules = {rule.code: rule for rule in self._verdict_rules()}
        for customer in self:
            reasons = list(customer.state_reasons or [])
            if profit:
                reasons += customer.profit_reasons or []
            lines = [
                {
                    "code": reason["code"],
                    "level": reason["level"],
                    "light": rules[reason["code"]].light,
                    "text": getattr(customer, f"_words_{reason['code']}")(reason),
                    "documents": bool(rules[reason["code"]].action),
                }
                for reason in sorted(reasons, key=lambda item: LEVELS[item["level"]])
            ]
            manual = customer.manual_id
            if manual:
                lines.insert(
                    0,
                    {
                        "code": "manual",
                        "level": manual.state,
                        "light": "manual",
                        "text": customer._words_manual(manual),
                        "documents": True,
                    },
                )
            customer.verdict_lines = lines
            lit = [line["text"] for line in lines if line["level"] != "info"]
            customer.verdict_summary = lit[0] if lit else False

    def _reasons(self, codes):
        """Return reasons with their figures, the worst first.

        :param codes: ``{code: level}`` as stored
        :return: ``[{"code": str, "level": str, <figure>: number or ISO date}]``
        """
        self.ensure_one()
        codes = codes or {}
        reasons = [
            {
                "code": rule.code,
                "level": codes[rule.code],
                **self._reason_figures(rule, codes[rule.code]),
            }
            for rule in self._verdict_rules()
            if rule.code in codes
        ]
        return sorted(reasons, key=lambda reason: LEVELS[reason["level"]])

    def _reason_figures(self, rule, level):
        """Return the figures of a reason; ``risk_<name>`` replaces `name` at risk."""
        figures = {}
        for name, source in sorted(rule.figures.items()):
            if name.startswith("risk_"):
                if level != "risk":
                    continue
                name = name.removeprefix("risk_")
            if source.startswith("company."):
                company = self.company_id.sudo().root_id
                value = company[source.removeprefix("company.")]
            else:
                value = self[source]
            if isinstance(value, date):
                value = fields.Date.to_string(value)
            figures[name] = value
        return figures

    def action_open_reason(self, code):
        """Open the documents behind a reason.

        :param code: code of a reason that this customer has
        """
        self.ensure_one()
        lines = self.verdict_lines or []
        if code not in [line["code"] for line in lines if line["documents"]]:
            raise UserError(
                self.env._("This is no longer a reason: the figures have changed.")
            )
        if code == "manual":
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Verdict Set by Hand"),
                "res_model": "crm.customer.verdict",
                "res_id": self.manual_id.id,
                "views": [(False, "form")],
                "target": "new",
            }
        rule = next(rule for rule in self._verdict_rules() if rule.code == code)
        return getattr(self, rule.action)()

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _money(self, amount):
        return self.currency_id.format(amount)

    def _day(self, day):
        return format_date(self.env, day)

    def _words_manual(self, verdict):
        return self.env._(
            "Set by %(author)s until %(date)s: %(reason)s",
            author=verdict.sudo().user_id.name,
            date=self._day(verdict.date_end),
            reason=verdict.reason,
        )

    def _words_oldest_overdue(self, reason):
        return self.env._(
            "%(amount)s is more than %(limit)s days late, the oldest %(days)s days.",
            amount=self._money(reason["amount"]),
            limit=reason["limit"],
            days=reason["days"],
        )

    def _words_overdue_share(self, reason):
        return self.env._(
            "%(amount)s of %(total)s open is overdue: %(share)s %% (limit %(limit)s "
            "%%).",
            amount=self._money(reason["amount"]),
            total=self._money(reason["total"]),
            share=round(reason["amount"] / reason["total"] * 100),
            limit=round(reason["limit"]),
        )

    def _words_credit_limit(self, reason):
        values = {
            "amount": self._money(reason["amount"]),
            "total": self._money(reason["total"]),
            "share": round(reason["amount"] / reason["total"] * 100),
        }
        if reason["level"] == "risk":
            return self.env._(
                "Over the credit limit: %(amount)s of %(total)s used (%(share)s %%).",
                **values,
            )
        return self.env._(
            "%(share)s %% of the credit limit used: %(amount)s of %(total)s.", **values
        )

    def _words_bad_debtor(self, reason):
        return self.env._("Marked as a bad debtor.")

    def _words_payment_delay(self, reason):
        return self.env._(
            "Pays %(days)s days after the due date on average (limit %(limit)s).",
            days=round(reason["days"]),
            limit=round(reason["limit"]),
        )

    def _words_on_hold(self, reason):
        return self.env._(
            "%(amount)s overdue is disputed or promised and left out, the first until "
            "%(date)s.",
            amount=self._money(reason["amount"]),
            date=self._day(reason["until"]),
        )

    def _words_paid_not_booked(self, reason):
        return self.env._(
            "%(amount)s overdue is paid, not yet in the books.",
            amount=self._money(reason["amount"]),
        )

    def _words_negative_contribution(self, reason):
        return self.env._(
            "Costs %(amount)s more than it brings: margin %(margin)s, cost to serve "
            "%(service)s, cost of credit %(credit)s.",
            amount=self._money(-reason["amount"]),
            margin=self._money(reason["margin"]),
            service=self._money(reason["service_cost"]),
            credit=self._money(reason["credit_cost"]),
        )

    def _words_low_margin(self, reason):
        return self.env._(
            "Margin of %(rate)s %%, under the target of %(limit)s %%.",
            rate=round(reason["rate"] * 100, 1),
            limit=round(reason["limit"], 1),
        )

    def _words_silent(self, reason):
        return self.env._(
            "Usually buys every %(cadence)s days, last on %(date)s: expected on "
            "%(expected)s.",
            cadence=round(reason["cadence"]),
            date=self._day(reason["date"]),
            expected=self._day(reason["expected"]),
        )

    def _words_no_purchase(self, reason):
        return self.env._(
            "No purchase since %(date)s, in more than %(months)s months.",
            date=self._day(reason["date"]),
            months=2 * reason["months"],
        )
