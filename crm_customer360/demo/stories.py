"""The customers of the demo data, in days before the day of loading.

`partner` is the key in ``res.partner.csv``; purchases are numbered from the latest, 0.
"""

from dataclasses import dataclass, field

MAIN, EUROPE = "main", "europe"

# {basket: [(product, quantity, discount in percent)]}: what one unit of size means.
# Margins on list prices: 41 %, 47 %, 11 %, 1 %, 41 %.
BASKETS = {
    "project": [("consulting", 4, 0), ("training", 1, 0)],
    "support": [("support", 3, 0), ("licence", 5, 0)],
    "fleet": [("installation", 1, 0), ("rental", 10, 0)],
    "cheap": [("installation", 1, 10), ("rental", 10, 10)],
    "seats": [("licence", 10, 0)],
}
# Quantities of a purchase against the usual ones, and days by which it comes later
# or earlier, in thirtieths of the cadence: customers are no clockwork. The latest
# purchase (0) is always as the story says.
QUANTITIES = (1.0, 1.1, 0.9, 1.05, 0.85, 1.15)
DAYS = (0, 2, -1, 3, -2)


@dataclass(frozen=True)
class Story:
    """One customer in one company.

    :param size: units of the basket in a purchase of today
    :param count: purchases; none for a prospect
    :param every: days between two purchases
    :param last: days since the latest purchase
    :param growth: quantities of a year ago times this are those of today
    :param hold: ``(purchase, dispute or promise, days from now)``: left out of the
        verdict until then
    :param verdict: ``(state, reason, days from now)`` set by hand
    :param terms: days until an invoice is due
    :param pays: days from due date to payment; negative is early
    :param unpaid: purchases never paid
    :param partial: ``{purchase: share paid}``
    :param refunds: ``{purchase: (days ago, lines credited)}``; lines None is all. Not
        of what was ordered: that would be to invoice again
    :param ordered: invoices come from orders; else they are written directly
    :param foreign: invoiced in the other company's currency
    :param open_orders: ``(size, days ago)`` of orders not invoiced yet
    :param quotations: ``(size, days ago)``
    :param bills: ``(amount, days ago, paid)`` of what we buy from them
    :param meetings: ``(number, hours each)`` held in the last year
    :param activities: done in the last year
    :param ratings: ``{purchase: stars}``
    :param limit: credit limit; 0 is none
    :param trust: degree of trust in this debtor
    :param waiting: how the latest invoice was paid just now: ``transit`` (not on a
        bank statement yet) or ``cheque`` (not in the books yet)
    :param advance: payment allocated to nothing
    :param inherited: was a customer of the salesperson who left
    :param former: key of the contact who bought before leaving, now archived
    """

    partner: str
    basket: str = "support"
    size: float = 1.0
    count: int = 0
    every: int = 60
    last: int = 0
    growth: float = 1.0
    terms: int = 30
    pays: int = 0
    unpaid: tuple = ()
    partial: dict = field(default_factory=dict)
    refunds: dict = field(default_factory=dict)
    hold: tuple = ()
    verdict: tuple = ()
    ordered: bool = True
    foreign: bool = False
    open_orders: tuple = ()
    quotations: tuple = ()
    bills: tuple = ()
    meetings: tuple = (1, 1.5)
    activities: int = 2
    ratings: dict = field(default_factory=dict)
    limit: float = 0.0
    trust: str = "normal"
    waiting: str = ""
    advance: float = 0.0
    inherited: bool = False
    former: str = ""
    company: str = MAIN

    def days_ago(self, number):
        """Return how many days ago a purchase was."""
        days = self.last + number * self.every
        if 0 < number < self.count - 1:
            days += DAYS[number % len(DAYS)] * (self.every // 30)
        return days

    def size_of(self, number):
        """Return the units of the basket in a purchase, in quantities of today."""
        return self.size * QUANTITIES[number % len(QUANTITIES)]


# fmt: off
STORIES = (
    # Good: large, growing, on time
    Story("halvorsen", "project", 11.6, 15, 70, 12, 1.15, pays=-4, meetings=(3, 2.0),
          ratings={0: 5, 2: 5, 5: 4}, inherited=True),
    Story("brightwater", "support", 15.3, 12, 90, 20, 0.97, pays=2, ordered=False,
          refunds={2: (185, (1,))}, ratings={1: 4, 3: 2}, meetings=(2, 1.5)),
    Story("parsnegar", "project", 7.8, 11, 90, 18, 1.04, terms=45, pays=3,
          ratings={0: 5, 1: 5}, meetings=(3, 2.0), open_orders=((2, 5),)),
    Story("jadelantern", "support", 7.7, 11, 75, 16, 1.6, pays=-2, ratings={0: 4}),
    Story("tallgrass", "project", 4.3, 7, 120, 70, 1.1, meetings=(2, 3.0),
          ratings={0: 5}),
    Story("copperfield", "project", 2.4, 13, 75, 18, 1.08, inherited=True,
          former="copperfield_old", ratings={0: 4, 3: 5}),
    Story("yamabuki", "project", 2.3, 9, 90, 15, waiting="transit", ratings={1: 5}),
    Story("sundarban", "support", 1.9, 7, 90, 42, waiting="cheque"),
    Story("andesverde", "project", 1.3, 7, 100, 20, advance=5000.0),
    Story("zarindasht", "project", 1.8, 7, 100, 15, pays=2,
          bills=((6400.0, 20, False), (5200.0, 140, True))),
    Story("kestrel", "project", 1.6, 6, 120, 50, pays=10, ordered=False, foreign=True),
    Story("blueheron", "support", 0.8, 6, 90, 40, 1.1, pays=-6, ordered=False),
    Story("orchard", "support", 0.9, 7, 110, 25, pays=12, ordered=False),
    Story("redwing", "support", 0.6, 6, 90, 20, quotations=((2, 3), (1, 40))),
    Story("pampa", "support", 2, 2, 120, 100),
    Story("darya", "project", 1, 5, 110, 28),
    # Money is made, or not
    Story("granite", "fleet", 19.4, 11, 75, 25, 0.92, pays=7, open_orders=((8, 6),),
          meetings=(2, 2.0), ratings={0: 3}),
    Story("kohsamran", "fleet", 2.2, 11, 60, 14, pays=4, ordered=False,
          refunds={1: (64, (1,)), 4: (240, (1,))}, ratings={1: 2, 4: 1}),
    Story("marrowbone", "cheap", 15.6, 13, 60, 8, 1.1, terms=45, pays=3,
          meetings=(12, 2.5), activities=20, ratings={0: 5, 1: 4}),
    Story("fenwick", "fleet", 1, 14, 45, 14, pays=8, meetings=(10, 4.0), activities=40,
          ratings={0: 2, 2: 3}),
    # Watch: late, near the limit
    Story("quillfeather", "support", 3.4, 13, 60, 15, 0.93, pays=22, inherited=True,
          ratings={0: 4}),
    Story("armansaz", "support", 2.7, 9, 75, 25, pays=40),
    Story("najma", "fleet", 2.8, 8, 80, 10, partial={1: 0.6}),
    Story("meridian", "support", 2, 8, 90, 10, limit=5200.0),
    # Late, but left out or judged by hand
    Story("rimrock", "project", 1.2, 8, 90, 45, 1.1, pays=5, unpaid=(0,),
          hold=(0, "dispute", 20)),
    Story("tidewater", "project", 2.3, 10, 90, 30, 1.2, pays=-10, ratings={0: 5},
          verdict=("watch", "The new ferry line starts late. Ask about their cash "
                   "before the next order.", 60)),
    # Risk: owes too much, or for too long
    Story("castellan", "project", 9.2, 12, 60, 40, 1.12, unpaid=(0, 1),
          ratings={0: 2, 1: 3}),
    Story("waha", "support", 4.2, 10, 75, 10, 1.25, limit=10000.0,
          open_orders=((2, 4),)),
    Story("furat", "support", 1.5, 7, 80, 20, pays=15, trust="bad"),
    Story("umoja", "support", 2.6, 9, 75, 20, 1.3, partial={3: 0.5}),
    # Buys later than usual, or no more
    Story("northgate", "support", 2.3, 9, 55, 120, ordered=False, inherited=True,
          ratings={0: 3}),
    Story("lagoa", "project", 1.4, 8, 70, 140, ratings={0: 3}),
    Story("willow", "support", 1.2, 8, 60, 110, pays=6, ordered=False, inherited=True),
    Story("ostrander", "project", 5.3, 12, 40, 200, 0.85, ratings={0: 1},
          inherited=True),
    Story("silverleaf", "support", 1.7, 8, 60, 220, ratings={0: 2}, inherited=True),
    Story("oldmill", "support", 1, 4, 60, 400, ordered=False, activities=0,
          meetings=(0, 0)),
    Story("savane", "support", 2, 4, 30, 800, ordered=False, activities=0,
          meetings=(0, 0)),
    Story("harborlight", "support", 3, 3, 60, 450, unpaid=(0,), ordered=False,
          refunds={0: (300, None)}),
    # New, and not yet customers
    Story("sepidar", "support", 3, 2, 30, 20, pays=5, quotations=((4, 2),)),
    Story("larkspur", "support", 1, 1, last=12),
    Story("mehrava", size=5, quotations=((5, 6),), meetings=(2, 1.0)),
    Story("pinecrest", activities=3),
    Story("summitline", activities=1),
    # Europe
    Story("zeewind", "project", 8.4, 11, 75, 14, 1.15, ratings={0: 5, 1: 4},
          meetings=(3, 2.0), company=EUROPE),
    Story("alpenrose", "support", 3.6, 9, 75, 12, 1.1, pays=-3, ratings={0: 5},
          company=EUROPE),
    Story("emeraldfen", "project", 3.1, 9, 75, 22, 1.4, company=EUROPE),
    Story("darya", "support", 2.2, 7, 75, 12, ratings={0: 4}, activities=0,
          meetings=(0, 0), company=EUROPE),
    Story("halvorsen", "support", 1.6, 4, 90, 40, activities=0, meetings=(0, 0),
          company=EUROPE),
    Story("fjordlys", "project", 1.5, 5, 120, 25, ordered=False, foreign=True,
          company=EUROPE),
    Story("monteluce", "support", 1.7, 7, 90, 20, 0.9, company=EUROPE,
          bills=((3100.0, 10, False), (2800.0, 200, True))),
    Story("kivi", "support", 0.9, 5, 90, 33, pays=-8, ordered=False, company=EUROPE),
    Story("portonovo", "support", 0.7, 4, 120, 60, ordered=False, unpaid=(0,),
          hold=(0, "promise", 10), company=EUROPE),
    Story("karpaty", "fleet", 1.8, 8, 90, 15, 0.9, pays=5, company=EUROPE),
    Story("lindenhof", "cheap", 11.2, 10, 75, 10, 0.9, terms=45, meetings=(8, 3.0),
          activities=15, ratings={0: 4}, company=EUROPE),
    Story("mavitepe", "support", 1.9, 7, 90, 18, 1.1, pays=25, company=EUROPE),
    Story("vltava", "support", 1.2, 7, 90, 8, partial={1: 0.5}, company=EUROPE),
    Story("rivebois", "project", 1.7, 7, 90, 60, 1.2, unpaid=(0,), ratings={0: 2},
          company=EUROPE),
    Story("olivar", "support", 1.4, 8, 60, 125, company=EUROPE),
    Story("balticamber", "support", 1.3, 6, 60, 200, company=EUROPE),
    Story("dunaj", "support", 2, 4, 60, 760, ordered=False, activities=0,
          meetings=(0, 0), company=EUROPE),
    Story("aegle", "project", 1, 2, 40, 15, quotations=((2, 4),), company=EUROPE),
    Story("arz", quotations=((3, 9),), company=EUROPE),
)

# (company, partner, name, expected revenue, "open", "won" or "lost", probability or
# days since the end, reason why lost)
OPPORTUNITIES = (
    (MAIN, "halvorsen", "Second warehouse", 64000.0, "open", 60, None),
    (MAIN, "halvorsen", "Driver training", 18500.0, "won", 75, None),
    (MAIN, "parsnegar", "قرارداد پشتیبانی سه‌ساله", 52000.0, "open", 70, None),
    (MAIN, "tallgrass", "Control room, phase two", 88000.0, "won", 72, None),
    (MAIN, "tallgrass", "Control room, phase three", 95000.0, "open", 40, None),
    (MAIN, "jadelantern", "Seats for the new office", 27000.0, "won", 18, None),
    (MAIN, "jadelantern", "Regional roll-out", 41000.0, "open", 50, None),
    (MAIN, "granite", "Fleet renewal", 120000.0, "open", 30, None),
    (MAIN, "castellan", "Rolling mill monitoring", 45000.0, "open", 20, None),
    (MAIN, "lagoa", "Dredging survey", 22000.0, "lost", 60, "too_expensive"),
    (MAIN, "silverleaf", "Support renewal", 26000.0, "lost", 120, "competitor"),
    (MAIN, "ostrander", "Herd data platform", 34000.0, "lost", 170, "competitor"),
    (MAIN, "pinecrest", "Classroom licences", 15000.0, "lost", 45, "postponed"),
    (MAIN, "mehrava", "راه‌اندازی مرکز آموزش", 30000.0, "open", 45, None),
    (MAIN, "summitline", "Maintenance desk", 38000.0, "open", 25, None),
    (EUROPE, "zeewind", "Dry dock planning", 48000.0, "open", 55, None),
    (EUROPE, "alpenrose", "Second line", 21000.0, "won", 40, None),
    (EUROPE, "olivar", "Harvest season package", 9500.0, "lost", 30, "too_expensive"),
    (EUROPE, "arz", "نظام إدارة المستودعات", 24000.0, "open", 35, None),
)

# (company, partner, days ago, who wrote: "salesperson", the "former" one who left, or
# "customer"; text)
NOTES = (
    (MAIN, "halvorsen", 260, "former",
     "Decides with her operations manager; send offers to both. Prefers a call "
     "before ten."),
    (MAIN, "halvorsen", 170, "former",
     "Handing over: the second warehouse comes next spring, budget is approved."),
    (MAIN, "ostrander", 240, "former",
     "Unhappy with the last go-live. Promised a visit."),
    (MAIN, "silverleaf", 165, "former",
     "New director compares offers. Renewal is open."),
    (MAIN, "northgate", 180, "former",
     "Orders every month end; their buyer is away in July."),
    (MAIN, "quillfeather", 200, "former",
     "Pays after their month-end run, never before."),
    (MAIN, "copperfield", 300, "former", "Walter has left; Hannah buys now."),
    (MAIN, "castellan", 8, "customer",
     "We are checking both invoices with the plant and will come back to you this "
     "week."),
    (MAIN, "castellan", 6, "salesperson",
     "Finance says the plant has not signed the acceptance. Talk to the plant "
     "manager."),
    (MAIN, "parsnegar", 9, "customer", "لطفاً پیش‌فاکتور تمدید قرارداد را ارسال کنید."),
    (MAIN, "waha", 3, "customer", "نرجو تأكيد موعد التسليم للطلب الجديد."),
    (MAIN, "marrowbone", 11, "salesperson",
     "Asks for the ten percent again. We give it every time, and visits come on "
     "top."),
    (EUROPE, "zeewind", 15, "customer",
     "The yard is pleased with the training. Thank you."),
)
# fmt: on

# Days ago on which the customers of the salesperson who left were taken over.
HANDOVER = 160
