"""BG/NBD: how often customers buy, and whether they still do.

Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way. While alive, a
customer buys at random at a rate of its own; after each purchase it leaves for good
with a probability of its own. Over customers, rates are gamma distributed (`r`,
`alpha`), probabilities beta distributed (`a`, `b`).

What it knows of a customer, in one unit of time throughout (days here):

* `x`: distinct purchase days after the first, 0 for a single one,
* `t_x`: from the first purchase day to the last, 0 when `x` is 0,
* `T`: from the first purchase day to today.

A customer with one purchase always looks alive to this model (`p_alive` is 1).

Arguments are sequences or numpy arrays of equal length; results are numpy arrays.
"""

from dataclasses import dataclass
from math import ceil, exp, log

from .likelihood import MINIMUM_CUSTOMERS, MINIMUM_REPEAT, Fit, available, maximise

# Customers enough to choose among the starts of the search.
SAMPLE = 20_000
EDGES = [
    ("rate_split", "rate_alike"),
    ("flat", "flat"),
    ("no_dropout", "all_dropout"),
    ("dropout_split", "dropout_alike"),
]


@dataclass(frozen=True)
class BgNbd:
    """Parameters; `alpha` is in the unit of the times, the others have none."""

    r: float
    alpha: float
    a: float
    b: float


def _histories(x, t_x, T):
    """The three as arrays; what cannot be is refused."""
    import numpy as np

    x, t_x, T = (np.asarray(column, float) for column in (x, t_x, T))
    if not x.shape == t_x.shape == T.shape or x.ndim != 1:
        raise ValueError("x, t_x and T are columns of equal length")
    t_x = np.where(x > 0, t_x, 0)
    if not ((x >= 0) & (x == np.floor(x)) & (t_x >= 0) & (t_x <= T)).all():
        raise ValueError("x is a whole number and 0 <= t_x <= T")
    return x, t_x, T


