from odoo import models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """What was sent to merged contacts was sent to the one that remains."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make way for the native update: one row a year and occasion, the sent one."""
        self.env["crm.loyalty.coupon"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_loyalty_coupon WHERE id IN (
                    SELECT id FROM (
                        SELECT id, row_number() OVER (
                            PARTITION BY company_id, occasion, year
                            ORDER BY state <> 'sent', state = 'skipped',
                                partner_id <> %(kept)s, id
                        ) AS number
                        FROM crm_loyalty_coupon WHERE partner_id = ANY(%(all)s)
                    ) row WHERE number > 1)
                """,
                kept=dst_partner.id,
                all=(src_partners | dst_partner).ids,
            )
        )
        self.env["crm.loyalty.coupon"].invalidate_model(flush=False)
        return super()._update_foreign_keys(src_partners, dst_partner)
