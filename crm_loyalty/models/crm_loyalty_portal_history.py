from odoo import models
from odoo.tools import format_date


class CrmLoyaltyPortal(models.AbstractModel):
    """What happened with a customer's points and tier."""

    _inherit = "crm.loyalty.portal"

    def _last(self, partner, program, cards, limit):
        """Return the last changes of points and of the tier, and how many there are."""
        points, point_count = self._points_history(cards, program, limit=limit)
        tiers, tier_count = self._tier_history(partner, program, limit=limit)
        return {
            "last_points": points,
            "point_count": point_count,
            "last_tiers": tiers,
            "tier_count": tier_count,
        }

    def _points_history(self, cards, program, offset=0, limit=None):
        """Return changes of points, the newest first, one line per document.

        Nothing where the program keeps its points to itself.

        :param cards: see `_cards`
        :return: ``([{"day", "what", "name", "url", "points", "gain"}], number of all)``
        """
        if not program.portal_visible:
            return [], 0
        Move = self.env["loyalty.lot.move"].sudo()
        groups = ["date:day", "reason", "name", "order_id", "move_id"]
        found = Move._read_group(
            [("card_id", "in", cards.ids), ("program_id", "=", program.id)],
            groups,
            ["points:sum", "debt:sum", "id:max"],
            order="date:day desc, id:max desc",
        )
        reasons = dict(Move._fields["reason"]._description_selection(self.env))
        lines = []
        for day, reason, name, order, move, points, debt, _last in found[offset:][
            :limit
        ]:
            change = points - debt
            document = order or move
            lines.append(
                {
                    "day": format_date(self.env, day),
                    "what": reasons[reason],
                    "name": name or document.display_name or "",
                    "url": document.access_url if document else False,
                    "points": f"{'+' if change > 0 else ''}"
                    + self._points(program, change),
                    "gain": change > 0,
                }
            )
        return lines, len(found)

    def _tier_history(self, partner, program, offset=0, limit=None):
        """Return changes of the tier, the newest first.

        :return: ``([{"day", "text", "color", "until", "company"}], number of all)``
        """
        Change = self.env["loyalty.tier.change"].sudo()
        domain = [
            ("partner_id", "=", partner.sudo().commercial_partner_id.id),
            ("program_id", "=", program.id),
        ]
        count = Change.search_count(domain)
        changes = Change.search(domain, offset=offset, limit=limit)
        several = len(changes.company_id) > 1
        words = {
            "join": self.env._("You joined: %(to)s"),
            "upgrade": self.env._("You reached %(to)s"),
            "renewal": self.env._("You kept %(to)s"),
            "downgrade": self.env._("%(from)s was not kept: now %(to)s"),
            "manual": self.env._("%(to)s was given to you"),
            "manual_end": self.env._("%(from)s, given to you, ended: now %(to)s"),
            "leave": self.env._("You left the program"),
        }
        return [
            {
                "day": format_date(self.env, change.date),
                "text": words[change.cause]
                % {"from": change.from_id.name or "–", "to": change.to_id.name or "–"},
                "color": change.to_id.color,
                "until": change.until and format_date(self.env, change.until),
                "company": several and change.company_id.name,
            }
            for change in changes
        ], count
