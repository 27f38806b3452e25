from odoo import fields, models


class GamificationChallenge(models.Model):
    """Sales managers run the challenges of the salespeople.

    Natively only who administers access rights may. Sales managers may change
    challenges that are marked as the salespeople's, and no others; starting one makes
    goals for other people, which is done for them.
    """

    _inherit = "gamification.challenge"

    rfm_sales = fields.Boolean(
        string="For Salespeople",
        help="Sales managers may change, start and close this challenge.",
    )

    def _as_sales_manager(self):
        """Return the challenges, elevated where a sales manager may run them."""
        if self.env.su or not self or not all(self.mapped("rfm_sales")):
            return self
        self.check_access("write")
        return self.sudo()

    def write(self, vals):
        # Goals, and badges when it is closed, are made by a change of the state alone.
        if set(vals) == {"state"}:
            self = self._as_sales_manager()
        return super().write(vals)

    def action_check(self):
        return super(GamificationChallenge, self._as_sales_manager()).action_check()
