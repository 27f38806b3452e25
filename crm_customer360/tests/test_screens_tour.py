from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .kept_setup import KeptSetup


@tagged("post_install", "-at_install")
class TestTour(KeptSetup, AccountTestInvoicingHttpCommon):
    """The screens in a real browser."""

    # On a busy machine the first page, with its assets, takes longer than the 20
    # seconds that another request would wait for.
    test_cursor_lock_timeout = 120

    def test_screens(self):
        partner = self.env["res.partner"].create(
            {"name": "Tour Customer", "is_company": True}
        )
        self.init_invoice(
            "out_invoice",
            partner=partner,
            invoice_date=fields.Date.today(),
            amounts=[1200.0],
            post=True,
            taxes=[],
        )
        user = new_test_user(
            self.env,
            login="tour_manager",
            groups="base.group_user,sales_team.group_sale_manager,"
            "account.group_account_readonly",
            company_id=self.env.company.id,
            company_ids=[(6, 0, self.env.company.ids)],
        )
        self.env["crm.customer"]._refresh(partner)
        self.start_tour("/odoo", "crm_customer360_screens", login=user.login)
