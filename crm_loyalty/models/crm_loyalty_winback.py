from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer import PROFIT


class CrmLoyaltyWinback(models.Model):
    """Customers who have stopped buying, or are late, ranked by what they would bring.

    Made of `crm.customer` when it is read; its ids are those of the customers. One row
    per customer and root company: of several branches the one where they bought last;
    archived contacts are left out.
    What they would bring in a year is the revenue of their last active window: the
    window that ended with the month of their last purchase, as the month's snapshot
    has it, else that of the current or the previous window. The chance is that of the
    prediction model, where it tells customers apart and they bought more than once;
    else the share of the company's customers who came back within a year after a
    silence that long (`crm.loyalty.comeback`).
    """

    _name = "crm.loyalty.winback"
    _description = "Customer to Win Back"
    _auto = False
    _rec_name = "partner_id"
    _order = "expected_revenue desc, revenue desc, id"
    _depends = {
        "crm.customer": [
            "last_purchase_date",
            "revenue",
            "revenue_previous",
            "p_alive",
        ],
        "crm.customer.snapshot": ["date", "revenue"],
        "crm.rfm.fit": ["flag_usable"],
        "crm.loyalty.comeback": ["share"],
        "crm.loyalty.coupon": ["date", "state"],
        "res.partner": ["active"],
    }

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment", string="Segment", readonly=True
    )
    tier_id = fields.Many2one(comodel_name="loyalty.tier", readonly=True)
    kind = fields.Selection(
        selection=[("late", "Late"), ("lapsed", "Lapsed")],
        readonly=True,
        help="Late: later than the limit of the verdict, by their own cadence. Lapsed: "
        "no purchase in the window.",
    )
    last_purchase_date = fields.Date(string="Last Purchase", readonly=True)
    silence_days = fields.Integer(
        string="Silent for",
        readonly=True,
        aggregator="avg",
        help="Days since the last purchase.",
    )
    cadence_days = fields.Float(
        string="Cadence",
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Average days between purchases; empty under three purchase days.",
    )
    lateness = fields.Float(
        digits=(16, 2),
        readonly=True,
        aggregator="avg",
        help="Days since the last purchase as a multiple of the cadence.",
    )
    purchase_count = fields.Integer(
        string="Purchases", readonly=True, help="Posted invoices and receipts, ever."
    )
    value_date = fields.Date(
        string="Active Until",
        readonly=True,
        help="Month end of the window in which the customer was active last; empty: "
        "the current or the previous window, since no month end is kept.",
    )
    revenue = fields.Monetary(
        string="Revenue When Active",
        readonly=True,
        help="Untaxed revenue of the window in which the customer was active last: "
        "what winning back would bring in as much time.",
    )
    margin = fields.Monetary(
        string="Margin When Active",
        readonly=True,
        groups=PROFIT,
        help="Margin of the window in which the customer was active last.",
    )
    chance = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Chance that the customer buys again; empty where nothing tells.",
    )
    chance_source = fields.Selection(
        selection=[("model", "Model"), ("history", "History")],
        string="Chance by",
        readonly=True,
        help="Model: the probability, by the predictions, that the customer is still "
        "active. History: the share of silences of at least this length, among all "
        "customers of the company, that ended within a year.",
    )
    chance_count = fields.Integer(
        string="Base",
        readonly=True,
        aggregator=None,
        help="How many silences the share is of; small numbers tell little.",
    )
    expected_revenue = fields.Monetary(
        string="Worth",
        readonly=True,
        help="Revenue when active × chance: the list is ranked by it.",
    )
    expected_margin = fields.Monetary(
        string="Worth in Margin",
        readonly=True,
        groups=PROFIT,
        help="Margin when active × chance.",
    )
    coupon_date = fields.Date(
        string="Coupon Sent",
        readonly=True,
        help="Day of the last win-back coupon.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH company (id, root_id, today, window_start, late) AS (
                VALUES %(companies)s),
            silent AS (
                SELECT DISTINCT ON (customer.partner_id, company.root_id)
                    customer.*, company.root_id,
                    customer.last_purchase_date < company.window_start AS lapsed,
                    company.late AS late_limit,
                    company.today - customer.last_purchase_date AS silence_days
                FROM crm_customer customer
                JOIN company ON company.id = customer.company_id
                JOIN res_partner partner ON partner.id = customer.partner_id
                    AND partner.active
                WHERE customer.last_purchase_date IS NOT NULL
                ORDER BY customer.partner_id, company.root_id,
                    customer.last_purchase_date DESC, customer.company_id
            ),
            valued AS (
                SELECT silent.*, snapshot.date AS value_date,
                    coalesce(snapshot.revenue, CASE WHEN silent.lapsed
                        THEN silent.revenue_previous ELSE silent.revenue END, 0)
                        AS value,
                    coalesce(snapshot.margin, CASE WHEN NOT silent.lapsed
                        THEN silent.margin END) AS value_margin,
                    CASE WHEN fit.flag_usable AND silent.p_alive IS NOT NULL
                        AND silent.rfm_first_purchase_date
                            < silent.rfm_last_purchase_date
                        THEN 'model'
                        WHEN comeback.share IS NOT NULL THEN 'history'
                    END AS chance_source,
                    comeback.share, comeback.silence_count
                FROM silent
                LEFT JOIN crm_customer_snapshot snapshot
                    ON snapshot.partner_id = silent.partner_id
                    AND snapshot.company_id = silent.company_id
                    AND snapshot.date = (date_trunc('month',
                        silent.last_purchase_date::timestamp)
                        + interval '1 month - 1 day')::date
                LEFT JOIN crm_rfm_fit fit ON fit.id = silent.rfm_fit_id
                LEFT JOIN LATERAL (
                    SELECT share, silence_count FROM crm_loyalty_comeback
                    WHERE company_id = silent.root_id AND days <= silent.silence_days
                    ORDER BY days DESC LIMIT 1
                ) comeback ON TRUE
                WHERE silent.lapsed
                    OR silent.silence_days > silent.cadence_days * silent.late_limit
            ),
            sent AS (
                SELECT partner_id, company_id, max(date) AS date
                FROM crm_loyalty_coupon
                WHERE occasion = 'winback' AND state <> 'skipped'
                GROUP BY partner_id, company_id
            )
            SELECT valued.id, valued.partner_id, valued.company_id,
                valued.currency_id, valued.user_id, valued.rfm_segment_id,
                valued.tier_id, valued.last_purchase_date, valued.silence_days,
                valued.cadence_days,
                round(silence_days / nullif(cadence_days, 0), 2) AS lateness,
                valued.purchase_count, valued.value_date,
                CASE WHEN valued.lapsed THEN 'lapsed' ELSE 'late' END AS kind,
                value AS revenue, value_margin AS margin, chance_source,
                chance.chance,
                CASE WHEN chance_source = 'history' THEN silence_count END
                    AS chance_count,
                round(greatest(value, 0) * coalesce(chance.chance, 0), 2)
                    AS expected_revenue,
                round(value_margin * coalesce(chance.chance, 0), 2)
                    AS expected_margin,
                sent.date AS coupon_date
            FROM valued
            CROSS JOIN LATERAL (SELECT CASE chance_source WHEN 'model' THEN p_alive
                WHEN 'history' THEN share END AS chance) chance
            LEFT JOIN sent ON sent.partner_id = valued.partner_id
                AND sent.company_id = valued.root_id
            """,
            companies=self.env["crm.customer"]._company_values_sql(
                "id", "root_id", "today", "window_start", "slowing_lateness"
            ),
        )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.partner_id.display_name

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open(self):
        """Open the customer's page."""
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.action_open_partner_360()

    def action_plan_activity(self):
        """Plan an activity for each of these customers, by the native wizard."""
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Choose customers first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan an Activity"),
            "res_model": "mail.activity.schedule",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "active_model": "res.partner",
                "active_ids": self.partner_id.ids,
                "active_id": self.partner_id.ids[0],
            },
        }

    def action_send_coupon(self):
        """Send these customers a win-back coupon; say who gets none, and why."""
        self.check_access("read")
        self.env["loyalty.card"].check_access("create")
        if not self:
            raise UserError(self.env._("Choose customers first."))
        done = dict.fromkeys(("sent", "waiting", "skipped", "again"), 0)
        for root, rows in self.grouped(lambda row: row.company_id.root_id).items():
            result = self.env["crm.loyalty.coupon"]._send_by_hand(
                rows.partner_id, root, "winback"
            )
            for name, count in result.items():
                done[name] += count
        _ = self.env._
        sentences = {
            "sent": _("Coupons sent: %s.", done["sent"]),
            "waiting": _("Sent in a few minutes: %s.", done["waiting"]),
            "again": _(
                "Had one in the last twelve months and get none: %s.", done["again"]
            ),
            "skipped": _(
                "Cannot be reached: %s. The list of coupons says why.", done["skipped"]
            ),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if done["sent"] else "warning",
                "message": " ".join(
                    sentence
                    for name, sentence in sentences.items()
                    if done[name] or name == "sent"
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
