from odoo.tests import new_test_user

from .common import RfmCommon


class SalespeopleCommon(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.Salesperson = cls.env["crm.rfm.salesperson"]
        cls.users = {
            name: new_test_user(
                cls.env,
                login=f"person_{name}",
                groups=f"base.group_user,{group}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, group in {
                "ana": "sales_team.group_sale_salesman",
                "ben": "sales_team.group_sale_salesman",
                "all": "sales_team.group_sale_salesman_all_leads",
                "manager": "sales_team.group_sale_manager",
                "reader": "account.group_account_readonly",
                "employee": "base.group_user",
            }.items()
        }
        cls.ana, cls.ben = cls.users["ana"], cls.users["ben"]

    def _as(self, name, records):
        return records.with_user(self.users[name]).with_context(
            allowed_company_ids=self.company.ids
        )

    def _base(self):
        """Five customers.

        Ana's: `stayed` bought 100 in each window, `gone` 300 in the last one alone,
        `fresh` 500 in this one (200 of it is overdue: due on 1 May, 45 days late, of
        700 open). Ben's: `never` has an opportunity. Nobody's: `free` bought 50.
        """
        partners = {
            name: self._partner(name, user_id=user and user.id)
            for name, user in {
                "stayed": self.ana,
                "gone": self.ana,
                "fresh": self.ana,
                "never": self.ben,
                "free": None,
            }.items()
        }

        def invoice(name, amount, day, **vals):
            return self._invoice(amount, day, partner_id=partners[name].id, **vals)

        self._register(invoice("stayed", 100, "2025-06-01"), "2025-06-01")
        self._register(invoice("stayed", 100, "2026-06-01"), "2026-06-01")
        self._register(invoice("gone", 300, "2025-01-01"), "2025-01-01")
        invoice("fresh", 200, "2026-04-30", due="2026-05-01")
        invoice("fresh", 500, "2026-06-10", due="2026-08-01")
        self._refund(200, "2026-06-11", partner_id=partners["fresh"].id)
        invoice("free", 50, "2026-06-10", due="2026-08-01")
        self._opportunity(10, partner_id=partners["never"].id)
        self.Customer._refresh()
        return partners

    def _row(self, user=None):
        return self.Salesperson.search(
            [("user_id", "=", user and user.id), ("company_id", "=", self.company.id)]
        )
