# Run by bin/demo in Odoo's shell, where `env` is the environment.
if "crm.customer" in env:  # noqa: F821
    env["crm.customer"]._refresh()  # noqa: F821
    env["crm.customer.snapshot"]._take()  # noqa: F821
    env["crm.customer.snapshot"]._rebuild()  # noqa: F821
    env.cr.commit()  # noqa: F821
