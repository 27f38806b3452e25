from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    rfm_scheme_ids = fields.One2many(
        comodel_name="crm.rfm.scheme",
        inverse_name="company_id",
        string="RFM Scheme",
        help="How the customers are scored; branches are scored as their company is.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        roots = companies.filtered(lambda company: not company.parent_id)
        self.env["crm.rfm.scheme"]._create_missing(roots)
        return companies
