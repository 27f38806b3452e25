from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .retention_common import RetentionCommon


@tagged("post_install", "-at_install")
class TestWinback(RetentionCommon):
    """Who is to be won back, and what is sent; today is 15 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Winback = cls.env["crm.loyalty.winback"]
        cls.Comeback = cls.env["crm.loyalty.comeback"]
        cls.Coupon = cls.env["crm.loyalty.coupon"].sudo()
        cls.coupons = cls.env["loyalty.program"].create(
            {
                "name": "Come back",
                "program_type": "coupons",
                "company_id": cls.company.id,
                "reward_ids": [Command.create({"required_points": 1, "discount": 10})],
                "communication_plan_ids": [
                    Command.create(
                        {
                            "trigger": "create",
                            "mail_template_id": cls.env.ref(
                                "loyalty.mail_template_loyalty_card"
                            ).id,
                        }
                    )
                ],
            }
        )
        cls.company.email = "club@example.com"
        cls.company.loyalty_winback_program_id = cls.coupons

    def _customer(self, name, *sales, email=True, **vals):
        partner = self._partner(
            name, email=f"{name.lower()}@example.com" if email else False, **vals
        )
        return self._sold(partner, *sales)

    def _mails(self, partner):
        return self.env["mail.mail"].search_count(
            [("recipient_ids", "in", partner.ids)]
        ) + self.env["mail.mail"].search_count([("email_to", "ilike", partner.email)])

    # -- chance

    def test_share_that_came_back(self):
        """Silences by hand.

        Back: 1 January 2024, again 20 February (50 days), then 1 June 2025 (467 days
        later), then nothing: that silence of a year is not a year old.
        Gone: 1 March 2024 and never again.
        """
        self._customer("Back", ("2024-01-01", 1), ("2024-02-20", 1), ("2025-06-01", 1))
        self._customer("Gone", ("2024-03-01", 1))
        self.Comeback._measure()
        rows = {
            row.days: (row.silence_count, row.back_count, row.share)
            for row in self.Comeback.search([("company_id", "=", self.company.id)])
        }
        # Four silences began: 50 days, 467 days, one since June 2025, Gone's. After 0
        # days the one of 467 had not ended within the year, that of 50 had.
        self.assertEqual(rows[0], (4, 1, 0.25))
        # After 30 days: since 1 June 2025 + 30 + 365 is later than today, so three.
        self.assertEqual(rows[30], (3, 1, 0.333333))
        # After 60: the one of 50 days was over. 467 > 60 + 365: not back.
        self.assertEqual(rows[60], (2, 0, 0))
        # After 120: 467 is within 120 + 365.
        self.assertEqual(rows[120], (2, 1, 0.5))
        # After 365: 20 February 2024 + 730 days is 19 February 2026, over.
        self.assertEqual(rows[365], (2, 1, 0.5))
        # After 545: only Gone's, known until 1 March 2024 + 545 + 365 = 28 August 2026.
        self.assertNotIn(545, rows)
        self.assertFalse(self.Comeback._measure(), "Nothing changed: nothing written")

    # -- ranking

    def test_ranking(self):
        """Lapsed 400 days ago with 1,000 a year: worth 1,000 × the share."""
        lapsed = self._customer(
            "Lapsed",
            ("2024-09-01", 600),
            ("2025-05-11", 400),
            user_id=self.users["ana"].id,
        )
        # Every ten days, then 20 days of silence: twice the cadence.
        late = self._customer(
            "Late", ("2026-05-06", 50), ("2026-05-16", 50), ("2026-05-26", 50)
        )
        active = self._customer("Active", ("2026-06-01", 70))
        self.Customer._refresh()
        self.env["crm.customer.snapshot"].sudo()._rebuild()
        self.env["crm.loyalty.comeback"].sudo().create(
            [
                {
                    "company_id": self.company.id,
                    "days": days,
                    "silence_count": count,
                    "back_count": back,
                    "share": back / count,
                }
                for days, count, back in ((0, 100, 60), (365, 20, 5))
            ]
        )
        rows = self.Winback.search([("company_id", "=", self.company.id)])
        self.assertEqual(rows.partner_id, lapsed + late)
        first, second = rows
        self.assertEqual(first.kind, "lapsed")
        self.assertEqual(first.silence_days, 400)
        self.assertEqual(first.value_date, date(2025, 5, 31))
        self.assertEqual(first.revenue, 1000)
        self.assertEqual(
            (first.chance, first.chance_source, first.chance_count),
            (0.25, "history", 20),
        )
        self.assertEqual(first.expected_revenue, 250)
        self.assertEqual(second.kind, "late")
        self.assertEqual((second.cadence_days, second.lateness), (10, 2))
        # This month is not over: no month end of May but the rebuilt one.
        self.assertEqual((second.revenue, second.chance), (150, 0.6))
        self.assertEqual(second.expected_revenue, 90)
        self.assertFalse(rows.filtered(lambda row: row.partner_id == active))
        # Ben sees what is nobody's, not Ana's.
        mine = self._as("ben", self.Winback).search([])
        self.assertEqual(mine.partner_id, late)
        with self.assertRaises(AccessError):
            mine.mapped("margin")
        with self.assertRaises(AccessError):
            self._as("employee", self.Winback).search([])
        with self.assertRaises(AccessError):
            mine.action_send_coupon()
        action = mine.action_plan_activity()
        self.assertEqual(action["context"]["active_ids"], late.ids)

    def test_model_tells_the_chance(self):
        """The prediction counts only where it tells customers apart."""
        self._customer("Twice", ("2024-09-01", 600), ("2025-05-11", 400))
        once = self._customer("Once", ("2025-05-11", 400))
        self.Customer._refresh()
        fit = self.env["crm.rfm.fit"].sudo().search(
            [("company_id", "=", self.company.id)]
        ) or self.env["crm.rfm.fit"].sudo().create({"company_id": self.company.id})
        fit.flag_usable = True
        rows = self.Customer.search([("last_purchase_date", "=", "2025-05-11")])
        self.env.cr.execute(
            "UPDATE crm_customer SET rfm_fit_id = %s, p_alive = 0.4,"
            " rfm_first_purchase_date = first_purchase_date,"
            " rfm_last_purchase_date = last_purchase_date WHERE id = ANY(%s)",
            [fit.id, rows.ids],
        )
        found = self.Winback.search([])
        self.assertEqual(
            [(row.chance, row.chance_source, row.expected_revenue) for row in found],
            [(0.4, "model", 400), (0, False, 0)],
        )
        self.assertEqual(found[1].partner_id, once)
        fit.flag_usable = False
        self.env.flush_all()
        self.Winback.invalidate_model()
        self.assertFalse(self.Winback.search([("chance_source", "!=", False)]))

    # -- coupons

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
        with self.assertLogs("odoo.addons.crm_loyalty.models.crm_loyalty_coupon"):
            self.Coupon._run(self.company, "winback")
        bad = self.Coupon.search([("reason", "=", "error")])
        self.assertEqual(bad.partner_id.name, "Lost0")
        self.Coupon.with_context(good=True)._run(self.company, "winback")
        self.assertEqual(bad.state, "sent")

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
