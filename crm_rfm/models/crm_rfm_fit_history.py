from odoo import api, models
from odoo.tools import SQL

from ..tools import bgnbd, clv
from ..tools.history import Histories


class CrmRfmFit(models.Model):
    """What the models are fitted to: purchase days of everybody, read in one go.

    A purchase day is a day with posted customer invoices or receipts, or with confirmed
    orders, by the source of the company's scheme, over the customer's whole life.
    Contacts count for their commercial partner; customers that the scheme leaves out
    are left out. Needs numpy: ask `likelihood.available()` before.
    """

    _inherit = "crm.rfm.fit"

    @api.model
    def _histories(self, companies, as_of=None):
        """Return the histories of the customers of companies as of a day.

        :param companies: `res.company` recordset; branches have customers of their own
        :param as_of: date; the today of each company when None
        :return: ``{company_id: Histories}``, empty ones for a company without purchases
        """
        moments = {
            company: [as_of or company.sudo()._customer_today()]
            for company in companies
        }
        return {key: found for key, [found] in self._histories_at(moments).items()}

    @api.model
    def _histories_at(self, moments):
        """Return histories as of several days, to see what followed each of them.

        One statement for all companies and days. `Histories.later` counts the purchase
        days after its own day, up to the last one of the company's days.

        :param moments: ``{company: [date, …]}``, rising, as many for each company
        :return: ``{company_id: [Histories, …]}``, one for each day
        """
        import numpy as np

        if not moments:
            return {}
        self.env.flush_all()
        # Whole tables are joined, see `crm.customer._score`; days are many to sort.
        settings = {"enable_nestloop": "off", "work_mem": "128MB"}
        with self.env["crm.customer"]._refresh_settings(**settings):
            rows = self.env.execute_query(self._history_query(moments))
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        count = len(next(iter(moments.values())))
        # Without a row there are no columns either.
        columns = columns or [np.empty(0)] * (5 + 4 * count)
        result = {}
        for company, days in moments.items():
            chosen = columns[0] == company.id
            own = [column[chosen] for column in columns]
            result[company.id] = self._make_histories(days, own)
        return result

    @api.model
    def _make_histories(self, days, columns):
        """Return the histories of a company as of each of the days.

        :param columns: arrays, in the order of `_history_query`
        """
        import numpy as np

        _company, partner_ids, active, *others = columns
        first, first_amount, *others = (column.astype(float) for column in others)
        result = []
        for place, day in enumerate(days):
            number, last, amount, credited = others[4 * place : 4 * place + 4]
            x = number - 1
            # Credit notes take back their share of every purchase.
            kept = 1 - credited / np.where(amount > 0, amount, np.inf)
            z = (amount - first_amount) / np.maximum(x, 1) * np.maximum(kept, 0)
            history = Histories(
                as_of=day,
                partner_ids=partner_ids.astype(int),
                active=active.astype(bool),
                x=x.astype(int),
                t_x=np.where(x > 0, last - first, 0),
                T=day.toordinal() - first,
                z=np.where(x > 0, z, 0),
                later=(others[-4] - number).astype(int),
            )
            # Who had not bought by then is not known yet.
            result.append(history.only(number > 0))
        return result

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    def _history_query(self, moments):
        """Return the query of one row per customer and company.

        Columns: company, partner, whether it is active, ordinal of the first purchase
        day, amount of that day, and for each moment the number of purchase days, the
        ordinal of the last of them, the amount of all of them, and that of the credit
        notes.

        :param moments: see `_histories_at`
        """
        count = len(next(iter(moments.values())))
        names = [SQL.identifier(f"until_{place}") for place in range(count)]
        rows, schemes = [], self.env["crm.rfm.scheme"].sudo()
        for company, days in moments.items():
            scheme = company._rfm_scheme()
            schemes |= scheme
            rows.append(
                SQL(
                    "(%s, %s::int, %s::varchar, %s::varchar, %s::int, %s)",
                    company.id,
                    scheme.id or None,
                    scheme.source or None,
                    company.sudo()._customer_timezone().zone,
                    company.currency_id.decimal_places,
                    SQL(", ").join(SQL("%s::date", day) for day in days),
                )
            )
        figures = [figure for name in names for figure in self._history_figures(name)]
        branches = [self._history_invoices(names[-1])]
        if "order" in schemes.mapped("source"):
            branches.append(self._history_orders(names[-1]))
        return SQL(
            """
            WITH company (id, scheme_id, source, tz, decimals, %(names)s) AS (
                VALUES %(rows)s),
            excluded (scheme_id, partner_id) AS (%(excluded)s),
            day AS (%(days)s),
            history AS (
                SELECT day.company_id, company.scheme_id, day.partner_id,
                    min(day.day) FILTER (WHERE day.purchases > 0)
                        - DATE '0001-01-01' + 1 AS first,
                    (array_agg(day.amount ORDER BY day.day)
                        FILTER (WHERE day.purchases > 0))[1] AS first_amount,
                    %(figures)s
                FROM day JOIN company ON company.id = day.company_id
                GROUP BY day.company_id, company.scheme_id, day.partner_id
                HAVING count(*) FILTER (WHERE day.purchases > 0) > 0
            )
            SELECT history.company_id, history.partner_id, partner.active,
                history.first, history.first_amount, %(columns)s
            FROM history
            JOIN res_partner partner ON partner.id = history.partner_id
            WHERE NOT EXISTS (
                SELECT FROM excluded WHERE excluded.scheme_id = history.scheme_id
                    AND excluded.partner_id = history.partner_id)
            ORDER BY history.company_id, history.partner_id
            """,
            names=SQL(", ").join(names),
            rows=SQL(", ").join(rows),
            excluded=self.env["crm.customer"]._score_excluded(schemes, strict=True),
            days=SQL(" UNION ALL ").join(branches),
            figures=SQL(", ").join(
                SQL("%s AS %s", figure, SQL.identifier(f"figure_{place}"))
                for place, figure in enumerate(figures)
            ),
            columns=SQL(", ").join(
                SQL.identifier("history", f"figure_{place}")
                for place in range(len(figures))
            ),
        )

    def _history_figures(self, until):
        """Return the four figures as of a moment, see `_history_query`."""
        bought = SQL("day.purchases > 0 AND day.day <= company.%s", until)
        return [
            SQL("count(*) FILTER (WHERE %s)", bought),
            SQL(
                "coalesce(max(day.day) FILTER (WHERE %s) - DATE '0001-01-01' + 1, 0)",
                bought,
            ),
            SQL(
                "coalesce(sum(day.amount) FILTER (WHERE day.day <= company.%s), 0)",
                until,
            ),
            SQL(
                "coalesce(sum(day.credited) FILTER (WHERE day.day <= company.%s), 0)",
                until,
            ),
        ]

    def _history_invoices(self, last):
        """Posted invoices, receipts and credit notes by day, in company currency."""
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, move.company_id,
                move.invoice_date AS day,
                count(*) FILTER (WHERE move.move_type <> 'out_refund') AS purchases,
                coalesce(sum(move.amount_untaxed_signed::float8) FILTER (
                    WHERE move.move_type <> 'out_refund'), 0) AS amount,
                coalesce(-sum(move.amount_untaxed_signed::float8) FILTER (
                    WHERE move.move_type = 'out_refund'), 0) AS credited
            FROM account_move move
            JOIN company ON company.id = move.company_id
            JOIN res_partner partner ON partner.id = move.commercial_partner_id
            WHERE company.source = 'invoice'
                AND move.state = 'posted'
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                AND move.invoice_date <= company.%(last)s
            GROUP BY partner.commercial_partner_id, move.company_id, move.invoice_date
            """,
            last=last,
        )

    def _history_orders(self, last):
        """Confirmed orders by day, in company currency at their own rate."""
        return SQL(
            """
            SELECT partner_id, company_id, day, count(*) AS purchases,
                sum(amount) AS amount, 0 AS credited
            FROM (
                SELECT partner.commercial_partner_id AS partner_id, sale.company_id,
                    (sale.date_order AT TIME ZONE 'UTC'
                        AT TIME ZONE company.tz)::date AS day,
                    round(
                        sale.amount_untaxed
                            / coalesce(nullif(sale.currency_rate, 0), 1),
                        company.decimals
                    )::float8 AS amount
                FROM sale_order sale
                JOIN company ON company.id = sale.company_id
                JOIN res_partner partner ON partner.id = sale.partner_id
                WHERE company.source = 'order' AND sale.state = 'sale'
                    AND (sale.date_order AT TIME ZONE 'UTC'
                        AT TIME ZONE company.tz)::date <= company.%(last)s
            ) sale
            GROUP BY partner_id, company_id, day
            """,
            last=last,
        )

    # ------------------------------------------------------------------
    # Fit
    # ------------------------------------------------------------------

    @api.model
    def _fit(self, histories):
        """Fit both models to the histories of one company.

        :return: `Models`; each says by its `usable` and `reason` whether it serves
        """
        return clv.fit_models(histories.x, histories.t_x, histories.T, histories.z)

    @api.model
    def _fit_purchases(self, histories):
        """Fit the model of the purchases alone; return its `Fit`."""
        return bgnbd.fit(histories.x, histories.t_x, histories.T)
