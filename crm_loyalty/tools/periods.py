"""Qualification windows and periods of a tier.

A *window* is what a measure is added up over, a *period* how long a tier is kept. Days
are dates, ends are inclusive. Four kinds:

========== ============================ ===========================================
kind       window of a day              end of the period that begins on a day
========== ============================ ===========================================
lifetime   everything up to the day     never
calendar   its calendar year so far     31 December
rolling    so many months up to the day the last day whose window holds the day
anniversary the year since the last      the day before the next anniversary
           anniversary of joining
========== ============================ ===========================================
"""

from calendar import monthrange
from datetime import date, timedelta

KINDS = ("lifetime", "calendar", "rolling", "anniversary")
DAY = timedelta(days=1)


def add_months(day, months):
    """Return the same day of another month, or its last day where there is none.

    >>> add_months(date(2024, 1, 31), 1), add_months(date(2024, 2, 29), 12)
    (datetime.date(2024, 2, 29), datetime.date(2025, 2, 28))
    >>> add_months(date(2026, 3, 31), -1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def anniversary(joined, day):
    """Return the last anniversary of `joined` up to `day`, itself in the first year.

    Who joined on 29 February has the anniversary on 28 February of other years.

    >>> anniversary(date(2024, 2, 29), date(2025, 2, 27))
    datetime.date(2024, 2, 29)
    >>> anniversary(date(2024, 2, 29), date(2025, 2, 28))
    datetime.date(2025, 2, 28)
    >>> anniversary(date(2024, 2, 29), date(2028, 2, 28))
    datetime.date(2027, 2, 28)
    """
    years = max(0, day.year - joined.year)
    if add_months(joined, 12 * years) > day:
        years -= 1
    return add_months(joined, 12 * max(0, years))


def window_start(kind, day, months=12, joined=None):
    """Return the first day of the window of `day`, None: from the beginning.

    >>> window_start("rolling", date(2026, 6, 15), 12)
    datetime.date(2025, 6, 16)
    >>> window_start("calendar", date(2026, 1, 1))
    datetime.date(2026, 1, 1)
    """
    if kind == "lifetime":
        return None
    if kind == "calendar":
        return day.replace(month=1, day=1)
    if kind == "rolling":
        return add_months(day, -months) + DAY
    return anniversary(joined, day)


def period_end(kind, day, months=12, joined=None):
    """Return the last day of the period that `day` begins or lies in, None: no end.

    >>> period_end("calendar", date(2024, 2, 29))
    datetime.date(2024, 12, 31)
    >>> period_end("rolling", date(2024, 6, 15), 12)
    datetime.date(2025, 6, 14)
    >>> period_end("rolling", date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    >>> period_end("anniversary", date(2025, 2, 27), joined=date(2024, 2, 29))
    datetime.date(2025, 2, 27)
    """
    if kind == "lifetime":
        return None
    if kind == "calendar":
        return day.replace(month=12, day=31)
    if kind == "rolling":
        end = add_months(day, months)
        return end if window_start(kind, end, months) <= day else end - DAY
    # Counted from joining: 29 February comes back in leap years.
    years = anniversary(joined, day).year - joined.year + 1
    return add_months(joined, 12 * years) - DAY
