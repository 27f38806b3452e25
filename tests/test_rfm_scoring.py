# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Scoring and segments in plain Python: what holds for every base of customers."""

import unittest
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from .reference_files import data_dir, read_rows
from .rfm_tools import limits, scoring, segment_sets, segments

# A busy machine is no failure.
settings.register_profile("customer360", deadline=None)
settings.load_profile("customer360")

BINS = st.integers(3, 10)
# Few different values make ties, all-ties among them; amounts are in cents.
AMOUNTS = st.lists(
    st.one_of(
        st.integers(-3, 3).map(Decimal),
        st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100),
    ),
    max_size=40,
)
COUNTS = st.lists(st.integers(1, 6), max_size=40)


class TestScoring(unittest.TestCase):
    def check_order(self, values, scores, bins, fewer_is_better=False):
        """Scores are in range, equal for ties and never worse for a better value."""
        self.assertEqual(len(values), len(scores))
        pairs = sorted(zip(values, scores, strict=True), reverse=fewer_is_better)
        for (value, score), (better, higher) in zip(pairs, pairs[1:], strict=False):
            self.assertTrue(1 <= score <= bins and 1 <= higher <= bins)
            if value == better:
                self.assertEqual(score, higher)
            else:
                self.assertLessEqual(score, higher)

    @given(AMOUNTS, BINS, st.booleans())
    def test_quantile_is_the_definition(self, values, bins, fewer):
        """Counting worse and equal ones for every customer gives the same."""
        scores = scoring.score_quantile(values, bins, fewer)
        self.check_order(values, scores, bins, fewer)
        for value, score in zip(values, scores, strict=True):
            worse = sum(v > value if fewer else v < value for v in values)
            equal = values.count(value)
            self.assertEqual(
                score,
                min(bins, 1 + bins * (2 * worse + equal) // (2 * len(values))),
            )

    @given(COUNTS, BINS)
    def test_frequency_is_the_definition(self, values, bins):
        scores = scoring.score_frequency(values, bins)
        self.check_order(values, scores, bins)
        repeat = [value for value in values if value > 1]
        for value, score in zip(values, scores, strict=True):
            if value == 1:
                self.assertEqual(score, 1)
                continue
            worse = sum(v < value for v in repeat)
            equal = repeat.count(value)
            place = (bins - 1) * (2 * worse + equal) // (2 * len(repeat))
            self.assertEqual(score, min(bins, 2 + place))

    @given(AMOUNTS, BINS, st.data())
    def test_row_order_is_nothing(self, values, bins, data):
        order = data.draw(st.permutations(range(len(values))))
        scores = scoring.score_quantile(values, bins)
        self.assertEqual(
            scoring.score_quantile([values[row] for row in order], bins),
            [scores[row] for row in order],
        )

    @given(AMOUNTS, BINS)
    def test_direction(self, values, bins):
        """Fewer days are better: days score as their negatives do as money."""
        self.assertEqual(
            scoring.score_quantile(values, bins, fewer_is_better=True),
            scoring.score_quantile([-value for value in values], bins),
        )

    @given(AMOUNTS, BINS, st.booleans())
    def test_bands_are_cut_points(self, values, bins, fewer):
        """The worst values of the bands, as limits, give the same scores again."""
        scores = scoring.score_quantile(values, bins, fewer)
        bands = scoring.bands(values, scores, bins, fewer)
        self.assertEqual([band.score for band in bands], list(range(1, bins + 1)))
        self.assertEqual(sum(band.count for band in bands), len(values))
        if all(band.count for band in bands):
            self.assertEqual(
                limits.score_limits(values, [band.worst for band in bands][1:], fewer),
                scores,
            )

    @given(AMOUNTS, st.sets(st.integers(-500, 500), min_size=2, max_size=9))
    def test_limits(self, values, thresholds):
        rising = sorted(thresholds)
        scores = limits.score_limits(values, rising)
        self.check_order(values, scores, len(rising) + 1)
        self.assertEqual(
            scores, [1 + sum(value >= limit for limit in rising) for value in values]
        )
        falling = rising[::-1]
        self.assertEqual(
            limits.score_limits(values, falling, fewer_is_better=True),
            [1 + sum(value <= limit for limit in falling) for value in values],
        )

    def test_refused(self):
        """What cannot be used says why: a code, and the figures."""
        nan = float("nan")
        for code, call in (
            ("bins", lambda: scoring.score_quantile([1], 11)),
            ("number", lambda: scoring.score_quantile([1, nan])),
            ("number", lambda: scoring.score_quantile([1, None])),
            ("length", lambda: scoring.score_customers([1], [1], [])),
            ("method", lambda: scoring.Scheme(method="ntile")),
            ("count", lambda: limits.check_limits([1, 2, 3])),
            ("order", lambda: limits.check_limits([1, 2, 2, 3])),
            ("order", lambda: limits.check_limits([1, 2, 3, 4], fewer_is_better=True)),
            ("open", lambda: limits.limits_from_ranges([(0, 1), (2, 3), (4, None)])),
            ("gap", lambda: limits.limits_from_ranges([(None, 1), (3, 3), (4, None)])),
        ):
            with self.subTest(code), self.assertRaises(scoring.ScoringError) as caught:
                call()
            self.assertEqual(caught.exception.code, code)

    def test_money_ranges(self):
        """Ranges of money are a cent apart."""
        ranges = [(None, "99.99"), ("100", "499.99"), ("500", None)]
        ranges = [[end and Decimal(end) for end in pair] for pair in ranges]
        self.assertEqual(
            limits.limits_from_ranges(ranges, step=Decimal("0.01")), (100, 500)
        )


class TestSegments(unittest.TestCase):
    def test_ready_made_sets(self):
        """Every cell is in exactly one segment, 25 in one set and 125 in the other."""
        for name, cells, count in (("default", 25, 10), ("eleven", 125, 11)):
            with self.subTest(name):
                ready, axes = segment_sets.SETS[name]
                held = [cell for segment in ready for cell in segment.cells()]
                self.assertEqual(len(ready), count)
                self.assertEqual(len({segment.code for segment in ready}), count)
                self.assertEqual(
                    sorted(held), list(product((1, 2, 3, 4, 5), repeat=axes))
                )
                self.assertEqual(len(held), cells)

    def test_default_set(self):
        """As documented: a line for each R from 1, a letter for each F from 1."""
        ready, _axes = segment_sets.SETS["default"]
        letters = {segment.code: segment.name[0] for segment in ready}
        letters.update(at_risk="a", promising="p", potential="o", sleeping="s")
        letters.update(attention="n", cannot_lose="!")
        grid = segments.Grid(ready)
        self.assertEqual(
            [
                "".join(letters[grid.find(r, f)] for f in (1, 2, 3, 4, 5))
                for r in (1, 2, 3, 4, 5)
            ],
            ["HHaa!", "HHaa!", "ssnLL", "pooLL", "NooCC"],
        )

    def test_eleven_as_published(self):
        if not data_dir():
            self.skipTest("no reference data: set CUSTOMER360_DATA")
        ready, axes = segment_sets.SETS["eleven"]
        names = {segment.code: segment.name for segment in ready}
        grid = segments.Grid(ready, axes=axes)
        rows = list(read_rows("segments_11.csv"))
        self.assertEqual(len(rows), 125)
        for row in rows:
            cell = [int(row[axis]) for axis in "rfm"]
            self.assertEqual(names[grid.find(*cell)], row["segment"], cell)

    @given(st.sets(st.tuples(*[st.integers(1, 4)] * 3)))
    def test_boxes_hold_the_cells(self, cells):
        held = [cell for box in segments.boxes_of(cells) for cell in box.cells()]
        self.assertEqual(len(held), len(cells))
        self.assertEqual(set(held), cells)

    def test_gap_and_overlap_are_named(self):
        ready, _axes = segment_sets.SETS["default"]
        moved = [s for s in ready if s.code != "new"]
        moved.append(segments.Segment("own", "Own", [segments.Box((4, 1), (4, 1))]))
        with self.assertRaises(segments.SegmentError) as caught:
            segments.Grid(moved)
        self.assertEqual(caught.exception.gaps, [(5, 1)])
        self.assertEqual(caught.exception.overlaps, {(4, 1): ["promising", "own"]})
        self.assertEqual(
            str(caught.exception),
            "no segment: R5 F1; several segments: R4 F1 (promising, own)",
        )
