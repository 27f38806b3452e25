"""Sales forecast: the months, and what is expected of customers in them.

Plain Python, so that orders and pipeline are forecast without numpy too.
"""

from calendar import monthrange
from collections import defaultdict
from datetime import date

MONTHS = 12


def month_starts(day, count=MONTHS):
    """Return the first days of `count` months, from that of `day` on; back if negative.

    >>> month_starts(date(2026, 11, 22), 3)
    [datetime.date(2026, 11, 1), datetime.date(2026, 12, 1), datetime.date(2027, 1, 1)]
    >>> month_starts(date(2026, 2, 28), -2)
    [datetime.date(2025, 12, 1), datetime.date(2026, 1, 1)]
    """
    first = day.year * 12 + day.month - 1
    places = range(first, first + count) if count > 0 else range(first + count, first)
    return [date(place // 12, place % 12 + 1, 1) for place in places]


def month_end(day):
    """Return the last day of the month of `day`.

    >>> month_end(date(2028, 2, 3))
    datetime.date(2028, 2, 29)
    """
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_days(as_of, months):
    """Return the days from `as_of`, the last day known, to the end of each month.

    :param months: days of these months

    >>> month_days(date(2026, 6, 15), month_starts(date(2026, 6, 15), 3))
    [15, 46, 77]
    """
    return [(month_end(month) - as_of).days for month in months]


class ModelRevenue:
    """What the model expects of customers in months; empty without a model.

    :param partner_ids: in the order of the rows of `amounts`
    :param months: in the order of its columns
    :param amounts: array of customers × months
    """

    def __init__(self, partner_ids=(), months=(), amounts=None):
        self.partner_ids = list(partner_ids)
        self.amounts = amounts
        self._rows = {partner: row for row, partner in enumerate(self.partner_ids)}
        self._columns = {month: column for column, month in enumerate(months)}

    def amount(self, partner_id, month):
        """Return what is expected of a customer in a month; 0 of an unknown one."""
        row = self._rows.get(partner_id)
        if row is None:
            return 0.0
        return float(self.amounts[row, self._columns[month]])

    def by_key(self, keys):
        """Return ``{(key, month): amount}``, summed over the customers of each key.

        :param keys: ``{partner id: key}``; a customer without one has the key None
        """
        if not self.partner_ids:
            return {}
        import numpy as np

        places = {}
        owner = np.fromiter(
            (
                places.setdefault(keys.get(partner), len(places))
                for partner in self.partner_ids
            ),
            int,
            len(self.partner_ids),
        )
        result = {}
        for month, column in self._columns.items():
            sums = np.bincount(owner, self.amounts[:, column], len(places))
            result.update(
                ((key, month), float(sums[place])) for key, place in places.items()
            )
        return result


def beyond_model(cells, model):
    """Return what orders and pipeline are beyond the model, customer by customer.

    A customer is expected to bring the larger of the two in a month, never their sum:
    Σ max(model, open) = Σ model + Σ max(open − model, 0), and only the customers with
    something open can add to the latter.

    :param cells: ``{(partner id, month): amount of orders and pipeline}``
    :param model: ``(partner id, month) → amount``
    :return: ``{(partner id, month): amount > 0}``

    A model of 100 covers 90 of orders and pipeline, not 150.

    >>> beyond_model({(1, "May"): 90, (2, "May"): 150}, lambda partner, month: 100)
    {(2, 'May'): 50}
    """
    beyond = {cell: amount - model(*cell) for cell, amount in cells.items()}
    return {cell: amount for cell, amount in beyond.items() if amount > 0}


class Sums:
    """Amounts of several names, added up by key.

    >>> sums = Sums(["model", "orders"])
    >>> sums.add(("May", 1), model=10.004)
    >>> sums.add(("May", 1), orders=5, model=1)
    >>> sums.add(("June", 1), model=0.004)
    >>> sums.rows(lambda amount: round(amount, 2))
    [('May', 1, 11.0, 5)]
    """

    def __init__(self, names):
        self.names = names
        self._sums = defaultdict(lambda: dict.fromkeys(names, 0))

    def add(self, key, **amounts):
        row = self._sums[key]
        for name, amount in amounts.items():
            row[name] += amount

    def rows(self, rounded):
        """Return ``[(*key, *amounts)]``, rounded; without those that are all zero."""
        rows = [
            (key, tuple(rounded(row[name]) for name in self.names))
            for key, row in self._sums.items()
        ]
        return [(*key, *amounts) for key, amounts in rows if any(amounts)]


def errors(predicted, actual):
    """Return the error of the total and the mean absolute error of a month.

    Both as shares of what happened: of the total, and of the mean month. None where
    nothing happened.

    Said 110 and 90, became 100 and 100: right in total, 10 % wrong a month.

    >>> errors([110, 90], [100, 100])
    (0.0, 0.1)
    >>> errors([50], [0])
    (None, None)
    """
    total = sum(actual)
    if total <= 0:
        return None, None
    misses = sum(abs(one - two) for one, two in zip(predicted, actual, strict=True))
    return (sum(predicted) - total) / total, misses / total
