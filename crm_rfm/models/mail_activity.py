from odoo import fields, models

from odoo.addons.crm_customer360.report.crm_customer import READERS


class MailActivity(models.Model):
    _inherit = "mail.activity"

    rfm_segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="RFM Playbook",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups=READERS,
        help="The segment whose playbook planned this activity.",
    )
    rfm_planned_on = fields.Date(
        string="Planned On",
        readonly=True,
        index="btree_not_null",
        groups=READERS,
        help="Day on which the playbook planned this activity.",
    )
