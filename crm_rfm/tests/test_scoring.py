from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import RfmCommon

RFM = ("rfm_r", "rfm_f", "rfm_m")


@tagged("post_install", "-at_install")
class TestScoring(RfmCommon):
    """Scores worked out by hand: 1 + 5 × (2 × worse + equal) div (2 × n), at most 5."""

    def test_one(self):
        buyers = self._buyers(one=[("2026-05-01", 10)])
        # 1 + 5 × 1 div 2 = 3; a single purchase scores 1
        self.assertEqual(self._score(buyers, *RFM), {"one": (3, 1, 3)})
        row = self._stored(buyers["one"])
        self.assertEqual(row.rfm_score, "313")
        self.assertTrue(row.rfm_small_base)
        self.scheme.minimum_customers = 1
        row.invalidate_recordset()
        self.assertFalse(row.rfm_small_base)

    def test_two(self):
        buyers = self._buyers(
            low=[("2026-01-01", 10)], high=[("2026-05-01", 10), ("2026-05-02", 10)]
        )
        # 1 + 5 × 1 div 4 = 2; 1 + 5 × 3 div 4 = 4; one repeat buyer: 2 + 4 × 1 div 2
        self.assertEqual(
            self._score(buyers, *RFM), {"low": (2, 1, 2), "high": (4, 4, 4)}
        )

    def test_three(self):
        buyers = self._buyers(
            a=[("2026-01-01", 10)],
            b=[("2026-05-01", 20), ("2026-02-01", 1)],
            c=[("2026-05-02", 30), ("2026-05-02", 1), ("2026-05-02", 1)],
        )
        # 5 × 1 div 6 = 0, 5 × 3 div 6 = 2, 5 × 5 div 6 = 4; two repeat buyers:
        # 2 + 4 × 1 div 4 = 3, 2 + 4 × 3 div 4 = 5
        self.assertEqual(
            self._score(buyers, *RFM), {"a": (1, 1, 1), "b": (3, 3, 3), "c": (5, 5, 5)}
        )

    def test_five(self):
        buyers = self._buyers(
            **{
                f"n{number}": [(f"2026-05-{day:02}", 10)] * number
                for number, day in enumerate((5, 9, 1, 3, 7), 1)
            }
        )
        # Days 1, 3, 5, 7, 9 score 1 to 5. Purchases 2, 3, 4, 5 score 2 to 5.
        self.assertEqual(
            self._score(buyers, *RFM),
            {
                "n1": (3, 1, 1),
                "n2": (5, 2, 2),
                "n3": (1, 3, 3),
                "n4": (2, 4, 4),
                "n5": (4, 5, 5),
            },
        )

    def test_all_equal(self):
        one = self._buyers(**{name: [("2026-05-01", 10)] for name in "abcd"})
        self.assertEqual(set(self._score(one, *RFM).values()), {(3, 1, 3)})
        for partner in one.values():
            self._invoice(10, "2026-05-01", partner_id=partner.id)
        # Four equal repeat buyers: 2 + 4 × 4 div 8 = 4
        self.assertEqual(set(self._score(one, *RFM).values()), {(3, 4, 3)})

    def test_negative_amount(self):
        buyers = self._buyers(
            minus=[("2026-05-01", 10), ("2026-05-02", -30)],
            zero=[("2026-05-01", 0)],
            plus=[("2026-05-01", 5)],
        )
        self.assertEqual(
            self._score(buyers, "rfm_monetary", "rfm_m"),
            {"minus": (-20, 1), "zero": (0, 3), "plus": (5, 5)},
        )

    def test_states(self):
        self.scheme.minimum_customers = 0
        buyers = self._buyers(
            prospect=[("2026-05-01", -10)],  # a credit note alone
            lapsed=[("2025-06-15", 10), ("2026-05-01", -1)],  # out for a day
            edge=[("2025-06-16", 10)],  # the first day of the window
            # 90 days ago is 17 March: no longer new; the day after is.
            known=[("2026-03-17", 10)],
            new=[("2026-03-18", 10)],
        )
        self.assertEqual(
            self._score(buyers, "rfm_state", "rfm_r", "rfm_segment_id"),
            {
                "prospect": ("prospect", 0, self.env["crm.rfm.segment"]),
                "lapsed": ("lapsed", 0, self.env["crm.rfm.segment"]),
                "edge": ("scored", 1, self._segment("hibernating")),
                "known": ("scored", 3, self._segment("about_to_sleep")),
                "new": ("new", 5, self._segment("new_customers")),
            },
        )
        columns = self._columns(self._stored(buyers["lapsed"]))
        self.assertEqual(
            [columns[f"rfm_{name}"] for name in ("r", "f", "m", "score")], [None] * 4
        )
        self.assertIn("rfm_r", self._stored(buyers["lapsed"]).empty_figures)
        self.assertNotIn("rfm_r", self._stored(buyers["new"]).empty_figures)

    def test_own_cut_points(self):
        self.scheme.write(
            {
                "bins": 3,
                "segment_set_id": self.env["crm.rfm.segment.set"]
                .create({"name": "Three", "bins": 3})
                .id,
                "method": "cutpoint",
                "cut_ids": [
                    Command.create(
                        {
                            "score": 2,
                            "recency_max": 90,
                            "frequency_min": 2,
                            "monetary_min": 0,
                        }
                    ),
                    Command.create(
                        {
                            "score": 3,
                            "recency_max": 30,
                            "frequency_min": 3,
                            "monetary_min": 100,
                        }
                    ),
                ],
            }
        )
        buyers = self._buyers(
            days_30=[("2026-05-16", 100)],
            days_31=[("2026-05-15", 99), ("2026-05-15", 0)],
            days_90=[("2026-03-17", 0)] * 3,
            days_91=[("2026-03-16", 10), ("2026-03-17", -11)],
        )
        self.assertEqual(
            self._score(buyers, *RFM),
            {
                "days_30": (3, 1, 3),
                "days_31": (2, 2, 2),
                "days_90": (2, 3, 2),
                "days_91": (1, 1, 1),
            },
        )

    def test_ten_scores(self):
        """Scores of two digits are told apart."""
        everybody = self.env["crm.rfm.segment.set"].create({"name": "Ten", "bins": 10})
        self.scheme.write({"bins": 10, "segment_set_id": everybody.id})
        buyers = self._buyers(
            **{f"n{day}": [(f"2026-05-{day:02}", day)] for day in range(1, 11)}
        )
        scores = self._score(buyers, "rfm_score")
        self.assertEqual((scores["n1"], scores["n10"]), ("1-1-1", "10-1-10"))
        self.assertEqual(
            self._stored(buyers["n5"]).rfm_segment_id, everybody.segment_ids
        )

    def test_left_out(self):
        buyers = self._buyers(ours=[("2026-05-01", 10)], theirs=[("2026-05-02", 10)])
        buyers["ours"].ref = "GROUP"
        self.scheme.exclude_domain = "[('ref', '=', 'GROUP')]"
        self.assertEqual(
            self._score(buyers, "rfm_state", "rfm_r"),
            {"ours": ("excluded", 0), "theirs": ("new", 3)},  # alone: 3
        )

    def test_companies_are_scored_apart(self):
        """A branch by the scheme of its company, among its own customers."""
        branch = self._branch()
        other = self._create_company(name="Other")
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-05-02", 20)])
        self._invoice(5, "2026-05-05", partner_id=buyers["a"].id, company_id=branch.id)
        self.assertTrue(other.rfm_scheme_ids)
        self.assertFalse(branch.rfm_scheme_ids)
        self.Customer._refresh()
        self.assertEqual(self._stored(buyers["a"]).rfm_score, "212")
        self.assertEqual(self._stored(buyers["a"], branch).rfm_score, "313")
        # In one pass with the others, alone in its company.
        self.env.cr.execute(
            "INSERT INTO crm_customer (partner_id, company_id, currency_id,"
            " rfm_frequency, rfm_monetary, rfm_first_purchase_date,"
            " rfm_last_purchase_date)"
            " VALUES (%s, %s, %s, 1, 9, '2026-06-01', '2026-06-01')",
            [buyers["b"].id, other.id, other.currency_id.id],
        )
        self.Customer.invalidate_model()
        self.Customer._score()
        self.assertEqual(self._stored(buyers["b"], other).rfm_score, "313")
        self.assertEqual(self._stored(buyers["a"]).rfm_score, "212")

    def test_rule_that_has_become_meaningless(self):
        """By a field that is gone, such as of an addon: who was left out still is."""
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-05-02", 90)])
        self.scheme.exclude_domain = f"[('id', '=', {buyers['b'].id})]"
        self.assertEqual(
            self._score(buyers, "rfm_state"), {"a": "new", "b": "excluded"}
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_rfm_scheme SET exclude_domain = %s WHERE id = %s",
                "[('gone', '=', 1)]",
                self.scheme.id,
            )
        )
        self.scheme.invalidate_recordset()
        with self.assertLogs(
            "odoo.addons.crm_rfm.models.crm_customer_score", "ERROR"
        ) as log:
            self.assertEqual(self._score(buyers, "rfm_score"), {"a": "313", "b": False})
        self.assertEqual(self._stored(buyers["b"]).rfm_state, "excluded")
        self.assertIn(f"scheme {self.scheme.id} leaves out", log.output[0])

    def test_bands_are_exact(self):
        """As of a currency of three decimals: limits are not rounded."""
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-05-02", 20)])
        self.Customer._refresh()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer SET rfm_monetary = 10.125 WHERE partner_id = %s",
                buyers["a"].id,
            )
        )
        self.Customer.invalidate_model()
        self.Customer._score()
        bands = self.env["crm.rfm.band"].search(
            [("company_id", "=", self.company.id), ("measure", "=", "3_monetary")]
        )
        self.assertEqual(bands.mapped("low"), [20, 10.125])

    def test_unchanged_is_not_written(self):
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-05-02", 20)])
        self.Customer._refresh()
        self.assertEqual(self.Customer._score(), 0)
        before = self._places()
        self.Customer._refresh()
        self.assertEqual(self._places(), before)
        with self._on("2026-06-16"):  # the next night, no purchase
            self.Customer._refresh()
            self.assertEqual(self._places("crm_customer"), before["crm_customer"])
        self._invoice(1, "2026-06-01", partner_id=buyers["a"].id)
        self.Customer._refresh(buyers["a"])
        # a's recency and frequency, b's recency
        self.assertEqual(self.Customer._score(), 2)

    def _places(self, *tables):
        """Where rows physically lie: another place when they are written."""
        places = {}
        for table in tables or ("crm_customer", "crm_rfm_band", "crm_rfm_scheme"):
            self.env.cr.execute(
                SQL("SELECT id, ctid::text FROM %s ORDER BY id", SQL.identifier(table))
            )
            places[table] = self.env.cr.fetchall()
        return places[tables[0]] if tables else places

    def test_scores_are_the_night_s(self):
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-05-02", 20)])
        self.Customer._refresh()
        self._invoice(100, "2026-06-01", partner_id=buyers["a"].id)
        row = self._row(buyers["a"])
        self.assertEqual((row.rfm_frequency, row.rfm_score), (2, "212"))
        self.assertEqual(self._score(buyers, "rfm_score"), {"a": "444", "b": "212"})

    def test_statements(self):
        """As many for many customers as for one."""

        def statements():
            before = self.env.cr.sql_log_count
            self.Customer._score()
            return self.env.cr.sql_log_count - before

        self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        statements()  # reads the settings once
        few = statements()
        self._buyers(**{f"n{n}": [("2026-05-01", n)] for n in range(1, 12)})
        self.Customer._refresh()
        statements()  # what addons read after the refresh is known before, or not
        self.assertEqual(statements(), few)

    def test_bands(self):
        """Between which values each score was given."""
        self._buyers(
            a=[("2026-06-01", 10)],
            b=[("2026-05-01", 20), ("2026-05-01", 0)],
            c=[("2026-06-01", 30), ("2026-05-01", -50)],
        )
        self.Customer._refresh()
        found = {
            (band.measure[2:], band.score): (band.low, band.high, band.customer_count)
            for band in self.scheme.band_ids
        }
        # Recency 14, 45, 14 days: 1 + 5 × 1 div 6 = 1, and for two equal
        # 1 + 5 × (2 + 2) div 6 = 4. Amounts 10, 20, −20: 3, 5, 1.
        self.assertEqual(
            found,
            {
                ("recency", 1): (45, 45, 1),
                ("recency", 4): (14, 14, 2),
                ("frequency", 1): (1, 1, 2),
                ("frequency", 4): (2, 2, 1),
                ("monetary", 1): (-20, -20, 1),
                ("monetary", 3): (10, 10, 1),
                ("monetary", 5): (20, 20, 1),
            },
        )
        self.assertEqual(str(self.scheme.scored_on), "2026-06-15")
        self.assertFalse(self.scheme.pending)

    def test_no_scheme(self):
        buyers = self._buyers(a=[("2026-05-01", 10)])
        self._score(buyers, "rfm_score")
        self.scheme.active = False
        self.assertEqual(
            self._score(buyers, "rfm_state", "rfm_score"), {"a": (False, False)}
        )
        self.assertFalse(
            self.env["crm.rfm.band"].search([("company_id", "=", self.company.id)])
        )
