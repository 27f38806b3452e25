import csv
import os
from itertools import product
from pathlib import Path

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RfmCommon

# Default segments, R × F, as they are agreed upon.
GRID = {
    "Champions": ("5", "45"),
    "Loyal customers": ("34", "45"),
    "Potential loyalists": ("45", "23"),
    "New customers": ("5", "1"),
    "Promising": ("4", "1"),
    "Need attention": ("3", "3"),
    "About to sleep": ("3", "12"),
    "At risk": ("12", "34"),
    "Can't lose them": ("12", "5"),
    "Hibernating": ("12", "12"),
}


@tagged("post_install", "-at_install")
class TestSegments(RfmCommon):
    def _names(self, segment_set):
        return {cell: segment.name for cell, segment in segment_set._cells().items()}

    def test_grid(self):
        """Ready-made: all 25 cells once, whatever the amount."""
        expected = {
            (int(r), int(f), m): name
            for name, (rs, fs) in GRID.items()
            for r, f, m in product(rs, fs, range(1, 6))
        }
        self.assertEqual(len(expected), 125)
        self.assertEqual(self._names(self.grid), expected)
        self.assertEqual(self.grid._problems(), [])
        self.assertEqual(self._segment("champions").cells, "R 5 F 4–5")

    def test_cube(self):
        """Ready-made: the family of eleven; some cells that everybody agrees on."""
        self.assertEqual(self.cube._problems(), [])
        names = self._names(self.cube)
        self.assertEqual(len(names), 125)
        self.assertEqual(len(self.cube.segment_ids), 11)
        self.assertEqual(names[5, 5, 5], "Champions")
        self.assertEqual(names[1, 1, 1], "Lost")
        self.assertEqual(names[1, 5, 5], "Can't lose them")

    def test_cube_cell_by_cell(self):
        named = os.environ.get("CUSTOMER360_DATA")
        path = Path(
            named or Path(__file__).resolve().parents[3] / "shared" / "data",
            "segments_11.csv",
        )
        if not path.is_file():
            self.skipTest("no reference data: set CUSTOMER360_DATA")
        with path.open(encoding="utf-8", newline="") as lines:
            expected = {
                (int(row["r"]), int(row["f"]), int(row["m"])): row["segment"]
                for row in csv.DictReader(lines)
            }
        self.assertEqual(self._names(self.cube), expected)

    # -- gaps and overlaps

    def _refused(self, message, segment_set, vals):
        with (
            self.assertRaisesRegex(ValidationError, message),
            self.cr.savepoint(),
        ):
            segment_set.write(vals)

    def test_gap(self):
        champions = self._segment("champions")
        with (
            self.assertRaisesRegex(ValidationError, r"no segment: R5 F4\."),
            self.cr.savepoint(),
        ):
            champions.range_ids.f_min = 5
        with (
            self.assertRaisesRegex(ValidationError, "no segment: R5 F5, R5 F4"),
            self.cr.savepoint(),
        ):
            champions.unlink()
        champions = self.cube.segment_ids.filtered(lambda s: s.name == "Champions")
        self._refused(
            "no segment: R5 F5 M5, R5 F5 M4, R5 F4 M5",
            self.cube,
            {
                "segment_ids": [
                    Command.update(champions.id, {"range_ids": [Command.clear()]})
                ]
            },
        )

    def test_overlap(self):
        promising = self._segment("promising")
        with (
            self.assertRaisesRegex(
                ValidationError, r"\(New customers, Promising\): R5 F1\."
            ),
            self.cr.savepoint(),
        ):
            promising.range_ids.r_max = 5
        with (
            self.assertRaisesRegex(ValidationError, r"\(Promising\): R4 F1\."),
            self.cr.savepoint(),
        ):
            promising.range_ids = [Command.create({"r_min": 4, "r_max": 4, "f_max": 1})]

    def test_no_such_score(self):
        with (
            self.assertRaisesRegex(ValidationError, "no score above 5: R6 F"),
            self.cr.savepoint(),
        ):
            self._segment("champions").range_ids.r_max = 6

    def test_many_cells_are_counted(self):
        """All 125 cells in two blocks: the best twelve are named."""
        with (
            self.assertRaisesRegex(ValidationError, "R5 F5, .* R3 F4 and 13 more"),
            self.cr.savepoint(),
        ):
            self.env["crm.rfm.segment.set"].create(
                {
                    "name": "Twice",
                    "segment_ids": [
                        Command.create(
                            {"name": name, "range_ids": [Command.create({})]}
                        )
                        for name in ("One", "Two")
                    ],
                }
            )

    def test_share_out_anew(self):
        """What a grid editor saves: every cell with its segment."""
        cells = {cell: s.id for cell, s in self.grid._cells().items()}
        promising, new = self._segment("promising"), self._segment("new_customers")
        for m in range(1, 6):
            cells[5, 1, m] = promising.id if m < 4 else new.id
        self.grid._write_cells(cells)
        self.assertEqual({cell: s.id for cell, s in self.grid._cells().items()}, cells)
        self.assertEqual(new.cells, "R 5 F 1 M 4–5")
        self.assertEqual(len(promising.range_ids), 2)
        del cells[5, 5, 5]
        with (
            self.assertRaisesRegex(ValidationError, "no segment: R5 F5 M5"),
            self.cr.savepoint(),
        ):
            self.grid._write_cells(cells)

    def test_new_set_begins_with_everybody(self):
        seven = self.env["crm.rfm.segment.set"].create({"name": "Seven", "bins": 7})
        self.assertEqual(len(seven._cells()), 343)
        self.assertEqual(seven._problems(), [])

    def test_copy(self):
        copy = self.cube.copy()
        self.assertEqual(self._names(copy), self._names(self.cube))
        self.assertFalse(copy.segment_ids & self.cube.segment_ids)
        self.assertEqual(
            copy.segment_ids[0].activity_summary,
            self.cube.segment_ids[0].activity_summary,
        )

    def test_history_keeps_its_segments(self):
        copy = self.grid.copy()
        self.scheme.segment_set_id = copy
        self._buyers(a=[("2026-05-01", 10)])
        self.Customer._refresh()
        self.scheme.segment_set_id = self.grid
        self.Customer._refresh()
        used = self.Movement.search([("company_id", "=", self.company.id)]).from_id
        self.assertEqual(used.set_id, copy)
        with (
            self.assertRaisesRegex(UserError, "kept for their history"),
            self.cr.savepoint(),
        ):
            used.unlink()

    def test_customers_of_a_segment(self):
        buyers = self._buyers(
            low=[("2026-01-01", 10)], high=[("2026-05-01", 10), ("2026-05-02", 10)]
        )
        self.Customer._refresh()
        # Recency 4, frequency 4; recency 2, frequency 1
        loyal, hibernating = (
            self._segment("loyal_customers"),
            self._segment("hibernating"),
        )
        self.assertEqual(self._stored(buyers["high"]).rfm_segment_id, loyal)
        self.assertEqual(self._stored(buyers["low"]).rfm_segment_id, hibernating)
        mine = [("company_id", "=", self.company.id)]
        action = loyal.action_open_customers()
        self.assertEqual(
            self.Customer.search([*action["domain"], *mine]),
            self._stored(buyers["high"]),
        )
        self.assertEqual(
            loyal.with_context(allowed_company_ids=self.company.ids).customer_count, 1
        )
