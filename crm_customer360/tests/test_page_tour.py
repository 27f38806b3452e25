from odoo import Command, fields
from odoo.tests import new_test_user, tagged
from odoo.tools import date_utils

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .kept_setup import KeptSetup


class PageHttpCommon(KeptSetup, AccountTestInvoicingHttpCommon):
    """A customer with something behind every card, for tests in a real browser."""

    # On a busy machine the first page, with its assets, takes longer than the 20
    # seconds that another request would wait for.
    test_cursor_lock_timeout = 120

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.user = new_test_user(
            cls.env,
            login="page_manager",
            groups="base.group_user,sales_team.group_sale_manager,"
            "account.group_account_invoice,account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.partner = cls.env["res.partner"].create(
            {"name": "Page Customer", "is_company": True, "user_id": cls.user.id}
        )
        cls.today = fields.Date.today()
        cls._documents()
        cls.env["crm.customer"]._refresh()

    @classmethod
    def _documents(cls):
        """Something behind every card; four months late, so that it is at risk."""
        before = date_utils.subtract(cls.today, months=4)
        (cls.product_a + cls.product_b).write(
            {"taxes_id": False, "supplier_taxes_id": False, "invoice_policy": "order"}
        )
        cls.product_a.standard_price = 60
        late = cls._invoice("out_invoice", 1000, before)
        recent = cls._invoice("out_invoice", 500, cls.today)
        cls._invoice("out_refund", 100, cls.today)
        cls._invoice("in_invoice", 70, cls.today)
        cls.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=recent.ids
        ).create({"payment_date": cls.today, "amount": 300})._create_payments()
        for confirm in (True, False):
            order = cls.env["sale.order"].create(
                {
                    "partner_id": cls.partner.id,
                    "order_line": [
                        Command.create(
                            {"product_id": cls.product_b.id, "price_unit": 80}
                        )
                    ],
                }
            )
            if confirm:
                order.action_confirm()
        cls.env["crm.lead"].create(
            {
                "name": "Opportunity",
                "type": "opportunity",
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
                "expected_revenue": 2500,
            }
        )
        rating = cls.env["rating.rating"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id("account.move"),
                "res_id": late.id,
                "partner_id": cls.partner.id,
                "rating": 5,
                "consumed": True,
            }
        )
        rating.rated_on = fields.Datetime.now()

    @classmethod
    def _invoice(cls, move_type, amount, day):
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.partner.id,
                "invoice_date": day,
                "date": day,
                "invoice_payment_term_id": False,
                "invoice_date_due": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": cls.product_a.id,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move


@tagged("post_install", "-at_install")
class TestPageTour(PageHttpCommon):
    """The 360 page in a real browser, every card followed to its documents."""

    def test_cards(self):
        """Worked out by hand: 1,000 + 500 − 100 sold at 60 + 60 − 60, 300 paid."""
        row = self.partner.with_company(self.company).customer_id
        self.assertEqual(row.revenue, 1400)
        self.assertEqual(row.margin, 1340)
        self.assertEqual(row.receivable, 1100)
        self.assertEqual(row.overdue, 1000)
        self.assertEqual(row.received, 300)
        self.assertEqual(row.purchase_count, 2)
        self.assertEqual(row.order_count, 1)
        self.assertEqual(row.quotation_amount, 80)
        self.assertEqual(row.pipeline_amount, 2500)
        self.assertEqual(row.rating_count, 1)
        self.assertEqual(row.payable, 70)
        self.start_tour("/odoo", "crm_customer360_cards", login="page_manager")
        verdict = self.env["crm.customer.verdict"].search(
            [("partner_id", "=", self.partner.id)]
        )
        self.assertEqual(verdict.user_id, self.user)

    def test_every_screen(self):
        self.start_tour("/odoo", "crm_customer360_every_screen", login="page_manager")

    def test_first_time_hints(self):
        self.start_tour("/odoo", "crm_customer360_tour", login="page_manager")

    def test_day(self):
        self.start_tour("/odoo", "crm_customer360_day", login="page_manager")
        self.assertEqual(self.partner.activity_ids.user_id, self.user)
