from odoo import fields, models
from odoo.tools import SQL


class CrmRfmAchievement(models.Model):
    """What goals of salespeople add up: revenue, overdue money, customers kept.

    One row per posted customer document, per allocation of a payment to an item that
    was overdue, and per customer and month in which one bought again who had bought
    before that month. It counts for the salesperson that the customer has today, in the
    salesperson's own company and its branches: a goal adds up, so all its amounts must
    be in one currency.
    """

    _name = "crm.rfm.achievement"
    _description = "Salesperson's Achievement"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"
    _depends = {
        "account.move": [
            "amount_untaxed_signed",
            "commercial_partner_id",
            "invoice_date",
            "move_type",
            "state",
        ],
        "account.move.line": [
            "account_id",
            "date_maturity",
            "journal_id",
            "parent_state",
            "partner_id",
        ],
        "account.partial.reconcile": ["amount", "max_date"],
        "res.partner": ["commercial_partner_id", "user_id"],
        "res.users": ["company_id"],
    }

    kind = fields.Selection(
        selection=[
            ("revenue", "Revenue"),
            ("collected", "Overdue Collected"),
            ("kept", "Customer Kept"),
        ],
        readonly=True,
        help="Revenue: a posted customer document. Overdue collected: a payment "
        "allocated to an item after its due date. Customer kept: a month in which a "
        "customer bought again who had bought before that month.",
    )
    date = fields.Date(
        readonly=True,
        help="Date of the invoice, or day of the payment; for a customer kept, of the "
        "first purchase in the month.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the customer today.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    amount = fields.Monetary(
        readonly=True,
        help="Untaxed amount, credit notes negative; or amount collected. Zero for a "
        "customer kept: these are counted.",
    )

    @property
    def _table_query(self):
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return SQL(
            """
            WITH company (id, root_id, currency_id, today) AS (VALUES %(companies)s)
            SELECT made.id, made.kind, made.date, customer.user_id,
                customer.id AS partner_id, made.company_id, company.currency_id,
                made.amount
            FROM (
                SELECT move.id::bigint * 3 AS id, 'revenue' AS kind,
                    move.invoice_date AS date,
                    move.commercial_partner_id AS contact_id, move.company_id,
                    move.amount_untaxed_signed AS amount
                FROM account_move move
                WHERE move.state = 'posted'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                UNION ALL
                SELECT partial.id::bigint * 3 + 1, 'collected', partial.max_date,
                    due.partner_id, partial.company_id, partial.amount
                FROM account_partial_reconcile partial
                JOIN account_move_line due ON due.id = partial.debit_move_id
                JOIN account_account account ON account.id = due.account_id
                    AND account.account_type = 'asset_receivable'
                JOIN account_move_line paid ON paid.id = partial.credit_move_id
                JOIN account_journal journal ON journal.id = paid.journal_id
                    AND journal.type IN ('bank', 'cash', 'credit')
                WHERE partial.max_date > coalesce(due.date_maturity, due.date)
                    AND due.parent_state = 'posted' AND paid.parent_state = 'posted'
                UNION ALL
                -- Of each month the first purchase, which tells the row from others.
                SELECT min(bought.id)::bigint * 3 + 2, 'kept', min(bought.date),
                    bought.contact_id, bought.company_id, 0
                FROM (
                    SELECT move.id, move.invoice_date AS date, move.company_id,
                        contact.commercial_partner_id AS contact_id,
                        min(move.invoice_date) OVER (PARTITION BY
                            contact.commercial_partner_id, move.company_id) AS first
                    FROM account_move move
                    JOIN res_partner contact
                        ON contact.id = move.commercial_partner_id
                    WHERE move.state = 'posted'
                        AND move.move_type IN ('out_invoice', 'out_receipt')
                ) bought
                WHERE bought.first < date_trunc('month', bought.date)
                GROUP BY bought.contact_id, bought.company_id,
                    date_trunc('month', bought.date)
            ) made
            JOIN res_partner contact ON contact.id = made.contact_id
            JOIN res_partner customer ON customer.id = contact.commercial_partner_id
            JOIN res_users salesperson ON salesperson.id = customer.user_id
            JOIN company ON company.id = made.company_id
            JOIN company home ON home.id = salesperson.company_id
                AND home.root_id = company.root_id
            WHERE made.date <= company.today
            """,
            companies=SQL(", ").join(
                SQL(
                    "(%s, %s, %s, %s::date)",
                    company.id,
                    company.root_id.id,
                    company.currency_id.id,
                    company._customer_today(),
                )
                for company in companies.search([])
            ),
        )
