from lxml import etree

from odoo.tests import tagged

from .common import CustomerCommon


@tagged("post_install", "-at_install")
class TestPage(CustomerCommon):
    """The 360 page: documents behind cards and reasons, and what opening it costs."""

    def _opened(self, action):
        records = self.env[action["res_model"]].with_context(**action["context"])
        return records.search(action["domain"])

    def _behind(self, reason):
        return self._opened(self._stored().action_open_reason(reason))

    # -- cards

    def test_margin(self):
        """1,000 − 100 credited at a cost of 800 − 80; the year before is left out."""
        line = {"product_id": self.product_a.id, "price_unit": 1000}
        self._invoice(0, "2026-06-01", lines=[line])
        self._invoice(0, "2025-06-01", lines=[line])
        self._refund(
            0, "2026-06-02", lines=[{**line, "price_unit": 100, "quantity": 1}]
        )
        row = self._row()
        lines = self._opened(row.action_open_margin())
        self.assertEqual(sum(lines.mapped("sale_revenue")), 900)
        self.assertEqual(sum(lines.mapped("sale_cost")), 0)  # 800 − 800
        self.assertEqual(row.cost, 0)
        self.assertEqual(sum(lines.mapped("sale_margin")), 900)
        self.assertEqual(row.margin, 900)

    def test_purchases(self):
        self._invoice(10, "2026-06-01")
        self._invoice(10, "2019-06-01", move_type="out_receipt")
        self._refund(10, "2026-06-01")
        self._invoice(10, "2026-06-16")
        row = self._row()
        self.assertEqual(row.purchase_count, 2)
        self.assertEqual(len(self._opened(row.action_open_purchases())), 2)

    def test_ratings(self):
        """Ratings of the window, those of no company where the revenue is largest."""
        self._invoice(10, "2026-06-01")
        invoice = self._invoice(10, "2026-06-01")
        self._rating(invoice, 5, "2026-06-01")
        self._rating(self.customer, 1, "2026-06-02")
        self._rating(invoice, 5, "2025-06-15")
        self._rating(invoice, 5, "2026-06-01", consumed=False)
        row = self._row()
        self.assertEqual(row.rating_count, 2)
        ratings = self._opened(row.action_open_ratings())
        self.assertEqual(sorted(ratings.mapped("rating")), [1, 5])

    def test_to_invoice(self):
        """An order of 300 of which 100 is invoiced, one that is invoiced in full."""
        open_order = self._order(
            0, "2026-06-01", lines=[{"price_unit": 100, "product_uom_qty": 3}]
        )
        invoice = self._invoice_order(open_order, "2026-06-02", post=False)
        invoice.invoice_line_ids.quantity = 1
        invoice.action_post()
        self._invoice_order(self._order(50, "2026-06-01"), "2026-06-02")
        row = self._row()
        self.assertEqual(row.to_invoice, 200)
        self.assertEqual(self._opened(row.action_open_to_invoice()), open_order)

    # -- reasons

    def test_reasons_open_their_documents(self):
        late = self._invoice(100, "2026-03-01", due="2026-03-01")
        held = self._invoice(40, "2026-03-01", due="2026-03-01")
        held.write(
            {"collection_hold": "dispute", "collection_hold_until": "2026-06-30"}
        )
        paid = self._invoice(7, "2026-03-01", due="2026-03-01")
        with self._no_entries():
            self._register(paid, "2026-06-10")
        slow = self._invoice(60, "2026-01-01", due="2026-01-01")
        self._register(slow, "2026-03-01")
        self._invoice(20, "2026-06-01", due="2026-07-01")
        self.company.customer_order_cost = 1000
        self._order(1, "2026-06-01")
        self.customer.trust = "bad"
        row = self._row()
        self.assertEqual(
            [(line["code"], line["level"]) for line in row.verdict_lines],
            [
                ("oldest_overdue", "risk"),
                ("overdue_share", "risk"),
                ("bad_debtor", "risk"),
                ("negative_contribution", "risk"),
                ("payment_delay", "watch"),
                ("on_hold", "info"),
                ("paid_not_booked", "info"),
            ],
        )
        self.assertEqual(row.late, 100)
        self.assertEqual(self._behind("oldest_overdue").move_id, late)
        self.assertEqual(self._behind("overdue_share").move_id, late)
        self.assertEqual(self._behind("on_hold").move_id, held)
        self.assertEqual(self._behind("paid_not_booked").move_id, paid)
        self.assertEqual(self._behind("payment_delay").move_id, slow)
        self.assertEqual(
            row.action_open_reason("bad_debtor")["res_id"], self.customer.id
        )
        # The whole window's: 100 + 40 + 7 + 60 + 20
        self.assertEqual(
            sum(self._behind("negative_contribution").mapped("sale_revenue")), 227
        )

    def test_silence_opens_the_purchases(self):
        for day in ("2025-01-01", "2025-01-11", "2025-01-21"):
            self._register(self._invoice(10, day), day)
        row = self._row()
        self.assertEqual(row.engagement_state, "lost")
        self.assertEqual(len(self._behind("silent")), 3)

    def test_limit_opens_what_uses_it(self):
        """Orders to invoice when these are the larger part, open items otherwise."""
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 100
        order = self._order(150, "2026-06-01")
        self._row()
        self.assertEqual(self._behind("credit_limit"), order)
        invoice = self._invoice(500, "2026-06-01", due="2026-07-01")
        self._row()
        self.assertEqual(self._behind("credit_limit").move_id, invoice)

    def test_verdict_by_hand_opens(self):
        self._invoice(10, "2026-06-01")
        self._row()
        verdict = self.env["crm.customer.verdict"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "state": "watch",
                "reason": "Moves to another town",
                "date_end": "2026-07-01",
            }
        )
        row = self._stored()
        self.assertEqual(row.action_open_reason("manual")["res_id"], verdict.id)
        self.assertEqual(row.verdict_lines[0]["code"], "manual")

    # -- cost

    def _specification(self, model, view):
        """Return what the web client reads for a view: ``{field: {…}}``."""
        views = self.env[model].get_views([(False, view)])
        root = etree.fromstring(views["views"][view]["arch"])
        return self._read_of(root, self.env[model]._fields)

    def _read_of(self, node, fields):
        """Return what is read for the fields below a node, lists in it included."""
        specification = {}
        for child in node:
            if child.tag != "field":
                specification.update(self._read_of(child, fields))
                continue
            field = fields.get(child.get("name"))
            if field and field.type == "many2one":
                specification[field.name] = {"fields": {"display_name": {}}}
            elif field and field.relational:
                lines = self.env[field.comodel_name]._fields
                specification[field.name] = {"fields": self._read_of(child, lines)}
            elif field:
                specification[field.name] = {}
        return specification

    def test_opening_costs_at_most_60_queries(self):
        """All that the page reads, its timeline included."""
        for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
            self._invoice(100, day, due=day)
        self._order(100, "2026-06-01")
        self._opportunity(100)
        row = self._row()
        specification = self._specification("crm.customer", "form")
        self.assertIn("product_id", specification["top_product_ids"]["fields"])
        row.web_read(specification)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        row.web_read(specification)
        self.env.invalidate_all()
        timeline = self.env["crm.customer.event"].get_timeline(row.id)
        self.assertLessEqual({"invoice", "order"}, timeline["kinds"].keys())
        self.assertLessEqual(self.env.cr.sql_log_count - before, 60)

    def test_lists_cost_nothing_per_row(self):
        """Contacts and customers: as many queries for 30 rows as for 3."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(30)]
        )
        for partner in partners:
            self._invoice(100, "2026-03-01", due="2026-03-01", partner_id=partner.id)
        self.Customer._refresh(partners)
        for model, domain in (
            ("res.partner", [("id", "in", partners.ids)]),
            ("crm.customer", [("partner_id", "in", partners.ids)]),
        ):
            specification = self._specification(model, "list")
            ours = {
                name: value
                for name, value in specification.items()
                if model == "crm.customer" or name.startswith("customer_")
            }
            counts = []
            for limit in (3, 3, 30):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                result = self.env[model].web_search_read(
                    domain, ours, limit=limit, order="id"
                )
                self.assertEqual(len(result["records"]), limit)
                counts.append(self.env.cr.sql_log_count - before)
            with self.subTest(model=model):
                self.assertEqual(counts[1], counts[2])
