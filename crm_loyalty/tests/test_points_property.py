from datetime import date, timedelta
from random import Random

from odoo.tests import tagged

from ..tools import lots
from .points_common import PointsCommon


@tagged("post_install", "-at_install")
class TestPointsProperty(PointsCommon):
    """Random months on a card: the records and plain Python agree after each step.

    Plain Python has the same rules, so each step is checked against what must hold
    whatever the rules are, too.
    """

    def test_agree(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self._play(Random(seed))

    def _play(self, dice):
        policy, count = dice.choice((("days", 20), ("month", 0), ("never", 0)))
        self.program.write({"points_expiry": policy, "points_expiry_count": count})
        partner = self.env["res.partner"].create({"name": f"{policy}"})
        self.card = self.env["loyalty.card"].create(
            {"program_id": self.program.id, "partner_id": partner.id}
        )
        plain = lots.Card()
        bought, credited, again = [], {}, set()
        day = date(2026, 1, 1)
        for _step in range(12):
            day += timedelta(days=dice.randrange(6))
            with self._on(day):
                self.env["loyalty.card"]._expire_points()
            plain.expire(day)
            step = dice.choice(
                ("buy", "buy", "use", "credit", "credit", "hand", "again")
            )
            if step in ("buy", "use"):
                rewards = int(step == "use" and self.card.points >= 100)
                amount = dice.choice((90, 140, 333.33))
                order = self._buy(
                    amount, str(day), rewards=rewards, partner_id=partner.id
                )
                plain.earn(order, amount, lots.expiry(policy, count, day))
                if rewards:
                    plain.use(100)
                with self._on(day):
                    bought.append((order, amount, self._invoice_order(order, str(day))))
            elif step == "credit" and bought:
                order, amount, invoice = dice.choice(bought)
                part = dice.choice((amount, 40))
                self._credit(invoice, part, str(day))
                whole = order.amount_untaxed
                before = min(1, credited.get(order, 0) / whole)
                # The reward is credited along with the goods.
                part -= amount - whole
                credited[order] = max(0, credited.get(order, 0) + part)
                after = min(1, credited[order] / whole)
                if after > before:
                    plain.take_back(
                        order, round(amount * after, 2) - round(amount * before, 2)
                    )
            elif step == "again" and bought:
                position = dice.randrange(len(bought))
                order, amount, invoice = bought[position]
                if order in again or order in credited:
                    continue
                again.add(order)
                before = (self.card.points, self.card.debt)
                note, anew = self._make_again(invoice, str(day))
                made = len(plain.moves)
                plain.take_back(order, amount)
                self.assertEqual(note.state, "posted")
                self.assertPoints(plain.points, plain.debt)
                with self._on(day):
                    anew.action_post()
                plain.undo(plain.moves[made:])
                self.assertEqual((self.card.points, self.card.debt), before)
                bought[position] = (order, amount, anew)
            elif step == "hand":
                change = dice.choice((25, 60, -30))
                with self._on(day):
                    self.card.points += change
                if change > 0:
                    plain.earn(None, change, lots.expiry(policy, count, day))
                else:
                    plain.use(-change)
            found = self.assertPoints(plain.points, plain.debt)
            self.assertEqual(
                found.mapped("remaining"), [lot.left for lot in plain.lots], step
            )
            self._check_always(found, plain, credited)

    def _make_again(self, invoice, day):
        """Reverse an invoice; return its credit note and the new one, not posted."""
        with self._on(day):
            wizard = self.env["account.move.reversal"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard = wizard.create({"journal_id": invoice.journal_id.id, "date": day})
            anew = self.env["account.move"].browse(wizard.modify_moves()["res_id"])
            anew.invoice_date = day
        return invoice.reversal_move_ids, anew

    def _check_always(self, found, plain, credited):
        """What holds after any step, from the movements alone."""
        moves = found.move_ids
        gone = moves.filtered(lambda move: move.reason in ("used", "manual"))
        spent = sum(max(move.debt - move.points, 0) for move in gone)
        # Nobody owes what they never spent.
        self.assertLessEqual(self.card.debt, round(spent, 2))
        self.assertFalse(self.card.debt and self.card.points)
        for lot, own in zip(found, plain.lots, strict=True):
            self.assertGreaterEqual(lot.remaining, 0)
            self.assertLessEqual(round(lot.taken_back + lot.expired, 2), lot.earned)
            self.assertEqual(lot.expired, own.expired)
            back = moves.filtered(lambda move, lot=lot: move.returned_lot_id == lot)
            back = sum(move.debt - move.points for move in back)
            self.assertEqual(round(back, 2), lot.taken_back)
            # The share that came back; less where the points had expired before.
            share = 0
            if lot.order_id:
                share = credited.get(lot.order_id, 0) / lot.order_id.amount_untaxed
            target = round(lot.earned * min(share, 1), 2)
            if lot.expired:
                self.assertLessEqual(lot.taken_back, target)
            else:
                self.assertEqual(lot.taken_back, target)
