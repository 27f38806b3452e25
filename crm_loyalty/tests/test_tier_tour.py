from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestTierTour(HttpCase, PointsCommon):
    """Orders, invoices, a reward and a credit note, from one tier to the next.

    A machine costs 3,000: the first makes Silver (1,000) with 3,000 points. The second
    is bought with a reward of 10 for 100 points: 5,990 make Gold (5,000), and
    3,000 − 100 + 3,000 points are left. Crediting it takes its 3,000 points back; Gold
    stays until the period ends.
    """

    # The first page builds the assets.
    test_cursor_lock_timeout = 120

    def test_from_order_to_portal(self):
        self.program.write({"name": "Club", "portal_visible": True})
        # The database clock is not frozen.
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2026-06-01' WHERE id = %s",
            [self.card.id],
        )
        self.customer.customer_rank = 1
        # As of the night before; opening the page refreshes it.
        self.Customer._refresh()
        self.env["product.product"].create(
            {
                "name": "Machine",
                "list_price": 3000,
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
            }
        )
        seller = self._user(
            "seller",
            "base.group_user,sales_team.group_sale_manager,"
            "account.group_account_invoice",
        )
        self.start_tour("/odoo", "crm_loyalty_tier", login=seller.login, timeout=180)
        # What the screens did, as it was booked.
        self.assertPoints(2900)
        self.assertEqual(
            [change[1:] for change in self._ledger()],
            [
                ("", "Base", "join", 0),
                ("Base", "Silver", "upgrade", 3000),
                ("Silver", "Gold", "upgrade", 5990),
            ],
        )
        nora = self._user("nora", "base.group_portal")
        nora.partner_id.parent_id = self.customer
        self.start_tour("/my", "crm_loyalty_tier_portal", login=nora.login)

    def test_preview(self):
        """4,000 is Silver; a manager has Gold ask for 3,000."""
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = '2026-06-01' WHERE id = %s",
            [self.card.id],
        )
        self._invoice(4000, "2026-06-02")
        self.Customer._refresh()
        groups = "base.group_user,sales_team.group_sale_manager"
        if "pos.config" in self.env:
            # Natively nobody else opens a program then.
            groups += ",point_of_sale.group_pos_user"
        manager = self._user("manager", groups)
        self.start_tour(
            f"/odoo/loyalty.program/{self.program.id}",
            "crm_loyalty_tier_preview",
            login=manager.login,
        )
        self.assertEqual(self.gold.threshold, 3000)
        self.Customer._refresh()
        self.assertEqual(self._stored().tier_id, self.gold)

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups=groups,
            password=f"{login}{login}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
