from odoo import models
from odoo.tools import format_amount, formatLang


class CrmLoyaltyPortal(models.AbstractModel):
    """Amounts and the program's rules in words for the customer."""

    _inherit = "crm.loyalty.portal"

    def _number(self, value):
        return formatLang(self.env, value, digits=0 if value == int(value) else 2)

    def _points(self, program, points):
        """Return points with the name they have in the program."""
        currency = program.currency_id
        if currency and program.portal_point_name == currency.symbol:
            return format_amount(self.env, points, currency)
        return f"{self._number(points)} {program.portal_point_name or ''}".strip()

    def _measure(self, program, currency, amount):
        """Return an amount of what counts for a tier, with its unit."""
        if program.tier_measure == "spend":
            return format_amount(self.env, amount, currency)
        if program.tier_measure == "orders":
            if amount == 1:
                return self.env._("1 purchase")
            return self.env._("%s purchases", self._number(amount))
        return self._points(program, amount)

    def _gives(self, tier):
        """Return what a tier gives by itself, beside what its text says.

        The name of its pricelist is not for customers; what points are multiplied by
        is no news where the program keeps its points to itself.
        """
        lines = []
        if tier.point_factor > 1 and tier.program_id.portal_visible:
            factor = tier.point_factor
            digits = next(n for n in (0, 1, 2) if n == 2 or round(factor, n) == factor)
            lines.append(
                self.env._("%s × points", formatLang(self.env, factor, digits=digits))
            )
        if tier.pricelist_id:
            lines.append(self.env._("Special prices"))
        if tier.payment_term_id:
            lines.append(self.env._("Payment terms: %s", tier.payment_term_id.name))
        if tier.coupon_program_id.active:
            lines.append(self.env._("A coupon as a welcome"))
        return lines

    def _earn(self, program):
        """Return how points are earned, from the rules of the program."""
        result = []
        for rule in program.rule_ids.filtered(lambda rule: rule.mode == "auto"):
            values = {
                "points": self._points(program, rule.reward_point_amount),
                "money": format_amount(self.env, 1, program.currency_id),
                "least": format_amount(
                    self.env, rule.minimum_amount, program.currency_id
                ),
            }
            words = {
                "order": self.env._("%(points)s for every order", **values),
                "money": self.env._("%(points)s for every %(money)s spent", **values),
                "unit": self.env._("%(points)s for every unit bought", **values),
            }[rule.reward_point_mode]
            if rule.minimum_amount:
                words = self.env._(
                    "%(words)s, on orders of %(least)s and more", words=words, **values
                )
            result.append(words)
        return result

    def _rules(self, program):
        """Return the rules of the tiers in plain words, from the program's settings."""
        months = program.tier_months
        counts = {
            "spend": self.env._(
                "What counts is what you buy, untaxed, less what you return."
            ),
            "orders": self.env._("What counts is the number of your purchases."),
        }.get(
            program.tier_measure,
            self.env._("What counts is the points you earn, used or not."),
        )
        window, kept = {
            "calendar": (
                self.env._("It is counted from 1 January to 31 December."),
                self.env._(
                    "You move up as soon as you reach a tier, and keep it to the end "
                    "of the year at least."
                ),
            ),
            "rolling": (
                self.env._("It is counted over the last %s months.", months),
                self.env._(
                    "You move up as soon as you reach a tier, and keep it for %s "
                    "months at least.",
                    months,
                ),
            ),
            "anniversary": (
                self.env._("It is counted from the day you joined, year by year."),
                self.env._(
                    "You move up as soon as you reach a tier, and keep it to the next "
                    "anniversary of joining at least."
                ),
            ),
            "lifetime": (
                self.env._("It is counted from your first purchase on."),
                self.env._(
                    "You move up as soon as you reach a tier, and keep it for good."
                ),
            ),
        }[program.tier_window]
        rules = [counts, window, kept]
        if program.tier_window != "lifetime":
            rules.append(
                self.env._(
                    "If you do not reach it again by then, you move one tier down."
                )
                if program.tier_drop == "one"
                else self.env._(
                    "If you do not reach it again by then, you move to the tier that "
                    "you reached."
                )
            )
            if program.tier_grace_days:
                rules.append(
                    self.env._(
                        "For %s days after that you can still bring what is missing.",
                        program.tier_grace_days,
                    )
                )
        return rules
