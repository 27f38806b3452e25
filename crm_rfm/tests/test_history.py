from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import SQL

from .common import HISTORY, RfmCommon


@tagged("post_install", "-at_install")
class TestHistory(RfmCommon):
    """Months before the first scoring, worked out by hand.

    Scores of n customers, best to worst at the middle of their rank: of two 4 and 2, of
    three 5, 3 and 1, of four 5, 4, 2 and 1; a single purchase has frequency 1, a single
    repeat buyer 4, of two equal repeat buyers both 4.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"]
        cls.buyers = {}

    def _documents(self):
        self.buyers = self._buyers(**HISTORY)

    def _told(self, name, *fields):
        rows = self.Snapshot.search(
            [("partner_id", "=", self.buyers[name].id)], order="date"
        )
        return {
            str(row.date)[:7]: tuple(row[field] for field in fields) for row in rows
        }

    def _moves(self, name):
        moves = self.Movement.search(
            [("partner_id", "=", self.buyers[name].id)], order="date, id"
        )
        return [
            (str(move.date), move.from_id.name, move.to_id.name, move.direction)
            for move in moves
        ]

    def test_by_hand(self):
        self._documents()
        self.assertGreater(self.Snapshot._rebuild("2026-02-01"), 0)
        # February: a, b and c (of March 2025) by last purchase b, a, c: 5, 3, 1; all
        # bought once: 1; money a 100, c 50, b 20: 5, 3, 1.
        # March: c lapses, its window of a year begins on 1 April 2025. b 4 and a 2;
        # b is the only repeat buyer: 4; money a 100 → 4, b 50 → 2.
        # April: a 4 and b 2; two repeat buyers: 4 each; money a 110 → 4, b 50 → 2.
        # May: d, a, b: 5, 3, 1; money d 400, a 110, b 50: 5, 3, 1.
        score = ("rfm_state", "rfm_score")
        self.assertEqual(
            self._told("a", *score),
            {
                "2026-02": ("new", "315"),
                "2026-03": ("new", "214"),
                "2026-04": ("new", "444"),
                "2026-05": ("scored", "343"),
            },
        )
        self.assertEqual(
            self._told("b", *score),
            {
                "2026-02": ("new", "511"),
                "2026-03": ("new", "442"),
                "2026-04": ("new", "242"),
                "2026-05": ("scored", "141"),
            },
        )
        self.assertEqual(
            self._told("c", *score),
            {
                "2026-02": ("scored", "113"),
                "2026-03": ("lapsed", False),
                "2026-04": ("lapsed", False),
                "2026-05": ("lapsed", False),
            },
        )
        self.assertEqual(self._told("d", *score), {"2026-05": ("new", "515")})
        self.assertEqual(
            self._told("d", "rfm_frequency", "rfm_monetary", "rfm_last_purchase_date"),
            {"2026-05": (1, 400, Date.to_date("2026-05-10"))},
        )
        # A lapsed customer's purchase is out of the window.
        self.assertEqual(
            self._told("c", "rfm_frequency", "rfm_monetary")["2026-03"], (0, 0)
        )
        self.assertEqual(
            [segment.name for [segment] in self._told("b", "rfm_segment_id").values()],
            ["New customers", "Loyal customers", "At risk", "At risk"],
        )
        self.assertEqual(
            set(
                self.Snapshot.search([("company_id", "=", self.company.id)]).mapped(
                    "rfm_past"
                )
            ),
            {True},
        )

    def test_movements(self):
        self._documents()
        self.Snapshot._rebuild("2026-02-01")
        self.assertEqual(
            self._moves("a"),
            [
                ("2026-03-31", "About to sleep", "Hibernating", "down"),
                ("2026-04-30", "Hibernating", "Loyal customers", "up"),
            ],
        )
        self.assertEqual(
            self._moves("b"),
            [
                ("2026-03-31", "New customers", "Loyal customers", "up"),
                ("2026-04-30", "Loyal customers", "At risk", "down"),
            ],
        )
        self.assertEqual(
            self._moves("c"), [("2026-03-31", "Hibernating", False, "out")]
        )
        self.assertEqual(
            self._moves("d"), [("2026-05-31", False, "New customers", "in")]
        )
        moves = self.Movement.search([("company_id", "=", self.company.id)])
        self.assertEqual(set(moves.mapped("cause")), {"history"})
        move = moves.filtered(lambda move: str(move.date) == "2026-05-31")
        # Twenty-one days after the invoice of 10 May.
        self.assertEqual(
            (move.recency_days, move.frequency, move.monetary, move.score, move.state),
            (21, 1, 400, "515", "new"),
        )

    def test_again_changes_nothing(self):
        self._documents()
        self.Snapshot._rebuild("2026-02-01")
        moves = self.Movement.search([("company_id", "=", self.company.id)])
        self.assertEqual(self.Snapshot._rebuild("2026-02-01"), 0)
        self.assertEqual(
            self.Movement.search([("company_id", "=", self.company.id)]), moves
        )

    def test_slices_give_the_same(self):
        """The latest first, as the cron goes: the seams have their movements, too."""
        self._documents()
        self.Snapshot._rebuild("2026-04-01")
        self.assertEqual(self._moves("b"), [])
        self.Snapshot._rebuild("2026-02-01", "2026-03-31")
        self.assertEqual(len(self._moves("b")), 2)
        self.assertEqual(self._told("b", "rfm_score")["2026-04"], ("242",))

    def test_history_is_what_the_night_would_have_given(self):
        """On the last day of the month, `_score` and the history agree."""
        self._documents()
        self._buyers(
            e=[("2026-05-31", 70), ("2025-06-01", 3), ("2025-05-31", 11)],
            f=[("2025-05-31", 70)],
            g=[("2025-06-01", 8), ("2026-06-01", 1000)],
            h=[("2026-03-02", 25), ("2026-03-03", 40)],
        )
        self.scheme.new_customer_days = 60
        for source in ("invoice", "order"):
            self.scheme.source = source
            with self.subTest(source=source):
                if source == "order":
                    self._orders()
                self.env.cr.execute(SQL("DELETE FROM crm_customer_snapshot"))
                self.Snapshot._rebuild()
                self.env.cr.execute(SQL("DELETE FROM crm_customer"))
                with self._on("2026-05-31"):
                    self.Customer._refresh()
                    names = (
                        "rfm_state",
                        "rfm_score",
                        "rfm_segment_id",
                        "rfm_frequency",
                        "rfm_monetary",
                        "rfm_last_purchase_date",
                    )
                    live = {
                        row.partner_id: [row[name] for name in names]
                        for row in self.Customer.search(
                            [("company_id", "=", self.company.id)]
                        )
                        if row.rfm_last_purchase_date
                    }
                past = {
                    row.partner_id: [row[name] for name in names]
                    for row in self.Snapshot.search(
                        [
                            ("company_id", "=", self.company.id),
                            ("date", "=", "2026-05-31"),
                        ]
                    )
                    if row.rfm_last_purchase_date
                }
                self.assertGreaterEqual(len(live), 4)
                self.assertEqual(past, live)

    def _orders(self):
        """Orders of customers with and without invoices, near midnight too."""
        product = self.product_a.id
        only = self._partner("Orders only")
        for partner, moment, amount in (
            (self.buyers["a"], "2026-05-31 23:30:00", 10),
            (self.buyers["a"], "2025-06-01 00:10:00", 30),
            (self.buyers["b"], "2025-05-31 23:59:00", 20),
            (only, "2026-04-02 12:00:00", 400),
            (only, "2026-05-02 12:00:00", 500),
            (self.buyers["c"], "2026-06-01 00:00:00", 7),
            (self.buyers["d"], "2026-05-20 12:00:00", 8),
        ):
            order = self.env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [
                        (0, 0, {"product_id": product, "price_unit": amount})
                    ],
                }
            )
            order.action_confirm()
            order.date_order = moment

    def test_what_was_scored_stays(self):
        self._documents()
        with self._on("2026-04-30"):
            self.Customer._refresh()
            self.Snapshot._take()
        live = self._told("a", "rfm_score", "rfm_past")["2026-04"]
        # Written by hand, so that it can be told from what the history would give.
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer_snapshot SET rfm_score = '555' WHERE date = %s"
                " AND partner_id = %s",
                "2026-04-30",
                self.buyers["a"].id,
            )
        )
        self.assertEqual(live, ("444", False))
        self.Snapshot._rebuild("2026-02-01")
        told = self._told("a", "rfm_score", "rfm_past")
        self.assertEqual(told["2026-04"], ("555", False))
        self.assertEqual(told["2026-03"], ("214", True))
        # April was scored in its time: its movements are the night's to log.
        self.assertEqual(
            [move[0] for move in self._moves("b") if move[0] < "2026-05"],
            ["2026-03-31"],
        )

    def test_first_night_joins(self):
        """Installed on 15 June: since when and from where is known at once."""
        self._documents()
        self.Customer._refresh()
        self.Snapshot._take()
        self.assertEqual(self._moves("b"), [])
        self.Snapshot._rebuild("2026-02-01")
        # June: as in May d, a, b, but nobody's window has changed.
        row = self._stored(self.buyers["b"])
        row.invalidate_recordset()
        self.assertEqual(row.rfm_score, "141")
        self.assertEqual(str(row.rfm_segment_date), "2026-04-30")
        self.assertEqual(row.rfm_previous_segment_id.name, "Loyal customers")
        # Never moved since it came
        row = self._stored(self.buyers["d"])
        self.assertEqual(str(row.rfm_segment_date), "2026-05-31")
        self.assertFalse(row.rfm_previous_segment_id)
        # Lapsed in March
        row = self._stored(self.buyers["c"])
        self.assertEqual(str(row.rfm_segment_date), "2026-03-31")
        self.assertEqual(row.rfm_previous_segment_id.name, "Hibernating")

    def test_moved_between_the_history_and_the_first_night(self):
        self._documents()
        self._invoice(5, "2026-06-10", partner_id=self.buyers["b"].id)
        self.Snapshot._rebuild("2026-02-01")
        self.Customer._refresh()
        self.Snapshot._take()
        # June: b, d, a: 5, 3, 1; b three purchases, a two: F 5 and 3 of the repeat ones
        self.assertEqual(
            self._moves("b")[-1], ("2026-06-15", "At risk", "Champions", "up")
        )
        count = len(self._moves("b"))
        row = self._stored(self.buyers["b"])
        row.invalidate_recordset()
        self.assertEqual(str(row.rfm_segment_date), "2026-06-15")
        self.assertEqual(row.rfm_previous_segment_id.name, "At risk")
        self.Snapshot._take()
        self.assertEqual(len(self._moves("b")), count)

    def test_months_there_without_scores_wait(self):
        """Installed later than crm_customer360: the months are there already."""
        self._documents()
        self.Snapshot._rebuild()
        self.assertEqual(self.Snapshot._rebuild_waiting(), [])
        self.env.cr.execute(
            SQL("UPDATE crm_customer_snapshot SET rfm_state = NULL, rfm_past = NULL")
        )
        waiting = self.Snapshot._rebuild_waiting()
        self.assertEqual(
            [(str(first), str(last)) for first, last in waiting],
            [("2025-06-01", "2026-05-31"), ("2025-03-01", "2025-05-31")],
        )
        for first, last in waiting:
            self.Snapshot._rebuild(first, last)
        self.assertEqual(self.Snapshot._rebuild_waiting(), [])
        self.assertEqual(self._told("b", "rfm_score")["2026-04"], ("242",))

    def test_months_of_nobody_do_not_wait(self):
        """Of an erased person: there is nobody to score, however often it is tried."""
        self._documents()
        self.Snapshot._rebuild()
        self.buyers["a"]._erase_customer()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer_snapshot SET rfm_state = NULL"
                " WHERE partner_id IS NULL"
            )
        )
        self.assertGreater(self.env.cr.rowcount, 0)
        self.assertEqual(self.Snapshot._rebuild_waiting(), [])
        spans = {
            self.company.id: (Date.to_date("2026-02-28"), Date.to_date("2026-05-31"))
        }
        self.assertEqual(self.Snapshot._history_missing(spans), {})

    def test_left_out(self):
        self._documents()
        self.scheme.exclude_domain = f"[('id', '=', {self.buyers['a'].id})]"
        self.Snapshot._rebuild("2026-04-01")
        self.assertEqual(
            self._told("a", "rfm_state", "rfm_segment_id")["2026-04"],
            ("excluded", self.grid.segment_ids.browse()),
        )
        # b alone: 3 of five
        self.assertEqual(self._told("b", "rfm_score")["2026-04"], ("343",))

    def test_without_a_scheme(self):
        self._documents()
        self.scheme.active = False
        self.Snapshot._rebuild()
        self.assertEqual(self._told("a", "rfm_state")["2026-04"], (False,))
        self.assertEqual(self.Snapshot._rebuild_waiting(), [])
