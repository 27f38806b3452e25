"""pytest plugin: import an addon's plain modules without importing the addon.

An addon's `__init__` imports its models, which need Odoo and a registry. Modules under
`<addon>/tools` do not, and their doctests are to prove it: each addon becomes an empty
package here, and a module that imports `odoo` all the same fails.
"""

import sys
import types
from pathlib import Path


class _NoOdoo:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "odoo":
            raise ImportError("modules under tools/ do not import odoo")


def pytest_configure(config):
    sys.meta_path.insert(0, _NoOdoo())
    for manifest in Path(config.rootpath).glob("*/__manifest__.py"):
        package = types.ModuleType(manifest.parent.name)
        package.__path__ = [str(manifest.parent)]
        sys.modules[package.__name__] = package
