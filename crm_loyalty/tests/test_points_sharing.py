from odoo import Command
from odoo.tests import new_test_user, tagged

from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsSharing(PointsCommon):
    """Contacts of one entity share its cards; merging contacts loses nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact, cls.other = cls.env["res.partner"].create(
            [
                {"name": name, "parent_id": cls.customer.id}
                for name in ("Contact", "Other")
            ]
        )

    def test_contact_uses_the_card_of_the_entity(self):
        self._buy(150)
        order = self._buy(70, rewards=1, partner_id=self.contact.id)
        self.assertEqual(order.partner_id, self.contact)
        self.assertEqual(order.coupon_point_ids.coupon_id, self.card)
        self.assertPoints(120, lots=[50, 70])
        self.assertEqual(self.card.partner_id, self.customer)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.card.partner_id, self.customer)
        # Changed and computed again, it stays.
        quotation = self._order(
            10, "2026-06-15", confirm=False, partner_id=self.other.id
        )
        for _round in range(2):
            quotation._update_programs_and_rewards()
            self.assertEqual(quotation.coupon_point_ids.coupon_id, self.card)
        self.assertEqual(self.env["loyalty.card"].search_count([]), 1)

    def test_new_card_is_the_entity_s(self):
        self.card.action_archive()
        order = self._buy(70, partner_id=self.contact.id)
        card = order.coupon_point_ids.coupon_id
        self.assertEqual(card.partner_id, self.customer)
        self._buy(30, partner_id=self.other.id)
        self.assertPoints(100, card=card, lots=[70, 30])

    def test_only_with_tiers(self):
        self.program.tier_ids.unlink()
        order = self._buy(70, partner_id=self.contact.id)
        self.assertEqual(order.coupon_point_ids.coupon_id.partner_id, self.contact)
        self.assertPoints(0)

    def test_strangers_do_not_share(self):
        self._buy(500)
        order = self._order(
            10, "2026-06-15", confirm=False, partner_id=self.partner_a.id
        )
        order._update_programs_and_rewards()
        self.assertNotIn(self.card, order.applied_coupon_ids)
        self.assertNotIn(self.card, order.coupon_point_ids.coupon_id)

    def test_quotation_for_another_customer(self):
        """Who gets the quotation of another gets none of their points."""
        self._buy(500)
        for partner in (self.partner_a, self.contact):
            order = self._order(50, "2026-06-15", confirm=False)
            order._update_programs_and_rewards()
            order._apply_program_reward(self.reward, self.card)
            self.assertEqual(order.amount_untaxed, 40)
            order.partner_id = partner
            left = 40 if partner == self.contact else 50
            self.assertEqual(order.amount_untaxed, left)
            order._update_programs_and_rewards()
            self.assertEqual(order.amount_untaxed, left)
            if partner == self.contact:
                order.action_confirm()
                self.assertPoints(450)
            else:
                self.assertNotIn(self.card, order.applied_coupon_ids)
                self.assertNotIn(self.card, order._get_claimable_rewards())
                order.action_confirm()
                self.assertPoints(500)

    def test_contact_joins_the_entity(self):
        """60 and 60 points buy a reward of 100 when both are the entity's."""
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        card = self.card.copy({"code": "SECOND", "partner_id": stranger.id})
        card.points = 60
        self._buy(60)
        seller = new_test_user(
            self.env,
            login="points_parent",
            groups="sales_team.group_sale_manager,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        stranger.with_user(seller).parent_id = self.customer
        lots = self.assertPoints(120, lots=[60, 60])
        self.assertEqual(lots.partner_id | lots.move_ids.partner_id, self.customer)
        self.assertEqual((card.active, card.points), (False, 0))
        self._buy(10, rewards=1, partner_id=stranger.id)
        self.assertPoints(30)
        # Who leaves again leaves the points.
        stranger.parent_id = False
        self.assertPoints(30)

    def test_contact_joins_an_entity_without_a_card(self):
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "is_company": True}
        )
        self._buy(60)
        self.customer.write({"parent_id": stranger.id, "is_company": False})
        lots = self.assertPoints(60, lots=[60])
        self.assertEqual(lots.partner_id, stranger)
        # The company holds it from now on: who leaves leaves what others earned, too.
        self.assertEqual(self.card.partner_id, stranger)
        # Another joins whose card is younger: they become one.
        late = self.env["res.partner"].create({"name": "Late"})
        card = self.card.copy({"code": "THIRD", "partner_id": late.id})
        card.points = 5
        late.parent_id = stranger
        self.assertPoints(65, lots=[60, 5])
        self.assertFalse(card.active)
        self.customer.parent_id = False
        self.assertEqual(self.card.partner_id, stranger)
        self.assertEqual(self.card.lot_ids.partner_id, stranger)

    def test_salesperson(self):
        """The lowest user who sells."""
        user = new_test_user(
            self.env,
            login="points_seller",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        order = self._order(
            70,
            "2026-06-15",
            confirm=False,
            partner_id=self.contact.id,
            user_id=user.id,
        )
        order = order.with_user(user)
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertPoints(70)

    # -- merging

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [source.id, target.id], target, extra_checks=False
        )
        self.env.invalidate_all()

    def test_merge(self):
        self.program.write({"points_expiry": "days", "points_expiry_count": 30})
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "is_company": True}
        )
        card = self.card.copy({"code": "SECOND", "partner_id": stranger.id})
        card.points = 0
        first = self._buy(100)
        second = self._buy(60, partner_id=stranger.id)
        self.assertPoints(60, card=card)
        self._merge(stranger, self.customer)
        lots = self.assertPoints(160, lots=[100, 60])
        self.assertEqual(lots.order_id, first | second)
        self.assertEqual(lots.partner_id, self.customer)
        self.assertEqual(lots.move_ids.partner_id, self.customer)
        self.assertTrue(all(lots.mapped("date_expiry")))
        self.assertEqual((card.active, card.points), (False, 0))
        # What was bought with the other card is cancelled on the one that is left.
        second._action_cancel()
        self.assertPoints(100, lots=[100, 0])

    def test_merge_beside_a_wallet(self):
        """Money in an eWallet is no points, whatever becomes of the points."""
        wallet = self.env["loyalty.program"].create(
            {"name": "Wallet", "program_type": "ewallet"}
        )
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        money = self.env["loyalty.card"].create(
            {"program_id": wallet.id, "partner_id": self.customer.id, "points": 80}
        )
        second = self.card.copy({"code": "SECOND", "partner_id": stranger.id})
        self.program.write({"points_expiry": "days", "points_expiry_count": 1})
        second.points = 40
        self._merge(stranger, self.customer)
        self.assertPoints(40)
        with self._on("2026-07-01"):
            self.env["loyalty.card"]._expire_points()
        self.assertPoints(0)
        self.assertEqual((money.points, money.active), (80, True))
        self.assertFalse(money.lot_ids)

    def test_merge_debt(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        card = self.card.copy({"code": "SECOND", "partner_id": stranger.id})
        card.points = -40
        self.assertPoints(0, 40, card=card)
        self._buy(100)
        self._merge(stranger, self.customer)
        self.assertPoints(60, 0)

    def test_merge_into_one_without_a_card(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self._buy(100)
        self._merge(self.customer, stranger)
        lots = self.assertPoints(100, lots=[100])
        self.assertEqual((self.card.partner_id, lots.partner_id), (stranger, stranger))

    def test_merge_contact_of_another_entity(self):
        """The points follow to the entity of the contact that is left: 60 + 40."""
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        card = self.card.copy({"code": "SECOND", "partner_id": stranger.id})
        card.points = 40
        self.card.points = 60
        self._merge(stranger, self.contact)
        lots = self.assertPoints(100, lots=[40, 60])
        self.assertEqual(lots.partner_id, self.customer)
        self.assertFalse(card.active)
        self._buy(10, rewards=1, partner_id=self.contact.id)
        self.assertPoints(10)

    def test_merge_two_companies_of_one_contact_each(self):
        """What contacts had is shared with those of the company that is left."""
        company, person = self.env["res.partner"].create(
            [{"name": "Company", "is_company": True}, {"name": "Person"}]
        )
        card = self.card.copy({"code": "SECOND", "partner_id": person.id})
        card.points = 40
        person.parent_id = company
        self.assertEqual(card.partner_id, company)
        self.card.points = 60
        self._merge(company, self.customer)
        self.assertPoints(100)

    def test_cards_of_contacts(self):
        """A program had contacts before it had tiers, or Point of Sale made cards."""
        tiers = self.program.tier_ids.copy_data()
        self.program.tier_ids.unlink()
        first = self.card.copy({"code": "FIRST", "partner_id": self.contact.id})
        second = self.card.copy({"code": "SECOND", "partner_id": self.other.id})
        person = self.card.copy({"code": "PERSON", "partner_id": self.partner_a.id})
        (first | second | person).points = 60
        self.assertEqual(self.env["loyalty.card"]._join_contacts(), 0)
        self.env["loyalty.tier"].create(tiers)
        with self.enter_registry_test_mode():
            self.env.ref("crm_loyalty.ir_cron_expire_points").method_direct_trigger()
        self.assertPoints(120, lots=[60, 60])
        self.assertFalse((first | second).filtered("active"))
        self.assertPoints(60, card=person)
        # Without a card of its own the company gets the older one.
        self.card.action_archive()
        (first | second).action_unarchive()
        self.assertEqual(self.env["loyalty.card"]._join_contacts(), 2)
        self.assertEqual((first.partner_id, first.active), (self.customer, True))
        self.assertFalse(second.active)

    def test_merge_keeps_the_best_tier(self):
        """Gold for what was bought last year counts until the end of this one."""
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "is_company": True}
        )
        self._join("2025-03-01", stranger)
        self._join("2025-03-01")
        self._invoice(5000, "2025-12-01", partner_id=stranger.id)
        for day in ("2025-12-02", "2026-01-01", "2026-06-15"):
            with self._on(day):
                self.Customer._refresh(stranger | self.customer)
        self.assertEqual(self._stored(stranger).tier_id, self.gold)
        self.assertEqual(self._stored().tier_id, self.base)
        until = self._stored(stranger).tier_until
        self._merge(stranger, self.customer)
        row = self._stored()
        self.assertEqual((row.tier_id, row.tier_until), (self.gold, until))
        self.assertEqual(self._ledger()[-1][1:3], ("Base", "Gold"))
        self.Customer._refresh()
        self.assertEqual(self._stored().tier_id, self.gold)
