from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .account_move_line import SALE_TYPES
from .crm_customer import PROFIT

# How many products the 360 page shows.
SHOWN = 8


class CrmCustomerProduct(models.Model):
    """What each customer buys, and what it bought before and no longer buys.

    One row per customer and product, from the lines that make `revenue`: posted
    invoices, receipts and credit notes up to the company's today. Lines without a
    product have a row of their own, so that the rows add up to the customer's figures.
    Money is in the company's currency; credit notes lower revenue and quantity, but are
    no purchases: the dates and the status do not see them.
    """

    _name = "crm.customer.product"
    _inherit = "crm.customer.detail.mixin"
    _description = "Product of a Customer"
    _auto = False
    _rec_name = "product_id"
    _order = "revenue desc, revenue_previous desc, id"
    _depends = {
        "account.move": [
            "commercial_partner_id",
            "invoice_date",
            "move_type",
            "state",
        ],
        "account.move.line": [
            "balance",
            "company_id",
            "display_type",
            "move_id",
            "product_id",
            "product_uom_id",
            "quantity",
            "sale_cost",
        ],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id", "uom_id"],
        "res.partner": ["commercial_partner_id"],
        "uom.uom": ["factor"],
    }

    customer_id = fields.Many2one(
        comodel_name="crm.customer", string="Customer 360", readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        readonly=True,
        help="Product sold; empty for lines without one.",
    )
    categ_id = fields.Many2one(
        comodel_name="product.category",
        string="Product Category",
        readonly=True,
        help="Category of the product.",
    )
    revenue = fields.Monetary(
        readonly=True,
        help="Untaxed amount of posted invoices and receipts in the window, less "
        "credit notes.",
    )
    revenue_previous = fields.Monetary(
        string="Previous Revenue",
        readonly=True,
        help="Revenue in the window before the current one.",
    )
    revenue_total = fields.Monetary(
        string="Total Revenue", readonly=True, help="Revenue of all times."
    )
    quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Invoiced in the window, less credit notes, in the product's unit.",
    )
    margin = fields.Monetary(
        readonly=True,
        groups=PROFIT,
        help="Revenue less cost, in the window. The cost was frozen at invoicing.",
    )
    first_date = fields.Date(
        string="First Bought",
        readonly=True,
        help="Date of the first invoice with the product.",
    )
    last_date = fields.Date(
        string="Last Bought",
        readonly=True,
        help="Date of the last invoice with the product.",
    )
    status = fields.Selection(
        selection=[
            ("new", "New"),
            ("regular", "Bought Again"),
            ("lapsed", "No Longer Bought"),
        ],
        readonly=True,
        help="New: bought in the window for the first time. Bought again: in the "
        "window and before. No longer bought: before the window only.",
    )

    @property
    def _table_query(self):
        scope = self._detail_scope()
        sold = SQL(
            "CASE WHEN move.move_type = 'out_refund' THEN -line.quantity"
            " ELSE line.quantity END * coalesce(unit.factor, 1)"
            " / coalesce(nullif(product_unit.factor, 0), 1)"
        )
        return SQL(
            """
            SELECT sold.id, customer.id AS customer_id, customer.partner_id,
                customer.company_id, customer.currency_id, customer.user_id,
                sold.product_id, sold.categ_id, sold.revenue, sold.revenue_previous,
                sold.revenue_total, sold.quantity, sold.margin, sold.first_date,
                sold.last_date,
                CASE WHEN sold.last_date < sold.window_start THEN 'lapsed'
                    WHEN sold.first_date >= sold.window_start THEN 'new'
                    WHEN sold.first_date IS NOT NULL THEN 'regular' END AS status
            FROM (
                SELECT min(line.id) AS id, contact.commercial_partner_id AS partner_id,
                    line.company_id, line.product_id, template.categ_id,
                    company.window_start,
                    coalesce(-sum(line.balance) FILTER (WHERE %(recent)s), 0)
                        AS revenue,
                    coalesce(-sum(line.balance) FILTER (
                        WHERE move.invoice_date >= company.previous_start
                        AND move.invoice_date < company.window_start), 0)
                        AS revenue_previous,
                    -sum(line.balance) AS revenue_total,
                    coalesce(sum(%(sold)s) FILTER (WHERE %(recent)s), 0) AS quantity,
                    coalesce(-sum(line.balance + coalesce(line.sale_cost, 0)) FILTER (
                        WHERE %(recent)s), 0) AS margin,
                    min(move.invoice_date) FILTER (WHERE %(bought)s) AS first_date,
                    max(move.invoice_date) FILTER (WHERE %(bought)s) AS last_date
                FROM account_move move
                JOIN %(companies)s ON company.id = move.company_id
                JOIN res_partner contact ON contact.id = move.commercial_partner_id
                JOIN account_move_line line ON line.move_id = move.id
                    AND line.display_type = 'product'
                LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
                LEFT JOIN product_product product ON product.id = line.product_id
                LEFT JOIN product_template template
                    ON template.id = product.product_tmpl_id
                LEFT JOIN uom_uom product_unit ON product_unit.id = template.uom_id
                -- The first two as in the index on customers' documents.
                WHERE move.state = 'posted' AND move.move_type <> 'entry'
                    AND move.move_type = ANY(%(sale_types)s)
                    AND move.invoice_date <= company.today
                    AND %(scope)s
                GROUP BY contact.commercial_partner_id, line.company_id,
                    line.product_id, template.categ_id, company.window_start
            ) sold
            JOIN crm_customer customer ON customer.partner_id = sold.partner_id
                AND customer.company_id = sold.company_id
            """,
            recent=SQL("move.invoice_date >= company.window_start"),
            bought=SQL("move.move_type <> 'out_refund'"),
            sold=sold,
            sale_types=list(SALE_TYPES),
            companies=self._detail_companies(),
            scope=self._product_scope(scope),
        )

    def _product_scope(self, scope):
        """Return the condition of a scope, on `move`.

        A row's id is that of its first line: the rest of it is on other invoices of the
        same customer.
        """
        if scope.ids is None:
            return scope.only(SQL("move.commercial_partner_id"))
        return SQL(
            """
            move.commercial_partner_id = ANY(array(
                SELECT sibling.id FROM res_partner sibling
                WHERE sibling.commercial_partner_id IN (
                    SELECT owner.commercial_partner_id FROM account_move_line first
                    JOIN account_move entry ON entry.id = first.move_id
                    JOIN res_partner owner ON owner.id = entry.commercial_partner_id
                    WHERE first.id = ANY(%s::int[]))))
            """,
            list(scope.ids),
        )

    def action_open_lines(self):
        """Open the journal items whose balance is −`revenue_total`."""
        self.ensure_one()
        self.check_access("read")
        today = self.company_id.sudo()._customer_today()
        return self.customer_id._open_items(
            self.product_id.display_name or self.env._("Without a Product"),
            Domain(
                "move_id.commercial_partner_id.commercial_partner_id",
                "=",
                self.partner_id.id,
            )
            & Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "=", self.product_id.id)
            & Domain("display_type", "=", "product")
            & Domain("parent_state", "=", "posted")
            & Domain("move_id.move_type", "in", SALE_TYPES)
            & Domain("move_id.invoice_date", "<=", today),
        )


