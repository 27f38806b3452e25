from lxml import etree

from odoo.tests import Form, tagged

from .common import RfmCommon


@tagged("post_install", "-at_install")
class TestReports(RfmCommon):
    """The segment on contacts and in native reports, and the screens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )

    def setUp(self):
        super().setUp()
        self.buyers = self._buyers(
            low=[("2026-01-01", 10)], high=[("2026-05-01", 40), ("2026-05-02", 50)]
        )
        self.Customer._refresh()
        self.loyal = self._segment("loyal_customers")
        self.hibernating = self._segment("hibernating")

    def test_contacts(self):
        Partner = self.env["res.partner"]
        contact = self._partner("Child", parent_id=self.buyers["high"].id)
        contact.is_company = False
        self.assertEqual(self.buyers["high"].rfm_segment_id, self.loyal)
        self.assertEqual(contact.rfm_segment_id, self.loyal)
        mine = [("id", "in", [*(p.id for p in self.buyers.values()), contact.id])]
        self.assertEqual(
            Partner.search([*mine, ("rfm_segment_id", "=", self.loyal.id)]),
            self.buyers["high"] + contact,
        )
        self.assertEqual(
            Partner.search([*mine, ("rfm_segment_id", "ilike", "hiber")]),
            self.buyers["low"],
        )
        self.assertEqual(
            Partner.search([*mine, ("rfm_segment_id", "!=", self.loyal.id)]),
            self.buyers["low"],
        )
        self.assertEqual(
            Partner.search(
                [("id", "in", [self.customer.id, self.buyers["low"].id])]
                + [("rfm_segment_id", "=", False)]
            ),
            self.customer,
        )
        self.assertEqual(
            dict(Partner._read_group(mine, ["rfm_segment_id"], ["__count"])),
            {self.loyal: 2, self.hibernating: 1},
        )

    def test_invoice_analysis(self):
        groups = self.env["account.invoice.report"]._read_group(
            [("company_id", "=", self.company.id), ("state", "=", "posted")],
            ["rfm_segment_id"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(dict(groups), {self.loyal: 90, self.hibernating: 10})

    def test_sales_analysis(self):
        self._order(70, "2026-06-01", partner_id=self.buyers["low"].id)
        groups = self.env["sale.report"]._read_group(
            [("company_id", "=", self.company.id)],
            ["rfm_segment_id"],
            ["price_subtotal:sum"],
        )
        self.assertEqual(dict(groups), {self.hibernating: 70})

    def test_screens_open(self):
        for model in (
            "crm.rfm.scheme",
            "crm.rfm.segment",
            "crm.rfm.segment.set",
            "crm.rfm.movement",
            "crm.customer.snapshot",
        ):
            with self.subTest(model):
                views = self.env[model].get_views([(False, "list"), (False, "search")])
                arch = etree.fromstring(views["views"]["list"]["arch"])
                names = {node.get("name") for node in arch.xpath("//field")}
                shown = self.env[model].web_search_read(
                    [], {name: {} for name in names}, limit=1
                )
                count = self.env[model].search_count([])
                self.assertEqual(len(shown["records"]), min(count, 1))
        form = Form(self.scheme)
        form.new_customer_days = 10
        form.save()
        self.assertEqual(self.scheme.new_customer_days, 10)
        row = self._stored(self.buyers["high"])
        shown = row.web_read(
            {"rfm_segment_id": {"fields": {"display_name": {}}}, "rfm_score": {}}
        )
        self.assertEqual(shown[0]["rfm_segment_id"]["display_name"], "Loyal customers")
