from textwrap import shorten

from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime, formatLang

from ..models.account_move_line import SALE_TYPES

EMPTY = "–"
# What fits on the page beside the figures.
REASONS = 8
PRODUCTS = 6
DOCUMENTS = 6

# {block: figures}; figures that the reader may not see are left out, and so is a block
# that has none.
BLOCKS = {
    "revenue": (
        "revenue",
        "revenue_previous",
        "revenue_growth",
        "refund_rate",
        "revenue_share",
        "revenue_rank",
    ),
    "profit": (
        "margin",
        "margin_rate",
        "service_cost",
        "credit_cost",
        "contribution",
        "contribution_rate",
    ),
    "receivable": (
        "receivable",
        "overdue",
        "oldest_due_days",
        "dso",
        "exposure",
        "credit_used",
    ),
    # What adds up to `receivable`, credits taken off.
    "aging": (
        "aging_not_due",
        "aging_1_30",
        "aging_31_60",
        "aging_61_90",
        "aging_91_120",
        "aging_121_plus",
        "credit_unallocated",
    ),
    "treasury": (
        "received",
        "last_payment_date",
        "days_to_pay",
        "payment_delay",
        "in_process",
        "in_transit",
    ),
    "purchases": (
        "purchase_count",
        "order_amount",
        "last_purchase_date",
        "cadence_days",
        "expected_purchase_date",
        "lateness",
    ),
    "pipeline": (
        "quotation_amount",
        "opportunity_count",
        "pipeline_amount",
        "pipeline_weighted",
        "win_rate",
    ),
    "satisfaction": (
        "csat",
        "rating_count",
        "last_rating_date",
        "last_contact_date",
        "meeting_hours",
        "activity_count",
    ),
}
RATES = {
    "contribution_rate",
    "credit_used",
    "csat",
    "margin_rate",
    "refund_rate",
    "revenue_growth",
    "revenue_share",
    "win_rate",
}


