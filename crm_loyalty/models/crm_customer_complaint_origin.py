from odoo import SUPERUSER_ID, api, models


class CrmCustomerComplaint(models.Model):
    """Complaints that answers and ratings make, and what becomes of changed ones."""

    _inherit = "crm.customer.complaint"

    @api.model
    def _of_customers(self):
        """Return the model for what customers bring about, as the system's user.

        They are not logged in: as them, mails to whoever is responsible would have no
        sender and not be sent.
        """
        return self.with_user(SUPERUSER_ID)

    @api.model
    def _responsible(self, company, *users):
        """Return who settles a complaint: the first of these who can, else the
        company's own choice, else nobody."""
        for user in (*users, company.root_id.complaint_user_id):
            if (
                user.active
                and not user.share
                and company in user.company_ids
                and self.with_user(user).has_access("write")
            ):
                return user
        return self.env["res.users"]

    @api.model
    def _in_language_of(self, user, company):
        """Return the model worded for who settles it, not for who answered."""
        return self.with_context(lang=user.lang or company.partner_id.lang)

    @api.model
    def _from_answers(self, answers):
        """Make complaints of detractors' answers, one an answer.

        A changed answer is written on the complaint that there is.

        :param answers: `crm.customer.nps` recordset
        """
        known = {
            item.nps_id: item for item in self.search([("nps_id", "in", answers.ids)])
        }
        for nps in answers:
            if nps in known:
                known[nps]._answer_changed(nps)
            elif nps.nps_class == "detractor":
                self._from_answer(nps)

    def _answer_changed(self, nps):
        words = self._in_language_of(self.user_id, self.company_id)
        if nps.nps_class == "detractor":
            titles = [words._title(score) for score in range(7)]
            self._said_again(nps.comment, words._title(nps.score), titles)
        else:
            body = words.env._("Changed to %s of 10", nps.score)
            self._taken_back(body, nps.contact_id or nps.partner_id)

    def _said_again(self, description, title, titles):
        """What the customer says has changed, and is bad: it is to be settled again.

        :param titles: what the addon may have called it; another name stays
        """
        vals = {"description": description}
        if self.name in titles:
            vals["name"] = title
        if self.state == "closed":
            vals["state"] = "open"
        self.write(vals)

    def _taken_back(self, body, author):
        """The customer is content now: that is said, and settles nothing by itself."""
        self.message_post(body=body, author_id=author.id)

    @api.model
    def _title(self, score):
        return self.env._("Would not recommend us: %s of 10", score)

    @api.model
    def _rated_title(self, rating, document):
        return self.env._(
            "Rated %(rating)s of 5: %(document)s", rating=rating, document=document
        )

    @api.model
    def _from_answer(self, nps):
        company = nps.company_id
        user = self._responsible(company, nps.user_id, nps.partner_id.user_id)
        return self.with_company(company).create(
            {
                "name": self._in_language_of(user, company)._title(nps.score),
                "partner_id": nps.partner_id.id,
                "contact_id": nps.contact_id.id,
                "company_id": company.id,
                "user_id": user.id,
                "source": "nps",
                "nps_id": nps.id,
                "description": nps.comment,
                "date": company._customer_today(),
            }
        )

    def _rating_changed(self, rating):
        words = self._in_language_of(self.user_id, self.company_id)
        score = round(rating.rating)
        if rating._is_low():
            title, *titles = (
                words._rated_title(value, rating.res_name) for value in (score, 1, 2, 3)
            )
            self._said_again(rating.feedback, title, titles)
        else:
            self._taken_back(
                words.env._("Changed to %s of 5", score), rating.partner_id
            )

    @api.model
    def _from_rating(self, rating):
        customer = rating._customer_rated()
        company = customer.company_id
        if not company.root_id.complaint_rating:
            return self.browse()
        user = self._responsible(
            company, rating.rated_partner_id.user_ids[:1], customer.partner_id.user_id
        )
        words = self._in_language_of(user, company)
        return self.with_company(company).create(
            {
                "name": words._rated_title(round(rating.rating), rating.res_name),
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
