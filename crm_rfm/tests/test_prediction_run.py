from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_rfm.tools import likelihood

from .common import needs_scipy
from .prediction_common import PredictionCommon


@tagged("post_install", "-at_install")
@needs_scipy
class TestPredictionRun(PredictionCommon):
    """What a run writes and costs, and that one company never stops the others."""

    def test_again_writes_nothing(self):
        self._invoice(10, "2026-06-01")
        self.assertEqual(self._run(), 1)
        self.assertEqual(self._run(), 0)
        with self._on("2026-06-16"):
            self.assertEqual(self._run(), 1)

    def test_two_companies(self):
        """Each has models and values of its own, in its own currency."""
        other = self.setup_other_company(name="Other")["company"]
        self.customer.with_company(other).property_account_receivable_id = (
            self.env["account.account"]
            .with_company(other)
            .search(
                [
                    ("account_type", "=", "asset_receivable"),
                    ("company_ids", "in", other.ids),
                ],
                limit=1,
            )
        )
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self.env["account.move"].with_company(other).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-06-15",
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "price_unit": 70, "tax_ids": False})
                ],
            }
        ).action_post()
        self._run()
        rows = self.Customer.search([("partner_id", "=", self.customer.id)])
        alive = {row.company_id: round(row.p_alive, 6) for row in rows}
        self.assertEqual(alive, {self.company: 0.2, other: 1.0})
        self.assertEqual(rows.rfm_fit_id.company_id, self.company + other)

    def test_one_company_fails(self):
        """It keeps what it had; the others are predicted."""
        other = self.setup_other_company(name="Other")["company"]
        self._invoice(10, "2026-06-01")
        self._run()
        before = self._predicted()
        original = type(self.Fit)._make_outcome

        def fails(fit, company, *histories):
            if company == self.company:
                raise ZeroDivisionError
            return original(fit, company, *histories)

        with (
            self._on("2026-06-20"),
            patch.object(type(self.Fit), "_make_outcome", fails),
            mute_logger("odoo.addons.crm_rfm.models.crm_rfm_fit_run"),
        ):
            self._run()
        self.assertEqual(self._predicted(), before)
        self.assertEqual(str(self._fitted().date), "2026-06-15")
        self.assertEqual(str(self._fitted().failed_on), "2026-06-20")
        self.assertEqual(str(self._fitted(other).date), "2026-06-20")
        self._run()
        self.assertFalse(self._fitted().failed_on)

    def test_one_company_cannot_be_read(self):
        """Such as by a field that an addon has taken away with it."""
        other = self.setup_other_company(name="Other")["company"]
        self._invoice(10, "2026-06-01")
        self._run()
        self.env.flush_all()
        self.cr.execute(
            'UPDATE crm_rfm_scheme SET exclude_domain = \'[("gone", "=", 1)]\''
            " WHERE id = %s",
            [self.scheme.id],
        )
        self.scheme.invalidate_recordset()
        with (
            self._on("2026-06-20"),
            self.assertLogs("odoo.addons.crm_rfm.models.crm_rfm_fit_run") as log,
            self._given(),
        ):
            self.Fit._run()
        # That it could not be read is said, and not that something is missing then.
        self.assertIn("could not be read", " ".join(log.output))
        self.assertNotIn("Predictions for", " ".join(log.output))
        self.assertEqual(str(self._fitted().failed_on), "2026-06-20")
        self.assertEqual(str(self._fitted(other).date), "2026-06-20")
        self.assertTrue(self._predicted()[1])

    def test_statements(self):
        """More customers are no more statements."""
        self._buyers(**{f"first{n}": [("2026-06-01", 10)] for n in range(2)})
        self._run()
        before = self._statements()
        self._buyers(**{f"second{n}": [("2026-06-01", 10)] for n in range(5)})
        self.Customer._refresh()
        self.assertLessEqual(self._statements(), before)

    def _statements(self):
        with self._on("2026-06-16"), self._given():
            self.Fit._run()
        with self._on("2026-06-17"), self._given():
            before = self.cr.sql_log_count
            self.Fit._run()
            return self.cr.sql_log_count - before

    def test_cron(self):
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self.Customer._refresh()
        with self._given(), self.enter_registry_test_mode():
            self.env.ref("crm_rfm.ir_cron_fit").method_direct_trigger()
        self.env.invalidate_all()
        self.assertAlmostEqual(self._predicted()[0], 0.2, places=6)


@tagged("post_install", "-at_install")
class TestPredictionSettings(PredictionCommon):
    """Discount and horizon of the customer value."""

    def test_settings_are_validated(self):
        for values in (
            {"prediction_months": 0},
            {"prediction_months": 121},
            {"prediction_discount": -1},
            {"prediction_discount": 51},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.scheme.write(values)

    def test_settings_predict_soon(self):
        cron = self.env.ref("crm_rfm.ir_cron_fit")
        triggers = self.env["ir.cron.trigger"].sudo()

        def count():
            return triggers.search_count([("cron_id", "=", cron.id)])

        before = count()
        self.scheme.write({"prediction_months": 36, "bins": self.scheme.bins})
        self.assertEqual(count(), before, "nothing has changed")
        self.scheme.prediction_months = 24
        self.assertEqual(count(), before + 1)
        self.scheme.source = "order"
        self.assertEqual(count(), before + 2)


@tagged("post_install", "-at_install")
class TestWithoutScipy(PredictionCommon):
    def test_without_scipy(self):
        """Everything works; predictions say what is missing, and are empty."""
        self._invoice(10, "2026-06-15")
        if likelihood.available():
            self._run()
            self.assertTrue(self._predicted()[1])
        with patch.object(likelihood, "available", lambda: False):
            self.assertGreaterEqual(self._score({"c": self.customer}, "rfm_r")["c"], 1)
            self.Fit._run()
            self.env.invalidate_all()
            fit = self._fitted()
            self.assertEqual(fit.reason, "no_scipy")
            self.assertFalse(fit.usable)
            self.assertFalse(fit.available)
            self.assertFalse(self.scheme.prediction_available)
            self.assertFalse(fit.base_text)
            self.assertEqual(self._predicted(), (None,) * 4)
            with self.assertRaisesRegex(UserError, "scipy"):
                fit.action_fit()
            with self.assertRaisesRegex(UserError, "scipy"):
                self.scheme.action_fit()
