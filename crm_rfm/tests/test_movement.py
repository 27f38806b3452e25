from odoo.fields import Date
from odoo.tests import tagged

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestMovement(RfmCommon):
    def _moves(self, partner=None):
        domain = [("company_id", "=", self.company.id)]
        if partner:
            domain.append(("partner_id", "=", partner.id))
        return self.Movement.search(domain, order="id")

    def _told(self, moves):
        return [
            (str(move.date), move.from_id.name, move.to_id.name, move.direction)
            for move in moves
        ]

    def test_life_of_a_customer(self):
        buyers = self._buyers(
            a=[("2025-07-01", 10)],
            b=[("2026-05-01", 20)],
            c=[("2026-06-01", 30), ("2026-06-02", 30)],
        )
        self.Customer._refresh()
        self.assertFalse(self._moves(), "The first scoring is no movement")
        row = self._stored(buyers["a"])
        self.assertEqual(row.rfm_score, "111")
        self.assertEqual(row.rfm_segment_id.name, "Hibernating")
        self.assertEqual(str(row.rfm_segment_date), "2026-06-15")
        self.assertFalse(row.rfm_previous_segment_id)

        # a buys: R 5 of three, F 3 as one of two equal repeat buyers would be 4.
        with self._on("2026-06-20"):
            self._invoice(100, "2026-06-20", partner_id=buyers["a"].id)
            self.Customer._refresh()
            row.invalidate_recordset()
            # Equal repeat buyers: 2 + 4 × 2 div 4 = 4
            self.assertEqual(row.rfm_score, "545")
            move = self._moves(buyers["a"])
            self.assertEqual(
                self._told(move), [("2026-06-20", "Hibernating", "Champions", "up")]
            )
            self.assertEqual(
                (move.old_score, move.score, move.recency_days, move.frequency),
                ("111", "545", 0, 2),
            )
            self.assertEqual((move.monetary, move.cause), (110, "data"))
            self.assertEqual(move.currency_id, self.company.currency_id)
            self.assertEqual(row.rfm_previous_segment_id.name, "Hibernating")
            self.assertEqual(str(row.rfm_segment_date), "2026-06-20")
            # b: recency 3 → 1; c: 5 → 3
            self.assertEqual(
                self._told(self._moves(buyers["b"])),
                [("2026-06-20", "About to sleep", "Hibernating", "down")],
            )
            self.assertEqual(
                self._told(self._moves(buyers["c"])),
                [("2026-06-20", "Champions", "Loyal customers", "down")],
            )
            left = self.Movement.search(
                [("left_best", "=", True), ("company_id", "=", self.company.id)]
            )
            self.assertEqual(left.partner_id, buyers["c"])
            before = len(self._moves())
            self.Customer._refresh()
            self.assertEqual(len(self._moves()), before)

        # A year later b has lapsed, and comes back.
        with self._on("2027-05-02"):
            self.Customer._refresh()
            row = self._stored(buyers["b"])
            row.invalidate_recordset()
            self.assertEqual((row.rfm_state, row.rfm_score), ("lapsed", False))
            self.assertEqual(row.rfm_previous_segment_id.name, "Hibernating")
            move = self._moves(buyers["b"])[-1]
            self.assertEqual(
                self._told(move), [("2027-05-02", "Hibernating", False, "out")]
            )
            # In June, when it was last scored, its first purchase was 50 days ago.
            self.assertEqual((move.old_state, move.state), ("new", "lapsed"))
        with self._on("2027-05-10"):
            self._invoice(5, "2027-05-10", partner_id=buyers["b"].id)
            self.Customer._refresh()
            move = self._moves(buyers["b"])[-1]
            self.assertEqual((move.from_id.name, move.direction), (False, "in"))
            row.invalidate_recordset()
            self.assertEqual(row.rfm_segment_id, move.to_id)
            self.assertEqual(row.rfm_previous_segment_id.name, "Hibernating")

    def test_new_customer_enters(self):
        self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        buyers = self._buyers(b=[("2026-06-01", 10)])
        self.Customer._refresh()
        move = self._moves(buyers["b"])
        # The later one of two: R 4, F 1
        self.assertEqual(self._told(move), [("2026-06-15", False, "Promising", "in")])
        self.assertEqual(move.state, "new")

    def test_changed_rules(self):
        buyers = self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.scheme.segment_set_id = self.cube
        self.Customer._score()
        move = self._moves(buyers["a"])
        self.assertEqual(move.cause, "rules")
        self.assertEqual(move.to_id.set_id, self.cube)
        # Scores 3, 1, 3: promising in the family of eleven
        self.assertEqual(move.to_id.name, "Promising")

    def test_changed_window(self):
        """Scored at once, by the purchases of the old window: nobody has moved yet.

        Those of the new one are read in the night; then it is the rules that move.
        """
        buyers = self._buyers(a=[("2025-01-10", 10)], b=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.scheme.window_months = 24
        self.scheme.action_score()
        self.assertTrue(self.scheme.pending)
        with self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_score").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self.scheme.pending)
        self.Customer._refresh()
        self.assertFalse(self.scheme.pending)
        self.assertEqual(self._stored(buyers["a"]).rfm_state, "scored")
        self.assertEqual(set(self._moves().mapped("cause")), {"rules"})
        # What happens after that is the customers' doing again.
        self._invoice(10, "2026-06-10", partner_id=buyers["a"].id)
        self.Customer._refresh()
        self.assertEqual(self._moves(buyers["a"])[-1].cause, "data")

    def test_left_out(self):
        buyers = self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.scheme.exclude_domain = f"[('id', '=', {buyers['a'].id})]"
        self.Customer._score()
        move = self._moves(buyers["a"])
        self.assertEqual((move.direction, move.state), ("out", "excluded"))

    def test_customers_become_one(self):
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-06-01", 10)])
        self.Customer._refresh()
        self._invoice(10, "2026-06-10", partner_id=buyers["a"].id)
        self.Customer._refresh()
        count = len(self._moves())
        self.assertEqual(count, 2)
        buyers["a"].write({"parent_id": buyers["b"].id, "is_company": False})
        self.Customer._refresh()
        self.assertFalse(self._moves(buyers["a"]))
        self.assertGreaterEqual(len(self._moves(buyers["b"])), count)

    def test_erased(self):
        buyers = self._buyers(a=[("2026-05-01", 10)], b=[("2026-06-01", 10)])
        self.Customer._refresh()
        self._invoice(10, "2026-06-10", partner_id=buyers["a"].id)
        self.Customer._refresh()
        self.assertTrue(self._moves(buyers["a"]))
        Snapshot = self.env["crm.customer.snapshot"]
        Snapshot._rebuild("2026-05-01")
        kept = Snapshot.search(
            [("partner_id", "=", buyers["a"].id), ("date", "=", "2026-05-31")]
        )
        self.assertEqual(str(kept.rfm_last_purchase_date), "2026-05-01")
        buyers["a"]._erase_customer()
        self.assertFalse(self._moves(buyers["a"]))
        self.assertFalse(kept.partner_id)
        self.assertFalse(kept.rfm_last_purchase_date)
        self.assertTrue(self._moves(buyers["b"]))

    # -- month ends

    def test_matrix(self):
        """May against June, by hand; money is the revenue of the window."""
        Snapshot = self.env["crm.customer.snapshot"]
        buyers = self._buyers(a=[("2026-05-02", 100)], b=[("2026-05-01", 20)])
        self._partner("Prospect", company_id=self.company.id, customer_rank=1)
        with self._on("2026-05-31"):
            self.Customer._refresh()
            Snapshot._take()
        self._buyers(c=[("2026-06-10", 7)])
        self._invoice(1000, "2026-06-12", partner_id=buyers["b"].id)
        self.Customer._refresh()
        Snapshot._take()
        # May: a recency 4, frequency 1; b recency 2, frequency 1. June: b 5 and 4, c 3
        # and 1, a 1 and 1.
        result = Snapshot.with_context(allowed_company_ids=self.company.ids).rfm_matrix(
            "2026-05-15", "2026-06-30"
        )
        names = {segment["id"]: segment["name"] for segment in result["segments"]}
        found = {
            (
                names.get(move["from"], move["from"]),
                names.get(move["to"], move["to"]),
            ): (move["count"], move["revenue_from"], move["revenue_to"])
            for move in result["moves"]
        }
        found.pop(("prospect", "prospect"))
        self.assertEqual(
            found,
            {
                ("Promising", "Hibernating"): (1, 100, 100),
                ("Hibernating", "Champions"): (1, 20, 1020),
                ("absent", "About to sleep"): (1, 0, 7),
            },
        )
        self.assertEqual(
            list(names.values()),
            ["Champions", "Promising", "About to sleep", "Hibernating"],
        )
        self.assertEqual(result["currency_id"], self.company.currency_id.id)
        month = Snapshot.search(
            [("partner_id", "=", buyers["b"].id), ("date", "=", "2026-06-30")]
        )
        self.assertEqual(month.rfm_score, "545")
        self.assertEqual(month.rfm_monetary, 1020)

    def test_matrix_without_scores(self):
        """Months that were rebuilt before there was a scheme have none."""
        Snapshot = self.env["crm.customer.snapshot"]
        self.scheme.active = False
        self._buyers(a=[("2026-03-02", 100)])
        Snapshot._rebuild(Date.to_date("2026-03-01"), Date.to_date("2026-04-30"))
        moves = Snapshot.with_context(allowed_company_ids=self.company.ids).rfm_matrix(
            "2026-03-31", "2026-04-30"
        )["moves"]
        self.assertEqual(
            [(move["from"], move["to"], move["revenue_to"]) for move in moves],
            [("unknown", "unknown", 100)],
        )
