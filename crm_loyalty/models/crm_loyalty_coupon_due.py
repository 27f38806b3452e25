from odoo import api, models
from odoo.tools import SQL

from .crm_loyalty_coupon import UNREACHABLE

# A day that was missed, because nothing ran, is caught up with for so long.
LATE_DAYS = 7


class CrmLoyaltyCoupon(models.Model):
    """Who is due a coupon, by itself."""

    _inherit = "crm.loyalty.coupon"

    @api.model
    def _due(self, root, occasion, limit):
        """Return who is due a coupon, the first `limit` of those who can be reached.

        Whoever could not be given one before comes last. Those who cannot be reached
        come too, as far as the ledger has no row of them.

        :return: list of ``(partner id, year of the occasion)``
        """
        self.env.flush_all()
        today = root._customer_today()
        values = {
            "root": root.id,
            "today": today,
            "occasion": occasion,
            "minimum": root.loyalty_coupon_minimum,
            "family": SQL(
                "SELECT id FROM res_company WHERE parent_path LIKE %s",
                f"{root.parent_path}%",
            ),
        }
        candidates = (
            self._due_winback(values)
            if occasion == "winback"
            else self._due_yearly(values, birthday=occasion == "birthday")
        )
        return self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT candidate.*, %(reason)s IS NOT NULL AS blocked
                    FROM (%(candidates)s) candidate
                    JOIN res_partner partner ON partner.id = candidate.partner_id
                    WHERE partner.active AND NOT EXISTS (
                        SELECT FROM crm_loyalty_coupon old
                        WHERE old.partner_id = candidate.partner_id
                            AND old.company_id = %(root)s
                            AND old.occasion = %(occasion)s AND old.state <> 'skipped'
                            AND (old.year = candidate.year OR %(winback)s
                                AND old.date > %(today)s::date - interval '1 year'))
                )
                (SELECT partner_id, year FROM due WHERE NOT blocked
                ORDER BY EXISTS (
                    SELECT FROM crm_loyalty_coupon old
                    WHERE old.partner_id = due.partner_id AND old.year = due.year
                        AND old.company_id = %(root)s AND old.occasion = %(occasion)s
                        AND old.reason = 'error'
                ), worth DESC, partner_id LIMIT %(limit)s)
                UNION ALL
                SELECT partner_id, year FROM due
                WHERE blocked AND NOT EXISTS (
                    SELECT FROM crm_loyalty_coupon old
                    WHERE old.partner_id = due.partner_id AND old.year = due.year
                        AND old.company_id = %(root)s AND old.occasion = %(occasion)s)
                """,
                candidates=candidates,
                reason=UNREACHABLE,
                limit=limit,
                winback=occasion == "winback",
                **{name: values[name] for name in ("root", "occasion", "today")},
            )
        )

    def _spent_sql(self, values):
        """Return the query of what customers bought, ever, from the whole company."""
        return SQL(
            """
            SELECT partner_id, sum(revenue_total) AS worth,
                min(first_purchase_date) AS first_date
            FROM crm_customer WHERE company_id IN (%(family)s)
            GROUP BY partner_id
            HAVING min(first_purchase_date) IS NOT NULL
                AND coalesce(sum(revenue_total), 0) >= %(minimum)s
            """,
            family=values["family"],
            minimum=values["minimum"],
        )

    def _due_winback(self, values):
        """Return the query of those worth winning back, who spent the minimum."""
        return SQL(
            """
            SELECT silent.partner_id,
                extract(year FROM %(today)s::date)::int AS year,
                silent.expected_revenue AS worth
            FROM (%(silent)s) silent
            JOIN (%(spent)s) spent ON spent.partner_id = silent.partner_id
            WHERE silent.company_id IN (%(family)s) AND silent.expected_revenue > 0
            """,
            silent=self.env["crm.loyalty.winback"]._table_query,
            spent=self._spent_sql(values),
            today=values["today"],
            family=values["family"],
        )

    def _due_yearly(self, values, birthday=False):
        """Return the query of those whose day was within the last week.

        29 February is kept on the 28th where the year has no 29th.
        """
        if birthday:
            dates = SQL(
                """
                SELECT partner.id AS partner_id, spent.worth,
                    partner.loyalty_birthday AS day
                FROM res_partner partner
                JOIN (%s) spent ON spent.partner_id = partner.commercial_partner_id
                WHERE NOT partner.is_company AND partner.loyalty_birthday IS NOT NULL
                """,
                self._spent_sql(values),
            )
        else:
            dates = SQL(
                "SELECT partner_id, worth, first_date AS day FROM (%s) spent",
                self._spent_sql(values),
            )
        return SQL(
            """
            SELECT dates.partner_id, dates.worth,
                extract(year FROM turn.day)::int AS year
            FROM (%(dates)s) dates
            CROSS JOIN LATERAL (
                SELECT (dates.day + make_interval(years => number))::date AS day
                FROM generate_series(
                    extract(year FROM %(today)s::date)::int
                        - extract(year FROM dates.day)::int - 1,
                    extract(year FROM %(today)s::date)::int
                        - extract(year FROM dates.day)::int
                ) AS number
                WHERE number > 0
            ) turn
            WHERE turn.day <= %(today)s::date
                AND turn.day > %(today)s::date - %(late)s::int
            """,
            dates=dates,
            today=values["today"],
            late=LATE_DAYS,
        )
