from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Settings after which the customers' inputs are read anew, and those after which they
# are only scored anew.
INPUTS = ("active", "company_id", "source", "window_months")
RULES = ("method", "bins", "new_customer_days", "exclude_domain", "cut_ids")


class CrmRfmScheme(models.Model):
    """How a company scores its customers; branches are scored as their company is.

    Every customer with a purchase in the window gets a score from 1 to `bins` for
    recency, frequency and monetary value. The highest score is best on all three.
    """

    _name = "crm.rfm.scheme"
    _description = "RFM Scheme"
    _inherit = ["crm.rfm.whole"]
    _order = "company_id, id"

    _checked_fields = frozenset({"bins", "cut_ids", "method"})

    name = fields.Char(
        required=True,
        default=lambda self: self.env._("RFM"),
        help="For those who set it up.",
    )
    active = fields.Boolean(
        default=True, help="A company has one scheme that is not archived."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        index=True,
        ondelete="cascade",
        help="Whose customers are scored; its branches are scored in the same way.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    source = fields.Selection(
        selection=[("invoice", "Invoices"), ("order", "Sales orders")],
        default="invoice",
        required=True,
        help="What counts as a purchase: posted invoices and receipts, less credit "
        "notes, or confirmed sales orders.",
    )
    window_months = fields.Integer(
        string="Window, Months",
        default=12,
        required=True,
        help="Purchases of so many months up to today are scored.",
    )
    method = fields.Selection(
        selection=[
            ("quantile", "Equal shares of the customers"),
            ("cutpoint", "Own cut points"),
        ],
        default="quantile",
        required=True,
        help="Equal shares: each score is given to about as many customers; equal "
        "customers get equal scores. Own cut points: limits set below.",
    )
    bins = fields.Integer(
        string="Scores",
        default=5,
        required=True,
        help="Highest score, and the best: 5 for 1 to 5.",
    )
    segment_set_id = fields.Many2one(
        comodel_name="crm.rfm.segment.set",
        string="Segments",
        required=True,
        default=lambda self: self.env.ref(
            "crm_rfm.segment_set_grid", raise_if_not_found=False
        ),
        index=True,
        ondelete="restrict",
        help="The set that says which segment a customer with these scores is in.",
    )
    minimum_customers = fields.Integer(
        string="Small Base",
        default=50,
        required=True,
        help="With fewer customers in the window the scores are marked as of a small "
        "base: they say little.",
    )
    new_customer_days = fields.Integer(
        string="New for, Days",
        default=90,
        required=True,
        help="Customers whose first purchase is less than so many days ago are shown "
        "as new.",
    )
    exclude_domain = fields.Char(
        string="Left Out",
        help="Contacts that are not scored, such as companies of your own group.",
    )
    cut_ids = fields.One2many(
        comodel_name="crm.rfm.cut",
        inverse_name="scheme_id",
        string="Own Cut Points",
        copy=True,
        help="What a customer needs for a score; score 1 needs nothing.",
    )
    band_ids = fields.One2many(
        comodel_name="crm.rfm.band",
        inverse_name="scheme_id",
        string="Cut Points in Force",
        readonly=True,
        help="Between which values each score was given in the last scoring.",
    )
    scored_on = fields.Date(
        readonly=True, copy=False, help="Day of the last scoring by this scheme."
    )
    pending = fields.Boolean(
        readonly=True,
        copy=False,
        default=True,
        help="Settings changed since the last scoring.",
    )

    inputs_pending = fields.Boolean(
        readonly=True,
        copy=False,
        help="Source or window changed since the customers' purchases were last read "
        "for the scoring.",
    )

    _company_unique = models.UniqueIndex(
        "(company_id) WHERE active",
        "A company has one scheme. Archive the one in force before you activate "
        "another.",
    )
    _window_range = models.Constraint(
        "CHECK (window_months BETWEEN 1 AND 120)",
        "The window must be between 1 and 120 months.",
    )
    _bins_range = models.Constraint(
        "CHECK (bins BETWEEN 3 AND 10)",
        "There must be 3 to 10 scores: two tell too little, more than ten say no more.",
    )
    _minimum_positive = models.Constraint(
        "CHECK (minimum_customers >= 0)", "The small base cannot be negative."
    )
    _new_positive = models.Constraint(
        "CHECK (new_customer_days >= 0)",
        "The days that a customer is new cannot be negative.",
    )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("company_id")
    def _check_company(self):
        for scheme in self:
            if scheme.company_id.parent_id:
                raise ValidationError(
                    self.env._(
                        "%(branch)s is a branch: it is scored by the scheme of "
                        "%(company)s.",
                        branch=scheme.company_id.name,
                        company=scheme.company_id.root_id.name,
                    )
                )

    @api.constrains("segment_set_id", "bins", "company_id")
    def _check_segment_set(self):
        for scheme in self:
            segment_set = scheme.segment_set_id
            if segment_set.bins != scheme.bins:
                raise ValidationError(
                    self.env._(
                        "The segments %(set)s are made of scores from 1 to %(made)s, "
                        "the scheme of %(company)s gives scores from 1 to %(bins)s. "
                        "Choose a set with as many scores, or make one.",
                        set=segment_set.name,
                        made=segment_set.bins,
                        company=scheme.company_id.name,
                        bins=scheme.bins,
                    )
                )
            if segment_set.company_id not in (
                scheme.company_id.browse(),
                scheme.company_id,
            ):
                raise ValidationError(
                    self.env._(
                        "The segments %(set)s are those of %(company)s alone.",
                        set=segment_set.name,
                        company=segment_set.company_id.name,
                    )
                )

    def _check_parts(self):
        """Refuse cut points with a gap, an overlap, or in the wrong order."""
        for scheme in self.filtered(lambda scheme: scheme.method == "cutpoint"):
            scheme._check_cut_scores()
            scheme._check_cut_order()
        self._rules_changed()

    def _check_cut_scores(self):
        """Every score from 2 to the highest has one line."""
        given = self.cut_ids.mapped("score")
        wanted = range(self.bins, 1, -1)
        problems = []
        missing = [score for score in wanted if score not in given]
        if missing:
            problems.append(
                self.env._(
                    "These scores have no cut points: %s.",
                    ", ".join(map(str, missing)),
                )
            )
        twice = sorted({score for score in given if given.count(score) > 1})
        if twice:
            problems.append(
                self.env._(
                    "These scores have more than one line: %s.",
                    ", ".join(map(str, twice)),
                )
            )
        beyond = sorted(set(given) - set(wanted))
        if beyond:
            problems.append(
                self.env._(
                    "There are no such scores, or they need nothing: %s.",
                    ", ".join(map(str, beyond)),
                )
            )
        if problems:
            raise ValidationError(
                self.env._(
                    "Own cut points have one line for each score from 2 to %(bins)s; "
                    "score 1 is for everybody else.\n%(problems)s",
                    bins=self.bins,
                    problems="\n".join(problems),
                )
            )

    def _check_cut_order(self):
        """A better score asks for fewer days, more purchases and a larger amount."""
        cuts = self.cut_ids.sorted("score")
        if cuts[-1].recency_max < 0:
            raise ValidationError(
                self.env._("The days since the last purchase cannot be negative.")
            )
        if cuts[0].frequency_min < 2:
            raise ValidationError(
                self.env._(
                    "Score 2 needs at least 2 purchases: everybody has one, so nobody "
                    "would get score 1."
                )
            )
        orders = {
            "recency_max": (
                -1,
                self.env._(
                    "Score %(high)s allows %(high_value)s days since the last "
                    "purchase, score %(low)s %(low_value)s: a better score must "
                    "allow fewer."
                ),
            ),
            "frequency_min": (
                1,
                self.env._(
                    "Score %(high)s needs %(high_value)s purchases, score %(low)s "
                    "%(low_value)s: a better score must need more."
                ),
            ),
            "monetary_min": (
                1,
                self.env._(
                    "Score %(high)s needs an amount of %(high_value)s, score %(low)s "
                    "%(low_value)s: a better score must need more."
                ),
            ),
        }
        for name, (sign, message) in orders.items():
            for low, high in zip(cuts, cuts[1:], strict=False):
                if sign * high[name] <= sign * low[name]:
                    raise ValidationError(
                        message
                        % {
                            "high": high.score,
                            "high_value": high[name],
                            "low": low.score,
                            "low_value": low[name],
                        }
                    )

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        schemes = super().create(vals_list)
        schemes._inputs_changed()
        return schemes

    def write(self, vals):
        result = super().write(vals)
        if not set(INPUTS).isdisjoint(vals):
            self._inputs_changed()
        elif not {*RULES, "segment_set_id"}.isdisjoint(vals):
            self._rules_changed()
        return result

    def unlink(self):
        result = super().unlink()
        self._inputs_changed()
        return result

    def copy_data(self, default=None):
        """A company has one scheme: a copy waits to be activated."""
        return super().copy_data(default={"active": False, **(default or {})})

    def _inputs_changed(self):
        """Have all customers refreshed and scored soon."""
        self.env.registry.clear_cache()  # crm.customer._company_settings
        self.exists().filtered(lambda row: not row.inputs_pending).inputs_pending = True
        self._rules_changed("crm_customer360.ir_cron_refresh_all")

    def _rules_changed(self, cron="crm_rfm.ir_cron_score"):
        """Have all customers scored soon by the settings as they are now."""
        self.exists().filtered(lambda scheme: not scheme.pending).pending = True
        cron = self.env.ref(cron, raise_if_not_found=False)
        if self and cron:
            cron.sudo()._trigger()

    @api.model
    def _create_missing(self, companies=None):
        """Create the default scheme of every company that has none."""
        if companies is None:
            companies = self.env["res.company"].sudo().with_context(active_test=False)
            companies = companies.search([("parent_id", "=", False)])
        given = self.sudo().with_context(active_test=False).search([]).company_id
        return self.sudo().create(
            [{"company_id": company.id} for company in companies - given]
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_score(self):
        """Score all customers now."""
        self.check_access("write")
        if any(not scheme.active for scheme in self):
            raise UserError(
                self.env._("An archived scheme scores nobody: activate it first.")
            )
        self.env["crm.customer"]._score()
        return True

    @api.model
    def _cron_score(self):
        """Score all customers after a change of the rules."""
        self.env["crm.customer"]._score()
        self.env["ir.cron"]._commit_progress(1, remaining=0)
