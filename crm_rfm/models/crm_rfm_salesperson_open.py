from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_rfm_salesperson import AT_RISK, MOVED_DAYS, MOVES


class CrmRfmSalesperson(models.Model):
    """What is behind a figure: the customers whose sum or number it is."""

    _inherit = "crm.rfm.salesperson"

    def action_open(self, figure="customer_count"):
        """Open the customers, or the movements, whose sum or number a figure is."""
        self.ensure_one()
        self.check_access("read")
        if figure.startswith("moved_"):
            return self._open_moves(figure)
        domains = self._customer_domains()
        if figure not in domains:
            raise UserError(self.env._("There is no such figure: %s.", figure))
        self._check_field_access(self._fields[figure], "read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        action["domain"] = list(self._own() & domains[figure])
        action["context"] = {"create": False}
        return self._named(action, figure)

    def _named(self, action, figure):
        label = self._fields[figure]._description_string(self.env)
        action["name"] = action["display_name"] = f"{self.display_name}: {label}"
        # The address would open all customers again.
        action.pop("path", None)
        return action

    def _own(self):
        return Domain("company_id", "=", self.company_id.id) & Domain(
            "user_id", "=", self.user_id.id
        )

    def _customer_domains(self):
        """Return the domain of the customers behind each figure."""
        start = self.company_id.sudo()._customer_period()["window_start"]
        start = fields.Date.to_string(start)
        bought = Domain("last_purchase_date", "!=", False)
        active = Domain("last_purchase_date", ">=", start)
        previous = Domain("purchase_previous_count", ">", 0)
        revenue = Domain("revenue", "!=", 0)
        contribution = Domain("contribution", "!=", 0)
        open_items = Domain("receivable", "!=", 0) | Domain(
            "credit_unallocated", "!=", 0
        )
        return {
            "customer_count": bought,
            "active_count": active,
            "new_count": Domain("first_purchase_date", ">=", start),
            "revenue": revenue,
            "revenue_previous": Domain("revenue_previous", "!=", 0),
            "revenue_growth": revenue | Domain("revenue_previous", "!=", 0),
            "contribution": contribution,
            "contribution_rate": contribution,
            "previous_count": previous,
            "kept_count": previous & active,
            "retention": previous,
            "at_risk_revenue": AT_RISK,
            "at_risk_share": AT_RISK,
            "receivable_open": open_items,
            "overdue": Domain("overdue", "!=", 0),
            "overdue_share": Domain("overdue", "!=", 0),
        }

    def _open_moves(self, figure):
        _moved, direction, period = figure.split("_")
        days = MOVED_DAYS.get(period, MOVED_DAYS["90"])
        today = self.company_id.sudo()._customer_today()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_rfm.crm_rfm_movement_action"
        )
        action["domain"] = list(
            Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id.user_id", "=", self.user_id.id)
            & Domain("cause", "!=", "rules")
            & Domain("date", "<=", fields.Date.to_string(today))
            & Domain("date", ">", fields.Date.to_string(today - timedelta(days=days)))
            & MOVES[direction]
        )
        action["context"] = {"create": False}
        return self._named(action, figure)
