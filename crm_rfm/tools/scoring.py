"""Scores of recency, frequency and monetary value, from 1 (worst) to `bins` (best).

Direction: the highest score is best on all three measures. Fewer days since the last
purchase are better, more purchases are better, more money is better.

A score depends on the values alone, never on the order of the rows; equal values have
equal scores. Only whole numbers are counted and compared, so nothing is rounded:
values may be `int`, `Decimal`, `float` or `Fraction`, zero and negative ones included.

The same in SQL, over the scored customers of one company::

    worse = rank() OVER (ORDER BY value) - 1     -- recency: ORDER BY value DESC
    equal = count(*) OVER (PARTITION BY value)   -- the customer itself included
    n = count(*) OVER ()
    score = least(bins, 1 + bins * (2 * worse + equal) / (2 * n))   -- bigint, `/` = div

and for frequency, where 1 purchase scores 1, the three counts over repeat buyers::

    score = least(bins, 2 + (bins - 1) * (2 * worse + equal) / (2 * n))

The company's own limits instead of ranks: `limits.py`.
"""

from collections import Counter
from dataclasses import dataclass

from .limits import ScoringError, check_bins, check_limits, numbers, score_limits


def mid_rank(values, lowest, highest, fewer_is_better=False):
    """Score by the middle of the place that a value takes among all values.

    With `bins = highest − lowest + 1`, `worse` the number of values strictly worse,
    `equal` the number of equal ones (itself included) and `n` the number of all::

        min(highest, lowest + bins × (2 × worse + equal) div (2 × n))

    :param values: one number for each customer
    :param lowest: score of the worst
    :param highest: score of the best
    :param fewer_is_better: for recency
    :return: list of scores, in the order of the values
    """
    values = numbers(values)
    counts = Counter(values)
    bins, n = highest - lowest + 1, len(values)
    scores, worse = {}, 0
    for value in sorted(counts, reverse=fewer_is_better):
        equal = counts[value]
        place = bins * (2 * worse + equal) // (2 * n)
        scores[value] = min(highest, lowest + place)
        worse += equal
    return [scores[value] for value in values]


def score_quantile(values, bins=5, fewer_is_better=False):
    """Score recency (`fewer_is_better`) or monetary value by mid-rank.

    Nobody, and one customer: 1 + 5 × (0 + 1) div 2 = 3.

    >>> score_quantile([])
    []
    >>> score_quantile([120])
    [3]

    Two: 1 + 5 × 1 div 4 = 2 and 1 + 5 × 3 div 4 = 4. Three: 1, 3, 5. Five: one each.

    >>> score_quantile([100, 200])
    [2, 4]
    >>> score_quantile([100, 200], fewer_is_better=True)
    [4, 2]
    >>> score_quantile([30, 10, 20])
    [5, 1, 3]
    >>> score_quantile([50, 40, 30, 20, 10])
    [5, 4, 3, 2, 1]

    All equal: 1 + 5 × n div 2n = 3, whatever n. Three equal at the bottom of five:
    1 + 5 × 3 div 10 = 2; the next two: 1 + 5 × 7 div 10 = 4, 1 + 5 × 9 div 10 = 5.

    >>> score_quantile([7] * 4)
    [3, 3, 3, 3]
    >>> score_quantile([0, 5, 0, 9, 0])
    [2, 4, 2, 5, 2]

    Refunds may exceed sales; cents are exact.

    >>> from decimal import Decimal
    >>> score_quantile([Decimal("-10.01"), Decimal("-10.02"), Decimal("0.00")])
    [3, 1, 5]
    """
    check_bins(bins)
    return mid_rank(values, 1, bins, fewer_is_better)


