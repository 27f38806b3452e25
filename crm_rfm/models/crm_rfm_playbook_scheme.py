from odoo import fields, models


class CrmRfmScheme(models.Model):
    _inherit = "crm.rfm.scheme"

    playbook_limit = fields.Integer(
        string="Activities a Day",
        default=10,
        required=True,
        help="A person gets at most so many activities of playbooks a day, those of "
        "the most valuable customers first. The others follow on the next days, if "
        "they are still in the segment.",
    )

    _playbook_limit_positive = models.Constraint(
        "CHECK (playbook_limit > 0)",
        "At least one activity a day must be allowed. To have none planned, switch the "
        "playbooks of the segments off.",
    )
