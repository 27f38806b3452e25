from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

# Settings of a program that a preview takes, saved or not.
SETTINGS = (
    "tier_ids",
    "tier_measure",
    "tier_window",
    "tier_months",
    "tier_drop",
    "tier_grace_days",
)
# A change of these has the documents read anew.
READ = ("tier_measure", "tier_window", "tier_months")
# Customers of one move that are named, by revenue.
NAMED = 500


class LoyaltyProgram(models.Model):
    """Who would move by rules that are not saved, and what that costs."""

    _inherit = "loyalty.program"

    @api.readonly
    def get_tier_preview(self, changes):
        """Return who would move by settings that are not saved; nothing is written.

        Bad settings are refused as they are when they are saved.

        :param changes: values of settings, as `write` takes them
        :return: dict ``now`` (at once: only upward), ``end`` (if everybody's period
            ended today; from is what the saved rules would say then), both as of
            `_preview_table`; ``currency_id``, False where companies with several
            currencies have the program: amounts are 0 then
        """
        self.ensure_one()
        self.check_access("write")
        values = {name: changes[name] for name in SETTINGS if name in changes}
        # A candidate made before would lend its values to the next one.
        self.env.invalidate_all()
        candidate = self.new(values, origin=self)
        candidate._check_candidate()
        if self.company_id and self.company_id not in self.env.companies.root_id:
            raise AccessError(self.env._("Activate this company first."))
        return self.env["crm.customer"]._tier_preview(self, candidate)

    def _check_candidate(self):
        """Refuse settings that could not be saved, with the reason."""
        (self._origin.tier_ids - self.tier_ids._origin)._unlink_except_used()
        thresholds = self.tier_ids.mapped("threshold")
        if 0 not in thresholds:
            raise ValidationError(
                self.env._("One tier must ask for nothing: that of every new member.")
            )
        if len(set(thresholds)) < len(thresholds) or min(thresholds) < 0:
            raise ValidationError(
                self.env._("Every tier must ask for more than the one below.")
            )
        if not 1 <= self.tier_months <= 120 or self.tier_grace_days < 0:
            raise ValidationError(
                self.env._(
                    "The window must be between 1 and 120 months, and days of grace "
                    "cannot be negative."
                )
            )

    def _preview_worth(self, companies):
        """Return what a point is worth, in the currency of these companies."""
        program = self.sudo()
        company = companies[0].root_id
        return program.currency_id._convert(
            program.point_value,
            company.currency_id,
            company,
            company._customer_today(),
            round=False,
        )

    def _preview_tiers(self):
        """Return ``[(key, tier)]``, ascending; tiers not saved have negative keys."""
        return [
            (tier._origin.id or -number, tier)
            for number, tier in enumerate(self.tier_ids.sorted("threshold"), 1)
        ]


