from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from .common import CustomerCommon


class EventCommon(CustomerCommon):
    def _events(self, user=None, partner=None, company=None, **domain):
        """The customer's events, the oldest first, as the user may see them."""
        row = self._row(partner, company)
        self.assertEqual(len(row), 1)
        return self._reader(user).search(
            [
                ("customer_id", "=", row.id),
                *((name, "=", value) for name, value in domain.items()),
            ],
            order="date, id",
        )

    def _timeline(self, user=None, **kwargs):
        """What the customer's page reads, as the user may see it."""
        return self._reader(user).get_timeline(self._row().id, **kwargs)

    def _reader(self, user=None):
        Event = self.env["crm.customer.event"]
        return Event.with_user(user).with_company(self.company) if user else Event

    def assertEvents(self, expected, events):
        """Compare with ``[(kind, day, amount)]``."""
        found = [
            (event.kind, str(event.day), round(event.amount, 2)) for event in events
        ]
        self.assertEqual(found, expected)

    def _made(self, lead, day):
        """Opportunities are made when the transaction began: make it another day."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET create_date = %s WHERE id = %s", day, lead.id)
        )
        lead.invalidate_recordset(["create_date"])
        return lead

    def _user(self, login, groups, **vals):
        return new_test_user(
            self.env,
            login=login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            **vals,
        )
