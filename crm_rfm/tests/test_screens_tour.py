from odoo.tests import tagged

from odoo.addons.crm_customer360.tests.test_page_tour import PageHttpCommon

from .common import needs_scipy


@tagged("post_install", "-at_install")
class TestScreensTour(PageHttpCommon):
    """One customer who bought twice: R 3, F 4, M 3, in the middle of one."""

    @needs_scipy
    def test_every_screen(self):
        self.env["crm.customer"]._refresh()
        self.env["crm.rfm.fit"]._run(self.company)
        self.start_tour("/odoo", "crm_rfm_every_screen", login="page_manager")
