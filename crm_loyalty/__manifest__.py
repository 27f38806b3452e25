{
    "name": "Customer 360 Loyalty",
    "summary": "Tiers and benefits on native loyalty programs",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "license": "LGPL-3",
    "author": "Customer 360 contributors",
    "website": "https://github.com/customer360/customer360",
    "depends": [
        "crm_rfm",
        "sale_loyalty",
        "survey",
    ],
    "data": [
        "views/crm_loyalty_menus.xml",
        "security/ir.model.access.csv",
        "security/crm_loyalty_rules.xml",
        "security/loyalty_lot_rules.xml",
    ],
    "assets": {
        "web.assets_backend": ["crm_loyalty/static/src/**/*"],
        "web.assets_unit_tests": ["crm_loyalty/static/tests/**/*.test.js"],
        "web.assets_tests": ["crm_loyalty/static/tests/tours/**/*.js"],
    },
}
