from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import HISTORY, RfmCommon


@tagged("post_install", "-at_install")
class TestMovementScreen(RfmCommon):
    """February to May 2026 as worked out in `test_history`; today is 15 June."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"].with_context(
            allowed_company_ids=cls.company.ids
        )
        cls.manager = new_test_user(
            cls.env,
            login="movement_manager",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _documents(self):
        self.buyers = self._buyers(**HISTORY)
        self.Snapshot._rebuild("2026-02-01")

    def _told(self, result):
        """``{(from, to): (customers, direction)}``, places by their names."""
        names = {
            end: {place["key"]: place["name"] for place in result[f"{end}_places"]}
            for end in ("from", "to")
        }
        return {
            (names["from"][move["from"]], names["to"][move["to"]]): (
                move["count"],
                move["direction"],
            )
            for move in result["moves"]
        }

    def test_last_month_against_the_one_before(self):
        self._documents()
        result = self.Snapshot.with_user(self.manager).get_rfm_movement()
        self.assertEqual(
            (result["date_from"], result["date_to"]), ("2026-04-30", "2026-05-31")
        )
        self.assertEqual(
            result["months"], ["2026-05-31", "2026-04-30", "2026-03-31", "2026-02-28"]
        )
        # a 444 → 343, b 242 → 141, c stays lapsed, d is new: 515
        self.assertEqual(
            self._told(result),
            {
                ("Loyal customers", "Loyal customers"): (1, "level"),
                ("At risk", "At risk"): (1, "level"),
                ("Lapsed", "Lapsed"): (1, False),
                ("Not there yet", "New customers"): (1, "in"),
            },
        )
        self.assertEqual(
            result["sentences"],
            [
                "Of 2 customers in a segment, 0 moved up, 0 moved down and 2 stayed.",
                "1 came into a segment, 0 left all segments.",
                "Nobody left Champions.",
            ],
        )
        self.assertEqual(len(result["notes"]), 1, "Reconstructed, and says so")
        self.assertFalse(result["running"])

    def test_three_months(self):
        """a 315 → 343 up, b 511 → 141 down, c 113 → lapsed."""
        self._documents()
        result = self.Snapshot.get_rfm_movement("2026-02-28", "2026-05-31")
        self.assertEqual(
            self._told(result),
            {
                ("About to sleep", "Loyal customers"): (1, "up"),
                ("New customers", "At risk"): (1, "down"),
                ("Hibernating", "Lapsed"): (1, "out"),
                ("Not there yet", "New customers"): (1, "in"),
            },
        )
        self.assertEqual(result["totals"]["up"], {"count": 1, "revenue": 100})
        self.assertEqual(result["totals"]["down"], {"count": 1, "revenue": 20})
        self.assertEqual(result["totals"]["out"], {"count": 1, "revenue": 50})
        # The best first
        self.assertEqual(
            [place["name"] for place in result["from_places"]],
            [
                "Loyal customers",
                "New customers",
                "About to sleep",
                "At risk",
                "Hibernating",
                "Not there yet",
            ],
        )
        # The other way round is the same two months.
        self.assertEqual(
            self.Snapshot.get_rfm_movement("2026-05-31", "2026-02-28"), result
        )

    def test_cells_open_as_many(self):
        """Every cell, row and column opens the customers that it counts."""
        self._documents()
        days = ("2026-02-28", "2026-05-31")
        for first, last in (days, days[::-1]):
            moves = self.Snapshot.rfm_matrix(first, last)["moves"]
            self.assertEqual(len(moves), 4)
            for move in moves:
                action = self.Snapshot.with_user(self.manager).action_open_rfm_move(
                    first, last, str(move["from"]), str(move["to"])
                )
                rows = self.Snapshot.with_user(self.manager).search(action["domain"])
                self.assertEqual(len(rows), move["count"], move)
            for place in {move["to"] for move in moves} - {"absent"}:
                action = self.Snapshot.action_open_rfm_move(first, last, None, place)
                self.assertEqual(
                    self.Snapshot.search_count(action["domain"]),
                    sum(move["count"] for move in moves if move["to"] == place),
                )

            for place in {move["from"] for move in moves} - {"absent"}:
                action = self.Snapshot.action_open_rfm_move(first, last, place)
                self.assertEqual(
                    self.Snapshot.search_count(action["domain"]),
                    sum(move["count"] for move in moves if move["from"] == place),
                )

    def test_segments_of_another_company(self):
        """The set was everybody's once: its names are still those of these months."""
        self._documents()
        self.Customer._refresh()
        self.scheme.segment_set_id = self.cube
        self.Customer._refresh()
        other = self._create_company(name="Other")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_rfm_segment_set SET company_id = %s WHERE id = %s",
                other.id,
                self.grid.id,
            )
        )
        self.env.invalidate_all()
        reader = self.Snapshot.with_user(self.manager)
        told = self._told(reader.get_rfm_movement("2026-02-28", "2026-05-31"))
        self.assertIn(("About to sleep", "Loyal customers"), told)
        with self.assertRaises(AccessError):
            self.grid.segment_ids[0].with_user(self.manager).read(["name"])
        # Names of others are told where their customers are seen, and nowhere else.
        segments = self.grid.segment_ids
        loyal = segments.filtered(lambda row: row.name == "Loyal customers")
        secret = self.cube.sudo().copy({"company_id": other.id}).segment_ids[0]
        secret.name = "Secret"
        self.env.flush_all()
        names = [
            reader.action_open_rfm_move("2026-02-28", "2026-05-31", str(segment.id))
            for segment in (loyal, secret)
        ]
        self.assertEqual(names[0]["name"], "Loyal customers")
        self.assertNotIn("Secret", names[1]["name"])
        row = self._stored(self.buyers["a"]).with_user(self.manager)
        self.assertEqual(row.rfm_story["before"], "before: Loyal customers")
        self.assertEqual(row.rfm_story["trend"][-1]["name"], "Loyal customers")

    def test_names_of_lists(self):
        self._documents()
        loyal = self.Snapshot.search(
            [("partner_id", "=", self.buyers["a"].id), ("date", "=", "2026-05-31")]
        ).rfm_segment_id

        def name(*places):
            return self.Snapshot.action_open_rfm_move(
                "2026-02-28", "2026-05-31", *places
            )["name"]

        self.assertEqual(name(None, loyal.id), "Loyal customers")
        self.assertEqual(name("absent", "lapsed"), "No longer there – now: Lapsed")
        self.assertEqual(name(loyal.id, "other"), "Left Loyal customers")
        for places in (
            (None, "nowhere"),
            (None, "²"),
            (None, "other"),
            ("prospect", "other"),
        ):
            with self.subTest(places=places), self.assertRaises(UserError):
                name(*places)

    def test_who_left_the_best(self):
        """b leaves Champions: what it was worth, and why it left."""
        buyers = self._buyers(
            a=[("2026-03-30", 100), ("2026-03-31", 50), ("2026-04-25", 7)],
            b=[("2026-03-31", 900), ("2026-04-01", 100)],
        )
        buyers["b"].user_id = self.manager
        buyers["c"] = self._partner("c")
        for day in ("2026-05-10", "2026-05-12", "2026-05-13", "2026-05-14"):
            self._invoice(5, day, partner_id=buyers["c"].id)
        self._invoice(5, "2026-05-30", partner_id=buyers["a"].id)
        self.Snapshot._rebuild("2026-03-01")
        # March: both of the 31st R 3; a two purchases, F 4; b one. None a champion.
        # April: a R 4, b R 2. May: a, c, b: R 5, 3, 1; equal F of a and c: 4, b 2.
        result = self.Snapshot.get_rfm_movement("2026-04-30", "2026-05-31")
        self.assertEqual(result["left"]["count"], 0)
        # As if b had been a champion in April
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer_snapshot SET rfm_segment_id = %s"
                " WHERE partner_id = %s AND date = '2026-04-30'",
                self.env.ref("crm_rfm.segment_champions").id,
                buyers["b"].id,
            )
        )
        left = self.Snapshot.get_rfm_movement("2026-04-30", "2026-05-31")["left"]
        self.assertEqual((left["name"], left["count"]), ("Champions", 1))
        self.assertEqual(left["revenue"], 1000)
        [customer] = left["customers"]
        self.assertEqual((customer["name"], customer["place"]), ("b", "Hibernating"))
        self.assertEqual(customer["user"], self.manager.name)
        self.assertEqual((customer["recency_before"], customer["recency"]), (29, 60))
        self.assertEqual(
            (customer["frequency_before"], customer["frequency"], customer["monetary"]),
            (2, 2, 1000),
        )
        action = self.Snapshot.action_open_rfm_move(
            "2026-04-30", "2026-05-31", left["key"], "other"
        )
        self.assertEqual(self.Snapshot.search(action["domain"]).partner_id, buyers["b"])

    def test_running_month(self):
        """The month under way can be chosen; it is not what is shown at first."""
        self._documents()
        self.Customer._refresh()
        self.Snapshot._take()
        result = self.Snapshot.get_rfm_movement()
        self.assertEqual(result["running"], "2026-06-30")
        self.assertEqual(result["date_to"], "2026-05-31")

    def test_nothing_to_show(self):
        self.assertIn("Nobody is scored yet", self.Snapshot.get_rfm_movement()["empty"])
        self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.Snapshot._take()
        # June alone: from July on
        self.assertIn("from 07/01/2026 on", self.Snapshot.get_rfm_movement()["empty"])
        self.scheme.active = False
        self.assertIn("no RFM scheme", self.Snapshot.get_rfm_movement()["empty"])

    def test_a_month_without_scores(self):
        self._documents()
        with self.assertRaises(UserError):
            self.Snapshot.get_rfm_movement("2025-01-31", "2026-05-31")

    def test_whose_customers(self):
        """A salesperson sees own customers; who has no access to customers nothing."""
        self._documents()
        self.buyers["d"].user_id = self.manager
        salesman, nobody = (
            new_test_user(
                self.env,
                login=f"movement_{name}",
                groups=groups,
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for name, groups in (
                ("salesman", "base.group_user,sales_team.group_sale_salesman"),
                ("nobody", "base.group_user"),
            )
        )
        result = self.Snapshot.with_user(salesman).get_rfm_movement()
        self.assertEqual(sum(move["count"] for move in result["moves"]), 3)
        with self.assertRaises(AccessError):
            self.Snapshot.with_user(nobody).get_rfm_movement()
        with self.assertRaises(AccessError):
            self.Snapshot.with_user(nobody).action_open_rfm_move(
                "2026-04-30", "2026-05-31"
            )

    def test_left_the_best_filter(self):
        self._documents()
        move = self.Movement.search([("partner_id", "=", self.buyers["b"].id)])[:1]
        best = self.env.ref("crm_rfm.segment_champions")
        domain = [("left_best", "=", True), ("company_id", "=", self.company.id)]
        self.assertFalse(self.Movement.search(domain))
        self.env.cr.execute(
            SQL(
                "UPDATE crm_rfm_movement SET from_id = %s WHERE id = %s",
                best.id,
                move.id,
            )
        )
        move.invalidate_recordset()
        self.assertEqual(self.Movement.search(domain), move)

    def test_search_place(self):
        with self.assertRaises(UserError):
            self.Snapshot.search([("rfm_was", "=", "lapsed")])
