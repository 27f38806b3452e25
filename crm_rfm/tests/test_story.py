from odoo.tests import new_test_user, tagged

from .common import HISTORY, RfmCommon


@tagged("post_install", "-at_install")
class TestStory(RfmCommon):
    """The customer's segment on its page, and its changes on the timeline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"]

    def _documents(self):
        """As in `test_history`; b bought every thirteen days, the last on 5 March."""
        self.buyers = self._buyers(**{name: HISTORY[name] for name in "abc"})
        self.Customer._refresh()
        self.Snapshot._take()
        self.Snapshot._rebuild("2026-02-01")

    def _story(self, name):
        row = self._stored(self.buyers[name])
        row.invalidate_recordset()
        return row.rfm_story

    def test_by_hand(self):
        self._documents()
        story = self._story("b")
        # April to June: a 444, b 242
        self.assertEqual(story["segment"]["name"], "At risk")
        self.assertEqual(
            (story["score"], story["state"], story["small"]), ("242", "scored", True)
        )
        self.assertEqual(story["since"], "2026-04-30")
        self.assertEqual(story["before"], "before: Loyal customers")
        self.assertEqual(
            [
                (month["date"], month["name"], month["score"])
                for month in story["trend"]
            ],
            [
                ("2026-02-28", "New customers", "511"),
                ("2026-03-31", "Loyal customers", "442"),
                ("2026-04-30", "At risk", "242"),
                ("2026-05-31", "At risk", "242"),
                ("2026-06-30", "At risk", "242"),
            ],
        )
        # (5 + 1 + 1) / 15
        self.assertAlmostEqual(story["trend"][0]["level"], 7 / 15)
        # Fewer than three days of purchase: nothing is usual yet.
        self.assertEqual(story["rhythm"], "Days since the last purchase: 102")
        self.assertFalse(story["late"])

    def test_lapsed(self):
        self._documents()
        story = self._story("c")
        self.assertEqual((story["state"], story["state_label"]), ("lapsed", "Lapsed"))
        self.assertFalse(story["segment"])
        self.assertFalse(story["score"])
        self.assertEqual(story["before"], "before: Hibernating")
        self.assertEqual(
            [(month["name"], month["level"]) for month in story["trend"][1:3]],
            [("Lapsed", 0), ("Lapsed", 0)],
        )

    def test_later_than_usual(self):
        """Bought every ten days, the last on 21 May, 25 days ago: 2.5 times."""
        self.buyers = self._buyers(
            a=[("2026-05-01", 1), ("2026-05-11", 1), ("2026-05-21", 1)],
            b=[("2026-05-22", 1), ("2026-06-01", 1), ("2026-06-11", 1)],
        )
        self.Customer._refresh()
        self.assertEqual(
            [(self._story(name)["rhythm"], self._story(name)["late"]) for name in "ab"],
            [
                ("Days since the last purchase: 25, usually 10", True),
                ("Days since the last purchase: 4, usually 10", False),
            ],
        )
        domain = [("lateness", ">", 1.5), ("company_id", "=", self.company.id)]
        self.assertEqual(self.Customer.search(domain).partner_id, self.buyers["a"])

    def test_not_scored_yet(self):
        self.buyers = {"a": self._partner("a", customer_rank=1)}
        self._invoice(1, "2026-06-01", partner_id=self.buyers["a"].id)
        self.Customer._refresh(self.buyers["a"], self.company)
        story = self._story("a")
        self.assertEqual(
            (story["state"], story["state_label"], story["trend"]),
            (False, "Scored tonight", []),
        )

    def test_one_query_for_the_trends_of_all(self):
        self._documents()
        rows = self.Customer.search([("company_id", "=", self.company.id)])
        self.assertGreaterEqual(len(rows), 3)
        # What all of them share: labels, segments, the companies' settings
        rows._rfm_trends()
        counts = []
        for some in (rows[:1], rows):
            self.Snapshot.invalidate_model()
            before = self.env.cr.sql_log_count
            some._rfm_trends()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 2)

    # -- timeline

    def _events(self, name, user=None):
        events = self.env["crm.customer.event"].with_user(user or self.env.user)
        return events.with_context(allowed_company_ids=self.company.ids).search(
            [("partner_id", "=", self.buyers[name].id), ("kind", "=", "segment")],
            order="date",
        )

    def test_timeline(self):
        self._documents()
        self.assertEqual(
            [(str(event.day), event.name) for event in self._events("b")],
            [
                ("2026-03-31", "Moved from New customers to Loyal customers"),
                ("2026-04-30", "Moved from Loyal customers to At risk"),
            ],
        )
        [event] = self._events("c")
        self.assertEqual(event.name, "Left Hibernating, now Lapsed")
        action = event.action_open_document()
        self.assertEqual(action["res_model"], "crm.rfm.movement")
        move = self.Movement.browse(action["res_id"])
        self.assertEqual(move.partner_id, self.buyers["c"])
        self._invoice(400, "2026-06-10", partner_id=self.buyers["c"].id)
        self.Customer._refresh()
        # c, a, b: R 5; a single purchase in the window
        self.assertEqual(self._events("c")[-1].name, "Came into New customers")

    def test_timeline_of_others(self):
        """A salesperson reads of own customers, not of a colleague's."""
        self._documents()
        salesman, other = (
            new_test_user(
                self.env,
                login=f"story_{name}",
                groups=groups,
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for name, groups in (
                ("salesman", "base.group_user,sales_team.group_sale_salesman"),
                ("other", "base.group_user,sales_team.group_sale_salesman"),
            )
        )
        self.buyers["b"].user_id = salesman
        self.assertEqual(len(self._events("b", salesman)), 2)
        self.assertFalse(self._events("b", other))

    # -- averages of scores

    def test_averages_leave_out_who_has_no_scores(self):
        """a 444 and b 242, c lapsed: R is 3 on average, of two and not of three."""
        self._documents()
        [values] = self.Customer.formatted_read_group(
            [("company_id", "=", self.company.id), ("rfm_state", "!=", "prospect")],
            [],
            ["rfm_r:avg", "rfm_f:avg", "rfm_m:avg"],
        )
        self.assertEqual([values[f"rfm_{letter}:avg"] for letter in "rfm"], [3, 4, 3])
        [lapsed] = self.Customer.formatted_read_group(
            [("company_id", "=", self.company.id), ("rfm_state", "=", "lapsed")],
            ["rfm_state"],
            ["rfm_r:avg"],
        )
        self.assertIs(lapsed["rfm_r:avg"], False)
