from odoo import models


class CalendarEvent(models.Model):
    _inherit = ["calendar.event", "crm.customer.document.mixin"]
    _name = "calendar.event"

    _customer_fields = frozenset(
        {
            "active",
            "allday",
            "duration",
            "opportunity_id",
            "partner_ids",
            "start",
            "start_date",
            "stop",
            "stop_date",
        }
    )

    def _customer_contacts(self):
        return self.partner_ids.filtered("partner_share")
