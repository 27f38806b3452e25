"""Orders, invoices and payments of the demo customers, in few large batches."""

from datetime import datetime, time, timedelta

from odoo.fields import Command

from .payments import FIRST, Payment, analyze, open_items, pay
from .stories import BASKETS, HANDOVER

TERMS = {0: "immediate", 15: "15days", 30: "30days", 45: "45days"}
# Days from order to invoice.
ORDER_LEAD = 3


class Purchase:
    """One purchase of a story, and the documents made of it."""

    def __init__(self, story, number):
        self.story = story
        self.number = number
        self.days_ago = story.days_ago(number)
        self.order = None
        self.invoice = None

    def lines(self):
        """Return ``[(product, quantity, discount)]`` of this purchase."""
        story = self.story
        scale = story.size_of(self.number)
        scale *= story.growth ** (-self.days_ago / 365)
        return [
            (product, max(1, int(quantity * scale + 0.5)), discount)
            for product, quantity, discount in BASKETS[story.basket]
        ]


class Documents:
    """Makes the trade documents of one company.

    :param env: of a superuser, in the company
    :param foreign: currency of the stories invoiced in another one
    """

    def __init__(self, env, company, foreign):
        self.env = env
        self.company = company
        self.foreign = foreign
        self.today = company._customer_today()
        self.purchases = []
        self.products = {
            name: self.record(f"product_{name}")
            for name in sorted({p for b in BASKETS.values() for p, _q, _d in b})
        }
        self.bank = env["account.journal"].search(
            [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
        )

    def record(self, name):
        return self.env["crm.customer.demo"]._record(name)

    def partner(self, story):
        return self.record(f"partner_{story.partner}")

    def seller(self, story, days_ago=0):
        """Return who looked after the customer on that day."""
        if story.inherited and days_ago > HANDOVER:
            return self.record("user_tom")
        return self.partner(story).user_id

    def day(self, days_ago):
        return self.today - timedelta(days=days_ago)

    def moment(self, days_ago, hour=9):
        return datetime.combine(self.day(days_ago), time(hour, days_ago % 60))

    def make(self, stories):
        """Make all documents of these stories."""
        for story in stories:
            partner = self.partner(story).with_company(self.company)
            partner.write(
                {
                    "property_payment_term_id": self.env.ref(
                        f"account.account_payment_term_{TERMS[story.terms]}"
                    ).id,
                    "trust": story.trust,
                }
            )
            if story.limit:
                partner.credit_limit = story.limit
            self.purchases += [Purchase(story, n) for n in range(story.count)]
        # The numbers of the documents follow their dates.
        self.purchases.sort(key=lambda purchase: -purchase.days_ago)
        self._write_orders(stories)
        self._write_invoices()
        self._write_refunds()
        self._write_payments()
        self._write_advances(stories)
        self._write_holds()
        self._write_bills(stories)

    # -- orders

    def _write_orders(self, stories):
        bought = [p for p in self.purchases if p.story.ordered]
        orders = self._orders(
            [(p.story, p.lines(), p.days_ago + ORDER_LEAD) for p in bought]
        )
        for purchase, order in zip(bought, orders, strict=True):
            purchase.order = order
        waiting = self._orders(self._baskets(stories, "open_orders"))
        self._confirm(orders + waiting)
        quotations = self._orders(self._baskets(stories, "quotations"))
        # Every second one has been sent.
        quotations[::2].state = "sent"

    def _baskets(self, stories, name):
        """Return what the orders of that name in the stories are made of."""
        return [
            (
                story,
                [(p, quantity * size, d) for p, quantity, d in BASKETS[story.basket]],
                days_ago,
            )
            for story in stories
            for size, days_ago in getattr(story, name)
        ]

    def _orders(self, baskets):
        """Create quotations.

        :param baskets: ``[(story, lines, days ago)]``
        """
        return self.env["sale.order"].create(
            [
                {
                    "partner_id": self._buyer(story, days_ago).id,
                    "company_id": self.company.id,
                    "user_id": self.seller(story, days_ago).id,
                    "date_order": self.moment(days_ago),
                    "create_date": self.moment(days_ago),
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.products[product].id,
                                "product_uom_qty": quantity,
                                "price_unit": self.products[product].list_price,
                                "discount": discount,
                            }
                        )
                        for product, quantity, discount in lines
                    ],
                }
                for story, lines, days_ago in baskets
            ]
        )

    def _buyer(self, story, days_ago):
        """Return the contact who bought then: another one in the years before."""
        if story.former and days_ago > 365:
            return self.record(f"partner_{story.former}")
        return self.partner(story)

    def _confirm(self, orders):
        """Confirm orders on their own dates, not today."""
        dates = {order: order.date_order for order in orders}
        orders.action_confirm()
        for order, date in dates.items():
            order.date_order = date

    # -- invoices

    def _write_invoices(self):
        values = [self._invoice_values(purchase) for purchase in self.purchases]
        # A few first, so that there is something to count.
        moves = self.env["account.move"].create(values[:FIRST])
        analyze(self.env)
        moves += self.env["account.move"].create(values[FIRST:])
        for purchase, move in zip(self.purchases, moves, strict=True):
            purchase.invoice = move
        analyze(self.env)
        moves.action_post()

    def _invoice_values(self, purchase):
        day = self.day(purchase.days_ago)
        dates = {
            "invoice_date": day,
            "date": day,
            "create_date": self.moment(purchase.days_ago),
        }
        if purchase.order:
            lines = purchase.order.order_line
            return {
                **purchase.order._prepare_invoice(),
                **dates,
                "invoice_line_ids": [
                    Command.create(line._prepare_invoice_line()) for line in lines
                ],
            }
        story = purchase.story
        currency = self.foreign if story.foreign else self.company.currency_id
        return {
            **dates,
            "move_type": "out_invoice",
            "company_id": self.company.id,
            "currency_id": currency.id,
            "partner_id": self._buyer(story, purchase.days_ago).id,
            "invoice_user_id": self.seller(story, purchase.days_ago).id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.products[product].id,
                        "quantity": quantity,
                        "price_unit": self.products[product].list_price,
                        "discount": discount,
                    }
                )
                for product, quantity, discount in purchase.lines()
            ],
        }

    def _write_refunds(self):
        """Credit invoices, whole or some of their lines, before they are paid."""
        refunded = [p for p in self.purchases if p.number in p.story.refunds]
        plan = []
        for purchase in refunded:
            days_ago, kept = purchase.story.refunds[purchase.number]
            credit = purchase.invoice._reverse_moves(
                [{"invoice_date": self.day(days_ago), "date": self.day(days_ago)}]
            )
            if kept is not None:
                lines = credit.invoice_line_ids
                chosen = [lines[number].id for number in kept]
                lines.filtered(
                    lambda line, chosen=chosen: line.id not in chosen
                ).unlink()
            credit.action_post()
            if open_items(credit):  # else reconciled already, by posting it
                plan.append(open_items(purchase.invoice) + open_items(credit))
        self.env["account.move.line"]._reconcile_plan(plan)

    # -- payments

    def _write_payments(self):
        """Pay the invoices as the customers do."""
        payments = []
        for purchase in self.purchases:
            story, invoice = purchase.story, purchase.invoice
            due_days_ago = purchase.days_ago - story.terms
            payment = Payment(
                invoice.commercial_partner_id,
                invoice.amount_residual * story.partial.get(purchase.number, 1.0),
                due_days_ago - story.pays,
                invoice,
            )
            if story.waiting and purchase.number == 0:
                payment.waiting, payment.days_ago = story.waiting, 2
            if payment.days_ago >= 0 and purchase.number not in story.unpaid:
                payments.append(payment)
        pay(self, payments)

    def _write_advances(self, stories):
        pay(
            self,
            [
                Payment(self.partner(story), story.advance, 6)
                for story in stories
                if story.advance
            ],
        )

    def _write_holds(self):
        for purchase in self.purchases:
            if purchase.story.hold[:1] == (purchase.number,):
                _number, kind, days = purchase.story.hold
                purchase.invoice.write(
                    {"collection_hold": kind, "collection_hold_until": self.day(-days)}
                )

    def _write_bills(self, stories):
        """Buy from customers who are vendors too."""
        bills = [(story, *bill) for story in stories for bill in story.bills]
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "company_id": self.company.id,
                    "partner_id": self.partner(story).id,
                    "ref": f"{story.partner.upper()}-{days_ago:03}",
                    "invoice_date": self.day(days_ago),
                    "date": self.day(days_ago),
                    "create_date": self.moment(days_ago),
                    "invoice_line_ids": [
                        Command.create({"name": "Catering", "price_unit": amount})
                    ],
                }
                for story, amount, days_ago, _paid in bills
            ]
        )
        moves.action_post()
        pay(
            self,
            [
                Payment(
                    bill.commercial_partner_id, bill.amount_residual, ago - 30, bill
                )
                for bill, (_story, _amount, ago, paid) in zip(moves, bills, strict=True)
                if paid
            ],
        )
