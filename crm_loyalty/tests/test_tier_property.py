from datetime import date, timedelta
from random import Random

from odoo.tests import tagged

from ..tools import periods, tiers
from .common import LoyaltyCommon


@tagged("post_install", "-at_install")
class TestTierProperty(LoyaltyCommon):
    """Customers at random through four years: SQL and plain Python agree each night."""

    def test_agree(self):
        for seed, (kind, months) in enumerate(
            (("calendar", 12), ("anniversary", 12), ("rolling", 7), ("lifetime", 12))
        ):
            with self.subTest(kind=kind):
                self._play(Random(seed), kind, months)

    def _play(self, dice, kind, months):
        self.program.write(
            {
                "tier_window": kind,
                "tier_months": months,
                "tier_drop": dice.choice(("one", "amount")),
                "tier_grace_days": dice.choice((0, 20)),
                "tier_notice": "activity",
            }
        )
        policy = tiers.Policy(
            (0, 1000, 5000),
            kind,
            months,
            self.program.tier_drop == "one",
            self.program.tier_grace_days,
        )
        first = date(2023, 12, 20)
        joined, bought = {}, {}
        for number in range(6):
            partner = self.env["res.partner"].create({"name": f"{kind} {number}"})
            joined[partner] = first + timedelta(days=dice.randrange(500))
            if not number:
                joined[partner] = date(2024, 2, 29)
            self._join(joined[partner], partner)
            bought[partner] = []
            for _purchase in range(dice.randrange(1, 7)):
                day = joined[partner] + timedelta(days=dice.randrange(1000))
                amount = dice.choice((400, 900, 1000, 2500, 5000, -300))
                make = self._invoice if amount > 0 else self._refund
                make(abs(amount), str(day), partner_id=partner.id)
                bought[partner].append((day, amount))
        standings = {}
        changes = {partner: [] for partner in joined}
        day = first
        while day < date(2027, 6, 1):
            day += timedelta(days=dice.choice((9, 25, 40)))
            self._night(day)
            with self._on(day):
                due = {
                    each["partner_id"]: each["missing"]
                    for each in self.env["loyalty.tier.notice"]._due()
                }
            for partner, since in joined.items():
                if since <= day:
                    standing, cause, now, ended = self._expected(
                        policy, standings.get(partner), day, since, bought[partner]
                    )
                    standings[partner] = standing
                    row = self._stored(partner)
                    thresholds = policy.thresholds
                    above = tiers.missing(policy, standing, now)
                    self.assertEqual(row.tier_missing, above[1] if above else 0)
                    # To keep the base tier is nothing to tell.
                    if cause and (standing.level or cause != tiers.RENEWAL):
                        changes[partner].append(
                            (day, cause, thresholds[standing.level])
                        )
                    if not cause:
                        # What counts is read for the new period only afterwards.
                        self.assertEqual(
                            due.get(partner.id),
                            tiers.notice(policy, standing, day, now, ended),
                            (kind, partner.name, day),
                        )
                    self.assertEqual(
                        (
                            row.tier_id.threshold,
                            row.tier_since,
                            row.tier_until or None,
                        ),
                        (thresholds[standing.level], standing.since, standing.until),
                        (kind, partner.name, day),
                    )
        for partner, expected in changes.items():
            found = self.Change.search([("partner_id", "=", partner.id)], order="id")
            self.assertEqual(
                [
                    (change.date, change.cause, change.to_id.threshold)
                    for change in found
                ],
                expected,
            )

    def _expected(self, policy, standing, day, joined, bought):
        def measure(start):
            return sum(
                amount
                for when, amount in bought
                if (start is None or start <= when) and when <= day
            )

        def start(of):
            return periods.window_start(policy.kind, of, policy.months, joined)

        now = measure(start(day))
        if standing is None:
            begun = tiers.begin(policy, day, joined)
            return (
                tiers.evaluate(policy, begun, day, now, now, joined)[0],
                *("join", now, now),
            )
        ended = measure(start(standing.until or day))
        after, cause = tiers.evaluate(policy, standing, day, now, ended, joined)
        return after, cause, now, ended
