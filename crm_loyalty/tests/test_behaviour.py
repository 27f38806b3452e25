from datetime import date, timedelta

from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.crm_rfm.tests.common import RfmCommon

TODAY = date(2026, 6, 15)


class BehaviourCommon(RfmCommon):
    """Today is 15 June 2026. The customer usually buys every 30 days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("crm_loyalty.lost_reason_competitor_price")
        cls.reason.name = "Competitor price"
        cls.other = cls.env["crm.lost.reason"].create({"name": "No need"})
        cls.row = cls.Customer.sudo().create(
            {"partner_id": cls.customer.id, "company_id": cls.company.id}
        )
        cls.Note = cls.env["crm.customer.competitor"]

    def _set(self, days=20, state="scored", r=5, f=5, cadence=30, row=None):
        """Give the row figures: days since the last purchase, scores, cadence."""
        last = None if days is None else TODAY - timedelta(days=days)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_customer SET last_purchase_date = %(last)s,"
                " rfm_last_purchase_date = %(last)s, rfm_state = %(state)s,"
                " rfm_r = %(r)s, rfm_f = %(f)s, cadence_days = %(cadence)s"
                " WHERE id = %(id)s",
                last=last,
                state=state,
                r=r,
                f=f,
                cadence=cadence,
                id=(row or self.row).id,
            )
        )
        self.Customer.invalidate_model()

    def _class(self, **figures):
        """Set figures, evaluate everybody, return the class."""
        self._set(**figures)
        self.Customer._evaluate_class()
        return self.row.loyalty_class

    def _lost(self, reason=None, day="2026-05-03", **vals):
        lead = self._opportunity(100, name="Big deal", **vals)
        with self._on(day):
            lead.action_set_lost(lost_reason_id=(reason or self.reason).id)
            lead.flush_recordset()
        return lead


@tagged("post_install", "-at_install")
class TestBehaviour(BehaviourCommon):
    def test_loyal(self):
        # 45 days are exactly 1.5 × 30; of five bins, 4 and 5 are the highest two.
        self.assertEqual(self._class(days=45, r=4, f=4), "loyal")
        self.assertEqual(self.row.loyalty_class_date, TODAY)
        self.assertEqual(self._class(days=46, r=4, f=4), "fairly_loyal")
        self.assertEqual(self._class(days=45, r=3, f=5), "fairly_loyal")
        self.assertEqual(self._class(days=45, r=5, f=3), "fairly_loyal")
        # Too few purchases for a rhythm: not known to be in it.
        self.assertEqual(self._class(days=5, cadence=None), "fairly_loyal")

    def test_disloyal(self):
        self.assertEqual(self._class(days=45, r=2, f=5), "disloyal")
        self.assertEqual(self._class(days=45, r=3, f=1), "fairly_loyal")
        self.assertEqual(
            self._class(days=400, state="lapsed", r=None, f=None), "disloyal"
        )

    def test_without_class(self):
        self._lost()
        for state in ("new", "prospect", "excluded", None):
            self.assertFalse(self._class(days=300, state=state), state)

    def test_other_number_of_bins(self):
        """Of ten bins, 1 to 4 are the lowest two fifths and 7 to 10 the highest."""
        segments = self.env["crm.rfm.segment.set"].create({"name": "Ten", "bins": 10})
        self.scheme.write({"bins": 10, "segment_set_id": segments.id})
        self.assertEqual(self._class(r=4, f=10), "disloyal")
        self.assertEqual(self._class(r=5, f=10), "fairly_loyal")
        self.assertEqual(self._class(r=7, f=7), "loyal")
        self.assertEqual(self._class(r=7, f=6), "fairly_loyal")

    def test_competitor_needs_silence_and_evidence(self):
        self.assertEqual(self._class(days=200, r=3), "fairly_loyal")
        self.assertEqual(self._class(days=200, r=1), "disloyal")
        lead = self._lost()
        # 90 days are exactly 3 × 30: not yet more.
        self.assertEqual(self._class(days=90, r=3), "fairly_loyal")
        self.assertEqual(self._class(days=91, r=3), "competitor")
        # First match: before disloyal, and before lapsed.
        self.assertEqual(self._class(days=91, r=1), "competitor")
        self.assertEqual(
            self._class(days=400, state="lapsed", r=None, f=None), "competitor"
        )
        self.assertEqual(self._class(days=400, cadence=None), "fairly_loyal")
        lead.action_unarchive()
        self.assertEqual(self._class(days=91, r=3), "fairly_loyal")

    def test_which_losses_are_evidence(self):
        self._lost(self.other)
        self._lost(day="2025-06-15")  # the day before the window
        self._lost(type="lead")
        self.assertEqual(self._class(days=120, r=3), "fairly_loyal")
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self._lost(day="2025-06-16", partner_id=contact.id)
        self.assertEqual(self._class(days=120, r=3), "competitor")

    def test_shared_opportunity(self):
        """Of no company: evidence where the customer's revenue is largest."""
        self._lost(company_id=False)
        self.assertEqual(self._class(days=120, r=3), "competitor")
        other = self.env["res.company"].create({"name": "Other"})
        larger = self.Customer.sudo().create(
            {"partner_id": self.customer.id, "company_id": other.id}
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE crm_customer SET revenue_total = 1 WHERE id = %s", larger.id)
        )
        self.assertEqual(self._class(days=120, r=3), "fairly_loyal")

    def test_quiet_night_writes_nothing(self):
        self._class(days=45)
        self.assertEqual(self.Customer._evaluate_class(), 0)
        # The calendar alone: 46 days are late.
        with self._on("2026-06-16"):
            self.assertEqual(self.Customer._evaluate_class(), 1)
        self.assertEqual(self.row.loyalty_class, "fairly_loyal")
        self.assertEqual(self.row.loyalty_class_date, date(2026, 6, 16))

    def test_words(self):
        self._lost()
        self._class(days=119, r=3)
        self.assertEqual(
            self.row.loyalty_class_words,
            "Silent for 119 days, 4.0 × the usual 30\n"
            "Opportunity “Big deal” lost on 05/03/2026 for “Competitor price”",
        )
        self._class(days=30, r=5, f=4)
        self.assertEqual(
            self.row.loyalty_class_words,
            "Recency 5 and frequency 4 of 5\nSilent for 30 days, 1.0 × the usual 30",
        )

    def test_words_of_the_lapsed(self):
        self._class(days=400, state="lapsed", r=None, f=None)
        self.assertEqual(
            self.row.loyalty_class_words,
            "Nothing bought within the window of the scores, last on 05/11/2025",
        )
        lead = self._lost()
        self._class(days=119, r=3)
        lead.action_unarchive()
        self.Customer.invalidate_model()
        self.assertIn("The evidence is gone", self.row.loyalty_class_words)
        self._set(state=None, days=None)
        self.Customer._evaluate_class()
        self.assertFalse(self.row.loyalty_class_words)

    def test_words_after_a_purchase(self):
        """In the night the class follows; until then the page says so."""
        self._lost()
        self._class(days=91, r=3)
        words = "No longer silent: evaluated again tonight"
        self.assertNotIn(words, self.row.loyalty_class_words)
        self._set(days=0, r=3)
        self.assertEqual(self.row.loyalty_class, "competitor")
        self.assertIn(words, self.row.loyalty_class_words)

    def test_words_only_name_what_may_be_read(self):
        owner = new_test_user(
            self.env,
            "voice_owner",
            "sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        self.customer.user_id = owner
        self._lost(user_id=self.env.user.id)
        self._class(days=120, r=3)
        self.env.cr.execute(SQL("UPDATE crm_customer SET user_id = %s", owner.id))
        self.Customer.invalidate_model()
        self.assertIn(
            "An opportunity lost on 05/03/2026 for “Competitor price”",
            self.row.with_user(owner).loyalty_class_words,
        )

    def test_partner_and_snapshot(self):
        self._lost()
        self._class(days=120, r=3)
        self.assertEqual(self.customer.loyalty_class, "competitor")
        Partner = self.env["res.partner"]
        found = Partner.search([("loyalty_class", "=", "competitor")])
        self.assertEqual(found, self.customer)
        grouped = dict(
            Partner._read_group(
                [("id", "in", self.customer.ids)], ["loyalty_class"], ["__count"]
            )
        )
        self.assertEqual(grouped, {"competitor": 1})
        self.env["crm.customer.snapshot"]._take(self.company)
        snapshot = self.env["crm.customer.snapshot"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(snapshot.loyalty_class, "competitor")

    def test_native_reports(self):
        self._invoice(100, "2026-06-01")
        self._class(days=14)
        groups = self.env["account.invoice.report"]._read_group(
            [("company_id", "=", self.company.id)],
            ["loyalty_class"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(groups, [("loyal", 100.0)])
        self._order(50, "2026-06-01")
        groups = self.env["sale.report"]._read_group(
            [("company_id", "=", self.company.id)],
            ["loyalty_class"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(groups, [("loyal", 50.0)])
