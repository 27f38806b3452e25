"""Points of a card as lots: what was earned with which document, and what is left.

Points are used, and expire, first in first out: the lot that expires first goes first,
of equal ones the older. What a card shows never falls below 0: when a credit note takes
back points that were spent already, the rest is a debt, which what is earned next
repays. At any time: Σ of what is left in the lots = points of the card, and a card that
owes points has none.

Points are rounded to the hundredth. Every change of a lot is written down as a `Move`.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

FOREVER = date.max


def expiry(policy, count, day):
    """Return the last day on which points earned on a day can be used.

    :param policy: ``days``: that many days after; ``month``, ``year``: the end of the
        month or year, so many months or years later; anything else: no end

    >>> print(expiry("days", 30, date(2026, 1, 31)))
    2026-03-02
    >>> print(expiry("month", 0, date(2028, 2, 3)))
    2028-02-29
    >>> print(expiry("month", 13, date(2026, 12, 3)))
    2028-01-31
    >>> print(expiry("year", 1, date(2026, 6, 15)))
    2027-12-31
    >>> expiry("never", 1, date.min) == FOREVER
    True
    """
    if policy == "days":
        return day + timedelta(days=count)
    if policy == "year":
        return date(day.year + count, 12, 31)
    if policy == "month":
        years, month = divmod(day.month + count, 12)
        return date(day.year + years, month + 1, 1) - timedelta(days=1)
    return FOREVER


@dataclass(eq=False)
class Lot:
    """:param expires: last day on which the points can be used; FOREVER: no end
    :param returned: what was taken back of the points that its document earned
    :param expired: what of them expired unused, and so can be owed by nobody
    :param closed: its document was cancelled: no credit note changes it any more
    """

    document: object
    earned: float
    left: float
    expires: date = FOREVER
    returned: float = 0
    expired: float = 0
    closed: bool = False


@dataclass(frozen=True, eq=False)
class Move:
    """A change: of what is left in a lot, and of the debt.

    :param of: lot whose document is taken back; it may be another than `lot`
    """

    lot: Lot
    reason: str
    points: float
    debt: float = 0
    of: Lot = None


@dataclass
class Card:
    """
    >>> card = Card()
    >>> _lot = card.earn("INV/1", 100, date(2026, 12, 31))
    >>> _lot = card.earn("INV/2", 50)
    >>> card.use(120)
    >>> card.points, [lot.left for lot in card.lots]
    (30, [0, 30])

    All of INV/1 comes back: its points are spent, so those of INV/2 go, and the rest is
    owed. Nobody gains by buying, spending the points and returning the goods:

    >>> card.take_back("INV/1", 100)
    >>> card.points, card.debt
    (0, 70)
    >>> _lot = card.earn("INV/3", 80)
    >>> card.points, card.debt
    (10, 0)
    >>> [(move.reason, move.points, move.debt) for move in card.moves[-3:]]
    [('taken_back', 0, 70), ('earned', 80, 0), ('repaid', -70, -70)]
    """

    lots: list = field(default_factory=list)
    debt: float = 0
    moves: list = field(default_factory=list)

    @property
    def points(self):
        return round(sum(lot.left for lot in self.lots), 2)

    def _in_order(self):
        return sorted(self.lots, key=lambda lot: lot.expires)

    def _change(self, lot, reason, points, debt=0, of=None):
        lot.left = round(lot.left + points, 2)
        self.debt = round(self.debt + debt, 2)
        if of:
            of.returned = round(of.returned - points + debt, 2)
        self.moves.append(Move(lot, reason, points, debt, of))

    def _draw(self, lots, points, reason, of=None):
        """Take points out of lots; return what they did not have."""
        for lot in lots:
            taken = min(lot.left, points)
            if taken:
                self._change(lot, reason, -taken, of=of)
                points = round(points - taken, 2)
        return points

    def settle(self, lots=None):
        """Repay the debt with what is there."""
        for lot in lots or self._in_order():
            repaid = min(self.debt, lot.left)
            if repaid:
                self._change(lot, "repaid", -repaid, -repaid)

    def earn(self, document, points, expires=FOREVER, reason="earned", lot=None):
        """Add points; a debt is repaid with them first. Return the new lot.

        :param lot: one of the same document that gets the points, instead of a new one
        """
        points = round(points, 2)
        if lot:
            lot.earned = round(lot.earned + points, 2)
        else:
            lot = Lot(document, points, 0, expires)
            self.lots.append(lot)
        self._change(lot, reason, points)
        self.settle([lot])
        return lot

    def earn_again(self, document, points, expires=FOREVER):
        """Add points of a document that may have been cancelled before.

        What had expired by then does not come back:

        >>> card = Card()
        >>> _lot = card.earn("SO/1", 100, date(2026, 1, 31)); card.use(30)
        >>> _gone = card.expire(date(2026, 2, 1)); card.close("SO/1"); card.debt
        30
        >>> for _round in range(2):
        ...     card.earn_again("SO/1", 100, date(2026, 12, 31))
        ...     print(card.points, card.debt)
        ...     card.close("SO/1")
        0 0
        0 0
        """
        before = [
            # Each has what had expired of those before it.
            old.expired
            for old in self.lots
            if old.document == document and old.closed
        ]
        lot = self.earn(document, points, expires)
        gone = min(max(before, default=0), lot.left)
        if gone:
            lot.expired = gone
            self._change(lot, "expired", -gone)

    def use(self, points, reason="used", document=None):
        """Spend points; what the card has not got is owed.

        :param document: of the lot that stands for a debt of a card without lots
        """
        missing = self._draw(self._in_order(), round(points, 2), reason)
        if missing:
            if not self.lots:
                self.lots.append(Lot(document, 0, 0))
            self._change(self.lots[-1], reason, 0, missing)

    def write_off(self):
        """Give up what is there, and what is owed.

        >>> card = Card([Lot("INV/1", 10, 0)], debt=4)
        >>> card.write_off(); card.debt
        0
        """
        self.use(self.points, "manual")
        if self.debt:
            if not self.lots:
                self.lots.append(Lot(None, 0, 0))
            self._change(self.lots[-1], "manual", 0, -self.debt)

    def take_back(self, document, points):
        """Take back points that a document earned: from its lot, then from others.

        Not more than it earned, however often it is credited.
        """
        for own in [lot for lot in self.lots if lot.document == document]:
            points = round(points - self.claim(own, points), 2)

    def close(self, document):
        """Take back all that is left of what a cancelled document earned."""
        self.take_back(document, float("inf"))
        for lot in self.lots:
            lot.closed = lot.closed or lot.document == document

    def claim(self, own, points):
        """Take back points of what one lot brought; return how many it was.

        Only what was spent already becomes a debt, not what expired:

        >>> card = Card()
        >>> lot = card.earn("INV/1", 100, date(2026, 1, 31))
        >>> card.use(30)
        >>> card.expire(date(2026, 2, 1))
        70
        >>> card.claim(lot, 100), card.points, card.debt
        (30, 0, 30)
        """
        points = round(min(points, own.earned - own.returned - own.expired), 2)
        if points <= 0:
            return 0
        missing = self._draw([own, *self._in_order()], points, "taken_back", own)
        if missing:
            self._change(own, "taken_back", 0, missing, own)
        return points

    def undo(self, moves, points=None):
        """Reverse changes that took points away, the last first.

        What had become a debt is forgiven as far as it is still owed. What is left of
        an older debt is repaid with the points that come back.

        :param points: how many at most; all when None
        :return: how many of them the changes had not taken

        >>> card = Card()
        >>> _lot = card.earn("INV/1", 100)
        >>> card.use(60)
        >>> card.undo(card.moves[-1:], 70), card.points
        (10, 100)
        >>> card.use(60); card.take_back("INV/1", 100); card.points, card.debt
        (0, 60)
        >>> card.undo(card.moves[-2:], 50), card.points, card.debt
        (0, 0, 10)
        """
        left = float("inf") if points is None else round(points, 2)
        for move in reversed(moves):
            back = min(left, round(move.debt - move.points, 2))
            if back <= 0:
                continue
            left = round(left - back, 2)
            forgiven = min(back, move.debt, self.debt)
            self._change(
                move.lot, move.reason, round(back - forgiven, 2), -forgiven, move.of
            )
        self.settle()
        return 0 if points is None else left

    def expire(self, day):
        """Expire what could be used until the day before; return how many points.

        >>> card = Card([Lot("A", 10, 4, date(2026, 1, 31)), Lot("B", 5, 5)])
        >>> card.expire(date(2026, 1, 31)), card.expire(date(2026, 2, 1)), card.points
        (0, 4, 5)
        """
        gone = 0
        for lot in self.lots:
            if lot.expires < day and lot.left:
                gone += lot.left
                lot.expired = round(lot.expired + lot.left, 2)
                self._change(lot, "expired", -lot.left)
        return gone
