from odoo import api, models


class LoyaltyHistory(models.Model):
    """What the history says of a change of points, the lots say, too.

    Point of Sale changes the points first, and then writes the history.
    """

    _inherit = "loyalty.history"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.sudo()._name_lots()
        return lines

    def _name_lots(self):
        """Give a document to movements of this transaction that have none yet."""
        # What an order earned and used has its name already.
        lines = self.filtered(lambda line: line.order_model != "sale.order")
        if not lines:
            return
        moves = self.env["loyalty.lot.move"].search(
            [
                ("card_id", "in", lines.card_id.ids),
                ("reason", "=", "manual"),
                ("name", "=", False),
                ("create_date", "=", self.env.cr.now()),
            ]
        )
        for line in lines if moves else ():
            named = moves.filtered(lambda m, line=line: m.card_id == line.card_id)
            named.name = line.description
            for lot in named.lot_id.filtered(lambda lot: not lot.name):
                lot.name = line.description
            if line.order_model:
                named._become_sale(line)
            if line.order_model == "pos.order":
                line.card_id._book_pos_reward(line, named.lot_id)
            moves -= named


class LoyaltyLotMove(models.Model):
    _inherit = "loyalty.lot.move"

    def _become_sale(self, line):
        """Turn changes by hand into what a sale outside of orders earned and used.

        :param line: of the history, which names the sale
        """
        for move in self:
            if move.points > 0:
                move.reason = "earned"
                move.lot_id.origin = "pos"
                if line.order_model == "pos.order":
                    move.lot_id.pos_order_ref = line.order_id
            else:
                move.reason = "used"
                move.lot_id.used -= move.points
