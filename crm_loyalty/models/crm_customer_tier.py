from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_refresh import PREPARED

from .crm_customer import years_since_sql

# What the evaluation writes.
STANDING = (
    "tier_id",
    "tier_rule_id",
    "tier_manual_id",
    "tier_since",
    "tier_until",
    "tier_next_id",
    "tier_missing",
)


class CrmCustomer(models.Model):
    """Tiers, evaluated from the measures that the refresh has stored.

    The rules are those of ``tools/tiers.py``, for everybody in one statement. Branches
    count together: all rows of a customer in a company and its branches have the tier
    of what was brought to all of them.
    """

    _inherit = "crm.customer"

    def _rank(self, read=None):
        return super()._rank(read) + self._evaluate_tiers()

    def _refresh_few(self, partner_ids, companies=None):
        """Evaluate the tiers of the few that were refreshed, too.

        It is what the queue calls: so every posting leads here.
        """
        written = super()._refresh_few(partner_ids, companies)
        if self._has_tiers():
            self._evaluate_tiers(self.env["res.partner"].browse(partner_ids))
        return written

    def _has_tiers(self):
        return any(row["tier_program_id"] for row in self._company_rows())

    @api.model
    def _evaluate_tiers(self, partners=None):
        """Evaluate members; write what differs, and log every change of tier.

        :param partners: `res.partner` recordset, any contacts; everybody when None
        :return: number of customers whose tier or standing changed
        """
        self.env.flush_all()
        ids = None if partners is None else partners.commercial_partner_id.ids
        few = ids is not None and len(ids) <= PREPARED
        statement = SQL(
            """
            WITH %(standings)s,
            fresh AS (%(fresh)s),
            written AS (%(update)s),
            logged AS (%(log)s)
            SELECT count(*), (
                SELECT count(*) FROM fresh
                WHERE tier_id IS DISTINCT FROM old_tier_id), (
                SELECT array_agg(DISTINCT partner_id) FROM fresh
                WHERE kind = 'rolling'
                    AND tier_until IS DISTINCT FROM old_tier_until)
            FROM written
            """,
            standings=self._tier_standings(
                self._company_rows(),
                self._tier_programs(),
                self._tier_levels(),
                self._tier_members(SQL("$1") if few else ids),
            ),
            fresh=self._tier_fresh(),
            update=self._tier_update(),
            log=self._tier_log(),
        )
        if few:
            # Planning takes longer than reading a few.
            name = self._prepared_name("crm_customer_tier", statement)
            _count, [row] = self._execute_prepared(name, SQL("int[]"), statement, ids)
        else:
            with self._refresh_settings():
                [row] = self.env.execute_query(statement)
        changed, moved, counted_anew = row
        # What counts for a new period begins with it.
        self.env["crm.customer.queue"]._enqueue(
            self.env["res.partner"].browse(counted_anew or ())
        )
        self.env["loyalty.tier.change"].invalidate_model(flush=False)
        self._invalidate_figures()
        if moved:
            self._tiers_moved(partners)
        return changed

    def _tiers_moved(self, partners):
        """Hook: customers have another tier than before.

        :param partners: see `_evaluate_tiers`
        """

    def _tier_standings(self, companies, programs, tiers, members):
        """Return the relations of an evaluation, without WITH; the last is `standing`.

        :param companies: rows as of `_company_rows`
        :param programs, tiers, members: queries
        """
        return SQL(
            """
            company (id, root_id, today, program_id) AS (VALUES %(companies)s),
            program AS (%(programs)s),
            tier AS (%(tiers)s),
            member AS (%(members)s),
            ruled AS (%(ruled)s),
            standing AS (%(standing)s)
            """,
            companies=SQL(", ").join(
                SQL(
                    "(%s, %s, %s::date, %s::int)",
                    row["id"],
                    row["root_id"],
                    row["today"],
                    row["tier_program_id"],
                )
                for row in companies
            ),
            programs=programs,
            tiers=tiers,
            members=members,
            ruled=self._tier_ruled(),
            standing=self._tier_standing(),
        )

    def _tier_programs(self):
        """Return the query of the programs in use, with their thresholds ascending."""
        return SQL(
            """
            SELECT program.id, program.tier_window AS kind,
                program.tier_months AS months, program.tier_drop = 'one' AS one_level,
                program.tier_grace_days AS grace,
                array_agg(tier.threshold::numeric ORDER BY tier.threshold) AS thresholds
            FROM loyalty_program program
            JOIN loyalty_tier tier ON tier.program_id = program.id
            WHERE program.id IN (SELECT program_id FROM company)
            GROUP BY program.id
            """
        )

    def _tier_levels(self):
        """Return the query of the tiers, numbered from 0 within their program."""
        return SQL(
            """
            SELECT tier.id, tier.program_id, tier.threshold::numeric AS threshold,
                row_number() OVER (
                    PARTITION BY tier.program_id ORDER BY tier.threshold)::int - 1
                    AS level
            FROM loyalty_tier tier
            WHERE tier.program_id IN (SELECT program_id FROM company)
            """
        )

    def _tier_members(self, partner_ids=None, customers=None):
        """Return the query of the customers, one row for a company and its branches.

        Who left the program has no day of joining. A tier of another program counts as
        none.

        :param partner_ids: ids of commercial partners, or SQL of them; all when None
        :param customers: relation in place of the table of customers
        """
        only = SQL("TRUE")
        if partner_ids is not None:
            only = SQL("customer.partner_id = ANY(%s)", partner_ids)
        return SQL(
            """
            SELECT customer.partner_id, company.root_id, root.today, program.*,
                min(customer.tier_joined) AS joined,
                coalesce(sum(customer.tier_measure), 0)::numeric AS now,
                coalesce(sum(customer.tier_measure_ended), 0)::numeric AS ended,
                max(rule.level) AS old_level,
                min(customer.tier_since) FILTER (WHERE rule.id IS NOT NULL)
                    AS old_since,
                max(customer.tier_until) FILTER (WHERE rule.id IS NOT NULL)
                    AS old_until,
                max(customer.tier_id) AS old_tier_id,
                max(customer.tier_manual_id) AS old_manual_id
            FROM %(customers)s customer
            JOIN company ON company.id = customer.company_id
            JOIN company root ON root.id = company.root_id
            LEFT JOIN program ON program.id = root.program_id
            LEFT JOIN tier rule ON rule.id = customer.tier_rule_id
                AND rule.program_id = program.id
            WHERE (customer.tier_joined IS NOT NULL OR customer.tier_id IS NOT NULL)
                AND %(only)s
            GROUP BY customer.partner_id, company.root_id, root.today, program.id,
                program.kind, program.months, program.one_level, program.grace,
                program.thresholds
            """,
            only=only,
            customers=customers or SQL.identifier("crm_customer"),
        )

    def _tier_ruled(self):
        """Return the query of what the rules say: level and cause, NULL: no change."""
        return SQL(
            """
            SELECT member.*,
                CASE cause
                    WHEN 'leave' THEN NULL
                    WHEN 'join' THEN earned
                    WHEN 'upgrade' THEN earned
                    WHEN 'downgrade' THEN CASE WHEN one_level
                        THEN greatest(kept, old_level - 1) ELSE kept END
                    ELSE old_level
                END AS level
            FROM (
                SELECT member.*,
                    CASE WHEN id IS NULL OR joined IS NULL THEN 'leave'
                        WHEN old_level IS NULL THEN 'join'
                        WHEN earned > old_level THEN 'upgrade'
                        WHEN old_until IS NULL OR today <= old_until THEN NULL
                        WHEN kept >= old_level THEN 'renewal'
                        WHEN today <= old_until + grace THEN NULL
                        ELSE 'downgrade'
                    END AS cause
                FROM (
                    SELECT member.*,
                        greatest(0, width_bucket(now, thresholds) - 1) AS earned,
                        greatest(0, width_bucket(greatest(now, ended), thresholds) - 1)
                            AS kept
                    FROM member
                ) member
            ) member
            """
        )

    def _tier_standing(self):
        """Return the query of the new standings, with the tier given by hand."""
        return SQL(
            """
            SELECT ruled.partner_id, ruled.root_id, ruled.today, ruled.id AS program_id,
                ruled.kind,
                ruled.thresholds[1 + CASE WHEN ruled.cause = 'downgrade'
                    THEN ruled.old_level ELSE ruled.level END] AS needed,
                ruled.now, ruled.ended, ruled.cause, ruled.old_tier_id,
                ruled.old_manual_id, manual.id AS manual_id,
                rule.id AS rule_id,
                CASE WHEN ruled.level IS NOT NULL
                    THEN coalesce(manual.tier_id, rule.id) END AS tier_id,
                CASE WHEN ruled.level IS NULL THEN NULL
                    WHEN ruled.cause IN ('join', 'upgrade', 'downgrade')
                        THEN ruled.today
                    ELSE ruled.old_since END AS since,
                CASE WHEN ruled.level IS NULL THEN NULL
                    WHEN ruled.cause IN ('join', 'upgrade', 'downgrade') THEN %(end)s
                    WHEN ruled.cause = 'renewal' THEN
                        CASE WHEN %(next_end)s < ruled.today THEN %(end)s
                            ELSE %(next_end)s END
                    -- Without an end: from rules that knew none.
                    ELSE coalesce(ruled.old_until, %(end)s) END AS until
            FROM ruled
            LEFT JOIN tier rule ON rule.program_id = ruled.id
                AND rule.level = ruled.level
            LEFT JOIN (
                SELECT DISTINCT ON (
                        manual.partner_id, manual.company_id, given.program_id)
                    manual.id, manual.tier_id, manual.partner_id, manual.company_id,
                    given.program_id
                FROM loyalty_tier_manual manual
                JOIN loyalty_tier given ON given.id = manual.tier_id
                JOIN company ON company.id = manual.company_id
                WHERE manual.date_end >= company.today AND manual.ended IS NOT TRUE
                ORDER BY manual.partner_id, manual.company_id, given.program_id,
                    manual.id DESC
            ) manual ON manual.partner_id = ruled.partner_id
                AND manual.company_id = ruled.root_id
                AND manual.program_id = ruled.id
                -- Who left has none, whatever was given.
                AND ruled.level IS NOT NULL
            """,
            end=self._tier_period_end(SQL("ruled.today")),
            next_end=self._tier_period_end(SQL("(ruled.old_until + 1)")),
        )

    def _tier_period_end(self, day):
        """Return the last day of the period in which a day lies, NULL: no end."""
        return SQL(
            """
            CASE ruled.kind
                WHEN 'calendar' THEN make_date(extract(year FROM %(day)s)::int, 12, 31)
                WHEN 'rolling' THEN (
                    SELECT CASE
                        WHEN (later.day - make_interval(months => ruled.months))::date
                            < %(day)s THEN later.day
                        ELSE later.day - 1 END
                    FROM (SELECT (%(day)s + make_interval(months => ruled.months))::date
                        AS day) later)
                WHEN 'anniversary' THEN (ruled.joined + make_interval(
                    years => %(years)s + 1))::date - 1
            END
            """,
            day=day,
            years=years_since_sql(SQL("ruled.joined"), day),
        )

    def _tier_fresh(self):
        """Return the query of the rows that differ, as they are to be."""
        return SQL(
            """
            SELECT * FROM (
                SELECT customer.id, standing.partner_id, standing.kind,
                    standing.tier_id, standing.rule_id AS tier_rule_id,
                    standing.manual_id AS tier_manual_id, standing.since AS tier_since,
                    standing.until AS tier_until, above.id AS tier_next_id,
                    CASE WHEN above.id IS NOT NULL
                        THEN greatest(0, above.threshold - standing.now)
                    END AS tier_missing,
                    %(old)s
                FROM standing
                JOIN company ON company.root_id = standing.root_id
                JOIN crm_customer customer ON customer.company_id = company.id
                    AND customer.partner_id = standing.partner_id
                LEFT JOIN tier ON tier.id = standing.tier_id
                LEFT JOIN tier above ON above.program_id = tier.program_id
                    AND above.level = tier.level + 1
            ) new
            WHERE (%(names)s) IS DISTINCT FROM (%(olds)s)
            """,
            old=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    SQL.identifier("customer", name),
                    SQL.identifier(f"old_{name}"),
                )
                for name in STANDING
            ),
            names=SQL(", ").join(map(SQL.identifier, STANDING)),
            olds=SQL(", ").join(SQL.identifier(f"old_{name}") for name in STANDING),
        )

    def _tier_update(self):
        return SQL(
            """
            UPDATE crm_customer customer SET %s FROM fresh
            WHERE fresh.id = customer.id RETURNING customer.id
            """,
            SQL(", ").join(
                SQL("%(name)s = fresh.%(name)s", name=SQL.identifier(name))
                for name in STANDING
            ),
        )

    def _tier_log(self):
        """Return the statement that logs changes of tier, and tiers that are kept.

        What the rules do below a tier given by hand is no change of tier, and the base
        tier is everybody's: to keep it is nothing to tell.
        """
        return SQL(
            """
            INSERT INTO loyalty_tier_change (partner_id, company_id, program_id, date,
                from_id, to_id, cause, manual_id, measure, measure_ended, needed,
                until)
            SELECT partner_id, root_id, program_id, today, old_tier_id, tier_id,
                CASE WHEN manual_id IS NOT NULL THEN 'manual'
                    WHEN old_manual_id IS NOT NULL AND tier_id IS NOT NULL
                        THEN 'manual_end'
                    ELSE cause END,
                coalesce(manual_id, CASE WHEN tier_id IS NOT NULL
                    THEN old_manual_id END),
                now, ended, needed, until
            FROM standing
            WHERE old_tier_id IS DISTINCT FROM tier_id
                OR (cause = 'renewal' AND manual_id IS NULL AND needed > 0)
            """
        )
