from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer import PROFIT


class LoyaltyTierReport(models.Model):
    """What each tier costs and brings, by company, in the company's window.

    Customers count in the tier they have today, with their branches. The window is
    that of the company (`customer_window_months`).
    """

    _name = "loyalty.tier.report"
    _description = "What a Tier Costs and Brings"
    _auto = False
    _rec_name = "tier_id"
    _order = "company_id, threshold"
    _depends = {
        "account.move": [
            "commercial_partner_id",
            "company_id",
            "invoice_date",
            "move_type",
            "state",
        ],
        "account.move.line": ["balance", "discount", "display_type", "move_id"],
        "crm.customer": [
            "company_id",
            "margin",
            "partner_id",
            "revenue",
            "tier_id",
            "tier_joined",
        ],
        "loyalty.card": ["partner_id", "tier_id"],
        "loyalty.program": ["active", "company_id", "point_value_set"],
        "loyalty.tier": ["program_id", "threshold"],
        "loyalty.tier.change": ["company_id", "partner_id", "to_id"],
        "res.company": ["currency_id", "parent_id"],
        "res.partner": ["commercial_partner_id"],
        "sale.order": [
            "company_id",
            "currency_rate",
            "date_order",
            "partner_id",
            "state",
        ],
        "sale.order.coupon.points": ["order_id", "points", "tier_factor", "tier_id"],
        "sale.order.line": [
            "discount",
            "order_id",
            "price_subtotal",
            "price_unit",
            "product_uom_qty",
            "reward_id",
        ],
    }

    tier_id = fields.Many2one(comodel_name="loyalty.tier", readonly=True)
    program_id = fields.Many2one(comodel_name="loyalty.program", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    threshold = fields.Float(digits=(16, 2), readonly=True)
    members = fields.Integer(readonly=True, help="Customers in the tier today.")
    revenue = fields.Monetary(
        readonly=True, help="Untaxed, credit notes taken off, of these members."
    )
    margin = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Revenue less the cost of what was sold, of these members.",
    )
    discount = fields.Monetary(
        string="Discounts",
        readonly=True,
        help="From the discount in percent on posted invoice lines, credit notes taken "
        "off. A lower price of a pricelist that shows no discount is not in it.",
    )
    reward = fields.Monetary(
        string="Rewards",
        readonly=True,
        help="Rewards on confirmed orders, untaxed: discounts, and free products at "
        "their price, of all loyalty programs.",
    )
    coupon_count = fields.Integer(
        string="Coupons", readonly=True, help="Welcome coupons of the tier, ever given."
    )
    bonus_points = fields.Float(
        string="Points Multiplied",
        digits=(16, 2),
        readonly=True,
        help="Points of confirmed orders that were earned more for the tier that the "
        "customer had then.",
    )
    bonus_cost = fields.Monetary(
        string="Cost of Multiplied Points",
        readonly=True,
        help="These points at the worth of a point of the program, an estimate.",
    )

    @property
    def _table_query(self):
        customers = self.env["crm.customer"]
        rows = customers._company_rows()
        return SQL(
            """
            WITH company (id, root_id, window_start, today, window_start_at,
                today_end) AS (VALUES %(companies)s),
            worth AS (%(worth)s),
            member AS (
                SELECT customer.tier_id, customer.partner_id, customer.company_id,
                    company.root_id, customer.revenue, customer.margin,
                    company.window_start, company.today, company.window_start_at,
                    company.today_end
                FROM crm_customer customer
                JOIN company ON company.id = customer.company_id
                WHERE customer.tier_id IS NOT NULL
            ),
            headed AS (
                SELECT tier_id, root_id, count(DISTINCT partner_id) AS members,
                    sum(revenue) AS revenue, sum(margin) AS margin
                FROM member GROUP BY tier_id, root_id
            ),
            discounted AS (
                SELECT member.tier_id, member.root_id,
                    sum(-line.balance * line.discount / (100 - line.discount))
                        AS discount
                FROM account_move_line line
                JOIN account_move move ON move.id = line.move_id
                JOIN res_partner owner ON owner.id = move.commercial_partner_id
                JOIN member ON member.partner_id = owner.commercial_partner_id
                    AND member.company_id = move.company_id
                    AND move.invoice_date BETWEEN member.window_start AND member.today
                WHERE line.display_type = 'product'
                    AND line.discount > 0 AND line.discount < 100
                    AND move.state = 'posted' AND move.move_type IN (
                        'out_invoice', 'out_refund', 'out_receipt')
                GROUP BY member.tier_id, member.root_id
            ),
            rewarded AS (
                SELECT member.tier_id, member.root_id,
                    sum(CASE WHEN line.price_subtotal < 0 THEN -line.price_subtotal
                        ELSE line.price_unit * line.product_uom_qty
                            * coalesce(line.discount, 0) / 100 END
                        / coalesce(nullif(sale.currency_rate, 0), 1)) AS reward
                FROM sale_order_line line
                JOIN sale_order sale ON sale.id = line.order_id
                JOIN res_partner owner ON owner.id = sale.partner_id
                JOIN member ON member.partner_id = owner.commercial_partner_id
                    AND member.company_id = sale.company_id
                    AND sale.date_order >= member.window_start_at
                    AND sale.date_order < member.today_end
                WHERE line.reward_id IS NOT NULL AND sale.state = 'sale'
                GROUP BY member.tier_id, member.root_id
            ),
            bonus AS (
                SELECT entry.tier_id, company.root_id,
                    sum(entry.points - entry.points / entry.tier_factor) AS points
                FROM sale_order_coupon_points entry
                JOIN sale_order sale ON sale.id = entry.order_id
                JOIN company ON company.id = sale.company_id
                    AND sale.date_order >= company.window_start_at
                    AND sale.date_order < company.today_end
                WHERE sale.state = 'sale' AND entry.tier_id IS NOT NULL
                    AND entry.tier_factor > 0
                GROUP BY entry.tier_id, company.root_id
            ),
            coupon AS (
                SELECT tier_id, company_id AS root_id, count(*) AS coupons
                FROM (%(coupon)s) card GROUP BY tier_id, company_id
            )
            SELECT tier.id * 10000::bigint + root.id AS id, tier.id AS tier_id,
                tier.program_id, root.id AS company_id, root.currency_id,
                tier.threshold, coalesce(headed.members, 0) AS members,
                coalesce(headed.revenue, 0) AS revenue,
                coalesce(headed.margin, 0) AS margin,
                coalesce(discounted.discount, 0) AS discount,
                coalesce(rewarded.reward, 0) AS reward,
                coalesce(coupon.coupons, 0) AS coupon_count,
                coalesce(bonus.points, 0) AS bonus_points,
                coalesce(bonus.points * worth.value, 0) AS bonus_cost
            FROM loyalty_tier tier
            JOIN loyalty_program program ON program.id = tier.program_id
            JOIN res_company root ON root.parent_id IS NULL
                AND (program.company_id IS NULL OR program.company_id = root.id)
            LEFT JOIN worth ON worth.program_id = tier.program_id
                AND worth.company_id = root.id
            LEFT JOIN headed ON headed.tier_id = tier.id AND headed.root_id = root.id
            LEFT JOIN discounted ON discounted.tier_id = tier.id
                AND discounted.root_id = root.id
            LEFT JOIN rewarded ON rewarded.tier_id = tier.id
                AND rewarded.root_id = root.id
            LEFT JOIN bonus ON bonus.tier_id = tier.id AND bonus.root_id = root.id
            LEFT JOIN coupon ON coupon.tier_id = tier.id AND coupon.root_id = root.id
            WHERE program.active
            """,
            companies=SQL(", ").join(
                SQL(
                    "(%s, %s, %s::date, %s::date, %s::timestamp, %s::timestamp)",
                    row["id"],
                    row["root_id"],
                    row["window_start"],
                    row["today"],
                    row["window_start_at"],
                    row["today_end"],
                )
                for row in rows
            ),
            worth=self.env["loyalty.program"]._point_values(),
            coupon=self._coupon_query(),
        )

    @api.model
    def _coupon_query(self):
        """Return the welcome coupons: query ``(id, tier_id, company_id)``.

        Each once: in the company in which the customer reached the tier first.
        """
        return SQL(
            """
            SELECT DISTINCT ON (card.id) card.id, card.tier_id, change.company_id
            FROM loyalty_card card
            JOIN res_partner owner ON owner.id = card.partner_id
            JOIN loyalty_tier_change change ON change.to_id = card.tier_id
                AND change.partner_id = owner.commercial_partner_id
            ORDER BY card.id, change.id
            """
        )

    # ------------------------------------------------------------------
    # The documents behind the figures
    # ------------------------------------------------------------------

    def _window(self):
        """Return the rows of `_company_rows` of the company and its branches."""
        self.ensure_one()
        rows = self.env["crm.customer"]._company_rows()
        return [row for row in rows if row["root_id"] == self.company_id.id]

    def _member_leaf(self, contact):
        """Return the condition that a contact is one of the members.

        :param contact: name of the field of the contact
        """
        place = f"{self.tier_id.id}:{self.company_id.id}"
        return (f"{contact}.loyalty_tier_place", "=", place)

    def _action(self, name, model, domain):
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.tier_id.name}: {name}",
            "res_model": model,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
            "context": {"create": False},
        }

    def action_open_members(self):
        """Open the members."""
        self.ensure_one()
        action = self.tier_id.action_open_members()
        action["domain"] += [("company_id", "child_of", self.company_id.id)]
        return action

    def _invoice_domain(self, prefix=""):
        window = self._window()[0]
        return [
            self._member_leaf(f"{prefix}commercial_partner_id"),
            (f"{prefix}company_id", "in", [row["id"] for row in self._window()]),
            (f"{prefix}move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            (f"{prefix}state", "=", "posted"),
            (f"{prefix}invoice_date", ">=", window["window_start"]),
            (f"{prefix}invoice_date", "<=", window["today"]),
        ]

    def action_open_invoices(self):
        """Open the invoices and credit notes whose sum is the revenue."""
        self.ensure_one()
        return self._action(
            self.env._("Invoices"), "account.move", self._invoice_domain()
        )

    def action_open_discounts(self):
        """Open the invoice lines with a discount."""
        self.ensure_one()
        return self._action(
            self.env._("Discounts"),
            "account.move.line",
            self._invoice_domain("move_id.")
            + [
                ("display_type", "=", "product"),
                ("discount", ">", 0),
                ("discount", "<", 100),
            ],
        )

    def _order_domain(self, prefix=""):
        window = self._window()[0]
        return [
            (f"{prefix}state", "=", "sale"),
            (f"{prefix}company_id", "in", [row["id"] for row in self._window()]),
            (f"{prefix}date_order", ">=", window["window_start_at"]),
            (f"{prefix}date_order", "<", window["today_end"]),
        ]

    def action_open_rewards(self):
        """Open the lines of orders that are rewards."""
        self.ensure_one()
        return self._action(
            self.env._("Rewards"),
            "sale.order.line",
            self._order_domain("order_id.")
            + [
                ("reward_id", "!=", False),
                self._member_leaf("order_id.partner_id"),
            ],
        )

    def action_open_coupons(self):
        """Open the welcome coupons."""
        self.ensure_one()
        action = self.tier_id.action_open_coupons()
        if not self.program_id.sudo().company_id:
            found = self.env.execute_query(
                SQL(
                    "SELECT id FROM (%s) card WHERE tier_id = %s AND company_id = %s",
                    self._coupon_query(),
                    self.tier_id.id,
                    self.company_id.id,
                )
            )
            action["domain"] += [("id", "in", [card_id for (card_id,) in found])]
        return action

    def action_open_points(self):
        """Open the orders whose points were multiplied."""
        self.ensure_one()
        return self._action(
            self.env._("Orders with Points Multiplied"),
            "sale.order",
            self._order_domain()
            + [
                ("coupon_point_ids.tier_id", "=", self.tier_id.id),
                ("coupon_point_ids.tier_factor", "!=", 1),
            ],
        )
