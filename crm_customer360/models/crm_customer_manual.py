from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .crm_customer import STATES


class CrmCustomerVerdict(models.Model):
    """A verdict set by hand: it stands in place of the computed state until it ends.

    The newest one in force counts. None is deleted when it ends: who judged what, and
    why, remains to be read.
    """

    _name = "crm.customer.verdict"
    _description = "Verdict Set by Hand"
    _order = "id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    state = fields.Selection(
        selection=[item for item in STATES if item[0] != "none"], required=True
    )
    reason = fields.Text(
        required=True, help="What the figures do not tell, for whoever comes next."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Author",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    date_end = fields.Date(
        string="Until", required=True, help="Last day on which the verdict counts."
    )
    ended = fields.Boolean(
        string="Ended Early", readonly=True, help="Taken back before its last day."
    )
    in_force = fields.Boolean(compute="_compute_in_force")

    _customer_idx = models.Index("(partner_id, company_id, date_end)")

    @api.depends("date_end", "ended", "company_id")
    def _compute_in_force(self):
        for verdict in self:
            today = verdict.company_id.sudo()._customer_today()
            verdict.in_force = not verdict.ended and bool(
                verdict.date_end and verdict.date_end >= today
            )

    @api.constrains("date_end", "company_id")
    def _check_date_end(self):
        for verdict in self:
            if verdict.date_end < verdict.company_id.sudo()._customer_today():
                raise ValidationError(
                    self.env._("The verdict must end today or later: choose its end.")
                )

    @api.constrains("reason")
    def _check_reason(self):
        if any(not (verdict.reason or "").strip() for verdict in self):
            raise ValidationError(self.env._("Say why: a verdict needs a reason."))

    @api.constrains("partner_id", "company_id")
    def _check_customer(self):
        """Whoever judges a customer must be allowed to read it."""
        found = self.env["crm.customer"].search(
            [
                ("partner_id", "in", self.partner_id.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        known = {(row.partner_id, row.company_id) for row in found}
        for verdict in self:
            key = verdict.partner_id.commercial_partner_id, verdict.company_id
            if key not in known:
                raise ValidationError(
                    self.env._(
                        "%(partner)s is not a customer of %(company)s that you see.",
                        partner=verdict.partner_id.display_name,
                        company=verdict.company_id.name,
                    )
                )

    @api.depends("state", "date_end")
    def _compute_display_name(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for verdict in self:
            verdict.display_name = labels.get(verdict.state, "")

    @api.model_create_multi
    def create(self, vals_list):
        """The author is who creates it, whatever was asked for."""
        partners = self.env["res.partner"]
        for vals in vals_list:
            vals["user_id"] = self.env.uid
            partner = partners.browse(vals.get("partner_id"))
            vals["partner_id"] = partner.commercial_partner_id.id
        verdicts = super().create(vals_list)
        verdicts._refresh_customers()
        return verdicts

    def write(self, vals):
        """What was judged stays as it was said; only its end may come earlier."""
        if not self.env.su and set(vals) - {"ended"}:
            raise UserError(
                self.env._(
                    "A verdict cannot be changed: end it and set a new one, so that "
                    "both remain to be read."
                )
            )
        result = super().write(vals)
        self._refresh_customers()
        return result

    def action_end(self):
        """Let the figures speak again."""
        self.ended = True
        return True

    def _refresh_customers(self):
        self.env["crm.customer"]._refresh(self.partner_id, self.company_id)


class CrmCustomer(models.Model):
    """The verdict set by hand that is in force, and the buttons for it."""

    _inherit = "crm.customer"

    manual_id = fields.Many2one(
        comodel_name="crm.customer.verdict",
        string="Verdict Set by Hand",
        compute="_compute_manual_id",
        help="The verdict set by hand that is in force.",
    )

    @api.depends("manual_state")
    def _compute_manual_id(self):
        judged = self.filtered("manual_state")
        found = self.env["crm.customer.verdict"].search(
            [
                ("partner_id", "in", judged.partner_id.ids),
                ("company_id", "in", judged.company_id.ids),
                ("ended", "=", False),
            ]
        )
        latest = {}
        for verdict in found:
            if verdict.in_force:
                key = verdict.partner_id, verdict.company_id
                latest.setdefault(key, verdict)
        for customer in self:
            customer.manual_id = latest.get((customer.partner_id, customer.company_id))

    def action_set_verdict(self):
        """Ask for a verdict on this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Verdict"),
            "res_model": "crm.customer.verdict",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    def action_end_verdict(self):
        """Let the figures speak again."""
        self.ensure_one()
        self.manual_id.action_end()
        return True
