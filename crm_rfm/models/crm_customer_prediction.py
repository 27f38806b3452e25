from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer import PROFIT

# The customers at the top by their value are this share of those predicted.
TOP_SHARE = 0.1
COLUMNS = ("p_alive", "expected_orders", "expected_revenue", "clv")


class CrmCustomer(models.Model):
    """What the models of `crm.rfm.fit` expect of each customer, as of their last fit.

    Empty for who has not bought, is archived, is left out by the scheme, or has bought
    for the first time since, and where there is no usable fit.
    """

    _inherit = "crm.customer"

    rfm_fit_id = fields.Many2one(
        comodel_name="crm.rfm.fit",
        string="Prediction Model",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The models that the predictions come from.",
    )
    prediction_date = fields.Date(
        string="Predicted As Of",
        related="rfm_fit_id.date",
        help="Day of the last fit, which the predictions start from.",
    )
    prediction_flag_usable = fields.Boolean(
        related="rfm_fit_id.flag_usable",
        help="Whether the probability of being active tells customers apart.",
    )
    p_alive = fields.Float(
        string="Probability Active",
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Probability that the customer still is one, by the model BG/NBD. Who "
        "bought once always looks active to it.",
    )
    expected_orders = fields.Float(
        string="Expected Purchases",
        digits=(16, 6),
        readonly=True,
        help="Days with a purchase expected in the 365 days after the last fit, by "
        "the model BG/NBD.",
    )
    expected_revenue = fields.Monetary(
        readonly=True,
        help="Untaxed revenue expected in the 365 days after the last fit: expected "
        "purchases times the amount that the model Gamma-Gamma expects of each.",
    )
    clv = fields.Monetary(
        string="Customer Value",
        readonly=True,
        groups=PROFIT,
        help="Customer lifetime value: margin expected in the coming months, "
        "discounted to the day of the last fit; months and discount are set in the "
        "RFM scheme. The margin rate is the customer's own of the window, between "
        "-100 % and 100 %, or that of all customers where it sold nothing.",
    )
    clv_top = fields.Boolean(
        string="Most Valuable",
        compute="_compute_clv_top",
        search="_search_clv_top",
        groups=PROFIT,
        help="Among the tenth of the company's customers with the highest customer "
        "value.",
    )

    @api.depends("clv", "rfm_fit_id.clv_limit")
    def _compute_clv_top(self):
        for customer in self:
            limit = customer.rfm_fit_id.clv_limit
            customer.clv_top = customer.clv > 0 and customer.clv >= limit

    def _search_clv_top(self, operator, value):
        if operator != "in":
            return NotImplemented
        # A search method is asked whoever searches.
        self._check_field_access(self._fields["clv"], "read")
        self.env["crm.rfm.fit"].flush_model(["clv_limit"])
        self.flush_model(["clv", "rfm_fit_id"])
        top = Domain(
            "id",
            "in",
            SQL(
                "(SELECT customer.id FROM crm_customer customer"
                " JOIN crm_rfm_fit fit ON fit.id = customer.rfm_fit_id"
                " WHERE customer.clv > 0 AND customer.clv >= fit.clv_limit)"
            ),
        )
        return top if True in value else ~top

    @api.model
    def _nullable_figures(self):
        return [*super()._nullable_figures(), *COLUMNS]

    # ------------------------------------------------------------------
    # Write
    # ------------------------------------------------------------------

    @api.model
    def _write_predictions(self, outcomes):
        """Write the predictions that differ, of all companies in one statement.

        A fit that ended with an error leaves its customers as they are. Who is not
        among the customers predicted has nothing afterwards.

        :param outcomes: ``{fit: Outcome}``, see `crm.rfm.fit`
        :return: number of customers changed
        """
        outcomes = {
            fit: outcome
            for fit, outcome in outcomes.items()
            if outcome.vals is not None
        }
        names = [SQL.identifier(name) for name in ("rfm_fit_id", *COLUMNS)]
        with self._refresh_settings(enable_nestloop="off"):
            self.env.cr.execute(
                SQL(
                    """
                    WITH %(given)s,
                    rate AS (
                        SELECT company_id, sum(margin) / sum(revenue) AS margin_rate
                        FROM crm_customer WHERE revenue > 0 GROUP BY company_id
                    ),
                    fresh AS (%(fresh)s)
                    UPDATE crm_customer customer SET (%(names)s) = (%(new)s)
                    FROM fresh
                    WHERE fresh.id = customer.id
                        AND (%(old)s) IS DISTINCT FROM (%(new)s)
                    """,
                    given=self._given_predictions(outcomes),
                    fresh=self._fresh_predictions(outcomes),
                    names=SQL(", ").join(names),
                    new=SQL(", ").join(SQL("fresh.%s", name) for name in names),
                    old=SQL(", ").join(SQL("customer.%s", name) for name in names),
                )
            )
            changed = self.env.cr.rowcount
        self._write_clv_limit()
        self.invalidate_model(["rfm_fit_id", *COLUMNS], flush=False)
        return changed

    @api.model
    def _clear_predictions(self, partners):
        """Take the predictions from the customers of these partners, if any."""
        names = [SQL.identifier(name) for name in ("rfm_fit_id", *COLUMNS)]
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer SET %s"
                " WHERE partner_id = ANY(%s) AND rfm_fit_id IS NOT NULL",
                SQL(", ").join(SQL("%s = NULL", name) for name in names),
                partners.ids,
            )
        )
        self.invalidate_model(["rfm_fit_id", *COLUMNS], flush=False)

    def _given_predictions(self, outcomes):
        """Return the relation `given`: what was predicted in Python, a row a customer.

        The columns are texts of arrays: of all ways, a server reads these fastest.
        """
        columns = {"fit_id": [], "company_id": [], "partner_id": []}
        columns.update({name: [] for name in COLUMNS})
        for fit, outcome in outcomes.items():
            count = len(outcome.partner_ids)
            columns["fit_id"] += [str(fit.id)] * count
            columns["company_id"] += [str(fit.company_id.id)] * count
            columns["partner_id"] += map(str, list(outcome.partner_ids))
            for name in COLUMNS:
                values = outcome.columns.get(name)
                columns[name] += (
                    ["NULL"] * count if values is None else map(repr, values.tolist())
                )
        return SQL(
            "given (%s) AS (SELECT * FROM unnest(%s))",
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(
                SQL(
                    "%s::float8[]" if name in COLUMNS else "%s::int[]",
                    f"{{{','.join(values)}}}",
                )
                for name, values in columns.items()
            ),
        )

    def _fresh_predictions(self, outcomes):
        """Return the query of what the customers of these companies are to have."""
        return SQL(
            """
            SELECT customer.id, given.fit_id AS rfm_fit_id,
                round(given.p_alive::numeric, 6) AS p_alive,
                round(given.expected_orders::numeric, 6) AS expected_orders,
                round(given.expected_revenue::numeric, currency.decimal_places)
                    AS expected_revenue,
                -- greatest() and least() pass over NULL: an unknown rate stays unknown.
                round(given.clv::numeric * CASE
                    WHEN customer.revenue > 0 THEN greatest(-1, least(1,
                        customer.margin / customer.revenue))
                    WHEN rate.margin_rate IS NOT NULL
                        THEN greatest(-1, least(1, rate.margin_rate))
                    END, currency.decimal_places) AS clv
            FROM crm_customer customer
            JOIN res_company company ON company.id = customer.company_id
            JOIN res_currency currency ON currency.id = company.currency_id
            LEFT JOIN rate ON rate.company_id = customer.company_id
            LEFT JOIN given ON given.company_id = customer.company_id
                AND given.partner_id = customer.partner_id
            WHERE customer.company_id = ANY(%s)
                -- Without a fit there is no scheme, and nothing to predict by.
                OR customer.company_id NOT IN (SELECT company_id FROM crm_rfm_fit)
            """,
            [fit.company_id.id for fit in outcomes],
        )

    def _write_clv_limit(self):
        """Note from which customer value on the most valuable customers begin."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_rfm_fit fit SET clv_limit = fresh.clv_limit
                FROM (
                    SELECT fit.id, percentile_disc(%s) WITHIN GROUP (
                        ORDER BY customer.clv DESC) AS clv_limit
                    FROM crm_rfm_fit fit
                    LEFT JOIN crm_customer customer ON customer.rfm_fit_id = fit.id
                    GROUP BY fit.id
                ) fresh
                WHERE fresh.id = fit.id
                    AND fit.clv_limit IS DISTINCT FROM fresh.clv_limit
                """,
                TOP_SHARE,
            )
        )