class _Likelihood:
    """Mean log-likelihood over customers, equal histories counted once.

    theta = (ln r, ln(r ÷ alpha), logit(a ÷ (a + b)), ln(a + b)): the mean rate and the
    mean probability, which the data know well, apart from how much customers differ.
    """

    def __init__(self, x, t_x, T, scale):
        import numpy as np

        self.customers = len(x)
        self.scale = scale
        histories, counts = np.unique(
            np.column_stack((x, t_x, T)), axis=0, return_counts=True
        )
        x, t_x, T = histories.T
        self.weight = counts / self.customers
        self.x, self.T = x, T / self.scale
        self.repeat = np.flatnonzero(x > 0)
        self.t_x = t_x[self.repeat] / self.scale
        # Whatever depends on x alone is computed once for each x.
        self.x_values, places = np.unique(x, return_inverse=True)
        self.x_weight = np.bincount(places, self.weight)
        self.rate = (self.weight @ x) / (self.weight @ self.T)

    def sample(self):
        """The same of every k-th customer, in the order of the histories."""
        import numpy as np

        if self.customers <= 2 * SAMPLE:
            return None
        counts = np.rint(self.weight * self.customers).astype(int)
        chosen = np.repeat(np.arange(len(counts)), counts)
        chosen = chosen[:: self.customers // SAMPLE]
        t_x = np.zeros(len(counts))
        t_x[self.repeat] = self.t_x
        return _Likelihood(self.x[chosen], t_x[chosen], self.T[chosen], 1.0)

    def parameters(self, theta):
        from scipy.special import expit

        r, rate, size = (exp(theta[place]) for place in (0, 1, 3))
        share, rest = float(expit(theta[2])), float(expit(-theta[2]))
        return r, r / rate, size * share, size * rest

    def __call__(self, theta):
        import numpy as np
        from scipy.special import digamma, expit, gammaln

        r, alpha, a, b = self.parameters(theta)
        n, w = self.x_values, self.x_weight
        value = w @ (
            gammaln(r + n)
            - gammaln(r)
            + r * log(alpha)
            + (gammaln(a + b) - gammaln(a + b + n))
            + (gammaln(b + n) - gammaln(b))
        )
        x, weight = self.x, self.weight
        x_repeat = x[self.repeat]
        log_T, log_t = np.log(alpha + self.T), np.log(alpha + self.t_x)
        alive = -(r + x) * log_T
        gone = log(a) - np.log(b + x_repeat - 1) - (r + x_repeat) * log_t
        value += weight @ alive
        excess = gone - alive[self.repeat]
        w_repeat = weight[self.repeat]
        value += w_repeat @ np.logaddexp(0, excess)
        # Probability of having left, weighted.
        left = w_repeat * expit(excess)
        stay = weight.copy()
        stay[self.repeat] -= left
        d_r = w @ (digamma(r + n) - digamma(r)) + log(alpha)
        d_r -= stay @ log_T + left @ log_t
        d_alpha = r - alpha * (
            stay @ ((r + x) / (alpha + self.T))
            + left @ ((r + x_repeat) / (alpha + self.t_x))
        )
        joint = w @ (digamma(a + b) - digamma(a + b + n))
        d_a = joint + left.sum() / a
        d_b = (
            joint + w @ (digamma(b + n) - digamma(b)) - left @ (1 / (b + x_repeat - 1))
        )
        share = a / (a + b)
        return value, np.array(
            [
                r * d_r + d_alpha,
                -d_alpha,
                (a + b) * share * (1 - share) * (d_a - d_b),
                a * d_a + b * d_b,
            ]
        )

    def starts(self):
        rate = log(self.rate)
        return [
            [log(r), rate + log(more), log(share / (1 - share)), log(size)]
            for r, more, share, size in (
                (0.3, 2, 0.25, 3.0),
                (2.0, 1.2, 0.02, 5.0),
                (0.5, 6, 0.5, 1.0),
            )
        ]

    def errors(self, theta, covariance):
        """Relative standard errors of r, alpha, a and b by the delta method."""
        import numpy as np
        from scipy.special import expit

        share = float(expit(theta[2]))
        slopes = np.array(
            [[1, 0, 0, 0], [1, -1, 0, 0], [0, 0, 1 - share, 1], [0, 0, -share, 1]]
        )
        spread = np.sqrt(np.diag(slopes @ covariance @ slopes.T))
        return dict(zip(("r", "alpha", "a", "b"), spread.tolist(), strict=True))


def fit(x, t_x, T, minimum=MINIMUM_CUSTOMERS):
    """Fit by unpenalised maximum likelihood.

    300,000 customers of four years take one processor about 6 s, and up to 16 s when
    they are refused; predicting for them another 2 s.

    :param minimum: fewer customers are refused
    :return: Fit, of `BgNbd`
    """
    if not available():
        return Fit(reason="no_scipy", customers=len(x))
    x, t_x, T = _histories(x, t_x, T)
    base = {"customers": len(x), "repeat": int((x > 0).sum())}
    if len(x) < minimum:
        return Fit(reason="too_small", **base)
    if base["repeat"] < MINIMUM_REPEAT:
        return Fit(reason="one_time_only", **base)
    likelihood = _Likelihood(x, t_x, T, float(T.mean()) or 1.0)
    end = maximise(likelihood, likelihood.starts(), len(x), EDGES, likelihood.sample())
    r, alpha, a, b = likelihood.parameters(end.theta)
    model = BgNbd(r, alpha * likelihood.scale, a, b)
    repeat = x > 0
    alive = p_alive(model, x[repeat], t_x[repeat], T[repeat])
    if end.reason:
        reason = end.reason
        # Where all leave, or nobody, much else is free as well: this explains it.
        if a > 99 * b:
            reason = "all_dropout"
        elif reason.startswith("dropout") and alive.mean() > 0.99:
            reason = "no_dropout"
        return Fit(reason=reason, **base)
    return Fit(
        model,
        **base,
        log_likelihood=float(len(x) * end.value - x.sum() * log(likelihood.scale)),
        errors=likelihood.errors(end.theta, end.covariance),
        alive_share=float((alive > 0.99).mean()),
    )


def p_alive(model, x, t_x, T):
    """Probability that a customer is still one; 1 for those with one purchase.

    With all parameters 1, bought on days 0 and 1, now day 3: 1 ÷ (1 + (4 ÷ 2)²).

    >>> p_alive(BgNbd(1, 1, 1, 1), [1, 0], [1, 0], [3, 3]).round(9).tolist()
    [0.2, 1.0]
    """
    import numpy as np
    from scipy.special import expit

    x, t_x, T = _histories(x, t_x, T)
    n = np.maximum(x, 1)
    excess = (
        log(model.a)
        - np.log(model.b + n - 1)
        + (model.r + n) * (np.log(model.alpha + T) - np.log(model.alpha + t_x))
    )
    return np.where(x > 0, expit(-excess), 1.0)


def _beta_nodes(a, b, size):
    """Gauss–Jacobi quadrature over a beta distribution: places, weights (sum 1).

    By Golub and Welsch (1969), from the recurrence of the Jacobi polynomials.
    """
    import numpy as np
    from scipy.linalg import eigh_tridiagonal

    left, right, both = a - 1, b - 1, a + b - 2
    k = np.arange(1, size)
    diagonal = np.empty(size)
    diagonal[0] = (left - right) / (both + 2)
    diagonal[1:] = (left - right) * both / ((2 * k + both) * (2 * k + both + 2))
    beside = np.empty(size - 1)
    beside[0] = 4 * (1 + left) * (1 + right) / ((2 + both) ** 2 * (3 + both))
    k = k[1:]
    beside[1:] = (4 * k * (k + left) * (k + right) * (k + both)) / (
        (2 * k + both) ** 2 * (2 * k + both + 1) * (2 * k + both - 1)
    )
    places, vectors = eigh_tridiagonal(diagonal, np.sqrt(beside))
    # 0 itself is no place of a quadrature: rounding alone leads there.
    return np.maximum((1 + places) / 2, 1e-300), vectors[0] ** 2


def _quadrature_size(span):
    """Nodes for about 12 digits.

    :param span: longest time ÷ (alpha + T). For large x the integrand falls like
        exp(−x × span × p), under a weight that falls like exp(−x × p)
    """
    import numpy as np

    needed = 14 / np.log1p(2 / span)
    sizes = np.array([16, 32, 64, 128, 256, 512])
    return sizes[np.minimum(np.searchsorted(sizes, needed), len(sizes) - 1)]


def purchases_if_alive(model, x, T, times, weights=None):
    """Expected purchase days within `times` of customers known to be alive.

    The published form (Gauss' hypergeometric function over a − 1) overflows for
    frequent buyers and is undefined at a = 1. It is the mean, over the probability p of
    leaving (beta distributed with a and b + `x`), of ::

        (1 − (1 + p · t ÷ (alpha + T)) ^ −(r + x)) ÷ p

    which is smooth: a few nodes give 12 digits for every x. Equal (x, T) count once.

    :param times: array of times from today on
    :param weights: sum over the times with these weights, instead of a column for each
    :return: array, one row for each customer (and one column for each time)
    """
    import numpy as np

    times = np.asarray(times, float)
    pairs, places = np.unique(np.column_stack((x, T)), axis=0, return_inverse=True)
    x, since = pairs[:, 0], model.alpha + pairs[:, 1]
    sizes = _quadrature_size(max(times.max(), 1e-9) / since)
    result = np.empty((len(x), len(times)) if weights is None else len(x))
    # Sorted by x: one block for each x and size.
    order = np.lexsort((sizes, x))
    keys = np.column_stack((x[order], sizes[order]))
    cuts = np.flatnonzero((keys[1:] != keys[:-1]).any(axis=1)) + 1
    for block in np.split(order, cuts):
        if not len(block):
            continue
        n, size = x[block[0]], int(sizes[block[0]])
        p, share = _beta_nodes(model.a, model.b + n, size)
        share = share / p
        # Blocks of at most 16 MB.
        parts = ceil(len(block) * len(times) * size / 2_000_000)
        for part in np.array_split(block, parts):
            spans = times / since[part][:, None]
            powers = np.log1p(spans[:, :, None] * p)
            powers *= -(model.r + n)
            expected = -np.expm1(powers, out=powers) @ share
            result[part] = expected if weights is None else expected @ weights
    return result[places.ravel()]


def expected_purchases(model, t, x, t_x, T):
    """Expected purchase days in the next `t`, given the history.

    :param t: one time, or a list of times
    :return: array of customers, or of customers × times

    With all parameters 1 and one purchase, 1 day ago: ln(1 + t ÷ 2).

    >>> expected_purchases(BgNbd(1, 1, 1, 1), [2, 6], [0], [0], [1]).round(9).tolist()
    [[0.693147181, 1.386294361]]
    """
    import numpy as np

    x, t_x, T = _histories(x, t_x, T)
    alive = p_alive(model, x, t_x, T)
    result = alive[:, None] * purchases_if_alive(model, x, T, np.atleast_1d(t))
    return result[:, 0] if np.ndim(t) == 0 else result


def expected_purchases_new(model, t):
    """Expected purchase days after the first, within `t` of it, of a new customer.

    With all parameters 1: ln(1 + t).

    >>> round(float(expected_purchases_new(BgNbd(1, 1, 1, 1), 1)), 9)
    0.693147181
    """
    import numpy as np

    result = purchases_if_alive(model, [0], [0], np.atleast_1d(t))[0]
    return result[0] if np.ndim(t) == 0 else result
