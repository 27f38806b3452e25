from odoo import api, fields, models


class ResCompany(models.Model):
    """How customers are asked, and what becomes of complaints.

    Branches share the settings of the company they belong to.
    """

    _inherit = "res.company"

    nps_active = fields.Boolean(
        string="Ask for Recommendation",
        help="Ask customers by mail, after a purchase, how likely they are to "
        "recommend you.",
    )
    nps_since = fields.Date(
        readonly=True,
        help="When asking began: earlier documents are not asked about.",
    )
    nps_trigger = fields.Selection(
        selection="_selection_nps_trigger",
        string="Ask after",
        default="invoice",
        required=True,
        help="Deliveries need the Inventory app; without it invoices are taken.",
    )
    nps_delay_days = fields.Integer(
        string="Days Later",
        default=3,
        help="Days between the document's date and the mail.",
    )
    nps_rate = fields.Integer(
        string="Share Asked",
        default=100,
        help="Percent of the documents that are asked about. Which ones depends on "
        "the document alone, not on when it is looked at.",
    )
    nps_quiet_days = fields.Integer(
        string="Quiet Days",
        default=90,
        help="A customer is not asked again within this number of days.",
    )
    nps_limit = fields.Integer(
        string="Mails a Run",
        default=100,
        help="At most so many customers are asked in one run, the earliest first.",
    )
    nps_open_days = fields.Integer(
        string="Days Open",
        default=60,
        help="Days for which a customer can answer, and change the answer, after the "
        "mail. Then its link is closed.",
    )
    complaint_rating = fields.Boolean(
        string="Complaints from Ratings",
        default=True,
        help="A rating of 1 or 2 of 5 becomes a complaint.",
    )
    complaint_days = fields.Integer(
        string="Days to Answer",
        default=7,
        help="Days within which a complaint is to be answered.",
    )
    complaint_activity_type_id = fields.Many2one(
        comodel_name="mail.activity.type",
        string="Activity for Complaints",
        help="What the person responsible is reminded by; a to-do when empty.",
    )
    complaint_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible without Salesperson",
        help="Settles complaints of customers who have no salesperson.",
    )

    _nps_days_positive = models.Constraint(
        "CHECK (nps_delay_days >= 0 AND nps_quiet_days >= 1 AND nps_limit >= 1"
        " AND nps_open_days >= 1)",
        "The delay cannot be negative; quiet days, days open and mails a run are at "
        "least 1.",
    )
    _nps_rate_range = models.Constraint(
        "CHECK (nps_rate BETWEEN 1 AND 100)",
        "The share of documents asked about is between 1 and 100 percent.",
    )
    _complaint_days_positive = models.Constraint(
        "CHECK (complaint_days >= 0)", "The days to answer cannot be negative."
    )

    @api.model
    def _selection_nps_trigger(self):
        """Deliveries are there to choose where there are any."""
        triggers = [("invoice", self.env._("Invoice"))]
        if "stock.picking" in self.env:
            triggers.append(("delivery", self.env._("Delivery")))
        return triggers

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.filtered("nps_active")._nps_begin()
        return companies

    def write(self, vals):
        began = self.filtered(lambda company: not company.nps_active)
        result = super().write(vals)
        if vals.get("nps_active"):
            began._nps_begin()
        return result

    def _nps_begin(self):
        """What was sold before asking began is not asked about."""
        for company in self.sudo():
            company.nps_since = company._customer_today()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    nps_active = fields.Boolean(related="company_id.nps_active", readonly=False)
    nps_trigger = fields.Selection(
        related="company_id.nps_trigger", readonly=False, required=True
    )
    nps_delay_days = fields.Integer(related="company_id.nps_delay_days", readonly=False)
    nps_rate = fields.Integer(related="company_id.nps_rate", readonly=False)
    nps_quiet_days = fields.Integer(related="company_id.nps_quiet_days", readonly=False)
    nps_limit = fields.Integer(related="company_id.nps_limit", readonly=False)
    nps_open_days = fields.Integer(related="company_id.nps_open_days", readonly=False)
    complaint_rating = fields.Boolean(
        related="company_id.complaint_rating", readonly=False
    )
    complaint_days = fields.Integer(related="company_id.complaint_days", readonly=False)
    complaint_activity_type_id = fields.Many2one(
        related="company_id.complaint_activity_type_id", readonly=False
    )
    complaint_user_id = fields.Many2one(
        related="company_id.complaint_user_id", readonly=False
    )

    @api.onchange("nps_active")
    def _onchange_nps_active(self):
        """When it is switched on, propose who is told of complaints: who does so."""
        began = self.nps_active and not self.company_id.nps_active
        if began and not self.complaint_user_id:
            self.complaint_user_id = self.env.user