class CrmCustomer(models.Model):
    """The statements of the evaluation, over the rules of a program not saved."""

    _inherit = "crm.customer"

    def _tier_preview(self, saved, candidate):
        """See `loyalty.program.get_tier_preview`.

        :param saved, candidate: the program as it is, and as it would be
        """
        self.env.flush_all()
        rows = self._preview_companies(saved, candidate)
        companies = self.env["res.company"].sudo().browse(row["id"] for row in rows)
        currency = companies.currency_id
        answer = {"currency_id": currency.id if len(currency) == 1 else False}
        worth = saved._preview_worth(companies) if answer["currency_id"] else 0
        for horizon in ("now", "end"):
            with self._refresh_settings(enable_nestloop="off"):
                self.env.cr.execute(
                    self._preview_statement(saved, candidate, rows, horizon)
                )
                found = self.env.cr.dictfetchall()
            if not answer["currency_id"]:
                found = [{**each, "amount": 0, "points": 0} for each in found]
            answer[horizon] = self._preview_table(saved, candidate, found, worth)
        return answer

    def _preview_companies(self, saved, candidate):
        """Return the rows of `_company_rows` in which the candidate would count."""
        now = fields.Datetime.now()
        rows = []
        for settings in self._company_settings():
            own = settings["tier_program_id"] == saved.id
            free = not settings["tier_program_id"] and (
                not saved.company_id or saved.company_id.id == settings["root_id"]
            )
            if own or free:
                settings = {
                    **settings,
                    "tier_program_id": saved.id,
                    "tier_program_own": saved._tier_has_home(),
                    "tier_measure": candidate.tier_measure,
                    "tier_window": candidate.tier_window,
                    "tier_months": candidate.tier_months,
                    "tier_used": own,
                }
                rows.append({**settings, **self._company_dates(settings, now)})
        if not rows:
            raise ValidationError(
                self.env._(
                    "Another program gives the tiers of this company: archive it "
                    "first, or change that one."
                )
            )
        return rows

    def _preview_statement(self, saved, candidate, rows, horizon):
        """Return the query of how many customers move from where to where."""
        used = all(row["tier_used"] for row in rows)
        read = not used or any(saved[name] != candidate[name] for name in READ)
        new = self._preview_standings(
            candidate, rows, horizon, self._preview_customers(rows) if read else None
        )
        before, old = SQL("new.old_tier_id"), SQL()
        if horizon == "end" and used:
            before = SQL("old.tier_id")
            old = SQL(
                "JOIN (%s) old USING (partner_id, root_id)",
                self._preview_standings(saved, rows, horizon),
            )
        readable = self._search([("company_id", "in", [row["id"] for row in rows])])
        return SQL(
            """
            WITH earned AS (
                -- Points of no order count once, in the first company.
                SELECT owner.commercial_partner_id AS partner_id,
                    split_part(company.parent_path, '/', 1)::int AS root_id,
                    sum(history.issued) AS points
                FROM loyalty_history history
                JOIN loyalty_card card ON card.id = history.card_id
                JOIN res_partner owner ON owner.id = card.partner_id
                LEFT JOIN sale_order sale ON sale.id = history.order_id
                    AND history.order_model = 'sale.order'
                LEFT JOIN res_company company ON company.id = sale.company_id
                WHERE card.program_id = %(program)s
                    AND history.create_date >= %(since)s
                GROUP BY 1, 2
            )
            SELECT %(before)s AS "from", new.tier_id AS "to",
                count(*) AS customers, coalesce(sum(member.revenue), 0) AS amount,
                coalesce(sum(coalesce(earned.points, 0) + coalesce(other.points, 0)), 0)
                    AS points,
                (array_agg(member.id ORDER BY member.revenue DESC))[1:%(named)s] AS ids
            FROM (%(new)s) new
            %(old)s
            JOIN (
                SELECT customer.partner_id,
                    split_part(company.parent_path, '/', 1)::int AS root_id,
                    sum(customer.revenue) AS revenue, min(customer.id) AS id,
                    min(split_part(company.parent_path, '/', 1)::int) OVER (
                        PARTITION BY customer.partner_id) AS first_id
                FROM crm_customer customer
                JOIN res_company company ON company.id = customer.company_id
                WHERE customer.id IN %(readable)s
                GROUP BY 1, 2
            ) member USING (partner_id, root_id)
            LEFT JOIN earned ON earned.partner_id = new.partner_id
                AND earned.root_id = new.root_id
            LEFT JOIN earned other ON other.partner_id = new.partner_id
                AND other.root_id IS NULL AND member.first_id = new.root_id
            GROUP BY 1, 2
            """,
            named=NAMED,
            new=new,
            before=before,
            old=old,
            readable=readable.subselect(),
            program=saved.id,
            since=fields.Datetime.subtract(fields.Datetime.now(), years=1),
        )

    def _preview_standings(self, program, rows, horizon, customers=None):
        """Return the query of the standings by a program, saved or not."""
        tiers = program._preview_tiers()
        key = program._origin.id or program.id
        members = self._tier_members(customers=customers)
        if horizon == "end":
            # As if the period had ended yesterday, with what was brought so far.
            members = SQL(
                """
                SELECT partner_id, root_id, today, id, kind, months, one_level,
                    0 AS grace, thresholds, joined, now, now AS ended, old_level,
                    old_since, CASE WHEN kind <> 'lifetime' THEN today - 1 END
                        AS old_until,
                    old_tier_id, old_manual_id
                FROM (%s) member
                """,
                members,
            )
        return SQL(
            "WITH %s SELECT * FROM standing",
            self._tier_standings(
                rows,
                SQL(
                    "SELECT %s AS id, %s AS kind, %s AS months, %s AS one_level,"
                    " %s AS grace, %s::numeric[] AS thresholds",
                    key,
                    program.tier_window,
                    program.tier_months,
                    program.tier_drop == "one",
                    program.tier_grace_days,
                    [tier.threshold for _key, tier in tiers],
                ),
                SQL(" UNION ALL ").join(
                    SQL(
                        "SELECT %s AS id, %s AS program_id, %s::numeric AS threshold,"
                        " %s AS level",
                        number,
                        key,
                        tier.threshold,
                        level,
                    )
                    for level, (number, tier) in enumerate(tiers)
                ),
                members,
            ),
        )

    def _preview_customers(self, rows):
        """Return the relation of the customers with what the documents say.

        It costs what the source of the tiers costs in the refresh.
        """
        columns = self._company_columns()
        scope = replace(self._scope_literal(), companies=SQL("company"))
        source = self._source_tier(scope)
        return SQL(
            """
            (WITH company (%(names)s) AS (VALUES %(values)s),
            base AS (SELECT * FROM (%(source)s) base)
            SELECT customer.id, customer.partner_id, customer.company_id,
                base.tier_joined, base.tier_measure, base.tier_measure_ended,
                customer.tier_id, customer.tier_rule_id, customer.tier_since,
                customer.tier_until, customer.tier_manual_id
            FROM crm_customer customer
            LEFT JOIN base ON base.partner_id = customer.partner_id
                AND base.company_id = customer.company_id)
            """,
            names=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(
                SQL(
                    "(%s)",
                    SQL(", ").join(
                        SQL(f"%s::{sql_type}", row[name])
                        for name, sql_type in columns.items()
                    ),
                )
                for row in rows
            ),
            source=source.query,
        )

    def _preview_table(self, saved, candidate, found, worth):
        """Return who moves from where to where, largest first, and what it costs.

        The cost of a year, an estimate: the difference between the discounts that the
        two pricelists give on everything, times the revenue in the company's window;
        and the points of the last year times the change of their factor, times what a
        point costs. Who stays counts too, where the benefits of the tier change.

        :param found: dicts ``from``, ``to``: keys of tiers or None, ``customers``,
            ``amount``, ``points``, ``ids``
        :param worth: of a point, in the currency of the amounts
        :return: dict ``moves``: list of ``{"from", "to"}`` (each ``{"name",
            "color"}``) with ``customers``, ``amount``, ``cost``, ``ids`` (of
            `crm.customer`, at most `NAMED`); ``moved``, ``all``: customers; ``cost``
        """
        before = dict(saved._preview_tiers())
        after = dict(candidate._preview_tiers())

        def look(tier):
            if not tier:
                return {"name": self.env._("No tier"), "color": 0}
            return {"name": tier.name or "", "color": tier.color}

        def benefits(tier):
            if not tier:
                return 0.0, 1.0
            return tier._pricelist_discount(), tier.point_factor or 1.0

        moves, cost = [], 0.0
        for each in found:
            old, new = before.get(each["from"]), after.get(each["to"])
            (discount, factor), (new_discount, new_factor) = (
                benefits(old),
                benefits(new),
            )
            more = (new_discount - discount) * float(each["amount"]) + float(
                each["points"]
            ) * (new_factor / factor - 1) * worth
            cost += more
            if each["from"] != each["to"]:
                moves.append(
                    {
                        "from": look(old),
                        "to": look(new),
                        "customers": each["customers"],
                        "amount": float(each["amount"]),
                        "cost": more,
                        "ids": each["ids"],
                    }
                )
        return {
            "moves": sorted(moves, key=lambda move: -move["customers"]),
            "moved": sum(move["customers"] for move in moves),
            "all": sum(each["customers"] for each in found),
            "cost": cost,
        }
