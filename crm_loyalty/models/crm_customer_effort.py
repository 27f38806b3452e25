from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.models.crm_customer import PROFIT

FIELDS = [
    ("costly", "Much Spent on Little Value"),
    ("neglected", "Little Spent on Much Value"),
    ("well", "Well Spent"),
    ("quiet", "Quiet"),
]
DERIVED = ("effort_cost", "effort_field")
# Parts of each axis into which customers are gathered, and named customers per field.
PARTS = 24
NAMED = 3


class CrmCustomer(models.Model):
    """Value against effort: what customers bring, and what is spent on them.

    The value is the contribution of the window; the effort the cost to serve, and the
    loyalty cost where there is any. Counted are customers with revenue or effort in
    the window. The limits are the company's own, or the medians of all its customers,
    its branches included: much is a value of at least the limit, an effort above it.
    """

    _inherit = "crm.customer"

    effort_cost = fields.Monetary(
        string="Effort",
        compute="_compute_effort",
        search="_search_effort_cost",
        groups=PROFIT,
        help="What is spent on the customer in the window: cost to serve, and points "
        "and rewards where they are counted.",
    )
    effort_field = fields.Selection(
        selection=FIELDS,
        string="Value and Effort",
        compute="_compute_effort",
        search="_search_effort_field",
        groups=PROFIT,
        help="Contribution and effort compared with the limits of the company; empty "
        "without revenue and effort in the window.",
    )

    @api.depends(
        "contribution", "service_cost", "loyalty_cost", "revenue", "company_id"
    )
    def _compute_effort(self):
        limits = self._effort_limits() if self else {}
        for customer in self:
            limit = limits.get(customer.company_id.root_id.id, {"value": 0, "cost": 0})
            cost = customer.service_cost + customer.loyalty_cost
            much_value = customer.contribution >= limit["value"]
            much_cost = cost > limit["cost"]
            customer.effort_cost = cost
            customer.effort_field = bool(customer.revenue or cost) and (
                ("well" if much_value else "costly")
                if much_cost
                else ("neglected" if much_value else "quiet")
            )

    def _search_effort_cost(self, operator, value):
        self._check_field_access(self._fields["effort_cost"], "read")
        return self._search_derived("effort_cost", operator, value)

    def _search_effort_field(self, operator, value):
        self._check_field_access(self._fields["effort_field"], "read")
        return self._search_derived("effort_field", operator, value)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr in DERIVED:
            self._check_field_access(self._fields[field_expr], "read")
            name = SQL.identifier(alias)
            if field_expr == "effort_cost":
                return self._effort_cost_sql(name)
            return self._effort_field_sql(name)
        return super()._field_to_sql(alias, field_expr, query)

    def _effort_cost_sql(self, alias):
        return SQL(
            "(coalesce(%s.service_cost, 0) + coalesce(%s.loyalty_cost, 0))",
            alias,
            alias,
        )

    def _effort_field_sql(self, alias, limits=None):
        """Return the field of a row.

        :param limits: see `_effort_limits`, for who has them
        """
        limits = self._effort_limits() if limits is None else limits
        roots = {row["id"]: row["root_id"] for row in self._company_rows()}

        def limit(name):
            return SQL(
                "(CASE %s.company_id %s END)",
                alias,
                SQL(" ").join(
                    SQL(
                        "WHEN %s THEN %s::numeric",
                        company_id,
                        limits.get(root_id, {}).get(name, 0),
                    )
                    for company_id, root_id in roots.items()
                ),
            )

        return SQL(
            """
            (CASE WHEN coalesce(%(alias)s.revenue, 0) = 0 AND %(cost)s = 0 THEN NULL
                WHEN %(cost)s > %(much)s THEN CASE
                    WHEN coalesce(%(alias)s.contribution, 0) >= %(worth)s THEN 'well'
                    ELSE 'costly' END
                WHEN coalesce(%(alias)s.contribution, 0) >= %(worth)s THEN 'neglected'
                ELSE 'quiet' END)
            """,
            alias=alias,
            cost=self._effort_cost_sql(alias),
            much=limit("cost"),
            worth=limit("value"),
        )

    def _effort_limits(self):
        """Return ``{root company id: {"value", "cost", "own"}}``, in its currency.

        Medians of all customers, not only of those one may see: the same customer is
        in the same field for everybody.
        """
        self.flush_model(["service_cost", "loyalty_cost", "contribution", "revenue"])
        alias = SQL.identifier("customer")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.root_id,
                    percentile_cont(0.5) WITHIN GROUP (
                        ORDER BY coalesce(customer.contribution, 0)),
                    percentile_cont(0.5) WITHIN GROUP (ORDER BY %(cost)s)
                FROM crm_customer customer
                JOIN (VALUES %(companies)s) AS company (id, root_id)
                    ON company.id = customer.company_id
                WHERE coalesce(customer.revenue, 0) <> 0 OR %(cost)s <> 0
                GROUP BY company.root_id
                """,
                cost=self._effort_cost_sql(alias),
                companies=self._company_values_sql("id", "root_id"),
            )
        )
        limits = {
            root_id: {"value": round(value, 2), "cost": round(cost, 2), "own": False}
            for root_id, value, cost in rows
        }
        own = self.env["res.company"].sudo().search([("effort_own_limits", "=", True)])
        for company in own:
            limits[company.id] = {
                "value": company.effort_value_limit,
                "cost": company.effort_cost_limit,
                "own": True,
            }
        return limits

    # ------------------------------------------------------------------
    # Screen
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_effort(self, company_id=None):
        """Return what the four-field chart shows, for the customers one may see.

        Of many customers those close together are gathered: a point is ``{"field",
        "count", "value", "cost", "value_from", "value_to", "cost_from", "cost_to"}``,
        `value` and `cost` being averages, and for a single one of the extreme
        customers also ``{"id", "name"}``.

        :param company_id: a root company of which something is selected
        :return: dict with ``explained`` (in words, when the reader may not see profit:
            then there is nothing else), ``company_id``, ``companies``,
            ``currency_id``, ``limits`` (see `_effort_limits`), ``points``, ``fields``
            (``{"key", "name", "count", "value", "cost", "advice"}``, sums), ``empty``,
            ``notes``
        """
        self.browse().check_access("read")
        _ = self.env._
        if not self.env.user.has_group(PROFIT):
            return {
                "explained": _(
                    "What customers bring and cost is for those who may see the "
                    "profitability of customers. Ask an administrator for the right "
                    "“Customer Profitability”."
                )
            }
        root = self._retention_root(company_id)
        every = self._effort_limits()
        limits = every.get(root.id, {"value": 0.0, "cost": 0.0, "own": False})
        ranked = self._effort_ranked(root, every)
        named = self._effort_named(ranked)
        points = self._effort_points(ranked, limits) + named
        sums = {key: {"count": 0, "value": 0.0, "cost": 0.0} for key, _name in FIELDS}
        for point in points:
            total = sums[point["field"]]
            total["count"] += point["count"]
            total["value"] += point["value"] * point["count"]
            total["cost"] += point["cost"] * point["count"]
        names = dict(self._fields["effort_field"]._description_selection(self.env))
        advice = self._effort_advice()
        return {
            **self._retention_head(root),
            "limits": limits,
            "points": points,
            "fields": [
                {"key": key, "name": names[key], "advice": advice[key], **sums[key]}
                for key, _name in FIELDS
            ],
            "empty": self._effort_empty(points),
            "notes": self._effort_notes(limits),
        }

    def _effort_ranked(self, root, limits):
        """Return the query of the customers counted, the extreme ones numbered first.

        :param limits: see `_effort_limits`
        """
        alias = SQL.identifier("customer")
        return SQL(
            """
            SELECT placed.*, row_number() OVER (PARTITION BY field ORDER BY
                CASE WHEN field = 'costly' THEN cost ELSE value END DESC, id) AS number
            FROM (
                SELECT customer.id, customer.partner_id, %(field)s AS field,
                    coalesce(customer.contribution, 0) AS value, %(cost)s AS cost
                FROM (%(rows)s) customer
            ) placed
            WHERE field IS NOT NULL
            """,
            field=self._effort_field_sql(alias, limits),
            cost=self._effort_cost_sql(alias),
            rows=self._retention_rows(
                root,
                names=("id", "contribution", "revenue", "service_cost", "loyalty_cost"),
            ),
        )

    def _effort_points(self, ranked, limits):
        """Return the customers without a name, gathered on a logarithmic grid."""
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH customer AS MATERIALIZED (%(ranked)s),
                placed AS (
                    SELECT *, sign(value) * ln(1 + abs(value) / %(value)s) AS y,
                        sign(cost) * ln(1 + abs(cost) / %(cost)s) AS x
                    FROM customer WHERE field = 'quiet' OR number > %(named)s
                ),
                span AS (
                    SELECT min(x) AS x0, max(x) + 0.000001 AS x1,
                        min(y) AS y0, max(y) + 0.000001 AS y1
                    FROM placed
                )
                SELECT field, count(*) AS count, avg(value)::float8 AS value,
                    avg(cost)::float8 AS cost, min(value)::float8 AS value_from,
                    max(value)::float8 AS value_to, min(cost)::float8 AS cost_from,
                    max(cost)::float8 AS cost_to
                FROM placed CROSS JOIN span
                GROUP BY field, width_bucket(x, x0, x1, %(parts)s),
                    width_bucket(y, y0, y1, %(parts)s)
                ORDER BY count DESC
                """,
                ranked=ranked,
                value=SQL("%s::numeric", max(abs(limits["value"]), 1)),
                cost=SQL("%s::numeric", max(abs(limits["cost"]), 1)),
                named=NAMED,
                parts=PARTS,
            )
        )
        return rows

    def _effort_named(self, ranked):
        """Return the extreme customers of the fields, by name; the quiet have none."""
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT id, partner_id, field, value::float8 AS value,
                    cost::float8 AS cost
                FROM (%s) customer
                WHERE field <> 'quiet' AND number <= %s
                ORDER BY field, number
                """,
                ranked,
                NAMED,
            )
        )
        # Who may read the row may know these names.
        partners = self.env["res.partner"].sudo()
        partners.browse(row["partner_id"] for row in rows).fetch(["display_name"])
        return [
            {
                "id": row["id"],
                "name": partners.browse(row["partner_id"]).display_name,
                "field": row["field"],
                "count": 1,
                "value": row["value"],
                "cost": row["cost"],
            }
            for row in rows
        ]

    def _effort_advice(self):
        _ = self.env._
        return {
            "costly": _(
                "Ask what the effort is for: fewer visits, self-service, a minimum "
                "order, or a price that pays for it."
            ),
            "neglected": _(
                "They bring much and are hardly cared for: call them before somebody "
                "else does, and offer a better tier."
            ),
            "well": _("Keep it up: the effort goes where the value is."),
            "quiet": _(
                "Little comes and little goes: leave them to mailings, and watch who "
                "grows."
            ),
        }

    def _effort_empty(self, points):
        _ = self.env._
        if not points:
            return _("No customer has revenue or effort in the window yet.")
        if not any(point["cost"] for point in points):
            return _(
                "No effort is recorded: set what an order, a credit note, an hour of "
                "meeting and an activity cost, under Configuration, Settings. Then "
                "customers can be compared."
            )
        return False

    def _effort_notes(self, limits):
        _ = self.env._
        if limits["own"]:
            return [_("The limits are those of the settings.")]
        return [
            _(
                "The limits are the medians of all customers of the company. Own "
                "limits can be set in the settings."
            )
        ]

    @api.model
    def action_open_effort(self, company_id, field, point=None):
        """Open the customers of a field, or of a point of it: exactly those counted.

        :param field: one of `FIELDS`
        :param point: as in `get_effort`; all of the field when None
        """
        self.browse().check_access("read")
        _ = self.env._
        if not self.env.user.has_group(PROFIT):
            raise AccessError(_("You may not see the contribution of customers."))
        names = dict(self._fields["effort_field"]._description_selection(self.env))
        if field not in names:
            raise UserError(_("There is no field “%s” in the chart.", field))
        root = self._retention_root(company_id)
        domain = self._retention_family(root) & Domain("effort_field", "=", field)
        if point and point.get("id"):
            domain &= Domain("id", "=", int(point["id"]))
        elif point:
            # Those with a name are points of their own.
            ranked = self._effort_ranked(root, self._effort_limits())
            named = [row["id"] for row in self._effort_named(ranked)]
            domain &= Domain("id", "not in", named)
            # Half a cent, since amounts came through a float.
            for name, key in (("contribution", "value"), ("effort_cost", "cost")):
                domain &= Domain(name, ">=", float(point[f"{key}_from"]) - 0.005)
                domain &= Domain(name, "<=", float(point[f"{key}_to"]) + 0.005)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        # A list of its own, not the app's entry.
        action.pop("path", None)
        view = self.env.ref("crm_loyalty.crm_customer_view_list_effort_field")
        action.update(
            name=names[field],
            display_name=names[field],
            views=[
                (view.id if mode == "list" else view_id, mode)
                for view_id, mode in action["views"]
            ],
            domain=list(domain),
            context={},
        )
        return action