class ReportCustomerSheet(models.AbstractModel):
    """The customer sheet: one page a customer, in words and figures of the reader.

    The figures are computed anew first, of all customers at once. Products and
    documents are those that the reader may read, each kind in one query.
    """

    _name = "report.crm_customer360.report_customer_sheet"
    _description = "Customer Sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        customers = self.env["crm.customer"].browse(docids)
        customers.check_access("read")
        customers._refresh(customers.partner_id, customers.company_id)
        customers = customers.exists()
        products = self._products(customers)
        documents = self._documents(customers)
        lang = self.env.context.get("lang") or self.env.user.lang
        return {
            "doc_ids": customers.ids,
            "doc_model": customers._name,
            "docs": customers,
            "lang": lang,
            "direction": self.env["res.lang"]._get_data(code=lang).direction,
            "sheets": {
                customer.id: {
                    "contact": self._contact(customer),
                    "state": self._selected(customer, "state"),
                    "class": self._selected(customer, "abc_class"),
                    "as_of": self._as_of(customer),
                    "reasons": self._reasons(customer),
                    "blocks": self._blocks(customer),
                    "products": products.get(customer.id, []),
                    "documents": documents.get(customer.id, []),
                }
                for customer in customers
            },
        }

    # ------------------------------------------------------------------
    # Who it is, and how it stands
    # ------------------------------------------------------------------

    def _contact(self, customer):
        """Return what is known of the contact, in a few words each."""
        partner = customer.partner_id
        place = ", ".join(filter(None, [partner.city, customer.country_id.name]))
        return [
            shorten(text, 60, placeholder="…")
            for text in (place, partner.phone, partner.email, partner.vat)
            if text
        ]

    def _selected(self, customer, name):
        """Return the label of a selection.

        Unlike `t-field`, without describing the field anew for every customer.
        """
        labels = dict(customer._fields[name]._description_selection(self.env))
        return labels.get(customer[name])

    def _as_of(self, customer):
        period = customer._period()
        return self.env._(
            "As of %(moment)s. Figures of the window from %(start)s to %(end)s, in "
            "%(currency)s.",
            moment=format_datetime(self.env, customer.refreshed_at, dt_format="short"),
            start=format_date(self.env, period["window_start"]),
            end=format_date(self.env, period["today"]),
            currency=customer.currency_id.name,
        )

    def _reasons(self, customer):
        """Return ``[{"level", "text"}]``, the worst first, and what was left out."""
        lines = customer.verdict_lines or []
        reasons = [
            {
                "level": line["level"],
                "text": shorten(line["text"], 220, placeholder="…"),
            }
            for line in lines[:REASONS]
        ]
        if len(lines) > REASONS:
            more = self.env._("%s more on the page", len(lines) - REASONS)
            reasons.append({"level": "info", "text": more})
        return reasons

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _block_titles(self):
        """Return ``{block: title}``, in their order on the page."""
        return {
            "revenue": self.env._("Revenue"),
            "profit": self.env._("Margin and Contribution"),
            "receivable": self.env._("Receivable"),
            "aging": self.env._("Receivable by Age"),
            "treasury": self.env._("Payments"),
            "purchases": self.env._("Purchases"),
            "pipeline": self.env._("Pipeline"),
            "satisfaction": self.env._("Satisfaction and Contact"),
        }

    def _blocks(self, customer):
        """Return ``[(title, [(label, value)])]``."""
        blocks = (
            (title, self._figures(customer, BLOCKS[name]))
            for name, title in self._block_titles().items()
        )
        return [(title, figures) for title, figures in blocks if figures]

    def _figures(self, customer, names):
        """Return ``[(label, value)]`` of the figures that the reader may see."""
        fields_ = {name: customer._fields[name] for name in names}
        return [
            (field._description_string(self.env), self._value(customer, field))
            for field in fields_.values()
            if customer._has_field_access(field, "read")
        ]

    def _value(self, customer, field):
        """Return a figure as text."""
        value = customer[field.name]
        if field.name in (customer.empty_figures or ()):
            return EMPTY
        if field.type == "date":
            return format_date(self.env, value) if value else EMPTY
        if field.type == "monetary":
            return customer.currency_id.format(value)
        if field.name in RATES:
            return self.env._("%s %%", formatLang(self.env, value * 100, digits=1))
        return formatLang(self.env, value, digits=0 if field.type == "integer" else 1)

    # ------------------------------------------------------------------
    # Products and documents
    # ------------------------------------------------------------------

    def _products(self, customers):
        """Return the products with the largest revenue in the window.

        :return: ``{customer id: [(product, revenue as text)]}``
        """
        Line = self.env["account.move.line"]
        if not customers or not Line.has_access("read"):
            return {}
        periods = self._periods(customers)
        moves = self.env["account.move"]._search(
            [
                (
                    "commercial_partner_id.commercial_partner_id",
                    "in",
                    customers.partner_id.ids,
                ),
                ("company_id", "in", customers.company_id.ids),
                ("state", "=", "posted"),
                ("move_type", "in", SALE_TYPES),
            ]
        )
        lines = Line._search(
            [
                ("move_id", "in", moves),
                ("display_type", "=", "product"),
                ("product_id", "!=", False),
            ]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, product_id, revenue FROM (
                    SELECT customer.id AS customer_id, line.product_id,
                        -sum(line.balance) AS revenue,
                        row_number() OVER (
                            PARTITION BY customer.id
                            ORDER BY -sum(line.balance) DESC, line.product_id) AS rank
                    FROM account_move_line line
                    JOIN account_move move ON move.id = line.move_id
                    JOIN res_partner contact ON contact.id = move.commercial_partner_id
                    JOIN crm_customer customer
                        ON customer.partner_id = contact.commercial_partner_id
                        AND customer.company_id = line.company_id
                    JOIN (VALUES %(periods)s) AS period (company_id, first, last)
                        ON period.company_id = line.company_id
                        AND move.invoice_date BETWEEN period.first AND period.last
                    WHERE customer.id = ANY(%(ids)s) AND line.id IN %(lines)s
                    GROUP BY customer.id, line.product_id
                    HAVING -sum(line.balance) > 0
                ) product
                WHERE rank <= %(limit)s
                ORDER BY customer_id, rank
                """,
                periods=periods,
                ids=customers.ids,
                lines=lines.subselect(),
                limit=PRODUCTS,
            )
        )
        products = self.env["product.product"].browse({row[1] for row in rows})
        readable = set(products._filtered_access("read").ids)
        result = {}
        for customer_id, product_id, revenue in rows:
            if product_id not in readable:
                continue
            customer = customers.browse(customer_id)
            name = products.browse(product_id).display_name
            result.setdefault(customer_id, []).append(
                (
                    shorten(name, 45, placeholder="…"),
                    customer.currency_id.format(revenue),
                )
            )
        return result

    def _documents(self, customers):
        """Return the last quotations, orders, invoices and credit notes.

        :return: ``{customer id: [(day, kind, number, untaxed amount)]}``
        """
        branches = [
            branch
            for branch in (self._orders(customers), self._invoices(customers))
            if branch
        ]
        if not customers or not branches:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id, day, kind, name, amount FROM (
                    SELECT customer.id AS customer_id, document.*,
                        row_number() OVER (
                            PARTITION BY customer.id
                            ORDER BY document.day DESC, document.kind,
                                document.id DESC) AS rank
                    FROM (%(documents)s) document
                    JOIN res_partner contact ON contact.id = document.partner_id
                    JOIN crm_customer customer
                        ON customer.partner_id = contact.commercial_partner_id
                        AND customer.company_id = document.company_id
                    WHERE customer.id = ANY(%(ids)s)
                ) ranked
                WHERE rank <= %(limit)s
                ORDER BY customer_id, rank
                """,
                documents=SQL(" UNION ALL ").join(branches),
                ids=customers.ids,
                limit=DOCUMENTS,
            )
        )
        kinds = {
            "draft": self.env._("Quotation"),
            "sent": self.env._("Quotation"),
            "sale": self.env._("Order"),
            "out_invoice": self.env._("Invoice"),
            "out_refund": self.env._("Credit Note"),
            "out_receipt": self.env._("Receipt"),
        }
        result = {}
        for customer_id, day, kind, name, amount in rows:
            currency = customers.browse(customer_id).currency_id
            result.setdefault(customer_id, []).append(
                (
                    format_date(self.env, day),
                    kinds[kind],
                    shorten(name or "", 24, placeholder="…"),
                    currency.format(amount),
                )
            )
        return result

    def _orders(self, customers):
        """Return the SQL of the orders that the reader may read, or None."""
        Order = self.env["sale.order"]
        if not Order.has_access("read"):
            return None
        found = Order._search(
            [
                ("partner_id.commercial_partner_id", "in", customers.partner_id.ids),
                ("company_id", "in", customers.company_id.ids),
                ("state", "!=", "cancel"),
            ]
        )
        return SQL(
            """
            SELECT id, partner_id, company_id, state AS kind, name,
                (date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                amount_untaxed / coalesce(nullif(currency_rate, 0), 1) AS amount
            FROM sale_order WHERE id IN %(found)s
            """,
            tz=self.env.tz.zone,
            found=found.subselect(),
        )

    def _invoices(self, customers):
        """Return the SQL of the posted invoices that the reader may read, or None."""
        Move = self.env["account.move"]
        if not Move.has_access("read"):
            return None
        found = Move._search(
            [
                (
                    "commercial_partner_id.commercial_partner_id",
                    "in",
                    customers.partner_id.ids,
                ),
                ("company_id", "in", customers.company_id.ids),
                ("state", "=", "posted"),
                ("move_type", "in", SALE_TYPES),
            ]
        )
        return SQL(
            """
            SELECT id, commercial_partner_id AS partner_id, company_id,
                move_type AS kind, name, invoice_date AS day,
                amount_untaxed_signed AS amount
            FROM account_move WHERE id IN %(found)s
            """,
            found=found.subselect(),
        )

    def _periods(self, customers):
        """Return ``(company, first day, last day)`` of the windows, as VALUES."""
        rows = []
        for company in customers.company_id.sudo():
            period = company._customer_period()
            rows.append(
                SQL(
                    "(%s, %s::date, %s::date)",
                    company.id,
                    fields.Date.to_string(period["window_start"]),
                    fields.Date.to_string(period["today"]),
                )
            )
        return SQL(", ").join(rows)
