from datetime import date, datetime

from odoo.tests import tagged
from odoo.tools.convert import convert_file

from ..demo.stories import EUROPE, MAIN, STORIES
from .common import CustomerCommon

FILES = (
    "res_company_demo.xml",
    "res_users_demo.xml",
    "product_demo.xml",
    "res.partner.csv",
    "res.partner-contact.csv",
)

# {customer: (financial, engagement, profit)} as the stories have them, worked out by
# hand: what is late by how much, days since the last purchase against the cadence,
# margin of the basket against the target of 20 %.
# fmt: off
STATES = {
    MAIN: {
        "halvorsen": ("good", "active", "good"),
        "brightwater": ("good", "active", "good"),
        "parsnegar": ("good", "active", "good"),
        "jadelantern": ("good", "active", "good"),
        "tallgrass": ("good", "active", "good"),
        "copperfield": ("good", "active", "good"),
        "yamabuki": ("good", "active", "good"),
        # 12 days late, but a cheque for it is in hand
        "sundarban": ("good", "active", "good"),
        "andesverde": ("good", "active", "good"),
        "zarindasht": ("good", "active", "good"),
        "kestrel": ("good", "active", "good"),
        "blueheron": ("good", "active", "good"),
        "orchard": ("good", "active", "good"),  # 12 days after the due date
        "redwing": ("good", "active", "good"),
        "pampa": ("good", "active", "good"),  # two purchases make no cadence
        "darya": ("good", "active", "good"),
        "granite": ("good", "active", "watch"),  # margin 11 %
        "kohsamran": ("good", "active", "watch"),
        "marrowbone": ("good", "active", "risk"),  # margin 1 %, 12 meetings
        "fenwick": ("good", "active", "risk"),  # 40 hours of meetings
        "quillfeather": ("watch", "active", "good"),  # 22 days after the due date
        "armansaz": ("watch", "active", "good"),  # 40 days
        "najma": ("watch", "active", "watch"),  # an item 64 days late
        "meridian": ("watch", "active", "good"),  # limit 5,200
        "rimrock": ("good", "active", "good"),  # 15 days late, disputed
        "tidewater": ("good", "active", "good"),
        "castellan": ("risk", "active", "good"),  # all that is open is late
        "waha": ("risk", "active", "good"),  # limit 10,000
        "furat": ("risk", "active", "good"),  # bad debtor
        "umoja": ("risk", "active", "good"),  # an item over 90 days late
        "northgate": ("good", "slowing", "good"),  # 120 / 55
        "lagoa": ("good", "slowing", "good"),  # 140 / 70
        "willow": ("good", "slowing", "good"),  # 110 / 60
        "ostrander": ("good", "lost", "good"),  # 200 / 40
        "silverleaf": ("good", "lost", "good"),  # 220 / 60
        "oldmill": ("good", "lost", "none"),  # 400 / 60
        "savane": ("good", "lost", "none"),
        "harborlight": ("good", "lost", "risk"),  # a credit note and nothing else
        "sepidar": ("good", "new", "good"),
        "larkspur": ("good", "new", "good"),
        "mehrava": ("none", "prospect", "none"),
        "pinecrest": ("none", "prospect", "none"),
        "summitline": ("none", "prospect", "none"),
    },
    EUROPE: {
        "zeewind": ("good", "active", "good"),
        "alpenrose": ("good", "active", "good"),
        "emeraldfen": ("good", "active", "good"),
        "darya": ("good", "active", "good"),
        "halvorsen": ("good", "active", "good"),
        "fjordlys": ("good", "active", "good"),
        "monteluce": ("good", "active", "good"),
        "kivi": ("good", "active", "good"),
        "portonovo": ("good", "active", "good"),  # 30 days late, promised
        "karpaty": ("good", "active", "watch"),
        "lindenhof": ("good", "active", "risk"),
        "mavitepe": ("watch", "active", "good"),  # 25 days after the due date
        "vltava": ("watch", "active", "good"),  # an item 74 days late
        "rivebois": ("risk", "active", "good"),  # all that is open is late
        "olivar": ("good", "slowing", "good"),  # 125 / 60
        "balticamber": ("good", "lost", "good"),  # 200 / 60
        "dunaj": ("good", "lost", "none"),
        "aegle": ("good", "new", "good"),
        "arz": ("none", "prospect", "none"),
    },
}
# fmt: on


