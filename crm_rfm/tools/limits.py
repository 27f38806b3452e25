"""The company's own limits between scores, and what is refused.

Errors carry a code and figures (``ScoringError``), to be worded in the user's language.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise

MINIMUM_BINS = 3
MAXIMUM_BINS = 10


class ScoringError(ValueError):
    """A setting or a value that cannot be used.

    `code` is one of the keys of `MESSAGES`, `figures` what its text names.

    >>> print(ScoringError("count", expected=4, given=3))
    there are 3 limits where 4 are needed
    """

    MESSAGES = {
        "bins": "the number of scores is {bins}: it lies between {minimum} and"
        " {maximum}",
        "method": "{method} is no method of scoring",
        "count": "there are {given} limits where {expected} are needed",
        "length": "recency, frequency and monetary value have different lengths",
        "number": "{value} is not a number",
        "order": "the limit of score {score} ({limit}) has to be {direction} that of"
        " score {previous_score} ({previous})",
        "reversed": "the range of score {score} ends before it begins: {low} to {high}",
        "gap": "between the ranges of score {previous_score} and score {score} lie"
        " values without a score",
        "overlap": "the ranges of score {previous_score} and score {score} have values"
        " in common",
        "open": "the range of score {score} leaves values beyond it without a score:"
        " its outer end has to be open",
    }

    def __init__(self, code, **figures):
        self.code = code
        self.figures = figures
        super().__init__(self.MESSAGES[code].format(**figures))


def check_bins(bins):
    """Refuse a number of scores outside 3 to 10.

    >>> try:
    ...     check_bins(2)
    ... except ScoringError as error:
    ...     print(error)
    the number of scores is 2: it lies between 3 and 10
    """
    if not MINIMUM_BINS <= bins <= MAXIMUM_BINS:
        raise ScoringError(
            "bins", bins=bins, minimum=MINIMUM_BINS, maximum=MAXIMUM_BINS
        )


def numbers(values):
    """The values as a list; NaN and None would make the order meaningless."""
    result = values.tolist() if hasattr(values, "tolist") else list(values)
    for value in result:
        # NaN is the only number that differs from itself.
        if value is None or isinstance(value, str) or value != value:
            raise ScoringError("number", value=value)
    return result


def check_limits(limits, bins=5, fewer_is_better=False):
    """Refuse limits that are not `bins − 1` numbers in strict order.

    A limit is what a customer must reach to have at least that score: the first is for
    score 2, the last for the highest. They rise; those of recency, which are the most
    days that are still good enough, fall. So there is neither a gap nor an overlap.

    >>> check_limits([100, 500, 1000, 5000])
    (100, 500, 1000, 5000)
    >>> check_limits([365, 180, 90, 30], fewer_is_better=True)
    (365, 180, 90, 30)
    >>> try:
    ...     check_limits([30, 90, 180], fewer_is_better=True)
    ... except ScoringError as error:
    ...     print(error)
    there are 3 limits where 4 are needed
    >>> try:
    ...     check_limits([100, 500, 500, 5000])
    ... except ScoringError as error:
    ...     print(error)
    the limit of score 4 (500) has to be above that of score 3 (500)
    """
    check_bins(bins)
    limits = tuple(numbers(limits))
    if len(limits) != bins - 1:
        raise ScoringError("count", expected=bins - 1, given=len(limits))
    for score, (previous, limit) in enumerate(pairwise(limits), 3):
        if not (limit < previous if fewer_is_better else limit > previous):
            raise ScoringError(
                "order",
                score=score,
                limit=limit,
                direction="below" if fewer_is_better else "above",
                previous_score=score - 1,
                previous=previous,
            )
    return limits


def limits_from_ranges(ranges, step=1, fewer_is_better=False):
    """Limits of the ranges that a user typed, ends included, score 1 first.

    :param ranges: (low, high) for each score; None is an open end
    :param step: what lies between two neighbouring values: 1 day or purchase, 1 cent

    >>> limits_from_ranges([(None, 1), (2, 3), (4, None)])
    (2, 4)
    >>> limits_from_ranges([(91, None), (31, 90), (None, 30)], fewer_is_better=True)
    (90, 30)
    >>> try:
    ...     limits_from_ranges([(None, 1), (3, 4), (5, None)])
    ... except ScoringError as error:
    ...     print(error)
    between the ranges of score 1 and score 2 lie values without a score
    >>> try:
    ...     limits_from_ranges([(None, 2), (2, 4), (5, None)])
    ... except ScoringError as error:
    ...     print(error)
    the ranges of score 1 and score 2 have values in common
    >>> try:
    ...     limits_from_ranges([(None, 2), (4, 3), (5, None)])
    ... except ScoringError as error:
    ...     print(error)
    the range of score 2 ends before it begins: 4 to 3
    """
    ranges = list(ranges)
    bins = len(ranges)
    check_bins(bins)
    for score, (low, high) in enumerate(ranges, 1):
        if low is not None and high is not None and high < low:
            raise ScoringError("reversed", score=score, low=low, high=high)
    rising = list(enumerate(ranges, 1))
    if fewer_is_better:
        rising.reverse()
    (first, (lowest, _)), (last, (_, highest)) = rising[0], rising[-1]
    for score, end in ((first, lowest), (last, highest)):
        if end is not None:
            raise ScoringError("open", score=score)
    for (score, (_, high)), (next_score, (low, _)) in pairwise(rising):
        pair = {
            "previous_score": min(score, next_score),
            "score": max(score, next_score),
        }
        if high is None or low is None or low <= high:
            raise ScoringError("overlap", **pair)
        if low != high + step:
            raise ScoringError("gap", **pair)
    if fewer_is_better:
        limits = [high for _low, high in ranges[1:]]
    else:
        limits = [low for low, _high in ranges[1:]]
    return check_limits(limits, bins, fewer_is_better)


def score_limits(values, limits, fewer_is_better=False):
    """Score by the company's own limits: 1 + the number of limits reached.

    >>> score_limits([1, 2, 3, 4, 99], [2, 4])
    [1, 2, 2, 3, 3]
    >>> score_limits([0, 30, 31, 90, 91], [90, 30], fewer_is_better=True)
    [3, 3, 2, 2, 1]
    >>> score_limits([-50, 0], [-10, 100, 200, 300])
    [1, 2]
    """
    values = numbers(values)
    limits = check_limits(limits, len(limits) + 1, fewer_is_better)
    if fewer_is_better:
        rising = limits[::-1]
        return [1 + len(rising) - bisect_left(rising, value) for value in values]
    return [1 + bisect_right(limits, value) for value in values]
