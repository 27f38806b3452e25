from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .test_dry_run import SEGMENTS, DryRunCommon


@tagged("post_install", "-at_install")
class TestMatrix(DryRunCommon):
    def _matrix(self, name="manager", **kwargs):
        return self._as(name, self.Customer).get_rfm_matrix(self.company.id, **kwargs)

    def test_figures(self):
        matrix = self._matrix()
        self.assertEqual(
            sorted(matrix["figures"]),
            [
                [1, 1, 1, 1, 50],
                [2, 4, 4, 1, 600],
                [3, 1, 3, 1, 200],
                [3, 2, 3, 1, 300],
                [4, 1, 2, 1, 100],
                [5, 5, 5, 1, 1000],
            ],
        )
        self.assertEqual(matrix["set"]["id"], self.grid.id)
        self.assertFalse(matrix["set"]["by_amount"])
        self.assertEqual(len(matrix["cells"]), 125)
        champions = self._segment("champions")
        self.assertIn([5, 4, 1, champions.id], matrix["cells"])
        self.assertEqual(matrix["empty"], False)
        self.assertEqual(matrix["notes"], [])
        self.assertTrue(matrix["can_edit"])
        self.assertIn("6 customers are scored, fewer than 50", matrix["small_base"])

    def test_words(self):
        words = self._matrix()["words"]
        self.assertEqual(
            words["r"],
            {
                5: "bought since yesterday",
                4: "bought 5 days ago",
                3: "bought 14 to 45 days ago",
                2: "bought 106 days ago",
                1: "bought 349 days ago",
            },
        )
        self.assertEqual(words["f"][1], "1 purchase")
        self.assertEqual(words["f"][5], "4 purchases")
        self.assertEqual(
            self.scheme.band_table[0]["rows"][2]["r"],
            {"words": "bought 14 to 45 days ago", "customers": 2},
        )

    def test_states(self):
        """a, b and c bought first after 17 March; one contact is a prospect."""
        self._partner("Prospect", customer_rank=1)
        self._invoice(10, "2024-01-01", partner_id=self._partner("Lapsed").id)
        self.Customer._refresh()
        states = {each["state"]: each["customers"] for each in self._matrix()["states"]}
        self.assertEqual(
            (states["new"], states["lapsed"], states["excluded"]), (3, 1, 0)
        )
        for state, count in states.items():
            opened = self._opened({"state": state})
            self.assertEqual(len(opened), count)
        self.assertIn("Prospect", self._opened({"state": "prospect"}).mapped("name"))

    def _opened(self, what, name="manager"):
        action = self._as(name, self.Customer).action_open_rfm(self.company.id, what)
        return self._as(name, self.Customer).search(action["domain"]).partner_id

    def test_figures_open_their_customers(self):
        self.assertEqual(self._opened({"r": 5, "f": 5}).mapped("name"), ["e"])
        self.assertEqual(self._opened({"r": 3, "f": 2, "m": 3}).mapped("name"), ["c"])
        self.assertFalse(self._opened({"r": 3, "f": 2, "m": 4}))
        sleeping = self._segment("about_to_sleep")
        self.assertEqual(
            set(self._opened({"segment_id": sleeping.id}).mapped("name")), {"b", "c"}
        )
        with self.assertRaisesRegex(UserError, "Choose a cell"):
            self._opened({"state": "scored"})

    def test_readers(self):
        """Salespeople count their own customers and those of nobody."""
        self.buyers["e"].user_id = self.users["manager"]
        self.Customer._refresh()
        for name, expected in {
            "sales": 5,
            "all": 6,
            "reader": 6,
            "manager": 6,
        }.items():
            with self.subTest(name):
                matrix = self._matrix(name)
                self.assertEqual(sum(row[3] for row in matrix["figures"]), expected)
                self.assertEqual(matrix["can_edit"], name == "manager")
                self.assertEqual(matrix["can_score"], name == "manager")
                self.assertEqual(len(matrix["notes"]), 6 - expected)
                self.assertEqual(
                    len(self._opened({"r": 5, "f": 5}, name)), expected - 5
                )
        with self.assertRaises(AccessError):
            self._matrix("employee")
        with self.assertRaises(AccessError):
            self._opened({"r": 5, "f": 5}, "employee")
        other = self._create_company(name="Other")
        with self.assertRaises(AccessError):
            self._as("manager", self.Customer).get_rfm_matrix(other.id)

    def test_another_set(self):
        matrix = self._matrix(set_id=self.cube.id)
        self.assertTrue(matrix["set"]["by_amount"])
        self.assertFalse(matrix["set"]["in_use"])
        self.assertIn("does not use this set", matrix["notes"][0])
        four = self.env["crm.rfm.segment.set"].create({"name": "Four", "bins": 4})
        matrix = self._matrix(set_id=four.id)
        self.assertEqual(matrix["figures"], [])
        self.assertIn("scores up to 4", matrix["notes"][0])

    def test_empty(self):
        other = self._create_company(name="Other")
        customers = self.Customer.with_context(allowed_company_ids=other.ids)
        self.assertEqual(
            customers.get_rfm_matrix(other.id)["empty"], "Customers are scored tonight."
        )
        self.assertFalse(customers.action_rfm_score(other.id))
        self.Customer._refresh()
        self.assertTrue(customers.action_rfm_score(other.id))
        self.assertIn(
            "anything in the last 12 months",
            customers.get_rfm_matrix(other.id)["empty"],
        )
        other.rfm_scheme_ids.active = False
        matrix = customers.get_rfm_matrix(other.id)
        self.assertIn("Other has no scheme in force", matrix["empty"])
        self.assertFalse(matrix["set"])
        with self.assertRaises(AccessError):
            self._as("all", self.Customer).action_rfm_score(self.company.id)

    def test_start_of_own_cut_points(self):
        """Where nobody has a score the next free limit is taken; all of it is valid."""
        cuts = self.scheme.get_cuts_in_force(5)
        self.assertEqual([cut["score"] for cut in cuts], [5, 4, 3, 2])
        self.assertEqual([cut["recency_max"] for cut in cuts], [1, 5, 45, 106])
        # Nobody has F 3: 3, and those after it move up.
        self.assertEqual([cut["frequency_min"] for cut in cuts], [5, 4, 3, 2])
        self.assertEqual([cut["monetary_min"] for cut in cuts], [1000, 600, 200, 100])
        self.scheme.write(
            {"method": "cutpoint", "cut_ids": [(0, 0, cut) for cut in cuts]}
        )


