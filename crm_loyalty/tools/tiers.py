"""The rules by which a customer moves between the tiers of a program.

Tiers are numbered from 0, the base tier, which asks for nothing and is always there;
`thresholds[level]` is what a tier asks for, in the unit of the measure (money, points
or orders). A *standing* is the tier that the rules give. A tier set by hand lies over
it: when it ends, the standing that went on below is in force again.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .periods import period_end

# Why a standing changed.
UPGRADE, RENEWAL, DOWNGRADE = "upgrade", "renewal", "downgrade"


@dataclass(frozen=True)
class Policy:
    """Rules of a program.

    :param thresholds: ascending, the first one 0
    :param kind, months: window and period, see `periods`
    :param one_level: drop one level at most at the end of a period; else as far as the
        amount says
    :param grace_days: after the end of a period, before the drop
    :param notice_days: before the end of a period, for the notice of a drop
    """

    thresholds: tuple
    kind: str = "calendar"
    months: int = 12
    one_level: bool = True
    grace_days: int = 0
    notice_days: int = 30

    def earned(self, measure):
        """Return the highest tier that a measure reaches; refunds may make it negative.

        >>> policy = Policy((0, 1000, 5000))
        >>> [policy.earned(amount) for amount in (-20, 0, 999.99, 1000, 7000)]
        [0, 0, 0, 1, 2]
        """
        return max(0, bisect_right(self.thresholds, measure) - 1)

    def end(self, day, joined):
        return period_end(self.kind, day, self.months, joined)


@dataclass(frozen=True)
class Standing:
    """A tier, since when, and until when it is kept (None: no end)."""

    level: int
    since: date
    until: date | None


def begin(policy, day, joined):
    """Return the standing of a customer who joins."""
    return Standing(0, day, policy.end(day, joined))


def evaluate(policy, standing, day, now, ended, joined=None):
    """Return the standing after a day, and why it changed (None: it did not).

    :param now: measure in the window of `day`
    :param ended: measure from the beginning of the period that ended with
        `standing.until` up to `day`: what is bought in the grace days counts for it,
        too; looked at only after the period
    :param joined: day of joining, for anniversaries

    Up at once, several levels where they are earned; kept to the end of the year:

    >>> policy = Policy((0, 1000, 5000, 9000), grace_days=10)
    >>> new = begin(policy, date(2025, 3, 1), None)
    >>> gold, why = evaluate(policy, new, date(2025, 11, 2), 6000, 0)
    >>> gold.level, gold.until.isoformat(), why
    (2, '2025-12-31', 'upgrade')

    A refund lowers the measure, and drops nobody before the period ends:

    >>> evaluate(policy, gold, date(2025, 12, 1), 10, 0) == (gold, None)
    True

    With the end of the period it is renewed if met, else dropped after the grace days,
    by one level:

    >>> renewed, why = evaluate(policy, gold, date(2026, 1, 1), 0, 5000)
    >>> renewed.level, renewed.since.isoformat(), renewed.until.isoformat(), why
    (2, '2025-11-02', '2026-12-31', 'renewal')
    >>> evaluate(policy, gold, date(2026, 1, 10), 0, 4999) == (gold, None)
    True
    >>> silver, why = evaluate(policy, gold, date(2026, 1, 11), 0, 10)
    >>> silver.level, silver.until.isoformat(), why
    (1, '2026-12-31', 'downgrade')
    """
    earned = policy.earned(now)
    if earned > standing.level:
        return Standing(earned, day, policy.end(day, joined)), UPGRADE
    if standing.until is None or day <= standing.until:
        return standing, None
    earned = max(earned, policy.earned(ended))
    if earned >= standing.level:
        # From the end of the period, not from the day when somebody looked.
        until = policy.end(standing.until + timedelta(days=1), joined)
        if until is not None and until < day:
            until = policy.end(day, joined)
        return replace(standing, until=until), RENEWAL
    if day <= standing.until + timedelta(days=policy.grace_days):
        return standing, None
    level = max(earned, standing.level - 1) if policy.one_level else earned
    return Standing(level, day, policy.end(day, joined)), DOWNGRADE


def missing(policy, standing, now):
    """Return ``(next level, what it still takes)``, or None in the highest tier.

    >>> missing(Policy((0, 1000, 5000)), Standing(1, date(2026, 1, 1), None), 1200)
    (2, 3800)
    """
    level = standing.level + 1
    if level == len(policy.thresholds):
        return None
    return level, max(0, policy.thresholds[level] - now)


def notice(policy, standing, day, now, ended=0):
    """Return what a customer must still bring to keep the tier, or None.

    :param ended: see `evaluate`; of a rolling window, what will count at the end

    Told from `notice_days` before the end of the period until the drop.

    >>> policy = Policy((0, 1000, 5000), notice_days=30, grace_days=10)
    >>> gold = Standing(2, date(2025, 3, 1), date(2025, 12, 31))
    >>> [notice(policy, gold, date(2025, 12, day), 4200) for day in (1, 2)]
    [None, 800]
    """
    if not standing.level or standing.until is None:
        return None
    first = standing.until - timedelta(days=policy.notice_days - 1)
    last = standing.until + timedelta(days=policy.grace_days)
    if day > standing.until:
        brought = max(now, ended)
    else:
        brought = ended if policy.kind == "rolling" else now
    short = policy.thresholds[standing.level] - brought
    return short if first <= day <= last and short > 0 else None
