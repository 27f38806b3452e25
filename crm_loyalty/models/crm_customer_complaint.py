from odoo import api, fields, models
from odoo.exceptions import UserError

COMPLAINT_STATES = [
    ("open", "Open"),
    ("answered", "Answered"),
    ("closed", "Closed"),
]

# What only the addon writes: where a complaint came from, its days, its reminder.
KEPT = {
    "source": "hand",
    "nps_id": False,
    "rating_id": False,
    "date_answered": False,
    "date_closed": False,
    "reminder_id": False,
}


class CrmCustomerComplaint(models.Model):
    """A customer who is not satisfied, until the matter is settled.

    Open until somebody has answered the customer, and closed when cause and remedy are
    written down. The one responsible has an activity until then.
    """

    _name = "crm.customer.complaint"
    _description = "Complaint"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.customer.document.mixin"]
    _order = "date_closed desc nulls first, date_deadline, id desc"
    _customer_fields = frozenset({"partner_id", "state", "company_id"})

    name = fields.Char(
        string="Complaint",
        required=True,
        tracking=True,
        help="What the complaint is about, in a few words.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="Empty: a customer whose personal data was erased.",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        ondelete="set null",
        help="Who complained.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
        help="Settles the matter with the customer.",
    )
    state = fields.Selection(
        selection=COMPLAINT_STATES,
        default="open",
        required=True,
        tracking=True,
        group_expand=True,
        copy=False,
        help="Answered: the customer has heard from us. Closed: settled, with cause "
        "and remedy.",
    )
    source = fields.Selection(
        selection=[
            ("hand", "Entered by Hand"),
            ("nps", "Recommendation"),
            ("rating", "Rating"),
        ],
        string="Came by",
        default="hand",
        required=True,
        readonly=True,
    )
    nps_id = fields.Many2one(
        comodel_name="crm.customer.nps",
        string="Answer",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    rating_id = fields.Many2one(
        comodel_name="rating.rating", readonly=True, copy=False, ondelete="set null"
    )
    description = fields.Text(
        string="What the Customer Says", help="In the customer's words."
    )
    cause_id = fields.Many2one(
        comodel_name="crm.customer.complaint.cause",
        tracking=True,
        help="Where it came from; needed to close the complaint.",
    )
    remedy = fields.Text(
        string="What Was Done", copy=False, help="Needed to close the complaint."
    )
    consent = fields.Boolean(
        string="Customer Agrees",
        copy=False,
        tracking=True,
        help="Closed with the customer's consent.",
    )
    date = fields.Date(
        string="Since", default=fields.Date.context_today, required=True, copy=False
    )
    date_deadline = fields.Date(
        string="Answer by",
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="Day by which the customer is to be answered.",
    )
    date_answered = fields.Date(string="Answered On", readonly=True, copy=False)
    date_closed = fields.Date(string="Closed On", readonly=True, copy=False)
    reminder_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Technical: the activity of whoever is responsible; others on the "
        "complaint are left alone.",
    )
    days_open = fields.Integer(
        compute="_compute_days_open",
        help="Days from the beginning until the complaint was closed, or until today.",
    )

    _nps_unique = models.UniqueIndex(
        "(nps_id) WHERE nps_id IS NOT NULL", "An answer makes one complaint."
    )
    _rating_unique = models.UniqueIndex(
        "(rating_id) WHERE rating_id IS NOT NULL", "A rating makes one complaint."
    )

    @api.depends("date", "company_id")
    def _compute_date_deadline(self):
        for complaint in self:
            days = complaint.company_id.sudo().root_id.complaint_days
            complaint.date_deadline = complaint.date and fields.Date.add(
                complaint.date, days=days
            )

    @api.depends("date", "date_closed")
    def _compute_days_open(self):
        for complaint in self:
            today = complaint.company_id.sudo()._customer_today()
            end = complaint.date_closed or today
            complaint.days_open = max(0, (end - (complaint.date or end)).days)

    @api.model_create_multi
    def create(self, vals_list):
        kept = {} if self.env.su else KEPT
        complaints = super().create(
            [{**vals, **self._whose(vals), **kept} for vals in vals_list]
        )
        settled = complaints.filtered(lambda item: item.state != "open")
        settled._state_changed()
        (complaints - settled)._remind()
        return complaints

    def write(self, vals):
        """Changing the state, in the form or by dragging, keeps its dates."""
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name not in KEPT}
        if "partner_id" in vals:
            vals = {"contact_id": False, **vals, **self._whose(vals)}
        moved = self.browse()
        if vals.get("state"):
            moved = self.filtered(lambda item: item.state != vals["state"])
        result = super().write(vals)
        if moved:
            moved._state_changed()
        elif "user_id" in vals:
            self.filtered(lambda item: item.state != "closed")._remind()
        if not {"partner_id", "date", "date_deadline"}.isdisjoint(vals):
            self._keep_reminder()
        return result

    def _whose(self, vals):
        """Return whose complaint it is: the commercial entity, and its contact."""
        partner = self.env["res.partner"].browse(vals.get("partner_id"))
        if not self.env.su and not partner:
            raise UserError(self.env._("Say whose complaint it is."))
        customer = partner.commercial_partner_id
        whose = {"partner_id": customer.id}
        if partner != customer and not vals.get("contact_id"):
            whose["contact_id"] = partner.id
        return whose

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """The activity tells whoever is responsible: one mail, not two."""

    def _state_changed(self):
        for complaint in self:
            today = complaint.company_id.sudo()._customer_today()
            if complaint.state == "open":
                dates = {"date_answered": False, "date_closed": False}
            elif complaint.state == "answered":
                dates = {"date_answered": today, "date_closed": False}
            else:
                complaint._check_settled()
                dates = {
                    "date_answered": complaint.date_answered or today,
                    "date_closed": today,
                }
            complaint.sudo().write(dates)
        closed = self.filtered(lambda item: item.state == "closed")
        closed._reminder().action_feedback()
        (self - closed)._remind()

    def _check_settled(self):
        if not self.cause_id or not (self.remedy or "").strip():
            raise UserError(
                self.env._(
                    "Say what caused “%s” and what was done about it, then close it.",
                    self.name,
                )
            )

    def _reminder(self):
        """Return the activities not done yet of those responsible, as root."""
        return self.sudo().reminder_id.exists().filtered("active")

    def _keep_reminder(self):
        """The activity says whose complaint it is, and by when it is to be answered.

        What it is about is the name of the document, which stands beside.
        """
        for complaint in self:
            complaint._reminder().write(
                {
                    "summary": complaint.partner_id.name,
                    "date_deadline": complaint.date_deadline
                    or complaint.company_id.sudo()._customer_today(),
                }
            )

    def _remind(self):
        """Give whoever is responsible an activity, and nobody else."""
        for complaint in self.sudo():
            company = complaint.company_id.root_id
            kind = company.complaint_activity_type_id or self.env.ref(
                "mail.mail_activity_data_todo"
            )
            user = complaint.user_id
            reminder = complaint._reminder()
            if reminder.user_id != user:
                reminder.unlink()
            if user and not reminder.exists():
                complaint.reminder_id = complaint.activity_schedule(
                    activity_type_id=kind.id,
                    summary=complaint.partner_id.name,
                    date_deadline=complaint.date_deadline,
                    user_id=user.id,
                )

    def action_answered(self):
        """The customer has heard from us."""
        self.state = "answered"
        return True

    def action_close(self):
        """Settle the matter; cause and remedy must be there."""
        self.state = "closed"
        return True

    def action_reopen(self):
        """The matter is not settled after all."""
        self.state = "open"
        return True
