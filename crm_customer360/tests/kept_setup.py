import json
from unittest.mock import patch

from freezegun import freeze_time

from odoo.models import BaseModel
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tests.common import get_db_name
from odoo.tools import config

from odoo.addons.base.tests.common import BaseCommon

# Where a database says what was set up in it.
PARAMETER = "crm_customer360.kept_setup"
TODAY = "2026-06-15 12:00:00"
# Attributes that are neither records nor dictionaries of them.
PLAIN = ("maxDiff", "tax_number")


class KeptSetup:
    """Odoo's set-up of accounting, made once for a database and not for each class.

    A company with a chart of accounts, its journals, products, partners and users take
    seconds, and every class begins with the same. `bin/test` makes them once, by
    `keep`, in the databases that it runs the tests in; classes find them there. In any
    other database, as under Odoo's own runner, each class makes its own.

    Put it before Odoo's class among the bases.
    """

    _charts = {}

    @classmethod
    def setUpClass(cls):
        kept = cls._read_kept()
        if not kept:
            super().setUpClass()
            return
        # Odoo's classes from here on would make it again.
        super(BaseCommon, cls).setUpClass()
        context = cls.default_env_context()
        user = cls._load(kept.pop("user"))
        groups = cls.get_default_groups()
        if user.group_ids != groups:
            user.group_ids = groups
        cls.env = cls.env(user=user, context=context)
        cls.user = cls.env.user
        for name, value in kept.items():
            setattr(cls, name, cls._load(value))
        cls._patch_charts()

    @classmethod
    def setup_independent_company(cls, **kwargs):
        cls._patch_charts()
        return super().setup_independent_company(**kwargs)

    @classmethod
    def _patch_charts(cls):
        """Set charts of accounts up with a third fewer queries.

        Which ones there are is asked of all modules once and not for each class; names
        of accounts are not translated.
        """
        Chart = type(cls.env["account.chart.template"])
        find = Chart._get_chart_template_mapping

        def known(chart, get_all=False):
            if get_all not in KeptSetup._charts:
                KeptSetup._charts[get_all] = find(chart, get_all)
            return dict(KeptSetup._charts[get_all])

        cls.startClassPatcher(patch.object(Chart, "_get_chart_template_mapping", known))
        cls.startClassPatcher(
            patch.object(Chart, "_load_translations", lambda *_args, **_kwargs: None)
        )

    # -- keeping

    @classmethod
    def keep(cls):
        """Set up what Odoo's classes set up, and commit it to this database.

        For a process of its own: what it sets on the class stays.

        :return: what was kept, by the name of the attribute
        """
        try:
            cls.startClassPatcher(freeze_time(TODAY))
            # Odoo does some things in tests only, such as a company's warehouse.
            cls.startClassPatcher(patch.object(module, "current_test", cls))
            config["test_enable"] = True
            super().setUpClass()
            kept = {
                name: cls._dump(value)
                for name, value in vars(cls).items()
                if name in PLAIN or cls._is_data(value)
            }
            cls.env["ir.config_parameter"].sudo().set_param(PARAMETER, json.dumps(kept))
            # Tests may not commit: this is what they begin with.
            Cursor.commit(cls.cr)
            return kept
        finally:
            cls.doClassCleanups()

    @classmethod
    def _read_kept(cls):
        """Return what was kept in the database, by the name of the attribute."""
        with Registry(get_db_name()).cursor() as cr:
            cr.execute(
                "SELECT value FROM ir_config_parameter WHERE key = %s", [PARAMETER]
            )
            [value] = cr.fetchone() or [None]
        return value and json.loads(value)

    @classmethod
    def _is_data(cls, value):
        if isinstance(value, dict):
            return bool(value) and all(map(cls._is_data, value.values()))
        return isinstance(value, BaseModel)

    @classmethod
    def _dump(cls, value):
        if isinstance(value, dict):
            return {name: cls._dump(item) for name, item in value.items()}
        return [value._name, value.ids] if isinstance(value, BaseModel) else value

    @classmethod
    def _load(cls, value):
        if isinstance(value, dict):
            return {name: cls._load(item) for name, item in value.items()}
        if isinstance(value, list):
            model, ids = value
            return cls.env[model].browse(ids)
        return value
