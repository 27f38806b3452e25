from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import UsersCommon, needs_scipy
from .prediction_common import PredictionCommon


@tagged("post_install", "-at_install")
class TestPredictionScreen(UsersCommon, PredictionCommon):
    """Who sees and does what, and what the screens say."""

    def _bare_fit(self, **vals):
        self._fitted().unlink()
        return self.Fit.create(
            {"company_id": self.company.id, "date": "2026-06-15", **vals}
        )

    # -- access

    def test_value_is_profit(self):
        self._invoice(10, "2026-06-12")
        self._invoice(10, "2026-06-13")
        self._run()
        fit, row = self._fitted(), self._row()
        # x = 1, t_x = 1, T = 3: 1 ÷ (1 + 1 ÷ 1 × (4 ÷ 2)²)
        self.assertAlmostEqual(self._as("sales", row).p_alive, 0.2, 6)
        for name in ("sales", "all"):
            for record, field in ((row, "clv"), (row, "clv_top"), (fit, "clv_limit")):
                with self.assertRaises(AccessError):
                    self._as(name, record).read([field])
            with self.assertRaises(AccessError):
                self._as(name, self.Customer).search([("clv_top", "=", True)])
            with self.assertRaises(AccessError):
                self._as(name, self.Customer).search([], order="clv")
            with self.assertRaises(AccessError):
                self._as(name, self.Customer)._read_group([], [], ["clv:sum"])
        self._as("manager", row).read(["clv", "clv_top"])
        self._as("manager", fit).read(["clv_limit"])
        self._as("manager", self.Customer).search([("clv_top", "=", True)])

    def test_value_in_views(self):
        for name, expected in (("all", False), ("manager", True)):
            views = self._as(name, self.Customer).get_views(
                [(False, "form"), (False, "list"), (False, "search")]
            )["views"]
            for view in views.values():
                self.assertEqual("clv" in view["arch"], expected, name)

    def test_nobody_writes(self):
        fit = self._bare_fit()
        for operation in ("create", "write", "unlink"):
            self.assertFalse(self._as("manager", fit).has_access(operation))
        for name in ("sales", "all", "manager", "reader"):
            self._as(name, fit).read(["date", "r", "base_text"])
        with self.assertRaises(AccessError):
            self._as("employee", fit).read(["date"])

    @needs_scipy
    def test_who_may_fit(self):
        self._fitted().unlink()
        for name in ("all", "reader"):
            for records in (self.Fit, self.scheme):
                with self.assertRaises(AccessError):
                    self._as(name, records).action_fit()
        self.assertFalse(self._fitted())
        self._as("manager", self.Fit).action_fit()
        self.assertEqual(self._fitted().reason, "too_small")
        self._fitted().unlink()
        self._as("manager", self.scheme).action_fit()
        self.assertTrue(self._fitted())

    @needs_scipy
    def test_fit_of_the_own_company_only(self):
        other = self.setup_other_company(name="Other")["company"]
        self.Fit.search([]).unlink()
        self._as("manager", self.Fit).action_fit()
        self.assertEqual(self.Fit.search([]).company_id, self.company)
        foreign = self.Fit.create({"company_id": other.id})
        self.assertFalse(
            self._as("manager", self.Fit).search([("id", "=", foreign.id)])
        )
        with self.assertRaises(AccessError):
            self._as("manager", foreign).action_fit()

    def test_fit_without_scheme(self):
        self.scheme.active = False
        for records in (self.Fit, self.scheme):
            with self.assertRaises(UserError):
                self._as("manager", records).action_fit()

    # -- words

    def test_words(self):
        fit = self._bare_fit(
            customer_count=2357,
            repeat_count=946,
            usable=True,
            r=0.25,
            alpha=30,
            a=1,
            b=3,
            amount_usable=True,
            p=6,
            q=4,
            v=15,
            holdout_date="2025-12-15",
            holdout_predicted=1020,
            holdout_actual=1000,
            holdout_error=0.02,
        )
        self.assertEqual(
            fit.base_text,
            "2,357 customers, each since the first purchase; 946 of them bought again",
        )
        self.assertEqual(
            fit.rate_text,
            "While active, the average customer buys every 120 days; "
            "after a purchase 25 % leave for good",
        )
        self.assertIn("30.00", fit.amount_text)  # 6 × 15 ÷ 3
        self.assertEqual(
            fit.calibration_text,
            "On 12/15/2025 the model would have said 1,020 purchases for the next "
            "6 months; there were 1,000 (+2 %)",
        )
        fit.write({"holdout_predicted": 980, "holdout_error": -0.02})
        self.assertIn("(−2 %)", fit.calibration_text)
        fit.write({"holdout_actual": 0})
        self.assertIn("there were none", fit.calibration_text)
        fit.write({"holdout_reason": "too_small"})
        self.assertEqual(
            fit.calibration_text,
            "Not known yet: on 12/15/2025 there was no usable fit (Too few customers)",
        )

    def test_words_without_fit(self):
        fit = self._bare_fit(reason="dropout_alike", amount_reason="amount_alike")
        self.assertFalse(fit.rate_text)
        self.assertFalse(fit.amount_text)
        models = fit._models()
        self.assertEqual(models.purchases.reason, "dropout_alike")
        self.assertEqual(models.amounts.reason, "amount_alike")

    def test_models_of_the_last_fit(self):
        fit = self._bare_fit(
            usable=True, r=1, alpha=2, a=3, b=4, amount_usable=True, p=5, q=6, v=7
        )
        models = fit._models()
        self.assertTrue(models.usable)
        self.assertEqual(
            tuple(vars(models.purchases.parameters).values()), (1, 2, 3, 4)
        )
        self.assertEqual(tuple(vars(models.amounts.parameters).values()), (5, 6, 7))

    def test_groups(self):
        fit = self._bare_fit()
        groups = fit.group_ids.create(
            [{"fit_id": fit.id, "repeat_count": number} for number in (7, 0, 1)]
        )
        self.assertEqual(
            fit.group_ids.sorted("repeat_count").mapped("label"),
            ["one day", "2 days", "8 days or more"],
        )
        self.assertEqual(self._as("sales", groups).mapped("fit_id"), fit)

    # -- ways

    def test_open(self):
        """The only model opens at once; several, and none, as a list."""
        self.Fit.search([]).unlink()
        Fit = self._as("sales", self.Fit)
        self.assertEqual(Fit.action_open()["views"][0][1], "list")
        fit = self._bare_fit()
        self.assertEqual(Fit.action_open()["res_id"], fit.id)
        server = self.env.ref("crm_rfm.crm_rfm_fit_action_server")
        for name in ("sales", "reader"):
            self.assertEqual(self._as(name, server).run()["res_id"], fit.id)
        self._invoice(10, "2026-06-15")
        self._run()
        action = self._as("sales", self._fitted()).action_open_customers()
        found = self._as("sales", self.Customer).search(action["domain"])
        self.assertEqual(found.partner_id, self.customer)

    def test_read_as_the_client_does(self):
        fit = self._bare_fit(usable=True, r=1, alpha=2, a=3, b=4)
        for name in ("sales", "manager"):
            views = self._as(name, self.Fit).get_views(
                [(False, "list"), (False, "form"), (False, "search")]
            )
            names = views["models"]["crm.rfm.fit"]["fields"]
            self._as(name, fit).web_read({field: {} for field in names})
