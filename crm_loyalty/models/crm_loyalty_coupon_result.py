from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_loyalty_coupon import OCCASIONS, REASONS, STATES


class CrmLoyaltyCouponResult(models.Model):
    """Coupons sent for an occasion, whether they were used, and what followed.

    A coupon is used when a confirmed order, or a paid one of Point of Sale, has its
    reward. Amounts are untaxed, in the currency of the order's company, at the order's
    rate.
    """

    _name = "crm.loyalty.coupon.result"
    _description = "Result of a Coupon"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"
    _depends = {
        "crm.loyalty.coupon": ["state", "card_id", "date", "reason"],
        "sale.order": ["state", "amount_untaxed", "currency_rate"],
        "sale.order.line": ["coupon_id"],
    }

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    occasion = fields.Selection(selection=OCCASIONS, readonly=True)
    date = fields.Date(readonly=True, help="When it was sent, or could not be.")
    state = fields.Selection(selection=STATES, readonly=True)
    reason = fields.Selection(
        selection=REASONS, readonly=True, help="Why nothing was sent."
    )
    card_id = fields.Many2one(
        comodel_name="loyalty.card", string="Coupon", readonly=True
    )
    sent_count = fields.Integer(string="Sent", readonly=True)
    used_count = fields.Integer(
        string="Used", readonly=True, help="Coupons with a confirmed order."
    )
    used_share = fields.Float(
        string="Used of Sent",
        digits=(16, 6),
        readonly=True,
        aggregator="avg",
        help="Share of the coupons sent that were used.",
    )
    order_count = fields.Integer(
        string="Orders", readonly=True, help="Confirmed orders with the coupon."
    )
    order_amount = fields.Monetary(
        string="Revenue That Followed",
        readonly=True,
        help="Untaxed amount of the confirmed orders with the coupon, after the "
        "discount.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT coupon.id, coupon.partner_id, owner.user_id, coupon.company_id,
                company.currency_id, coupon.occasion, coupon.date, coupon.state,
                coupon.reason, coupon.card_id,
                (coupon.state = 'sent')::int AS sent_count,
                (coalesce(used.order_count, 0) > 0)::int AS used_count,
                CASE WHEN coupon.state = 'sent'
                    THEN (coalesce(used.order_count, 0) > 0)::int::numeric
                END AS used_share,
                coalesce(used.order_count, 0) AS order_count,
                coalesce(used.order_amount, 0) AS order_amount
            FROM crm_loyalty_coupon coupon
            JOIN res_company company ON company.id = coupon.company_id
            JOIN res_partner partner ON partner.id = coupon.partner_id
            LEFT JOIN res_partner owner ON owner.id = partner.commercial_partner_id
            LEFT JOIN (
                SELECT coupon_id, count(*) AS order_count, sum(amount) AS order_amount
                FROM (%s) use
                WHERE coupon_id IN (SELECT card_id FROM crm_loyalty_coupon)
                GROUP BY coupon_id
            ) used ON used.coupon_id = coupon.card_id
            """,
            SQL(" UNION ALL ").join(self._uses()),
        )

    def _uses(self):
        """Return the queries of orders with a coupon: ``(coupon_id, id, amount)``."""
        amount = "round((%s) / coalesce(nullif(document.currency_rate, 0), 1), 2)"
        uses = [
            SQL(
                """
                SELECT DISTINCT line.coupon_id, document.id, %s AS amount
                FROM sale_order_line line
                JOIN sale_order document ON document.id = line.order_id
                WHERE line.coupon_id IS NOT NULL AND document.state = 'sale'
                """,
                SQL(amount, SQL("document.amount_untaxed")),
            )
        ]
        if self._uses_pos():
            uses.append(
                SQL(
                    """
                    SELECT DISTINCT line.coupon_id, document.id, %s AS amount
                    FROM pos_order_line line
                    JOIN pos_order document ON document.id = line.order_id
                    WHERE line.coupon_id IS NOT NULL
                        AND document.state IN ('paid', 'done')
                    """,
                    SQL(amount, SQL("document.amount_total - document.amount_tax")),
                )
            )
        return uses

    def _uses_pos(self):
        """Return whether coupons can be used in Point of Sale (`pos_loyalty`)."""
        Line = self.env.get("pos.order.line")
        return Line is not None and "coupon_id" in Line._fields

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.partner_id.display_name}, {row.date}"

    def action_open_orders(self):
        """Open the confirmed orders with these coupons.

        Those of Point of Sale where there are no others.
        """
        self.check_access("read")
        xmlid = "sale.action_orders"
        domain = Domain("order_line.coupon_id", "in", self.card_id.ids) & Domain(
            "state", "=", "sale"
        )
        if self._uses_pos() and not self.env["sale.order"].search_count(
            domain, limit=1
        ):
            sold = Domain("lines.coupon_id", "in", self.card_id.ids) & Domain(
                "state", "in", ("paid", "done")
            )
            Pos = self.env["pos.order"]
            if Pos.has_access("read") and Pos.search_count(sold, limit=1):
                xmlid, domain = "point_of_sale.action_pos_pos_form", sold
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action.pop("path", None)
        action.update(domain=list(domain), context={"create": False})
        return action
