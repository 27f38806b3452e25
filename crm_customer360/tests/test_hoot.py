from odoo.tests import HttpCase, tagged


def _job_id(name):
    """Return the id by which Hoot knows a suite: a hash of its name."""
    number = 0
    for character in name:
        number = ((number << 5) - number + ord(character)) & 0xFFFFFFFF
    return f"{number:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    """The tests of the widgets, in a real browser: all of `static/tests`."""

    # On a busy machine building the assets takes longer than a request may wait.
    test_cursor_lock_timeout = 120

    def test_job_id(self):
        """As in Odoo's own test of its runner."""
        self.assertEqual(_job_id("@web/core"), "e39ce9ba")

    def test_desktop(self):
        suite = _job_id("@crm_customer360")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
