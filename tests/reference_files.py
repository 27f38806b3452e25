# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where the reference data are, and their rows. Needs no Odoo."""

import csv
import gzip
import os
from pathlib import Path


def data_dir():
    """The folder of the reference data, ``None`` when there is none."""
    named = os.environ.get("CUSTOMER360_DATA")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(named) if named else beside
    return folder if folder.is_dir() else None


def read_rows(name):
    """The rows of a CSV file in that folder, as dictionaries of text."""
    folder = data_dir()
    if not folder:
        raise FileNotFoundError("no reference data: set CUSTOMER360_DATA")
    path = folder / name
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
