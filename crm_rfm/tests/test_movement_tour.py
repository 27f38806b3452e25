from odoo.tests import tagged
from odoo.tools import date_utils

from odoo.addons.crm_customer360.tests.test_page_tour import PageHttpCommon


@tagged("post_install", "-at_install")
class TestMovementTour(PageHttpCommon):
    """Movement and the customer's page in a real browser."""

    @classmethod
    def _documents(cls):
        """Others buy in the months after the customer, who so moves down."""
        result = super()._documents()
        customer = cls.partner
        for months in (3, 2, 1):
            cls.partner = customer.copy({"name": f"Bought {months} months ago"})
            day = date_utils.subtract(cls.today, months=months)
            cls._invoice("out_invoice", 100 * months, day)
        cls.partner = customer
        return result

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Snapshot = cls.env["crm.customer.snapshot"]
        Snapshot._take()
        Snapshot._rebuild()

    def test_movement(self):
        moves = self.env["crm.rfm.movement"].search(
            [("partner_id", "=", self.partner.id), ("cause", "=", "history")]
        )
        # Alone R 3, then the one who bought first of two R 2
        self.assertEqual(
            (moves[-1].from_id.name, moves[-1].to_id.name),
            ("About to sleep", "Hibernating"),
        )
        self.start_tour("/odoo/rfm-movement", "crm_rfm_movement", login="page_manager")

    def test_page(self):
        self.start_tour("/odoo/customers-360", "crm_rfm_page", login="page_manager")
