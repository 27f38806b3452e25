import json
from datetime import date, datetime

from odoo import api, fields, models
from odoo.fields import Domain

from .account_move_line import SALE_TYPES

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
            if row["code"] and row["count"]
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
