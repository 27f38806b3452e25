from odoo.tests import tagged
from odoo.tools import SQL

from .test_snapshot import SnapshotCommon


class MovedCommon(SnapshotCommon):
    """Two customers with a past; figures are theirs together, before and after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.customer.copy({"name": "Other"})

    def _documents(self):
        """In April 100 and nothing, in May 10 and 7, in June 1 and 2."""
        self._invoice(100.0, "2026-04-10")
        self._invoice(10.0, "2026-05-10")
        self._invoice(7.0, "2026-05-20", partner_id=self.other.id)
        self._invoice(1.0, "2026-06-01")
        self._invoice(2.0, "2026-06-02", partner_id=self.other.id)
        self._order(30.0, "2026-06-03", partner_id=self.other.id)
        self._take()
        self.Snapshot._rebuild()

    def _total(self):
        """All customers of the company together."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT sum(revenue_total), sum(receivable), sum(order_amount),"
                " sum(purchase_count) FROM crm_customer WHERE company_id = %s",
                self.company.id,
            )
        )
        return self.env.cr.fetchone()

    def _months(self):
        self.env.cr.execute(
            SQL(
                "SELECT date, sum(revenue), sum(revenue_month), sum(receivable),"
                " sum(purchase_count) FROM crm_customer_snapshot"
                " WHERE company_id = %s GROUP BY date ORDER BY date",
                self.company.id,
            )
        )
        return self.env.cr.fetchall()

    def _merge(self, partners, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge(partners.ids, target)

    def assertMerged(self, partner):
        """Everything stands with `partner`, and nothing anywhere else."""
        self.assertEqual(
            self._history(
                "revenue", "revenue_month", "purchase_count", partner=partner
            ),
            {
                "2026-04-30": [100.0, 100.0, 1],
                "2026-05-31": [117.0, 17.0, 3],
                "2026-06-30": [120.0, 3.0, 5],
            },
        )
        self.assertEqual(
            self._history("rebuilt", "closed", partner=partner),
            {
                "2026-04-30": [True, True],
                "2026-05-31": [True, True],
                "2026-06-30": [False, False],
            },
        )
        row = self._stored(partner)
        self.assertEqual(row.revenue_total, 120.0)
        self.assertEqual(row.order_amount, 30.0)


@tagged("post_install", "-at_install")
class TestPartnerMerge(MovedCommon):
    def test_customers(self):
        self._documents()
        total, months = self._total(), self._months()
        self._merge(self.customer | self.other, self.customer)
        self.assertFalse(self.other.exists())
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertMerged(self.customer)

    def test_into_the_younger(self):
        """April is only in the source: its row moves, class and all."""
        self._documents()
        self._merge(self.customer | self.other, self.other)
        self.assertMerged(self.other)
        self.assertEqual(
            [row.revenue_class for row in self._snapshots(self.other)], ["a"] * 3
        )

    def test_nothing_is_written_twice_after(self):
        """The refresh and the ledger agree with what was added up."""
        self._documents()
        self._merge(self.customer | self.other, self.customer)
        versions = self._versions()
        self.assertEqual(self.Snapshot._rebuild(), 0)
        self._take()
        self.assertEqual(len(self._versions()), len(versions))
        self.assertMerged(self.customer)

    def test_three(self):
        third = self.customer.copy({"name": "Third"})
        self._invoice(4.0, "2026-05-10", partner_id=third.id)
        self._documents()
        total, months = self._total(), self._months()
        self._merge(self.customer | self.other | third, third)
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertEqual(self._snapshot("2026-05-31", third).revenue, 121.0)

    def test_archived(self):
        self._documents()
        self.other.active = False
        self._merge(self.customer | self.other, self.customer)
        self.assertMerged(self.customer)

    def test_companies(self):
        branch = self._branch()
        self._invoice(8.0, "2026-06-01", company_id=branch.id)
        self._invoice(9.0, "2026-06-01", company_id=branch.id, partner_id=self.other.id)
        self._documents()
        self._merge(self.customer | self.other, self.customer)
        self.assertMerged(self.customer)
        self.assertEqual(self._stored(company=branch).revenue_total, 17.0)
        self.assertEqual(self._snapshots(company=branch).revenue, 17.0)

    def test_without_history(self):
        """A plain contact, and a customer."""
        self._invoice(5.0, "2026-06-01")
        self._take()
        contact = self._partner("Contact")
        self._merge(self.customer | contact, contact)
        self.assertEqual(self._stored(contact).revenue_total, 5.0)
        self.assertEqual(self._snapshots(contact).revenue, 5.0)

    def test_child_contacts(self):
        """Contacts of two customers: orders go with the contact, invoices are one's."""
        mine = self._partner("C", parent_id=self.customer.id, is_company=False)
        theirs = self._partner("C", parent_id=self.other.id, is_company=False)
        self._documents()
        self._invoice(11.0, "2026-06-01", partner_id=mine.id)
        self._order(40.0, "2026-06-03", partner_id=mine.id)
        self._take()
        total, months = self._total(), self._months()
        self.assertEqual(self._stored().order_amount, 40.0)
        self._merge(mine | theirs, theirs)
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertEqual(self._stored().order_amount, 0.0)
        self.assertEqual(self._stored(self.other).order_amount, 70.0)

    def test_customer_into_a_contact(self):
        """A company merged into another one's contact brings its own contacts along."""
        contact = self._partner("Contact", parent_id=self.other.id, is_company=False)
        self.customer.is_company = False
        child = self._partner("Child", parent_id=self.customer.id, is_company=False)
        self._documents()
        total, months = self._total(), self._months()
        self._merge(self.customer | contact, contact)
        self.assertEqual(child.commercial_partner_id, self.other)
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertMerged(self.other)

    def test_queue(self):
        """Who waited still waits, under the new name."""
        self.env.cr.precommit.run()
        self.env.cr.execute(SQL("DELETE FROM crm_customer_queue"))
        self._documents()
        self.env.cr.precommit.run()
        self._merge(self.customer | self.other, self.customer)
        self.env.cr.precommit.run()
        waiting = self.env["crm.customer.queue"].search([]).partner_id
        self.assertEqual(waiting & (self.customer | self.other), self.customer)


@tagged("post_install", "-at_install")
class TestPartnerMoved(MovedCommon):
    def test_under_a_parent(self):
        self.other.is_company = False
        self._documents()
        total, months = self._total(), self._months()
        self.other.parent_id = self.customer
        self.Customer._refresh(self.other)
        self.assertFalse(self._stored(self.other))
        self.assertFalse(self._snapshots(self.other))
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertMerged(self.customer)

    def test_found_by_the_nightly_run(self):
        self.other.is_company = False
        self._documents()
        self.other.parent_id = self.customer
        self._take()
        self.assertFalse(self._stored(self.other))
        self.assertMerged(self.customer)

    def test_several_levels(self):
        """All at once, each to the customer it now belongs to."""
        self.other.is_company = False
        below = self._partner("Below", is_company=False)
        self._invoice(4.0, "2026-05-10", partner_id=below.id)
        self._documents()
        below.parent_id = self.other
        self.other.parent_id = self.customer
        self.Customer._refresh(below | self.other)
        self.assertFalse(self._snapshots(below) | self._snapshots(self.other))
        self.assertEqual(self._snapshot("2026-05-31").revenue, 121.0)
        self.assertEqual(self._stored().revenue_total, 124.0)

    def test_out_again(self):
        """The books stay with the parent, and so do the months; orders go along.

        Odoo itself hands the journal items over to the parent, and not back.
        """
        self.other.is_company = False
        self._documents()
        self.other.parent_id = self.customer
        self.Customer._refresh(self.other)
        total, months = self._total(), self._months()
        self.other.parent_id = False
        self.Customer._refresh(self.customer | self.other)
        self.assertEqual(self._total(), total)
        self.assertEqual(self._months(), months)
        self.assertEqual(self._stored().revenue_total, 120.0)
        self.assertEqual(self._stored(self.other).order_amount, 30.0)
        self.assertFalse(self._snapshots(self.other))

    def test_archived(self):
        """An archived customer keeps its row, and its months go on."""
        self._documents()
        self.other.active = False
        self._take()
        self.assertEqual(self._stored(self.other).revenue_total, 9.0)
        self.assertEqual(self._snapshot("2026-06-30", self.other).revenue, 9.0)

    def test_deleted(self):
        """Without documents that would keep it, a contact goes with its rows."""
        prospect = self._partner("Prospect", customer_rank=1)
        self._take()
        customer, snapshot = self._stored(prospect), self._snapshots(prospect)
        self.assertTrue(customer and snapshot)
        prospect.unlink()
        self.assertFalse(customer.exists() or snapshot.exists())
