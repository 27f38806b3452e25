"""Points of the demo members, as if their orders had earned them at the time."""

from datetime import timedelta

from odoo.fields import Command
from odoo.tools import SQL

# What an order earns for each unit of currency, times the factor of the tier that the
# member had, and how long points can be used.
POINTS_PER_UNIT, USABLE_DAYS = 0.1, 365
# A reward takes so many points; every so many orders the member takes one.
REWARD_POINTS, REWARD_EVERY = 100, 4
# What one point is worth, in the company's currency.
POINT_VALUE = 0.1


class MemberPoints:
    """Books the orders of the last year to the cards of a program.

    :param program: `loyalty.program`; its company and currency count
    """

    def __init__(self, env, program):
        self.env = env
        self.program = program
        self.company = program.company_id
        self.today = self.company._customer_today()

    def make(self, cards):
        """Earn and use points, order by order, and date them back to the orders."""
        orders = self.env["sale.order"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "sale"),
                ("date_order", ">", self.today - timedelta(days=USABLE_DAYS)),
            ],
            order="date_order, id",
        )
        card_of = {card.partner_id: card for card in cards}
        taken = dict.fromkeys(cards, 0)
        changes = self.env["loyalty.tier.change"].search(
            [("program_id", "=", self.program.id)], order="date, id"
        )
        changes = changes.grouped("partner_id")
        history, links = [], []
        for order in orders:
            card = card_of.get(order.partner_id.commercial_partner_id)
            if not card or order.date_order.date() < card.create_date.date():
                continue
            day = order.date_order.date()
            tier = [c.to_id for c in changes[card.partner_id] if c.date <= day][-1]
            factor = tier.point_factor
            earned = round(order.amount_untaxed * POINTS_PER_UNIT * factor, 2)
            taken[card] += 1
            reward = not taken[card] % REWARD_EVERY and card.points >= REWARD_POINTS
            used = REWARD_POINTS if reward else 0
            if earned <= 0:
                continue
            card._with_order("confirm", order, earned, used).points += earned - used
            history.append(
                {
                    "card_id": card.id,
                    "order_model": order._name,
                    "order_id": order.id,
                    "description": order.name,
                    "issued": earned,
                    "used": used,
                }
            )
            links.append(
                {
                    "order_id": order.id,
                    "coupon_id": card.id,
                    "points": earned,
                    "tier_id": tier.id,
                    "tier_factor": factor,
                }
            )
        self.env["loyalty.history"].create(history)
        self.env["sale.order.coupon.points"].create(links)
        self.env.flush_all()
        self._date_back()

    def _date_back(self):
        """Points are as old as their order."""
        for table in ("loyalty_lot", "loyalty_lot_move"):
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %s item SET date = sale.date_order::date
                    FROM sale_order sale, loyalty_card card
                    WHERE sale.id = item.order_id AND card.id = item.card_id
                        AND card.program_id = %s
                    """,
                    SQL.identifier(table),
                    self.program.id,
                )
            )
        self.env.cr.execute(
            """
            UPDATE loyalty_lot SET date_expiry = date + %s
            WHERE program_id = %s AND order_id IS NOT NULL
            """,
            [USABLE_DAYS, self.program.id],
        )
        self.env.cr.execute(
            """
            UPDATE loyalty_history item SET create_date = sale.date_order
            FROM sale_order sale, loyalty_card card
            WHERE item.order_model = 'sale.order' AND sale.id = item.order_id
                AND card.id = item.card_id AND card.program_id = %s
            """,
            [self.program.id],
        )
        for model in ("loyalty.lot", "loyalty.lot.move", "loyalty.history"):
            self.env[model].invalidate_model()


def program_values():
    """Return the values of a program with these points."""
    return {
        "points_expiry": "days",
        "points_expiry_count": USABLE_DAYS,
        "rule_ids": [
            Command.create(
                {
                    "reward_point_mode": "money",
                    "reward_point_amount": POINTS_PER_UNIT,
                }
            )
        ],
        "reward_ids": [
            Command.create(
                {
                    "reward_type": "discount",
                    "discount_mode": "per_point",
                    "discount": POINT_VALUE,
                    "required_points": REWARD_POINTS,
                }
            )
        ],
    }
