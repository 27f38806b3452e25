import csv
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import file_open
from odoo.tools.convert import convert_file

from odoo.addons.crm_customer360.demo import stories

from ..demo import crm_customer_demo
from ..demo.shops import SHOPS, make_shops
from ..tools import clv
from .common import RfmCommon, needs_scipy


@tagged("post_install", "-at_install")
class TestDemo(RfmCommon):
    """The small customers of the demo data."""

    def test_partners(self):
        """Every story has its contact, and the other way round."""
        with file_open("crm_rfm/demo/res.partner.csv") as file:
            names = [row["id"] for row in csv.DictReader(file)]
        self.assertEqual(names, [f"partner_{shop.partner}_demo" for shop in SHOPS])

    def test_same_dice(self):
        self.assertEqual(make_shops(), SHOPS)

    @needs_scipy
    def test_predictable(self):
        """Together with the other customers they make a base that can be predicted."""
        customers = [
            story
            for story in (*stories.STORIES, *SHOPS)
            if story.company == stories.MAIN and story.count
        ]
        days = [{story.days_ago(n) for n in range(story.count)} for story in customers]
        predictions = clv.predict(
            [len(ago) - 1 for ago in days],
            [max(ago) - min(ago) for ago in days],
            [max(ago) for ago in days],
            [
                sum(story.size_of(n) for n in range(story.count)) / story.count
                for story in customers
            ],
        )
        self.assertTrue(predictions.purchases.usable, predictions.purchases.reason)
        self.assertTrue(predictions.amounts.usable, predictions.amounts.reason)

    def test_load(self):
        """Three shops: as many invoices as told, on their days; loaded once."""
        root = self.env(su=True)
        told = SHOPS[:3]
        for module, names in (
            (
                "crm_customer360",
                (
                    "res_company_demo.xml",
                    "res_users_demo.xml",
                    "product_demo.xml",
                    "res.partner.csv",
                ),
            ),
            ("crm_rfm", ("res.partner.csv",)),
        ):
            for name in names:
                convert_file(
                    root, module, f"demo/{name}", {}, mode="init", noupdate=True
                )
        demo = root["crm.customer.demo"]
        with (
            patch.object(crm_customer_demo, "SHOPS", told),
            patch.object(type(demo), "_untold", self._only_shops(type(demo)._untold)),
        ):
            self.assertEqual(demo._tell({stories.MAIN: self.company}), 3)
            self.assertEqual(demo._tell({stories.MAIN: self.company}), 0)
        for shop in told:
            partner = self.env.ref(f"crm_rfm.partner_{shop.partner}_demo")
            invoices = root["account.move"].search(
                [("partner_id", "=", partner.id), ("move_type", "=", "out_invoice")],
                order="invoice_date desc",
            )
            today = self.company._customer_today()
            self.assertEqual(
                [(today - invoice.invoice_date).days for invoice in invoices],
                list(shop.days),
            )
            self.assertEqual(
                self._stored(partner).rfm_first_purchase_date,
                min(invoices.mapped("invoice_date")),
            )

    def _only_shops(self, untold):
        return lambda demo, found, company: untold(
            demo, [s for s in found if s.partner.startswith("shop")], company
        )
