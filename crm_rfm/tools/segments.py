"""Segments over the cells of scores: R × F, or R × F × M.

A cell is a tuple of scores, `(r, f)` or `(r, f, m)`; 5 (the number of bins) is best. A
segment is a list of boxes, each from a lowest to a highest score on every axis. A set
of segments is usable when every cell belongs to exactly one segment: `Grid` refuses any
other, naming the cells.

The ready-made sets are in `segment_sets.py`.
"""

from dataclasses import dataclass
from itertools import product

AXES = "RFM"


def cell_name(cell):
    """What people call a cell.

    >>> cell_name((5, 4)), cell_name((5, 4, 1))
    ('R5 F4', 'R5 F4 M1')
    """
    return " ".join(f"{axis}{score}" for axis, score in zip(AXES, cell, strict=False))


def all_cells(bins=5, axes=2):
    """Every cell, lowest scores first.

    >>> len(list(all_cells())), len(list(all_cells(5, 3))), len(list(all_cells(4)))
    (25, 125, 16)
    """
    return product(range(1, bins + 1), repeat=axes)


@dataclass(frozen=True)
class Box:
    """Cells between two corners, both included.

    >>> list(Box((3, 4), (4, 5)).cells())
    [(3, 4), (3, 5), (4, 4), (4, 5)]
    >>> Box((3, 4), (4, 4)).name()
    'R3–4 F4'
    """

    low: tuple
    high: tuple

    def cells(self):
        return product(
            *(
                range(low, high + 1)
                for low, high in zip(self.low, self.high, strict=True)
            )
        )

    def name(self):
        return " ".join(
            f"{axis}{low}" if low == high else f"{axis}{low}–{high}"
            for axis, low, high in zip(AXES, self.low, self.high, strict=False)
        )


@dataclass(frozen=True)
class Segment:
    """A named list of boxes. `code` identifies it; `name` is English, to be translated.

    >>> Segment("best", "Best", [Box((5, 5), (5, 5)), Box((1, 1), (1, 2))]).cells()
    [(5, 5), (1, 1), (1, 2)]
    """

    code: str
    name: str
    boxes: list

    def cells(self):
        return [cell for box in self.boxes for cell in box.cells()]


class SegmentError(ValueError):
    """A set of segments that does not hold every cell once; see `find_problems`.

    `gaps`: cells of no segment. `overlaps`: {cell: codes of its segments}. `outside`:
    {cell that is none: codes}.
    """

    def __init__(self, gaps, overlaps, outside):
        self.gaps = gaps
        self.overlaps = overlaps
        self.outside = outside
        parts = []
        if gaps:
            parts.append("no segment: " + ", ".join(map(cell_name, gaps)))
        if overlaps:
            parts.append("several segments: " + _name_with_codes(overlaps))
        if outside:
            parts.append("no such cell: " + _name_with_codes(outside))
        super().__init__("; ".join(parts))


def _name_with_codes(cells):
    return ", ".join(
        f"{cell_name(cell)} ({', '.join(codes)})" for cell, codes in cells.items()
    )


def find_problems(segments, bins=5, axes=2):
    """What keeps a set of segments from covering every cell once.

    A segment that holds a cell twice counts as an overlap, too.

    >>> three = [Segment("low", "", [Box((1, 1), (2, 3))]),
    ...          Segment("top", "", [Box((2, 3), (3, 3)), Box((4, 1), (4, 1))])]
    >>> gaps, overlaps, outside = find_problems(three, bins=3)
    >>> gaps
    [(3, 1), (3, 2)]
    >>> overlaps
    {(2, 3): ['low', 'top']}
    >>> outside
    {(4, 1): ['top']}

    :return: (list of cells of no segment, {cell: codes of its segments}, {cell that
        does not exist: codes})
    """
    holders = {cell: [] for cell in all_cells(bins, axes)}
    outside = {}
    for segment in segments:
        for cell in segment.cells():
            known = holders if cell in holders else outside
            known.setdefault(cell, []).append(segment.code)
    gaps = [cell for cell, codes in holders.items() if not codes]
    overlaps = {cell: codes for cell, codes in holders.items() if len(codes) > 1}
    return gaps, overlaps, outside


class Grid:
    """A usable set of segments: the segment of every cell.

    >>> halves = [Segment("low", "Low", [Box((1, 1), (1, 3))]),
    ...           Segment("high", "High", [Box((2, 1), (3, 3))])]
    >>> grid = Grid(halves, bins=3)
    >>> grid.find(1, 3), grid.find(2, 1), grid.find(2, 1, 3)
    ('low', 'high', 'high')
    >>> grid.find_all([1, 3], [3, 1])
    ['low', 'high']
    >>> try:
    ...     Grid(halves[:1], bins=3)
    ... except SegmentError as error:
    ...     print(error)
    no segment: R2 F1, R2 F2, R2 F3, R3 F1, R3 F2, R3 F3
    """

    def __init__(self, segments, bins=5, axes=2):
        self.segments = list(segments)
        self.bins = bins
        self.axes = axes
        problems = find_problems(self.segments, bins, axes)
        if any(problems):
            raise SegmentError(*problems)
        # {cell: code}
        self.codes = {
            cell: segment.code for segment in self.segments for cell in segment.cells()
        }

    def find(self, *scores):
        """Code of the segment of these scores; M is passed over by a grid of R × F."""
        return self.codes[scores[: self.axes]]

    def find_all(self, *scores):
        """The same for lists of scores, one list for each axis."""
        return [self.codes[cell] for cell in zip(*scores[: self.axes], strict=True)]


def boxes_of(cells):
    """Few boxes that hold exactly these cells, for instance to store them as ranges.

    Runs along the last axis are joined to equal runs along the axis before it.

    >>> [box.name() for box in boxes_of([(1, 1), (1, 2), (2, 1), (2, 2), (3, 2)])]
    ['R1–2 F1–2', 'R3 F2']
    >>> [box.name() for box in boxes_of([(1, 1, 5), (2, 1, 5), (2, 1, 3)])]
    ['R2 F1 M3', 'R1–2 F1 M5']
    """
    boxes = [Box(cell, cell) for cell in sorted(set(map(tuple, cells)))]
    for axis in reversed(range(len(boxes[0].low) if boxes else 0)):
        boxes = _join(boxes, axis)
    return boxes


def _join(boxes, axis):
    """Join neighbours along one axis that agree on all others."""

    def others(box):
        return (
            box.low[:axis] + box.low[axis + 1 :],
            box.high[:axis] + box.high[axis + 1 :],
        )

    result = []
    for box in sorted(boxes, key=lambda box: (others(box), box.low[axis])):
        last = result[-1] if result else None
        if (
            last
            and others(last) == others(box)
            and box.low[axis] == last.high[axis] + 1
        ):
            result[-1] = Box(last.low, box.high)
        else:
            result.append(box)
    return result