@tagged("post_install", "-at_install")
class TestGrid(DryRunCommon):
    def setUp(self):
        super().setUp()
        matrix = self._as("manager", self.Customer).get_rfm_matrix(self.company.id)
        self.parts = [
            {name: segment[name] for name in ("key", "name", "color")}
            for segment in matrix["segments"]
        ]
        self.cells = {tuple(cell[:3]): cell[3] for cell in matrix["cells"]}

    def _paint(self, r, f, segment):
        key = segment if isinstance(segment, int) else self._segment(segment).id
        for m in range(1, 6):
            self.cells[r, f, m] = key

    def _args(self):
        return (
            self.company.id,
            self.parts,
            [[*cell, key] for cell, key in self.cells.items()],
        )

    def _dry_run(self, name="manager"):
        return self._as(name, self.grid).get_grid_dry_run(*self._args())

    def _save(self, **kwargs):
        return self._as("manager", self.grid).save_grid(*self._args(), **kwargs)

    def test_dry_run(self):
        """a leaves Promising, c leaves About to sleep; 100 and 300."""
        before = self.grid._cells()
        self._paint(4, 1, "new_customers")
        self._paint(3, 2, "need_attention")
        result = self._dry_run()
        self.assertEqual(
            self._table(result),
            {
                ("Promising", "New customers"): (1, 100),
                ("About to sleep", "Need attention"): (1, 300),
            },
        )
        self.assertEqual(result["moved"], {"customers": 2, "amount": 400})
        self.assertEqual(result["all"], {"customers": 6, "amount": 2250})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.grid._cells(), before)
        self.assertFalse(self.scheme.pending)

    def test_save(self):
        self._paint(4, 1, "new_customers")
        self._paint(3, 2, "need_attention")
        self.assertEqual(self._save(), self.grid.id)
        self.assertTrue(self.scheme.pending)
        self.assertEqual(
            self._segments(),
            {**SEGMENTS, "a": "New customers", "c": "Need attention"},
        )

    def test_looks_are_no_change_of_the_rules(self):
        self.parts[0].update(name="Stars", color=3)
        self.parts.insert(0, self.parts.pop())
        self._save()
        self.env.invalidate_all()
        self.assertFalse(self.scheme.pending)
        self.assertEqual(self._segment("champions").name, "Stars")
        self.assertEqual(self._segment("champions").color, 3)
        self.assertEqual(self.grid.segment_ids[0], self._segment("hibernating"))

    def test_new_segment(self):
        self.parts.append({"key": -1, "name": "Sleepers", "color": 2})
        self._paint(3, 1, -1)
        self.assertEqual(
            self._table(self._dry_run()), {("About to sleep", "Sleepers"): (1, 200)}
        )
        self._save()
        self.assertEqual(self._segments()["b"], "Sleepers")
        self.assertEqual(self._segments()["c"], "About to sleep")

    def test_delete(self):
        """Promising has a customer and is kept for its history; Loyal has none."""
        promising, loyal = self._segment("promising"), self._segment("loyal_customers")
        gone = (promising.id, loyal.id)
        self.parts = [part for part in self.parts if part["key"] not in gone]
        with self.assertRaisesRegex(
            ValidationError, "no segment: R4 F5, R4 F4, R4 F1, R3 F5, R3 F4"
        ):
            self._dry_run()
        for r, f in ((4, 5), (4, 4), (4, 1), (3, 5), (3, 4)):
            self._paint(r, f, "champions")
        self._save()
        self.assertTrue(promising.exists())
        self.assertFalse(promising.active)
        self.assertFalse(promising.range_ids)
        self.assertFalse(loyal.exists())
        self.assertEqual(self.grid._problems(), [])
        self.assertEqual(self._segments()["a"], "Champions")
        moved = self.Movement.search([("partner_id", "=", self.buyers["a"].id)])
        self.assertEqual(moved.from_id, promising)
        with self.assertRaisesRegex(UserError, "kept for their history"):
            self._segment("champions").unlink()

    def test_archiving_leaves_no_gap(self):
        with self.assertRaisesRegex(ValidationError, "R5 F5, R5 F4"):
            self._segment("champions").active = False

    def test_copy(self):
        """A set that other companies use stays as it is."""
        self.assertGreater(len(self.grid.sudo().scheme_ids), 1)
        before = self.grid._cells()
        self.parts.append({"key": -1, "name": "Sleepers", "color": 2})
        self._paint(3, 1, -1)
        self._paint(5, 3, "champions")
        mine = self.env["crm.rfm.segment.set"].browse(self._save(copy=True))
        self.assertNotEqual(mine, self.grid)
        self.assertEqual(mine.company_id, self.company)
        self.assertEqual(self.scheme.segment_set_id, mine)
        self.env.invalidate_all()
        self.assertEqual(self.grid._cells(), before)
        names = {cell: each.name for cell, each in mine._cells().items()}
        expected = {cell: each.name for cell, each in before.items()}
        for m in range(1, 6):
            expected[3, 1, m] = "Sleepers"
            expected[5, 3, m] = "Champions"
        self.assertEqual(names, expected)

    def test_others_are_named(self):
        """By their names to those who work there, else counted."""
        other = self._create_company(name="Other")
        Customer = self._as("manager", self.Customer)
        seen = Customer.get_rfm_matrix(self.company.id)["set"]
        self.assertEqual(seen["others"], [])
        count = seen["others_hidden"]
        self.users["manager"].company_ids += other
        seen = Customer.get_rfm_matrix(self.company.id)["set"]
        self.assertEqual(seen["others"], ["Other"])
        self.assertEqual(seen["others_hidden"], count - 1)

    def test_bad_changes(self):
        self.parts[1]["name"] = " "
        with self.assertRaisesRegex(ValidationError, "every segment a name"):
            self._dry_run()
        self.parts[1]["name"] = "Champions"
        with self.assertRaisesRegex(ValidationError, "name of its own: Champions"):
            self._dry_run()
        self.parts[1]["key"] = self.cube.segment_ids[0].id
        with self.assertRaisesRegex(UserError, "changed meanwhile"):
            self._save()

    def test_access(self):
        for name in ("sales", "all", "reader", "employee"):
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    self._dry_run(name)
                with self.assertRaises(AccessError):
                    self._as(name, self.grid).save_grid(*self._args())

    def test_matrix_of_a_set(self):
        action = self._as("manager", self.grid).action_open_matrix()
        self.assertEqual(action["params"], {"set_id": self.grid.id, "edit": True})
        action = self._as("all", self.scheme).action_open_matrix()
        self.assertEqual(action["params"], {"set_id": self.grid.id, "edit": False})


@tagged("post_install", "-at_install")
class TestSettings(DryRunCommon):
    def _settings(self, **vals):
        settings = self.env["res.config.settings"].with_company(self.company)
        settings.create({"company_id": self.company.id, **vals}).execute()

    def test_settings_write_the_scheme(self):
        self._settings(rfm_window_months=24, rfm_segment_set_id=self.cube.id)
        self.assertEqual(self.scheme.window_months, 24)
        self.assertEqual(self.scheme.segment_set_id, self.cube)
        self.assertTrue(self.scheme.pending)

    def test_nothing_changed(self):
        self._settings(
            rfm_window_months=12,
            rfm_source="invoice",
            rfm_segment_set_id=self.grid.id,
        )
        self.assertFalse(self.scheme.pending)
