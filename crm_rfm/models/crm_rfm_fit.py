from odoo import fields, models

from odoo.addons.crm_customer360.models.crm_customer import PROFIT

from ..tools import bgnbd, gamma_gamma, likelihood
from ..tools.history import Models

REASONS = [
    (code, text[0].upper() + text[1:]) for code, text in likelihood.REASONS.items()
]


class CrmRfmFit(models.Model):
    """Prediction models of a company, as they were fitted last; one row per company.

    BG/NBD says how often customers buy and whether they still do, Gamma-Gamma what
    they spend. Written by the fit, for reading only.
    """

    _name = "crm.rfm.fit"
    _description = "Prediction Model"
    _rec_name = "company_id"
    _order = "company_id"
    # A fit that finds what it has found before writes nothing.
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Whose customers the models were fitted to.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As Of",
        readonly=True,
        help="Day of the fit: purchases up to then are known to the models, and the "
        "predictions start there.",
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="Customers with a purchase, over the whole life of the company. Those "
        "that the RFM scheme leaves out do not count.",
    )
    repeat_count = fields.Integer(
        string="Bought Again",
        readonly=True,
        help="Customers who bought on two different days or more. Who bought once "
        "tells the models little.",
    )

    # How often customers buy
    usable = fields.Boolean(
        string="Purchases Predicted",
        readonly=True,
        help="The purchases of the customers fit the model.",
    )
    reason = fields.Selection(
        selection=REASONS,
        string="Why Not Purchases",
        readonly=True,
        help="Why there is no usable fit of the purchases.",
    )
    r = fields.Float(
        string="r", digits=(16, 6), readonly=True, help="Shape of the buying rates."
    )
    alpha = fields.Float(
        string="alpha",
        digits=(16, 6),
        readonly=True,
        help="Scale of the buying rates, in days: the average customer buys r ÷ alpha "
        "times a day while active.",
    )
    a = fields.Float(
        string="a",
        digits=(16, 6),
        readonly=True,
        help="With b: the average customer leaves after a purchase with a probability "
        "of a ÷ (a + b).",
    )
    b = fields.Float(string="b", digits=(16, 6), readonly=True, help="See a.")
    log_likelihood = fields.Float(
        digits=(16, 4),
        readonly=True,
        help="How well the purchases fit, times in days; only to be compared with "
        "other fits of the same purchases.",
    )
    alive_share = fields.Float(
        string="Surely Alive",
        digits=(16, 6),
        readonly=True,
        help="Share of the customers with repeat purchases whose probability of being "
        "active is above 99 %.",
    )
    flag_usable = fields.Boolean(
        string="Tells Who Is Gone",
        readonly=True,
        help="Whether the probability of being active tells customers apart. Where it "
        "is above 99 % for nearly everybody it does not: look at how late a customer "
        "is by its own cadence instead.",
    )

    # What they spend
    amount_usable = fields.Boolean(
        string="Amounts Predicted",
        readonly=True,
        help="The amounts that customers spend fit the model.",
    )
    amount_reason = fields.Selection(
        selection=REASONS,
        string="Why Not Amounts",
        readonly=True,
        help="Why there is no usable fit of the amounts.",
    )
    p = fields.Float(
        string="p",
        digits=(16, 6),
        readonly=True,
        help="Shape of the amounts of one customer.",
    )
    q = fields.Float(
        string="q",
        digits=(16, 6),
        readonly=True,
        help="Shape of the customers' average amounts.",
    )
    v = fields.Float(
        string="v",
        digits=(16, 6),
        readonly=True,
        help="Scale of the amounts: p × v ÷ (q − 1) is what an unknown customer "
        "spends on a purchase day.",
    )
    amount_log_likelihood = fields.Float(
        digits=(16, 4),
        readonly=True,
        help="How well the amounts fit; only to be compared with other fits of the "
        "same amounts.",
    )
    correlation = fields.Float(
        string="Frequency and Amount",
        digits=(16, 6),
        readonly=True,
        help="Correlation of how often and how much customers buy. The models take "
        "it for 0: far from that, predicted revenue is biased.",
    )
    clv_limit = fields.Monetary(
        string="Most Valuable From",
        readonly=True,
        groups=PROFIT,
        help="Customer value that the most valuable tenth of the customers reaches.",
    )

    failed_on = fields.Date(
        readonly=True,
        help="Day of a fit that ended with an error; what is shown is older.",
    )

    # Hold-out: fitted to what was known some months ago, compared with what followed
    holdout_date = fields.Date(
        string="Compared Since",
        readonly=True,
        help="Day up to which purchases were known to the model that is compared with "
        "what happened afterwards.",
    )
    holdout_reason = fields.Selection(
        selection=REASONS,
        string="Why Not Compared",
        readonly=True,
        help="Why there was no usable fit on that day.",
    )
    holdout_predicted = fields.Float(
        string="Predicted",
        digits=(16, 1),
        readonly=True,
        help="Purchase days that the model would have predicted.",
    )
    holdout_actual = fields.Integer(
        string="Actual", readonly=True, help="Purchase days that there were."
    )
    holdout_error = fields.Float(
        string="Error",
        digits=(16, 6),
        readonly=True,
        help="Predicted purchases compared with those that there were; above 0 the "
        "model said too many.",
    )
    group_ids = fields.One2many(
        comodel_name="crm.rfm.fit.group",
        inverse_name="fit_id",
        string="Predicted Against Actual",
        readonly=True,
        help="The comparison by how often customers had bought before.",
    )

    _company_unique = models.UniqueIndex(
        "(company_id)", "A company has one row of prediction models."
    )

    def _models(self):
        """Return the models as they were fitted last, without fitting them anew.

        :return: `Models`; without a usable fit they carry the reason
        """
        self.ensure_one()
        purchases = likelihood.Fit(reason=self.reason or "too_small")
        amounts = likelihood.Fit(reason=self.amount_reason or "too_small")
        if self.usable:
            purchases = likelihood.Fit(
                bgnbd.BgNbd(self.r, self.alpha, self.a, self.b),
                customers=self.customer_count,
                repeat=self.repeat_count,
                log_likelihood=self.log_likelihood,
                alive_share=self.alive_share,
            )
        if self.amount_usable:
            amounts = likelihood.Fit(
                gamma_gamma.GammaGamma(self.p, self.q, self.v),
                log_likelihood=self.amount_log_likelihood,
            )
        return Models(purchases, amounts, self.correlation)
