from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    rfm_scheme_ids = fields.One2many(
        comodel_name="crm.rfm.scheme",
        inverse_name="company_id",
        string="RFM Scheme",
        help="How the customers are scored; branches are scored as their company is.",
    )

    rfm_scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        string="RFM Scheme in Force",
        compute="_compute_rfm_scheme_id",
        help="The scheme by which the customers are scored.",
    )

    @api.depends("rfm_scheme_ids.active", "parent_id")
    def _compute_rfm_scheme_id(self):
        for company in self:
            company.rfm_scheme_id = company._rfm_scheme()

    def _rfm_scheme(self):
        """Return the scheme in force, elevated: users of a branch may not read it."""
        return self.sudo().root_id.rfm_scheme_ids.filtered("active")[:1]

    def _rfm_scored_counts(self):
        """Return how many customers of each company are scored: ``{id: number}``."""
        groups = (
            self.env["crm.rfm.band"]
            .sudo()
            ._read_group(
                [("company_id", "in", self.ids), ("measure", "=", "1_recency")],
                ["company_id"],
                ["customer_count:sum"],
            )
        )
        counts = {company.id: count for company, count in groups}
        return {company_id: counts.get(company_id, 0) for company_id in self.ids}

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        roots = companies.filtered(lambda company: not company.parent_id)
        self.env["crm.rfm.scheme"]._create_missing(roots)
        return companies
