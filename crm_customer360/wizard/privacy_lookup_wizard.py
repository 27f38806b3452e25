from odoo import models
from odoo.tools import SQL


class PrivacyLookupWizard(models.TransientModel):
    """Find what Customer 360 keeps about a person.

    The rows belong to the contact by a cascade, which the native search leaves out;
    a reason is a text that may name somebody else than its customer.
    """

    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        return SQL(
            """
            %(native)s
            UNION ALL
                SELECT %(customer)s AS res_model_id, id AS res_id, TRUE AS is_active
                FROM crm_customer
                WHERE partner_id IN (SELECT id FROM indirect_references)
            UNION ALL
                SELECT %(verdict)s AS res_model_id, id AS res_id, TRUE AS is_active
                FROM crm_customer_verdict
                WHERE partner_id IN (SELECT id FROM indirect_references)
                    OR reason ILIKE %(name)s OR reason ILIKE %(email)s
            """,
            native=super()._get_query(),
            customer=self.env["ir.model"]._get_id("crm.customer"),
            verdict=self.env["ir.model"]._get_id("crm.customer.verdict"),
            name=f"%{self.name.strip()}%",
            email=f"%{self.email.strip()}%",
        )


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """Deleting a customer's row erases what is known of the customer.

        The row alone would be back after the next refresh.
        """
        self.ensure_one()
        if self.is_unlinked or self.res_model not in (
            "crm.customer",
            "crm.customer.verdict",
        ):
            return super().action_unlink()
        record = self.env[self.res_model].sudo().browse(self.res_id).exists()
        if self.res_model == "crm.customer":
            record.partner_id._erase_customer()
        else:
            partners, companies = record.partner_id, record.company_id
            record.unlink()
            self.env["crm.customer"]._refresh(partners, companies)
        self.execution_details = self.env._(
            "Erased %(model)s #%(id)s", model=self.res_model_id.name, id=self.res_id
        )
        self.is_unlinked = True
