from contextlib import contextmanager

from odoo import api, models

from ..tools.book import Document


class SaleOrder(models.Model):
    """Points of an order are booked as those of this order, and shared by an entity.

    Contacts of one commercial entity use its cards of a program with tiers: natively a
    card is found by the order's contact only.
    """

    _inherit = "sale.order"

    # ------------------------------------------------------------------
    # Points
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Goods that came back before an order is confirmed again stay back."""
        result = super().action_confirm()
        documents = self.sudo().invoice_ids
        documents.filtered(lambda m: m._may_return_points())._return_points()
        return result

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """What an order earns repays a debt before it buys a reward."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm)
        if (
            coupon.debt
            and self.state != "sale"
            and coupon.program_id.applies_on != "future"
        ):
            entries = self.coupon_point_ids.filtered(lambda e: e.coupon_id == coupon)
            points -= min(coupon.debt, max(sum(entries.mapped("points")), 0))
        return points

    def _get_point_changes(self):
        """Let the cards know what each order earned and used.

        Natively asked for after an order was cancelled, and before it is confirmed.
        """
        changes = super()._get_point_changes()
        kind = "cancel" if "cancel" in self.mapped("state") else "confirm"
        parts = {}
        for order in self:
            for entry in order.coupon_point_ids:
                part = parts.setdefault(entry.coupon_id, {}).setdefault(order, [0, 0])
                part[0] += entry.points
            for line in order.order_line:
                if line.reward_id and line.coupon_id:
                    part = parts.setdefault(line.coupon_id, {})
                    part.setdefault(order, [0, 0])[1] += line.points_cost
        return {
            card.with_context(
                loyalty_document=Document(
                    kind,
                    tuple(
                        (order.id, round(earned, 2), round(used, 2))
                        for order, (earned, used) in parts.get(card, {}).items()
                    ),
                )
            ): change
            for card, change in changes.items()
        }

    def _add_points_for_coupon(self, coupon_points):
        self.ensure_one()
        return super()._add_points_for_coupon(
            {
                card._with_order("add", self, earned=points): points
                for card, points in coupon_points.items()
            }
        )

    # ------------------------------------------------------------------
    # Sharing
    # ------------------------------------------------------------------

    @contextmanager
    def _sharing(self):
        """Have native code take the entity's cards for those of the order's contact.

        It compares their holder with the contact, and would drop the points. Only the
        cache is told so: nothing is written.
        """
        cards = self.env["loyalty.card"]._shared_with(self.partner_id)
        lent = cards.filtered(lambda card: card.partner_id != self.partner_id)
        holder = cards._fields["partner_id"]
        if lent:
            cards.flush_recordset(["partner_id"])
            holder._update_cache(lent, self.partner_id.id)
        try:
            yield self.with_context(loyalty_share=self.partner_id.id)
        finally:
            lent.invalidate_recordset(["partner_id"], flush=False)

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            for order in self.filtered(lambda order: order.state != "sale"):
                with order._sharing() as shared:
                    shared._drop_foreign_cards()
        return result

    def _drop_foreign_cards(self):
        """Take cards of others out of a quotation, with the rewards that they paid.

        Natively they stay when it gets another customer, who would use their points.
        """
        lines = self.order_line.filtered("coupon_id")
        cards = (self.applied_coupon_ids | lines.coupon_id).sudo()
        foreign = cards.filtered(
            lambda card: (
                card.program_id.program_type == "loyalty"
                and card.partner_id
                and not card.partner_id.is_public
                and card.partner_id != self.partner_id
            )
        )
        if foreign:
            lines.filtered(lambda line: line.coupon_id in foreign).unlink()
            self.applied_coupon_ids -= self.applied_coupon_ids & foreign

    def _update_programs_and_rewards(self):
        self.ensure_one()
        with self._sharing() as order:
            if order.state != "sale":
                order._drop_foreign_cards()
            return super(SaleOrder, order)._update_programs_and_rewards()

    def _try_apply_program(self, program, coupon=None):
        self.ensure_one()
        with self._sharing() as order:
            return super(SaleOrder, order)._try_apply_program(program, coupon)


class SaleOrderLine(models.Model):
    """Rewards of a confirmed order that come, change and go are booked as its own."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        orders = self.env["sale.order"].browse(
            {vals.get("order_id") for vals in vals_list} - {None, False}
        )
        lines = super(SaleOrderLine, self._as_reward_of(orders)).create(vals_list)
        return lines.with_env(self.env)

    def write(self, vals):
        if "points_cost" not in vals:
            return super().write(vals)
        return super(SaleOrderLine, self._as_reward_of(self.order_id)).write(vals)

    def unlink(self):
        return super(SaleOrderLine, self._as_reward_of(self.order_id)).unlink()

    def _as_reward_of(self, orders):
        """Return the lines such that a card's change of points is of their order."""
        if len(orders) != 1:
            return self
        return self.with_context(
            loyalty_document=Document("line", ((orders.id, 0, 0),))
        )
