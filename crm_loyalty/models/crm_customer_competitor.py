from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmCustomerCompetitor(models.Model):
    """A salesperson's note that a customer buys from a competitor.

    It is evidence for the behavioural class until it is withdrawn. None is changed or
    deleted, so that who said what remains to be read.
    """

    _name = "crm.customer.competitor"
    _description = "Note: Went to a Competitor"
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
    text = fields.Text(
        string="What Is Known",
        required=True,
        help="To whom the customer went, why, and how you know.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Author",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    date = fields.Datetime(
        string="On", required=True, readonly=True, default=fields.Datetime.now
    )
    withdrawn = fields.Boolean(
        readonly=True, help="No longer true: it is evidence of nothing."
    )
    withdrawn_user_id = fields.Many2one(
        comodel_name="res.users", string="Withdrawn by", readonly=True
    )

    @api.constrains("text")
    def _check_text(self):
        if any(not (note.text or "").strip() for note in self):
            raise ValidationError(
                self.env._("Say what is known: a note without words is no evidence.")
            )

    @api.constrains("partner_id", "company_id")
    def _check_customer(self):
        """Whoever tells of a customer must be allowed to read it."""
        found = self.env["crm.customer"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        known = {(row.partner_id, row.company_id) for row in found}
        for note in self:
            if (note.partner_id, note.company_id) not in known:
                raise ValidationError(
                    self.env._(
                        "%(partner)s is not a customer of %(company)s that you see.",
                        partner=note.partner_id.display_name,
                        company=note.company_id.name,
                    )
                )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for note in self:
            note.display_name = self.env._(
                "Went to a competitor: %s", note.partner_id.display_name
            )

    @api.model_create_multi
    def create(self, vals_list):
        """The author is who creates it, whatever was asked for."""
        for vals in vals_list:
            vals.update(
                user_id=self.env.uid,
                date=fields.Datetime.now(),
                withdrawn=False,
                withdrawn_user_id=False,
            )
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            vals["partner_id"] = partner.commercial_partner_id.id
        notes = super().create(vals_list)
        self.env["crm.customer"]._evaluate_class(notes.partner_id)
        return notes

    def write(self, vals):
        """What was said stays as it was said."""
        if not self.env.su:
            raise UserError(
                self.env._(
                    "A note cannot be changed: withdraw it and write a new one, so "
                    "that both remain to be read."
                )
            )
        return super().write(vals)

    def action_withdraw(self):
        """Let the note count as evidence no longer."""
        self.check_access("write")
        open_notes = self.filtered(lambda note: not note.withdrawn)
        open_notes.sudo().write({"withdrawn": True, "withdrawn_user_id": self.env.uid})
        customers = open_notes.partner_id.commercial_partner_id
        self.env["crm.customer"]._evaluate_class(customers)
        return True


class CrmCustomer(models.Model):
    _inherit = "crm.customer"

    competitor_note_ids = fields.One2many(
        comodel_name="crm.customer.competitor",
        string="Notes on Competitors",
        compute="_compute_competitor_note_ids",
        help="What salespeople know of this customer and a competitor.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_competitor_note_ids(self):
        Note = self.env["crm.customer.competitor"]
        found = {}
        if Note.has_access("read"):
            notes = Note.search(
                [
                    ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ]
            )
            for note in notes:
                # A person told of may belong to a company since.
                key = note.partner_id.commercial_partner_id, note.company_id
                found[key] = found.get(key, Note) | note
        for customer in self:
            key = customer.partner_id, customer.company_id
            customer.competitor_note_ids = found.get(key, Note)

    def action_competitor_note(self):
        """Ask what is known of this customer and a competitor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Went to a Competitor"),
            "res_model": "crm.customer.competitor",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
            },
        }
