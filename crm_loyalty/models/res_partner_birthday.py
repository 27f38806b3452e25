from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    """The birthday of a person, for a coupon.

    OCA's `partner_contact_birthdate` calls its own field `birthdate_date`.
    """

    _inherit = "res.partner"

    loyalty_birthday = fields.Date(
        string="Birthday",
        groups="sales_team.group_sale_salesman",
        help="For birthday coupons, where the company sends them. 29 February is kept "
        "on the 28th where the year has no 29th.",
    )

    @api.constrains("loyalty_birthday")
    def _check_loyalty_birthday(self):
        today = fields.Date.context_today(self)
        for partner in self:
            if partner.loyalty_birthday and partner.loyalty_birthday > today:
                raise ValidationError(self.env._("A birthday cannot be in the future."))

    def _erase_customer(self):
        self.sudo().loyalty_birthday = False
        return super()._erase_customer()
