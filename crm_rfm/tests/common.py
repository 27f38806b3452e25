from unittest import skipUnless

from odoo.tests import new_test_user

from odoo.addons.crm_customer360.tests.common import CustomerCommon

from ..tools import likelihood

# The addon does without scipy, but for predictions; test_prediction_run.py and
# test_forecast_model.py have what is said then. bin/test installs it always.
needs_scipy = skipUnless(
    likelihood.available(), "Predictions need scipy: pip install scipy"
)

GROUPS = {
    "sales": "sales_team.group_sale_salesman",
    "all": "sales_team.group_sale_salesman_all_leads",
    "manager": "sales_team.group_sale_manager",
    "reader": "account.group_account_readonly",
    "biller": "account.group_account_invoice",
    "employee": "base.group_user",
}

# Four customers over four months, February to May 2026; `test_history` says what comes
# of it.
HISTORY = {
    "a": [("2026-02-10", 100), ("2026-04-20", 10)],
    "b": [("2026-02-20", 20), ("2026-03-05", 30)],
    "c": [("2025-03-15", 50)],
    "d": [("2026-05-10", 500), ("2026-05-20", -100)],
}


class RfmCommon(CustomerCommon):
    """Today is 15 June 2026; the scheme's window 16 June 2025 to 15 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Movement = cls.env["crm.rfm.movement"]
        cls.scheme = cls.company.rfm_scheme_ids
        cls.grid = cls.env.ref("crm_rfm.segment_set_grid")
        cls.cube = cls.env.ref("crm_rfm.segment_set_cube")

    def _partner(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
                **vals,
            }
        )

    def _buyers(self, **purchases):
        """Customers by name, with what they bought: ``name=[(day, amount), …]``.

        A negative amount is a credit note.
        """
        partners = {}
        for name, documents in purchases.items():
            partners[name] = self._partner(name)
            for day, amount in documents:
                make = self._invoice if amount >= 0 else self._refund
                make(abs(amount), day, partner_id=partners[name].id)
        return partners

    def _score(self, partners, *names):
        """Refresh everybody; return ``{name: figure}``, or tuples of several."""
        self.Customer._refresh()
        result = {}
        for name, partner in partners.items():
            row = self._stored(partner)
            figures = tuple(row[field] for field in names)
            result[name] = figures if len(names) > 1 else figures[0]
        return result

    def _segment(self, name):
        return self.env.ref(f"crm_rfm.segment_{name}")


class UsersCommon:
    """A user for each of `GROUPS`, of the company alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                login=f"rfm_{name}",
                groups=f"base.group_user,{group}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, group in GROUPS.items()
        }

    def _as(self, name, records):
        return records.with_user(self.users[name]).with_context(
            allowed_company_ids=self.company.ids
        )
