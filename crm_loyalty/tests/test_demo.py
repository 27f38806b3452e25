from datetime import date

from odoo.tests import TransactionCase, tagged

from ..demo.tier_history import replay
from ..tools.tiers import Policy


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The history that demo members are given."""

    def test_history(self):
        """Joined, up two tiers at once, one kept, one lost, each on its day."""
        changes, standing = replay(
            Policy((0, 1000, 5000), "rolling", 12),
            date(2023, 1, 10),
            [
                (date(2022, 12, 1), 300),
                (date(2023, 3, 1), 5000),
                # Kept for a year from then; 2,000 in the next is Silver's only.
                (date(2024, 5, 5), 2000),
            ],
            date(2026, 1, 1),
        )
        self.assertEqual(
            [
                (str(change.day), change.before, change.after, change.cause)
                for change in changes
            ],
            [
                ("2023-01-10", None, 0, "join"),
                ("2023-03-01", 0, 2, "upgrade"),
                # 5,000 in the twelve months up to 29 February 2024.
                ("2024-03-01", 2, 2, "renewal"),
                ("2025-03-01", 2, 1, "downgrade"),
            ],
        )
        self.assertEqual((standing.level, str(standing.until)), (1, "2026-02-28"))
