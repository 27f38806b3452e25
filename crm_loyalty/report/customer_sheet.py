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
        points = self._loyalty_points(customers)
        for customer in customers:
            figures = self._loyalty_figures(customer)
            card = points.get(customer.id)
            if card is not None:
                figures.append((self.env._("Points"), formatLang(self.env, card)))
            values["sheets"][customer.id]["blocks"].append(
                (self.env._("Loyalty"), figures)
            )
        return values

    def _loyalty_figures(self, customer):
        """Return ``[(label, value)]`` of the tier."""
        program = customer.tier_id.sudo().program_id
        missing = EMPTY
        if customer.tier_next_id:
            missing = (
                customer.currency_id.format(customer.tier_missing)
                if program.tier_measure == "spend"
                else formatLang(self.env, customer.tier_missing, digits=0)
            )
        values = {
            "tier_id": customer.tier_id.name,
            "tier_since": format_date(self.env, customer.tier_since),
            "tier_until": format_date(self.env, customer.tier_until) or EMPTY,
            "tier_next_id": customer.tier_next_id.name or EMPTY,
            "tier_missing": missing,
        }
        return [
            (customer._fields[name]._description_string(self.env), value)
            for name, value in values.items()
        ]

    def _loyalty_points(self, customers):
        """Return the points on the cards of the program, those that may be read.

        :return: ``{customer id: points}``
        """
        Card = self.env["loyalty.card"]
        if not customers or not Card.has_access("read"):
            return {}
        found = Card._read_group(
            [
                ("partner_id.commercial_partner_id", "in", customers.partner_id.ids),
                ("program_id", "in", customers.tier_id.sudo().program_id.ids),
            ],
            ["partner_id", "program_id"],
            ["points:sum"],
        )
        points = {}
        for partner, program, amount in found:
            key = partner.commercial_partner_id, program
            points[key] = points.get(key, 0.0) + amount
        return {
            customer.id: points.get(
                (customer.partner_id, customer.tier_id.sudo().program_id), 0.0
            )
            for customer in customers
        }
