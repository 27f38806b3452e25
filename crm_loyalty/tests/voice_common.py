from freezegun import freeze_time

from odoo.tests import new_test_user

from odoo.addons.crm_customer360.tests.common import CustomerCommon


class VoiceCommon(CustomerCommon):
    """Today is 15 June 2026; customers are asked three days after the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Nps = cls.env["crm.customer.nps"]
        cls.Complaint = cls.env["crm.customer.complaint"]
        cls.seller = new_test_user(
            cls.env,
            "voice_seller",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
        )
        cls.customer.write(
            {
                "email": "customer@example.com",
                "user_id": cls.seller.id,
                "customer_rank": 1,
            }
        )
        # No other company of the database asks.
        cls.env["res.company"].search([]).nps_active = False
        with freeze_time("2026-01-01 12:00:00"):
            cls.company.nps_active = True

    def _sold(self, day, amount=100, partner=None, **vals):
        partner = partner or self.customer
        return self._invoice(
            amount, day, partner_id=partner.id, invoice_user_id=self.seller.id, **vals
        )

    def _complaint(self, nps):
        return self.Complaint.search([("nps_id", "=", nps.id)])

    def _asked(self, invoice):
        return self.Nps.search([("document", "=", f"account.move,{invoice.id}")])

    def _ask(self, partner=None, contact=None):
        return self.Nps.sudo()._ask(
            {
                "document": False,
                "document_name": "INV",
                "company_id": self.company.id,
                "user_id": self.seller.id,
                "partner_id": (partner or self.customer).id,
                "contact_id": (contact or partner or self.customer).id,
            },
            self.Nps._survey(),
            self.Nps._template(),
        )

    def _answered(
        self, score, comment="", day="2026-06-01", partner=None, contact=None
    ):
        """Ask and have an answer on a day."""
        with self._on(day):
            nps = self._ask(partner, contact)
            nps._answer(score, comment)
            self.env.flush_all()
        return nps

    def _mails_to(self, user):
        self.env.flush_all()
        return self.env["mail.mail"].search(
            [("recipient_ids", "in", user.partner_id.ids)], order="id"
        )
