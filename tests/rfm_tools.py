# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The plain modules of `crm_rfm`: of the addon under Odoo, else by themselves.

Without Odoo:
`PYTHONPATH=bin pytest -p no:odoo -p pure_modules tests/test_rfm_scoring.py`
"""

import sys

if "odoo" in sys.modules:
    from odoo.addons.crm_rfm.tools import (
        bgnbd,
        calibration,
        clv,
        gamma_gamma,
        likelihood,
        limits,
        scoring,
        segment_sets,
        segments,
    )
else:
    from crm_rfm.tools import (
        bgnbd,
        calibration,
        clv,
        gamma_gamma,
        likelihood,
        limits,
        scoring,
        segment_sets,
        segments,
    )

__all__ = [
    "bgnbd",
    "calibration",
    "clv",
    "gamma_gamma",
    "likelihood",
    "limits",
    "scoring",
    "segment_sets",
    "segments",
]
