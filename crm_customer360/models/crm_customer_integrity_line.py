import json

from odoo import api, fields, models

from .crm_customer_integrity import CHECKS, REASONS


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
