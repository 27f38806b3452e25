from odoo import SUPERUSER_ID, api, fields, models
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


class CrmCustomerComplaintCause(models.Model):
    """What complaints come from, so that they can be counted."""

    _name = "crm.customer.complaint.cause"
    _description = "Cause of Complaints"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)


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
    remedy = fields.Text(string="What Was Done", help="Needed to close the complaint.")
    consent = fields.Boolean(
        string="Customer Agrees",
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
        for vals in vals_list:
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            if not self.env.su and not partner:
                raise UserError(self.env._("Say whose complaint it is."))
            if partner != partner.commercial_partner_id:
                vals["contact_id"] = vals.get("contact_id") or partner.id
                vals["partner_id"] = partner.commercial_partner_id.id
            if not self.env.su:
                vals.update(KEPT)
        complaints = super().create(vals_list)
        settled = complaints.filtered(lambda item: item.state != "open")
        settled._state_changed()
        (complaints - settled)._remind()
        return complaints

    def write(self, vals):
        """Changing the state, in the form or by dragging, keeps its dates."""
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name not in KEPT}
        moved = self.browse()
        if vals.get("state"):
            moved = self.filtered(lambda item: item.state != vals["state"])
        result = super().write(vals)
        if moved:
            moved._state_changed()
        elif "user_id" in vals:
            self.filtered(lambda item: item.state != "closed")._remind()
        if not {"name", "date", "date_deadline"}.isdisjoint(vals):
            self._keep_reminder()
        return result

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
        """The activity says what the complaint says, and by when."""
        for complaint in self:
            complaint._reminder().write(
                {
                    "summary": complaint.name,
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
                    summary=complaint.name,
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

    # ------------------------------------------------------------------
    # From answers and ratings
    # ------------------------------------------------------------------

    @api.model
    def _of_customers(self):
        """Return the model for what customers bring about, as the system's user.

        They are not logged in: as them, mails to whoever is responsible would have no
        sender and not be sent.
        """
        return self.with_user(SUPERUSER_ID)

    @api.model
    def _responsible(self, company, *users):
        """Return who settles a complaint: the first of these who can, else the
        company's own choice, else nobody."""
        for user in (*users, company.root_id.complaint_user_id):
            if (
                user.active
                and not user.share
                and company in user.company_ids
                and self.with_user(user).has_access("write")
            ):
                return user
        return self.env["res.users"]

    @api.model
    def _in_language_of(self, user, company):
        """Return the model worded for who settles it, not for who answered."""
        return self.with_context(lang=user.lang or company.partner_id.lang)

    @api.model
    def _from_answers(self, answers):
        """Make complaints of detractors' answers, one an answer.

        A changed answer is written on the complaint that there is.

        :param answers: `crm.customer.nps` recordset
        """
        known = {
            item.nps_id: item for item in self.search([("nps_id", "in", answers.ids)])
        }
        for nps in answers:
            if nps in known:
                known[nps]._answer_changed(nps)
            elif nps.nps_class == "detractor":
                self._from_answer(nps)

    def _answer_changed(self, nps):
        """The customer has changed the answer: one that is bad again opens again."""
        words = self._in_language_of(self.user_id, self.company_id)
        if nps.nps_class == "detractor":
            vals = {"description": nps.comment}
            # What somebody has called it meanwhile stays.
            if self.name in {words._title(score) for score in range(7)}:
                vals["name"] = words._title(nps.score)
            if self.state == "closed":
                vals["state"] = "open"
            self.write(vals)
        else:
            self.message_post(
                body=words.env._("Changed to %s of 10", nps.score),
                author_id=(nps.contact_id or nps.partner_id).id,
            )

    @api.model
    def _title(self, score):
        return self.env._("Would not recommend us: %s of 10", score)

    @api.model
    def _from_answer(self, nps):
        company = nps.company_id
        user = self._responsible(company, nps.user_id, nps.partner_id.user_id)
        return self.with_company(company).create(
            {
                "name": self._in_language_of(user, company)._title(nps.score),
                "partner_id": nps.partner_id.id,
                "contact_id": nps.contact_id.id,
                "company_id": company.id,
                "user_id": user.id,
                "source": "nps",
                "nps_id": nps.id,
                "description": nps.comment,
                "date": company._customer_today(),
            }
        )
