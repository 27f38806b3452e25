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
            schemes = company.root_id.rfm_scheme_ids
            company.rfm_scheme_id = schemes.filtered("active")[:1]

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        roots = companies.filtered(lambda company: not company.parent_id)
        self.env["crm.rfm.scheme"]._create_missing(roots)
        return companies
