from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_customer_event_branch import EventBranch


class CrmCustomerEvent(models.Model):
    """Branches of what was done with the customer and how it pleased."""

    _inherit = "crm.customer.event"

    def _event_branches(self, scope):
        documents = self._event_documents()
        return (
            super()._event_branches(scope)
            + self._event_meetings(scope)
            + self._event_ratings(documents)
            + self._event_activities(documents)
        )

    def _event_meetings(self, scope):
        """Meetings with a contact of the customer, held and to come.

        One line per meeting and customer, however many of its contacts are invited.
        """
        readable = self._readable("calendar.event", Domain("active", "=", True))
        if not readable:
            return []
        source, where = readable
        conditions = [
            where,
            scope.only(SQL("invited.res_partner_id")),
            scope.between(SQL("calendar_event.start")),
        ]
        if scope.ids is not None:
            conditions.append(
                SQL(
                    "calendar_event.id IN (SELECT attendee.event_id"
                    " FROM calendar_attendee attendee"
                    " WHERE attendee.id = ANY(%s::int[]))",
                    scope.keys(7),
                )
            )
        meeting = SQL(
            """(
                SELECT min(attendee.id) AS id, calendar_event.id AS event_id,
                    min(attendee.partner_id) AS partner_id
                FROM %(source)s
                JOIN calendar_event_res_partner_rel invited
                    ON invited.calendar_event_id = calendar_event.id
                JOIN calendar_attendee attendee
                    ON attendee.event_id = calendar_event.id
                    AND attendee.partner_id = invited.res_partner_id
                JOIN res_partner guest ON guest.id = invited.res_partner_id
                WHERE %(where)s
                GROUP BY calendar_event.id, guest.commercial_partner_id
            ) meeting
            JOIN calendar_event event ON event.id = meeting.event_id
            LEFT JOIN crm_lead opportunity ON opportunity.id = event.opportunity_id
            """,
            source=source,
            where=SQL(" AND ").join(conditions),
        )
        return [
            EventBranch(
                "meeting",
                7,
                source=meeting,
                where=SQL("TRUE"),
                key=SQL("meeting.id"),
                partner=SQL("meeting.partner_id"),
                res_model=SQL("'calendar.event'"),
                res_id=SQL("event.id"),
                company=SQL("opportunity.company_id"),
                moment=SQL("CASE WHEN event.allday IS NOT TRUE THEN event.start END"),
                day=SQL("CASE WHEN event.allday THEN event.start_date END"),
                name=SQL(
                    "CASE WHEN %s THEN %s ELSE event.name END",
                    self._event_private(),
                    self.env._("Busy"),
                ),
                state=SQL(
                    "CASE WHEN event.start > %s THEN 'planned' END",
                    fields.Datetime.now(),
                ),
                user=SQL("event.user_id"),
            )
        ]

    def _event_private(self):
        """Return the condition that a meeting is somebody else's private one.

        The same as the calendar's own: by its privacy, else by its organizer's default.
        """
        if self.env.su:
            return SQL("FALSE")
        return SQL(
            """
            coalesce(event.privacy, (
                SELECT settings.calendar_default_privacy
                FROM res_users_settings settings
                WHERE settings.user_id = event.user_id
            )) = 'private'
            AND event.user_id IS DISTINCT FROM %(user)s
            AND NOT EXISTS (
                SELECT FROM calendar_event_res_partner_rel invited
                WHERE invited.calendar_event_id = event.id
                    AND invited.res_partner_id = %(partner)s
            )
            """,
            user=self.env.uid,
            partner=self.env.user.partner_id.id,
        )

    def _event_documents(self):
        """Return the documents with a chatter, as far as the reader may read them.

        :return: ``{model: (table, contact column, from clause, condition)}``
        """
        documents = {}
        for model, (table, contact) in sorted(
            self.env["crm.customer"]._customer_documents().items()
        ):
            domain = Domain.TRUE
            if model == "account.move":
                domain = Domain("state", "=", "posted") & Domain(
                    "move_type", "!=", "entry"
                )
            readable = self._readable(model, domain)
            if readable:
                documents[model] = (table, contact, *readable)
        return documents

    def _event_activities(self, documents):
        """Activities done on the customer or its documents; opens the document."""
        if not self.env["mail.activity"].has_access("read"):
            return []
        lang = self.env.lang or "en_US"
        return [
            EventBranch(
                "activity",
                12,
                source=SQL(
                    """
                    %(source)s
                    JOIN mail_activity activity ON activity.res_model = %(model)s
                        AND activity.res_id = %(document)s.id
                    LEFT JOIN mail_activity_type activity_type
                        ON activity_type.id = activity.activity_type_id
                    """,
                    source=source,
                    model=model,
                    document=SQL.identifier(table),
                ),
                where=SQL("%s AND activity.active IS NOT TRUE", where),
                key=SQL("activity.id"),
                partner=SQL.identifier(table, contact),
                res_model=SQL("activity.res_model"),
                res_id=SQL("activity.res_id"),
                company=SQL.identifier(table, "company_id"),
                day=SQL("activity.date_done"),
                name=SQL(
                    "coalesce(nullif(activity.summary, ''), activity_type.name ->> %s,"
                    " activity_type.name ->> 'en_US')",
                    lang,
                ),
                user=SQL("activity.user_id"),
            )
            for model, (
                table,
                contact,
                source,
                where,
            ) in documents.items()
        ]

    def _event_ratings(self, documents):
        """Ratings given; of what the reader may not read there is no rating either."""
        readable = self._readable("rating.rating", Domain("consumed", "=", True))
        if not readable:
            return []
        source, where = readable
        allowed, companies = [], []
        for model, (table, _contact) in sorted(
            self.env["crm.customer"]._customer_documents().items()
        ):
            if model in documents:
                _table, _contact, document, condition = documents[model]
                condition = SQL(
                    "EXISTS (SELECT FROM %s WHERE %s AND %s.id = rating_rating.res_id)",
                    document,
                    condition,
                    SQL.identifier(table),
                )
            else:
                condition = SQL("FALSE")
            allowed.append(SQL("WHEN %s THEN %s", model, condition))
            companies.append(
                SQL(
                    "WHEN %(model)s THEN (SELECT rated.company_id FROM %(table)s rated"
                    " WHERE rated.id = rating_rating.res_id)",
                    model=model,
                    table=SQL.identifier(table),
                )
            )
        return [
            EventBranch(
                "rating",
                11,
                source=source,
                where=SQL(
                    "%s AND rating_rating.rating >= 1"
                    " AND CASE rating_rating.res_model %s ELSE TRUE END",
                    where,
                    SQL(" ").join(allowed),
                ),
                key=SQL("rating_rating.id"),
                partner=SQL("rating_rating.partner_id"),
                res_model=SQL("'rating.rating'"),
                res_id=SQL("rating_rating.id"),
                company=SQL(
                    "CASE rating_rating.res_model %s END", SQL(" ").join(companies)
                ),
                moment=SQL(
                    "coalesce(rating_rating.rated_on, rating_rating.write_date)"
                ),
                name=SQL(
                    "coalesce(nullif(rating_rating.feedback, ''),"
                    " rating_rating.res_name)"
                ),
                rating=SQL("rating_rating.rating"),
            )
        ]
