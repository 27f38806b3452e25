"""How a customer behaves: what tests hold `crm.customer._evaluate_class` against.

Nothing else calls it. Loyal, fairly loyal, disloyal, or loyal to a competitor: the
rules in plain Python; the model has its own in SQL. All comparisons are of integers or
of exact decimals, so that a limit is met by whoever is exactly on it.
"""

from decimal import Decimal

# Multiples of the customer's own cadence.
SILENT = Decimal(3)
IN_RHYTHM = Decimal("1.5")


def lowest(score, bins):
    """Return whether a score is in the lowest two fifths of `bins`, 1 being the worst.

    >>> [score for score in range(1, 6) if lowest(score, 5)]
    [1, 2]
    >>> [score for score in range(1, 4) if lowest(score, 3)]
    [1]
    >>> [score for score in range(1, 11) if lowest(score, 10)]
    [1, 2, 3, 4]
    """
    return 5 * score <= 2 * bins


def highest(score, bins):
    """Return whether a score is in the highest two fifths of `bins`.

    >>> [score for score in range(1, 6) if highest(score, 5)]
    [4, 5]
    >>> [score for score in range(1, 8) if highest(score, 7)]
    [6, 7]
    """
    return 5 * (bins + 1 - score) <= 2 * bins


def classify(state, r, f, bins, days, cadence, evidence):
    """Return the behavioural class of a customer, or None.

    :param state: ``scored``, ``lapsed``, ``new``, ``prospect``, ``excluded`` or None
    :param r: score of recency, 1 to `bins`; None unless scored or new
    :param f: score of frequency
    :param days: since the last purchase; None without one
    :param cadence: usual days between purchases, a Decimal; None when unknown
    :param evidence: whether something tells that a competitor has the customer

    >>> classify("scored", 5, 4, 5, 40, Decimal(30), False)
    'loyal'
    >>> classify("scored", 5, 4, 5, 46, Decimal(30), False)
    'fairly_loyal'
    >>> classify("scored", 3, 4, 5, 91, Decimal(30), True)
    'competitor'
    >>> classify("scored", 3, 4, 5, 91, Decimal(30), False)
    'fairly_loyal'
    >>> classify("scored", 2, 5, 5, 90, Decimal(30), True)
    'disloyal'
    >>> classify("lapsed", None, None, 5, 400, None, True)
    'disloyal'
    >>> classify("new", 5, 1, 5, 100, Decimal(1), True)
    """
    if state not in ("scored", "lapsed"):
        return None
    rhythm = bool(cadence) and days is not None
    if rhythm and evidence and days > SILENT * cadence:
        return "competitor"
    if state == "lapsed" or lowest(r, bins):
        return "disloyal"
    if rhythm and days <= IN_RHYTHM * cadence:
        if highest(r, bins) and highest(f, bins):
            return "loyal"
    return "fairly_loyal"
