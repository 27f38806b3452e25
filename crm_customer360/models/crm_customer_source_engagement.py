from odoo import api, models
from odoo.tools import SQL

from .crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Sources that read what was done with the customer, what it cost and pleased."""

    _inherit = "crm.customer"

    def _customer_documents(self):
        """Return the models whose chatter and activities are contacts of a customer.

        :return: ``{model: (table, contact column)}``; the tables have a `company_id`.
        """
        documents = {
            "account.move": ("account_move", "commercial_partner_id"),
            "crm.lead": ("crm_lead", "partner_id"),
            "res.partner": ("res_partner", "id"),
            "sale.order": ("sale_order", "partner_id"),
        }
        if "project.task" in self.env:
            documents["project.task"] = ("project_task", "partner_id")
        return documents

    def _enqueue_documents(self, model, ids):
        """Queue the customers of documents known by model and id."""
        if model not in self._customer_documents():
            return
        _table, contact = self._customer_documents()[model]
        documents = self.env[model].sudo().browse(ids).exists()
        partners = documents if contact == "id" else documents[contact]
        self.env["crm.customer.queue"]._enqueue(partners)

    def _source_meeting(self, scope):
        """Meetings held: hours in the window, and the last one.

        A meeting with several contacts of one customer counts once.
        """
        return Source(
            "meeting",
            SQL(
                """
                SELECT meeting.partner_id, meeting.company_id,
                    sum(meeting.duration) FILTER (
                        WHERE meeting.start >= company.window_start_at
                    ) AS meeting_hours,
                    max(meeting.start) AS contact_at
                FROM (
                    SELECT DISTINCT partner.commercial_partner_id AS partner_id,
                        coalesce(lead.company_id, customer.company_id) AS company_id,
                        event.id, event.start, event.stop,
                        coalesce(event.duration, 0)::numeric AS duration
                    FROM calendar_event_res_partner_rel attendee
                    JOIN calendar_event event ON event.id = attendee.calendar_event_id
                    JOIN res_partner partner ON partner.id = attendee.res_partner_id
                    JOIN res_partner customer
                        ON customer.id = partner.commercial_partner_id
                    LEFT JOIN crm_lead lead ON lead.id = event.opportunity_id
                    WHERE event.active AND %(only)s
                ) meeting
                JOIN company ON company.id = coalesce(meeting.company_id, %(main)s)
                WHERE meeting.stop < company.today_end
                GROUP BY meeting.partner_id, meeting.company_id
                """,
                only=scope.only(SQL("attendee.res_partner_id")),
                main=scope.main_company,
            ),
            {"meeting_hours": "sum", "contact_at": "last_at"},
            homeless=True,
        )

    def _source_activity(self, scope):
        """Activities done on the customer or on its documents."""
        return Source(
            "activity",
            SQL(
                """
                SELECT done.partner_id, done.company_id,
                    sum(done.activities) FILTER (
                        WHERE done.date_done >= company.window_start
                    ) AS activity_count,
                    max(done.date_done) AS contact_date
                FROM (
                    SELECT partner_id, company_id, date_done, count(*) AS activities
                    FROM (%(activities)s) activity
                    GROUP BY partner_id, company_id, date_done
                ) done
                JOIN company ON company.id = coalesce(done.company_id, %(main)s)
                WHERE done.date_done <= company.today
                GROUP BY done.partner_id, done.company_id
                """,
                activities=self._documents_with(
                    scope,
                    SQL("mail_activity"),
                    SQL("item.res_model"),
                    SQL("item.date_done"),
                    SQL("item.active IS NOT TRUE"),
                ),
                main=scope.main_company,
            ),
            {"activity_count": "sum", "contact_date": "last"},
            homeless=True,
        )

    def _source_message(self, scope):
        """The last message exchanged with the customer.

        Notes are internal: mostly by their subtype, seldom by a flag of their own.
        """
        return Source(
            "message",
            SQL(
                """
                SELECT message.partner_id, message.company_id,
                    max(message.date) AS contact_at
                FROM (%(messages)s) message
                WHERE message.date < (SELECT max(today_end) FROM company)
                GROUP BY message.partner_id, message.company_id
                """,
                messages=self._documents_with(
                    scope,
                    SQL("mail_message"),
                    SQL("item.model"),
                    SQL("item.date"),
                    SQL(
                        "item.message_type IN ('comment', 'email', 'email_outgoing')"
                        " AND item.is_internal IS NOT TRUE"
                        " AND (item.subtype_id = ANY(ARRAY("
                        "SELECT id FROM mail_message_subtype WHERE internal)"
                        ")) IS NOT TRUE"
                    ),
                ),
            ),
            {"contact_at": "last_at"},
            homeless=True,
        )

    def _documents_with(self, scope, table, model, column, condition):
        """Return what a chatter table says of the customers' documents.

        One join for each kind of document: the planner knows how many rows each has.

        :param table: relation with a `res_id`
        :param model: its column with the document's model
        :param column: its column to return
        :param condition: which of its rows count
        :return: query of `partner_id`, `company_id` (the document's, else the
            contact's, else NULL) and `column`
        """
        parts = []
        for name, (relation, contact) in sorted(self._customer_documents().items()):
            prefetched = relation in ("account_move", "res_partner", "sale_order")
            only = scope.only(SQL("document.%s", SQL.identifier(contact)))
            if relation == "account_move":
                only = SQL(
                    "document.state = 'posted' AND document.move_type <> 'entry'"
                )
            parts.append(
                SQL(
                    """
                    SELECT document.%(contact)s AS partner_id,
                        coalesce(document.company_id, partner.company_id) AS company_id,
                        %(column)s
                    FROM %(table)s item
                    JOIN %(relation)s document ON document.id = item.res_id
                    JOIN res_partner partner ON partner.id = document.%(contact)s
                    WHERE %(model)s = %(name)s AND %(condition)s AND %(only)s
                    """,
                    contact=SQL.identifier(contact),
                    column=column,
                    table=table,
                    relation=scope.table(relation)
                    if prefetched
                    else SQL.identifier(relation),
                    model=model,
                    name=name,
                    condition=condition,
                    only=only,
                )
            )
        return SQL(" UNION ALL ").join(parts)

    def _source_rating(self, scope):
        """Ratings given in the window; a rating of 4 or 5 (of 5) is a satisfied one.

        A rating belongs to the company of the document rated.
        """
        return Source(
            "rating",
            SQL(
                """
                SELECT rating.partner_id, rating.company_id,
                    count(*) FILTER (WHERE rating.rating >= 4) AS rating_good,
                    count(*) AS rating_count,
                    max(rating.given_at) AS rating_at
                FROM (%s) rating
                GROUP BY rating.partner_id, rating.company_id
                """,
                self._ratings(scope),
            ),
            {"rating_good": "sum", "rating_count": "sum", "rating_at": "last_at"},
            homeless=True,
        )

    def _ratings(self, scope):
        """Return the query of the ratings of the window; `company_id` may be NULL."""
        return SQL(
            """
            SELECT rating.id, rating.partner_id, rating.company_id, rating.rating,
                rating.given_at
            FROM (%(given)s) rating
            JOIN company ON company.id = coalesce(rating.company_id, %(main)s)
            WHERE rating.given_at >= company.window_start_at
                AND rating.given_at < company.today_end
            """,
            given=self._ratings_given(scope.only(SQL("rating.partner_id"))),
            main=scope.main_company,
        )

    @api.model
    def _ratings_given(self, only=None):
        """Return the query of all ratings given.

        `company_id` is that of the document rated, else the contact's, else NULL.

        :param only: SQL condition on `rating`
        """
        joins, companies = [], []
        for model, (table, _column) in sorted(self._customer_documents().items()):
            if model == "res.partner":
                continue
            alias = SQL.identifier(f"rated_{table}")
            joins.append(
                SQL(
                    "LEFT JOIN %(table)s %(alias)s ON rating.res_model = %(model)s"
                    " AND %(alias)s.id = rating.res_id",
                    table=SQL.identifier(table),
                    alias=alias,
                    model=model,
                )
            )
            companies.append(SQL("%s.company_id", alias))
        return SQL(
            """
            SELECT rating.id, rating.partner_id, rating.rating,
                coalesce(rating.rated_on, rating.write_date) AS given_at,
                coalesce(%(companies)s, partner.company_id) AS company_id
            FROM rating_rating rating
            JOIN res_partner partner ON partner.id = rating.partner_id
            %(joins)s
            WHERE rating.consumed IS TRUE AND rating.rating >= 1 AND %(only)s
            """,
            companies=SQL(", ").join(companies),
            joins=SQL(" ").join(joins),
            only=only or SQL("TRUE"),
        )

    def _source_analytic(self, scope):
        """Analytic costs of serving the customer, positive.

        Time and costs recorded for this partner. Costs that a sales order line
        passes on, cost of goods sold and what vendors billed are left out: the first
        two are part of `sale_cost`, the last carry the vendor as partner.
        """
        return Source(
            "analytic",
            SQL(
                """
                SELECT analytic.partner_id, analytic.company_id,
                    -sum(analytic.amount) AS analytic_cost
                FROM account_analytic_line analytic
                JOIN company ON company.id = analytic.company_id
                LEFT JOIN account_move_line line ON line.id = analytic.move_line_id
                LEFT JOIN account_move move ON move.id = line.move_id
                WHERE analytic.partner_id IS NOT NULL
                    AND analytic.amount < 0
                    AND analytic.so_line IS NULL
                    AND analytic.date BETWEEN company.window_start AND company.today
                    AND (line.id IS NULL OR (
                        move.move_type = 'entry' AND line.display_type <> 'cogs'))
                    AND %(only)s
                GROUP BY analytic.partner_id, analytic.company_id
                """,
                only=scope.only(SQL("analytic.partner_id")),
            ),
            {"analytic_cost": "sum"},
        )
