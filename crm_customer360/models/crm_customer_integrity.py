import json
from datetime import date, datetime

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")

# Customers listed behind a difference, the largest first.
LISTED = 1_000

CHECKS = [
    ("revenue", "Revenue"),
    ("invoice_analysis", "Revenue in Invoice Analysis"),
    ("receivable", "Receivable"),
    ("payable", "Payable"),
    ("pos", "Point of Sale"),
    ("missing", "Customers who need a row"),
    ("not_commercial", "Rows of commercial partners"),
    ("different", "Rows equal to the ledger"),
]
COUNTS = ("missing", "not_commercial", "different")

REASONS = [
    ("no_partner", "Entries without a partner"),
    ("vendor", "Vendors who are no customers"),
    ("waiting", "Customers waiting to be refreshed"),
    ("tonight", "Documents dated after the last refresh of all customers"),
    ("pos", "Point of Sale orders without an invoice: not counted"),
    ("missing", "Customers without a row"),
    ("not_commercial", "Rows of contacts that are part of another customer"),
    ("different", "Rows that are not what the ledger says"),
]
EXPLAINED = ("no_partner", "vendor", "waiting", "tonight", "pos")


class CrmCustomerIntegrity(models.TransientModel):
    """Σ of the customers against the ledger, for each root company.

    The ledger is summed here by statements of its own, not by those that compute the
    customers. Documents dated after a company's today are outside on both sides.
    """

    _name = "crm.customer.integrity"
    _description = "Integrity Check of Customers"
    _rec_name = "checked_at"

    checked_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    is_clean = fields.Boolean(readonly=True)
    line_ids = fields.One2many(
        comodel_name="crm.customer.integrity.line",
        inverse_name="integrity_id",
        string="Lines",
        readonly=True,
    )
    amount_line_ids = fields.One2many(
        comodel_name="crm.customer.integrity.line",
        inverse_name="integrity_id",
        string="Amounts",
        domain=[("is_count", "=", False)],
        readonly=True,
    )
    count_line_ids = fields.One2many(
        comodel_name="crm.customer.integrity.line",
        inverse_name="integrity_id",
        string="Rows",
        domain=[("is_count", "=", True)],
        readonly=True,
    )
    reason_ids = fields.One2many(
        comodel_name="crm.customer.integrity.reason",
        inverse_name="integrity_id",
        string="Differences",
        readonly=True,
    )

    def _compute_display_name(self):
        for integrity in self:
            integrity.display_name = self.env._("Integrity Check")

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def action_check(self):
        """Check the companies that are switched on and show the result."""
        results = self._check()
        integrity = self.create(
            {
                "is_clean": not any(result["unexplained"] for result in results),
                "line_ids": [
                    fields.Command.create(self._line_values(result))
                    for result in results
                ],
            }
        )
        integrity.line_ids.reason_ids.integrity_id = integrity
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Integrity Check"),
            "res_model": self._name,
            "res_id": integrity.id,
            "views": [(False, "form")],
        }

    def _line_values(self, result):
        """Return the values of the line that shows one result of `_check`."""
        names = ("company_id", "currency_id", "check", "is_count", "ledger")
        names += ("customers", "difference", "explained", "unexplained")
        return {
            **{name: result[name] for name in names},
            "source": json.dumps(result["source"]),
            "reason_ids": [
                fields.Command.create(
                    {
                        **{n: reason[n] for n in ("code", "count", "amount")},
                        "is_explained": reason["explained"],
                        "source": json.dumps(reason["source"]),
                    }
                )
                for reason in result["reasons"]
            ],
        }

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    @api.model
    def _check(self, companies=None):
        """Compare the customers with the ledger, per root company.

        The number of statements depends neither on customers nor on documents.

        :param companies: `res.company` recordset, any companies of the trees to check;
            those switched on when None. Branches that the user may not see are left
            out on both sides.
        :return: list of dicts, one per root company and check, with

            - ``company_id``: the root company; ``currency_id``: its currency
            - ``check``: see `CHECKS`; ``is_count``: rows are counted, not money
            - ``ledger``, ``customers``: what should be, and what the customers add up
              to; ``difference``: the first less the second
            - ``explained``: the part of the difference that is as it should be;
              ``unexplained``: the rest, which must be 0
            - ``source``: the records behind ``ledger``, ``{"model", "domain"}``
            - ``reasons``: what the difference is made of, as dicts with ``code`` (see
              `REASONS`), ``explained`` (bool), ``amount``, ``count`` and ``source``
        """
        self.env.flush_all()
        companies = self._companies(companies)
        if not companies:
            return []
        relation = self._company_relation(companies)
        found = {}
        for row in self._compare(relation) + self._compare_rows(relation):
            found.setdefault((row["root_id"], row["check"]), []).append(row)
        analysis = self._invoice_analysis(companies)
        results = []
        for root in companies.root_id:
            branches = companies.filtered(lambda c, root=root: c.root_id == root)
            for check, _name in CHECKS:
                rows = found.get((root.id, check), [])
                if check == "pos":
                    rows = self._point_of_sale(branches)
                    if rows is None:
                        continue
                if check == "invoice_analysis":
                    rows = found.get((root.id, "revenue"), [])
                result = self._result(root, branches, check, rows)
                if check == "invoice_analysis":
                    # What is ours of the difference is said by the reasons already.
                    native = root.currency_id.round(analysis.get(root.id, 0.0))
                    gap = root.currency_id.round(native - result["ledger"])
                    result["ledger"] = native
                    for name in ("difference", "unexplained"):
                        result[name] = root.currency_id.round(result[name] + gap)
                results.append(result)
        return results

    def _companies(self, companies):
        """Return the companies to add up: whole trees, as far as the user may see."""
        roots = (companies or self.env.companies).sudo().root_id
        tree = (
            self.env["res.company"]
            .sudo()
            .with_context(active_test=False)
            .search([("id", "child_of", roots.ids)])
        )
        return tree if self.env.su else tree & self.env.user.sudo().company_ids

    def _company_relation(self, companies):
        """Return the relation of the companies, as SQL rows.

        Columns: id, root_id, today, today_end (UTC), refreshed (day of the last
        refresh of all customers, in the company's timezone).
        """
        rows = []
        for company in companies:
            period = company._customer_period()
            refreshed = company.customer_refreshed_at
            if refreshed:
                moment = pytz.utc.localize(refreshed)
                refreshed = moment.astimezone(company._customer_timezone()).date()
            rows.append(
                SQL(
                    "(%s, %s, %s::date, %s::timestamp, %s::date)",
                    company.id,
                    company.root_id.id,
                    period["today"],
                    period["today_end"],
                    refreshed or period["today"],
                )
            )
        return SQL(
            "(id, root_id, today, today_end, refreshed) AS (VALUES %s)",
            SQL(", ").join(rows),
        )

    def _query(self, query):
        """Return the rows of a query as dicts."""
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    def _compare(self, relation):
        """Compare revenue, receivable and payable, customer by customer.

        :return: list of dicts with ``root_id``, ``check``, ``code`` (None where equal),
            ``ledger``, ``customers``, ``count`` and the ids behind it
        """
        return self._query(
            SQL(
                """
                WITH company %(company)s,
                ledger AS (
                    SELECT 'revenue' AS "check", move.commercial_partner_id AS contact,
                        move.company_id, count(*) AS items,
                        -sum(line.balance) AS amount,
                        -sum(line.balance) FILTER (
                            WHERE move.invoice_date <= company.refreshed) AS refreshed
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                    JOIN account_move_line line ON line.move_id = move.id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale_types)s
                        AND move.invoice_date <= company.today
                        AND line.display_type = 'product'
                    GROUP BY move.commercial_partner_id, move.company_id
                    UNION ALL
                    SELECT CASE account.account_type
                            WHEN 'asset_receivable' THEN 'receivable' ELSE 'payable'
                        END,
                        line.partner_id, line.company_id, count(*) FILTER (
                            WHERE line.amount_residual <> 0),
                        sum(line.amount_residual * sign.sign),
                        sum(line.amount_residual * sign.sign) FILTER (
                            WHERE line.date <= company.refreshed)
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    JOIN account_account account ON account.id = line.account_id
                    CROSS JOIN LATERAL (
                        SELECT CASE account.account_type
                            WHEN 'asset_receivable' THEN 1 ELSE -1 END AS sign
                    ) sign
                    WHERE account.account_type IN (
                            'asset_receivable', 'liability_payable')
                        AND line.parent_state = 'posted'
                        AND line.date <= company.today
                    GROUP BY account.account_type, line.partner_id, line.company_id
                ),
                expected AS (
                    SELECT ledger."check", partner.commercial_partner_id AS partner_id,
                        ledger.company_id, sum(ledger.items) AS items,
                        sum(ledger.amount) AS amount,
                        coalesce(sum(ledger.refreshed), 0) AS refreshed
                    FROM ledger
                    LEFT JOIN res_partner partner ON partner.id = ledger.contact
                    GROUP BY ledger."check", partner.commercial_partner_id,
                        ledger.company_id
                ),
                stored AS (
                    SELECT figure."check", customer.partner_id, customer.company_id,
                        customer.id, coalesce(figure.amount, 0) AS amount
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    CROSS JOIN LATERAL (VALUES
                        ('revenue', customer.revenue_total),
                        ('receivable', customer.receivable),
                        ('payable', customer.payable)
                    ) figure ("check", amount)
                ),
                compared AS (
                    SELECT "check", company.root_id, partner_id, stored.id,
                        coalesce(expected.items, 0) AS items,
                        coalesce(expected.amount, 0) AS ledger,
                        coalesce(stored.amount, 0) AS customers,
                        CASE
                            WHEN partner_id IS NULL THEN 'no_partner'
                            WHEN coalesce(expected.amount, 0)
                                = coalesce(stored.amount, 0) THEN NULL
                            WHEN partner_id IN (
                                SELECT waiting.partner_id
                                FROM crm_customer_queue waiting) THEN 'waiting'
                            WHEN coalesce(expected.refreshed, 0)
                                = coalesce(stored.amount, 0) THEN 'tonight'
                            WHEN stored.id IS NOT NULL THEN 'different'
                            WHEN "check" = 'payable' THEN 'vendor'
                            ELSE 'missing'
                        END AS code
                    FROM expected
                    FULL JOIN stored USING ("check", partner_id, company_id)
                    JOIN company ON company.id = company_id
                )
                SELECT "check", root_id, code,
                    sum(ledger) AS ledger, sum(customers) AS customers,
                    CASE WHEN code = 'no_partner' THEN sum(items)
                        ELSE count(*) END AS count,
                    %(partner_ids)s AS partner_ids
                FROM compared
                GROUP BY "check", root_id, code
                UNION ALL
                SELECT 'different', root_id, code,
                    count(*), count(*) FILTER (WHERE code IS NULL), count(*),
                    %(partner_ids)s
                FROM (
                    SELECT root_id, id, partner_id, min(code) AS code,
                        max(abs(ledger - customers)) AS ledger, 0 AS customers
                    FROM compared WHERE id IS NOT NULL
                    GROUP BY root_id, id, partner_id
                ) compared
                GROUP BY root_id, code
                """,
                company=relation,
                sale_types=SALE_TYPES,
                partner_ids=SQL(
                    "(array_agg(partner_id ORDER BY abs(ledger - customers) DESC)"
                    " FILTER (WHERE code IS NOT NULL))[:%s]",
                    LISTED,
                ),
            )
        )

    def _compare_rows(self, relation):
        """Look for customers without a row, and for rows that should not be.

        :return: list of dicts like those of `_compare`, counting rows
        """
        return self._query(
            SQL(
                """
                WITH company %(company)s,
                document (contact, company_id, date) AS (
                    SELECT move.commercial_partner_id, move.company_id,
                        min(move.invoice_date)
                    FROM account_move move
                    JOIN company ON company.id = move.company_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN %(sale_types)s
                        AND move.invoice_date <= company.today
                    GROUP BY move.commercial_partner_id, move.company_id
                    UNION ALL
                    SELECT line.partner_id, line.company_id, min(line.date)
                    FROM account_move_line line
                    JOIN company ON company.id = line.company_id
                    JOIN account_account account ON account.id = line.account_id
                    WHERE account.account_type = 'asset_receivable'
                        AND line.parent_state = 'posted'
                        AND line.date <= company.today
                    GROUP BY line.partner_id, line.company_id
                    UNION ALL
                    SELECT sale.partner_id, sale.company_id, min(sale.date_order)::date
                    FROM sale_order sale
                    JOIN company ON company.id = sale.company_id
                    WHERE sale.state IN ('draft', 'sent', 'sale')
                        AND sale.date_order < company.today_end
                    GROUP BY sale.partner_id, sale.company_id
                    UNION ALL
                    SELECT lead.partner_id,
                        coalesce(lead.company_id, partner.company_id), NULL
                    FROM crm_lead lead
                    JOIN res_partner partner ON partner.id = lead.partner_id
                    WHERE lead.type = 'opportunity'
                    UNION ALL
                    SELECT partner.id, partner.company_id, NULL
                    FROM res_partner partner
                    WHERE partner.customer_rank > 0
                ),
                expected AS (
                    SELECT partner.commercial_partner_id AS partner_id,
                        document.company_id,
                        bool_or(document.company_id IS NOT NULL) OVER (
                            PARTITION BY partner.commercial_partner_id) AS has_company,
                        min(coalesce(document.date, '-infinity')) AS date
                    FROM document
                    JOIN res_partner partner ON partner.id = document.contact
                    GROUP BY partner.commercial_partner_id, document.company_id
                ),
                missing AS (
                    SELECT company.root_id, expected.partner_id,
                        CASE
                            WHEN customer.partner_id IS NOT NULL THEN NULL
                            WHEN expected.partner_id IN (
                                SELECT waiting.partner_id
                                FROM crm_customer_queue waiting) THEN 'waiting'
                            WHEN expected.date > company.refreshed THEN 'tonight'
                            ELSE 'missing'
                        END AS code
                    FROM expected
                    JOIN company ON company.id = expected.company_id
                        OR (expected.company_id IS NULL
                            AND company.id = company.root_id)
                    LEFT JOIN LATERAL (
                        SELECT customer.partner_id FROM crm_customer customer
                        WHERE customer.partner_id = expected.partner_id
                            AND (expected.company_id IS NULL
                                OR customer.company_id = expected.company_id)
                        LIMIT 1
                    ) customer ON TRUE
                    -- What belongs to no company needs a row in any company.
                    WHERE expected.company_id IS NOT NULL
                        OR NOT (has_company OR customer.partner_id IS NOT NULL)
                ),
                existing AS (
                    SELECT company.root_id, customer.partner_id,
                        CASE
                            WHEN partner.commercial_partner_id = partner.id THEN NULL
                            WHEN EXISTS (
                                SELECT FROM crm_customer_queue waiting
                                WHERE waiting.partner_id IN (
                                    partner.id, partner.commercial_partner_id)
                            ) THEN 'waiting'
                            ELSE 'not_commercial'
                        END AS code
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    JOIN res_partner partner ON partner.id = customer.partner_id
                )
                SELECT 'missing' AS "check", root_id, code, count(*) AS ledger,
                    count(*) FILTER (WHERE code IS NULL) AS customers,
                    count(*) AS count, %(partner_ids)s AS partner_ids
                FROM missing GROUP BY root_id, code
                UNION ALL
                SELECT 'not_commercial', root_id, code,
                    count(*) FILTER (WHERE code IS NULL), count(*), count(*),
                    %(partner_ids)s
                FROM existing GROUP BY root_id, code
                """,
                company=relation,
                sale_types=SALE_TYPES,
                partner_ids=SQL(
                    "(array_agg(partner_id ORDER BY partner_id)"
                    " FILTER (WHERE code IS NOT NULL))[:%s]",
                    LISTED,
                ),
            )
        )

    def _invoice_analysis(self, companies):
        """Return what native Invoice Analysis shows: ``{root id: untaxed total}``.

        Asked once per currency, in that currency, so that nothing is converted.
        """
        totals = {}
        for currency in companies.currency_id:
            group = companies.filtered(lambda c, like=currency: c.currency_id == like)
            report = (
                self.env["account.invoice.report"]
                .sudo()
                .with_context(allowed_company_ids=group.ids)
            )
            for company, amount in report._read_group(
                Domain("state", "=", "posted")
                & Domain("move_type", "in", SALE_TYPES)
                & self._until_today("invoice_date", group),
                ["company_id"],
                ["price_subtotal:sum"],
            ):
                root = company.root_id.id
                totals[root] = totals.get(root, 0.0) + amount
        return totals

    def _point_of_sale(self, companies):
        """Return the untaxed Point of Sale orders without a customer invoice.

        :return: rows like those of `_compare`; None when it is not installed
        """
        if "pos.order" not in self.env:
            return None
        return self._query(
            SQL(
                """
                SELECT 'pos' AS code, 0 AS customers, count(*) AS count,
                    coalesce(sum((pos.amount_total - pos.amount_tax)
                        / coalesce(nullif(pos.currency_rate, 0), 1)), 0) AS ledger
                FROM pos_order pos
                WHERE pos.state IN ('paid', 'done') AND pos.account_move IS NULL
                    AND pos.company_id = ANY(%s) AND pos.date_order <= %s
                """,
                companies.ids,
                fields.Datetime.now(),
            )
        )

    # ------------------------------------------------------------------
    # Result
    # ------------------------------------------------------------------

    def _result(self, root, companies, check, rows):
        """Return one result of `_check` from the rows found for it."""
        is_count = check in COUNTS

        def number(value):
            return int(value) if is_count else root.currency_id.round(float(value))

        ledger = sum(row["ledger"] for row in rows)
        customers = sum(row["customers"] for row in rows)
        reasons = [
            {
                "code": row["code"],
                "explained": row["code"] in EXPLAINED,
                "amount": number(row["ledger"] - row["customers"]),
                "count": int(row["count"]),
                "source": self._reason_source(check, companies, row),
            }
            for row in sorted(rows, key=lambda row: row["code"] or "")
            if row["code"]
        ]
        explained = sum(
            row["ledger"] - row["customers"] for row in rows if row["code"] in EXPLAINED
        )
        return {
            "company_id": root.id,
            "currency_id": root.currency_id.id,
            "check": check,
            "is_count": is_count,
            "ledger": number(ledger),
            "customers": number(customers),
            "difference": number(ledger - customers),
            "explained": number(explained),
            "unexplained": number(ledger - customers - explained),
            "source": self._source(check, companies),
            "reasons": reasons,
        }

    def _source(self, check, companies):
        """Return the records whose sum is the ledger's side of a check."""
        if check == "revenue":
            return self._domain("account.move", self._sales(companies))
        if check == "invoice_analysis":
            return self._domain("account.invoice.report", self._sales(companies))
        if check in ("receivable", "payable"):
            return self._domain("account.move.line", self._items(check, companies))
        if check == "pos":
            return self._domain(
                "pos.order",
                Domain("company_id", "in", companies.ids)
                & Domain("state", "in", ("paid", "done"))
                & Domain("account_move", "=", False)
                & Domain("date_order", "<=", fields.Datetime.now()),
            )
        return self._domain("crm.customer", Domain("company_id", "in", companies.ids))

    def _reason_source(self, check, companies, row):
        """Return the records behind one reason."""
        code = row["code"]
        if code == "pos":
            return self._source("pos", companies)
        if code == "no_partner" and check in ("receivable", "payable"):
            return self._domain(
                "account.move.line",
                self._items(check, companies) & Domain("partner_id", "=", False),
            )
        if code == "no_partner":
            return self._domain(
                "account.move",
                self._sales(companies) & Domain("commercial_partner_id", "=", False),
            )
        partner_ids = row["partner_ids"] or []
        if code == "vendor":
            return self._domain(
                "account.move.line",
                self._items(check, companies)
                & Domain("partner_id.commercial_partner_id", "in", partner_ids),
            )
        if code == "missing" or check == "missing":
            return self._domain(
                "res.partner",
                Domain("id", "in", partner_ids) & Domain("active", "in", (True, False)),
            )
        return self._domain(
            "crm.customer",
            Domain("partner_id", "in", partner_ids)
            & Domain("company_id", "in", companies.ids),
        )

    def _domain(self, model, domain):
        """Return model and domain as data that survives JSON."""
        domain = json.loads(json.dumps(list(domain), default=self._to_text))
        return {"model": model, "domain": domain}

    def _to_text(self, value):
        if isinstance(value, datetime):
            return fields.Datetime.to_string(value)
        if isinstance(value, date):
            return fields.Date.to_string(value)
        return list(value)

    def _sales(self, companies):
        """Return the domain of posted customer documents up to today."""
        return (
            Domain("state", "=", "posted")
            & Domain("move_type", "in", SALE_TYPES)
            & self._until_today("invoice_date", companies)
        )

    def _items(self, check, companies):
        """Return the domain of the open items of receivable or payable accounts."""
        account_type = {
            "receivable": "asset_receivable",
            "payable": "liability_payable",
        }[check]
        return (
            Domain("account_id.account_type", "=", account_type)
            & Domain("parent_state", "=", "posted")
            & Domain("amount_residual", "!=", 0)
            & self._until_today("date", companies)
        )

    def _until_today(self, field, companies):
        """Return the domain of the companies' documents, each up to its own today."""
        days = {}
        for company in companies:
            days.setdefault(company._customer_today(), []).append(company.id)
        return Domain.OR(
            Domain("company_id", "in", ids) & Domain(field, "<=", day)
            for day, ids in days.items()
        )


