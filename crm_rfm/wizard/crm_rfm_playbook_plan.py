from odoo import api, fields, models


class CrmRfmPlaybookPlan(models.TransientModel):
    """Plan a playbook's activity for those who are in the segment now.

    It says beforehand how many activities that makes.
    """

    _name = "crm.rfm.playbook.plan"
    _description = "Plan a Playbook's Activity"

    segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment", required=True, readonly=True
    )
    customer_count = fields.Integer(
        string="In the Segment",
        compute="_compute_counts",
        help="Customers of the selected companies who are in the segment now, as far "
        "as you may see them.",
    )
    now_count = fields.Integer(
        string="Planned Now",
        compute="_compute_counts",
        help="Customers who get the activity at once.",
    )
    later_count = fields.Integer(
        string="On the Next Days",
        compute="_compute_counts",
        help="Customers who wait because of the daily limit of a person.",
    )
    reasons = fields.Text(
        compute="_compute_counts", help="Why the others get none, or later."
    )

    @api.depends("segment_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_counts(self):
        for plan in self:
            customers = plan._customers()
            result = customers._playbook_sort()
            plan.customer_count = len(customers)
            plan.now_count = sum(map(len, result["now"].values()))
            plan.later_count = len(result["later"])
            plan.reasons = "\n".join(customers._playbook_reasons(result))

    def _customers(self):
        return self.env["crm.customer"].search(
            [
                ("rfm_segment_id", "=", self.segment_id.id),
                ("company_id", "in", self.env.companies.ids),
            ]
        )

    def action_plan(self):
        """Plan the activities."""
        self.ensure_one()
        return self._customers().action_plan_playbook()
