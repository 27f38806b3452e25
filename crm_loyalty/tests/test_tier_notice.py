from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import LoyaltyCommon

NOTICE = "odoo.addons.crm_loyalty.models.loyalty_tier_notice"


@tagged("post_install", "-at_install")
class TestTierNotice(LoyaltyCommon):
    """Notice before a tier is lost, the ready-made program, and the report.

    Silver of 2025, kept until the end of 2026, in which 400 of 1,000 are bought.
    """

    def setUp(self):
        super().setUp()
        self.customer.email = "customer@example.com"
        self.Notice = self.env["loyalty.tier.notice"]
        self._join("2025-01-10")
        self._invoice(1000, "2025-02-01")
        self._night("2025-02-01")
        self._night("2026-01-01")  # kept until 31 December 2026
        self._invoice(400, "2026-05-01")

    def _send(self, day):
        self._night(day)
        with self._on(day):
            return self.Notice._send_due()

    def test_6_mail_once_a_period(self):
        """30 days before: from 2 December on, with the 600 missing."""
        self.assertEqual(self._send("2026-12-10"), (0, 0), "Off by default")
        self.program.write({"tier_notice": "mail", "tier_grace_days": 10})
        self.assertEqual(self._send("2026-12-01"), (0, 0))
        self.assertEqual(self._send("2026-12-02"), (1, 0))
        self.assertEqual(self._send("2026-12-03"), (0, 0), "Once")
        notice = self.Notice.search([])
        self.assertEqual(notice.missing, 600)
        self.assertEqual(
            (str(notice.until), str(notice.last)), ("2026-12-31", "2027-01-10")
        )
        mail = self.env["mail.mail"].search([("model", "=", notice._name)])
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn("600.00", mail.body_html)
        self.assertIn("01/10/2027", mail.body_html)
        self.assertIn(
            "told", [each["code"] for each in self._stored().tier_story["lines"]]
        )
        self._night("2027-01-11")
        self.assertEqual(
            [line[:4] for line in self._ledger()],
            [
                ("2025-02-01", "", "Silver", "join"),
                ("2026-01-01", "Silver", "Silver", "renewal"),
                ("2027-01-11", "Silver", "Base", "downgrade"),
            ],
        )

    def test_6_activity_and_nobody_who_keeps_it(self):
        self.program.tier_notice = "activity"
        self.customer.user_id = self.env.user
        self.assertEqual(self._send("2026-12-10"), (1, 0))
        activity = self.customer.activity_ids
        self.assertEqual(activity.user_id, self.env.user)
        self.assertIn("600.00", activity.summary)
        self._invoice(600, "2026-12-11")
        self._night("2027-01-01")
        self._invoice(1000, "2027-02-01")
        self.assertEqual(self._send("2027-12-10"), (0, 0), "It is kept")

    def test_6_without_an_address(self):
        """It becomes an activity, and is recorded as one."""
        self.program.tier_notice = "mail"
        self.customer.email = False
        self.assertEqual(self._send("2026-12-10"), (1, 0))
        self.assertEqual(self.Notice.search([]).kind, "activity")
        self.assertEqual(len(self.customer.activity_ids), 1)

    def test_6_archived(self):
        """Nobody is told of a customer that is gone."""
        self.program.tier_notice = "activity"
        self.customer.active = False
        self.assertEqual(self._send("2026-12-10"), (0, 0))

    def test_6_on_the_blacklist(self):
        """Who wants no mails is called."""
        self.program.tier_notice = "mail"
        self.env["mail.blacklist"]._add(self.customer.email)
        self.assertEqual(self._send("2026-12-10"), (1, 0))
        self.assertEqual(self.Notice.search([]).kind, "activity")

    def test_6_who_is_to_call(self):
        """The salesperson, else who made the program, else a manager; nobody gone."""
        seller, maker = (
            new_test_user(
                self.env,
                login,
                "sales_team.group_sale_manager",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for login in ("seller", "maker")
        )
        self.customer.user_id = seller
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loyalty_program SET create_uid = %s WHERE id = %s",
            [maker.id, self.program.id],
        )
        self.program.invalidate_recordset()
        notice = self.Notice.sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "tier_id": self.silver.id,
                "date": "2026-12-10",
                "until": "2026-12-31",
                "kind": "activity",
            }
        )
        self.assertEqual(notice._responsible(), seller)
        seller.active = False
        self.assertEqual(notice._responsible(), maker)
        maker.active = False
        manager = notice._responsible()
        self.assertTrue(manager.active)
        self.assertTrue(manager.has_group("sales_team.group_sale_manager"))
        self.assertIn(self.company, manager.company_ids)

    @mute_logger(NOTICE)
    def test_6_one_that_fails_does_not_stop_the_queue(self):
        good = self.env["res.partner"].create({"name": "Good"})
        self._join("2025-01-10", good)
        self._invoice(1000, "2025-02-01", partner_id=good.id)
        self._night("2025-03-01")
        self._night("2026-01-01")  # Good is kept until 31 December 2026, too
        self.program.tier_notice = "activity"
        self._night("2026-12-10")
        notices = type(self.Notice)
        original = notices._send

        def send(notice):
            if notice.partner_id == self.customer:
                raise ValueError("No")
            return original(notice)

        progress = []

        def stop(_cron, processed, remaining):
            progress.append((processed, remaining))
            return 0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", stop)
        with (
            patch.object(notices, "_send", send),
            patch(f"{NOTICE}.CHUNK", 1),
            self._on("2026-12-10"),
        ):
            due = [each["partner_id"] for each in self.Notice._due()]
            self.assertEqual(due, (self.customer + good).ids)
            self.Notice._cron_send()
        self.assertEqual(progress, [(1, 1), (1, 0)])
        self.assertEqual(self.Notice.search([]).partner_id, good)

    def test_ready_made_is_for_the_own_company(self):
        other = self.setup_other_company()["company"]
        wizards = self.env["loyalty.tier.start"].with_context(
            allowed_company_ids=self.company.ids
        )
        with self.assertRaises(AccessError):
            wizards.new({"company_id": other.id}).mapped("buyer_count")
        start = wizards.new({"company_id": False})
        self.assertEqual(start.buyer_count, 0)
        self.assertFalse(start.line_ids)

    def test_ready_made(self):
        """Twenty customers of 100 to 2,000: Silver from the 12th, 17th, 19th on."""
        self.program.active = False
        self.env["account.move"].search(
            [("company_id", "=", self.company.id), ("state", "=", "posted")]
        ).button_draft()
        for number in range(1, 21):
            partner = self.env["res.partner"].create({"name": str(number)})
            self._invoice(100 * number, "2026-05-01", partner_id=partner.id)
        gone = partner.copy({"name": "Gone"})
        self._invoice(90000, "2026-05-01", partner_id=gone.id)
        gone.active = False
        form = Form(self.env["loyalty.tier.start"])
        start = form.save()
        self.assertEqual(start.buyer_count, 20)
        self.assertEqual(start.line_ids.mapped("threshold"), [0, 1200, 1700, 1900])
        self.assertEqual(start.line_ids.mapped("customer_count"), [11, 5, 2, 2])
        program = self.env["loyalty.program"].browse(start.action_start()["res_id"])
        self.assertEqual(len(program.tier_ids), 4)
        self.env.flush_all()
        # The database clock is not frozen.
        self.env.cr.execute(
            "UPDATE loyalty_card SET create_date = %s WHERE program_id = %s",
            ["2026-06-15 12:00:00", program.id],
        )
        self._night("2026-06-15")
        counts = [
            self.Customer.search_count([("tier_id", "=", tier.id)])
            for tier in program.tier_ids.sorted("threshold")
        ]
        self.assertEqual(counts, [11, 5, 2, 2], "As announced, from this year alone")

    def test_report(self):
        """200 less 10 % is 180: a discount of 20; the revenue is 400 + 180."""
        self._invoice(0, "2026-05-02", lines=[{"price_unit": 200, "discount": 10}])
        self._night("2026-06-15")
        row = self.env["loyalty.tier.report"].search([("tier_id", "=", self.silver.id)])
        self.assertEqual(len(row), 1)
        self.assertEqual((row.members, row.revenue, row.discount), (1, 580, 20))
        self.assertEqual((row.reward, row.coupon_count, row.bonus_cost), (0, 0, 0))
        lines = self.env["account.move.line"].search(
            row.action_open_discounts()["domain"]
        )
        self.assertEqual(lines.mapped("price_subtotal"), [180])
        moves = self.env["account.move"].search(row.action_open_invoices()["domain"])
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 580)
        lines = self.env["sale.order.line"].search(row.action_open_rewards()["domain"])
        self.assertFalse(lines)
        self.assertEqual(row.action_open_members()["res_model"], "crm.customer")

    def test_report_of_coupons(self):
        """Silver in two companies, one coupon: once, still when the member has left."""
        other = self.setup_other_company()["company"]
        self.env = self.env(
            context={"allowed_company_ids": [self.company.id, other.id]}
        )
        coupons = self.env["loyalty.program"].create(
            {
                "name": "Welcome",
                "program_type": "coupons",
                "company_id": self.company.id,
                "reward_ids": [Command.create({})],
            }
        )
        (coupons + self.program).company_id = False
        self.silver.write(
            {"coupon_program_id": coupons.id, "coupon_since": "2026-01-01"}
        )
        partner = self.env["res.partner"].create({"name": "Both"})
        card = self._join("2026-01-10", partner)
        for day, company in (("2026-02-01", self.company), ("2026-03-01", other)):
            self._invoice(1000, day, partner_id=partner.id, company_id=company.id)
            self._night(day)
            self.env["loyalty.tier.benefit"]._apply(partner)
        card.active = False
        self._night("2026-03-02")
        self.assertFalse(self._stored(partner).tier_id)
        coupon = self.env["loyalty.card"].search([("tier_id", "=", self.silver.id)])
        self.assertEqual(coupon.partner_id, partner)
        for company, cards in ((self.company, coupon), (other, coupon.browse())):
            row = self.env["loyalty.tier.report"].search(
                [("tier_id", "=", self.silver.id), ("company_id", "=", company.id)]
            )
            self.assertEqual(row.coupon_count, len(cards))
            domain = row.action_open_coupons()["domain"]
            self.assertEqual(coupon.search(domain), cards)

    def test_report_opens_for_accountants(self):
        """Every button that they see; cards with codes are not for them."""
        user = new_test_user(
            self.env,
            "accountant",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        report = self.env["loyalty.tier.report"].with_user(user)
        row = report.search([("tier_id", "=", self.silver.id)])
        for kind in ("list", "kanban"):
            arch = etree.fromstring(report.get_view(view_type=kind)["arch"])
            names = {node.get("name") for node in arch.iterfind(".//*[@type='object']")}
            self.assertEqual(
                names,
                {
                    "action_open_members",
                    "action_open_invoices",
                    "action_open_discounts",
                    "action_open_rewards",
                },
            )
            for name in names:
                action = getattr(row, name)()
                records = self.env[action["res_model"]].with_user(user)
                records.search(action["domain"])
