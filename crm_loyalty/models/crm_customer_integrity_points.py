from odoo import api, fields, models
from odoo.tools import SQL


class CrmCustomerIntegrity(models.TransientModel):
    """Points of the cards against their lots, beside money against the ledger."""

    _inherit = "crm.customer.integrity"

    @api.model
    def _check(self, companies=None):
        """Add the points of loyalty cards; `unexplained` is Σ of what differs, each
        card by itself: two wrong cards do not make one right sum."""
        results = super()._check(companies)
        different = {}
        for card_id, root_id, points, left in self._card_points():
            row = different.setdefault(root_id, [0, 0, 0, []])
            row[0] += points
            row[1] += left
            if points != left:
                row[2] += abs(points - left)
                row[3].append(card_id)
        for root in self._companies(companies).root_id:
            points, left, wrong, cards = different.get(root.id, (0, 0, 0, []))
            result = {
                "company_id": root.id,
                "currency_id": root.currency_id.id,
                "check": "points",
                "is_count": True,
                "ledger": float(points),
                "customers": float(left),
                "difference": float(points - left),
                "explained": 0.0,
                "unexplained": float(wrong),
                "source": {
                    "model": "loyalty.card",
                    "domain": [["program_type", "=", "loyalty"], ["points", "!=", 0]],
                },
                "reasons": [],
            }
            if cards:
                result["reasons"].append(
                    {
                        "code": "points",
                        "explained": False,
                        "amount": float(wrong),
                        "count": len(cards),
                        "source": {
                            "model": "loyalty.card",
                            "domain": [["id", "in", cards[:1000]]],
                        },
                    }
                )
            results.append(result)
        return results

    def _card_points(self):
        """Return ``[(card, root company, points, Σ of lots)]`` of cards with any."""
        return self.env.execute_query(
            SQL(
                """
                SELECT card.id, coalesce(lot.company_id,
                        split_part(home.parent_path, '/', 1)::int, %(main)s),
                    round(coalesce(card.points, 0)::numeric, 2),
                    coalesce(lot.remaining, 0)
                FROM loyalty_card card
                JOIN loyalty_program program ON program.id = card.program_id
                    AND program.program_type = 'loyalty'
                LEFT JOIN res_company home ON home.id = card.company_id
                LEFT JOIN (
                    SELECT card_id, min(company_id) AS company_id,
                        sum(remaining) AS remaining
                    FROM loyalty_lot GROUP BY card_id
                ) lot ON lot.card_id = card.id
                WHERE round(coalesce(card.points, 0)::numeric, 2) <> 0
                    OR lot.remaining <> 0
                """,
                main=self.env.ref("base.main_company").id,
            )
        )


class CrmCustomerIntegrityLine(models.TransientModel):
    _inherit = "crm.customer.integrity.line"

    check = fields.Selection(selection_add=[("points", "Points of loyalty cards")])


class CrmCustomerIntegrityReason(models.TransientModel):
    _inherit = "crm.customer.integrity.reason"

    code = fields.Selection(
        selection_add=[("points", "Cards whose lots do not add up to their points")]
    )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model
    def action_open_different(self):
        """Open the cards whose lots do not add up to their points."""
        self.check_access("read")
        rows = self.env["crm.customer.integrity"].sudo()._card_points()
        cards = [card_id for card_id, _root, points, left in rows if points != left]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.loyalty_card_points_action"
        )
        name = self.env._("Cards whose Lots Differ")
        action["name"] = action["display_name"] = name
        action["domain"] = [("id", "in", cards)]
        action["context"] = {"active_test": False, "create": False}
        return action

    def action_settle_difference(self):
        """Take over into lots what the points of these cards are beyond them."""
        self.check_access("write")
        self._adopt_points()
        return True
