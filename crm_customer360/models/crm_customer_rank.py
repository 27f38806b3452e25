from odoo import fields, models
from odoo.tools import SQL

from .crm_customer import ABC_CLASSES, PROFIT


class CrmCustomer(models.Model):
    """Pareto: position, share and class of every customer within its company."""

    _inherit = "crm.customer"

    revenue_rank = fields.Integer(
        aggregator="min",
        readonly=True,
        help="Position by revenue in the company, 1 is the largest; 0 until the "
        "nightly ranking.",
    )
    revenue_share = fields.Float(
        digits=(16, 6), readonly=True, help="Share of the company's positive revenue."
    )
    revenue_cumulated = fields.Float(
        string="Cumulated Revenue",
        digits=(16, 6),
        aggregator="max",
        readonly=True,
        help="Share of the company's revenue that this customer and those before it "
        "bring together.",
    )
    revenue_class = fields.Selection(
        selection=ABC_CLASSES,
        readonly=True,
        help="ABC class by revenue, from the nightly ranking.",
    )
    contribution_rank = fields.Integer(
        aggregator="min", readonly=True, groups=PROFIT, help="Position by contribution."
    )
    contribution_share = fields.Float(
        digits=(16, 6),
        readonly=True,
        groups=PROFIT,
        help="Share of the company's positive contribution.",
    )
    contribution_cumulated = fields.Float(
        string="Cumulated Contribution",
        digits=(16, 6),
        aggregator="max",
        readonly=True,
        groups=PROFIT,
        help="Share of the company's contribution that this customer and those before "
        "it bring together.",
    )
    contribution_class = fields.Selection(
        selection=ABC_CLASSES,
        readonly=True,
        groups=PROFIT,
        help="ABC class by contribution, from the nightly ranking.",
    )
    abc_class = fields.Selection(
        selection=ABC_CLASSES,
        string="ABC Class",
        compute="_compute_abc_class",
        search="_search_abc_class",
        help="By the company's Pareto measure: A brings the first 80 %, B the next "
        "15 %, C the rest, D nothing. Empty until the nightly ranking.",
    )

    def _rank(self, read=None):
        """Rank all customers by revenue and by contribution; write what differs.

        Reads the customers alone. With *before* the sum of strictly greater measures
        and *total* the sum of positive ones, a customer is A while before is under the
        first share of total, B while under the second, else C; D when it brings
        nothing. Equal measures share rank and class.

        :param read: `_settings_read` where everybody was read just before; None when
            not everybody was
        :return: number of rows changed
        """
        self.env.flush_all()
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        shares = [
            SQL(
                "(%s, %s::numeric, %s::numeric)",
                company.id,
                company.root_id.customer_pareto_a,
                company.root_id.customer_pareto_b,
            )
            for company in companies.search([])
        ]
        measures = ("revenue", "contribution")
        columns = [
            f"{measure}_{suffix}"
            for measure in measures
            for suffix in ("rank", "share", "cumulated", "class")
        ]
        self.env.cr.execute(
            SQL(
                """
                WITH company (id, a, b) AS (VALUES %(shares)s),
                ranked AS (
                    SELECT customer.id, customer.company_id, %(ranked)s
                    FROM crm_customer customer
                    WINDOW everybody AS (PARTITION BY company_id), %(windows)s
                ),
                classed AS (
                    SELECT ranked.id, %(classed)s
                    FROM ranked JOIN company ON company.id = ranked.company_id
                )
                UPDATE crm_customer customer SET %(assignments)s
                FROM classed
                WHERE classed.id = customer.id
                    AND (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                shares=SQL(", ").join(shares),
                ranked=SQL(", ").join(map(self._rank_measure, measures)),
                windows=SQL(", ").join(
                    SQL(
                        "%s AS (PARTITION BY company_id ORDER BY %s DESC)",
                        SQL.identifier(f"by_{measure}"),
                        SQL.identifier(measure),
                    )
                    for measure in measures
                ),
                classed=SQL(", ").join(map(self._rank_class, measures)),
                assignments=SQL(", ").join(
                    SQL("%(name)s = classed.%(name)s", name=SQL.identifier(name))
                    for name in columns
                ),
                old=SQL(", ").join(SQL.identifier("customer", n) for n in columns),
                new=SQL(", ").join(SQL.identifier("classed", n) for n in columns),
            )
        )
        changed = self.env.cr.rowcount
        self._invalidate_figures()
        return changed

    def _rank_measure(self, measure):
        """Return the columns that ranking by `measure` needs, window by window.

        `before` takes the peers off the running sum: leaving them out of the frame
        (``EXCLUDE GROUP``) would sum the frame anew for every row.
        """
        return SQL(
            """
            %(measure)s AS %(name)s,
            rank() OVER %(window)s AS %(rank)s,
            sum(greatest(%(measure)s, 0)) OVER %(window)s AS %(running)s,
            sum(greatest(%(measure)s, 0)) OVER %(window)s
                - greatest(%(measure)s, 0) * (
                    count(*) OVER %(window)s - rank() OVER %(window)s + 1
                ) AS %(before)s,
            sum(greatest(%(measure)s, 0)) OVER everybody AS %(total)s
            """,
            measure=SQL("customer.%s", SQL.identifier(measure)),
            name=SQL.identifier(measure),
            window=SQL.identifier(f"by_{measure}"),
            rank=SQL.identifier(f"{measure}_rank"),
            running=SQL.identifier(f"{measure}_running"),
            before=SQL.identifier(f"{measure}_before"),
            total=SQL.identifier(f"{measure}_total"),
        )

    def _rank_class(self, measure):
        """Return rank, share, cumulated share and class by `measure`."""
        return SQL(
            """
            %(rank)s,
            round(%(measure)s / nullif(%(total)s, 0), 6) AS %(share)s,
            round(%(running)s / nullif(%(total)s, 0), 6) AS %(cumulated)s,
            CASE WHEN %(measure)s <= 0 THEN 'd'
                WHEN %(before)s * 100 < company.a * %(total)s THEN 'a'
                WHEN %(before)s * 100 < company.b * %(total)s THEN 'b'
                ELSE 'c'
            END AS %(class)s
            """,
            measure=SQL.identifier("ranked", measure),
            rank=SQL.identifier("ranked", f"{measure}_rank"),
            running=SQL.identifier("ranked", f"{measure}_running"),
            before=SQL.identifier("ranked", f"{measure}_before"),
            total=SQL.identifier("ranked", f"{measure}_total"),
            share=SQL.identifier(f"{measure}_share"),
            cumulated=SQL.identifier(f"{measure}_cumulated"),
            **{"class": SQL.identifier(f"{measure}_class")},
        )
