"""The two ready-made sets of segments, for schemes of five scores."""

from .segments import Box, Segment, boxes_of

DEFAULT = [
    Segment("champions", "Champions", [Box((5, 4), (5, 5))]),
    Segment("loyal", "Loyal customers", [Box((3, 4), (4, 5))]),
    Segment("potential", "Potential loyalists", [Box((4, 2), (5, 3))]),
    Segment("new", "New customers", [Box((5, 1), (5, 1))]),
    Segment("promising", "Promising", [Box((4, 1), (4, 1))]),
    Segment("attention", "Need attention", [Box((3, 3), (3, 3))]),
    Segment("sleeping", "About to sleep", [Box((3, 1), (3, 2))]),
    Segment("at_risk", "At risk", [Box((1, 3), (2, 4))]),
    Segment("cannot_lose", "Can't lose them", [Box((1, 5), (2, 5))]),
    Segment("hibernating", "Hibernating", [Box((1, 1), (2, 2))]),
]

# {letter: (code, name)}
ELEVEN_NAMES = {
    "X": ("champions", "Champions"),
    "Y": ("loyal", "Loyal"),
    "O": ("potential", "Potential loyalists"),
    "R": ("recent", "Recent customers"),
    "P": ("promising", "Promising"),
    "N": ("attention", "Need attention"),
    "S": ("sleeping", "About to sleep"),
    "A": ("at_risk", "At risk"),
    "C": ("cannot_lose", "Can't lose them"),
    "H": ("hibernating", "Hibernating"),
    "L": ("lost", "Lost"),
}
# A line for each R from 1 to 5, a word for each F from 1 to 5, a letter for each M.
ELEVEN_CELLS = """
LLCCC LHHAA LHAAA LAACA LAACC
HHSCC SHHAA HHHAA HAAAA HAAAA
RSPPP SHONN SHONY OONYY OOOYY
RRPPP RROPP OOONY OONYX OOOXX
RRPPP PPPPP OOONN OOYXX OOOXX"""


def _read_cells(table):
    """{letter: cells} of a table like `ELEVEN_CELLS`."""
    cells = {}
    for r, line in enumerate(table.split("\n")[1:], 1):
        for f, word in enumerate(line.split(), 1):
            for m, letter in enumerate(word, 1):
                cells.setdefault(letter, []).append((r, f, m))
    return cells


# Over R × F × M. Money decides within recency and frequency.
ELEVEN = [
    Segment(code, name, boxes_of(_read_cells(ELEVEN_CELLS)[letter]))
    for letter, (code, name) in ELEVEN_NAMES.items()
]

# {code: (segments, axes)}
SETS = {"default": (DEFAULT, 2), "eleven": (ELEVEN, 3)}
