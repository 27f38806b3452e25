from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import periods

# Causes by which the rules bring somebody into a tier.
BY_RULES = ("join", "upgrade", "downgrade")


class CrmCustomer(models.Model):
    """Why a customer has the tier, in words, and the buttons for it."""

    _inherit = "crm.customer"

    tier_story = fields.Json(
        string="Tier and Why",
        compute="_compute_tier_story",
        exportable=False,
        help="The tier, how it came, until when it is kept, and what is missing.",
    )
    tier_color = fields.Integer(related="tier_id.color", string="Colour of the Tier")
    tier_change_ids = fields.Many2many(
        comodel_name="loyalty.tier.change",
        string="History of the Tier",
        compute="_compute_tier_change_ids",
        help="All changes of tier of this customer, the newest first.",
    )
    tier_given = fields.Boolean(
        compute="_compute_tier_given",
        help="Technical: the tier of today was given by hand.",
    )

    @api.depends("tier_manual_id")
    def _compute_tier_given(self):
        for customer in self:
            customer.tier_given = bool(customer.sudo().tier_manual_id)

    @api.depends("tier_id", "tier_since", "tier_until")
    def _compute_tier_change_ids(self):
        changes = self.env["loyalty.tier.change"]
        found = {}
        for change in changes.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.sudo().root_id.ids),
            ]
        ):
            key = change.partner_id, change.company_id
            found[key] = found.get(key, changes) + change
        for customer in self:
            key = customer.partner_id, customer.company_id.sudo().root_id
            customer.tier_change_ids = found.get(key, changes)

    @api.depends("tier_id", "tier_rule_id", "tier_until", "tier_measure")
    @api.depends_context("lang")
    def _compute_tier_story(self):
        """False for who is no member; else a dict of

        - ``name``, ``color``: of the tier;
        - ``hand``: it was given by hand;
        - ``progress``: share of the next tier that is reached, 0 to 1, or False;
        - ``lines``: list of ``{"code", "level", "text"}``, `level` one of ``info``,
          ``warning``, ``muted``.
        """
        members = self.filtered("tier_id")
        (self - members).tier_story = False
        totals = members._tier_totals()
        for customer in members:
            tier = customer.tier_id
            reasons = customer._tier_reasons(totals)
            above = customer.tier_next_id.threshold
            now = totals[customer][0]
            customer.tier_story = {
                "name": tier.name,
                "color": tier.color,
                "hand": customer.tier_given,
                "progress": min(1, max(0, now / above)) if above else False,
                "lines": [
                    {
                        "code": reason["code"],
                        "level": reason.get("level", "info"),
                        "text": getattr(customer, f"_tier_words_{reason['code']}")(
                            reason
                        ),
                    }
                    for reason in reasons
                ],
            }

    def _tier_totals(self):
        """Return what members brought to the company with its branches.

        :return: ``{customer: (in the window, since the period before)}``
        """
        found = {}
        # All branches, which the reader may not see one by one.
        for partner, company, now, ended in self.sudo()._read_group(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "child_of", self.company_id.sudo().root_id.ids),
            ],
            ["partner_id", "company_id"],
            ["tier_measure:sum", "tier_measure_ended:sum"],
        ):
            key = partner.id, company.root_id.id
            before = found.get(key, (0.0, 0.0))
            found[key] = before[0] + (now or 0), before[1] + (ended or 0)
        return {
            customer: found.get(
                (customer.partner_id.id, customer.company_id.sudo().root_id.id),
                (0.0, 0.0),
            )
            for customer in self
        }

    def _tier_entered(self):
        """Return the entry of the ledger by which the rules gave the tier, if any."""
        self.ensure_one()
        return self.env["loyalty.tier.change"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.sudo().root_id.id),
                ("to_id", "=", self.tier_rule_id.id),
                ("date", "=", self.tier_since),
                ("cause", "in", BY_RULES),
            ],
            limit=1,
        )

    # ------------------------------------------------------------------
    # Reasons: codes and figures
    # ------------------------------------------------------------------

    def _tier_reasons(self, totals):
        """Return why the customer has the tier: dicts of a code and its figures.

        :param totals: see `_tier_totals`
        """
        self.ensure_one()
        reasons = []
        manual = self.sudo().tier_manual_id
        if manual:
            reasons.append(
                {
                    "code": "manual",
                    "user": manual.user_id.name,
                    "until": manual.date_end,
                    "reason": manual.reason,
                }
            )
        reasons.append(self._tier_reason_entered())
        reasons += self._tier_reasons_kept(*totals[self])
        if self.tier_next_id and not manual:
            reasons.append(
                {"code": "next", "level": "muted", "missing": self.tier_missing}
            )
        return reasons

    def _tier_reason_entered(self):
        entered = self._tier_entered()
        if not entered:
            return {"code": "since"}
        if entered.cause == "downgrade":
            return {
                "code": "dropped",
                "from": entered.from_id.name,
                "brought": max(entered.measure, entered.measure_ended),
                "needed": entered.needed or entered.from_id.threshold,
            }
        if not self.tier_rule_id.threshold:
            return {"code": "base"}
        return {
            "code": "earned",
            "brought": entered.measure,
            "needed": entered.needed or self.tier_rule_id.threshold,
            "day": entered.date,
        }

    def _tier_reasons_kept(self, now, ended):
        """Return until when it is kept, and what that takes."""
        program = self.tier_rule_id.program_id.sudo()
        until = self.tier_until
        if not self.tier_rule_id.threshold:
            return []
        if not until:
            return [{"code": "for_good"}]
        today = self.company_id.sudo()._customer_today()
        grace = program.tier_grace_days
        late = today > until
        if late:
            counted = max(now, ended)
        else:
            # Of the last months, only those since the period began will count.
            counted = ended if program.tier_window == "rolling" else now
        short = self.tier_rule_id.threshold - counted
        if late:
            return [
                {
                    "code": "grace",
                    "level": "warning",
                    "until": until,
                    "last": until + timedelta(days=grace),
                    "missing": max(0, short),
                }
            ]
        reasons = [{"code": "kept", "until": until, "grace": grace}]
        if short > 0:
            days = (until - today).days
            near = days < program.tier_notice_days
            reasons.append(
                {
                    "code": "short",
                    "level": "warning" if near else "muted",
                    "missing": short,
                }
            )
        else:
            reasons.append({"code": "reached", "level": "muted"})
        return reasons

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _tier_amount(self, amount):
        """Return an amount of the program's measure in words, with its unit."""
        program = self.tier_rule_id.program_id.sudo()
        return program._tier_amount(amount, self.currency_id)

    def _tier_brought(self, amount):
        """The same, saying what it is: net spend, purchases or points."""
        words = self._tier_amount(amount)
        if self.tier_rule_id.program_id.sudo().tier_measure == "spend":
            return self.env._("%s net spend", words)
        return words

    def _tier_window(self, day):
        """Return the window of a day in words."""
        program = self.tier_rule_id.program_id.sudo()
        kind, months = program.tier_window, program.tier_months
        if kind == "calendar":
            return self.env._("in %s", day.year)
        if kind == "rolling":
            return self.env._("in %s months", months)
        if kind == "anniversary" and self.tier_joined:
            start = periods.window_start(kind, day, months, self.tier_joined)
            return self.env._("since %s", self._tier_day(start))
        return self.env._("altogether")

    def _tier_day(self, day):
        return format_date(self.env, day)

    def _tier_words_manual(self, reason):
        return self.env._(
            "Given by hand by %(user)s until %(until)s: %(reason)s",
            user=reason["user"],
            until=self._tier_day(reason["until"]),
            reason=reason["reason"],
        )

    def _tier_head(self):
        """Return the tier by the rules and its beginning, in words."""
        values = {
            "tier": self.tier_rule_id.name,
            "since": self._tier_day(self.tier_since),
        }
        if self.tier_given:
            return self.env._("By the rules %(tier)s since %(since)s", **values)
        return self.env._("%(tier)s since %(since)s", **values)

    def _tier_words_since(self, _reason):
        return f"{self._tier_head()}."

    def _tier_words_base(self, _reason):
        return self.env._("%s: the tier of every member.", self._tier_head())

    def _tier_words_earned(self, reason):
        return self.env._(
            "%(tier)s: %(brought)s %(window)s, %(needed)s needed.",
            tier=self._tier_head(),
            brought=self._tier_brought(reason["brought"]),
            window=self._tier_window(reason["day"]),
            needed=self._tier_amount(reason["needed"]),
        )

    def _tier_words_dropped(self, reason):
        return self.env._(
            "%(tier)s: %(before)s was not kept, with %(brought)s of %(needed)s needed.",
            tier=self._tier_head(),
            before=reason["from"],
            brought=self._tier_amount(reason["brought"]),
            needed=self._tier_amount(reason["needed"]),
        )

    def _tier_words_for_good(self, _reason):
        return self.env._("Kept for good.")

    def _tier_words_kept(self, reason):
        until = self._tier_day(reason["until"])
        if reason["grace"]:
            return self.env._(
                "Kept until %(until)s, with %(grace)s days of grace.",
                until=until,
                grace=reason["grace"],
            )
        return self.env._("Kept until %s.", until)

    def _tier_words_short(self, reason):
        return self.env._(
            "%s missing to keep it.", self._tier_amount(reason["missing"])
        )

    def _tier_words_reached(self, _reason):
        return self.env._("What it takes to keep it is reached.")

    def _tier_words_grace(self, reason):
        return self.env._(
            "The period ended on %(until)s. Still missing to keep it, by %(last)s: "
            "%(missing)s.",
            until=self._tier_day(reason["until"]),
            last=self._tier_day(reason["last"]),
            missing=self._tier_amount(reason["missing"]),
        )

    def _tier_words_next(self, reason):
        return self.env._(
            "%(missing)s missing for %(tier)s.",
            missing=self._tier_amount(reason["missing"]),
            tier=self.tier_next_id.name,
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_give_tier(self):
        """Ask for a tier to give by hand."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give a Tier"),
            "res_model": "loyalty.tier.manual",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.sudo().root_id.id,
            },
        }

    def action_end_tier(self):
        """Take the tier given by hand back."""
        self.ensure_one()
        return self.tier_manual_id.action_end()
