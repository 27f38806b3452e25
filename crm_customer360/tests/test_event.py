from odoo.tests import tagged

from .event_common import EventCommon


@tagged("post_install", "-at_install")
class TestEvent(EventCommon):
    def test_every_kind(self):
        self._order(50, "2026-05-02", confirm=False)
        self._order(100, "2026-05-03")
        self._invoice(120, "2026-05-04", taxes=self.tax)
        self._refund(20, "2026-05-05")
        self._payment(70, "2026-05-06")
        self._meeting("2026-05-07 08:00:00", "2026-05-07 09:00:00")
        lead = self._made(self._opportunity(500), "2026-05-08 10:00:00")
        with self._on("2026-05-09"):
            lead.action_set_won()
        lost = self._made(self._opportunity(600), "2026-05-10 10:00:00")
        with self._on("2026-05-11"):
            lost.action_set_lost()
        self._rating(lead, 4, "2026-05-12")
        self._activity(self.customer, "2026-05-13")
        events = self._events()
        self.assertEvents(
            [
                ("quotation", "2026-05-02", 50),
                ("order", "2026-05-03", 100),
                ("invoice", "2026-05-04", 120),
                ("credit_note", "2026-05-05", -20),
                ("payment", "2026-05-06", 70),
                ("meeting", "2026-05-07", 0),
                ("opportunity", "2026-05-08", 500),
                ("won", "2026-05-09", 500),
                ("opportunity", "2026-05-10", 600),
                ("lost", "2026-05-11", 600),
                ("rating", "2026-05-12", 0),
                ("activity", "2026-05-13", 0),
            ],
            events,
        )
        self.assertEqual(events.partner_id, self.customer)
        self.assertEqual(events.company_id, self.company)
        self.assertEqual(events.currency_id, self.company.currency_id)
        self.assertEqual(events[10].rating, 4)
        self.assertEqual(events[0].state, "draft")
        self.assertEqual(events[2].state, "not_paid")
        self.assertEqual(
            [(event.res_model, event.res_id) for event in events[6:8]],
            [("crm.lead", lead.id)] * 2,
        )

    def test_read_again_by_id(self):
        """A line keeps its id, and is read by it alone: two leads, four documents."""
        self._order(100, "2026-05-03")
        self._payment(70, "2026-05-06")
        self._meeting("2026-05-07 08:00:00", "2026-05-07 09:00:00")
        with self._on("2026-05-09"):
            self._made(self._opportunity(5), "2026-05-08 10:00:00").action_set_won()
        events = self._events()
        self.assertEqual(len(set(events.ids)), 5)
        kinds = events.mapped("kind")
        self.env.invalidate_all()
        again = self.env["crm.customer.event"].browse(events.ids)
        self.assertEqual(again.mapped("kind"), kinds)
        self.assertEqual(again.exists(), again)
        gone = self.env["crm.customer.event"].browse(events[0].id + 32)
        self.assertFalse(gone.exists())

    def test_scope_leaves_nothing_out(self):
        """A search for everything finds for this customer what a narrow one does."""
        other = self.customer.copy()
        for partner in self.customer + other:
            self._order(100, "2026-05-03", partner_id=partner.id)
            self._invoice(120, "2026-05-04", partner_id=partner.id)
            self._payment(70, "2026-05-31", partner_id=partner.id)
            self._activity(partner, "2026-06-01")
            self._row(partner)
        # One meeting for both, another for two contacts of one.
        contacts = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.customer.id} for name in ("One", "Two")]
        )
        self._meeting(
            "2026-05-07 08:00:00", "2026-05-07 09:00:00", self.customer + other
        )
        self._meeting("2026-05-08 08:00:00", "2026-05-08 09:00:00", contacts)
        events = self._events()
        self.assertEqual(
            events.mapped("kind"),
            ["order", "invoice", "meeting", "meeting", "payment", "activity"],
        )
        Event = self.env["crm.customer.event"]
        everything = Event.search([], order="date, id")
        self.assertEqual(
            everything.filtered(lambda event: event.partner_id == self.customer), events
        )
        self.assertEqual(len(self._events(partner=other)), 5)
        for domain, kinds in (
            ([("day", ">=", "2026-05-31")], ["payment", "activity"]),
            ([("day", "<=", "2026-05-03")], ["order"]),
            ([("day", "=", "2026-05-04")], ["invoice"]),
            (
                [("date", ">", "2026-05-04 00:00:00"), ("date", "<", "2026-05-08")],
                ["invoice", "meeting"],
            ),
            (
                ["|", ("kind", "=", "order"), ("day", "=", "2026-05-31")],
                ["order", "payment"],
            ),
            ([("kind", "in", ["order", "payment"])], ["order", "payment"]),
            ([("id", "in", events[:2].ids)], ["order", "invoice"]),
        ):
            for customer in ("partner_id", "customer_id.partner_id"):
                found = Event.search(
                    [(customer, "=", self.customer.id), *domain], order="date, id"
                )
                self.assertEqual(found.mapped("kind"), kinds, domain)

    def test_read_group(self):
        self._invoice(100, "2026-05-04")
        self._invoice(50, "2026-06-04")
        groups = self.env["crm.customer.event"]._read_group(
            [("customer_id", "=", self._row().id)],
            ["kind", "day:month"],
            ["__count", "amount:sum"],
            order="day:month",
        )
        self.assertEqual(
            [(kind, str(day), *rest) for kind, day, *rest in groups],
            [("invoice", "2026-05-01", 1, 100), ("invoice", "2026-06-01", 1, 50)],
        )

    # -- what the page reads

    def test_timeline(self):
        """The next first, then the latest; all kinds are counted whatever is chosen."""
        self._order(100, "2026-05-03", user_id=self.env.user.id)
        self._invoice(120, "2026-05-04")
        self._invoice(30, "2026-05-05")
        for day in ("2026-06-20", "2026-06-18"):
            self._meeting(f"{day} 08:00:00", f"{day} 09:00:00")
        found = self._timeline()
        self.assertEqual(found["kinds"], {"order": 1, "invoice": 2, "meeting": 2})
        self.assertEqual(
            [str(event["day"]) for event in found["planned"]],
            ["2026-06-18", "2026-06-20"],
        )
        self.assertEqual(
            [
                (event["kind"], str(event["day"]), event["amount"], event["state"])
                for event in found["events"]
            ],
            [
                ("invoice", "2026-05-05", 30, "not_paid"),
                ("invoice", "2026-05-04", 120, "not_paid"),
                ("order", "2026-05-03", 100, None),
            ],
        )
        order = found["events"][-1]
        self.assertEqual(order["user_id"], self.env.user.display_name)
        self.assertEqual(order["currency_id"], self.company.currency_id.id)
        self.assertEqual(
            self._events().filtered(lambda event: event.kind == "order").id, order["id"]
        )
        chosen = self._timeline(kinds=["invoice"], limit=1, offset=1)
        self.assertEqual(chosen["kinds"], found["kinds"])
        self.assertEqual((chosen["planned"], len(chosen["events"])), ([], 1))
        self.assertEqual(chosen["events"][0]["amount"], 120)
        self.assertEqual(len(self._timeline(planned=1)["planned"]), 1)

    def test_timeline_of_nobody(self):
        Event = self.env["crm.customer.event"]
        empty = {"kinds": {}, "planned": [], "events": []}
        self.assertEqual(Event.get_timeline(self._row().id), empty)
        self.assertEqual(Event.get_timeline(0), empty)

    # -- sums

    def _total(self, *kinds):
        events = self._events().filtered(
            lambda event: (
                event.kind in kinds and "2025-06-16" <= str(event.day) <= "2026-06-15"
            )
        )
        return sum(events.mapped("amount"))

    def test_invoices_sum_up_to_revenue(self):
        """1,000 + 300 - 200; tax, the year before and drafts aside."""
        self._invoice(1000, "2026-05-01", taxes=self.tax)
        self._invoice(300, "2025-06-16", move_type="out_receipt")
        self._invoice(999, "2025-06-15")
        self._invoice(77, "2026-05-01", post=False)
        self._refund(200, "2026-06-15", taxes=self.tax)
        self.assertEqual(self._total("invoice", "credit_note"), 1100)
        self.assertEqual(self._row().revenue, 1100)

    def test_payments_sum_up_to_received(self):
        """100 of 110 with 10 written off, 40 on the statement, 15 paid back."""
        invoice = self._invoice(110, "2026-06-01")
        self._register(
            invoice,
            "2026-06-05",
            amount=100,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )
        self._statement(40, "2026-06-06")
        self._payment(15, "2026-06-07", payment_type="outbound")
        self._payment(500, "2025-06-15")
        self.assertEqual(self._total("payment"), 125)
        self.assertEqual(self._row().received, 125)
        events = self._events(kind="payment")
        self.assertEqual(events.mapped("amount"), [500, 100, 40, -15])
        self.assertEqual(
            events.mapped("res_model"),
            ["account.payment", "account.payment", "account.move", "account.payment"],
        )

    def test_payment_in_hand(self):
        """Money without a journal entry is not received yet."""
        with self._no_entries():
            self._payment(60, "2026-06-05")
            self.assertEvents([("payment_in_hand", "2026-06-05", 60)], self._events())
            self.assertEqual(self._total("payment"), 0)

    def test_orders_in_company_currency(self):
        """200 at two to one are 100."""
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self._order(200, "2026-05-03", pricelist_id=pricelist.id)
        self.assertEvents([("order", "2026-05-03", 100)], self._events())
        self.assertEqual(self._row().order_amount, 100)

    # -- whom and when

    def test_contacts_count_for_their_customer(self):
        """A contact of a contact, archived, whose documents are the customer's."""
        child = self.env["res.partner"].create(
            {"name": "Branch office", "parent_id": self.customer.id}
        )
        grandchild = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": child.id}
        )
        self._order(100, "2026-05-03", partner_id=grandchild.id)
        self._invoice(120, "2026-05-04", partner_id=grandchild.id)
        self._meeting("2026-05-07 08:00:00", "2026-05-07 09:00:00", grandchild)
        self._activity(grandchild, "2026-05-08")
        grandchild.active = False
        events = self._events()
        self.assertEqual(
            events.mapped("kind"), ["order", "invoice", "meeting", "activity"]
        )
        self.assertEqual(events.partner_id, self.customer)

    def test_days_are_the_company_s(self):
        """21:00 UTC of the 3rd is the 4th in Riga; what has no time is at its noon."""
        self.company.partner_id.tz = "Europe/Riga"
        order = self._order(100, "2026-05-03")
        order.date_order = "2026-05-03 21:00:00"
        self._invoice(120, "2026-05-05")
        events = self._events()
        self.assertEqual(
            [str(event.day) for event in events], ["2026-05-04", "2026-05-05"]
        )
        self.assertEqual(str(events[1].date), "2026-05-05 09:00:00")

    def test_only_meetings_are_to_come(self):
        """Today is the 15th: documents of tomorrow are not there yet."""
        self._order(100, "2026-06-16")
        self._invoice(120, "2026-06-16")
        self._invoice(130, "2026-06-15")
        self._meeting("2026-07-01 08:00:00", "2026-07-01 09:00:00")
        self._meeting("2026-06-01 08:00:00", "2026-06-01 09:00:00")
        events = self._events()
        self.assertEqual(events.mapped("kind"), ["meeting", "invoice", "meeting"])
        self.assertEqual(events.mapped("state"), [False, "not_paid", "planned"])

    def test_no_company_counts_once(self):
        """An opportunity of no company counts where the revenue is: in the branch."""
        branch = self._branch()
        self._invoice(100, "2026-05-01")
        self._invoice(
            900,
            "2026-05-01",
            company_id=branch.id,
            journal_id=self.company_data["default_journal_sale"].id,
        )
        lead = self._opportunity(500, company_id=False, team_id=False)
        self.assertFalse(lead.company_id)
        self._made(lead, "2026-05-08 10:00:00")
        self.Customer._refresh(self.customer)
        self.assertEqual(self._events().mapped("kind"), ["invoice"])
        self.assertEqual(
            self._events(company=branch).mapped("kind"), ["invoice", "opportunity"]
        )

    def test_open_document(self):
        order = self._order(100, "2026-05-03")
        action = self._events().action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("sale.order", order.id)
        )
