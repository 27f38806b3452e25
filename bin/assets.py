# Run by bin/test in Odoo's shell, where `env` is the environment: the web client's
# style sheets and scripts, which otherwise the first browser test would wait for.
bundle = env["ir.qweb"]._get_asset_bundle("web.assets_web")  # noqa: F821
bundle.css()
bundle.js()
env.cr.commit()  # noqa: F821
