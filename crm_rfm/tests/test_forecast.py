from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from odoo.addons.crm_rfm.models import crm_rfm_forecast_run
from odoo.addons.crm_rfm.tools.history import Models
from odoo.addons.crm_rfm.tools.likelihood import Fit

from .forecast_common import ForecastCommon


@tagged("post_install", "-at_install")
class TestForecast(ForecastCommon):
    """How orders, pipeline and model are put together, and the runs."""

    # -- together

    def test_larger_of_model_and_open(self):
        """100 against 60 + 30: 100; 100 against 150: 150; a prospect's 40 on top."""
        first, second = self._bought("First", "Second")
        prospect = self._partner("Prospect")
        self._open_order(first, 60, "2026-07-10")
        self._open_lead(first, 60, "2026-07-20")
        self._open_order(second, 150, "2026-07-11")
        self._open_lead(prospect, 80, "2026-07-31")
        self._forecast({first: {"2026-07": 100}, second: {"2026-07": 100}})
        self.assertEqual(self._months("model"), {"2026-07": 200})
        self.assertEqual(self._months("orders"), {"2026-07": 210})
        self.assertEqual(self._months("pipeline"), {"2026-07": 30})
        self.assertEqual(self._months("prospects"), {"2026-07": 40})
        self.assertEqual(self._months("expected"), {"2026-07": 290})

    def test_larger_in_each_month(self):
        """What a customer orders in July does not cover August."""
        buyer = self._bought("Buyer")
        self._open_order(buyer, 500, "2026-07-10")
        self._forecast({buyer: {"2026-07": 100, "2026-08": 100}})
        self.assertEqual(self._months("expected"), {"2026-07": 500, "2026-08": 100})

    def test_contacts_count_for_their_company(self):
        """100 against 60 + 60 of two contacts: 120."""
        buyer = self._bought("Buyer")
        contacts = [
            self.env["res.partner"].create({"name": name, "parent_id": buyer.id})
            for name in ("One", "Two")
        ]
        for contact in contacts:
            self._open_order(contact, 60, "2026-07-10")
        self._forecast({buyer: {"2026-07": 100}})
        self.assertEqual(self._months("expected"), {"2026-07": 120})

    def test_opportunity_without_customer(self):
        self._open_lead(None, 80, "2026-07-31", user_id=self.env.user.id)
        rows = self._forecast()
        self.assertEqual(rows.prospects, 40)
        self.assertEqual(rows.expected, 40)
        self.assertEqual(rows.user_id, self.env.user)

    def test_parts_add_up(self):
        """Split by salesperson, team and segment, the sum is that of the company."""
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        users = self.env["res.users"].create(
            [
                {
                    "name": name,
                    "login": name,
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                }
                for name in ("ann", "bob")
            ]
        )
        for user, team in zip(users, teams, strict=True):
            self.env["crm.team.member"].create(
                {"user_id": user.id, "crm_team_id": team.id}
            )
        first = self._bought("First", user_id=users[0].id)
        second = self._bought("Second", user_id=users[1].id)
        third = self._bought("Third")
        for partner in (first, second, third):
            self._invoice(20, "2026-05-02", partner_id=partner.id)
            self._open_order(partner, 30, "2026-09-01", team_id=teams[1].id)
        model = {first: {"2026-09": 10}, second: {"2026-09": 40}, third: {}}
        rows = self._forecast(model).filtered("expected")
        # 30, max(40, 30), 30; the team of who has no salesperson is the order's.
        self.assertEqual(
            {(row.user_id, row.team_id): row.expected for row in rows},
            {
                (users[0], teams[0]): 30,
                (users[1], teams[1]): 40,
                (users.browse(), teams[1]): 30,
            },
        )
        self.assertTrue(all(row.segment_id for row in rows))
        self.assertEqual(self._total("expected"), 100)
        for field in ("user_id", "team_id", "segment_id"):
            groups = self.Forecast._read_group(
                [("company_id", "=", self.company.id)], [field], ["expected:sum"]
            )
            self.assertEqual(sum(amount for _group, amount in groups), 100)

    def test_salesperson_of_a_prospect(self):
        """The customer's own one, else that of the opportunity."""
        other = self.env["res.users"].create({"name": "ann", "login": "ann"})
        team = self.env["crm.team"].create({"name": "North"})
        kept = self._partner("Kept", user_id=other.id)
        loose = self._partner("Loose")
        for partner in (kept, loose):
            self._open_lead(
                partner,
                20,
                "2026-07-01",
                user_id=self.env.user.id,
                team_id=team.id,
            )
        rows = self._forecast()
        self.assertEqual(
            {(row.user_id, row.team_id): row.prospects for row in rows},
            {
                (other, team.browse()): 10,
                (self.env.user, team): 10,
            },
        )

    # -- the past

    def test_last_year(self):
        """Net and untaxed; the running month has what is invoiced already."""
        buyer = self._bought("Buyer")
        for day, amount in (
            ("2025-05-31", 1),
            ("2025-06-01", 2),
            ("2025-06-30", 4),
            ("2026-05-31", 8),
            ("2026-06-01", 16),
            ("2026-06-15", 32),
            ("2026-06-16", 64),  # tomorrow
        ):
            self._invoice(amount, day, partner_id=buyer.id, taxes=self.tax)
        self._refund(1.5, "2025-06-20", partner_id=buyer.id)
        self._forecast()
        self.assertEqual(self._months("last_year"), {"2026-06": 4.5, "2027-05": 8})
        self.assertEqual(self._months("invoiced"), {"2026-06": 48})
        self.assertEqual(self._months("expected"), {})

    def test_last_day_of_a_month(self):
        """Nothing is left of June: it is shown, with what was invoiced."""
        buyer = self._bought("Buyer")
        with self._on("2026-06-30"):
            self._invoice(10, "2026-06-30", partner_id=buyer.id)
            self._open_order(buyer, 5, "2026-07-01")
            self._forecast()
            self.assertEqual(self._months("invoiced"), {"2026-06": 10})
            self.assertEqual(self._months("orders"), {"2026-07": 5})

    # -- again

    def test_again(self):
        """Nothing has changed: nothing is written; what is gone, goes."""
        buyer = self._bought("Buyer")
        order = self._open_order(buyer, 60, "2026-07-10")
        self._open_order(buyer, 7, "2026-09-10")
        before = self._forecast({buyer: {"2026-07": 10}})
        with self._model({buyer: {"2026-07": 10}}):
            self.assertEqual(self.Run._compute_companies(self.company), 0)
            order.with_context(disable_cancel_warning=True).action_cancel()
            # July is changed.
            self.assertEqual(self.Run._compute_companies(self.company), 1)
        self.assertEqual(self._rows(), before)
        self.assertEqual(self._months("expected"), {"2026-07": 10, "2026-09": 7})
        with self._model():
            self.assertEqual(self.Run._compute_companies(self.company), 1)
        self.assertEqual(self._months("expected"), {"2026-09": 7})
        self.assertEqual(len(self._run()), 1)

    def test_rows_that_became_alike(self):
        """As after the removal of a team: one of them is left."""
        buyer = self._bought("Buyer")
        self._open_order(buyer, 60, "2026-07-10")
        row = self._forecast().filtered("orders")
        row.sudo().copy()
        self.assertEqual(self._total("orders"), 120)
        self.Run._compute_companies(self.company)
        self.assertEqual(self._rows(date="2026-07-01"), row)
        self.assertEqual(self._total("orders"), 60)

    def test_queries_do_not_grow(self):
        counts = []
        for number in (1, 20):
            partners = self._bought(*(f"{number} {one}" for one in range(number + 1)))
            for partner in partners:
                self._open_order(partner, 5, "2026-07-10")
                self._open_lead(partner, 5, "2026-07-10")
            self.Customer._refresh()
            before = self.env.cr.sql_log_count
            self.Run._compute_companies(self.company)
            counts.append(self.env.cr.sql_log_count - before)
        # The second time there is a run to be written, no new one.
        self.assertLessEqual(counts[1], counts[0] + 1)
        self.assertEqual(self._total("orders"), 23 * 5)

    def test_cron(self):
        """One company that fails does not keep the others from their forecast."""
        buyer = self._bought("Buyer")
        self._open_order(buyer, 60, "2026-07-10")
        self.Customer._refresh()
        other = self.setup_other_company()["company"]
        original = type(self.Run)._compute_company

        def fail(run, company):
            if company == other:
                raise ValueError("bad company")
            return original(run, company)

        self.patch(type(self.Run), "_compute_company", fail)
        logger = "odoo.addons.crm_rfm.models.crm_rfm_forecast_run"
        with self.enter_registry_test_mode(), self.assertLogs(logger, "ERROR"):
            self.env.ref("crm_rfm.ir_cron_forecast").method_direct_trigger()
        self.assertEqual(self._months("orders"), {"2026-07": 60})
        self.assertFalse(self.Run.search([("company_id", "=", other.id)]))

    def test_cron_goes_on(self):
        """Its time is over at once: all companies have their turn all the same.

        Who has waited longest comes first; what meets with another transaction is
        tried again.
        """
        other = self._create_company(name="Other")
        now = Datetime.to_datetime("2026-06-15 10:00:00")
        for company, hours in ((self.company, 1), (other, 2)):
            self.Run.sudo().create(
                {
                    "company_id": company.id,
                    "as_of": "2026-06-15",
                    "computed_at": now - timedelta(hours=hours),
                }
            )
        done = []

        def compute(_run, company):
            if company in (self.company, other):
                done.append(company)
            if done == [other]:
                raise SerializationFailure("met another")

        self.patch(type(self.Run), "_compute_company", compute)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 0)
        with patch.object(self.env.cr, "rollback") as rollback:
            self.Run._cron_compute()
        self.assertEqual(done, [other, other, self.company])
        rollback.assert_called_once_with()

    def test_backtest_fits_a_sample(self):
        """Of five customers with at most two every third: two; the forecast all."""
        self._bought("A", "B", "C", "D", "E")
        self.Customer._refresh()
        sizes = []

        def fit(_fit, histories):
            sizes.append(len(histories))
            return Models(Fit(reason="few"), Fit(reason="few"))

        self.patch(type(self.env["crm.rfm.fit"]), "_fit", fit)
        self.patch(crm_rfm_forecast_run, "HOLDOUT_CUSTOMERS", 2)
        self.Run._compute_companies(self.company)
        self.assertEqual(sizes, [5, 2, 2])
