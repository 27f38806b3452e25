from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmCustomer(models.Model):
    """Documents behind the reasons of the verdict."""

    _inherit = "crm.customer"

    def action_open_late(self):
        """Open the items that count as late, before credits are taken off."""
        return self._open_items(
            self.env._("Late Items"),
            self._late_items() & ~self._of_paid() & ~self._of_held(),
        )

    def action_open_held(self):
        """Open the overdue items whose residual is `late_held`."""
        return self._open_items(
            self.env._("Disputed or Promised"),
            self._late_items() & self._of_held() & ~self._of_paid(),
        )

    def action_open_paid(self):
        """Open the overdue items whose residual is `late_paid`."""
        return self._open_items(
            self.env._("Paid, Not Yet in the Books"),
            self._late_items() & self._of_paid(),
        )

    def action_open_exposure(self):
        """Open the larger part of the exposure: open items, or orders to invoice."""
        if self.to_invoice > self.receivable:
            return self.action_open_to_invoice()
        return self.action_open_receivable()

    def action_open_to_invoice(self):
        """Open the confirmed orders that are not fully invoiced."""
        return self._open_documents(
            self.env._("Orders to Invoice"),
            "sale.order",
            self._contact()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "sale")
            & Domain("date_order", "<", self._period()["today_end"])
            & Domain("id", "in", self._orders_to_invoice()),
            "sale.view_order_tree",
        )

    def action_open_settled(self):
        """Open the invoices' items that were paid in the window."""
        period = self._period()
        money = Domain(
            "credit_move_id.journal_id.type", "in", ("bank", "cash", "credit")
        )
        return self._open_items(
            self.env._("Paid in the Window"),
            self._contact()
            & Domain("company_id", "=", self.company_id.id)
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("journal_id.type", "not in", ("bank", "cash", "credit"))
            & Domain(
                "matched_credit_ids",
                "any",
                money
                & Domain("max_date", ">=", period["window_start"])
                & Domain("max_date", "<=", period["today"]),
            ),
        )

    def action_open_purchases(self):
        """Open the invoices and receipts whose number is `purchase_count`."""
        return self._open_documents(
            self.env._("Purchases"),
            "account.move",
            Domain("commercial_partner_id.commercial_partner_id", "=", self._partner())
            & Domain("company_id", "=", self.company_id.id)
            & Domain("move_type", "in", ("out_invoice", "out_receipt"))
            & Domain("state", "=", "posted")
            & Domain("invoice_date", "<=", self._period()["today"]),
            "account.view_out_invoice_tree",
        )

    def action_open_margin(self):
        """Open the invoice lines whose cost is `cost` and whose margin is `margin`."""
        period = self._period()
        return self._open_documents(
            self.env._("Margin"),
            "account.move.line",
            Domain(
                "move_id.commercial_partner_id.commercial_partner_id",
                "=",
                self._partner(),
            )
            & Domain("company_id", "=", self.company_id.id)
            & Domain("move_type", "in", ("out_invoice", "out_refund", "out_receipt"))
            & Domain("display_type", "=", "product")
            & Domain("parent_state", "=", "posted")
            & Domain("invoice_date", ">=", period["window_start"])
            & Domain("invoice_date", "<=", period["today"]),
            "crm_customer360.account_move_line_view_list_margin",
        )

    def action_open_ratings(self):
        """Open the ratings whose number is `rating_count`."""
        action = self._open_documents(
            self.env._("Ratings"),
            "rating.rating",
            Domain("id", "in", self._rating_ids()),
            "rating.rating_rating_view_tree",
        )
        action["help"] = self.env._("No rating in the window.")
        return action

    def action_open_partner(self):
        """Open the contact itself."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }

    def _orders_to_invoice(self):
        """Return the ids of the orders that make `to_invoice`."""
        rows = self._behind(
            "SELECT ordered.id FROM (%s) ordered"
            " WHERE ordered.total - ordered.invoiced > ordered.tolerance",
            self._orders_invoiced,
        )
        return [row[0] for row in rows]

    def _rating_ids(self):
        """Return the ids of the ratings that make `rating_count`.

        Ratings of no company count where the customer's revenue is largest.
        """
        home = self.company_id if self._is_largest() else None
        return [
            rating_id
            for rating_id, company_id in self._behind(
                "SELECT rating.id, rating.company_id FROM (%s) rating", self._ratings
            )
            if company_id == self.company_id.id or (home and company_id is None)
        ]

    def _behind(self, select, query):
        """Read the documents of this customer as a source of its figures sees them.

        :param select: SQL text with the place for the query
        :param query: method that returns the query for a scope
        :return: rows
        """
        cr = self.env.cr
        cr.execute(self._contacts_of(SQL("%s", self.partner_id.ids)))
        scope = self._scope_literal([row[0] for row in cr.fetchall()])
        cr.execute(
            SQL(
                "WITH company %(companies)s, %(relations)s %(select)s",
                companies=scope.companies,
                relations=SQL(", ").join(self._few_relations(scope)),
                select=SQL(select, query(scope)),
            )
        )
        return cr.fetchall()

    def _late_items(self):
        today = self._period()["today"]
        return (
            self._open_receivable()
            & Domain("amount_residual", ">", 0)
            & (
                Domain("date_maturity", "<", today)
                | (Domain("date_maturity", "=", False) & Domain("date", "<", today))
            )
        )

    def _of_paid(self):
        return Domain("move_id.payment_state", "in", ("in_payment", "paid"))

    def _of_held(self):
        return Domain("move_id.collection_hold", "!=", False) & Domain(
            "move_id.collection_hold_until", ">=", self._period()["today"]
        )