def score_frequency(values, bins=5):
    """Score frequency by mid-rank; a single purchase scores 1.

    Most customers of many companies bought once: as ties they would share a score in
    the middle. So repeat buyers are ranked among themselves over 2 to `bins`, with
    `worse`, `equal` and `n` counted over repeat buyers only::

        min(bins, 2 + (bins − 1) × (2 × worse + equal) div (2 × n))

    >>> score_frequency([])
    []
    >>> score_frequency([1, 1, 1])
    [1, 1, 1]

    One repeat buyer: 2 + 4 × 1 div 2 = 4. Two: 2 + 4 × 1 div 4 = 3 and 2 + 4 × 3 div
    4 = 5. Four: one each. All equal: 2 + 4 × n div 2n = 4.

    >>> score_frequency([2, 1])
    [4, 1]
    >>> score_frequency([9, 1, 2, 1])
    [5, 1, 3, 1]
    >>> score_frequency([2, 3, 4, 5, 1])
    [2, 3, 4, 5, 1]
    >>> score_frequency([6, 6, 6])
    [4, 4, 4]
    """
    check_bins(bins)
    values = numbers(values)
    repeat = iter(mid_rank([value for value in values if value > 1], 2, bins))
    return [next(repeat) if value > 1 else 1 for value in values]


@dataclass(frozen=True)
class Band:
    """What the customers of one score have: the cut points in force, for display.

    `worst` and `best` are both values that occur; None when nobody has the score.
    """

    score: int
    count: int
    worst: object = None
    best: object = None


def bands(values, scores, bins=5, fewer_is_better=False):
    """The bands of all scores, score 1 first, from the data that were scored.

    >>> for band in bands([3, 200, 40, 90, 9], [3, 1, 2, 2, 3], 3, True):
    ...     print(band)
    Band(score=1, count=1, worst=200, best=200)
    Band(score=2, count=2, worst=90, best=40)
    Band(score=3, count=2, worst=9, best=3)
    >>> bands([], [], 3)[2]
    Band(score=3, count=0, worst=None, best=None)
    """
    groups = {score: [] for score in range(1, bins + 1)}
    for value, score in zip(numbers(values), scores, strict=True):
        groups[score].append(value)
    result = []
    for score, group in groups.items():
        ends = (min(group), max(group)) if group else (None, None)
        worst, best = reversed(ends) if fewer_is_better else ends
        result.append(Band(score, len(group), worst, best))
    return result


@dataclass(frozen=True)
class Scheme:
    """How to score. Limits are needed for the method `cutpoint` only.

    >>> try:
    ...     Scheme(method="cutpoint")
    ... except ScoringError as error:
    ...     print(error)
    there are 0 limits where 4 are needed
    """

    bins: int = 5
    method: str = "quantile"
    recency_limits: tuple = ()
    frequency_limits: tuple = ()
    monetary_limits: tuple = ()

    def __post_init__(self):
        check_bins(self.bins)
        if self.method == "cutpoint":
            check_limits(self.recency_limits, self.bins, fewer_is_better=True)
            check_limits(self.frequency_limits, self.bins)
            check_limits(self.monetary_limits, self.bins)
        elif self.method != "quantile":
            raise ScoringError("method", method=self.method)


@dataclass(frozen=True)
class Scores:
    """Scores in the order of the customers, and the bands of each measure."""

    r: list
    f: list
    m: list
    r_bands: list
    f_bands: list
    m_bands: list


def score_customers(recency, frequency, monetary, scheme=None):
    """Score customers on all three measures.

    :param recency: days since the last purchase
    :param frequency: number of purchases, at least 1
    :param monetary: untaxed amount, refunds subtracted
    :param scheme: `Scheme`; None is five scores by quantile

    >>> scores = score_customers([10, 400], [7, 1], [99, -5])
    >>> scores.r, scores.f, scores.m
    ([4, 2], [4, 1], [4, 2])
    >>> own = Scheme(3, "cutpoint", (90, 30), (2, 5), (0, 50))
    >>> scores = score_customers([10, 400], [7, 1], [99, -5], own)
    >>> scores.r, scores.f, scores.m
    ([3, 1], [3, 1], [3, 1])
    """
    scheme = scheme or Scheme()
    bins = scheme.bins
    if not len(recency) == len(frequency) == len(monetary):
        raise ScoringError("length")
    if scheme.method == "cutpoint":
        r = score_limits(recency, scheme.recency_limits, fewer_is_better=True)
        f = score_limits(frequency, scheme.frequency_limits)
        m = score_limits(monetary, scheme.monetary_limits)
    else:
        r = score_quantile(recency, bins, fewer_is_better=True)
        f = score_frequency(frequency, bins)
        m = score_quantile(monetary, bins)
    return Scores(
        r,
        f,
        m,
        bands(recency, r, bins, fewer_is_better=True),
        bands(frequency, f, bins),
        bands(monetary, m, bins),
    )
