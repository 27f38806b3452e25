from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestPrivacy(CustomerCommon):
    """Erasing a person through Odoo's privacy lookup."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Snapshot = cls.env["crm.customer.snapshot"]
        cls.customer.write(
            {
                "name": "Ada Example",
                "email": "ada@example.com",
                "is_company": False,
                "user_id": cls.env.user.id,
            }
        )

    def _verdict(self, reason, partner=None):
        partner = partner or self.customer
        self.Customer._refresh(partner)
        return self.env["crm.customer.verdict"].create(
            {
                "partner_id": partner.id,
                "company_id": self.company.id,
                "state": "watch",
                "reason": reason,
                "date_end": "2026-12-31",
            }
        )

    def _history(self):
        """Month ends April and May, closed, and the running June."""
        self.Customer._refresh()
        for day in ("2026-04-30", "2026-05-31"):
            with self._on(day):
                self.Snapshot._take(self.company)
        self.Snapshot._take(self.company)

    def _lookup(self):
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": "Ada Example", "email": "ada@example.com"}
        )
        wizard.action_lookup()
        return wizard

    def _lines(self, wizard, model):
        return wizard.line_ids.filtered(lambda line: line.res_model == model)

    def _revenue(self):
        """Return the company's revenue at each month end."""
        return dict(
            self.Snapshot._read_group(
                [("company_id", "=", self.company.id)],
                ["date:day"],
                ["revenue:sum"],
            )
        )

    def assertNothingOf(self, partner):
        """No row of ours knows the person."""
        for table in (
            "crm_customer",
            "crm_customer_snapshot",
            "crm_customer_verdict",
            "crm_customer_queue",
        ):
            found = self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE partner_id = %s",
                    SQL.identifier(table),
                    partner.id,
                )
            )
            self.assertFalse(found, table)

    def test_found(self):
        """Rows and reasons are found, those that merely name the person too."""
        other = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        for partner in (self.customer, other, stranger):
            self._order(10, "2026-06-01", partner_id=partner.id)
        own = self._verdict("Moves abroad")
        named = self._verdict("Ask for ada@example.com, not the boss", other)
        self._verdict("Nothing to do with it", stranger)
        wizard = self._lookup()
        self.assertEqual(
            self._lines(wizard, "crm.customer").mapped("res_id"), self._stored().ids
        )
        self.assertEqual(
            set(self._lines(wizard, "crm.customer.verdict").mapped("res_id")),
            {own.id, named.id},
        )

    def test_contact_deleted(self):
        """Nothing names the person; the company's past keeps its totals."""
        other = self.env["res.partner"].create({"name": "Other"})
        invoice = self._invoice(100, "2026-04-10")
        self._invoice(40, "2026-04-10", partner_id=other.id)
        self._verdict("Moves abroad")
        self._history()
        # Taken back before the law asks to keep it; the closed months stay.
        invoice.button_draft()
        invoice.unlink()
        days = ("2026-04-30", "2026-05-31")
        before = self._revenue()
        self.assertEqual([before[self._day(day)] for day in days], [140, 140])
        line = self._lookup().line_ids.filtered(
            lambda line: line.res_model == "res.partner"
        )
        self.env.flush_all()
        line.action_unlink()
        self.env.flush_all()
        self.assertFalse(self.customer.exists())
        self.assertNothingOf(self.customer)
        after = self._revenue()
        self.assertEqual([after[self._day(day)] for day in days], [140, 140])
        # The running month was of nobody else: 40 of the other is what it says.
        self.assertEqual(after[self._day("2026-06-30")], 40)
        erased = self.Snapshot.search([("partner_id", "=", False)], order="date")
        self.assertEqual(erased.mapped("revenue"), [100, 100])
        self.assertFalse(erased.user_id)
        self.assertEqual(erased.mapped("last_purchase_date"), [False, False])
        self.assertEqual(erased[0].display_name, "Erased customer, 2026-04-30")
        # Taking, closing and rebuilding months leave them alone.
        with self._on("2026-07-02"):
            self.Snapshot._take(self.company)
            self.Snapshot._rebuild("2026-04-01", companies=self.company)
        self.assertEqual(erased.mapped("revenue"), [100, 100])

    def _day(self, day):
        return self.env["crm.customer.snapshot"]._fields["date"].to_date(day)

    def test_contact_that_must_stay(self):
        """Its invoices are kept: the row says what they say, the rest is gone."""
        invoice = self._invoice(100, "2026-04-10")
        invoice.write(
            {
                "collection_hold": "promise",
                "collection_hold_until": "2026-07-31",
                "collection_hold_note": "Ada called, pays after her divorce",
            }
        )
        self._verdict("Ill, be patient")
        self._history()
        self.assertEqual(self._stored().state, "watch")
        self.customer.activity_schedule(
            "crm_customer360.mail_activity_type_alert", note="Ill, be patient"
        )
        call = self.customer.activity_schedule("mail.mail_activity_data_call")
        before = self._revenue()
        wizard = self._lookup()
        line = self._lines(wizard, "crm.customer")
        line.action_unlink()
        self.assertTrue(line.is_unlinked)
        self.assertIn("Erased", wizard.execution_details)
        self.assertFalse(self.env["crm.customer.verdict"].search([]))
        self.assertFalse(invoice.collection_hold_note)
        self.assertEqual(self.customer.activity_ids, call)
        row = self._stored()
        self.assertEqual(row.revenue, 100)
        self.assertFalse(row.manual_state)
        mine = [("partner_id", "=", self.customer.id)]
        self.assertFalse(self.Snapshot.search(mine))
        # The month goes on, and the past is not computed into being again.
        self.Snapshot._take(self.company)
        self.Snapshot._rebuild("2026-01-01", companies=self.company)
        self.assertEqual(
            self.Snapshot.search(mine).mapped("date"), [self._day("2026-06-30")]
        )
        self.assertEqual(self._revenue(), before)
        with self.assertRaisesRegex(UserError, "already unlinked"):
            line.action_unlink()

    def test_reason_that_names_a_person(self):
        other = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self._order(10, "2026-06-01", partner_id=other.id)
        verdict = self._verdict("Ada Example quarrels with us", other)
        self.assertEqual(self._stored(other).state, "watch")
        self._lines(self._lookup(), "crm.customer.verdict").action_unlink()
        self.assertFalse(verdict.exists())
        self.assertEqual(self._stored(other).state, "none")

    def test_archived(self):
        """Archiving can be undone: it erases nothing."""
        self._order(10, "2026-06-01")
        verdict = self._verdict("Moves abroad")
        line = self._lookup().line_ids.filtered(
            lambda line: line.res_model == "res.partner"
        )
        line.is_active = False
        line._onchange_is_active()
        self.assertFalse(self.customer.active)
        self.assertTrue(verdict.exists())
        self.assertTrue(self._row())

    def test_several_companies(self):
        """A person is erased everywhere, by any of the rows."""
        branch = self._branch()
        for company in (self.company, branch):
            self._order(10, "2026-06-01", company_id=company.id)
        self.Customer._refresh()
        self._history()
        self.env["sale.order"].search(
            [("partner_id", "=", self.customer.id)]
        )._action_cancel()
        lines = self._lines(self._lookup(), "crm.customer")
        self.assertEqual(len(lines), 2)
        self.customer.customer_rank = 0
        lines[0].action_unlink()
        lines[1].action_unlink()
        self.assertFalse(self.Snapshot.search([("partner_id", "=", self.customer.id)]))
