from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

# Cards that can be used on an order, beside the points of a program.
COUPON_TYPES = ("coupons", "next_order_coupons", "gift_card")
# Of what `_tier_reasons_kept` says, the words that are for the customer, too.
KEPT = ("grace", "kept", "short", "reached", "for_good")


class CrmLoyaltyPortal(models.AbstractModel):
    """What a customer may see of its own loyalty, in words and figures.

    Portal users have no access to any of the models behind it. Everything here starts
    from a contact, goes to its commercial entity, and reads as root what is that
    entity's; no id that comes from outside leads anywhere else. Coupons are the
    contact's own and the entity's, not those of colleagues. Cards are the entity's in
    programs with tiers, as on orders; in others they are the contact's own.
    """

    _name = "crm.loyalty.portal"
    _description = "Loyalty of a Customer, for the Portal"

    # ------------------------------------------------------------------
    # Page
    # ------------------------------------------------------------------

    @api.model
    def _page(self, partner, last=0):
        """Return everything on the page.

        :param partner: the contact who asks
        :param last: so many changes of points and of the tier are shown
        :return: dict of ``programs`` (see `_program`), ``stopped`` (names of programs
            of which all cards are archived), ``coupons`` (see `_coupons`), ``offers``
            (names of programs to join)
        """
        cards = self._cards(partner)
        active = cards.filtered("active")
        programs = active.program_id.sorted("sequence")
        stopped = cards.program_id - programs
        return {
            "programs": [
                {
                    **self._program(
                        partner,
                        program,
                        active.filtered(lambda card, p=program: card.program_id == p),
                    ),
                    **self._last(partner, program, cards, last),
                }
                for program in programs
            ],
            "stopped": stopped.mapped("name"),
            "coupons": self._coupons(partner),
            "offers": [] if cards else self._offers().mapped("name"),
        }

    @api.model
    def _summary(self, partner):
        """Return the line of the card on the start page, False: no card there."""
        every = self._cards(partner)
        cards = every.filtered("active")
        lines = []
        for program in cards.program_id.sorted("sequence"):
            tiers = [row.tier_id.name for row in self._rows(partner, program)]
            if program.portal_visible:
                points = sum(
                    cards.filtered(lambda card, p=program: card.program_id == p).mapped(
                        "points"
                    )
                )
                tiers.append(self._points(program, points))
            lines.append(" · ".join(tiers) or program.name)
        if lines:
            return " | ".join(lines)
        if every or self._offers():
            return self.env._("See what our loyalty program offers")
        return False

    def _cards(self, partner):
        """Return the loyalty cards that orders of this contact can use, as root.

        Archived ones come, too.
        """
        partner = partner.sudo()
        return (
            self.env["loyalty.card"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    (
                        "partner_id.commercial_partner_id",
                        "=",
                        partner.commercial_partner_id.id,
                    ),
                    ("program_id.program_type", "=", "loyalty"),
                    ("program_id.active", "=", True),
                    "|",
                    ("partner_id", "=", partner.id),
                    ("program_id.tier_ids", "!=", False),
                ]
            )
        )

    def _offers(self):
        """Return the programs of the reader's company that one can join today."""
        root = self.env.company.sudo().root_id
        today = root._customer_today()
        return (
            self.env["loyalty.program"]
            .sudo()
            .search(
                Domain("program_type", "=", "loyalty")
                & Domain("company_id", "in", (root.id, False))
                & (Domain("date_from", "=", False) | Domain("date_from", "<=", today))
                & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
            )
            .filtered(lambda program: not program._is_used_up())
        )

    def _rows(self, partner, program):
        """Return the rows that have a tier of a program, one per company.

        A company and its branches have one tier together.
        """
        rows = (
            self.env["crm.customer"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", partner.sudo().commercial_partner_id.id),
                    ("tier_id.program_id", "=", program.id),
                ],
                order="company_id",
            )
        )
        roots = {}
        for row in rows:
            root = row.company_id.root_id
            if root not in roots or row.company_id == root:
                roots[root] = row
        return rows.browse(row.id for row in roots.values())

    # ------------------------------------------------------------------
    # One program
    # ------------------------------------------------------------------

    def _program(self, partner, program, cards):
        """Return a program as its member sees it.

        :param cards: the entity's active cards of this program
        :return: dict of ``id``, ``name``, ``ended`` (day, False: it runs),
            ``standings``, ``points`` (False where the program keeps them to itself),
            ``tiers``, ``earn``, ``rules``
        """
        rows = self._rows(partner, program)
        company = program.company_id or self.env.company
        today = company.sudo().root_id._customer_today()
        over = program.date_to and program.date_to < today
        currency = rows[:1].currency_id or program.currency_id
        return {
            "id": program.id,
            "name": program.name,
            "ended": over and format_date(self.env, program.date_to),
            "pending": bool(program.tier_ids and not rows),
            "standings": [self._standing(row, len(rows) > 1) for row in rows],
            "points": program.portal_visible and self._program_points(program, cards),
            "tiers": [
                {
                    "name": tier.name,
                    "color": tier.color,
                    "asks": self._measure(program, currency, tier.threshold)
                    if tier.threshold
                    else self.env._("for every member"),
                    "benefits": tier.description,
                    "gives": self._gives(tier),
                    "mine": tier in rows.tier_id,
                }
                for tier in program.tier_ids.sorted("threshold")
            ],
            "earn": self._earn(program),
            "rules": self._rules(program) if program.tier_ids else [],
        }

    def _standing(self, row, several):
        """Return the tier in a company, and what it takes to move or to stay.

        :param several: the program holds in several companies: name them
        """
        tier, program = row.tier_id, row.tier_id.program_id
        totals = row._tier_totals()
        brought = totals[row][0]
        above = row.tier_next_id
        manual = row.tier_manual_id
        values = {
            "company": row.company_id.root_id.name if several else False,
            "tier": tier.name,
            "color": tier.color,
            "benefits": tier.description,
            "gives": self._gives(tier),
            "since": not manual and format_date(self.env, row.tier_since),
            "as_of": format_datetime(self.env, row.refreshed_at, dt_format="short"),
            "next": False,
            "lines": [],
        }
        if manual:
            values["lines"].append(
                {
                    "level": "info",
                    "text": self.env._(
                        "Given to you until %s.",
                        format_date(self.env, manual.date_end),
                    ),
                }
            )
        else:
            values["lines"] += [
                {
                    "level": reason.get("level", "info"),
                    "text": getattr(row, f"_tier_words_{reason['code']}")(reason),
                }
                for reason in row._tier_reasons_kept(*totals[row])
                if reason["code"] in KEPT
            ]
        if above:
            values["next"] = {
                "name": above.name,
                "missing": self._measure(program, row.currency_id, row.tier_missing),
                "brought": self._measure(program, row.currency_id, brought),
                "needed": self._measure(program, row.currency_id, above.threshold),
                "percent": round(100 * min(1, max(0, brought / above.threshold))),
            }
        return values

    def _program_points(self, program, cards):
        """Return the points of the cards, what expires when, and rewards.

        A reward is taken from one card.
        """
        total = sum(cards.mapped("points"))
        largest = max(cards.mapped("points"), default=0)
        owed = sum(cards.mapped("debt"))
        lots = self.env["loyalty.lot"].sudo()
        found = lots._read_group(
            [
                ("card_id", "in", cards.ids),
                ("remaining", ">", 0),
                ("date_expiry", "!=", False),
            ],
            ["date_expiry:day"],
            ["remaining:sum"],
            order="date_expiry:day",
        )
        return {
            "total": self._points(program, total),
            "owed": owed > 0 and self._points(program, owed),
            "expiring": [
                {
                    "points": self._points(program, points),
                    "day": format_date(self.env, day),
                }
                for day, points in found
            ],
            "rewards": [
                {
                    "name": reward.description,
                    "points": self._points(program, reward.required_points),
                    "missing": reward.required_points > largest
                    and self._points(program, reward.required_points - largest),
                }
                for reward in program.reward_ids.sorted("required_points")
            ],
        }

    # ------------------------------------------------------------------
    # Coupons
    # ------------------------------------------------------------------

    def _coupons(self, partner):
        """Return the coupons that can be used today, the first to expire first."""
        partner = partner.sudo()
        today = self.env.company.sudo()._customer_today()
        coupons = (
            self.env["loyalty.card"]
            .sudo()
            .search(
                [
                    (
                        "partner_id",
                        "in",
                        (partner | partner.commercial_partner_id).ids,
                    ),
                    ("program_id.program_type", "in", COUPON_TYPES),
                    ("program_id.active", "=", True),
                    ("points", ">", 0),
                    "|",
                    ("expiration_date", "=", False),
                    ("expiration_date", ">=", today),
                    "|",
                    ("program_id.date_from", "=", False),
                    ("program_id.date_from", "<=", today),
                    "|",
                    ("program_id.date_to", "=", False),
                    ("program_id.date_to", ">=", today),
                ]
            )
        )
        # Where it can be used, as in `_standing`.
        several = len(coupons.program_id.company_id.root_id) > 1
        result = []
        for coupon in coupons:
            program = coupon.program_id
            usable = program.reward_ids.filtered(
                lambda reward, c=coupon: reward.required_points <= c.points
            )
            if not usable or program._is_used_up():
                continue
            ends = [day for day in (coupon.expiration_date, program.date_to) if day]
            result.append(
                {
                    "name": program.name,
                    "company": several and program.company_id.root_id.name,
                    "code": coupon.code,
                    "amount": program.program_type == "gift_card"
                    and coupon.points_display,
                    "rewards": usable.mapped("description"),
                    "day": min(ends) if ends else False,
                    "until": format_date(self.env, min(ends)) if ends else False,
                }
            )
        return sorted(result, key=lambda row: (not row["day"], str(row["day"])))
