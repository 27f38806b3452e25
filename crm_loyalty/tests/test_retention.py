from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .retention_common import RetentionCommon

# Numbers of quarters: 2024-3, 2025-1, 2026-2.
Q3_2024, Q1_2025, Q2_2026 = 8098, 8100, 8105


@tagged("post_install", "-at_install")
class TestRetention(RetentionCommon):
    """Four buyers; today is 15 June 2026, the second quarter is not over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ana, ben = cls.users["ana"], cls.users["ben"]
        make = cls._partner
        cls.back = make(cls, "Back", user_id=ana.id)
        cls.gone = make(cls, "Gone", user_id=ana.id)
        cls.late = make(cls, "Late", user_id=ben.id)
        cls.fresh = make(cls, "Fresh", user_id=ben.id)
        cls.refunded = make(cls, "Refunded")

    def setUp(self):
        super().setUp()
        self._sold(
            self.back,
            ("2024-08-10", 100),
            ("2025-02-10", 50),
            ("2025-09-01", 70),
            ("2025-09-10", -20),
        )
        # After today: not yet.
        self._sold(self.gone, ("2024-09-01", 200), ("2026-07-01", 1000))
        self._sold(
            self.late, ("2025-02-01", 300), ("2026-05-01", 40), ("2026-05-20", 10)
        )
        self._sold(self.fresh, ("2026-06-10", 500))
        self._sold(self.refunded, ("2025-03-01", -30))
        self.Customer._refresh()

    def _cells(self, data):
        return {
            row["cohort"]: {
                cell["since"]: (cell["count"], cell["amount"])
                for cell in row["cells"]
                if cell["count"] or cell["amount"]
            }
            for row in data["rows"]
        }

    def _opened(self, place, filters=None, name=None):
        Customer = self._as(name) if name else self.Customer
        action = Customer.action_open_retention(place, filters)
        return set(Customer.search(action["domain"]).partner_id.mapped("name"))

    def test_cohorts_and_rates(self):
        data = self.Customer.get_retention()
        self.assertEqual(
            self._cells(data),
            {
                Q3_2024: {0: (2, 300.0), 2: (1, 50.0), 4: (1, 50.0)},
                Q1_2025: {0: (1, 300.0), 5: (1, 50.0)},
                Q2_2026: {0: (1, 500.0)},
            },
        )
        oldest = data["rows"][0]
        self.assertEqual(len(oldest["cells"]), 8)
        self.assertEqual(
            [cell["running"] for cell in oldest["cells"]], [False] * 7 + [True]
        )
        self.assertEqual(oldest["cells"][2]["share"], 0.5)
        self.assertAlmostEqual(oldest["cells"][2]["amount_share"], 1 / 6)
        self.assertTrue(data["rows"][-1]["cells"][0]["running"])
        self.assertEqual(
            data["rates"],
            {"previous": 3, "kept": 2, "lost": 1, "buyers": 4, "repeat": 2},
        )
        # The running quarter tells nothing yet: of the fifth quarter after the first
        # only the oldest cohort does.
        self.assertEqual(
            [
                (point["since"], round(point["share"], 4), point["n"])
                for point in data["curve"]
            ],
            [
                (0, 1.0, 3),
                (1, 0.0, 3),
                (2, 0.3333, 3),
                (3, 0.0, 3),
                (4, 0.3333, 3),
                (5, 0.0, 2),
                (6, 0.0, 2),
            ],
        )
        self.assertFalse(data["empty"])

    def test_years(self):
        data = self.Customer.get_retention(unit="year")
        self.assertEqual(
            self._cells(data),
            {
                2024: {0: (2, 300.0), 1: (1, 100.0)},
                2025: {0: (1, 300.0), 1: (1, 50.0)},
                2026: {0: (1, 500.0)},
            },
        )

    def test_year_mistyped(self):
        """An invoice of the year 200 makes no table of thousands of columns."""
        self.env.cr.execute(
            "UPDATE account_move SET invoice_date = '0200-05-05' WHERE partner_id = %s"
            " AND move_type = 'out_invoice'",
            [self.fresh.id],
        )
        self.env.invalidate_all()
        for unit, shown in (("quarter", 20), ("year", 30)):
            with self.subTest(unit):
                data = self.Customer.get_retention(unit=unit)
                row = data["rows"][0]
                self.assertEqual((row["size"], len(row["cells"])), (1, shown))
                self.assertEqual(max(p["since"] for p in data["curve"]), shown - 1)

    def test_opens_exactly_those_counted(self):
        root = self.company.id
        cohort = f"cohort:{root}:quarter:{Q3_2024}"
        self.assertEqual(self._opened(f"{cohort}:"), {"Back", "Gone"})
        self.assertEqual(self._opened(f"{cohort}:2"), {"Back"})
        self.assertEqual(self._opened(f"{cohort}:1"), set())
        for figure, names in {
            "previous": {"Back", "Gone", "Late"},
            "kept": {"Back", "Late"},
            "lost": {"Gone"},
            "buyers": {"Back", "Gone", "Late", "Fresh"},
            "repeat": {"Back", "Late"},
        }.items():
            with self.subTest(figure):
                self.assertEqual(self._opened(f"rate:{root}:{figure}::0:today"), names)
        ana = self.users["ana"].id
        self.assertEqual(self._opened(f"rate:{root}:kept:user:{ana}:today"), {"Back"})
        for place in ("cohort:x", "rate:1", f"rate:{root}:magic::0:today", "other:1"):
            with self.subTest(place), self.assertRaises(UserError):
                self.Customer.action_open_retention(place)

    def test_filters(self):
        ben = self.users["ben"].id
        data = self.Customer.get_retention(filters={"user": ben})
        self.assertEqual(set(self._cells(data)), {Q1_2025, Q2_2026})
        self.assertEqual(data["rates"]["previous"], 1)
        self.assertEqual(
            self._opened(f"cohort:{self.company.id}:quarter:{Q1_2025}:", {"user": ben}),
            {"Late"},
        )
        none = self.Customer.get_retention(filters={"tier": self.gold.id})
        self.assertIn("of this choice", none["empty"])

    def test_salespeople_see_their_own(self):
        """Ana sees hers and nobody's; Ben's cohorts are not even counted."""
        data = self._as("ana").get_retention()
        self.assertEqual(set(self._cells(data)), {Q3_2024})
        self.assertEqual(data["rates"]["previous"], 2)
        self.assertTrue(any("you may see" in note for note in data["notes"]))
        place = f"cohort:{self.company.id}:quarter:{Q1_2025}:"
        self.assertEqual(self._opened(place, name="ana"), set())
        self.assertEqual(self._opened(place, name="ben"), {"Late"})
        self.assertEqual(self._as("manager").get_retention()["rates"]["previous"], 3)
        with self.assertRaises(AccessError):
            self._as("employee").get_retention()
        with self.assertRaises(AccessError):
            self._as("employee").action_open_retention(place)

    def test_companies(self):
        """Another company needs to be selected, and has cohorts of its own."""
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.Customer.get_retention(other.id)
        with self.assertRaises(AccessError):
            self.Customer.action_open_retention(f"cohort:{other.id}:year:2024:")
        both = self.Customer.with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        self.assertIn("Nobody has bought", both.get_retention(other.id)["empty"])

    def test_branches_count_together(self):
        branch = self._branch()
        selected = [self.company.id, branch.id]
        self.env.user.company_ids += branch
        self.env = self.env(context={"allowed_company_ids": selected})
        journal = self.company_data["default_journal_sale"]
        self._sold(
            self.late, ("2024-07-05", 80), company_id=branch.id, journal_id=journal.id
        )
        self.Customer._refresh()
        both = self.Customer.with_context(allowed_company_ids=selected)
        cells = self._cells(both.get_retention())
        self.assertEqual(cells[Q3_2024][0], (3, 380.0))
        self.assertNotIn(Q1_2025, cells)
        self.assertEqual(both.get_retention()["rates"]["previous"], 3)
        # Not selected, the branch is not there.
        self.assertIn(Q1_2025, self._cells(self.Customer.get_retention()))

    def test_groups_of_the_start(self):
        """By the salesperson of 31 May 2025 where a month end is kept."""
        today = self.Customer.get_retention()["groups"]["user"]
        self.assertEqual(today["basis"], "today")
        rows = {row["name"]: row for row in today["rows"]}
        ana = rows[self.users["ana"].name]
        self.assertEqual((ana["previous"], ana["kept"], ana["repeat"]), (2, 1, 1))
        self.env["crm.customer.snapshot"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "date": "2025-05-31",
                    "user_id": self.users["ben"].id,
                    "closed": True,
                }
                for partner in (self.back, self.gone)
            ]
        )
        start = self.Customer.get_retention()["groups"]["user"]
        self.assertEqual(start["basis"], "start")
        self.assertIn("05/31/2025", start["said"])
        rows = {row["name"]: row for row in start["rows"]}
        ben = rows[self.users["ben"].name]
        self.assertEqual((ben["previous"], ben["kept"]), (2, 1))
        unknown = rows["None, or not known then"]
        self.assertEqual((unknown["previous"], unknown["kept"]), (1, 1))
        place = f"rate:{self.company.id}:lost:user:{self.users['ben'].id}:start"
        self.assertEqual(self._opened(place), {"Gone"})

    def test_first_day_of_a_quarter(self):
        """On 1 July the second quarter is over, and Gone comes back."""
        with freeze_time("2026-07-01 12:00:00"):
            data = self.Customer.get_retention()
            oldest = data["rows"][0]["cells"]
        self.assertEqual(
            [(cell["count"], cell["running"]) for cell in oldest[7:]],
            [(0, False), (1, True)],
        )
