from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer import PROFIT
from odoo.addons.crm_customer360.models.crm_customer_scope import Source

from .loyalty_lot import POINTS


class CrmCustomer(models.Model):
    """Points of a customer, and what they cost."""

    _inherit = "crm.customer"

    loyalty_cost = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="By how much the value of the customer's points has grown within the "
        "window; negative: it has shrunk. What points bought is a discount, and in "
        "the margin already.",
    )
    loyalty_points = fields.Float(
        string="Points",
        digits=POINTS,
        compute="_compute_loyalty_points",
        help="Points that the customer can use, on all cards in use.",
    )
    loyalty_points_expiring = fields.Float(
        string="Points that Expire Next",
        digits=POINTS,
        compute="_compute_loyalty_points",
        help="Points left in the lots that can be used until the earliest day.",
    )
    loyalty_points_expiry = fields.Date(
        string="Usable Until",
        compute="_compute_loyalty_points",
        help="Last day of the points that expire next.",
    )
    loyalty_debt = fields.Float(
        string="Points Owed",
        digits=POINTS,
        compute="_compute_loyalty_points",
        help="Points that were spent before the goods came back: what is earned next "
        "repays them.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_loyalty_points(self):
        names = [
            "loyalty_points",
            "loyalty_points_expiring",
            "loyalty_points_expiry",
            "loyalty_debt",
        ]
        for customer in self:
            customer.update(dict.fromkeys(names, False))
        stored = self.filtered("id")
        if not stored:
            return
        for name in ("loyalty.lot", "loyalty.lot.move", "loyalty.card"):
            self.env[name].flush_model()
        self.env["loyalty.program"].flush_model(["active", "program_type"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer.id, lot.points, lot.expiring, lot.expiry, owed.debt
                FROM crm_customer customer
                JOIN res_company company ON company.id = customer.company_id
                CROSS JOIN LATERAL (
                    SELECT sum(points) AS points, min(day) AS expiry,
                        (array_agg(points ORDER BY day)
                            FILTER (WHERE day IS NOT NULL))[1] AS expiring
                    FROM (
                        SELECT lot.date_expiry AS day, sum(lot.remaining) AS points
                        FROM loyalty_lot lot
                        JOIN loyalty_card card ON card.id = lot.card_id AND card.active
                        JOIN loyalty_program program ON program.id = lot.program_id
                            AND program.active AND program.program_type = 'loyalty'
                        WHERE lot.partner_id = customer.partner_id
                            AND lot.remaining > 0 AND lot.company_id
                                = split_part(company.parent_path, '/', 1)::int
                        GROUP BY lot.date_expiry
                    ) day
                ) lot
                CROSS JOIN LATERAL (
                    SELECT sum(move.debt) AS debt FROM loyalty_lot_move move
                    JOIN loyalty_card card ON card.id = move.card_id AND card.active
                    JOIN loyalty_program program ON program.id = move.program_id
                        AND program.active AND program.program_type = 'loyalty'
                    WHERE move.partner_id = customer.partner_id
                        AND move.company_id
                            = split_part(company.parent_path, '/', 1)::int
                ) owed
                WHERE customer.id = ANY(%s)
                """,
                stored.ids,
            )
        )
        for customer_id, *values in rows:
            points, expiring, expiry, debt = values
            self.browse(customer_id).update(
                {
                    "loyalty_points": points or 0,
                    "loyalty_points_expiring": expiring or 0,
                    "loyalty_points_expiry": expiry or False,
                    "loyalty_debt": debt or 0,
                }
            )

    def action_open_lots(self):
        """Open the lots of the customer, those with points first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_loyalty.loyalty_lot_action"
        )
        action["domain"] = [("partner_id", "=", self.partner_id.id)]
        action["context"] = {"search_default_open": 1}
        return action

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def _sources(self):
        return [*super()._sources(), self._source_loyalty_cost]

    def _source_loyalty_cost(self, scope):
        """Growth of the value of points in the window, in the company's currency.

        An opening balance is no growth: what was earned before lots were kept.
        """
        return Source(
            "loyalty_cost",
            SQL(
                """
                SELECT move.partner_id, move.company_id,
                    round(sum(move.points * value.value), min(company.decimals))
                        AS loyalty_cost
                FROM loyalty_lot_move move
                JOIN company ON company.id = move.company_id
                JOIN (%(values)s) value ON value.program_id = move.program_id
                    AND value.company_id = move.company_id
                JOIN loyalty_program program ON program.id = move.program_id
                    AND program.program_type = 'loyalty'
                WHERE move.date >= company.window_start AND move.date <= company.today
                    AND move.reason <> 'opening'
                    AND move.partner_id IS NOT NULL AND %(only)s
                GROUP BY move.partner_id, move.company_id
                """,
                values=self.env["loyalty.program"]._point_values(),
                only=scope.only(SQL("move.partner_id")),
            ),
            {"loyalty_cost": "sum"},
        )

    def _figures(self):
        return {
            **super()._figures(),
            "loyalty_cost": SQL("coalesce(base.loyalty_cost, 0)"),
        }

    def _customer_costs(self):
        return [*super()._customer_costs(), SQL("coalesce(base.loyalty_cost, 0)")]

    def _contribution_steps(self):
        """Without points there is no such step."""
        steps = super()._contribution_steps()
        return [*steps, "loyalty_cost"] if self.loyalty_cost else steps
