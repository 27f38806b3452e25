from odoo import api, models

from .shops import SHOPS


class CrmCustomerDemo(models.AbstractModel):
    """Adds the small customers, and the scores of today and of the months before."""

    _inherit = "crm.customer.demo"

    @api.model
    def _stories(self):
        return [*super()._stories(), *SHOPS]

    @api.model
    def _record(self, name):
        return super()._record(name) or self.env.ref(
            f"crm_rfm.{name}_demo", raise_if_not_found=False
        )

    def _compute_figures(self):
        """Predict and forecast, too, as the first nights would."""
        # Demo data are loaded before the hook that creates them runs.
        self.env["crm.rfm.scheme"]._create_missing()
        result = super()._compute_figures()
        self.env["crm.rfm.fit"]._run()
        self.env["crm.rfm.forecast.run"]._compute_companies()
        return result
