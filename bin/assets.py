# Run by bin/test in Odoo's shell: the web client's style sheets and scripts, which
# otherwise the first browser test would wait for.
bundle = env["ir.qweb"]._get_asset_bundle("web.assets_web")
bundle.css()
bundle.js()
env.cr.commit()
