from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmCustomer(models.Model):
    """What the screens need: which figures are empty, and the documents behind them.

    The domain of an action selects exactly the records whose sum is the figure, as the
    sources select them: posted, dated up to the company's today, of any contact of the
    customer, archived or not.
    """

    _inherit = "crm.customer"

    empty_figures = fields.Json(
        compute="_compute_empty_figures",
        help="Technical: names of the figures that mean nothing for this customer. "
        "They read as zero but are shown as empty.",
    )

    def web_read(self, specification):
        """Opening a customer refreshes its row first, so that the page is fresh."""
        if len(self) == 1:
            self.check_access("read")
            self._refresh(self.partner_id, self.company_id)
        return super().web_read(specification)

    # Natively it may run on a read replica.
    web_read._readonly = False

    @api.model
    def _nullable_figures(self):
        """Return the names of the figures that may be empty."""
        return [
            "anniversary_days",
            "cadence_days",
            "contribution_rate",
            "credit_used",
            "csat",
            "days_to_pay",
            "dso",
            "late_days",
            "lateness",
            "margin_rate",
            "oldest_due_days",
            "open_delay",
            "order_average",
            "payment_delay",
            "refund_rate",
            "revenue_growth",
            "revenue_rank",
            "contribution_rank",
            "win_rate",
        ]

    @api.depends("computed_at")
    def _compute_empty_figures(self):
        names = self._nullable_figures()
        derived = self._derived_sql(SQL.identifier(self._table))
        empty = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, array_remove(ARRAY[%s], NULL)"
                    " FROM crm_customer WHERE id = ANY(%s)",
                    SQL(", ").join(
                        SQL(
                            "CASE WHEN %s IS NULL THEN %s END",
                            derived.get(name) or SQL.identifier(self._table, name),
                            name,
                        )
                        for name in names
                    ),
                    self.ids,
                )
            )
        )
        for customer in self:
            customer.empty_figures = empty.get(customer.id, names)

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------

    def action_open_invoices(self):
        """Open the invoices and credit notes whose untaxed sum is `revenue`."""
        period = self._period()
        return self._open_documents(
            self.env._("Invoices"),
            "account.move",
            Domain("commercial_partner_id.commercial_partner_id", "=", self._partner())
            & Domain("company_id", "=", self.company_id.id)
            & Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">=", period["window_start"])
            & Domain("invoice_date", "<=", period["today"]),
            "account.view_out_invoice_tree",
        )

    def action_open_orders(self):
        """Open the confirmed orders whose number is `order_count`."""
        period = self._period()
        return self._open_documents(
            self.env._("Orders"),
            "sale.order",
            self._contact()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "sale")
            & Domain("date_order", ">=", period["window_start_at"])
            & Domain("date_order", "<", period["today_end"]),
            "sale.view_order_tree",
        )

    def action_open_quotations(self):
        """Open the quotations whose number is `quotation_count`."""
        return self._open_documents(
            self.env._("Quotations"),
            "sale.order",
            self._contact()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "in", ("draft", "sent"))
            & Domain("date_order", "<", self._period()["today_end"]),
            "sale.view_quotation_tree",
        )

    def action_open_opportunities(self):
        """Open the opportunities whose expected revenue is `pipeline_amount`."""
        return self._open_documents(
            self.env._("Opportunities"),
            "crm.lead",
            self._contact()
            & self._homeless_company()
            & Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "pending"),
            "crm.crm_case_tree_view_oppor",
        )

    def action_open_receivable(self):
        """Open the journal items whose residual is `receivable`."""
        return self._open_items(self.env._("Receivable"), self._open_receivable())

    def action_open_overdue(self):
        """Open the journal items whose residual is `overdue`."""
        return self._open_items(self.env._("Overdue"), self._late_items())

    def action_open_payable(self):
        """Open the journal items whose residual is −`payable`."""
        return self._open_items(
            self.env._("Payable"),
            self._open_item("liability_payable"),
        )

    def action_open_payments(self):
        """Open the journal items whose balance is −`received`.

        Receivable lines of bank, cash and card journals, and the write-offs in them.
        """
        period = self._period()
        receivable = Domain("account_id.account_type", "=", "asset_receivable")
        neither = self._account_ids("receivable", "payable", "liquidity")
        money = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("journal_id.type", "in", ("bank", "cash", "credit"))
            & Domain("parent_state", "=", "posted")
            & Domain("date", ">=", period["window_start"])
            & Domain("date", "<=", period["today"])
        )
        of_payment = Domain(
            "move_id.line_ids", "any", receivable & self._contact()
        ) & Domain("account_id", "not in", neither)
        of_contact = self._contact() | (
            Domain("partner_id", "=", False)
            & Domain("move_id.partner_id.commercial_partner_id", "=", self._partner())
        )
        return self._open_items(
            self.env._("Payments"),
            money & ((receivable & self._contact()) | (of_payment & of_contact)),
        )

    def _open_receivable(self):
        return self._open_item("asset_receivable")

    def _open_item(self, account_type):
        """Return the domain of the open items on the accounts of a type."""
        return (
            self._contact()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("account_id.account_type", "=", account_type)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("date", "<=", self._period()["today"])
        )

    def _partner(self):
        self.ensure_one()
        return self.partner_id.id

    def _period(self):
        self.ensure_one()
        return self.company_id.sudo()._customer_period()

    def _contact(self):
        """Return the domain of a document of any contact of this customer."""
        return Domain("partner_id.commercial_partner_id", "=", self._partner())

    def _homeless_company(self):
        """Return the domain of the company of documents that may have none.

        These count in their contact's company, else where the revenue is largest.
        """
        company = self.company_id
        homes = [company.id, False] if self._is_largest() else [company.id]
        return Domain("company_id", "=", company.id) | (
            Domain("company_id", "=", False)
            & Domain("partner_id.company_id", "in", homes)
        )

    def _is_largest(self):
        """Return whether this is the row of the customer with the largest revenue."""
        return self == self.sudo().search(
            [("partner_id", "=", self._partner())],
            order="revenue_total desc, company_id",
            limit=1,
        )

    def _account_ids(self, *names):
        """Return the ids of the accounts of the scope that have these names."""
        queries = self._scope_queries()
        return [
            account_id
            for name in names
            for (account_id,) in self.env.execute_query(queries[name])
        ]

    def _open_items(self, name, domain):
        return self._open_documents(
            name,
            "account.move.line",
            domain,
            "crm_customer360.account_move_line_view_list",
        )

    def _open_documents(self, name, model, domain, list_view):
        """Return the action that lists the documents of `domain`."""
        values = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [(self.env.ref(list_view).id, "list"), (False, "form")],
            "domain": list(domain),
            "context": {"create": False},
        }
        if model == "account.move.line":
            search = self.env.ref("account.view_account_move_line_filter")
            values["views"] = [(self.env.ref(list_view).id, "list")]
            values["search_view_id"] = [search.id, "search"]
        elif model == "account.move":
            values["views"][1] = (self.env.ref("account.view_move_form").id, "form")
            values["context"]["default_move_type"] = "out_invoice"
        return values
