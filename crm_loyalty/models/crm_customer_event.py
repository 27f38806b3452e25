from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_event_branch import EventBranch


class CrmCustomerEvent(models.Model):
    """Changes of the tier, on the timeline."""

    _inherit = "crm.customer.event"
    _depends = {
        "loyalty.tier": ["name"],
        "loyalty.tier.change": [
            "cause",
            "company_id",
            "date",
            "from_id",
            "partner_id",
            "to_id",
        ],
    }

    kind = fields.Selection(selection_add=[("tier", "Tier Changed")])

    def _event_branches(self, scope):
        return super()._event_branches(scope) + self._event_tiers()

    def _event_tiers(self):
        """Changes in words. They are those of the company and its branches together.

        So a change stands at the branch where the customer has no row in the company.
        """
        readable = self._readable("loyalty.tier.change", [])
        if not readable:
            return []
        source, where = readable
        words = {
            "join": self.env._("Joined the program in {to}"),
            "upgrade": self.env._("Earned {to}, was {from}"),
            "renewal": self.env._("Kept {to}"),
            "downgrade": self.env._("Did not keep {from}, now {to}"),
            "manual": self.env._("Given by hand: {to}, was {from}"),
            "manual_end": self.env._("End of {from} given by hand, now {to}"),
            "leave": self.env._("Left the program, was {from}"),
        }
        return [
            EventBranch(
                "tier",
                24,
                source=source,
                where=where,
                key=SQL("loyalty_tier_change.id"),
                partner=SQL("loyalty_tier_change.partner_id"),
                res_model=SQL("'loyalty.tier.change'"),
                res_id=SQL("loyalty_tier_change.id"),
                company=SQL(
                    """
                    (SELECT own.company_id FROM crm_customer own
                    JOIN res_company place ON place.id = own.company_id
                    WHERE own.partner_id = contact.commercial_partner_id
                        AND split_part(place.parent_path, '/', 1)::int
                            = loyalty_tier_change.company_id
                    ORDER BY own.company_id <> loyalty_tier_change.company_id,
                        own.revenue_total DESC, own.company_id LIMIT 1)
                    """
                ),
                day=SQL("loyalty_tier_change.date"),
                name=SQL(
                    "replace(replace(CASE loyalty_tier_change.cause %(words)s END,"
                    " '{from}', coalesce(%(from)s, %(none)s)),"
                    " '{to}', coalesce(%(to)s, %(none)s))",
                    words=SQL(" ").join(
                        SQL("WHEN %s THEN %s", cause, text)
                        for cause, text in words.items()
                    ),
                    none=self.env._("no tier"),
                    to=self._event_tier_name("to_id"),
                    **{"from": self._event_tier_name("from_id")},
                ),
            )
        ]

    def _event_tier_name(self, column):
        """Return the SQL of a tier's name in the reader's language."""
        return SQL(
            "(SELECT coalesce(tier.name ->> %(lang)s, tier.name ->> 'en_US')"
            " FROM loyalty_tier tier WHERE tier.id = %(column)s)",
            lang=self.env.lang or "en_US",
            column=SQL.identifier("loyalty_tier_change", column),
        )
