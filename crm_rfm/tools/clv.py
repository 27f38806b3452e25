"""Predictions for every customer: orders, revenue, value.

`predict` is what the addon calls: it fits both models and returns columns. Each column
is None when its model has no usable fit, which says why.
"""

from dataclasses import dataclass

from . import bgnbd, gamma_gamma
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


def predict(
    x,
    t_x,
    T,
    z,
    margin_rate=1.0,
    discount=DISCOUNT,
    months=MONTHS,
    minimum=MINIMUM_CUSTOMERS,
):
    """Fit both models and predict for the same customers; times are in days.

    :param x, t_x, T: purchase days after the first, see `bgnbd`
    :param z: mean amount of these days, see `gamma_gamma`
    :param margin_rate: margin ÷ revenue, one for all or one for each customer
    :param discount: a month
    """
    purchases = bgnbd.fit(x, t_x, T, minimum)
    amounts = gamma_gamma.fit(x, z, minimum)
    if purchases.reason == "no_scipy":
        return Predictions(purchases, amounts)
    import numpy as np

    columns = {"correlation": gamma_gamma.correlation(x, z)}
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
