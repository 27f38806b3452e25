"""Small customers of the demo data: enough of them for scores and a prediction.

Each buys at random with a rate of its own and may stop for good after any purchase, and
spends at random around a mean of its own: the habits that BG/NBD and Gamma-Gamma
describe. The dice are loaded: every demo database is the same.
"""

from dataclasses import dataclass
from random import Random

from odoo.addons.crm_customer360.demo.stories import Story

COUNT = 120
SEED = 62
# Days over which the first purchases are spread.
OLDEST, YOUNGEST = 1050, 20
# Rates follow a gamma law with a mean of one purchase in 110 days; the chance to stop
# after a purchase a beta law with a mean of 0.2.
RATE_SHAPE, RATE_MEAN = 1.3, 1 / 110
STOP = (0.8, 3.2)
# Sizes of one customer's purchases, and what customers have as a mean size.
SIZE_SHAPE = 4
MEAN_SHAPE, MEAN_SIZE = 3, 2
# More would make the loading long.
MOST_PURCHASES = 12


@dataclass(frozen=True)
class Shop(Story):
    """A small customer: when it bought, and how much, the latest first."""

    days: tuple = ()
    sizes: tuple = ()

    def days_ago(self, number):
        return self.days[number]

    def size_of(self, number):
        return self.sizes[number]


def purchase_days(dice):
    """Return how many days ago one customer bought, the first purchase first."""
    day = dice.uniform(YOUNGEST, OLDEST)
    rate = dice.gammavariate(RATE_SHAPE, RATE_MEAN / RATE_SHAPE)
    stop = dice.betavariate(*STOP)
    days = [day]
    while len(days) < MOST_PURCHASES and dice.random() > stop:
        day -= dice.expovariate(rate)
        if day < 2:
            break
        days.append(day)
    return [round(day) for day in days]


def make_shop(number, dice):
    """Return the story of one small customer."""
    days = purchase_days(dice)[::-1]
    # An inverse gamma law: many spend little, few spend much.
    mean = MEAN_SIZE * (MEAN_SHAPE - 1) / dice.gammavariate(MEAN_SHAPE, 1)
    return Shop(
        partner=f"shop{number:03}",
        basket="seats",
        size=mean,
        count=len(days),
        last=days[0],
        pays=dice.choice((-8, -3, 0, 2, 5, 12)),
        ordered=False,
        meetings=(0, 0.0),
        activities=0,
        days=tuple(days),
        sizes=tuple(
            dice.gammavariate(SIZE_SHAPE, mean / SIZE_SHAPE) for _purchase in days
        ),
    )


def make_shops():
    dice = Random(SEED)
    return tuple(make_shop(number, dice) for number in range(1, COUNT + 1))


SHOPS = make_shops()
