"""Hold-out calibration: what the model would have said, against what happened.

Fitted on purchases up to a date, it predicts those of the time since; nothing after the
date enters the fit.
"""

from dataclasses import dataclass, field

from . import bgnbd
from .likelihood import MINIMUM_CUSTOMERS, Fit

# Customers with so many purchases after the first, and those with more, are one group.
LAST_GROUP = 7


@dataclass(frozen=True)
class Calibration:
    """Purchase days of the hold-out time, predicted and actual.

    :param fit: on the first part; without a usable fit there is nothing predicted
    :param predicted: sum over customers
    :param actual: sum over customers
    :param groups: by purchase days after the first in the first part: list of
        (x, or the last one: and more; customers; predicted; actual), both sums
    """

    fit: Fit
    predicted: float | None = None
    actual: float = 0.0
    groups: list = field(default_factory=list)

    @property
    def error(self):
        """predicted ÷ actual − 1; None when nothing was bought.

        >>> Calibration(Fit(), 90.0, 100.0).error
        -0.1
        """
        if self.predicted is None or not self.actual:
            return None
        return round(self.predicted / self.actual - 1, 12)


def calibrate(x, t_x, T, actual, days, minimum=MINIMUM_CUSTOMERS):
    """Fit on histories as of a date and compare with what followed.

    :param x, t_x, T: as of that date, for those who had bought by then
    :param actual: purchase days of each after that date, within `days`
    :param days: length of the hold-out time, in the unit of the times
    """
    return compare(bgnbd.fit(x, t_x, T, minimum), x, t_x, T, actual, days)


def compare(fit, x, t_x, T, actual, days):
    """The same for a model fitted before, to all or to some of the customers.

    :param fit: `Fit` of `bgnbd.BgNbd`
    """
    if not fit.usable:
        return Calibration(fit, actual=float(sum(actual)))
    import numpy as np

    x, actual = np.asarray(x, int), np.asarray(actual, float)
    predicted = bgnbd.expected_purchases(fit.parameters, days, x, t_x, T)
    capped = np.minimum(x, LAST_GROUP)
    columns = [np.bincount(capped, weights) for weights in (None, predicted, actual)]
    return Calibration(
        fit,
        float(predicted.sum()),
        float(actual.sum()),
        [
            (place, int(count), float(said), float(happened))
            for place, (count, said, happened) in enumerate(zip(*columns, strict=True))
            if count
        ],
    )
