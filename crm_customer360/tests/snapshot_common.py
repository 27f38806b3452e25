from odoo import fields
from odoo.tools import SQL

from .common import CustomerCommon


class SnapshotCommon(CustomerCommon):
    """Today is 15 June 2026, so May is the last month that is over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"]
        cls.cost_line = {"product_id": cls.product_a.id, "price_unit": 1000.0}

    def _take(self):
        """What the nightly run does."""
        self.Customer._refresh()
        return self.Snapshot._take()

    def _partner(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
                **vals,
            }
        )

    def _snapshots(self, partner=None, company=None):
        return self.Snapshot.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", (company or self.company).id),
            ],
            order="date",
        )

    def _snapshot(self, day, partner=None, company=None):
        return self._snapshots(partner, company).filtered(
            lambda row: row.date == fields.Date.to_date(day)
        )

    def _history(self, *names, partner=None, company=None):
        """``{month end as text: [figures]}``"""
        return {
            str(row.date): [row[name] for name in names]
            for row in self._snapshots(partner, company)
        }

    def _versions(self):
        """Where the rows physically lie: another place when they are written."""
        self.env.cr.execute(
            SQL("SELECT id, ctid::text, xmax::text FROM crm_customer_snapshot")
        )
        return sorted(self.env.cr.fetchall())
