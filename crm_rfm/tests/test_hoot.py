from odoo.tests import HttpCase, tagged

from odoo.addons.crm_customer360.tests.test_hoot import _job_id


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    """The tests of the widgets, in a real browser: all of `static/tests`."""

    # On a busy machine building the assets takes longer than a request may wait.
    test_cursor_lock_timeout = 120

    def test_desktop(self):
        suite = _job_id("@crm_rfm")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
