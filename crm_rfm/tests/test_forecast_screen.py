from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import UsersCommon
from .forecast_common import ForecastCommon


@tagged("post_install", "-at_install")
class TestForecastScreen(UsersCommon, ForecastCommon):
    """What the screen gets, what a figure opens, and who may see it."""

    def _as(self, name, records=None):
        return super()._as(name, self.Forecast if records is None else records)

    def _two(self):
        """A customer of the salesperson, 70 in July, and one of the manager, 500."""
        mine = self._bought("Mine", user_id=self.users["sales"].id)
        theirs = self._bought("Theirs", user_id=self.users["manager"].id)
        prospect = self._partner("Prospect")
        self._invoice(9, "2025-07-03", partner_id=mine.id)
        self._invoice(90, "2025-07-03", partner_id=theirs.id)
        self._invoice(3, "2026-06-03", partner_id=theirs.id)
        self._open_order(mine, 40, "2026-07-10")
        self._open_lead(mine, 60, "2026-07-10")
        self._open_order(theirs, 500, "2026-07-10")
        self._open_lead(theirs, 600, "2026-08-10")
        self._open_lead(prospect, 8, "2026-07-10", user_id=self.users["manager"].id)
        self._forecast({mine: {"2026-08": 30}, theirs: {"2026-08": 1000}})
        return mine, theirs

    # -- data

    def test_screen(self):
        self._two()
        data = self._as("manager").get_forecast(self.company.id)
        months = data["months"]
        self.assertEqual(len(months), 12)
        self.assertEqual(
            [month["label"] for month in months[:2]], ["Jun 2026", "Jul 2026"]
        )
        self.assertEqual([m["partial"] for m in months], [True] + [False] * 11)
        names = (
            "orders",
            "pipeline",
            "prospects",
            "model",
            "further",
            "expected",
            "last_year",
            "invoiced",
        )
        self.assertEqual([months[0][name] for name in names], [0] * 7 + [3])
        self.assertEqual(
            [months[1][name] for name in names], [540, 30, 4, 0, 0, 574, 99, 0]
        )
        # 30 of one; of the other 1,000, of which 300 are pipeline.
        self.assertEqual(
            [months[2][name] for name in names], [0, 300, 0, 1030, 730, 1030, 0, 0]
        )
        self.assertEqual(data["total"]["expected"], 1604)
        self.assertEqual(data["as_of"], "06/15/2026")
        self.assertFalse(data["empty"])
        self.assertFalse(data["notes"])
        self.assertTrue(data["can_compute"])
        self.assertEqual(
            [user["name"] for user in data["options"]["user_id"]],
            sorted([self.users["manager"].name, self.users["sales"].name]),
        )

    def test_filters(self):
        self._two()
        uid = self.users["sales"].id
        forecast = self._as("manager")
        data = forecast.get_forecast(self.company.id, {"user_id": uid})
        self.assertEqual(data["total"]["expected"], 100)
        self.assertEqual(data["total"]["last_year"], 9)
        data = forecast.get_forecast(self.company.id, {"user_id": False})
        self.assertEqual(data["total"]["expected"], 0)
        # What is no filter is none.
        data = forecast.get_forecast(self.company.id, {"company_id": 0})
        self.assertEqual(data["total"]["expected"], 1604)

    def test_no_forecast_yet(self):
        data = self._as("manager").get_forecast()
        self.assertIn("press Compute now", data["empty"])
        data = self._as("sales").get_forecast()
        self.assertIn("a sales manager can", data["empty"])
        with self.assertRaises(UserError):
            self._as("manager").action_open_forecast("orders")

    def test_no_fit_is_said(self):
        self.Customer._refresh()
        self.assertEqual(self._as("manager").action_compute(), "")
        data = self._as("manager").get_forecast()
        self.assertIn("too few customers", data["notes"][0])
        self.assertIn("Only open orders and pipeline", data["notes"][0])
        self.assertIn("too few customers", data["tests"][1]["sentence"])

    def test_many_customers_are_left_to_the_cron(self):
        self._bought("One", "Two")
        self.Customer._refresh()
        self.patch(
            self.registry["crm.rfm.forecast"], "_compute_at_once", lambda _self: 1
        )
        triggers = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("crm_rfm.ir_cron_forecast")
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self.assertIn("few minutes", self._as("manager").action_compute())
        self.assertFalse(self._run())
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)

    # -- currencies

    def test_several_currencies_are_never_added_up(self):
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        other = self.setup_other_company(name="Other", currency_id=currency.id)
        companies = self.company + other["company"]
        self._two()
        row = self._rows().filtered("expected")[0]
        row.sudo().copy({"company_id": other["company"].id, "currency_id": currency.id})
        both = self.Forecast.with_context(allowed_company_ids=companies.ids)
        self.assertEqual(
            both._read_group(
                [("company_id", "in", companies.ids)], [], ["expected:sum"]
            ),
            [(False,)],
        )
        data = both.get_forecast(False)
        self.assertEqual(data["company_id"], self.company.id)
        self.assertEqual(data["total"]["expected"], 1604)
        self.assertEqual(len(data["companies"]), 2)
        self.assertIn("never added", " ".join(data["notes"]))

    def test_companies_of_one_currency(self):
        other = self.setup_other_company(name="Other")["company"]
        other.currency_id = self.company.currency_id
        companies = self.company + other
        self._two()
        both = self.Forecast.with_context(allowed_company_ids=companies.ids)
        row = self._rows().filtered(lambda row: row.expected == 70)
        row.sudo().copy({"company_id": other.id})
        data = both.get_forecast(False)
        self.assertFalse(data["company_id"])
        self.assertEqual(data["total"]["expected"], 1674)
        self.assertIn("Other has no forecast yet.", data["notes"])
        self.assertEqual(both.get_forecast(self.company.id)["total"]["expected"], 1604)

    # -- what a figure opens

    def _opened(self, part, month=None, filters=None, user="manager"):
        # A manager of sales sees no invoices.
        action = self._as(user).action_open_forecast(
            part, month, self.company.id, filters
        )
        domain = action["domain"]
        if isinstance(domain, str):
            domain = safe_eval(domain)
        return self._as(user, self.env[action["res_model"]]).search(domain)

    def test_ids_of_others_are_not_sent(self):
        """What a salesperson opens names the own documents, and nobody else's."""
        mine, _theirs = self._two()

        def domain(part):
            return self._as("sales").action_open_forecast(part, None, self.company.id)[
                "domain"
            ]

        [(_name, _operator, ids)] = domain("orders")
        orders = self.env["sale.order"].browse(list(ids))
        self.assertEqual((len(orders), orders.partner_id), (1, mine))
        # The prospect's opportunity is the manager's.
        [(_name, _operator, ids)] = domain("prospects")
        self.assertFalse(list(ids))

    def test_customers_of_a_scheme_of_orders(self):
        """Who has ordered but has no invoice yet has a forecast, and is opened."""
        self.scheme.source = "order"
        ordered = self._partner("Ordered")
        self._order(10, "2026-05-04", partner_id=ordered.id)
        self._partner("Prospect", customer_rank=1, company_id=self.company.id)
        self._forecast()
        self.assertFalse(self._stored(ordered).first_purchase_date)
        self.assertEqual(self._opened("model").partner_id, ordered)

    def test_what_a_figure_opens(self):
        mine, theirs = self._two()
        own = {"user_id": self.users["sales"].id}
        orders = self._opened("orders", "2026-07-01")
        self.assertEqual(sum(orders.mapped("amount_untaxed")), 540)
        self.assertEqual(self._opened("orders", "2026-07-01", own).partner_id, mine)
        self.assertFalse(self._opened("orders", "2026-08-01"))
        self.assertEqual(self._opened("pipeline").partner_id, mine + theirs)
        self.assertEqual(self._opened("pipeline", "2026-08-01").partner_id, theirs)
        self.assertEqual(self._opened("prospects").partner_id.name, "Prospect")
        self.assertFalse(self._opened("prospects", None, own))
        self.assertEqual(
            self._opened(
                "prospects", None, {"user_id": self.users["manager"].id}
            ).partner_id.name,
            "Prospect",
        )
        self.assertEqual(self._opened("model", None, own).partner_id, mine)
        self.assertEqual(self._opened("model").partner_id, mine + theirs)
        rows = self._opened("expected", "2026-07-01")
        self.assertEqual(sum(rows.mapped("expected")), 574)
        invoices = self._opened("last_year", "2026-07-01", user="reader")
        self.assertEqual(sum(invoices.mapped("amount_untaxed")), 99)
        invoices = self._opened("last_year", "2026-07-01", own, user="reader")
        self.assertEqual(invoices.partner_id, mine)
        invoices = self._opened("invoiced", None, user="reader")
        self.assertEqual(sum(invoices.mapped("amount_untaxed")), 3)
        with self.assertRaises(UserError):
            self._opened("nonsense")

    def test_what_a_team_opens(self):
        """The team's salespeople's customers; without one, of the team's orders."""
        team = self.env["crm.team"].create({"name": "North"})
        self.env["crm.team.member"].create(
            {"user_id": self.users["sales"].id, "crm_team_id": team.id}
        )
        mine = self._bought("Mine", user_id=self.users["sales"].id)
        loose, other = self._bought("Loose", "Other")
        self._open_order(mine, 1, "2026-07-10")
        self._open_order(loose, 2, "2026-07-10", team_id=team.id)
        self._open_order(other, 4, "2026-07-10", team_id=False)
        self._forecast()
        chosen = {"team_id": team.id}
        self.assertEqual(sum(self._rows(team_id=team.id).mapped("orders")), 3)
        orders = self._opened("orders", None, chosen)
        self.assertEqual(sum(orders.mapped("amount_untaxed")), 3)
        customers = self._opened("model", None, chosen)
        self.assertEqual(customers.partner_id, mine + loose)

    def test_documents_that_the_reader_may_not_see(self):
        """An accountant has no orders and no opportunities to open."""
        self._two()
        opens = self._as("reader").get_forecast(self.company.id)["opens"]
        self.assertIn("last_year", opens)
        self.assertNotIn("pipeline", opens)
        with self.assertRaises(AccessError):
            self._as("reader").action_open_forecast("pipeline", None, self.company.id)

    # -- access

    def test_rows(self):
        self._two()
        for name, expected in {
            "sales": 100,
            "all": 1604,
            "manager": 1604,
            "reader": 1604,
            "biller": 1604,
        }.items():
            with self.subTest(name):
                data = self._as(name).get_forecast(self.company.id)
                self.assertEqual(data["total"]["expected"], expected)
                said = any("that you may see" in note for note in data["notes"])
                self.assertEqual(said, name == "sales")
        with self.assertRaises(AccessError):
            self._as("employee").get_forecast(self.company.id)

    def test_nobody_writes(self):
        for model in (self.Forecast, self.Backtest, self.Run):
            for operation in ("create", "write", "unlink"):
                self.assertFalse(self._as("manager", model).has_access(operation))

    def test_who_computes(self):
        for name in ("sales", "all", "reader", "biller", "employee"):
            with self.subTest(name), self.assertRaises(AccessError):
                self._as(name).action_compute()

    def test_other_company(self):
        other = self.setup_other_company()["company"]
        self._two()
        self._rows()[0].sudo().copy({"company_id": other.id})
        with self.assertRaises(AccessError):
            self._as("manager").get_forecast(other.id)
        found = self._as("manager").search([])
        self.assertEqual(found.company_id, self.company)
        self.assertFalse(
            self._as("manager", self.Run).search([("company_id", "=", other.id)])
        )

    def test_native_views(self):
        """As the web client reads them, by every filter and group."""
        self._two()
        forecast = self._as("sales")
        views = forecast.get_views(
            [(False, name) for name in ("list", "pivot", "graph", "search")]
        )["views"]
        for name, view in views.items():
            arch = etree.fromstring(view["arch"])
            with self.subTest(name):
                self.assertTrue(
                    arch.xpath("//field[@name='expected']") or name == "search"
                )
            for node in arch.xpath("//filter[@domain]"):
                with self.subTest(filter=node.get("name")):
                    forecast.search(
                        safe_eval(node.get("domain"), {"uid": self.env.uid})
                    )
        for group in ("date:month", "company_id", "team_id", "user_id", "segment_id"):
            rows = forecast.formatted_read_group([], [group], ["expected:sum"])
            self.assertEqual(sum(row["expected:sum"] for row in rows), 100)
