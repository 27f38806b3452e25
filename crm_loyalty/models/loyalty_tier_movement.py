from odoo import api, fields, models
from odoo.tools import SQL

# Month ends of a customer are at most so far apart: part of the id.
SPAN = 4096


class LoyaltyTierMovement(models.Model):
    """From which tier to which, between any two month ends.

    A query over the snapshots that the reader may read: one row per customer and pair
    of month ends. Who was no member at one of them has no tier there; who was none at
    both is left out. To be read with a filter on the two days, or on the day and the
    months between.
    """

    _name = "loyalty.tier.movement"
    _description = "Movement between Loyalty Tiers"
    _rec_name = "partner_id"
    _auto = False
    _order = "date_to desc, months, id"
    _depends = {
        "crm.customer.snapshot": [
            "company_id",
            "currency_id",
            "date",
            "partner_id",
            "revenue",
            "tier_id",
            "user_id",
        ],
        "loyalty.tier": ["threshold"],
    }

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer at the later month end.",
    )
    date_from = fields.Date(
        string="From Month End", readonly=True, help="The earlier month end."
    )
    date_to = fields.Date(
        string="To Month End", readonly=True, help="The later month end."
    )
    months = fields.Integer(
        string="Months Between",
        readonly=True,
        aggregator=None,
        help="Between the two month ends.",
    )
    from_id = fields.Many2one(
        comodel_name="loyalty.tier",
        string="From Tier",
        readonly=True,
        help="Tier at the earlier month end; empty: no member then.",
    )
    to_id = fields.Many2one(
        comodel_name="loyalty.tier",
        string="To Tier",
        readonly=True,
        help="Tier at the later month end; empty: no member any more.",
    )
    direction = fields.Selection(
        selection=[
            ("up", "Up"),
            ("same", "Stayed"),
            ("down", "Down"),
            ("joined", "Joined"),
            ("left", "Left"),
        ],
        readonly=True,
        help="By what the two tiers ask for.",
    )
    revenue = fields.Monetary(
        readonly=True, help="Revenue in the window that ends with the later month."
    )

    @property
    def _table_query(self):
        Snapshot = self.env["crm.customer.snapshot"]
        readable = Snapshot._search([], order=False)
        columns = [
            SQL.identifier(readable.table, name)
            for name in (
                "id",
                "partner_id",
                "company_id",
                "currency_id",
                "user_id",
                "date",
                "tier_id",
                "revenue",
            )
        ]
        return SQL(
            """
            SELECT later.id::bigint * %(span)s + span.months AS id, later.partner_id,
                later.company_id, later.currency_id, later.user_id,
                start.date AS date_from, later.date AS date_to, span.months,
                earlier.tier_id AS from_id, later.tier_id AS to_id, later.revenue,
                CASE WHEN earlier.tier_id IS NULL THEN 'joined'
                    WHEN later.tier_id IS NULL THEN 'left'
                    WHEN later.tier_id = earlier.tier_id THEN 'same'
                    WHEN new.threshold > old.threshold THEN 'up'
                    ELSE 'down' END AS direction
            FROM (
                SELECT company.id AS company_id, month.date
                FROM (SELECT min(date) AS first, max(date) AS last
                    FROM crm_customer_snapshot) kept
                CROSS JOIN LATERAL (
                    SELECT (first + interval '1 month - 1 day')::date AS date
                    FROM generate_series(
                        date_trunc('month', kept.first), kept.last, '1 month') first
                ) month
                JOIN res_company company ON EXISTS (
                    SELECT FROM crm_customer_snapshot snapshot
                    WHERE snapshot.date = month.date
                        AND snapshot.company_id = company.id)
            ) start
            JOIN (%(readable)s) later ON later.company_id = start.company_id
                AND later.date > start.date
            CROSS JOIN LATERAL (
                SELECT ((extract(year FROM later.date) - extract(year FROM start.date))
                    * 12 + extract(month FROM later.date)
                    - extract(month FROM start.date))::int AS months
            ) span
            LEFT JOIN crm_customer_snapshot earlier
                ON earlier.partner_id = later.partner_id
                AND earlier.company_id = later.company_id
                AND earlier.date = start.date
            LEFT JOIN loyalty_tier old ON old.id = earlier.tier_id
            LEFT JOIN loyalty_tier new ON new.id = later.tier_id
            WHERE earlier.tier_id IS NOT NULL OR later.tier_id IS NOT NULL
            """,
            readable=readable.select(*columns),
            span=SPAN,
        )

    @api.depends("partner_id", "date_to")
    def _compute_display_name(self):
        for movement in self:
            movement.display_name = (
                f"{movement.partner_id.display_name}, {movement.date_to}"
            )

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        self.check_access("read")
        partner = self.partner_id.with_company(self.company_id)
        return partner.action_open_partner_360()
