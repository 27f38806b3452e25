# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Companies with a chart of accounts, products and sales people to work with."""

from odoo import Command

CHART = "generic_coa"
SECOND_COMPANY = "Bench Europe"
PRODUCT_COUNT = 40
SALES_PEOPLE = 8


def load_chart(env, company):
    """Give ``company`` the generic chart of accounts unless it has a chart."""
    if not company.chart_template:
        env["account.chart.template"].try_loading(
            CHART, company=company, install_demo=False
        )
    if not company.account_fiscal_country_id:
        company.account_fiscal_country_id = env.ref("base.us")
    return company


def ensure_companies(env):
    """Return the main company and one in another currency, both with a chart."""
    main = load_chart(env, env.ref("base.main_company"))
    second = env["res.company"].search([("name", "=", SECOND_COMPANY)], limit=1)
    if not second:
        currency = env.ref("base.EUR")
        if currency == main.currency_id:
            currency = env.ref("base.USD")
        currency.active = True
        second = env["res.company"].create(
            {"name": SECOND_COMPANY, "currency_id": currency.id}
        )
        load_chart(env, second)
        # The chart sets its own currency.
        second.currency_id = currency
    env.ref("base.user_admin").company_ids = [Command.link(second.id)]
    env.user.company_ids = [Command.link(second.id)]
    _ensure_rate(env, main, second.currency_id, 0.9)
    _ensure_rate(env, second, main.currency_id, 1.1)
    return main + second


def _ensure_rate(env, company, currency, rate):
    """One rate for all time: units of ``currency`` for one of the company's."""
    rates = env["res.currency.rate"]
    if not rates.search_count(
        [("company_id", "=", company.id), ("currency_id", "=", currency.id)]
    ):
        rates.create(
            {
                "name": "2000-01-01",
                "company_id": company.id,
                "currency_id": currency.id,
                "company_rate": rate,
            }
        )


def ensure_products(env, companies, count=PRODUCT_COUNT):
    """Return ``count`` untaxed products, with a cost in every company."""
    products = env["product.product"].search(
        [("default_code", "=like", "BENCH-%")], order="default_code", limit=count
    )
    if len(products) == count:
        return products
    products = env["product.product"].create(
        [
            {
                "name": f"Bench product {number:03}",
                "default_code": f"BENCH-{number:03}",
                "type": "consu",
                "invoice_policy": "order",
                "list_price": round(8.0 * 1.12**number, 2),
                "taxes_id": [Command.clear()],
                "supplier_taxes_id": [Command.clear()],
            }
            for number in range(count)
        ]
    )
    for company in companies:
        for number, product in enumerate(products.with_company(company)):
            # Margins from 10 to 60 %, and one product in ten sold at a loss.
            rate = 1.05 if number % 10 == 9 else 0.4 + 0.5 * (number % 7) / 6
            product.standard_price = round(product.list_price * rate, 2)
    return products


def ensure_sales_people(env, companies, count=SALES_PEOPLE):
    """Return ``count`` users of the salesman group who see all ``companies``."""
    users = env["res.users"].search(
        [("login", "=like", "bench.sales%")], order="login", limit=count
    )
    if len(users) == count:
        return users
    return (
        env["res.users"]
        .with_context(no_reset_password=True, mail_create_nosubscribe=True)
        .create(
            [
                {
                    "name": f"Bench sales {number}",
                    "login": f"bench.sales{number}",
                    "company_id": companies[0].id,
                    "company_ids": [Command.set(companies.ids)],
                    "group_ids": [
                        Command.link(env.ref("sales_team.group_sale_salesman").id)
                    ],
                }
                for number in range(count)
            ]
        )
    )
