from odoo.fields import Command
from odoo.tests import tagged

from .voice_common import VoiceCommon


@tagged("post_install", "-at_install")
class TestAskingAfterDelivery(VoiceCommon):
    """Asked three days after the delivery instead of the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "stock.picking" not in cls.env:
            # bin/test runs it in the database with all optional modules.
            cls.skipTest(cls, "Inventory (stock) is not installed")
        cls.company.nps_trigger = "delivery"
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["stock.warehouse"].create(
            {"name": "Here", "code": "HERE", "company_id": cls.company.id}
        )
        cls.kinds = {"out": warehouse.out_type_id, "in": warehouse.in_type_id}
        here = warehouse.lot_stock_id
        cls.places = {
            "out": (here, cls.env.ref("stock.stock_location_customers")),
            "in": (cls.env.ref("stock.stock_location_suppliers"), here),
            "back": (here, cls.env.ref("stock.stock_location_suppliers")),
        }
        cls.kinds["back"] = cls.kinds["out"]
        cls.goods = cls.env["product.product"].create(
            {"name": "Goods", "type": "consu", "invoice_policy": "order"}
        )

    def _moved(self, moment, kind="out", done=True, **vals):
        """Bring goods to the customer, or take them in, at a moment (UTC)."""
        source, target = self.places[kind]
        with self._at(moment):
            picking = self.env["stock.picking"].create(
                {
                    "partner_id": self.customer.id,
                    "picking_type_id": self.kinds[kind].id,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": self.goods.id,
                                "product_uom_qty": 1,
                                "quantity": 1,
                                "picked": True,
                                "location_id": source.id,
                                "location_dest_id": target.id,
                            }
                        )
                    ],
                    **vals,
                }
            )
            if done:
                picking._action_done()
            self.env.flush_all()
        return picking

    def test_when(self):
        self._sold("2026-06-12")
        self._moved("2026-06-12 08:00:00", "in")
        self._moved("2026-06-12 08:00:00", "back")  # to a vendor
        self._moved("2026-06-12 08:00:00", done=False)
        self._moved("2026-06-13 08:00:00")
        self.assertEqual(self.Nps._ask_due(), 0, "Two days ago: too early")
        due = self._moved("2026-06-12 08:00:00")
        self.assertEqual(self.Nps._ask_due(), 1)
        asked = self.Nps.search([("document", "=", f"stock.picking,{due.id}")])
        self.assertEqual(asked.document_name, due.name)
        self.assertEqual(asked.user_id, self.seller, "The customer's salesperson")

    def test_day_of_the_company(self):
        """23:00 UTC is the next morning in Tehran."""
        self.company.partner_id.tz = "Asia/Tehran"
        self._moved("2026-06-12 23:00:00")
        self.assertEqual(self.Nps._ask_due(), 0, "The 13th in Tehran")
        with self._at("2026-06-16 08:00:00"):
            self.assertEqual(self.Nps._ask_due(), 1)

    def test_customer_and_salesperson_of_the_order(self):
        if "sale_id" not in self.env["stock.picking"]._fields:
            self.skipTest("Sales and Inventory (sale_stock) is not installed")
        order = self._order(10, "2026-06-12", user_id=self.env.user.id)
        # The goods go to another company: who bought them is asked.
        receiver = self.env["res.partner"].create(
            {"name": "Site", "is_company": True, "email": "site@example.com"}
        )
        vals = {"sale_id": order.id, "partner_id": receiver.id}
        self._moved("2026-06-12 08:00:00", **vals)
        self.assertEqual(self.Nps._ask_due(), 1)
        asked = self.Nps.search([])
        self.assertEqual(asked.user_id, self.env.user)
        self.assertEqual(asked.partner_id, self.customer)
        self.assertEqual(asked.contact_id, self.customer)
