from datetime import date

from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_customer360.tests.common import CustomerCommon

from ..demo.tier_history import replay
from ..tools.tiers import Policy


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The history that demo members are given."""

    def test_history(self):
        """Joined, up two tiers at once, one kept, one lost, each on its day."""
        changes, standing = replay(
            Policy((0, 1000, 5000), "rolling", 12),
            date(2023, 1, 10),
            [
                (date(2022, 12, 1), 300),
                (date(2023, 3, 1), 5000),
                # Kept for a year from then; 2,000 in the next is Silver's only.
                (date(2024, 5, 5), 2000),
            ],
            date(2026, 1, 1),
        )
        self.assertEqual(
            [
                (str(change.day), change.before, change.after, change.cause)
                for change in changes
            ],
            [
                ("2023-01-10", None, 0, "join"),
                ("2023-03-01", 0, 2, "upgrade"),
                # 5,000 in the twelve months up to 29 February 2024.
                ("2024-03-01", 2, 2, "renewal"),
                ("2025-03-01", 2, 1, "downgrade"),
            ],
        )
        self.assertEqual((standing.level, str(standing.until)), (1, "2026-02-28"))


@tagged("post_install", "-at_install")
class TestDemoLoad(CustomerCommon):
    """Members, points and tiers of three customers; today is 15 June 2026."""

    def test_load(self):
        """Who bought twice is a member since; Silver is from 5,000, Gold from 20,000.

        An order of 900 after joining earns 90 points, × 1.1 with Silver and × 1.25 with
        Gold; one before it none. Every third does not join.
        """
        self.env["loyalty.program"].search([]).active = False
        silver, gold, third, once = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "property_account_receivable_id": self.receivable.id,
                }
                for name in ("Silver", "Gold", "Third", "Once")
            ]
        )
        for partner, amounts in ((silver, (3000, 3000)), (gold, (9000, 12000))):
            for day, amount in zip(("2025-08-01", "2025-10-01"), amounts, strict=True):
                self._invoice(amount, day, partner_id=partner.id)
            self._order(500, "2025-09-01", partner_id=partner.id)
            self._order(900, "2025-11-01", partner_id=partner.id)
        for day in ("2025-08-02", "2025-10-01"):
            self._invoice(700, day, partner_id=third.id)
        self._invoice(50000, "2025-08-01", partner_id=once.id)
        demo = self.env["crm.customer.demo"]
        self.assertEqual(demo._load_loyalty(self.company), 2)
        program = self.company._tier_program()
        cards = self.env["loyalty.card"].search([("program_id", "=", program.id)])
        self.assertEqual(cards.partner_id, silver + gold)
        self.assertEqual(cards.mapped("points"), [99, 112.5])
        for card in cards:
            lots = self.env["loyalty.lot"].search([("card_id", "=", card.id)])
            self.assertEqual(sum(lots.mapped("remaining")), card.points)
        self.Customer._refresh()
        for partner, name in ((silver, "Silver"), (gold, "Gold")):
            changes = self.env["loyalty.tier.change"].search(
                [("partner_id", "=", partner.id)], order="id"
            )
            with self.subTest(name):
                self.assertEqual(changes[0].cause, "join")
                self.assertEqual(changes[-1].to_id.name, name)
                self.assertEqual(self._stored(partner).tier_id, changes[-1].to_id)
        self.assertEqual(demo._load_loyalty(self.company), 0)
