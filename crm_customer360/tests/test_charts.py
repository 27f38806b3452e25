from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .common import CustomerCommon

AGING = (
    "aging_not_due",
    "aging_1_30",
    "aging_31_60",
    "aging_61_90",
    "aging_91_120",
    "aging_121_plus",
)


@tagged("post_install", "-at_install")
class TestCharts(CustomerCommon):
    """The charts of the 360 page on 15 June 2026: July 2024 to June 2026."""

    def _series(self, chart):
        return {series["key"]: series["values"] for series in chart["series"]}

    def _seller(self, groups="sales_team.group_sale_salesman_all_leads"):
        return new_test_user(self.env, "seller", groups, company_id=self.company.id)

    def _documents(self, action):
        return self.env[action["res_model"]].search(action["domain"])

    # -- revenue by month

    def test_months(self):
        product = [{"product_id": self.product_a.id, "price_unit": 1000}]
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id, "active": False}
        )
        self._invoice(500, "2024-06-30")  # before the chart
        self._invoice(30, "2024-07-01")
        self._invoice(70, "2025-06-30")
        self._invoice(0, "2026-05-31", lines=product)
        self._refund(50, "2026-05-10")
        self._invoice(8, "2026-05-02", partner_id=contact.id)
        self._invoice(100, "2026-06-15", move_type="out_receipt")
        self._invoice(999, "2026-06-16")  # tomorrow
        self._invoice(999, "2026-06-01", post=False)
        self._invoice(999, "2026-06-01", move_type="in_invoice")
        chart = self._row().month_chart
        self.assertEqual(len(chart["keys"]), 24)
        self.assertEqual(chart["keys"][0], "2024-07-01")
        self.assertEqual(chart["keys"][12], "2025-07-01")
        self.assertEqual(chart["keys"][23], "2026-06-01")
        self.assertEqual(chart["labels"][0], "Jul 2024")
        self.assertEqual(chart["split"], 12)
        self.assertEqual(chart["currency_id"], self.company.currency_id.id)
        self.assertFalse(chart["empty"])
        # May 2026: 1000 − 50 + 8; only the product has a cost, 800
        self.assertEqual(
            self._series(chart),
            {
                "revenue": [30, *[0] * 10, 70, *[0] * 10, 958, 100],
                "margin": [30, *[0] * 10, 70, *[0] * 10, 158, 100],
            },
        )

    def test_months_are_the_window(self):
        """On 30 June the window begins with July: twelve bars are the revenue."""
        for amount, day in ((1, "2025-06-30"), (20, "2025-07-01"), (300, "2026-06-30")):
            self._invoice(amount, day)
        self._refund(4000, "2026-01-15")
        with self._on("2026-06-30"):
            row = self._row()
            revenue = self._series(row.month_chart)["revenue"]
            self.assertEqual(row.revenue, 20 + 300 - 4000)
            self.assertEqual(sum(revenue[12:]), row.revenue)
            self.assertEqual(sum(revenue[:12]), 1)

    def test_month_of_the_company(self):
        """Half past midnight on 1 July in Tehran, still June in UTC."""
        self._invoice(40, "2026-06-30")
        self.company.partner_id.tz = "Asia/Tehran"
        with self._at("2026-06-30 21:00:00"):
            chart = self._row().month_chart
        self.assertEqual(chart["keys"][23], "2026-07-01")
        self.assertEqual(self._series(chart)["revenue"][22:], [40, 0])

    def test_months_without_margin(self):
        self._invoice(40, "2026-06-01")
        row = self._row()
        seen = row.with_user(self._seller())
        self.assertEqual(list(self._series(seen.month_chart)), ["revenue"])
        self.assertEqual(seen.month_chart["title"], "Revenue by month")
        self.assertEqual(list(self._series(row.month_chart)), ["revenue", "margin"])

    def test_months_of_several(self):
        """One query, each customer in its own company and month."""
        branch = self._branch()
        other = self.env["res.partner"].create({"name": "Other", "customer_rank": 1})
        self._invoice(40, "2026-06-01")
        self._invoice(7, "2026-06-01", company_id=branch.id)
        self._invoice(5, "2026-05-01", partner_id=other.id)
        partners = self.customer + other
        self.Customer._refresh(partners)
        rows = self.Customer.search([("partner_id", "in", partners.ids)])
        self.assertEqual(len(rows), 3)
        found = {
            (row.partner_id, row.company_id): self._series(row.month_chart)["revenue"]
            for row in rows
        }
        self.assertEqual(found[self.customer, self.company][22:], [0, 40])
        self.assertEqual(found[self.customer, branch][22:], [0, 7])
        self.assertEqual(found[other, self.company][22:], [5, 0])
        with self.assertQueryCount(1):
            rows._month_amounts()

    def test_months_empty(self):
        self.customer.customer_rank = 1
        self.assertEqual(
            self._row().month_chart["empty"],
            "Revenue by month appears with the first posted invoice.",
        )
        self._invoice(40, "2024-06-30")
        self.assertEqual(
            self._row().month_chart["empty"], "No invoice in the last 24 months."
        )
        self._invoice(40, "2026-06-01")
        self._refund(40, "2026-06-02")
        self.assertFalse(self._row().month_chart["empty"])

    def test_months_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._invoice(40, "2026-06-01")
        row = self._row().with_context(lang="fr_FR")
        self.assertEqual(row.month_chart["labels"][23], "juin 2026")

    def test_open_month(self):
        self._invoice(500, "2026-04-30")
        invoices = self._invoice(100, "2026-05-01") + self._refund(30, "2026-05-31")
        invoices += self._invoice(5, "2026-06-15")
        self._invoice(999, "2026-06-16")
        row = self._row()
        for month, moves, total in (
            ("2026-05-01", invoices[:2], 70),
            ("2026-06-01", invoices[2], 5),
        ):
            action = row.action_open_month(month)
            found = self._documents(action)
            self.assertEqual(set(found.ids), set(moves.ids))
            self.assertEqual(sum(found.mapped("amount_untaxed_signed")), total)
        self.assertEqual(action["name"], "Invoices of June 2026")

    # -- receivable by age

    def test_aging(self):
        """The first and the last day of every bucket, and an item without due date."""
        for due, amount in (
            ("2026-07-15", 1),
            ("2026-06-15", 2),  # due today
            ("2026-06-14", 4),
            ("2026-05-16", 8),  # 30 days
            ("2026-05-15", 16),
            ("2026-04-16", 32),  # 60 days
            ("2026-04-15", 64),
            ("2026-03-17", 128),  # 90 days
            ("2026-03-16", 256),
            ("2026-02-15", 512),  # 120 days
            ("2026-02-14", 1024),
        ):
            self._invoice(amount, "2026-01-10", due=due)
        self._entry(2048, "2026-06-05")  # 10 days
        self._payment(100, "2026-06-10")
        self._refund(7, "2026-06-10")
        row = self._row()
        chart = row.aging_chart
        expected = [3, 4 + 8 + 2048, 16 + 32, 64 + 128, 256 + 512, 1024, -107]
        self.assertEqual(chart["keys"], [*AGING, "credit_unallocated"])
        self.assertEqual(self._series(chart), {"amount": expected})
        self.assertEqual(sum(expected), row.receivable)
        self.assertEqual(
            chart["labels"],
            ["Not due", "1–30", "31–60", "61–90", "91–120", "Over 120", "Credit"],
        )
        counts = []
        for bucket, amount in zip(chart["keys"], expected, strict=True):
            with self.subTest(bucket=bucket):
                items = self._documents(row.action_open_aging(bucket))
                self.assertEqual(sum(items.mapped("amount_residual")), amount)
                counts.append(len(items))
        self.assertEqual(counts, [2, 3, 2, 2, 2, 1, 2])
        self.assertEqual(row.action_open_aging("aging_1_30")["name"], "1-30 Days Late")

    def test_aging_empty(self):
        self.customer.customer_rank = 1
        self.assertEqual(
            self._row().aging_chart["empty"],
            "Nothing is open. What the customer owes appears here by days past due.",
        )
        self._payment(100, "2026-06-10")
        chart = self._row().aging_chart
        self.assertFalse(chart["empty"])
        self.assertEqual(self._series(chart)["amount"], [0, 0, 0, 0, 0, 0, -100])

    def test_aging_unknown(self):
        self._invoice(1, "2026-06-01")
        with self.assertRaisesRegex(UserError, "no age of receivables “revenue”"):
            self._row().action_open_aging("revenue")

    # -- from revenue to contribution

    def _contribution(self, row):
        chart = row.contribution_chart
        return list(
            zip(
                chart["keys"],
                self._series(chart)["amount"],
                chart["totals"],
                strict=True,
            )
        )

    def test_contribution(self):
        self.company.write({"customer_credit_note_cost": 250})
        product = [{"product_id": self.product_a.id, "price_unit": 1000}]
        self._invoice(0, "2026-06-15", lines=product)
        self._refund(100, "2026-06-15")
        row = self._row()
        # 1000 − 100 = 900; 900 − 800 = 100; 100 − 250 = −150
        expected = [
            ("revenue", 900, True),
            ("cost", -800, False),
            ("margin", 100, True),
            ("service_cost", -250, False),
            ("credit_cost", 0, False),
            ("contribution", -150, True),
        ]
        self.assertEqual(self._contribution(row), expected)
        chart = row.contribution_chart
        self.assertEqual(
            chart["labels"],
            [
                "Revenue",
                "Cost",
                "Margin",
                "Cost to Serve",
                "Cost of Credit",
                "Contribution",
            ],
        )
        self.assertFalse(chart["empty"])

    def test_contribution_has_no_gap(self):
        """A further cost is shown, by its step or else as other costs."""
        self._invoice(100, "2026-06-01")
        row = self._row()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer SET contribution = 93, analytic_cost = 5"
                " WHERE id = %s",
                row.id,
            )
        )
        row.invalidate_recordset()
        self.assertEqual(
            self._contribution(row)[-2:],
            [("other", -7, False), ("contribution", 93, True)],
        )
        self.assertEqual(row.contribution_chart["labels"][-2], "Other costs")
        steps = ["service_cost", "credit_cost", "analytic_cost"]
        self.patch(type(row), "_contribution_steps", lambda self: steps)
        row.invalidate_recordset()
        self.assertEqual(
            self._contribution(row)[-3:],
            [
                ("analytic_cost", -5, False),
                ("other", -2, False),
                ("contribution", 93, True),
            ],
        )

    def test_contribution_empty(self):
        self.company.customer_window_months = 6
        self._invoice(100, "2025-06-01")
        self.assertEqual(
            self._row().contribution_chart["empty"],
            "The way from revenue to contribution appears with the first invoice of "
            "the last 6 months.",
        )

    # -- access

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_access(self):
        """No contribution without the right to it; nothing of others' customers."""
        self._invoice(100, "2026-06-01")
        row = self._row()
        seen = row.with_user(self._seller())
        self.assertEqual(self._series(seen.aging_chart)["amount"][1], 100)
        with self.assertRaises(AccessError):
            seen.read(["contribution_chart"])
        self.assertNotIn("contribution_chart", seen.fields_get())
        self.customer.user_id = self.env.user
        row = self._row()
        own = new_test_user(
            self.env,
            "own",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for read in (
            lambda row: row.month_chart,
            lambda row: row.aging_chart,
            lambda row: row.action_open_aging("aging_1_30"),
            lambda row: row.action_open_month("2026-06-01"),
        ):
            theirs = row.with_user(own)
            theirs.invalidate_recordset()
            with self.assertRaises(AccessError):
                read(theirs)
