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
        result = super().write(vals)
        if not {"rating", "consumed"}.isdisjoint(vals):
            self._complain()
        return result

    def _complain(self):
        low = self.sudo().filtered(
            lambda item: (
                item.consumed
                and RATING_LIMIT_MIN <= item.rating < RATING_LIMIT_OK
                and item.partner_id
            )
        )
        if not low:
            return
        Complaint = self.env["crm.customer.complaint"]._of_customers()
        done = Complaint.search([("rating_id", "in", low.ids)]).rating_id
        for rating in low - done:
            customer = rating._customer_rated()
            company = customer.company_id
            if not company.root_id.complaint_rating:
                continue
            user = Complaint._responsible(
                company,
                rating.rated_partner_id.user_ids[:1],
                customer.partner_id.user_id,
            )
            words = Complaint._in_language_of(user, company)
            Complaint.with_company(company).create(
                {
                    "name": words.env._(
                        "Rated %(rating)s of 5: %(document)s",
                        rating=round(rating.rating),
                        document=rating.res_name,
                    ),
                    "partner_id": customer.partner_id.id,
                    "contact_id": rating.partner_id.id,
                    "company_id": company.id,
                    "user_id": user.id,
                    "source": "rating",
                    "rating_id": rating.id,
                    "description": rating.feedback,
                    "date": company._customer_today(),
                }
            )

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
