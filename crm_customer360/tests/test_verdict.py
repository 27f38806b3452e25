from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .verdict_common import VerdictCommon


@tagged("post_install", "-at_install")
class TestVerdict(VerdictCommon):
    """Lights and reasons on 15 June 2026, at the limits that companies start with."""

    # -- financial

    def test_nothing_yet(self):
        self.customer.customer_rank = 1
        row = self.assertFigures(
            {
                "financial_state": "none",
                "engagement_state": "prospect",
                "profit_state": "none",
                "base_state": "none",
                "full_state": "none",
            }
        )
        self.assertEqual(row.state, "none")
        self.assertFalse(row.state_reasons)
        self.assertFalse(row.verdict_lines)
        self.assertFalse(row.verdict_summary)

    def test_pays_and_buys(self):
        self._old_purchase()
        row = self.assertFigures(
            {
                "financial_state": "good",
                "engagement_state": "active",
                "profit_state": "good",
                "base_state": "good",
                "full_state": "good",
                "late": 0,
                "late_since": None,
            }
        )
        self.assertFalse(row.state_reasons)

    def test_days_late(self):
        """Watch after 30 days, risk after 90; what is not due keeps the share low."""
        for due, state, late in (
            ("2026-05-16", "good", 30),
            ("2026-05-15", "watch", 31),
            ("2026-03-17", "watch", 90),
            ("2026-03-16", "risk", 91),
        ):
            with self.subTest(due=due):
                partner = self.env["res.partner"].create({"name": due})
                self._invoice(100, "2026-03-01", due=due, partner_id=partner.id)
                self._invoice(
                    300, "2026-03-01", due="2026-07-01", partner_id=partner.id
                )
                row = self.assertFigures(
                    {
                        "financial_state": state,
                        "base_state": state,
                        "late": 100,
                        "late_since": due,
                        "open_counted": 400,
                    },
                    partner,
                )
                self.assertEqual(row.late_days, late)
                if state == "good":
                    self.assertFalse(row.state_reasons)
                    continue
                self.assertEqual(
                    row.state_reasons,
                    [
                        {
                            "code": "oldest_overdue",
                            "level": state,
                            "amount": 100,
                            "days": late,
                            "limit": 90 if state == "risk" else 30,
                        }
                    ],
                )
                self.assertIn(str(late), row.verdict_summary)

    def test_credits_pay_the_oldest_first(self):
        """A credit of 120 covers the item of 100 and 20 of the one of 60."""
        self._invoice(100, "2026-03-01", due="2026-03-01")
        self._invoice(60, "2026-05-01", due="2026-05-01")
        self._invoice(300, "2026-05-01", due="2026-07-01")
        self._payment(120, "2026-06-01")
        row = self.assertFigures(
            {
                "overdue": 160,
                "late": 40,
                "late_risk": 0,
                "late_watch": 40,
                "late_since": "2026-05-01",
                "financial_state": "watch",
            }
        )
        self.assertEqual(self._reason(row, "oldest_overdue")["days"], 45)

    def test_credits_of_a_contact(self):
        """They belong to the company, whichever contact they were booked on."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self._invoice(100, "2026-03-01", due="2026-03-01")
        entry = self._entry(-100, "2026-06-01", partner=contact)
        self._items(entry).partner_id = contact
        self.assertFigures({"late": 0, "late_since": None, "financial_state": "good"})

    def test_overdue_share(self):
        """Half is not more than half."""
        self._old_purchase()
        self._invoice(500, "2026-06-01", due="2026-06-10")
        self._invoice(500, "2026-06-01", due="2026-07-10")
        self.assertFigures({"financial_state": "good"})
        self._invoice(20, "2026-06-01", due="2026-06-10")
        row = self.assertFigures({"financial_state": "risk", "late": 520})
        self.assertEqual(
            row.state_reasons,
            [
                {
                    "code": "overdue_share",
                    "level": "risk",
                    "amount": 520,
                    "total": 1020,
                    "limit": 50,
                }
            ],
        )

    def test_small_amounts_light_nothing(self):
        """1 % of 10,000 is 100."""
        self._old_purchase(9900)
        small = self._invoice(100, "2026-03-01", due="2026-03-01")
        self.assertFigures({"financial_state": "good", "late": 100})
        self._register(small, "2026-06-01", amount=50)
        self._invoice(51, "2026-03-01", due="2026-03-01")
        self.assertFigures({"financial_state": "risk", "late": 101})  # 1 % of 10,051

    def test_hold(self):
        """Left out up to and including its date, and said."""
        invoice = self._invoice(100, "2026-03-01", due="2026-03-01")
        invoice.write(
            {"collection_hold": "promise", "collection_hold_until": "2026-06-20"}
        )
        row = self.assertFigures(
            {"financial_state": "good", "late": 0, "late_held": 100, "overdue": 100}
        )
        self.assertEqual(
            row.state_reasons,
            [
                {
                    "code": "on_hold",
                    "level": "info",
                    "amount": 100,
                    "until": "2026-06-20",
                }
            ],
        )
        self.assertFalse(row.verdict_summary)
        with self._on("2026-06-20"):
            self.assertEqual(self._row().financial_state, "good")
        with self._on("2026-06-21"):
            row = self._row()
            self.assertEqual(row.financial_state, "risk")
            self.assertEqual(
                self._codes(row), {"oldest_overdue": "risk", "overdue_share": "risk"}
            )
        with self.assertRaisesRegex(ValidationError, "until when"):
            invoice.collection_hold_until = False

    def test_paid_not_booked(self):
        invoice = self._invoice(100, "2026-03-01", due="2026-03-01")
        with self._no_entries():
            self._register(invoice, "2026-06-10")
            self.assertEqual(invoice.payment_state, "in_payment")
            row = self.assertFigures(
                {"financial_state": "good", "late": 0, "late_paid": 100, "overdue": 100}
            )
        self.assertEqual(self._codes(row), {"paid_not_booked": "info"})

    def test_credit_limit(self):
        """Watch above 80 % of 1,000, risk above it; 1 % of the revenue is small."""
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 1000
        self._invoice(800, "2026-06-01", due="2026-07-01")
        self.assertFigures({"financial_state": "good"})
        self._invoice(10, "2026-06-01", due="2026-07-01")
        row = self.assertFigures({"financial_state": "watch", "exposure": 810})
        self.assertEqual(self._reason(row, "credit_limit")["total"], 1000)
        self._invoice(200, "2026-06-01", due="2026-07-01")  # 10 over, 1 % is 10.10
        self.assertFigures({"financial_state": "watch"})
        self._invoice(1, "2026-06-01", due="2026-07-01")  # 11 over, 1 % is 10.11
        row = self.assertFigures({"financial_state": "risk", "exposure": 1011})
        self.assertEqual(self._codes(row), {"credit_limit": "risk"})

    def test_bad_debtor(self):
        self._old_purchase()
        self.customer.trust = "bad"
        row = self.assertFigures({"financial_state": "risk"})
        self.assertEqual(row.state_reasons, [{"code": "bad_debtor", "level": "risk"}])
        self.customer.trust = "good"
        self.assertFigures({"financial_state": "good"})

    def test_payment_delay(self):
        self._register(self._invoice(100, "2026-03-01", due="2026-03-01"), "2026-03-16")
        self.assertFigures({"payment_delay": 15, "financial_state": "good"})
        self._register(self._invoice(100, "2026-03-01", due="2026-03-01"), "2026-03-18")
        row = self.assertFigures({"payment_delay": 16, "financial_state": "watch"})
        self.assertEqual(self._reason(row, "payment_delay")["limit"], 15)

    # -- profit

    def test_contribution(self):
        """An order of 100 costs 150 to handle: 50 less than nothing."""
        self.company.customer_order_cost = 150
        self.product_a.standard_price = 0
        order = self._order(100, "2026-03-01")
        invoice = self._invoice_order(order, "2026-03-01")
        self._register(invoice, "2026-03-01")
        row = self.assertFigures(
            {
                "contribution": -50,
                "profit_state": "risk",
                "base_state": "good",
                "full_state": "risk",
            }
        )
        self.assertEqual(
            row.profit_reasons,
            [
                {
                    "code": "negative_contribution",
                    "level": "risk",
                    "amount": -50,
                    "margin": 100,
                    "service_cost": 150,
                    "credit_cost": 0,
                }
            ],
        )
        self.assertFalse(row.state_reasons)
        self.assertEqual(row.state, "risk")
        self.company.customer_order_cost = 101  # 1 short: 1 % of 100 is small
        self.assertFigures({"contribution": -1, "profit_state": "good"})

    def test_margin_target(self):
        self.product_a.standard_price = 85
        self._invoice(
            100,
            "2026-03-01",
            lines=[{"price_unit": 100, "product_id": self.product_a.id}],
        )
        self.assertFigures({"margin_rate": 0.15, "profit_state": "good"})
        self.company.customer_margin_target = 15
        self.assertFigures({"profit_state": "good"})
        self.company.customer_margin_target = 15.5
        row = self.assertFigures({"profit_state": "watch"})
        self.assertEqual(
            row.profit_reasons,
            [{"code": "low_margin", "level": "watch", "rate": 0.15, "limit": 15.5}],
        )

    def test_profit_is_for_those_who_may_see_it(self):
        self.company.customer_order_cost = 150
        self.product_a.standard_price = 0
        self._register(
            self._invoice_order(self._order(100, "2026-03-01"), "2026-03-01"),
            "2026-03-01",
        )
        row = self._row()
        salesman = new_test_user(
            self.env,
            login="verdict_salesman",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        seen = row.with_user(salesman)
        self.assertEqual(seen.state, "good")
        self.assertFalse(seen.verdict_lines)
        Customer = self.Customer.with_user(salesman)
        mine = [("partner_id", "=", self.customer.id)]
        self.assertFalse(Customer.search([*mine, ("state", "=", "risk")]))
        self.assertEqual(Customer.search([*mine, ("state", "=", "good")]), seen)
        self.assertEqual(
            Customer._read_group(mine, ["state"], ["__count"]), [("good", 1)]
        )
        self.assertEqual(
            self.Customer._read_group(mine, ["state"], ["__count"]), [("risk", 1)]
        )
        partner = self.customer.with_user(salesman)
        self.assertEqual(partner.customer_state, "good")
        self.assertEqual(self.customer.customer_state, "risk")
        for name in ("profit_state", "full_state", "profit_codes", "profit_reasons"):
            with self.assertRaises(AccessError):
                seen.read([name])
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            Customer.search([("full_state", "=", "risk")])
        with self.assertRaisesRegex(UserError, "no longer a reason"):
            seen.action_open_reason("negative_contribution")

    # -- engagement

    def _buys(self, *days):
        partner = self.env["res.partner"].create({"name": str(days)})
        for day in days:
            self._register(self._invoice(100, day, partner_id=partner.id), day)
        return partner

    def test_cadence(self):
        for days, state in (
            # every 30 days; silent for 45, 46, 90 and 91
            (("2026-03-02", "2026-04-01", "2026-05-01"), "active"),
            (("2026-03-01", "2026-03-31", "2026-04-30"), "slowing"),
            (("2026-01-16", "2026-02-15", "2026-03-17"), "slowing"),
            (("2026-01-15", "2026-02-14", "2026-03-16"), "lost"),
            # two purchase days make no cadence
            (("2025-07-01", "2025-07-02"), "active"),
            # the window before the previous one ends on 2024-06-15
            (("2024-06-16",), "active"),
            (("2024-06-15",), "lost"),
            # new for 90 days, whatever its habit
            (("2026-03-17",), "active"),
            (("2026-03-18",), "new"),
            (("2026-05-01", "2026-05-02", "2026-05-03"), "new"),
        ):
            with self.subTest(days=days):
                row = self.assertFigures({"engagement_state": state}, self._buys(*days))
                base = {"slowing": "watch", "lost": "risk"}.get(state, "good")
                self.assertEqual(row.base_state, base)

    def test_silent_in_words(self):
        row = self._row(self._buys("2026-03-01", "2026-03-31", "2026-04-30"))
        self.assertEqual(
            row.verdict_summary,
            "Usually buys every 30 days, last on 04/30/2026: expected on 05/30/2026.",
        )
