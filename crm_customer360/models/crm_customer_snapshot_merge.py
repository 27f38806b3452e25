from odoo import api, models
from odoo.tools import SQL

# How the figures of customers that become one are put together: the aggregate over
# those that go, and what is made of it (`new`) and of the figure of the one that stays
# (`old`). The class of several is at least the best of theirs.
MERGES = {
    "sum": ("sum(%s)", "coalesce(old.%(c)s + new.%(c)s, old.%(c)s, new.%(c)s)"),
    "last": ("max(%s)", "greatest(old.%(c)s, new.%(c)s)"),
    "best": ("min(%s)", "least(old.%(c)s, new.%(c)s)"),
    "own": (
        "(array_agg(%s ORDER BY taken.revenue DESC, taken.partner_id))[1]",
        "coalesce(old.%(c)s, new.%(c)s)",
    ),
    "all": ("bool_and(%s)", "old.%(c)s AND new.%(c)s"),
}


class CrmCustomerSnapshot(models.Model):
    """Customers that become one: merged, or moved under another parent."""

    _inherit = "crm.customer.snapshot"

    @api.model
    def _absorb(self, targets):
        """Add the rows of customers to those of the customers they became part of.

        One statement, month by month; the rows that were added are removed.

        :param targets: ``{id of a commercial partner: id of the one that takes it}``
        """
        merges = {
            **{name: merge for name, (merge, _sql) in self._snapshot_columns().items()},
            "rebuilt": "all",
            "closed": "all",
        }
        names = sorted(merges)

        def gathered(name):
            code = MERGES[merges[name]][0] % "taken.%(name)s"
            return SQL(f"{code} AS %(name)s", name=SQL.identifier(name))

        def merged(name):
            # What ON CONFLICT calls EXCLUDED is the new value.
            code = MERGES[merges[name]][1].replace("new.", "EXCLUDED.")
            return SQL(f"%(c)s = {code}", c=SQL.identifier(name))

        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH target AS (
                    SELECT * FROM unnest(%(sources)s::int[], %(targets)s::int[])
                        AS target (source_id, partner_id)
                ),
                taken AS (
                    DELETE FROM crm_customer_snapshot
                    WHERE partner_id = ANY(%(sources)s) RETURNING *
                )
                INSERT INTO crm_customer_snapshot AS old
                    (partner_id, company_id, date, %(names)s)
                SELECT target.partner_id, taken.company_id, taken.date, %(gathered)s
                FROM taken JOIN target ON target.source_id = taken.partner_id
                GROUP BY target.partner_id, taken.company_id, taken.date
                ON CONFLICT (partner_id, company_id, date) DO UPDATE SET %(merged)s
                """,
                sources=list(targets),
                targets=list(targets.values()),
                names=self._names(names),
                gathered=SQL(", ").join(map(gathered, names)),
                merged=SQL(", ").join(map(merged, names)),
            )
        )
        self.invalidate_model(flush=False)
