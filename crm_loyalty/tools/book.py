"""What happened to the lots of one card, and by which document, until it is stored."""

from dataclasses import dataclass, field

from .lots import FOREVER, Card, Lot, Move


@dataclass(frozen=True)
class Document:
    """Why native code changes the points of cards, as a value of the context.

    Only code can make one: no remote caller can say that points come from an order.

    :param kind: ``confirm``, ``cancel``: of orders; ``add``: points of a confirmed
        order; ``line``: a reward of a confirmed order changes; ``manual``
    :param parts: ``((order id, points earned, points used), …)`` of the card
    :param name: shown with what was done by hand
    """

    kind: str = "manual"
    parts: tuple = ()
    name: str = None


@dataclass
class Book:
    """A card as plain data, with the record behind each lot.

    :param card: the record
    :param records: ``{Lot: record}``; a lot without one is new
    :param sources: for each move of the plain card, the values that name its document
    :param past: earlier movements by the documents concerned, the oldest first
    """

    card: object
    plain: Card = field(default_factory=Card)
    records: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)
    past: object = ()

    def add_lot(self, record):
        lot = Lot(
            record.order_id.id if record.origin == "order" else None,
            record.earned,
            record.remaining,
            record.date_expiry or FOREVER,
            record.taken_back,
            record.expired,
            record.closed,
        )
        self.records[lot] = record
        self.plain.lots.append(lot)

    def adopt(self, points, reason, expires, **source):
        """Take over points that the lots do not explain."""
        extra = round(points - self.plain.points, 2)
        if extra > 0:
            self.plain.earn(None, extra, expires, reason)
        elif extra < 0:
            self.plain.use(-extra, "manual")
        self.done(**source)

    def drawn(self, reason, order_id=None, of=None):
        """Return what was taken, net of what was given back, as `Move` by lot.

        :param order_id: by this order
        :param of: taken back of what this lot's document earned
        """
        lots = {record.id: lot for lot, record in self.records.items()}
        net = {}
        for move in self.past:
            if (
                move.reason == reason
                and (order_id is None or move.order_id.id == order_id)
                and (of is None or move.returned_lot_id == self.records[of])
            ):
                key = (move.lot_id.id, move.returned_lot_id.id)
                points, debt = net.get(key, (0, 0))
                net[key] = (round(points + move.points, 2), round(debt + move.debt, 2))
        return [
            Move(lots[lot], reason, points, debt, lots.get(of))
            for (lot, of), (points, debt) in net.items()
            if debt > points
        ]

    def return_points(self, record, target, **source):
        """Bring what is taken back of a lot to a target; a cancelled one stays.

        :param target: points taken back, in all, of what the lot's document earned
        """
        own = next(lot for lot, known in self.records.items() if known == record)
        if own.closed:
            return
        change = round(target - own.returned, 2)
        if change > 0:
            self.plain.claim(own, change)
        elif change < 0:
            self.plain.undo(self.drawn("taken_back", of=own), -change)
        self.done(**source)

    def done(self, **source):
        """Say by which document the moves came that were made since the last time."""
        missing = len(self.plain.moves) - len(self.sources)
        self.sources += [source] * missing
