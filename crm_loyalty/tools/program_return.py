"""What a program brought: difference in differences over strata.

Members are compared with customers who are no members, of the same stratum: alike
before joining. A *change* is a customer's margin of the year after less that of the
year before. The effect on a member is the mean change of the members of a stratum less
that of the others, averaged over strata by their members: the stratification estimator
of Rubin (1973, Biometrics 29: 159-183), its variance that of independent means (Cochran
1968, Biometrics 24: 295-313). It says what happened beyond what happened to others like
them; it cannot see what the strata do not.
"""

from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Group:
    """Customers of a stratum: how many, sum of their changes, sum of the squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, *changes):
        """
        >>> Group.of(30, 50)
        Group(n=2, total=80, squares=3400)
        """
        return cls(len(changes), sum(changes), sum(change**2 for change in changes))

    @property
    def mean(self):
        return self.total / self.n

    @property
    def deviation(self):
        """Sum of squared deviations from the mean; rounding cannot make it negative.

        >>> Group.of(30, 50).deviation
        200.0
        """
        return max(0.0, self.squares - self.total**2 / self.n)


@dataclass(frozen=True)
class Effect:
    """Effect of the program on a member, in money a year.

    :param effect: None when no member has a comparable other
    :param error: standard error; None when no group has two customers
    :param members: all members
    :param matched: members with comparable others, of whom the effect is
    :param others: the comparable others
    """

    effect: float | None = None
    error: float | None = None
    members: int = 0
    matched: int = 0
    others: int = 0

    @property
    def interval(self):
        """Return the 95 % confidence interval, None without a standard error."""
        if self.effect is None or self.error is None:
            return None
        reach = NORMAL_95 * self.error
        return self.effect - reach, self.effect + reach

    @property
    def unmatched_share(self):
        return 1 - self.matched / self.members if self.members else 0.0


def estimate(strata):
    """Return the `Effect` over strata, pairs of `Group`: members and others.

    Worked by hand: in A members change by 40 on average, others by 10; in B by 20
    and 10. So (2 × 30 + 3 × 10) ÷ 5 = 18. The variances are 200, 100, 100 and 50:
    0.4² (200 ÷ 2 + 100 ÷ 3) + 0.6² (100 ÷ 3 + 50 ÷ 2) = 42.33. The member of C has
    nobody to be compared with, and is left out.

    >>> A = Group.of(30, 50), Group.of(0, 10, 20)
    >>> B = Group.of(10, 20, 30), Group.of(5, 15)
    >>> C = Group.of(1000), Group()
    >>> found = estimate([A, B, C])
    >>> found.effect, found.members, found.matched, found.others
    (18.0, 6, 5, 5)
    >>> round(found.error**2, 2), [round(end, 2) for end in found.interval]
    (42.33, [5.25, 30.75])
    >>> round(found.unmatched_share, 4)
    0.1667

    >>> estimate([C])
    Effect(effect=None, error=None, members=1, matched=0, others=0)
    """
    members = sum(mine.n for mine, _others in strata)
    used = [(mine, others) for mine, others in strata if mine.n and others.n]
    matched = sum(mine.n for mine, _others in used)
    if not matched:
        return Effect(members=members)
    effect = sum(mine.n * (mine.mean - others.mean) for mine, others in used) / matched
    variances = [_variances(groups) for groups in zip(*used, strict=True)]
    error = None
    if None not in variances:
        error = sqrt(
            sum(
                (mine.n / matched) ** 2 * (own / mine.n + other / others.n)
                for (mine, others), own, other in zip(used, *variances, strict=True)
            )
        )
    return Effect(
        effect, error, members, matched, sum(others.n for _mine, others in used)
    )


def _variances(groups):
    """Return the variance in each group; that of all where a group has one customer.

    >>> _variances([Group.of(1, 3), Group.of(7)])
    [2.0, 2.0]
    >>> _variances([Group.of(7)]) is None
    True
    """
    freedom = sum(group.n - 1 for group in groups)
    if not freedom:
        return None
    pooled = sum(group.deviation for group in groups) / freedom
    return [
        group.deviation / (group.n - 1) if group.n > 1 else pooled for group in groups
    ]


def present_value(flows, rate):
    """Return the net present value of monthly flows, the first one today.

    >>> round(present_value([-100, 60, 60], 0.01), 4)
    18.2237
    """
    return sum(flow / (1 + rate) ** month for month, flow in enumerate(flows))


def flows(cohorts, effect, setup, running, months):
    """Return the monthly flows of a program, from the month of the first cohort.

    :param cohorts: ``{month, from 0: (matched members, other costs of their year)}``;
        gains and costs of a cohort are spread over the twelve months after joining
    :param effect: margin a year that a member brought more, rewards taken off
    :param setup: cost once, at the beginning
    :param running: cost a month, in each of the months
    :param months: from the first cohort to the end of the last year, 12 or more

    One member who joins in the first month and brings 120 more, 24 of points made:

    >>> found = flows({0: (1, 24)}, 120, 50, 1, 14)
    >>> found[:3], found[11:]
    ([-51.0, 7.0, 7.0], [7.0, 7.0, -1.0, 0.0])
    """
    result = [0.0] * (months + 1)
    result[0] -= setup
    for month, (matched, costs) in cohorts.items():
        for later in range(month + 1, month + 13):
            result[later] += (matched * effect - costs) / 12
    for month in range(months):
        result[month] -= running
    return result
