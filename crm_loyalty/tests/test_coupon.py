from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models import crm_loyalty_coupon
from .retention_common import CouponCommon


@tagged("post_install", "-at_install")
class TestCoupon(CouponCommon):
    """Coupons for occasions: what is sent, and what came of it; 15 June 2026."""

    def test_send_by_hand(self):
        good = self._customer("Good", ("2025-05-01", 300))
        mute = self._customer("Mute", ("2025-05-01", 200), email=False)
        black = self._customer("Black", ("2025-05-01", 100))
        self.env["mail.blacklist"].sudo()._add(black.email)
        self.Customer._refresh()
        rows = self.Winback.search([("partner_id", "in", (good + mute + black).ids)])
        message = self._as("manager", rows).action_send_coupon()["params"]["message"]
        self.assertIn("Coupons sent: 1.", message)
        self.assertIn("Cannot be reached: 2.", message)
        ledger = {
            row.partner_id: (row.state, row.reason)
            for row in self.Coupon.search([("company_id", "=", self.company.id)])
        }
        self.assertEqual(
            ledger,
            {
                good: ("sent", False),
                mute: ("skipped", "email"),
                black: ("skipped", "blacklist"),
            },
        )
        card = self.Coupon.search([("partner_id", "=", good.id)]).card_id
        self.assertEqual((card.program_id, card.points), (self.coupons, 1))
        self.assertEqual(card.expiration_date, date(2026, 7, 15))
        self.assertEqual(self._mails(good), 1)
        self.assertFalse(self._mails(black))
        # Not twice, not in the next calendar year either; in a year, again.
        rows.invalidate_recordset()
        again = rows.action_send_coupon()["params"]["message"]
        self.assertIn("Coupons sent: 0.", again)
        self.assertIn("get none: 1.", again)
        with freeze_time("2027-02-01 12:00:00"):
            self.assertEqual(
                self.Coupon._send_by_hand(good, self.company, "winback")["again"], 1
            )
        with freeze_time("2027-06-16 12:00:00"):
            self.assertEqual(
                self.Coupon._send_by_hand(good, self.company, "winback")["sent"], 1
            )
        # An address makes good what was skipped.
        mute.email = "mute@example.com"
        self.assertEqual(
            self.Coupon._send_by_hand(mute, self.company, "winback")["sent"], 1
        )
        self.company.loyalty_winback_program_id = False
        with self.assertRaises(UserError):
            rows.action_send_coupon()

    def test_anniversary(self):
        """On the day, up to six days later, once; not in the year itself."""
        self.company.write(
            {
                "loyalty_anniversary_program_id": self.coupons.id,
                "loyalty_coupon_minimum": 100,
            }
        )
        leap = self._customer("Leap", ("2024-02-29", 100))
        small = self._customer("Small", ("2024-02-28", 99))
        self._customer("Young", ("2025-12-30", 500))
        self.Customer._refresh()
        for day, due in {
            "2025-02-27": [],
            "2025-02-28": [(leap.id, 2025)],
            "2025-03-06": [(leap.id, 2025)],
            "2025-03-07": [],
            "2028-02-28": [],
            "2028-02-29": [(leap.id, 2028)],
        }.items():
            with self.subTest(day), freeze_time(f"{day} 12:00:00"):
                found = self.Coupon._due(self.company, "anniversary", 10)
                self.assertEqual(
                    [row for row in found if row[0] in (leap + small).ids], due
                )
        # The day was in the old year, the run in the new one.
        with freeze_time("2027-01-02 12:00:00"):
            [(_partner, year)] = self.Coupon._due(self.company, "anniversary", 10)
        self.assertEqual(year, 2026)
        with freeze_time("2025-02-28 12:00:00"):
            self.assertEqual(
                self.Coupon._run(self.company, "anniversary"), {"sent": 1, "skipped": 0}
            )
        with freeze_time("2025-03-01 12:00:00"):
            self.assertEqual(
                self.Coupon._run(self.company, "anniversary"), {"sent": 0, "skipped": 0}
            )

    def test_birthday(self):
        self.company.loyalty_birthday_program_id = self.coupons
        owner = self._customer("Owner", ("2026-01-01", 500))
        person, stranger = self.env["res.partner"].create(
            [
                {
                    "name": "Person",
                    "parent_id": owner.id,
                    "email": "person@example.com",
                    "loyalty_birthday": "1992-02-29",
                },
                {
                    "name": "Stranger",
                    "email": "stranger@example.com",
                    "loyalty_birthday": "1990-06-15",
                },
            ]
        )
        self.Customer._refresh()
        with freeze_time("2027-02-28 12:00:00"):
            self.assertEqual(
                self.Coupon._due(self.company, "birthday", 10), [(person.id, 2027)]
            )
        self.assertFalse(self.Coupon._due(self.company, "birthday", 10), stranger.name)
        with self.assertRaises(ValidationError):
            person.loyalty_birthday = "2026-06-17"
        with self.assertRaises(AccessError):
            self._as("employee", person).read(["loyalty_birthday"])

    def test_cron_and_limit(self):
        """Off by default; one bad customer stops nobody; the limit holds."""
        for number in range(3):
            self._customer(f"Lost{number}", ("2025-05-01", 300 + number))
        self.Customer._refresh()
        self.env["crm.loyalty.comeback"].sudo().create(
            {
                "company_id": self.company.id,
                "days": 0,
                "silence_count": 10,
                "back_count": 5,
                "share": 0.5,
            }
        )
        self.assertFalse(
            [row for row in self.Coupon._automatic() if row[0] == self.company]
        )
        self.company.write({"loyalty_winback_auto": True, "loyalty_coupon_cap": 2})
        self.env["res.company"].sudo().search([("id", "!=", self.company.id)]).write(
            {f"loyalty_{name}_auto": False for name in ("winback", "birthday")}
        )
        with self.enter_registry_test_mode():
            self.env.ref("crm_loyalty.ir_cron_coupon").method_direct_trigger()
        sent = self.Coupon.search([("company_id", "=", self.company.id)], order="id")
        # The most valuable first.
        self.assertEqual(sent.partner_id.mapped("name"), ["Lost2", "Lost1"])
        make = type(self.Coupon)._make_card

        def fail(coupons, program, partner_id, root, today):
            if not coupons.env.context.get("good"):
                raise ValueError("bad customer")
            return make(coupons, program, partner_id, root, today)

        self.patch(type(self.Coupon), "_make_card", fail)
        # The limit is that of a day, however often the cron runs.
        self.Coupon._run(self.company, "winback")
        self.assertFalse(self.Coupon.search([("reason", "=", "error")]))
        logged = self.assertLogs("odoo.addons.crm_loyalty.models.crm_loyalty_coupon")
        with freeze_time("2026-06-16 12:00:00"), logged:
            self.Coupon._run(self.company, "winback")
        bad = self.Coupon.search([("reason", "=", "error")])
        self.assertEqual(bad.partner_id.name, "Lost0")
        # Whoever failed does not keep others waiting, though worth more.
        small = self._customer("Small", ("2025-05-02", 10))
        self.Customer._refresh(small)
        self.company.loyalty_coupon_cap = 1
        good = self.Coupon.with_context(good=True)
        with freeze_time("2026-06-17 12:00:00"):
            good._run(self.company, "winback")
        self.assertEqual(self.Coupon.search([], limit=1).partner_id, small)
        self.assertEqual(bad.state, "skipped")
        with freeze_time("2026-06-18 12:00:00"):
            good._run(self.company, "winback")
        self.assertEqual(bad.state, "sent")

    def test_many_by_hand(self):
        """Two at once; whoever chose many does not wait for the others' mails."""
        good = self.env["res.partner"].union(
            *(self._customer(f"Good{n}", ("2025-05-01", 300)) for n in range(5))
        )
        mute = self._customer("Mute", ("2025-05-01", 300), email=False)
        self.Customer._refresh()
        rows = self.Winback.search([("partner_id", "in", (good + mute).ids)])
        self.startPatcher(patch.object(crm_loyalty_coupon, "BATCH", 2))
        message = self._as("manager", rows).action_send_coupon()["params"]["message"]
        for part in ("sent: 2.", "few minutes: 3.", "reached: 1."):
            self.assertIn(part, message)
        self.assertEqual(sum(map(self._mails, good)), 2)
        # They are shown as done, are not chosen twice, and nobody else takes them.
        rows.invalidate_recordset()
        self.assertEqual(len(rows.filtered("coupon_date")), 5)
        again = self.Coupon._send_by_hand(good, self.company, "winback")
        self.assertEqual((again["again"], again["waiting"]), (5, 0))
        self.assertFalse(self.Coupon._due(self.company, "winback", 10))
        batches = self.Coupon._batches()
        self.assertEqual([len(due) for *_what, due in batches], [2, 1])
        bad = self.Coupon.search([("state", "=", "waiting")], limit=1)
        make = type(self.Coupon)._make_card

        def fail(coupons, program, partner_id, root, today):
            if partner_id == bad.partner_id.id:
                raise ValueError("bad customer")
            return make(coupons, program, partner_id, root, today)

        self.patch(type(self.Coupon), "_make_card", fail)
        with (
            self.assertLogs("odoo.addons.crm_loyalty.models.crm_loyalty_coupon"),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("crm_loyalty.ir_cron_coupon").method_direct_trigger()
        self.assertEqual(sum(map(self._mails, good)), 4)
        coupons = self.Coupon.search([("partner_id", "in", good.ids)])
        self.assertEqual(bad.state, "skipped")
        self.assertEqual((coupons - bad).mapped("state"), ["sent"] * 4)

    def test_ledger_that_fails(self):
        """A row of the ledger that cannot be written costs the others nothing."""
        bad = self._customer("Bad", ("2025-05-01", 900))
        good = self._customer("Good", ("2025-05-01", 100))
        create = type(self.Coupon).create

        def fail(coupons, vals_list):
            rows = create(coupons, vals_list)
            if bad in rows.partner_id:
                raise ValueError("bad row")
            return rows

        self.patch(type(self.Coupon), "create", fail)
        with self.assertLogs("odoo.addons.crm_loyalty.models.crm_loyalty_coupon"):
            result = self.Coupon._send_by_hand(bad + good, self.company, "winback")
        self.assertEqual(result, {"sent": 1, "skipped": 1, "again": 0, "waiting": 0})
        cards = self.env["loyalty.card"].search([("program_id", "=", self.coupons.id)])
        self.assertEqual(cards.partner_id, good)

    def test_program_that_is_over(self):
        """No coupon outlives its program, and none is sent that nobody can use."""
        first = self._customer("First", ("2025-05-01", 300))
        second = self._customer("Second", ("2025-05-01", 300))
        self.company.loyalty_winback_auto = True
        self.coupons.date_to = "2026-06-20"
        self.Coupon._send_by_hand(first, self.company, "winback")
        card = self.Coupon.search([("partner_id", "=", first.id)]).card_id
        self.assertEqual(card.expiration_date, date(2026, 6, 20))
        self.assertIn((self.company, "winback"), self.Coupon._automatic())
        for dates in (
            {"date_from": False, "date_to": "2026-06-14"},
            {"date_from": "2026-06-16", "date_to": False},
        ):
            self.coupons.write(dates)
            with self.subTest(dates):
                self.assertNotIn((self.company, "winback"), self.Coupon._automatic())
                with self.assertRaises(UserError):
                    self.Coupon._send_by_hand(second, self.company, "winback")

    def test_program_that_is_used_up(self):
        """A code would be refused as expired when the program was used often enough."""
        first = self._customer("First", ("2025-05-01", 300))
        second = self._customer("Second", ("2025-05-01", 300))
        self.company.loyalty_winback_auto = True
        self.coupons.write({"limit_usage": True, "max_usage": 1})
        self.Coupon._send_by_hand(first, self.company, "winback")
        self.assertIn((self.company, "winback"), self.Coupon._automatic())
        card = self.Coupon.search([("partner_id", "=", first.id)]).card_id
        order = self._order(1000, "2026-06-15", confirm=False, partner_id=first.id)
        [(coupon, rewards)] = order._try_apply_code(card.code).items()
        order._apply_program_reward(rewards, coupon)
        order.action_confirm()
        self.coupons.invalidate_recordset()
        self.assertNotIn((self.company, "winback"), self.Coupon._automatic())
        with self.assertRaises(UserError):
            self.Coupon._send_by_hand(second, self.company, "winback")

    def test_program_without_mail(self):
        """A program that lost its mail makes no coupons that nobody hears of."""
        good = self._customer("Good", ("2025-05-01", 300))
        self.company.loyalty_winback_auto = True
        self.coupons.communication_plan_ids.unlink()
        self.assertNotIn((self.company, "winback"), self.Coupon._automatic())
        with self.assertRaises(UserError):
            self.Coupon._send_by_hand(good, self.company, "winback")

    def test_archived_customers(self):
        """Whoever is archived is not ranked, and gets nothing, by hand neither."""
        gone = self._customer("Gone", ("2025-05-01", 300))
        self.Customer._refresh()
        self.assertEqual(self.Winback.search([]).partner_id, gone)
        gone.active = False
        self.assertFalse(self.Winback.search([]))
        self.assertEqual(
            self.Coupon._send_by_hand(gone, self.company, "winback"),
            {"sent": 0, "skipped": 0, "again": 0, "waiting": 0},
        )

    def test_portal_says_of_which_company(self):
        """A code is refused in the other company: say where it can be used."""
        good = self._customer("Good", ("2025-05-01", 300))
        self.Coupon._send_by_hand(good, self.company, "winback")
        portal = self.env["crm.loyalty.portal"]
        self.assertEqual([row["company"] for row in portal._coupons(good)], [False])
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.coupons.sudo().copy({"company_id": other.id})
        self.env["loyalty.card"].sudo().create(
            {"program_id": theirs.id, "partner_id": good.id, "points": 1}
        )
        self.assertEqual(
            {row["company"] for row in portal._coupons(good)},
            {self.company.name, "Other"},
        )

    def test_settings(self):
        loyalty = self.program
        with self.assertRaises(ValidationError):
            self.company.loyalty_winback_program_id = loyalty
        self.coupons.communication_plan_ids.unlink()
        with self.assertRaises(ValidationError):
            self.company.loyalty_birthday_program_id = self.coupons
        with Form(self.env["res.config.settings"]) as form:
            form.loyalty_coupon_cap = 7
        form.record.execute()
        self.assertEqual(self.env.company.loyalty_coupon_cap, 7)

    # -- results

    def test_result(self):
        good = self._customer("Good", ("2025-05-01", 300))
        other = self._customer("Other", ("2025-05-01", 300))
        self.Coupon._send_by_hand(good + other, self.company, "winback")
        card = self.Coupon.search([("partner_id", "=", good.id)]).card_id
        order = self._order(1000, "2026-06-15", confirm=False, partner_id=good.id)
        status = order._try_apply_code(card.code)
        [(coupon, rewards)] = status.items()
        order._apply_program_reward(rewards, coupon)
        Result = self.env["crm.loyalty.coupon.result"]
        self.assertFalse(sum(Result.search([]).mapped("used_count")))
        order.action_confirm()
        self.env.flush_all()
        Result.invalidate_model()
        [(occasion, sent, used, share, amount)] = Result._read_group(
            [("company_id", "=", self.company.id)],
            ["occasion"],
            ["sent_count:sum", "used_count:sum", "used_share:avg", "order_amount:sum"],
        )
        # 10 % off.
        self.assertEqual((occasion, sent, used, amount), ("winback", 2, 1, 900))
        self.assertEqual(share, 0.5)
        action = Result.search([("card_id", "=", card.id)]).action_open_orders()
        self.assertEqual(self.env["sale.order"].search(action["domain"]), order)

    def test_merge_keeps_what_was_sent(self):
        kept = self._customer("Kept", ("2025-05-01", 300))
        gone = self._customer("Gone", ("2025-05-02", 300))
        self.Coupon._send_by_hand(gone, self.company, "winback")
        self.Coupon.create(
            {
                "partner_id": kept.id,
                "company_id": self.company.id,
                "occasion": "winback",
                "year": 2026,
                "date": "2026-06-01",
                "state": "skipped",
                "reason": "email",
            }
        )
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (kept + gone).ids, kept, extra_checks=False
        )
        row = self.Coupon.search([("partner_id", "=", kept.id)])
        self.assertEqual((len(row), row.state), (1, "sent"))
