from odoo import fields, models
from odoo.tools import SQL

from .crm_customer import ENGAGEMENT_STATES, PROFIT, STATES


class CrmCustomer(models.Model):
    """Verdict: three lights, the state made of them, and the codes of the reasons.

    The lights are stored by the refresh together with the figures; so are the codes of
    the rules that lit them, whose figures and words are found when they are read
    (`state_reasons`): days that pass change no row. Profit is kept in columns of its
    own, which only `group_profitability` reads.
    """

    _inherit = "crm.customer"

    # What counts as late
    open_counted = fields.Monetary(
        string="Counted Items",
        readonly=True,
        help="Open items that the verdict looks at: without those on hold, and those "
        "that are paid but not yet in the books.",
    )
    late = fields.Monetary(
        string="Late, Net",
        readonly=True,
        help="Overdue items that the verdict looks at, unallocated credits taken off "
        "the oldest first.",
    )
    late_watch = fields.Monetary(
        string="Late Beyond First Limit",
        readonly=True,
        help="Part of the late items that is older than the limit for Watch.",
    )
    late_risk = fields.Monetary(
        string="Late Beyond Second Limit",
        readonly=True,
        help="Part of the late items that is older than the limit for Risk.",
    )
    late_since = fields.Date(
        readonly=True, help="Due date of the oldest item that counts as late."
    )
    late_paid = fields.Monetary(
        string="Late but Paid",
        readonly=True,
        help="Overdue items of invoices that are paid but not yet in the books.",
    )
    late_held = fields.Monetary(
        string="Late but on Hold",
        readonly=True,
        help="Overdue items of invoices disputed or promised until a date.",
    )
    late_held_until = fields.Date(
        string="Hold Until", readonly=True, help="The first of the dates of the holds."
    )

    # Lights
    financial_state = fields.Selection(
        selection=STATES,
        string="Financial",
        readonly=True,
        help="How the customer pays: overdue items, credit limit, delay of payments.",
    )
    engagement_state = fields.Selection(
        selection=ENGAGEMENT_STATES,
        string="Engagement",
        readonly=True,
        help="How the customer buys, measured by its own cadence. New and Prospect "
        "are neither good nor bad.",
    )
    profit_state = fields.Selection(
        selection=STATES,
        string="Profit",
        readonly=True,
        groups=PROFIT,
        help="What the customer brings after what serving it costs.",
    )
    base_state = fields.Selection(
        selection=STATES,
        string="State without Profit",
        readonly=True,
        help="The worse of the financial and the engagement light, or the verdict set "
        "by hand.",
    )
    full_state = fields.Selection(
        selection=STATES,
        string="State with Profit",
        readonly=True,
        groups=PROFIT,
        help="The worst of the three lights, or the verdict set by hand.",
    )
    manual_state = fields.Selection(
        selection=STATES,
        string="State Set by Hand",
        readonly=True,
        help="Verdict set by hand, as long as it is in force.",
    )
    base_state_since = fields.Datetime(
        readonly=True, help="When the state without profit last changed."
    )
    full_state_since = fields.Datetime(
        readonly=True, groups=PROFIT, help="When the state with profit last changed."
    )
    verdict_codes = fields.Json(
        readonly=True,
        help="Technical: {code: level} of the financial and engagement reasons.",
    )
    profit_codes = fields.Json(
        readonly=True,
        groups=PROFIT,
        help="Technical: {code: level} of the reasons of the profit light.",
    )

    _base_state_idx = models.Index("(company_id, base_state)")

    # ------------------------------------------------------------------
    # Refresh
    # ------------------------------------------------------------------

    def _sources(self):
        return [*super()._sources(), self._source_late_item]

    def _derived_figures(self):
        """Add what the rules compare with.

        Small amounts light nothing: a share of the customer's revenue.
        """
        return {
            **super()._derived_figures(),
            "small_amount": SQL(
                "greatest(base.revenue, 0) * company.small_share / 100"
            ),
            "silence": SQL("company.today - base.last_purchase_date"),
            "is_new": SQL(
                "company.today - base.first_purchase_date < company.new_days"
            ),
        }

    def _verdict_figures(self):
        """Return the levels of the lights, as SQL over the rules' levels.

        A level is 2 for risk, 1 for watch, 0 for good, NULL for no light.

        :return: ``{name: SQL}``, available to `_figures` as ``verdict.<name>``
        """
        manual = SQL(
            """
            (SELECT manual.state FROM crm_customer_verdict manual
            WHERE manual.partner_id = base.partner_id
                AND manual.company_id = base.company_id
                AND manual.date_end >= company.today AND manual.ended IS NOT TRUE
            ORDER BY manual.id DESC LIMIT 1)
            """
        )
        return {
            "financial": self._light_level(
                "financial",
                SQL(
                    "base.purchase_count > 0 OR base.receivable <> 0"
                    " OR base.open_counted > 0 OR base.last_payment_date IS NOT NULL"
                ),
            ),
            "engagement": self._light_level(
                "engagement", SQL("NOT coalesce(derived.is_new, TRUE)")
            ),
            "profit": self._light_level(
                "profit",
                SQL(
                    "base.purchase_count > 0 AND (base.revenue <> 0"
                    " OR base.cost <> 0 OR derived.service_cost <> 0)"
                ),
            ),
            "manual": manual,
        }

    def _light_level(self, light, known):
        """Return the level of a light: the worst of its rules.

        :param known: condition under which a light is good when no rule speaks
        """
        levels = SQL(", ").join(
            SQL.identifier("judged", rule.code)
            for rule in self._verdict_rules()
            if rule.light == light
        )
        return SQL(
            "CASE WHEN %(known)s THEN greatest(0, %(levels)s)"
            " ELSE nullif(greatest(%(levels)s), 0) END",
            known=known,
            levels=levels,
        )

    def _judged_figures(self):
        """Return the level of every rule, available as ``judged.<code>``."""
        return {rule.code: rule.level for rule in self._verdict_rules()}

    def _figures(self):
        late = (
            "open_counted",
            "late",
            "late_watch",
            "late_risk",
            "late_since",
            "late_paid",
            "late_held",
            "late_held_until",
        )
        base = self._state_sql(SQL("greatest(verdict.financial, verdict.engagement)"))
        full = self._state_sql(
            SQL("greatest(verdict.financial, verdict.engagement, verdict.profit)")
        )
        return {
            **super()._figures(),
            **{name: SQL.identifier("base", name) for name in late},
            "financial_state": self._state_sql(SQL("verdict.financial")),
            "profit_state": self._state_sql(SQL("verdict.profit")),
            "engagement_state": SQL(
                "CASE WHEN base.last_purchase_date IS NULL THEN 'prospect'"
                " WHEN derived.is_new THEN 'new'"
                " ELSE (ARRAY['active', 'slowing', 'lost'])[verdict.engagement + 1] END"
            ),
            "manual_state": SQL("verdict.manual"),
            "base_state": SQL("coalesce(verdict.manual, %s)", base),
            "full_state": SQL("coalesce(verdict.manual, %s)", full),
            "verdict_codes": self._codes_sql("financial", "engagement"),
            "profit_codes": self._codes_sql("profit"),
        }

    def _state_sql(self, level):
        return SQL(
            "coalesce((ARRAY['good', 'watch', 'risk'])[(%s) + 1], 'none')", level
        )

    def _codes_sql(self, *lights):
        """Return the codes and levels of the rules of some lights that speak."""
        pairs = [
            SQL(
                "%s::text, (ARRAY['info', 'watch', 'risk'])[%s + 1]",
                rule.code,
                SQL.identifier("judged", rule.code),
            )
            for rule in self._verdict_rules()
            if rule.light in lights
        ]
        return SQL(
            "nullif(jsonb_strip_nulls(jsonb_build_object(%s)), '{}'::jsonb)",
            SQL(", ").join(pairs),
        )
