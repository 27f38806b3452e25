import logging

from psycopg2 import InterfaceError
from psycopg2.errors import SerializationFailure

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_customer360.isolation import failing, isolated, retried

_logger = logging.getLogger(__name__)


@tagged("post_install", "-at_install")
class TestIsolation(TransactionCase):
    """A bad part of a job is undone, logged, and stops nothing else."""

    def _names(self, *names):
        return self.env["res.partner.category"].search([("name", "in", names)])

    def _make(self, name):
        self.env["res.partner.category"].create({"name": name})

    def test_undone(self):
        self._make("before")
        with (
            self.assertLogs(_logger, "ERROR") as log,
            isolated(self.env, _logger, "Not made: %s", "bad") as part,
        ):
            self._make("bad")
            self.env.flush_all()
            raise ZeroDivisionError("by nothing")
        self.assertIsInstance(part.error, ZeroDivisionError)
        self.assertIn("Not made: bad\nTraceback", log.output[0])
        self.assertEqual(self._names("before", "bad").mapped("name"), ["before"])

    def test_error_of_the_database(self):
        """The transaction can be used afterwards."""
        with mute_logger("odoo.sql_db"), isolated(self.env) as part:
            self.env.cr.execute("SELECT 1 / 0")
        self.assertIn("division by zero", str(part.error))
        self._make("after")
        self.assertTrue(self._names("after"))

    def test_error_for_users(self):
        words = "Choose a name."
        with (
            self.assertLogs(_logger, "WARNING") as log,
            isolated(self.env, _logger, "Not made: %s", 5),
        ):
            raise UserError(words)
        self.assertEqual(log.records[0].getMessage(), "Not made: 5: Choose a name.")
        self.assertFalse(log.records[0].exc_info)

    def test_well(self):
        with isolated(self.env) as part:
            self._make("well")
        self.assertIsNone(part.error)
        self.assertTrue(self._names("well"))

    def test_of_the_whole_transaction(self):
        for error in (SerializationFailure, InterfaceError, ConcurrencyError):
            with (
                self.subTest(error=error.__name__),
                self.assertRaises(error),
                isolated(self.env, _logger, "Not reached"),
            ):
                raise error("met with another one")

    def test_failing(self):
        """All at once, then halves: 1–8, 1–4, 1–2, 3–4, 3, 4, 5–8."""
        tries = []

        def make(numbers):
            tries.append(list(numbers))
            for number in numbers:
                self._make(f"number {number}")
            if 4 in numbers:
                raise ValueError(numbers)

        with self.assertLogs(_logger, "ERROR") as log:
            failed = failing(
                self.env, list(range(1, 9)), make, _logger, "%s is bad: %s", "Part"
            )
        self.assertEqual([part for part, _error in failed], [4])
        self.assertEqual(len(log.output), 1)
        self.assertIn("Part is bad: 4", log.output[0])
        self.assertEqual(
            tries,
            [
                [1, 2, 3, 4, 5, 6, 7, 8],
                [1, 2, 3, 4],
                [1, 2],
                [3, 4],
                [3],
                [4],
                [5, 6, 7, 8],
            ],
        )
        made = self._names(*(f"number {number}" for number in range(1, 9)))
        self.assertEqual(len(made), 7)
        self.assertEqual(failing(self.env, [], make, _logger, "%s"), [])

    def test_retried(self):
        """Met with another one twice: done. Each of five times: the error is raised."""
        tries = []

        def meets(times):
            def work():
                tries.append(times)
                if len(tries) <= times:
                    raise SerializationFailure("met")
                return "done"

            return work

        # Rolling back would end the test's own transaction.
        self.patch(self.env.cr, "rollback", lambda: None)
        self.assertEqual(retried(self.env, meets(2)), "done")
        self.assertEqual(len(tries), 3)
        tries.clear()
        with self.assertRaises(SerializationFailure):
            retried(self.env, meets(100))
        self.assertEqual(len(tries), 5)
