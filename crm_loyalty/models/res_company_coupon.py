from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_loyalty_coupon import OCCASIONS


class ResCompany(models.Model):
    """Coupons for occasions: which programs, and what is sent by itself.

    Read from the root company.
    """

    _inherit = "res.company"

    loyalty_winback_program_id = fields.Many2one(
        comodel_name="loyalty.program",
        string="Win-back Program",
        help="Coupon program for customers who have stopped buying.",
    )
    loyalty_winback_auto = fields.Boolean(
        string="Send Win-back Coupons",
        help="Every day, to those who would bring most, up to the limit of a day.",
    )
    loyalty_anniversary_program_id = fields.Many2one(
        comodel_name="loyalty.program",
        string="Anniversary Program",
        help="Coupon program for the anniversary of a customer's first purchase.",
    )
    loyalty_anniversary_auto = fields.Boolean(
        string="Send Anniversary Coupons",
        help="On the anniversary of the first purchase, or up to six days later.",
    )
    loyalty_birthday_program_id = fields.Many2one(
        comodel_name="loyalty.program",
        string="Birthday Program",
        help="Coupon program for the birthday of a person.",
    )
    loyalty_birthday_auto = fields.Boolean(
        string="Send Birthday Coupons",
        help="On the birthday of a customer, or of its contacts, or up to six days "
        "later.",
    )
    loyalty_coupon_cap = fields.Integer(
        string="Coupons a Day",
        default=50,
        help="At most so many coupons are sent by themselves in a day, for each "
        "occasion; those sent by hand on that day count, too.",
    )
    loyalty_coupon_minimum = fields.Monetary(
        string="Minimum Spent",
        help="Only customers who have spent as much, ever, untaxed, are sent coupons "
        "by themselves. What an order must be worth is set in the program.",
    )
    loyalty_coupon_days = fields.Integer(
        string="Coupon Valid for",
        default=30,
        help="Days until a coupon expires; 0: never.",
    )

    _loyalty_coupon_numbers = models.Constraint(
        "CHECK (loyalty_coupon_cap >= 0 AND loyalty_coupon_days >= 0"
        " AND loyalty_coupon_minimum >= 0)",
        "Limits, days and amounts of coupons cannot be negative.",
    )

    def _occasion_program(self, occasion):
        """Return the program of an occasion, empty when its coupons are no use today.

        They are when the program runs, was not used as often as it can be, and tells
        customers of their coupons.
        """
        self.ensure_one()
        today = self.root_id._customer_today()
        return self.root_id[f"loyalty_{occasion}_program_id"].filtered(
            lambda program: (
                program.active
                and (program.date_from or today) <= today <= (program.date_to or today)
                and not program._is_used_up()
                and program._coupon_mails()
            )
        )

    @api.constrains(*(f"loyalty_{occasion}_program_id" for occasion, _l in OCCASIONS))
    def _check_occasion_programs(self):
        for company in self:
            for occasion, _label in OCCASIONS:
                program = company[f"loyalty_{occasion}_program_id"]
                if program and program.program_type != "coupons":
                    raise ValidationError(
                        self.env._("%s is no coupon program.", program.name)
                    )
                if program.company_id not in (company, self.env["res.company"]):
                    raise ValidationError(
                        self.env._(
                            "%(program)s belongs to %(company)s.",
                            program=program.name,
                            company=program.company_id.name,
                        )
                    )
                if program and not program._coupon_mails():
                    raise ValidationError(
                        self.env._(
                            "%s sends no mail with a coupon: give it one for the "
                            "creation of coupons, else nobody hears of it.",
                            program.name,
                        )
                    )


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def _coupon_mails(self):
        """Return the mails that go out with a new coupon."""
        return self.communication_plan_ids.filtered(
            lambda mail: mail.trigger == "create"
        )

    def _is_used_up(self):
        """Return whether codes are refused, since orders have used it often enough."""
        return self.limit_usage and self.total_order_count >= self.max_usage
