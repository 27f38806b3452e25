from datetime import date
from functools import cache

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from odoo.addons.crm_customer360.models.account_move_line import SALE_TYPES

# Periods in a year, by the unit of the table.
UNITS = {"quarter": 4, "year": 1}
# So many of the latest cohorts are shown, and so many periods of each; the curve is
# made of all cohorts.
SHOWN = {"quarter": 20, "year": 30}


class CrmCustomer(models.Model):
    """Cohorts: customers by the quarter, or year, of their first purchase.

    Read from posted invoices, receipts and credit notes by commercial partner and root
    company: what a customer bought from the branches that the reader has selected
    counts together. Only the customers that the reader may see are counted. A period
    is numbered ``year × periods a year + position in the year``.
    """

    _inherit = "crm.customer"

    retention_place = fields.Char(
        compute="_compute_retention_place",
        search="_search_retention_place",
        exportable=False,
        help="Technical: finds the customers behind a figure of the retention screen.",
    )

    def _compute_retention_place(self):
        self.retention_place = False

    def _search_retention_place(self, operator, value):
        """Find customers by a place that the screen has made, see `_open_place`."""
        if operator != "in":
            return NotImplemented
        places = [place for place in value if place]
        return Domain.OR(self._retention_place_domain(place) for place in places)

    def _retention_place_domain(self, place):
        """Return the domain of the customers behind one place.

        :param place: ``cohort:<root>:<unit>:<cohort>:<periods since, or empty>`` or
            ``rate:<root>:<figure>:<group>:<id>:<basis>``
        """
        kind, *parts = str(place).split(":")
        try:
            if kind == "cohort":
                root, unit, cohort, since = parts
                partners = self._cohort_partners(
                    self._retention_root(int(root)), unit, int(cohort), since
                )
            elif kind == "rate":
                root, figure, group, group_id, basis = parts
                partners = self._rate_partners(
                    self._retention_root(int(root)),
                    figure,
                    group,
                    int(group_id),
                    basis,
                )
            else:
                raise ValueError(kind)
        except (ValueError, KeyError) as error:
            raise UserError(
                self.env._("There are no customers behind “%s”.", place)
            ) from error
        root = self._retention_root(int(root))
        return Domain("partner_id", "in", partners) & self._retention_family(root)

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------

    def _retention_root(self, company_id=None):
        """Return a root company of which the reader has selected something."""
        roots = self.env.companies.root_id
        root = self.env["res.company"].browse(company_id or self.env.company.root_id.id)
        if root not in roots:
            raise AccessError(self.env._("Activate this company first."))
        return root

    def _retention_head(self, root):
        """Return what every screen of a root says of companies.

        Who works in a branch only may not read its root, but may know its name.

        :return: dict of ``company_id``, ``companies``, ``currency_id``
        """
        return {
            "company_id": root.id,
            "companies": [
                {"id": each.id, "name": each.name}
                for each in self.env.companies.root_id.sudo()
            ],
            "currency_id": root.sudo().currency_id.id,
        }

    def _retention_family(self, root):
        """Return the domain of the rows of a root company and its branches."""
        companies = self.env.companies.filtered(lambda each: each.root_id == root)
        return Domain("company_id", "in", companies.ids)

    def _retention_rows(self, root, domain=Domain.TRUE, names=()):
        """Return the query of the customers of a root that the reader may see.

        :param names: columns besides `partner_id` and `company_id`
        """
        query = self._search(self._retention_family(root) & Domain(domain))
        return query.select(
            *(
                SQL(
                    "%s AS %s",
                    self._field_to_sql(query.table, name),
                    SQL.identifier(name),
                )
                for name in ("partner_id", "company_id", *names)
            )
        )

    def _company_values_sql(self, *names):
        """Return what `_company_rows` has of all companies as rows after VALUES.

        :param names: columns, see `_company_columns`
        """
        types = self._company_columns()
        return SQL(", ").join(
            SQL(
                "(%s)",
                SQL(", ").join(SQL(f"%s::{types[name]}", row[name]) for name in names),
            )
            for row in self._company_rows()
        )

    def _retention_companies(self):
        """Return the rows of the relation `company (id, today, window_start)`."""
        return self._company_values_sql("id", "today", "window_start")

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    def _cohort_query(self, root, unit):
        """Return the query of what each customer bought in each period.

        :return: query of ``partner_id``, ``period``, ``cohort`` (both numbered),
            ``purchases`` (posted invoices and receipts) and ``amount`` (untaxed, less
            credit notes, in company currency)
        """
        return SQL(
            """
            SELECT bought.*, min(period) FILTER (WHERE purchases > 0)
                OVER (PARTITION BY partner_id) AS cohort
            FROM (
                SELECT customer.partner_id, %(period)s AS period,
                    count(*) FILTER (WHERE move.move_type <> 'out_refund')
                        AS purchases,
                    sum(move.amount_untaxed_signed) AS amount
                FROM account_move move
                JOIN (VALUES %(companies)s) AS company (id, today, window_start)
                    ON company.id = move.company_id
                JOIN res_partner partner ON partner.id = move.commercial_partner_id
                JOIN (%(customers)s) customer
                    ON customer.partner_id = partner.commercial_partner_id
                    AND customer.company_id = move.company_id
                WHERE move.state = 'posted'
                    AND move.move_type IN %(sale)s
                    AND move.invoice_date <= company.today
                GROUP BY customer.partner_id, period
            ) bought
            """,
            period=self._period_sql(unit),
            sale=SALE_TYPES,
            companies=self._retention_companies(),
            customers=self._retention_rows(root),
        )

    def _period_sql(self, unit):
        """Return the number of the period of a document's day."""
        if UNITS[unit] == 1:
            return SQL("date_part('year', move.invoice_date)::int")
        # Not `extract`, whose numeric results take a tenth of the whole query.
        return SQL(
            "date_part('year', move.invoice_date)::int * 4"
            " + date_part('quarter', move.invoice_date)::int - 1"
        )

    def _period_of(self, day, unit):
        """Return the number of the period of a day."""
        return day.year * UNITS[unit] + (day.month - 1) * UNITS[unit] // 12

    def _period_name(self, period, unit):
        year, position = divmod(period, UNITS[unit])
        if UNITS[unit] == 1:
            return str(year)
        return format_date(
            self.env, date(year, position * 3 + 1, 1), date_format="QQQ y"
        )

    def _cohort_partners(self, root, unit, cohort, since):
        """Return the query of the customers of a cohort, or of one of its cells.

        :param since: periods after the first, as text; empty for the whole cohort
        """
        condition = SQL("cohort = %s AND period = cohort", cohort)
        if since:
            condition = SQL(
                "cohort = %s AND period = cohort + %s AND purchases > 0",
                cohort,
                int(since),
            )
        self._flush_documents()
        return SQL(
            "(SELECT partner_id FROM (%s) place WHERE %s)",
            self._cohort_query(root, unit),
            condition,
        )

    def _flush_documents(self):
        self.env["account.move"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])

    def _cohort_cells(self, root, unit, domain=Domain.TRUE):
        """Return what each cohort bought in each period.

        :param domain: the customers to count; their history is read whole
        :return: ``{cohort: {periods since: (customers, amount)}}``; a credit note from
            before the first purchase counts in its period
        """
        chosen = SQL("TRUE")
        if not Domain(domain).is_true():
            chosen = SQL(
                "partner_id IN (SELECT partner_id FROM (%s) chosen)",
                self._retention_rows(root, domain),
            )
        self._flush_documents()
        cells = {}
        with self._refresh_settings():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT cohort, greatest(period - cohort, 0) AS since,
                        count(*) FILTER (WHERE purchases > 0), sum(amount)
                    FROM (%s) bought
                    WHERE cohort IS NOT NULL AND %s
                    GROUP BY 1, 2
                    ORDER BY 1, 2
                    """,
                    self._cohort_query(root, unit),
                    chosen,
                )
            )
        for cohort, since, customers, amount in rows:
            cells.setdefault(cohort, {})[since] = (customers, float(amount))
        return cells

    # ------------------------------------------------------------------
    # Table and curve
    # ------------------------------------------------------------------

    def _cohort_table(self, cells, unit, today):
        """Return the rows of the table, the oldest cohort first.

        A row is ``{"cohort", "name", "size", "cells"}``; a cell ``{"since", "name",
        "count", "share", "amount", "amount_share", "running"}``: shares of the cohort
        and of what it bought in its first period (None where that was nothing);
        ``running``: the period is not over.
        """
        now = self._period_of(today, unit)
        name = cache(lambda period: self._period_name(period, unit))
        rows = []
        for cohort in sorted(cells):
            size, first_amount = cells[cohort][0]
            row = {
                "cohort": cohort,
                "name": name(cohort),
                "size": size,
                "cells": [],
            }
            for since in range(min(now - cohort + 1, SHOWN[unit])):
                count, amount = cells[cohort].get(since, (0, 0.0))
                row["cells"].append(
                    {
                        "since": since,
                        "name": name(cohort + since),
                        "count": count,
                        "share": count / size,
                        "amount": amount,
                        "amount_share": (
                            amount / first_amount if first_amount > 0 else None
                        ),
                        "running": cohort + since == now,
                    }
                )
            rows.append(row)
        return rows

    def _cohort_curve(self, rows):
        """Return the curve over all cohorts: ``[{"since", "share", "n", "cohorts"}]``.

        Only periods that are over count: `n` is the number of customers of the cohorts
        that have come so far, and the share is of them.
        """
        curve = []
        for since in range(max((len(row["cells"]) for row in rows), default=0)):
            over = [
                (row["size"], row["cells"][since]["count"])
                for row in rows
                if len(row["cells"]) > since and not row["cells"][since]["running"]
            ]
            size = sum(size for size, _count in over)
            if size:
                curve.append(
                    {
                        "since": since,
                        "share": sum(count for _size, count in over) / size,
                        "n": size,
                        "cohorts": len(over),
                    }
                )
        return curve

    @api.model
    def _cohorts_shown(self, rows, unit):
        """Return the latest cohorts, and how many older ones there are."""
        return rows[-SHOWN[unit] :], max(0, len(rows) - SHOWN[unit])
