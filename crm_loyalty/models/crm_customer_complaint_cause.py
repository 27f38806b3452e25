from odoo import fields, models


class CrmCustomerComplaintCause(models.Model):
    """What complaints come from, so that they can be counted."""

    _name = "crm.customer.complaint.cause"
    _description = "Cause of Complaints"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
