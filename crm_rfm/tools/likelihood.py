"""Maximum likelihood, and when its answer is refused.

A model is *usable* when its likelihood has a maximum inside the space of parameters.
Where it only rises towards an edge (nobody ever leaves; all customers are alike), or is
flat, every figure made from it would be an accident of where the search stopped: such
a fit carries a reason and no parameters.

Needs numpy and scipy, imported when used: `available()`. To import this module and the
models built on it, nothing is needed.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from math import inf

# Fewer say too little about four parameters.
MINIMUM_CUSTOMERS = 50
MINIMUM_REPEAT = 10
# The search leaves no factor of e^12 around its start out.
BOUND = 12.0
# A parameter whose logarithm is uncertain by this much, as standard error, is unknown.
UNKNOWN = 3.0

# {code of a reason: English}
REASONS = {
    "no_scipy": "scipy is not installed",
    "too_small": "too few customers",
    "one_time_only": "too few customers bought more than once",
    "no_dropout": "no sign that customers ever leave for good",
    "all_dropout": "no sign that customers ever come back",
    "dropout_alike": "no sign that customers differ in how easily they leave",
    "dropout_split": "customers either leave at once or never",
    "rate_alike": "no sign that customers differ in how often they buy",
    "rate_split": "a few customers buy without end, the others never again",
    "amount_constant": "each customer always spends the same",
    "amount_alike": "no sign that customers differ in what they spend",
    "no_mean": "amounts are spread so widely that they have no mean",
    "flat": "many different parameters explain the purchases equally well",
    "not_converged": "the search for the best parameters found no end",
}


@cache
def available():
    """Whether numpy and scipy can be used."""
    try:
        for name in ("numpy", "scipy.linalg", "scipy.optimize", "scipy.special"):
            import_module(name)
    except ImportError:
        return False
    return True


@dataclass(frozen=True)
class Fit:
    """What came of fitting a model.

    :param parameters: of the model; None without a usable fit
    :param reason: key of `REASONS`; None for a usable fit
    :param customers: base: customers that the fit looked at
    :param repeat: of these, who bought on two days or more
    :param log_likelihood: natural logarithm, in the unit of the times and amounts given
    :param errors: {parameter: standard error of its logarithm, that is, relative}
    :param alive_share: share of the repeat buyers with `p_alive` above 0.99 (BG/NBD)
    """

    parameters: object = None
    reason: str | None = None
    customers: int = 0
    repeat: int = 0
    log_likelihood: float | None = None
    errors: dict = field(default_factory=dict)
    alive_share: float | None = None

    @property
    def usable(self):
        return self.reason is None

    @property
    def flag_usable(self):
        """Whether `p_alive` tells customers apart: not if all but 5 % seem alive."""
        return self.alive_share is not None and self.alive_share < 0.95


@dataclass(frozen=True)
class Optimum:
    """Where the search ended.

    :param free: direction in which the likelihood does not fall; None at a maximum
    :param reason: the edge that lies there
    """

    theta: object
    value: float = -inf
    covariance: object = None
    free: object = None
    reason: str | None = None


def maximise(objective, starts, weight, edges, sample=None):
    """Find the maximum of a likelihood, or say that there is none.

    :param objective: theta → (mean log-likelihood, its gradient as array)
    :param starts: list of thetas to start from
    :param weight: number of customers behind the mean
    :param edges: for each component of theta: (reason towards −∞, towards +∞)
    :param sample: the same of some customers, to choose among the starts quickly
    :return: Optimum
    """
    import numpy as np
    from scipy import optimize

    def search(function, start):
        return optimize.minimize(
            function,
            np.asarray(start, float),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 300, "gtol": 1e-7, "ftol": 1e-13},
        )

    centre = np.mean(starts, axis=0)
    bounds = np.column_stack((centre - BOUND, centre + BOUND))
    negative = _negative(objective)
    with np.errstate(all="ignore"):
        found = [search(_negative(sample or objective), start) for start in starts]
        found = [end for end in found if np.isfinite(end.fun)]
        if not found:
            return Optimum(centre, reason="not_converged")
        theta = min(found, key=lambda end: end.fun).x
        if sample:
            theta = search(negative, theta).x
        end = _settle(negative, theta, weight, bounds)
    if end.free is None:
        return end
    place = int(np.argmax(np.abs(end.free)))
    reason = edges[place][int(end.theta[place] > centre[place])]
    return replace(end, reason=reason)


def _negative(objective):
    """What a minimiser expects."""

    def negative(theta):
        value, gradient = objective(theta)
        return -value, -gradient

    return negative


def _settle(negative, theta, weight, bounds):
    """Newton's method from a point near the end, to judge what kind of end it is.

    At a maximum its steps shrink to nothing at once. Towards an edge the likelihood
    flattens exponentially, and they never do: so their length tells the two apart where
    the gradient, small in both cases, cannot.
    """
    import numpy as np

    value, gradient = negative(theta)
    outside = np.zeros(len(theta), bool)
    for _round in range(25):
        hessian = _hessian(negative, theta)
        if not np.all(np.isfinite(hessian)):
            return Optimum(theta, -value, reason="not_converged")
        values, vectors = np.linalg.eigh(hessian)
        # The smallest curvature that rounding lets us tell from none.
        curved = values[0] > 1e-10 * values[-1]
        # Where the likelihood is no hill (yet), its steps climb all the same.
        values = np.maximum(np.abs(values), 1e-10 * values[-1])
        step = -vectors @ ((vectors.T @ gradient) / values)
        # Twice what the likelihood of all customers has still to gain.
        gain = -weight * (gradient @ step)
        length = np.max(np.abs(step))
        if curved and (length < 1e-7 or (length < 1e-4 and gain < 1e-14)):
            covariance = np.linalg.inv(hessian) / weight
            if np.max(np.diag(covariance)) > UNKNOWN**2:
                return Optimum(theta, -value, free=vectors[:, 0])
            return Optimum(theta, -value, covariance)
        step *= min(1, 2 / length)
        moved = False
        for _halving in range(30):
            trial = theta + step
            new_value, new_gradient = negative(trial)
            # Rounding moves the last digits of the value up and down.
            if new_value <= value + 1e-12 * abs(value):
                theta, value, gradient, moved = trial, new_value, new_gradient, True
                break
            step /= 2
        outside = (theta <= bounds[:, 0]) | (theta >= bounds[:, 1])
        if outside.any() or not moved:
            break
    direction = outside.astype(float) if outside.any() else vectors[:, 0]
    return Optimum(theta, -value, free=direction)


def _hessian(negative, theta):
    """Second derivatives, from differences of the gradient."""
    import numpy as np

    size, width = len(theta), 1e-4
    rows = np.empty((size, size))
    for place in range(size):
        shift = np.zeros(size)
        shift[place] = width
        rows[place] = (negative(theta + shift)[1] - negative(theta - shift)[1]) / (
            2 * width
        )
    return (rows + rows.T) / 2
