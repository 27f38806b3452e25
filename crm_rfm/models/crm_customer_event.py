from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer_event_branch import EventBranch

from .crm_customer import RFM_STATES


class CrmCustomerEvent(models.Model):
    """Changes of the segment, on the timeline."""

    _inherit = "crm.customer.event"
    _depends = {
        "crm.rfm.movement": [
            "company_id",
            "date",
            "from_id",
            "partner_id",
            "state",
            "to_id",
        ]
    }

    kind = fields.Selection(selection_add=[("segment", "Segment Changed")])

    def _event_branches(self, scope):
        return super()._event_branches(scope) + self._event_movements()

    def _event_movements(self):
        """Movements in words: from where to where."""
        readable = self._readable("crm.rfm.movement", [])
        if not readable:
            return []
        source, where = readable

        def segment(column):
            # In the reader's language, as the ORM would read it.
            return SQL(
                "(SELECT coalesce(segment.name ->> %(lang)s, segment.name ->> 'en_US')"
                " FROM crm_rfm_segment segment WHERE segment.id = %(column)s)",
                lang=self.env.lang or "en_US",
                column=SQL.identifier("crm_rfm_movement", column),
            )

        field = self.env["crm.rfm.movement"]._fields["state"]
        states = dict(field._description_selection(self.env))
        state = SQL(
            "CASE crm_rfm_movement.state %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", key, states[key]) for key, _label in RFM_STATES
            ),
        )
        return [
            EventBranch(
                "segment",
                16,
                source=source,
                where=where,
                key=SQL("crm_rfm_movement.id"),
                partner=SQL("crm_rfm_movement.partner_id"),
                res_model=SQL("'crm.rfm.movement'"),
                res_id=SQL("crm_rfm_movement.id"),
                company=SQL("crm_rfm_movement.company_id"),
                day=SQL("crm_rfm_movement.date"),
                name=SQL(
                    """
                    CASE WHEN crm_rfm_movement.from_id IS NULL
                        THEN replace(%(entered)s, '{to}', %(to)s)
                    WHEN crm_rfm_movement.to_id IS NULL
                        THEN replace(replace(%(left)s, '{from}', %(from)s),
                            '{state}', coalesce(%(state)s, ''))
                    ELSE replace(replace(%(moved)s, '{from}', %(from)s),
                        '{to}', %(to)s) END
                    """,
                    entered=self.env._("Came into {to}"),
                    left=self.env._("Left {from}, now {state}"),
                    moved=self.env._("Moved from {from} to {to}"),
                    to=segment("to_id"),
                    state=state,
                    **{"from": segment("from_id")},
                ),
            )
        ]