@tagged("post_install", "-at_install")
class TestDemo(CustomerCommon):
    """The demo data, told to companies of the test on 15 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = cls.env(su=True)
        # Where demo data is loaded, these customers have documents: take new ones.
        root["ir.model.data"].search(
            [
                ("name", "=like", "%_demo"),
                ("model", "in", ("res.partner", "res.company")),
            ]
        ).unlink()
        root["res.company"].search([("name", "=", "YourCompany Europe")]).name = "Old"
        for name in FILES:
            convert_file(
                root, "crm_customer360", f"demo/{name}", {}, mode="init", noupdate=True
            )
        cls.demo = root["crm.customer.demo"]
        cls.europe = cls.demo._prepare_europe()
        cls.companies = {MAIN: cls.company, EUROPE: cls.europe}
        cls.told = cls.demo._tell(cls.companies)

    def _partner(self, name):
        return self.env.ref(f"crm_customer360.partner_{name}_demo")

    def _customer(self, name, role=MAIN):
        return self._stored(self._partner(name), self.companies[role]).sudo()

    def test_all_stories_are_told_once(self):
        self.assertEqual(self.told, 62)
        self.assertEqual(self.told, len(STORIES))
        documents = ("sale.order", "account.move", "account.payment", "crm.lead")
        documents += ("calendar.event", "mail.activity", "rating.rating")

        def count():
            return {
                model: self.demo.env[model]
                .with_context(active_test=False)
                .search_count([])
                for model in documents
            }

        before = count()
        self.assertEqual(self.demo._tell(self.companies), 0)
        self.assertEqual(count(), before)

    def test_states(self):
        for role, states in STATES.items():
            for name, (financial, engagement, profit) in states.items():
                with self.subTest(customer=name, role=role):
                    customer = self._customer(name, role)
                    self.assertEqual(customer.financial_state, financial)
                    self.assertEqual(customer.engagement_state, engagement)
                    self.assertEqual(customer.profit_state, profit)

    def test_everything_occurs(self):
        """Every value of every light and every class, in the main company."""
        customers = self.Customer.sudo().search([("company_id", "=", self.company.id)])
        expected = {
            "financial_state": {"none", "good", "watch", "risk"},
            "engagement_state": {"prospect", "new", "active", "slowing", "lost"},
            "profit_state": {"none", "good", "watch", "risk"},
            "base_state": {"none", "good", "watch", "risk"},
            "revenue_class": {"a", "b", "c", "d"},
            "contribution_class": {"a", "b", "c", "d"},
        }
        for name, values in expected.items():
            with self.subTest(field=name):
                self.assertEqual(set(customers.mapped(name)) - {False}, values)
        for role, states in STATES.items():
            bought = [n for n, state in states.items() if state[1] != "prospect"]
            found = self.Customer.sudo().search(
                [
                    ("company_id", "=", self.companies[role].id),
                    ("purchase_count", ">", 0),
                ]
            )
            self.assertEqual(len(found), len(bought))

    def test_manual_verdict(self):
        tidewater = self._customer("tidewater")
        self.assertEqual(tidewater.manual_state, "watch")
        self.assertEqual(tidewater.base_state, "watch")

    def test_class_a_losing_money(self):
        marrowbone = self._customer("marrowbone")
        self.assertEqual(marrowbone.revenue_class, "a")
        self.assertGreater(marrowbone.margin, 0)
        self.assertLess(marrowbone.contribution, 0)
        self.assertEqual(marrowbone.contribution_class, "d")
        # 13 purchases 60 days apart, from 8 days ago: 6 of them within a year, each an
        # order; 12 meetings of 2.5 hours; 20 activities.
        # 6 × 35 + 30 × 90 + 20 × 20
        self.assertEqual(marrowbone.order_count, 6)
        self.assertEqual(marrowbone.service_cost, 3310)

    def test_figures_of_one_purchase(self):
        # 3 × 415 + 5 × 189; cost 3 × 190 + 5 × 118
        # one order, 1.5 hours, 2 activities: 35 + 135 + 40
        larkspur = self._customer("larkspur")
        self.assertEqual(larkspur.revenue, 2190)
        self.assertEqual(larkspur.cost, 1160)
        self.assertEqual(larkspur.service_cost, 210)
        self.assertEqual(larkspur.first_purchase_date, date(2026, 6, 3))
        self.assertEqual(larkspur.revenue_class, "c")

    def test_figures_of_two_purchases(self):
        # 100 days ago 6 × 415 + 10 × 189 = 4,380; 220 days ago a tenth more,
        # rounded to 7 and 11 pieces: 2,905 + 2,079 = 4,984
        pampa = self._customer("pampa")
        self.assertEqual(pampa.revenue, 9364)
        self.assertEqual(pampa.last_purchase_date, date(2026, 3, 7))
        self.assertFalse(pampa.cadence_days)

    def test_growth(self):
        # Sizes as of today, with 60 % more a year.
        jadelantern = self._customer("jadelantern")
        self.assertGreater(jadelantern.revenue_growth, 0.3)

    def test_refunds(self):
        # Credited in the window, bought before: 9 × 415 + 15 × 189
        harborlight = self._customer("harborlight")
        self.assertEqual(harborlight.refund, 6570)
        self.assertEqual(harborlight.revenue, -6570)
        self.assertEqual(harborlight.receivable, 0)
        self.assertEqual(harborlight.revenue_class, "d")
        # Rental credited twice, at 96.50: 1.1 × 22 = 24.2 and 0.85 × 22 = 18.7
        kohsamran = self._customer("kohsamran")
        self.assertEqual(kohsamran.credit_note_count, 2)
        self.assertEqual(kohsamran.refund, (24 + 19) * 96.5)

    def test_money_on_its_way(self):
        yamabuki = self._customer("yamabuki")
        invoice = self._latest_invoice("yamabuki")
        self.assertEqual(yamabuki.in_transit, invoice.amount_total)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._customer("halvorsen").in_transit, 0)
        sundarban = self._customer("sundarban")
        invoice = self._latest_invoice("sundarban")
        self.assertEqual(sundarban.in_process, invoice.amount_total)
        self.assertEqual(sundarban.overdue, invoice.amount_residual)
        self.assertEqual(self._customer("andesverde").credit_unallocated, 5000)

    def _latest_invoice(self, name):
        return self.env["account.move"].search(
            [
                ("commercial_partner_id", "=", self._partner(name).id),
                ("move_type", "=", "out_invoice"),
                ("company_id", "=", self.company.id),
            ],
            order="invoice_date desc",
            limit=1,
        )

    def test_payers(self):
        self.assertEqual(self._customer("tidewater").payment_delay, -10)
        self.assertEqual(self._customer("quillfeather").payment_delay, 22)
        self.assertEqual(self._customer("castellan").oldest_due_days, 74)
        self.assertEqual(self._customer("rimrock").late_held, self._open("rimrock"))
        self.assertEqual(self._customer("rimrock").late, 0)

    def _open(self, name):
        return self._latest_invoice(name).amount_residual

    def test_vendor_who_is_a_customer(self):
        zarindasht = self._customer("zarindasht")
        self.assertEqual(zarindasht.purchase, 6400 + 5200)
        self.assertGreaterEqual(zarindasht.payable, 6400)
        self.assertEqual(
            zarindasht.net_position, zarindasht.receivable - zarindasht.payable
        )

    def test_two_currencies(self):
        self.assertEqual(self.europe.currency_id, self.env.ref("base.EUR"))
        self.assertEqual(self._customer("zeewind", EUROPE).currency_id.name, "EUR")
        invoice = self._latest_invoice("kestrel")
        self.assertEqual(invoice.currency_id, self.europe.currency_id)
        # 6 days of consulting and 2 of training, in euros
        self.assertEqual(invoice.amount_untaxed, 6 * 980 + 2 * 1240)
        self.assertNotEqual(invoice.amount_untaxed_signed, invoice.amount_untaxed)
        # The same customer in both companies
        self.assertTrue(self._customer("darya", MAIN))
        self.assertTrue(self._customer("darya", EUROPE))

    def test_pipeline_and_ratings(self):
        halvorsen = self._customer("halvorsen")
        self.assertEqual(halvorsen.pipeline_amount, 64000)
        self.assertEqual(halvorsen.pipeline_weighted, 38400)
        self.assertEqual(halvorsen.won_count, 1)
        self.assertEqual((halvorsen.rating_count, halvorsen.csat), (3, 1))
        silverleaf = self._customer("silverleaf")
        self.assertEqual((silverleaf.lost_count, silverleaf.win_rate), (1, 0))
        castellan = self._customer("castellan")
        self.assertEqual((castellan.rating_count, castellan.csat), (2, 0))
        self.assertEqual(self._customer("mehrava").quotation_count, 1)
        # 8 × (2,460 + 10 × 96.50), and tax
        self.assertGreaterEqual(self._customer("granite").to_invoice, 27400)

    def test_who_left(self):
        tom = self.env.ref("crm_customer360.user_tom_demo")
        self.assertFalse(tom.active)
        halvorsen = self._partner("halvorsen")
        orders = self.env["sale.order"].search(
            [
                ("partner_id", "=", halvorsen.id),
                ("company_id", "=", self.company.id),
                ("state", "=", "sale"),
            ]
        )
        limit = datetime(2026, 1, 7)  # 160 days ago and a few for the order
        self.assertEqual(
            orders.filtered(lambda order: order.date_order < limit).user_id, tom
        )
        self.assertEqual(halvorsen.user_id.login, "leila")
        change = halvorsen.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            (change.old_value_char, change.new_value_char),
            ("Tom Verbruggen", "Leila Ardavan"),
        )
        self.assertEqual(change.mail_message_id.date.date(), date(2026, 1, 6))
        contact = self._partner("copperfield_old")
        self.assertFalse(contact.active)
        self.assertTrue(
            self.env["account.move"].search_count([("partner_id", "=", contact.id)])
        )
        self.assertEqual(self._customer("copperfield").purchase_count, 13)

    def test_private_meeting(self):
        meeting = self.demo.env["calendar.event"].search(
            [("partner_ids", "in", self._partner("summitline").ids)]
        )
        self.assertEqual(meeting.privacy, "private")

    def test_figures_are_ready(self):
        """Nothing waits, the past is there, and all of it is the ledger's."""
        companies = self.company + self.europe
        self.assertFalse(
            self.env["crm.customer.queue"]
            .sudo()
            .search([("partner_id", "in", self._partner("halvorsen").ids)])
        )
        snapshots = self.env["crm.customer.snapshot"].sudo()
        oldest = snapshots.search(
            [("company_id", "in", companies.ids)], order="date", limit=1
        )
        self.assertLess(oldest.date, date(2023, 12, 31))
        checks = self.env["crm.customer.integrity"].sudo()._check(companies)
        self.assertEqual({check["company_id"] for check in checks}, set(companies.ids))
        for check in checks:
            self.assertEqual(check["unexplained"], 0, check)

    def test_no_chart_of_accounts(self):
        bare = self.demo.env["res.company"].create({"name": "No Chart"})
        with self.assertLogs("odoo.addons.crm_customer360.demo") as log:
            self.assertEqual(self.demo._tell({MAIN: bare}), 0)
        self.assertIn("No demo customers in No Chart", log.output[0])
