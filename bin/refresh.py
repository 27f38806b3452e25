# Run by bin/demo in Odoo's shell, where `env` is the environment.
if "crm.customer" in env:  # noqa: F821
    env["crm.customer"]._refresh()  # noqa: F821
    env["crm.customer.snapshot"]._take()  # noqa: F821
    env["crm.customer.snapshot"]._rebuild()  # noqa: F821
    if "crm.rfm.fit" in env:  # noqa: F821
        env["crm.rfm.fit"]._run()  # noqa: F821
        env["crm.rfm.forecast.run"]._compute_companies()  # noqa: F821
    env.cr.commit()  # noqa: F821
    companies = env["res.company"].search([])  # noqa: F821
    results = env["crm.customer.integrity"]._check(companies)  # noqa: F821
    wrong = [result for result in results if result["unexplained"]]
    if wrong:
        raise SystemExit(f"The customers do not add up to the ledger: {wrong}")
    print(f"Integrity check: {len(results)} comparisons, 0.00 unexplained")
