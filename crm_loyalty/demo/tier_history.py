"""What a member's tiers would have been, night by night, had the program been there.

Plain Python, from the days on which the member bought or gave back.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from ..tools.periods import window_start
from ..tools.tiers import begin, evaluate

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """A line of the ledger: levels are numbers, None is no tier."""

    day: date
    before: int | None
    after: int
    cause: str
    measure: float
    ended: float
    until: date | None


def replay(policy, joined, sales, today):
    """Return the changes from joining up to a day, and the standing on that day.

    :param sales: ``[(day, amount)]``, credit notes negative
    :return: ``([Change], Standing)``
    """
    standing = begin(policy, joined, joined)
    changes = [Change(joined, None, 0, "join", 0, 0, standing.until)]
    for day in sorted({day for day, _amount in sales if joined <= day <= today}):
        # A period that ended since the last purchase was looked at on its next day.
        while standing.until and standing.until + DAY < day:
            standing = _night(policy, standing, standing.until + DAY, sales, changes)
        standing = _night(policy, standing, day, sales, changes)
    while standing.until and standing.until < today:
        standing = _night(policy, standing, standing.until + DAY, sales, changes)
    return changes, standing


def _night(policy, standing, day, sales, changes):
    """Evaluate the night of a day; append what changed."""

    def brought(kind_day):
        start = window_start(policy.kind, kind_day, policy.months)
        return sum(
            amount
            for when, amount in sales
            if when <= day and (start is None or when >= start)
        )

    now = brought(day)
    ended = brought(min(day, standing.until or day))
    after, cause = evaluate(policy, standing, day, now, ended)
    if cause:
        changes.append(
            Change(day, standing.level, after.level, cause, now, ended, after.until)
        )
    return after
