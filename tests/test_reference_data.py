# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from bench.check import check

from . import reference_data


@tagged("standard", "post_install", "-at_install")
class TestReferenceData(TransactionCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not reference_data.data_dir():
            cls.skipTest(cls, "no reference data: set CUSTOMER360_DATA")

    def ledger_figures(self, company, partners):
        """{customer: (first, last, invoices, days, cents)} from the invoices."""
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
        numbers = {partner.id: number for number, partner in partners.items()}
        return {numbers[row[0]]: row[1:] for row in rows}

    def assert_as_published(self, data_set, as_of, company, partners):
        self.env.flush_all()
        expected = reference_data.read_expected(data_set, as_of)
        figures = self.ledger_figures(company, partners)
        self.assertEqual(
            figures,
            {
                number: (
                    row.first_date,
                    row.last_date,
                    row.frequency,
                    row.frequency_days,
                    int(100 * row.monetary),
                )
                for number, row in expected.items()
                if number in partners
            },
        )

    def test_by_orm_and_by_sql_alike(self):
        """Both ways give the same rows, except for ids and times."""
        orders = reference_data.read_orders("cdnow_sample", customers=20)
        rows = []
        for name, load in (
            ("ORM", reference_data.load_by_orm),
            ("SQL", reference_data.load_by_sql),
        ):
            company = reference_data.make_company(self.env, name)
            load(self.env, company, orders)
            self.env.flush_all()
            rows.append(self.comparable_rows(company))
        self.assertEqual(rows[0], rows[1])

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

    def test_sample_by_sql(self):
        for data_set, as_of in (
            ("cdnow_sample", reference_data.date(1998, 6, 30)),
            ("rfm_orders", reference_data.date(2006, 12, 31)),
        ):
            with self.subTest(data_set):
                company = reference_data.make_company(self.env, data_set)
                partners = reference_data.load_by_sql(
                    self.env, company, reference_data.read_orders(data_set)
                )
                self.assert_as_published(data_set, as_of, company, partners)
        self.assertEqual(check(self.env, 20), [])

    def test_sample_by_orm(self):
        for data_set, as_of in (
            ("cdnow_sample", reference_data.date(1998, 6, 30)),
            ("rfm_orders", reference_data.date(2006, 12, 31)),
        ):
            with self.subTest(data_set):
                company = reference_data.make_company(self.env, data_set)
                partners = reference_data.load_by_orm(
                    self.env,
                    company,
                    reference_data.read_orders(data_set, customers=60),
                )
                self.assert_as_published(data_set, as_of, company, partners)

    def test_as_of_an_earlier_date(self):
        as_of = reference_data.date(1997, 9, 30)
        company = reference_data.make_company(self.env, "CDNOW until 1997-09-30")
        partners = reference_data.load_by_sql(
            self.env, company, reference_data.read_orders("cdnow_sample", until=as_of)
        )
        self.assert_as_published("cdnow_sample", as_of, company, partners)

    def test_master_by_sql(self):
        company = reference_data.make_company(self.env, "CDNOW")
        partners = reference_data.load_by_sql(
            self.env, company, reference_data.read_orders("cdnow_master")
        )
        self.assert_as_published(
            "cdnow_master", reference_data.date(1998, 6, 30), company, partners
        )
