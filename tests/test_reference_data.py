# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The loader of the reference data: by SQL as by the ORM, and valid for the ORM."""

import unittest

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from bench.check import check

from . import reference_data
from .reference_files import data_dir

AS_OF = reference_data.date(1998, 6, 30)
# Customers 1 to this: the ORM takes its time.
CUSTOMERS = 15


@tagged("standard", "post_install", "-at_install")
class TestReferenceData(TransactionCase):
    """A few customers of CDNOW, loaded once in each way."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not data_dir():
            raise unittest.SkipTest("no reference data: set CUSTOMER360_DATA")
        orders = reference_data.read_orders("cdnow_sample", customers=CUSTOMERS)
        cls.expected = {
            number: figures
            for number, figures in reference_data.read_expected(
                "cdnow_sample", AS_OF
            ).items()
            if number <= CUSTOMERS
        }
        cls.companies, cls.partners = {}, {}
        for name, load in (
            ("ORM", reference_data.load_by_orm),
            ("SQL", reference_data.load_by_sql),
        ):
            company = reference_data.make_company(cls.env, name)
            cls.companies[name] = company
            cls.partners[name] = load(cls.env, company, orders)
        cls.env.flush_all()

    def comparable_rows(self, company):
        tables = {
            "account_move": "sequence_prefix, sequence_number",
            "account_move_line": "move_name, display_type",
        }
        result = {}
        for table, order in tables.items():
            result[table] = [
                {
                    column: value
                    for column, value in row.items()
                    # Times, and whatever is an id, differ between companies.
                    if column not in ("create_date", "write_date", "id")
                    and not (column.endswith("_id") and column != "currency_id")
                    and column != "sale_cost_product"
                    and value not in (None, 0)
                }
                for (row,) in self.env.execute_query(
                    SQL(
                        "SELECT to_jsonb(t) FROM %s t WHERE company_id = %s"
                        " ORDER BY %s",
                        SQL.identifier(table),
                        company.id,
                        SQL(order),
                    )
                )
            ]
        return result

    def test_by_orm_and_by_sql_alike(self):
        """Both ways give the same rows, except for ids and times."""
        by_orm, by_sql = map(self.comparable_rows, self.companies.values())
        self.assertTrue(by_orm["account_move_line"])
        self.assertEqual(by_orm, by_sql)

    def test_orm_finds_nothing_wrong(self):
        """What was loaded recomputes, opens, is posted again and paid."""
        self.assertEqual(check(self.env, 3), [])

    def test_invoices_as_published(self):
        for name, company in self.companies.items():
            with self.subTest(name):
                rows = self.env.execute_query(
                    SQL(
                        """
                        SELECT move.commercial_partner_id, min(move.invoice_date),
                               max(move.invoice_date), count(DISTINCT move.id),
                               count(DISTINCT move.invoice_date),
                               (100 * sum(-line.balance))::bigint
                          FROM account_move move
                          JOIN account_move_line line ON line.move_id = move.id
                         WHERE move.company_id = %s
                           AND move.move_type = 'out_invoice'
                           AND move.state = 'posted'
                           AND line.display_type = 'product'
                         GROUP BY move.commercial_partner_id
                        """,
                        company.id,
                    )
                )
                self.assertEqual(
                    {row[0]: row[1:] for row in rows},
                    {
                        self.partners[name][number].id: (
                            row.first_date,
                            row.last_date,
                            row.frequency,
                            row.frequency_days,
                            int(100 * row.monetary),
                        )
                        for number, row in self.expected.items()
                    },
                )

    def test_posting_refreshes_customers(self):
        """Posting through the ORM queues the customers; draining computes them."""
        self.env.cr.precommit.run()
        while self.env["crm.customer.queue"]._drain():
            pass
        rows = self.env["crm.customer"].search(
            [("company_id", "=", self.companies["ORM"].id)]
        )
        self.assertEqual(
            {
                row.partner_id.id: (
                    row.last_purchase_date,
                    row.purchase_count,
                    f"{row.revenue_total:.2f}",
                )
                for row in rows
            },
            {
                self.partners["ORM"][number].id: (
                    row.last_date,
                    row.frequency,
                    f"{row.monetary:.2f}",
                )
                for number, row in self.expected.items()
            },
        )
