"""Predictions for every customer: orders, revenue, value.

`predict` is what the addon calls: it fits both models and returns columns. Each column
is None when its model has no usable fit, which says why.
"""

from dataclasses import dataclass

from . import bgnbd, gamma_gamma
from .history import Models
from .likelihood import MINIMUM_CUSTOMERS, Fit

YEAR_DAYS = 365
MONTHS = 36
# 12 months are a year.
MONTH_DAYS = YEAR_DAYS / 12
# A month, about 12.7 % a year.
DISCOUNT = 0.01


def discounted_purchases(
    model,
    x,
    t_x,
    T,
    months=MONTHS,
    discount=DISCOUNT,
    month_days=MONTH_DAYS,
):
    """Expected purchase days of the next months, each month's ÷ (1 + discount)^month.

    :param month_days: length of a month in the unit of the times

    With all parameters 1, a customer new today, two months of one day and a discount of
    one half: ln(2) ÷ 1.5 + (ln(3) − ln(2)) ÷ 2.25 = 0.462098 + 0.180207.

    >>> model = bgnbd.BgNbd(1, 1, 1, 1)
    >>> discounted_purchases(model, [0], [0], [0], 2, 0.5, 1).round(6).tolist()
    [0.642305]
    """
    import numpy as np

    month = np.arange(1, months + 1)
    factor = (1 + discount) ** -month.astype(float)
    # Month by month, Σ (E(k) − E(k − 1)) × factor(k), ordered by E: nothing cancels.
    weights = factor.copy()
    weights[:-1] -= factor[1:]
    alive = bgnbd.p_alive(model, x, t_x, T)
    return alive * bgnbd.purchases_if_alive(model, x, T, month * month_days, weights)


def monthly_revenue(purchases, amounts, x, t_x, T, z, ends):
    """Expected revenue of every customer in every month.

    :param purchases: `BgNbd`
    :param amounts: `GammaGamma`
    :param x, t_x, T, z: histories, see there
    :param ends: days from today on which the months end, rising. What is expected
        from today to the first of them is the first month: give 0 as well where a
        month has begun, and leave its column out
    :return: array of customers × months, in company currency, not discounted

    With all parameters of the purchases 1 and one purchase today, 2 × ln(1 + t) is
    expected where a purchase is worth 2: ln 2 the first day, ln(6 ÷ 2) the next four.

    >>> models = bgnbd.BgNbd(1, 1, 1, 1), gamma_gamma.GammaGamma(1, 2, 2)
    >>> monthly_revenue(*models, [0], [0], [0], [0], [1, 5]).round(6).tolist()
    [[1.386294, 2.197225]]
    """
    import numpy as np

    ends = np.asarray(ends, float)
    if not len(ends) or (ends < 0).any() or (np.diff(ends) <= 0).any():
        raise ValueError("months end one after the other, from today on")
    orders = bgnbd.expected_purchases(purchases, ends, x, t_x, T)
    value = gamma_gamma.expected_value(amounts, x, z)
    return np.diff(orders, axis=1, prepend=0) * value[:, None]


@dataclass(frozen=True)
class Predictions:
    """Columns in the order of the customers (arrays), None without a usable fit.

    :param purchases: Fit of `BgNbd`
    :param amounts: Fit of `GammaGamma`
    :param correlation: of frequency and amount, assumed to be near 0; None: undefined
    :param p_alive: 0 to 1; tells customers apart only if `purchases.flag_usable`
    :param expected_orders: purchase days of the next 365 days
    :param expected_value: amount of a purchase day
    :param expected_revenue: of the next 365 days
    :param clv: margin of the next 36 months, discounted
    """

    purchases: Fit
    amounts: Fit
    correlation: float | None = None
    p_alive: object = None
    expected_orders: object = None
    expected_value: object = None
    expected_revenue: object = None
    clv: object = None


def fit_models(x, t_x, T, z, minimum=MINIMUM_CUSTOMERS):
    """Fit both models; times are in days.

    :param x, t_x, T: purchase days after the first, see `bgnbd`
    :param z: mean amount of these days, see `gamma_gamma`
    :return: `Models`
    """
    purchases = bgnbd.fit(x, t_x, T, minimum)
    amounts = gamma_gamma.fit(x, z, minimum)
    if purchases.reason == "no_scipy":
        return Models(purchases, amounts)
    return Models(purchases, amounts, gamma_gamma.correlation(x, z))


def predict(
    x,
    t_x,
    T,
    z,
    margin_rate=1.0,
    discount=DISCOUNT,
    months=MONTHS,
    minimum=MINIMUM_CUSTOMERS,
    models=None,
):
    """Predict for customers by models that were fitted to them.

    :param x, t_x, T: purchase days after the first, see `bgnbd`; times are in days
    :param z: mean amount of these days, see `gamma_gamma`
    :param margin_rate: margin ÷ revenue, one for all or one for each customer
    :param discount: a month
    :param models: fitted before, to the same or to other customers
    """
    models = models or fit_models(x, t_x, T, z, minimum)
    purchases, amounts = models.purchases, models.amounts
    if "no_scipy" in (purchases.reason, amounts.reason):
        return Predictions(purchases, amounts)
    import numpy as np

    columns = {"correlation": models.correlation}
    if purchases.usable:
        model = purchases.parameters
        columns["p_alive"] = bgnbd.p_alive(model, x, t_x, T)
        columns["expected_orders"] = bgnbd.expected_purchases(
            model, YEAR_DAYS, x, t_x, T
        )
    if amounts.usable:
        value = gamma_gamma.expected_value(amounts.parameters, x, z)
        columns["expected_value"] = value
        if purchases.usable:
            columns["expected_revenue"] = columns["expected_orders"] * value
            orders = discounted_purchases(model, x, t_x, T, months, discount)
            columns["clv"] = orders * value * np.asarray(margin_rate, float)
    return Predictions(purchases, amounts, **columns)