class CrmCustomer(models.Model):
    _inherit = "crm.customer"

    top_product_ids = fields.Many2many(
        comodel_name="crm.customer.product",
        string="Top Products",
        compute="_compute_products",
        help="The products that bring most revenue in the window.",
    )
    lapsed_product_ids = fields.Many2many(
        comodel_name="crm.customer.product",
        string="No Longer Bought",
        compute="_compute_products",
        help="Products bought before the window and not since, those that brought most "
        "first.",
    )

    @api.depends("computed_at")
    def _compute_products(self):
        self.top_product_ids = self.lapsed_product_ids = False
        self._assign_products(
            "top_product_ids", Domain("revenue", ">", 0), "revenue desc, id"
        )
        self._assign_products(
            "lapsed_product_ids",
            Domain("status", "=", "lapsed"),
            "revenue_previous desc, revenue_total desc, id",
        )

    def _assign_products(self, name, domain, order):
        """Assign the first products of each customer."""
        products = self.env["crm.customer.product"].search(
            domain
            & Domain("customer_id", "in", self.ids)
            & Domain("product_id", "!=", False),
            order=order,
            limit=SHOWN if len(self) == 1 else None,
        )
        for customer, rows in products.grouped("customer_id").items():
            customer[name] = rows[:SHOWN]
