from odoo import api, fields, models

PROFIT = "crm_customer360.group_profitability"

ABC_CLASSES = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]

STATES = [
    ("none", "No History"),
    ("good", "Good"),
    ("watch", "Watch"),
    ("risk", "Risk"),
]
ENGAGEMENT_STATES = [
    ("prospect", "Prospect"),
    ("new", "New"),
    ("active", "Active"),
    ("slowing", "Slowing"),
    ("lost", "Lost"),
]


class CrmCustomer(models.Model):
    """One row per commercial partner and company: all that is known in figures.

    The figures are computed in SQL from native documents by `_refresh` and nowhere
    else; nothing here is written by hand. Money is in the company's currency, at each
    document's own rate; the *window* is the company's `customer_window_months` up to
    today. Child contacts at any depth, archived ones too, count for their commercial
    partner. Ratios are fractions (0.25 is 25 %) and empty when they would mean nothing.

    What moves with the calendar alone is not stored but derived from stored dates
    (`_derived_sql`), so that a night in which nothing happened writes next to nothing.
    """

    _name = "crm.customer"
    _description = "Customer 360"
    _rec_name = "partner_id"
    _order = "revenue desc, id"
    _log_access = False

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The company or person that buys: its contacts count for it.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Whose customer it is. The same customer has a row in every company.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        readonly=True,
        help="The company's currency, in which all amounts are.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        index=True,
        help="Salesperson of the customer.",
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        readonly=True,
        help="Country of the customer's address.",
    )
    computed_at = fields.Datetime(
        string="Changed On",
        readonly=True,
        help="When a figure of this customer last changed.",
    )
    refreshed_at = fields.Datetime(
        string="As Of",
        compute="_compute_refreshed_at",
        help="The figures are as of this moment.",
    )

    # Revenue and profit
    revenue_total = fields.Monetary(
        string="Total Revenue",
        readonly=True,
        help="Untaxed amount of all posted invoices and receipts, less credit notes: "
        "the Untaxed Total of Invoice Analysis.",
    )
    revenue = fields.Monetary(
        readonly=True,
        help="Untaxed amount of posted invoices and receipts in the window, less "
        "credit notes.",
    )
    revenue_previous = fields.Monetary(
        string="Previous Revenue",
        readonly=True,
        help="Revenue in the window before the current one.",
    )
    revenue_growth = fields.Float(
        string="Growth",
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Revenue compared with the previous window; empty when there was none.",
    )
    refund = fields.Monetary(
        string="Refunds",
        readonly=True,
        help="Untaxed amount of credit notes in the window, positive.",
    )
    refund_rate = fields.Float(
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Refunds as a share of what was invoiced in the window.",
    )
    invoiced = fields.Monetary(
        readonly=True,
        help="Invoices and receipts of the window less credit notes, tax included.",
    )
    cost = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Cost of what was sold in the window, frozen when it was invoiced.",
    )
    cost_cogs = fields.Monetary(
        string="Cost from Valuation",
        readonly=True,
        groups=PROFIT,
        help="Part of the cost taken from the entries of the stock valuation.",
    )
    cost_order = fields.Monetary(
        string="Cost from Orders",
        readonly=True,
        groups=PROFIT,
        help="Part of the cost taken from the sales order lines.",
    )
    cost_standard = fields.Monetary(
        string="Cost from Products",
        readonly=True,
        groups=PROFIT,
        help="Part of the cost taken from the product's cost on the invoice's day.",
    )
    cost_estimated = fields.Monetary(
        string="Estimated Cost",
        readonly=True,
        groups=PROFIT,
        help="Part of the cost estimated for invoices older than this app.",
    )
    margin = fields.Monetary(
        readonly=True, groups=PROFIT, help="Revenue less cost, in the window."
    )
    margin_rate = fields.Float(
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        groups=PROFIT,
        help="Margin as a share of revenue; empty without revenue.",
    )
    service_cost = fields.Monetary(
        string="Cost to Serve",
        readonly=True,
        groups=PROFIT,
        help="Orders, credit notes, meeting hours and activities of the window at the "
        "company's rates, and analytic costs of this customer.",
    )
    credit_cost = fields.Monetary(
        string="Cost of Credit",
        readonly=True,
        groups=PROFIT,
        help="The daily receivable of the window at the company's cost of capital.",
    )
    contribution = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="What the customer brings: margin less cost to serve and cost of credit.",
    )
    contribution_rate = fields.Float(
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        groups=PROFIT,
        help="Contribution as a share of revenue; empty without revenue.",
    )

    # Sales and behaviour
    quotation_count = fields.Integer(
        string="Quotations",
        readonly=True,
        help="Quotations not yet confirmed, whenever they were made.",
    )
    quotation_amount = fields.Monetary(
        readonly=True, help="Untaxed amount of quotations not yet confirmed."
    )
    order_count = fields.Integer(
        string="Orders", readonly=True, help="Orders confirmed in the window."
    )
    order_amount = fields.Monetary(
        readonly=True, help="Untaxed amount of orders confirmed in the window."
    )
    order_average = fields.Monetary(
        string="Average Order",
        aggregator="avg",
        readonly=True,
        help="Ordered in the window divided by the number of orders, untaxed.",
    )
    purchase_count = fields.Integer(
        string="Purchases",
        readonly=True,
        help="Posted invoices and receipts; credit notes are no purchases.",
    )
    purchase_day_count = fields.Integer(
        string="Purchase Days", readonly=True, help="Days with at least one purchase."
    )
    credit_note_count = fields.Integer(
        string="Credit Notes", readonly=True, help="Credit notes in the window."
    )
    first_purchase_date = fields.Date(
        string="First Purchase",
        readonly=True,
        help="Date of the first posted invoice or receipt.",
    )
    last_purchase_date = fields.Date(
        string="Last Purchase",
        readonly=True,
        help="Date of the last posted invoice or receipt.",
    )
    cadence_days = fields.Float(
        string="Cadence",
        digits=(16, 2),
        aggregator="avg",
        readonly=True,
        help="Average days between purchases; empty under three purchase days.",
    )
    expected_purchase_date = fields.Date(
        string="Expected Purchase",
        readonly=True,
        help="Last purchase plus the customer's own cadence.",
    )
    lateness = fields.Float(
        digits=(16, 2),
        compute="_compute_derived",
        search="_search_lateness",
        aggregator="avg",
        help="Days since the last purchase as a multiple of the cadence: above 1 the "
        "customer is later than usual.",
    )

    # Pipeline
    opportunity_count = fields.Integer(
        string="Opportunities", readonly=True, help="Open opportunities."
    )
    pipeline_amount = fields.Monetary(
        string="Pipeline",
        readonly=True,
        help="Expected revenue of open opportunities.",
    )
    pipeline_weighted = fields.Monetary(
        string="Weighted Pipeline",
        readonly=True,
        help="Expected revenue of open opportunities times their probability.",
    )
    won_count = fields.Integer(string="Won", readonly=True, help="Won in the window.")
    lost_count = fields.Integer(
        string="Lost", readonly=True, help="Lost in the window."
    )
    win_rate = fields.Float(
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Opportunities won as a share of those won or lost in the window.",
    )

    # Engagement and satisfaction
    last_contact_date = fields.Date(
        string="Last Contact",
        readonly=True,
        help="Last meeting, activity, message, order, invoice or payment.",
    )
    meeting_hours = fields.Float(
        digits=(16, 2), readonly=True, help="Hours of meetings held in the window."
    )
    activity_count = fields.Integer(
        string="Activities Done", readonly=True, help="Activities done in the window."
    )
    analytic_cost = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Time and costs recorded for this customer in analytic accounting in the "
        "window, other than the cost of what was sold.",
    )
    rating_count = fields.Integer(
        string="Ratings", readonly=True, help="Ratings given in the window."
    )
    csat = fields.Float(
        string="CSAT",
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Share of the window's ratings that are 4 or 5 of 5.",
    )
    last_rating_date = fields.Date(
        string="Last Rating",
        readonly=True,
        help="Day of the last rating in the window.",
    )

    _customer_unique = models.UniqueIndex(
        "(partner_id, company_id)", "A customer has one row per company."
    )

    @api.depends("partner_id", "company_id")
    def _compute_display_name(self):
        for customer in self:
            customer.display_name = customer.partner_id.display_name

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Recompute these customers now."""
        self.check_access("read")
        self._refresh(self.partner_id, self.company_id)
        return True
