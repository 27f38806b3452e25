from odoo.tests import new_test_user

from .common import LoyaltyCommon


class RetentionCommon(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.Customer = cls.env["crm.customer"]
        cls.users = {
            name: new_test_user(
                cls.env,
                login=f"keeper_{name}",
                groups=f"base.group_user,{group}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, group in {
                "ana": "sales_team.group_sale_salesman",
                "ben": "sales_team.group_sale_salesman",
                "manager": "sales_team.group_sale_manager",
                "employee": "base.group_user",
            }.items()
        }

    def _as(self, name, records=None):
        records = self.Customer if records is None else records
        return records.with_user(self.users[name]).with_context(
            allowed_company_ids=self.company.ids
        )

    def _partner(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
                **vals,
            }
        )

    def _sold(self, partner, *sales, **vals):
        """Post invoices of ``(day, amount)``; negative amounts are credit notes."""
        for day, amount in sales:
            self._invoice(
                abs(amount),
                day,
                partner_id=partner.id,
                move_type="out_refund" if amount < 0 else "out_invoice",
                **vals,
            )
        return partner
