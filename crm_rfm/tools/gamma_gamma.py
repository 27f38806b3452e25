"""Gamma-Gamma: what a customer spends on a purchase day.

Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value. The amounts of a customer
vary around a mean of its own (shape `p`), the means vary over customers (`q`, `v`),
both apart from how often it buys. `correlation` says whether that holds.

What it knows of a customer: `x`, the purchase days after the first, and `z`, the mean
amount of these days (the first left out), in company currency. Customers with a single
purchase, and those with a mean of 0 or less, are not fitted.
"""

from dataclasses import dataclass
from math import exp, log

from .likelihood import MINIMUM_CUSTOMERS, MINIMUM_REPEAT, Fit, available, maximise

EDGES = [
    ("flat", "amount_constant"),
    ("no_mean", "amount_alike"),
    ("flat", "flat"),
]


@dataclass(frozen=True)
class GammaGamma:
    """Parameters; `v` is in the unit of the amounts, the others have none."""

    p: float
    q: float
    v: float

    @property
    def mean(self):
        """Expected amount of a customer of whom nothing is known.

        >>> GammaGamma(6.0, 4.0, 15.0).mean
        30.0
        """
        return self.p * self.v / (self.q - 1)


class _Likelihood:
    """Mean log-likelihood; theta = (ln p, ln q, ln(p × v ÷ q))."""

    def __init__(self, x, z):
        import numpy as np

        self.scale = float(z.mean())
        self.x, self.z = x, z / self.scale
        self.log_z = np.log(self.z)
        self.values, self.places = np.unique(x, return_inverse=True)

    def parameters(self, theta):
        p, q, middle = (exp(part) for part in theta)
        return p, q, middle * q / p

    def __call__(self, theta):
        import numpy as np
        from scipy.special import digamma, gammaln

        p, q, v = self.parameters(theta)
        x, z, log_z, n = self.x, self.z, self.log_z, self.values
        log_sum = np.log(x * z + v)
        ratio = log_z + np.log(x) - log_sum
        value = (gammaln(p * n + q) - gammaln(p * n))[self.places]
        value += p * x * ratio - log_z + q * (log(v) - log_sum)
        both = digamma(p * n + q)
        d_p = x * ((both - digamma(p * n))[self.places] + ratio)
        d_q = (both - digamma(q))[self.places] + log(v) - log_sum
        d_v = q - v * (p * x + q) / (x * z + v)
        d_v = d_v.mean()
        return value.mean() - gammaln(q), np.array(
            [p * d_p.mean() - d_v, q * d_q.mean() + d_v, d_v]
        )

    def starts(self):
        return [[log(p), log(q), 0.0] for p, q in ((6.0, 4.0), (1.0, 3.0), (30.0, 8.0))]

    def errors(self, covariance):
        """Relative standard errors of p, q and v by the delta method."""
        import numpy as np

        slopes = np.array([[1, 0, 0], [0, 1, 0], [-1, 1, 1]])
        spread = np.sqrt(np.diag(slopes @ covariance @ slopes.T))
        return dict(zip(("p", "q", "v"), spread.tolist(), strict=True))


def fit(x, z, minimum=MINIMUM_CUSTOMERS):
    """Fit by unpenalised maximum likelihood.

    :param minimum: fewer customers, those of a single purchase included, are refused
    :return: Fit, of `GammaGamma`; its base is who could be fitted
    """
    if not available():
        return Fit(reason="no_scipy", customers=len(x))
    import numpy as np

    x, z = np.asarray(x, float), np.asarray(z, float)
    known = (x > 0) & (z > 0)
    base = {"customers": int(known.sum()), "repeat": int(known.sum())}
    if len(x) < minimum:
        return Fit(reason="too_small", **base)
    if base["repeat"] < MINIMUM_REPEAT:
        return Fit(reason="one_time_only", **base)
    likelihood = _Likelihood(x[known], z[known])
    end = maximise(likelihood, likelihood.starts(), base["repeat"], EDGES)
    if end.reason:
        return Fit(reason=end.reason, **base)
    p, q, v = likelihood.parameters(end.theta)
    if q <= 1:
        return Fit(reason="no_mean", **base)
    return Fit(
        GammaGamma(p, q, v * likelihood.scale),
        **base,
        log_likelihood=base["repeat"] * float(end.value - log(likelihood.scale)),
        errors=likelihood.errors(end.covariance),
    )


def expected_value(model, x, z):
    """Expected amount of a purchase day: the customer's own mean, drawn to that of all.

    The fewer its purchases, the more it is drawn. A mean below 0 counts as 0. Here
    6 × (15 + 2 × 60) ÷ (6 × 2 + 4 − 1), and 6 × 15 ÷ (4 − 1) with one purchase.

    >>> expected_value(GammaGamma(6.0, 4.0, 15.0), [2, 0], [60, 0]).tolist()
    [54.0, 30.0]
    """
    import numpy as np

    x = np.asarray(x, float)
    z = np.where(x > 0, np.maximum(z, 0), 0)
    return model.p * (model.v + x * z) / (model.p * x + model.q - 1)


def correlation(x, z):
    """Correlation of frequency and amount of repeat buyers; the model assumes none.

    :return: −1 to 1, None when it is not defined
    """
    import numpy as np

    x, z = np.asarray(x, float), np.asarray(z, float)
    known = (x > 0) & (z > 0)
    x, z = x[known], z[known]
    if len(x) < 2 or not x.std() or not z.std():
        return None
    return float(np.corrcoef(x, z)[0, 1])
