from odoo import Command
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


class CouponCommon(RetentionCommon):
    """A coupon program for winning back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Winback = cls.env["crm.loyalty.winback"]
        cls.Comeback = cls.env["crm.loyalty.comeback"]
        cls.Coupon = cls.env["crm.loyalty.coupon"].sudo()
        cls.coupons = cls.env["loyalty.program"].create(
            {
                "name": "Come back",
                "program_type": "coupons",
                "company_id": cls.company.id,
                "reward_ids": [Command.create({"required_points": 1, "discount": 10})],
                "communication_plan_ids": [
                    Command.create(
                        {
                            "trigger": "create",
                            "mail_template_id": cls.env.ref(
                                "loyalty.mail_template_loyalty_card"
                            ).id,
                        }
                    )
                ],
            }
        )
        cls.company.email = "club@example.com"
        cls.company.loyalty_winback_program_id = cls.coupons

    def _customer(self, name, *sales, email=True, **vals):
        partner = self._partner(
            name, email=f"{name.lower()}@example.com" if email else False, **vals
        )
        return self._sold(partner, *sales)

    def _mails(self, partner):
        return self.env["mail.mail"].search_count(
            [("recipient_ids", "in", partner.ids)]
        ) + self.env["mail.mail"].search_count([("email_to", "ilike", partner.email)])
