from odoo import api, models
from odoo.tools import format_date, formatLang

EMPTY = "–"


class ReportCustomerSheet(models.AbstractModel):
    """Tier and points on the customer sheet, of members only."""

    _inherit = "report.crm_customer360.report_customer_sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        values = super()._get_report_values(docids, data)
        customers = values["docs"].filtered("tier_id")
        readable = self.env["loyalty.card"].has_access("read")
        for customer in customers:
            figures = self._loyalty_figures(customer)
            if readable:
                points = formatLang(self.env, customer.loyalty_points)
                figures.append((self.env._("Points"), points))
            values["sheets"][customer.id]["blocks"].append(
                (self.env._("Loyalty"), figures)
            )
        return values

    def _loyalty_figures(self, customer):
        """Return ``[(label, value)]`` of the tier."""
        values = {
            "tier_id": customer.tier_id.name,
            "tier_since": format_date(self.env, customer.tier_since),
            "tier_until": format_date(self.env, customer.tier_until) or EMPTY,
            "tier_next_id": customer.tier_next_id.name or EMPTY,
            "tier_missing": customer._tier_amount(customer.tier_missing)
            if customer.tier_next_id
            else EMPTY,
        }
        return [
            (customer._fields[name]._description_string(self.env), value)
            for name, value in values.items()
        ]
