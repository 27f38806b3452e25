from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import CustomerCommon


class AlertCommon(CustomerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman")
        cls.customer.user_id = cls.salesman

    @classmethod
    def _user(cls, name, *groups):
        return new_test_user(
            cls.env,
            login=f"alert_{name}",
            groups=",".join(("base.group_user", *groups)),
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _old_customer(self, amount=1000, **vals):
        """A customer of the salesperson that is good."""
        partner = self.env["res.partner"].create(
            {"name": "Old", "is_company": True, "user_id": self.salesman.id, **vals}
        )
        self._register(
            self._invoice(amount, "2026-03-01", partner_id=partner.id), "2026-03-01"
        )
        return partner


@tagged("post_install", "-at_install")
class TestAlert(AlertCommon):
    """The salesperson hears of customers that got worse, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.type = cls.env.ref("crm_customer360.mail_activity_type_alert")

    def _alerts(self, partners=None):
        return self.env["mail.activity"].search(
            [
                ("activity_type_id", "=", self.type.id),
                ("res_model", "=", "res.partner"),
                ("res_id", "in", (partners or self.customer).ids),
            ]
        )

    def _worsen(self, partners):
        partners.trust = "bad"
        self.Customer._refresh(partners)

    def test_worse_once(self):
        partner = self._old_customer()
        self.Customer._refresh(partner)
        self.Customer._alert()
        self.assertFalse(self._alerts(partner), "The first run alerts nobody")
        self._worsen(partner)
        self.Customer._alert()
        alert = self._alerts(partner)
        self.assertEqual(alert.user_id, self.salesman)
        self.assertEqual(alert.summary, "State is now: Risk")
        self.assertIn("bad debtor", alert.note)
        self.assertEqual(str(alert.date_deadline), "2026-06-15")
        self.Customer._alert()
        self.assertEqual(self._alerts(partner), alert)
        # better and worse again, while the first is open
        partner.trust = "normal"
        self.Customer._refresh(partner)
        self.Customer._alert()
        self._worsen(partner)
        self.Customer._alert()
        self.assertEqual(self._alerts(partner), alert)
        # and after it is done
        alert.action_done()
        partner.trust = "normal"
        self.Customer._refresh(partner)
        self.Customer._alert()
        self.assertFalse(self._alerts(partner), "Better is no alert")
        self._worsen(partner)
        self.Customer._alert()
        self.assertEqual(len(self._alerts(partner)), 1)

    def test_profit_is_no_reason_for_those_who_may_not_see_it(self):
        manager = self._user("manager", "sales_team.group_sale_manager")
        mine, theirs = self._old_customer(), self._old_customer(user_id=manager.id)
        self.product_a.standard_price = 0
        for partner in mine + theirs:
            self._invoice_order(
                self._order(10, "2026-03-01", partner_id=partner.id), "2026-03-01"
            )
        for partner in mine + theirs:
            for move in self.env["account.move"].search(
                [("partner_id", "=", partner.id), ("amount_residual", ">", 0)]
            ):
                self._register(move, "2026-03-01")
        self.Customer._refresh(mine + theirs)
        self.Customer._alert()
        self.company.customer_order_cost = 5000
        self.Customer._refresh(mine + theirs)
        self.assertEqual(self._stored(mine).full_state, "risk")
        self.Customer._alert()
        self.assertFalse(self._alerts(mine))
        self.assertIn("more than it brings", self._alerts(theirs).note)

    def test_limit_and_largest_first(self):
        self.company.customer_alert_limit = 2
        partners = self.env["res.partner"]
        for amount in (100, 300, 200):
            partners += self._old_customer(amount)
        self.Customer._refresh(partners)
        self.Customer._alert()
        self._worsen(partners)
        self.Customer._alert()
        self.assertFalse(self._alerts(partners[0]))
        self.assertEqual(len(self._alerts(partners[1] + partners[2])), 2)

    def test_nobody_to_tell(self):
        """No salesperson, one who left, or alerts switched off."""
        left = self._user("left", "sales_team.group_sale_salesman")
        partners = self._old_customer(user_id=False) + self._old_customer(
            user_id=left.id
        )
        left.active = False
        silent = self._old_customer()
        self.Customer._refresh(partners + silent)
        self.Customer._alert()
        self._worsen(partners)
        self.assertFalse(self.Customer._alert())
        self.company.customer_alert = False
        self._worsen(silent)
        self.assertFalse(self.Customer._alert())
        self.assertFalse(self._alerts(partners + silent))

    def test_salesperson_who_may_not_see_the_customer(self):
        """Without access, or of another company: no alert, and no failure."""
        plain = self._user("plain")
        away = self._user("away", "sales_team.group_sale_salesman")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        away.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        blind = self._old_customer(user_id=plain.id) + self._old_customer(
            user_id=away.id
        )
        seen = self._old_customer()
        self.Customer._refresh(blind + seen)
        self.Customer._alert()
        self._worsen(blind + seen)
        self.Customer._alert()
        self.assertFalse(self._alerts(blind))
        self.assertEqual(len(self._alerts(seen)), 1)

    def test_cron(self):
        partner = self._old_customer()
        self.Customer._refresh(partner)
        self.Customer._alert()
        self._worsen(partner)
        with self.enter_registry_test_mode():
            self.env.ref("crm_customer360.ir_cron_alert").method_direct_trigger()
        self.assertEqual(len(self._alerts(partner)), 1)

    def test_digest(self):
        """Those that came to be at risk in the period, that the user sees."""
        partner = self._old_customer()
        self.Customer._refresh(partner)
        with self._on("2026-06-16"):
            self._worsen(partner)
        with self._on("2026-06-17"):
            digest = self.env["digest.digest"].create(
                {
                    "name": "Digest",
                    "company_id": self.company.id,
                    "periodicity": "daily",
                    "kpi_customer_risk": True,
                }
            )

            def risk(user, start, end):
                found = digest.with_user(user).with_context(
                    start_datetime=start, end_datetime=end
                )
                found.invalidate_recordset()
                return found.kpi_customer_risk_value

            days = [datetime(2026, 6, day) for day in (15, 16, 17)]
            period = days[1:]
            self.assertEqual(risk(self.env.user, *period), 1)
            self.assertEqual(risk(self.env.user, *days[:2]), 0)
            other = self._user("other", "sales_team.group_sale_salesman")
            self.assertEqual(risk(other, *period), 0, "Not their customer")
            with self.assertRaises(AccessError):
                risk(self._user("nobody"), *period)


@tagged("post_install", "-at_install")
class TestToday(AlertCommon):
    """The salesperson's day."""

    def _needs_call(self):
        view = self.env["crm.customer"].get_views([(False, "search")])
        self.assertIn("needs_call", view["views"]["search"]["arch"])
        return self.Customer.with_user(self.salesman).search(
            [
                "|",
                "|",
                ("state", "in", ("watch", "risk")),
                ("late", ">", 0),
                ("anniversary_days", "<=", 6),
                ("next_call_date", "=", False),
                ("user_id", "=", self.salesman.id),
            ]
        )

    def test_anniversary(self):
        """Days to the next anniversary; 29 February is the 28th in other years."""
        for first, days in (
            ("2025-06-15", 0),
            ("2025-06-21", 6),
            ("2025-06-14", 364),
            ("2026-06-14", 364),
            ("2024-02-29", 258),  # 28 February 2027
            ("2026-06-15", None),
        ):
            with self.subTest(first=first):
                partner = self.env["res.partner"].create({"name": first})
                self._invoice(100, first, partner_id=partner.id)
                row = self._row(partner)
                self.assertEqual(row.anniversary_days, days or 0)
                found = self.Customer.search(
                    [
                        ("partner_id", "=", partner.id),
                        ("anniversary_days", "<=", days or 0),
                        ("anniversary_days", ">=", days or 0),
                    ]
                )
                self.assertEqual(bool(found), days is not None)
                self.assertEqual("anniversary_days" in row.empty_figures, days is None)

    def test_why(self):
        late, risky, old, fine = (self._old_customer() for _number in range(4))
        self._invoice(900, "2026-03-01", due="2026-07-01", partner_id=late.id)
        self._invoice(100, "2026-06-01", due="2026-06-10", partner_id=late.id)
        risky.trust = "bad"
        self._register(self._invoice(10, "2023-06-18", partner_id=old.id), "2023-06-18")
        self.Customer._refresh(late + risky + old + fine)
        reasons = {
            row.partner_id: row.call_reason
            for row in self._needs_call().with_user(self.salesman)
        }
        self.assertEqual(
            reasons,
            {
                late: "$\xa0100.00 overdue since 06/10/2026.",
                risky: "Marked as a bad debtor.",
                old: "A customer for 3 years on 06/18/2026.",
            },
        )

    def test_plan_calls(self):
        risky, other = self._old_customer(), self._old_customer()
        (risky + other).trust = "bad"
        self.Customer._refresh(risky + other)
        rows = self._needs_call()
        self.assertEqual(rows.partner_id, risky + other)
        self._stored(other).with_user(self.salesman).action_plan_calls()
        self.assertEqual(self._needs_call().partner_id, risky)
        result = rows.with_user(self.salesman).action_plan_calls()
        self.assertEqual(
            result["params"]["message"], "Calls planned: 1. Already planned: 1."
        )
        self.assertFalse(self._needs_call())
        call = risky.activity_ids
        self.assertEqual(call.user_id, self.salesman)
        self.assertEqual(call.summary, "Call: Risk")
        self.assertIn("bad debtor", call.note)
        self.assertEqual(str(self._stored(risky).next_call_date), "2026-06-15")

    def test_promise_in_bulk(self):
        """An accountant notes a promise for the invoices of a list."""
        invoices = self._invoice(100, "2026-03-01") + self._invoice(50, "2026-03-01")
        paid = self._invoice(10, "2026-03-01")
        self._register(paid, "2026-03-02")
        Hold = self.env["crm.customer.hold"].with_context(
            active_model="account.move.line",
            active_ids=(invoices + paid).line_ids.ids,
        )
        with Form(Hold) as form:
            form.until = "2026-06-30"
            form.note = "By phone"
        self.assertEqual(form.record.move_ids, invoices)
        form.record.action_hold()
        self.assertEqual(self._row().late_held, 150)
        self.assertEqual(set(invoices.mapped("collection_hold_note")), {"By phone"})
        form.record.action_release()
        self.assertEqual(self._row().late, 150)
        with self.assertRaisesRegex(UserError, "the day until"):
            form.record.until = "2026-06-14"
            form.record.action_hold()
        with self.assertRaisesRegex(UserError, "None of these"):
            Hold.with_context(active_ids=paid.line_ids.ids).create({})
