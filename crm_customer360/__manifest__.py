{
    "name": "Customer 360",
    "summary": "The state of every customer at one glance: sales, receivables, "
    "profit, behaviour",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "license": "LGPL-3",
    "author": "Customer 360 contributors",
    "website": "https://github.com/customer360/customer360",
    "depends": ["account", "purchase", "rating", "sale_crm", "sale_margin"],
    "data": [
        "security/crm_customer360_groups.xml",
        "security/ir.model.access.csv",
        "security/crm_customer_rules.xml",
        "data/ir_cron_data.xml",
    ],
    "pre_init_hook": "pre_init_hook",
    "post_init_hook": "post_init_hook",
    "application": True,
}
