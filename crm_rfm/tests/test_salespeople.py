from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.crm_customer360.tests.kept_setup import KeptSetup

from .salespeople_common import SalespeopleCommon

FIGURES = (
    "customer_count",
    "active_count",
    "new_count",
    "revenue",
    "revenue_previous",
    "previous_count",
    "kept_count",
    "at_risk_revenue",
    "receivable_open",
    "overdue",
)
RATES = ("revenue_growth", "retention", "at_risk_share", "overdue_share")


@tagged("post_install", "-at_install")
class TestSalespeople(SalespeopleCommon):
    def test_figures(self):
        self._base()
        row = self._row(self.ana)
        self.assertEqual(len(row), 1)
        self.assertEqual(
            {name: row[name] for name in FIGURES},
            {
                "customer_count": 3,
                # stayed, fresh
                "active_count": 2,
                # fresh
                "new_count": 1,
                # 100 + 200 + 500 - 200
                "revenue": 600,
                # 100 + 300
                "revenue_previous": 400,
                # stayed, gone
                "previous_count": 2,
                # stayed
                "kept_count": 1,
                # gone has lapsed, but has no revenue in the window; fresh has an item
                # 45 days late, which is Watch: nothing is at risk
                "at_risk_revenue": 0,
                # 200 + 500; the credit note of 200 is not allocated
                "receivable_open": 700,
                "overdue": 200,
            },
        )
        self.assertEqual(
            {name: round(row[name], 6) for name in RATES},
            {
                # 600 / 400 - 1
                "revenue_growth": 0.5,
                "retention": 0.5,
                "at_risk_share": 0.0,
                # 200 / 700
                "overdue_share": 0.285714,
            },
        )
        self.assertEqual(
            row.display_name,
            "person_ana (base.group_user,sales_team.group_sale_salesman)",
        )
        nobody = self._row()
        self.assertEqual(nobody.display_name, "No salesperson")
        self.assertEqual((nobody.customer_count, nobody.revenue), (1, 50))
        ben = self._row(self.ben)
        self.assertEqual((ben.customer_count, ben.revenue, ben.retention), (0, 0, 0))

    def test_at_risk(self):
        """All of it is overdue, of one; another is late against its own cadence."""
        buyers = self._buyers(
            late=[("2026-01-01", 100)],
            slow=[("2026-01-01", 10), ("2026-02-01", 10), ("2026-03-01", 10)],
            fine=[("2026-06-01", 1000)],
        )
        # Due at once: what is not paid is overdue.
        for name in ("slow", "fine"):
            moves = self.env["account.move"].search(
                [("partner_id", "=", buyers[name].id)]
            )
            self._register(moves, "2026-06-01")
        for partner in buyers.values():
            partner.user_id = self.ana
        self.Customer._refresh()
        self.assertEqual(self._stored(buyers["late"]).base_state, "risk")
        # 59 days for 2 gaps; 106 days since: 3.6 times the cadence
        self.assertEqual(self._stored(buyers["slow"]).engagement_state, "lost")
        row = self._row(self.ana)
        self.assertEqual((row.revenue, row.at_risk_revenue), (1130, 130))
        self.assertEqual(round(row.at_risk_share, 6), 0.115044)
        opened = self._opened(row, "at_risk_revenue")
        self.assertEqual(opened.partner_id, buyers["late"] + buyers["slow"])

    def test_contribution(self):
        """Revenue 900, cost 300; for those who may see profit."""
        self.product_a.standard_price = 300
        partner = self._partner("Margin", user_id=self.ana.id)
        self._invoice(
            0,
            "2026-06-01",
            partner_id=partner.id,
            lines=[{"product_id": self.product_a.id, "price_unit": 900}],
        )
        self.Customer._refresh()
        row = self._row(self.ana)
        self.assertEqual(row.contribution, 600)
        self.assertEqual(round(row.contribution_rate, 6), 0.666667)
        own = self._as("ana", row)
        self.assertEqual(own.revenue, 900)
        with self.assertRaises(AccessError):
            own.read(["contribution"])
        with self.assertRaises(AccessError):
            own.action_open("contribution")
        with self.assertRaises(AccessError):
            self._as("ana", self.Salesperson)._read_group([], [], ["contribution:sum"])
        for kind in ("list", "kanban", "pivot"):
            arch = self._as("ana", self.Salesperson).get_view(view_type=kind)["arch"]
            self.assertNotIn("contribution", arch)
            arch = self._as("manager", self.Salesperson).get_view(view_type=kind)
            self.assertIn("contribution", arch["arch"])

    def test_movement(self):
        """Up within 30 and 90 days, down, lapsed, back; changed rules do not count."""
        partners = self._base()
        champions = self._segment("champions")
        loyal = self._segment("loyal_customers")

        def move(day, direction, amount, partner="stayed", **vals):
            self.env["crm.rfm.movement"].sudo().create(
                {
                    "partner_id": partners[partner].id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "user_id": self.ben.id,
                    "date": day,
                    "from_id": loyal.id,
                    "to_id": champions.id,
                    "direction": direction,
                    "cause": "data",
                    "monetary": amount,
                    **vals,
                }
            )

        self.env["crm.rfm.movement"].sudo().search([]).unlink()
        move("2026-06-15", "up", 1)
        move("2026-05-17", "up", 2, "fresh")  # 29 days ago
        move("2026-05-16", "up", 4)  # 30 days ago
        move("2026-03-18", "up", 8)  # 89 days ago
        move("2026-03-17", "up", 16)  # 90 days ago
        move("2026-06-01", "up", 32, cause="rules")
        move("2026-06-02", "in", 64, old_state="lapsed")
        move("2026-06-03", "in", 128, old_state="prospect")
        move("2026-06-04", "down", 256)
        move("2026-04-04", "out", 512, state="lapsed")
        move("2026-06-05", "out", 1024, state="excluded")
        move("2026-06-06", "side", 2048)
        move("2026-06-07", "up", 4096, "free")
        row = self._row(self.ana)
        self.assertEqual((row.moved_up_30, row.moved_down_30), (3, 1))
        self.assertEqual((row.moved_up_90, row.moved_down_90), (5, 2))
        self.assertEqual(row.moved_up_amount, 1 + 2 + 4 + 8 + 64)
        self.assertEqual(row.moved_down_amount, 256 + 512)
        for name in ("moved_up_30", "moved_down_30", "moved_up_90", "moved_down_90"):
            self.assertEqual(len(self._opened(row, name)), row[name], name)
        for name in ("moved_up_amount", "moved_down_amount"):
            self.assertEqual(
                sum(self._opened(row, name).mapped("monetary")), row[name], name
            )
        self.assertEqual(self._row().moved_up_90, 1)
        self.assertEqual(self._row(self.ben).moved_up_90, 0)

    def _opened(self, row, figure):
        action = row.action_open(figure)
        # As who sees all, but is no superuser.
        return self._as("all", self.env[action["res_model"]]).search(action["domain"])

    def test_figures_open_their_customers(self):
        partners = self._base()
        row = self._row(self.ana)
        for name in ("customer_count", "active_count", "new_count"):
            self.assertEqual(len(self._opened(row, name)), row[name], name)
        for name in ("previous_count", "kept_count"):
            self.assertEqual(len(self._opened(row, name)), row[name], name)
        for name in ("revenue", "revenue_previous", "overdue"):
            opened = self._opened(row, name)
            self.assertEqual(sum(opened.mapped(name)), row[name], name)
        opened = self._opened(row, "receivable_open")
        self.assertEqual(sum(c.receivable + c.credit_unallocated for c in opened), 700)
        self.assertEqual(
            self._opened(row, "retention").partner_id,
            partners["stayed"] + partners["gone"],
        )
        self.assertEqual(
            self._opened(self._row(), "customer_count").partner_id, partners["free"]
        )
        with self.assertRaises(UserError):
            row.action_open("company_id")

    def test_access(self):
        """A salesperson sees the own line only, not even that of nobody's customers."""
        self._base()
        mine = [("company_id", "=", self.company.id)]
        for name in ("ana", "ben"):
            found = self._as(name, self.Salesperson).search(mine)
            self.assertEqual(found.user_id, self.users[name], name)
            self.assertEqual(len(found), 1)
        for name in ("all", "manager", "reader"):
            found = self._as(name, self.Salesperson).search(mine)
            self.assertEqual(len(found), 3, name)
        with self.assertRaises(AccessError):
            self._as("employee", self.Salesperson).search(mine)
        with self.assertRaises(AccessError):
            self._as("ben", self._row(self.ana)).read(["revenue"])
        with self.assertRaises(AccessError):
            self._as("ben", self._row(self.ana)).action_open("revenue")
        for operation in ("create", "write", "unlink"):
            self.assertFalse(
                self._as("manager", self.Salesperson).has_access(operation)
            )
        other = self._create_company(name="Other")
        foreign = new_test_user(
            self.env,
            login="person_foreign",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        found = self.Salesperson.with_user(foreign)
        self.assertFalse(found.with_context(allowed_company_ids=other.ids).search(mine))

    def test_groups(self):
        """Rates of all: Σ ÷ Σ. Ana 600 of 400 before; nobody's 50 of 0 before."""
        self._base()
        [values] = self.Salesperson._read_group(
            [("company_id", "=", self.company.id)],
            [],
            [
                "revenue:sum",
                "revenue_growth:avg",
                "retention:avg",
                "overdue_share:avg",
                "at_risk_share:avg",
            ],
        )
        values = [round(value, 6) for value in values]
        # 650; 650 / 400 - 1; 1 of 2; 200 / (700 + 50); 0
        self.assertEqual(values, [650, 0.625, 0.5, 0.266667, 0])
        [values] = self.Salesperson._read_group(
            [("user_id", "=", self.ben.id)], [], ["retention:avg", "revenue_growth:avg"]
        )
        self.assertEqual(values, (False, False))

    def test_several_currencies(self):
        """Each line in its own currency; the growth of both is of converted sums."""
        self._base()
        gold = self.setup_other_currency("HRK", rates=[("2026-01-01", 2.0)])
        other = self._create_company(name="Other", currency_id=gold.id)
        self.env.user.company_ids += other
        self.cr.execute(
            "INSERT INTO crm_customer (partner_id, company_id, currency_id, user_id,"
            " revenue, revenue_previous, contribution, overdue, receivable,"
            " credit_unallocated) VALUES (%s, %s, %s, %s, 400, 200, 0, 0, 0, 0)",
            [self.customer.id, other.id, gold.id, self.ana.id],
        )
        companies = self.company + other
        Salesperson = self.Salesperson.with_context(allowed_company_ids=companies.ids)
        rows = Salesperson.search([("user_id", "=", self.ana.id)])
        self.assertEqual(
            {row.company_id: (row.currency_id, row.revenue) for row in rows},
            {
                self.company: (self.company.currency_id, 600),
                other: (gold, 400),
            },
        )
        [(growth,)] = Salesperson._read_group(
            [("user_id", "=", self.ana.id)], [], ["revenue_growth:avg"]
        )
        # (600 + 400 / 2) / (400 + 200 / 2) - 1
        self.assertEqual(round(growth, 6), 0.6)

    def test_one_row_whatever_the_stored_currency(self):
        """Customers not refreshed since the company's currency was set otherwise."""
        partners = self._base()
        old = self.setup_other_currency("HRK")
        self.env.cr.execute(
            "UPDATE crm_customer SET currency_id = %s WHERE partner_id = %s",
            [old.id, partners["gone"].id],
        )
        self.env.invalidate_all()
        row = self._row(self.ana)
        self.assertEqual(len(row), 1)
        self.assertEqual((row.customer_count, row.revenue_previous), (3, 400))
        self.assertEqual(row.currency_id, self.company.currency_id)

    def test_views(self):
        self._base()
        Salesperson = self._as("ana", self.Salesperson)
        views = Salesperson.get_views(
            [(False, kind) for kind in ("list", "kanban", "pivot", "graph", "search")]
        )["views"]
        arch = etree.fromstring(views["list"]["arch"])
        shown = {node.get("name") for node in arch.xpath("//field")}
        self.assertLessEqual({"revenue", "retention", "overdue"}, shown)
        self.assertNotIn("contribution", shown)
        silent = [
            name
            for name in (*FIGURES, *RATES, "contribution", "moved_up_amount")
            if not self.Salesperson._fields[name].help
        ]
        self.assertFalse(silent)
        shown = Salesperson.web_search_read([], {"display_name": {}, "revenue": {}})
        self.assertEqual(shown["records"][0]["revenue"], 600)


@tagged("post_install", "-at_install")
class TestSalespeopleTour(KeptSetup, AccountTestInvoicingHttpCommon):
    # On a busy machine the first page, with its assets, takes its time.
    test_cursor_lock_timeout = 120

    def test_screen(self):
        user = new_test_user(
            self.env,
            login="salespeople_tour",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=self.env.company.id,
            company_ids=[(6, 0, self.env.company.ids)],
        )
        partner = self.env["res.partner"].create(
            {"name": "Tour Salespeople", "is_company": True, "user_id": user.id}
        )
        self.init_invoice(
            "out_invoice",
            partner=partner,
            invoice_date=Date.today(),
            amounts=[1234.0],
            post=True,
            taxes=[],
        )
        self.env["crm.customer"]._refresh(partner)
        self.start_tour("/odoo", "crm_rfm_salespeople", login=user.login)
