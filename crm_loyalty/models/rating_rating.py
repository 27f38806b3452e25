from odoo import api, models

from odoo.addons.rating.models.rating_data import RATING_LIMIT_MIN, RATING_LIMIT_OK


class RatingRating(models.Model):
    """A low rating of a customer is a complaint."""

    _inherit = "rating.rating"

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._complain()
        return ratings

    def write(self, vals):
        """A customer may rate again, by the same link."""
        if {"rating", "feedback", "consumed"}.isdisjoint(vals):
            return super().write(vals)
        before = {rating: rating._said() for rating in self}
        result = super().write(vals)
        self.filtered(lambda rating: rating._said() != before[rating])._complain()
        return result

    def _said(self):
        return self.consumed, self.rating, self.feedback or ""

    def _is_low(self):
        return RATING_LIMIT_MIN <= self.rating < RATING_LIMIT_OK

    def _complain(self):
        """Make complaints of low ratings; tell what there is of a changed one."""
        given = self.sudo().filtered(
            lambda item: item.consumed and item.partner_id and item.rating
        )
        if not given:
            return
        Complaint = self.env["crm.customer.complaint"]._of_customers()
        known = {
            item.rating_id: item
            for item in Complaint.search([("rating_id", "in", given.ids)])
        }
        for rating in given:
            if rating in known:
                known[rating]._rating_changed(rating)
            elif rating._is_low():
                Complaint._from_rating(rating)

    def _customer_rated(self):
        """Return the customer who gave the rating, in the company of the document.

        Without one in the contact's, else where the customer's revenue is largest.
        """
        self.ensure_one()
        record = self.env[self.res_model].sudo().browse(self.res_id).exists()
        company = "company_id" in record and record.company_id
        company = company or self.partner_id.company_id
        domain = [("partner_id", "=", self.partner_id.commercial_partner_id.id)]
        if company:
            domain.append(("company_id", "=", company.id))
        Customer = self.env["crm.customer"].sudo()
        return Customer.search(domain, order="revenue_total desc, id", limit=1)
