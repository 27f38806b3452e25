from datetime import datetime

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestRefresh(CustomerCommon):
    def _partners(self, count, **vals):
        return self.env["res.partner"].create(
            [{"name": f"Customer {number}", **vals} for number in range(count)]
        )

    def _statements(self, partners=None):
        """Number of statements of a refresh."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.Customer._refresh(partners)
        return self.env.cr.sql_log_count - before

    def _table(self, partners=None):
        """``{(partner, company): figures}`` of what a refresh writes."""
        self.env.cr.execute(
            SQL(
                "SELECT partner_id, company_id, %s FROM crm_customer WHERE %s",
                SQL(", ").join(
                    SQL.identifier(name) for name in self.Customer._figure_columns()
                ),
                SQL("TRUE")
                if partners is None
                else SQL("partner_id = ANY(%s)", partners.ids),
            )
        )
        return {row[:2]: row[2:] for row in self.env.cr.fetchall()}

    def _many_documents(self):
        """Customers with something of everything."""
        partners = self._partners(4) + self.customer
        for number, partner in enumerate(partners, 1):
            own = {"partner_id": partner.id}
            for day in ("2025-01-10", "2025-08-01", "2026-02-01", "2026-05-20"):
                lines = [{"product_id": self.product_a.id, "price_unit": 100 * number}]
                self._invoice(0, day, lines=lines, taxes=self.tax, **own)
            invoice = self._invoice(50 * number, "2026-04-01", due="2026-04-15", **own)
            self._register(invoice, "2026-05-01", amount=20)
            self._refund(number, "2026-05-02", **own)
            self._entry(number, "2026-03-01", partner=partner)
            order = self._order(number, "2026-05-05", **own)
            self._order(number, "2026-05-05", confirm=False, **own)
            self._opportunity(number, 30, **own)
            self._meeting("2026-05-06 10:00:00", "2026-05-06 11:00:00", partner)
            self._rating(order, number % 5 + 1, "2026-05-07", **own)
            self._activity(order, "2026-05-08")
        return partners

    # -- the two shapes

    def test_shapes_agree(self):
        partners = self._many_documents()
        self._invoice(10, "2026-05-01", company_id=self._branch().id)
        self.company.write(
            {
                "customer_order_cost": 3,
                "customer_meeting_hour_cost": 5,
                "customer_capital_rate": 7,
                "account_use_credit_limit": True,
            }
        )
        self.Customer._refresh()
        everybody = self._table()
        self.assertTrue(everybody)
        mine = self._table(partners)
        self.assertEqual(len(mine), 6)
        self.assertTrue(all(any(figures) for figures in mine.values()))
        self.env.cr.execute("DELETE FROM crm_customer")
        all_partners = (
            self.env["res.partner"].with_context(active_test=False).search([])
        )
        self.Customer._refresh(all_partners)
        self.assertEqual(self._table(), everybody)
        # and nothing is left to write for the other shape
        self.assertEqual(self.Customer._refresh_read(), 0)

    def test_statements(self):
        """As many for twenty customers as for one, in both shapes."""
        self._many_documents()
        first, others = self._partners(1), self._partners(20)
        for partner in first + others:
            self._invoice(10, "2026-05-01", partner_id=partner.id)
        self.Customer._refresh(self.customer)  # plans the statement once
        few = self._statements(first)
        self.assertEqual(self._statements(others), few)
        self.Customer._refresh()
        unchanged = self._statements()
        self.env.cr.execute("DELETE FROM crm_customer")
        self.assertEqual(self._statements(), unchanged)

    # -- what is written

    def test_unchanged_is_not_written(self):
        partners = self._many_documents()
        self.Customer._refresh()
        rows = self.Customer.search([("partner_id", "in", partners.ids)])
        moments = rows.mapped("computed_at")
        self.assertEqual(set(moments), {datetime(2026, 6, 15, 12)})
        with self._at("2026-06-15 18:00:00"):
            self.assertEqual(self.Customer._refresh(), 0)
            self.assertEqual(self.Customer._refresh(partners), 0)
            self.assertEqual(rows.mapped("computed_at"), moments)
            self._invoice(1, "2026-06-15", partner_id=partners[0].id)
            self.assertEqual(self.Customer._refresh(partners), 1)
            self.assertEqual(
                self._stored(partners[0]).computed_at, datetime(2026, 6, 15, 18)
            )
            self.assertEqual(self._stored(partners[1]).computed_at, moments[0])

    def test_one_day_later(self):
        """Only who crossed a limit is written; all others are as they were."""
        names = {
            "due": [{"day": "2026-06-01", "due": "2026-06-15"}],  # overdue now
            "older": [{"day": "2026-05-01", "due": "2026-05-16"}],  # 31 days now
            "out": [{"day": "2025-06-16", "due": "2020-01-01"}],  # leaves the window
            "came": [{"day": "2026-06-16", "due": "2026-07-01"}],  # dated today
            "late": [{"day": "2026-01-01", "due": "2026-01-01"}],  # late as before
            "open": [{"day": "2026-06-01", "due": "2026-07-01"}],  # not due as before
        }
        partners = {}
        for name, documents in names.items():
            partners[name] = self.env["res.partner"].create({"name": name})
            for vals in documents:
                self._invoice(
                    100, vals["day"], due=vals["due"], partner_id=partners[name].id
                )
        for name in ("paid", "quoted", "rhythm", "expired"):
            partners[name] = self.env["res.partner"].create({"name": name})
        self._register(
            self._invoice(100, "2026-05-01", partner_id=partners["paid"].id),
            "2026-06-01",
        )
        self._order(100, "2026-05-01", confirm=False, partner_id=partners["quoted"].id)
        for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
            self._register(
                self._invoice(100, day, partner_id=partners["rhythm"].id), day
            )
        # an order that leaves the window
        self._order(100, "2025-06-16", partner_id=partners["expired"].id)
        everybody = self.env["res.partner"].concat(*partners.values())
        self.Customer._refresh()
        before = self._table(everybody)
        lateness = self._stored(partners["rhythm"]).lateness
        with self._on("2026-06-16"):
            self.Customer.invalidate_model()
            self.Customer._refresh()
            after = self._table(everybody)
            written = {
                name
                for name, partner in partners.items()
                if self._stored(partner).computed_at == datetime(2026, 6, 16, 12)
            }
            # "rhythm" buys every 30.5 days: silent for 46, it is now slowing (1.5 ×).
            self.assertEqual(
                written, {"due", "older", "out", "came", "expired", "rhythm"}
            )
            differs = {key for key in after if after[key] != before.get(key)}
            self.assertEqual(
                differs, {(partners[name].id, self.company.id) for name in written}
            )
            # what moves with the calendar alone moved all the same: 46 of 30.5 days
            self.assertAlmostEqual(lateness, 45 / 30.5, places=2)
            self.assertAlmostEqual(
                self._stored(partners["rhythm"]).lateness, 46 / 30.5, places=2
            )
            self.assertEqual(self._stored(partners["late"]).oldest_due_days, 166)
            self.assertEqual(self.Customer._refresh(), 0)

    def test_ranks_are_the_night_s(self):
        first, second = self._partners(2)
        self._invoice(1000, "2026-05-01", partner_id=first.id)
        self._invoice(10, "2026-05-01", partner_id=second.id)
        self.Customer._refresh()
        rows = self._stored(first) + self._stored(second)
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2])
        self._invoice(5000, "2026-05-01", partner_id=second.id)
        self.Customer._refresh(second)
        self.assertEqual(rows.mapped("revenue"), [1000, 5010])
        self.assertEqual(rows.mapped("revenue_rank"), [1, 2])
        self.assertEqual(rows.mapped("revenue_class"), ["a", "c"])
        self.Customer._refresh()
        self.assertEqual(rows.mapped("revenue_rank"), [2, 1])
        self.assertEqual(rows.mapped("revenue_class"), ["b", "a"])  # 5010 of 6010: 83 %

    # -- who is a customer

    def test_no_documents(self):
        """Marked as customer, shared: a row of zeros in every root company."""
        branch = self._branch()
        prospect = self._partners(1, customer_rank=1)
        self.Customer._refresh(prospect)
        rows = self.Customer.sudo().search([("partner_id", "=", prospect.id)])
        roots = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        self.assertEqual(rows.company_id, roots)
        self.assertEqual(len(rows), len(roots))
        self.assertNotIn(branch, rows.company_id)
        self.assertFigures(
            {
                "revenue": 0,
                "receivable": 0,
                "purchase_count": 0,
                "order_count": 0,
                "last_purchase_date": None,
                "last_contact_date": None,
                "revenue_growth": None,
                "margin_rate": None,
                "dso": None,
                "days_to_pay": None,
                "csat": None,
                "cadence_days": None,
                "contribution": 0,
            },
            prospect,
        )

    def test_no_documents_in_a_company_of_its_own(self):
        branch = self._branch()
        for company in (self.company, branch):
            prospect = self._partners(1, customer_rank=1, company_id=company.id)
            self.Customer._refresh(prospect)
            rows = self.Customer.sudo().search([("partner_id", "=", prospect.id)])
            self.assertEqual(rows.company_id, company)

    def test_no_customer(self):
        contact = self._partners(1)
        self.assertEqual(self.Customer._refresh(contact), 0)
        self.assertFalse(self.Customer.search([("partner_id", "=", contact.id)]))
        self.assertEqual(self.Customer._refresh(self.env["res.partner"]), 0)

    def test_every_trace_makes_a_customer(self):
        """A quotation, an opportunity or an entry is enough."""
        Partner = self.env["res.partner"]
        for make in (
            lambda partner: self._order(1, "2026-05-01", confirm=False, **partner),
            lambda partner: self._opportunity(1, **partner),
            lambda partner: self._entry(
                1, "2026-05-01", partner=Partner.browse(partner["partner_id"])
            ),
        ):
            partner = self._partners(1)
            make({"partner_id": partner.id})
            partner.customer_rank = 0
            self.Customer._refresh(partner)
            self.assertEqual(len(self._stored(partner)), 1)

    def test_empty_database(self):
        """No customer anywhere: nothing to write, no error."""
        self.env.cr.execute("DELETE FROM crm_customer")
        self.env.cr.execute("UPDATE res_partner SET customer_rank = 0")
        self.env.invalidate_all()
        self.Customer._refresh()
        self.assertFalse(self.Customer.search([("company_id", "=", self.company.id)]))
        self.assertTrue(self.company.customer_refreshed_at)

    def test_rows_stay_at_zero(self):
        invoice = self._invoice(100, "2026-05-01")
        row = self._row()
        invoice.button_draft()
        invoice.button_cancel()
        self.customer.customer_rank = 0
        self.assertFigures({"revenue": 0, "receivable": 0, "purchase_count": 0})
        self.assertEqual(self._stored(), row)

    # -- arguments

    def test_companies(self):
        branch = self._branch()
        for company in (self.company, branch):
            self._invoice(100, "2026-05-01", company_id=company.id)
        self.assertEqual(self.Customer._refresh(self.customer, branch), 1)
        self.assertFalse(self._stored())
        self.assertEqual(self._stored(company=branch).revenue, 100)
        for company in (self.company, branch):
            self._invoice(10, "2026-05-02", company_id=company.id)
        self.Customer._refresh(companies=self.company)
        self.assertEqual(self._stored().revenue, 110)
        self.assertEqual(self._stored(company=branch).revenue, 100)
        self.Customer._refresh(self.customer)
        self.assertEqual(self._stored(company=branch).revenue, 110)

    def test_contact_stands_for_its_customer(self):
        contact = self._partners(1, parent_id=self.customer.id)
        self._invoice(100, "2026-05-01")
        self.Customer._refresh(contact)
        self.assertEqual(self._stored().revenue, 100)
        self.assertFalse(self._stored(contact))

    def test_contact_gets_a_parent(self):
        """Its documents count for the parent; its own row is gone."""
        person = self._partners(1)
        self._invoice(100, "2026-05-01", partner_id=person.id)
        self._invoice(10, "2026-05-02")
        self.Customer._refresh(person + self.customer)
        self.assertEqual(self._stored(person).revenue, 100)
        person.parent_id = self.customer
        self.Customer._refresh(person)
        self.assertFalse(self._stored(person))
        self.assertFigures({"revenue": 110, "purchase_count": 2, "receivable": 110})

    def test_contact_gets_a_parent_overnight(self):
        person = self._partners(1)
        self._invoice(100, "2026-05-01", partner_id=person.id)
        self.Customer._refresh()
        person.write({"parent_id": self.customer.id})
        self.Customer._refresh()
        self.assertFalse(self._stored(person))
        self.assertEqual(self._stored().revenue, 100)
        # On its own again: the ledger leaves its invoices with the parent, so do we.
        person.write({"parent_id": False})
        self.Customer._refresh()
        self.assertEqual(self._stored(person).revenue, 0)
        self.assertEqual(self._stored().revenue, 100)
        self._invoice(10, "2026-05-02", partner_id=person.id)
        self.assertFigures({"revenue": 10, "receivable": 10}, person)
        self.assertFigures({"revenue": 100, "receivable": 100})

    def test_salesperson_and_country(self):
        country = self.env.ref("base.ir")
        self.customer.write({"user_id": self.env.user.id, "country_id": country.id})
        self._invoice(100, "2026-05-01")
        row = self._row()
        self.assertEqual(row.user_id, self.env.user)
        self.assertEqual(row.country_id, country)
        self.assertEqual(row.currency_id, self.company.currency_id)
        self.assertEqual(row.display_name, "Customer")

    def test_refreshed_at(self):
        self._invoice(100, "2026-05-01")
        self.Customer._refresh()
        row = self._stored()
        self.assertEqual(row.refreshed_at, datetime(2026, 6, 15, 12))
        with self._at("2026-06-15 18:00:00"):
            self.Customer._refresh(companies=self.company)
            self.assertEqual(row.computed_at, datetime(2026, 6, 15, 12))
            self.assertEqual(row.refreshed_at, datetime(2026, 6, 15, 18))

    def test_open(self):
        """Opening a contact refreshes its customer first."""
        contact = self._partners(1, parent_id=self.customer.id)
        action = self.customer.action_open_partner_360()
        self.assertEqual(action["tag"], "display_notification")
        self._invoice(100, "2026-05-01")
        action = contact.action_open_partner_360()
        self.assertEqual(action["res_id"], self._stored().id)
        self.assertEqual(self._stored().revenue, 100)
        self._invoice(10, "2026-05-01")
        self._stored().action_refresh()
        self.assertEqual(self._stored().revenue, 110)
        self.assertEqual(contact.customer_id, self._stored())

    def test_whoever_calls(self):
        """The figures do not depend on what the caller may see."""
        self._invoice(0, "2026-05-01", lines=[{"product_id": self.product_a.id}])
        user = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "clerk360",
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
            }
        )
        self.Customer.with_user(user)._refresh(self.customer)
        row = self._stored()
        self.assertEqual(row.cost, 800)
        self.env.cr.execute("DELETE FROM crm_customer")
        self.env.invalidate_all()
        self.Customer.with_user(user)._refresh()
        self.assertEqual(self._stored().cost, 800)
