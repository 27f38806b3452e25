from freezegun import freeze_time

from odoo import Command

from odoo.addons.crm_customer360.tests.common import CustomerCommon


class LoyaltyCommon(CustomerCommon):
    """A program with a base tier, Silver from 1,000 and Gold from 5,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.program = cls._program()
        cls.base, cls.silver, cls.gold = cls.program.tier_ids.sorted("threshold")
        cls.Change = cls.env["loyalty.tier.change"]

    @classmethod
    def _program(cls, **vals):
        return cls.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "loyalty",
                "company_id": cls.company.id,
                "reward_ids": [Command.create({"required_points": 100})],
                "tier_ids": [
                    Command.create({"name": name, "threshold": threshold})
                    for name, threshold in (
                        ("Base", 0),
                        ("Silver", 1000),
                        ("Gold", 5000),
                    )
                ],
                **vals,
            }
        )

    def _join(self, day, partner=None, program=None):
        """Give a customer a card on a day."""
        partner = partner or self.customer
        program = program or self.program
        with freeze_time(f"{day} 12:00:00"):
            card = self.env["loyalty.card"].create(
                {"program_id": program.id, "partner_id": partner.id}
            )
            self.env.flush_all()
        # The database clock is not frozen.
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = %s WHERE id = %s",
            [f"{day} 12:00:00", card.id],
        )
        card.invalidate_recordset()
        return card

    def _night(self, day):
        """Run the night of a day; return the row of the customer."""
        with freeze_time(f"{day} 12:00:00"):
            self.Customer._refresh()
        return self._stored(self.customer)

    def _nights(self, *days):
        """Run the nights of these days; return the row of the customer then."""
        for day in days:
            row = self._night(day)
        return row

    def _manual(self, day, until="2026-03-31", tier=None, **vals):
        """Give the customer a tier by hand on a day: Gold, unless said."""
        with self._on(day):
            return self.env["loyalty.tier.manual"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "tier_id": (tier or self.gold).id,
                    "reason": "Partner in a joint campaign",
                    "date_end": until,
                    **vals,
                }
            )

    def _ledger(self, partner=None, company=None):
        """Return what the ledger says of a customer, the oldest first."""
        changes = self.Change.search(
            [("partner_id", "=", (partner or self.customer).id)], order="id"
        )
        if company:
            changes = changes.filtered(lambda change: change.company_id == company)
        return [
            (
                str(change.date),
                change.from_id.name or "",
                change.to_id.name or "",
                change.cause,
                change.measure,
            )
            for change in changes
        ]