class CrmCustomerIntegritySource(models.AbstractModel):
    """A figure of the check that opens the records behind it."""

    _name = "crm.customer.integrity.source"
    _description = "Integrity Check of Customers: Records"

    source = fields.Char(
        readonly=True, help="Technical: model and domain of the records, as JSON."
    )
    can_open = fields.Boolean(compute="_compute_can_open")

    @api.depends("source")
    @api.depends_context("uid")
    def _compute_can_open(self):
        for figure in self:
            model = json.loads(figure.source or "{}").get("model")
            figure.can_open = bool(model) and self.env[model].has_access("read")

    def _label(self, name):
        """Return the translated value of a selection field."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

    def _open(self, name):
        """Return the action that lists the records."""
        source = json.loads(self.source)
        action = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": source["model"],
            "domain": source["domain"],
            "views": [(False, "list"), (False, "form")],
            "context": {"create": False},
        }
        if source["model"] == "account.move.line":
            view = self.env.ref("crm_customer360.account_move_line_view_list")
            search = self.env.ref("account.view_account_move_line_filter")
            action["views"] = [(view.id, "list")]
            action["search_view_id"] = [search.id, "search"]
        elif source["model"] == "account.invoice.report":
            action["views"] = [(False, "pivot"), (False, "graph"), (False, "list")]
            action["context"]["pivot_measures"] = ["price_subtotal"]
            action["context"]["pivot_row_groupby"] = ["commercial_partner_id"]
            action["context"]["pivot_column_groupby"] = []
        return action


class CrmCustomerIntegrityLine(models.TransientModel):
    """One figure of one root company: the ledger and the customers side by side."""

    _name = "crm.customer.integrity.line"
    _inherit = "crm.customer.integrity.source"
    _description = "Integrity Check of Customers: Figure"

    integrity_id = fields.Many2one(
        comodel_name="crm.customer.integrity", ondelete="cascade"
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    check = fields.Selection(selection=CHECKS, string="Figure", readonly=True)
    is_count = fields.Boolean(readonly=True)
    ledger = fields.Monetary(
        readonly=True, help="What native documents add up to, up to today."
    )
    customers = fields.Monetary(
        readonly=True, help="What the customers add up to, branches included."
    )
    difference = fields.Monetary(readonly=True)
    explained = fields.Monetary(
        readonly=True, help="Part of the difference that is as it should be."
    )
    unexplained = fields.Monetary(
        readonly=True, help="Must be zero: otherwise a customer shows a wrong figure."
    )
    reason_ids = fields.One2many(
        comodel_name="crm.customer.integrity.reason",
        inverse_name="line_id",
        readonly=True,
    )

    def action_open_ledger(self):
        """Open the native records that the ledger's side is the sum of."""
        self.ensure_one()
        return self._open(self._label("check"))

    def action_open_customers(self):
        """Open the customers of this root company."""
        self.ensure_one()
        companies = self.env["crm.customer.integrity"]._companies(self.company_id)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        action["domain"] = [("company_id", "in", companies.ids)]
        return action


class CrmCustomerIntegrityReason(models.TransientModel):
    """One part of a difference, with the documents behind it."""

    _name = "crm.customer.integrity.reason"
    _inherit = "crm.customer.integrity.source"
    _description = "Integrity Check of Customers: Difference"
    _order = "is_explained, id"

    integrity_id = fields.Many2one(
        comodel_name="crm.customer.integrity", ondelete="cascade"
    )
    line_id = fields.Many2one(
        comodel_name="crm.customer.integrity.line", ondelete="cascade"
    )
    company_id = fields.Many2one(related="line_id.company_id")
    currency_id = fields.Many2one(related="line_id.currency_id")
    check = fields.Selection(related="line_id.check")
    is_count = fields.Boolean(related="line_id.is_count")
    code = fields.Selection(selection=REASONS, string="Reason", readonly=True)
    is_explained = fields.Boolean(string="Explained", readonly=True)
    count = fields.Integer(string="Number", readonly=True)
    amount = fields.Monetary(readonly=True)

    def action_open(self):
        """Open the documents, customers or contacts behind this part."""
        self.ensure_one()
        return self._open(self._label("code"))
