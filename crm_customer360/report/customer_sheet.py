from textwrap import shorten

from odoo import api, models
from odoo.tools import format_date, format_datetime, formatLang

EMPTY = "–"
# What fits on the page beside the figures.
REASONS = 8

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
