"""Points of a card as lots: what was earned with which document, and what is left.

Points are used, and expire, first in first out: the lot that expires first goes first,
of equal ones the older. What a card shows never falls below 0: when a credit note takes
back points that were spent already, the rest is a debt, which what is earned next
repays. At any time: Σ of what is left in the lots = points of the card.
"""

from dataclasses import dataclass, field
from datetime import date

FOREVER = date.max


@dataclass
class Lot:
    """:param expires: last day on which the points can be used; FOREVER: no end"""

    document: str
    earned: float
    left: float
    expires: date = FOREVER


@dataclass
class Card:
    """
    >>> card = Card()
    >>> card.earn("INV/1", 100, date(2026, 12, 31))
    >>> card.earn("INV/2", 50)
    >>> card.use(120)
    >>> card.points, [lot.left for lot in card.lots]
    (30, [0, 30])

    All of INV/1 comes back: its points are spent, so those of INV/2 go, and the rest is
    owed. Nobody gains by buying, spending the points and returning the goods:

    >>> card.take_back("INV/1", 100)
    >>> card.points, card.debt
    (0, 70)
    >>> card.earn("INV/3", 80)
    >>> card.points, card.debt
    (10, 0)
    """

    lots: list = field(default_factory=list)
    debt: float = 0

    @property
    def points(self):
        return sum(lot.left for lot in self.lots)

    def _in_order(self):
        return sorted(self.lots, key=lambda lot: lot.expires)

    def _draw(self, lots, points):
        """Take points out of lots; return what they did not have."""
        for lot in lots:
            taken = min(lot.left, points)
            lot.left -= taken
            points -= taken
        return points

    def earn(self, document, points, expires=FOREVER):
        repaid = min(self.debt, points)
        self.debt -= repaid
        self.lots.append(Lot(document, points, points - repaid, expires))

    def use(self, points):
        """Spend points.

        :raise ValueError: the card has not got as many
        """
        if points > self.points:
            raise ValueError(f"{points} points wanted, {self.points} are there")
        self._draw(self._in_order(), points)

    def take_back(self, document, points):
        """Take back points that a document earned: from its lot, then from others.

        Not more than it earned, however often it is credited.
        """
        own = [lot for lot in self.lots if lot.document == document]
        points = min(points, sum(lot.earned for lot in own))
        for lot in own:
            lot.earned -= min(lot.earned, points)
        self.debt += self._draw([*own, *self._in_order()], points)

    def expire(self, day):
        """Expire what could be used until the day before; return how many points.

        >>> card = Card([Lot("A", 10, 4, date(2026, 1, 31)), Lot("B", 5, 5)])
        >>> card.expire(date(2026, 1, 31)), card.expire(date(2026, 2, 1)), card.points
        (0, 4, 5)
        """
        gone = 0
        for lot in self.lots:
            if lot.expires < day:
                gone += lot.left
                lot.left = 0
        return gone
