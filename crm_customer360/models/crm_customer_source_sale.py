from odoo import models
from odoo.tools import SQL

from .crm_customer_scope import Source


class CrmCustomer(models.Model):
    """Sources that read sales, the pipeline and what was done with the customer."""

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

    def _source_sale(self, scope):
        """Quotations, and orders confirmed in the window, untaxed."""
        return Source(
            "sale",
            SQL(
                """
                SELECT sale.partner_id, sale.company_id,
                    1 AS evidence,
                    count(*) FILTER (WHERE NOT confirmed) AS quotation_count,
                    sum(amount) FILTER (WHERE NOT confirmed) AS quotation_amount,
                    count(*) FILTER (WHERE confirmed AND recent) AS order_count,
                    sum(amount) FILTER (WHERE confirmed AND recent) AS order_amount,
                    max(date_order) FILTER (WHERE confirmed) AS contact_at
                FROM (
                    SELECT sale.partner_id, sale.company_id, sale.date_order,
                        sale.state = 'sale' AS confirmed,
                        sale.date_order >= company.window_start_at AS recent,
                        round(
                            sale.amount_untaxed
                                / coalesce(nullif(sale.currency_rate, 0), 1),
                            company.decimals
                        ) AS amount
                    FROM %(sale)s sale
                    JOIN company ON company.id = sale.company_id
                    WHERE sale.state IN ('draft', 'sent', 'sale')
                        AND sale.date_order < company.today_end
                ) sale
                GROUP BY sale.partner_id, sale.company_id
                """,
                sale=scope.table("sale_order"),
            ),
            {
                **dict.fromkeys(
                    (
                        "evidence",
                        "quotation_count",
                        "quotation_amount",
                        "order_count",
                        "order_amount",
                    ),
                    "sum",
                ),
                "contact_at": "last_at",
            },
        )

    def _source_to_invoice(self, scope):
        """What is still to be invoiced of each confirmed order, tax included.

        An order's total less its posted invoices and down payments, credit notes given
        back, never below zero; all of it in company currency at the order's rate. An
        invoice line for several order lines is shared out by their amounts.

        Invoices are added up by line. Where taxes are rounded on the total, the lines
        miss it by up to a rounding each: so little is nothing.
        """
        return Source(
            "to_invoice",
            SQL(
                """
                SELECT ordered.partner_id, ordered.company_id,
                    sum(CASE
                        WHEN ordered.total - ordered.invoiced <= ordered.tolerance
                            THEN 0
                        ELSE round((ordered.total - ordered.invoiced) / ordered.rate,
                            ordered.decimals)
                    END) AS to_invoice
                FROM (
                    SELECT item.id, item.partner_id, item.company_id, item.decimals,
                        item.amount_total AS total,
                        coalesce(nullif(item.currency_rate, 0), 1) AS rate,
                        -- Credit notes are debited: the sign spares a join with the
                        -- entries.
                        coalesce(-sum(
                            item.share * sign(line.balance) * abs(line.price_total)
                            * CASE WHEN line.currency_id <> item.currency_id THEN
                                item.currency_rate / coalesce(nullif((
                                    SELECT move.invoice_currency_rate
                                    FROM account_move move
                                    WHERE move.id = line.move_id
                                ), 0), 1) ELSE 1 END
                        ), 0) AS invoiced,
                        count(line.id) * item.tolerance AS tolerance
                    FROM (
                        SELECT sale.id, sale.partner_id, sale.company_id,
                            sale.amount_total, sale.currency_id, sale.currency_rate,
                            company.today, company.decimals,
                            CASE WHEN company.global_rounding
                                THEN currency.rounding ELSE 0 END AS tolerance,
                            rel.invoice_line_id,
                            coalesce(
                                order_line.price_total / nullif(
                                    sum(order_line.price_total) OVER invoice_line, 0),
                                1.0 / count(*) OVER invoice_line
                            ) AS share
                        FROM %(sale)s sale
                        JOIN company ON company.id = sale.company_id
                        JOIN res_currency currency ON currency.id = sale.currency_id
                        LEFT JOIN sale_order_line order_line
                            ON order_line.order_id = sale.id
                        LEFT JOIN sale_order_line_invoice_rel rel
                            ON rel.order_line_id = order_line.id
                        WHERE sale.state = 'sale'
                            AND sale.date_order < company.today_end
                        WINDOW invoice_line AS (PARTITION BY rel.invoice_line_id)
                    ) item
                    LEFT JOIN account_move_line line
                        ON line.id = item.invoice_line_id
                        AND line.parent_state = 'posted'
                        AND line.invoice_date <= item.today
                    GROUP BY item.id, item.partner_id, item.company_id, item.decimals,
                        item.amount_total, item.currency_rate, item.tolerance
                ) ordered
                GROUP BY ordered.partner_id, ordered.company_id
                """,
                sale=scope.table("sale_order"),
            ),
            {"to_invoice": "sum"},
        )

    def _source_pipeline(self, scope):
        """Open opportunities, and those won or lost in the window.

        Expected revenue is in the opportunity's company currency.
        """
        return Source(
            "pipeline",
            SQL(
                """
                SELECT lead.partner_id,
                    coalesce(lead.company_id, partner.company_id) AS company_id,
                    1 AS evidence,
                    count(*) FILTER (WHERE lead.open) AS opportunity_count,
                    sum(lead.expected) FILTER (WHERE lead.open) AS pipeline_amount,
                    sum(lead.expected * lead.probability / 100) FILTER (
                        WHERE lead.open) AS pipeline_weighted,
                    count(*) FILTER (
                        WHERE lead.won_status = 'won'
                        AND lead.date_closed >= company.window_start_at
                        AND lead.date_closed < company.today_end) AS won_count,
                    count(*) FILTER (
                        WHERE lead.won_status = 'lost'
                        AND lead.date_closed >= company.window_start_at
                        AND lead.date_closed < company.today_end) AS lost_count
                FROM (
                    SELECT lead.partner_id, lead.company_id, lead.won_status,
                        lead.date_closed,
                        coalesce(lead.expected_revenue, 0) AS expected,
                        coalesce(lead.probability, 0)::numeric AS probability,
                        lead.active AND lead.won_status = 'pending' AS open
                    FROM crm_lead lead
                    WHERE lead.type = 'opportunity'
                        AND lead.partner_id IS NOT NULL
                        AND %(only)s
                ) lead
                JOIN res_partner partner ON partner.id = lead.partner_id
                JOIN company ON company.id
                    = coalesce(lead.company_id, partner.company_id, %(main)s)
                GROUP BY lead.partner_id,
                    coalesce(lead.company_id, partner.company_id)
                """,
                only=scope.only(SQL("lead.partner_id")),
                main=scope.main_company,
            ),
            dict.fromkeys(
                (
                    "evidence",
                    "opportunity_count",
                    "pipeline_amount",
                    "pipeline_weighted",
                    "won_count",
                    "lost_count",
                ),
                "sum",
            ),
            homeless=True,
        )

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
        return Source(
            "rating",
            SQL(
                """
                SELECT rating.partner_id, rating.company_id,
                    count(*) FILTER (WHERE rating.rating >= 4) AS rating_good,
                    count(*) AS rating_count,
                    max(rating.given_at) AS rating_at
                FROM (
                    SELECT rating.partner_id, rating.rating,
                        coalesce(rating.rated_on, rating.write_date) AS given_at,
                        coalesce(%(companies)s, partner.company_id) AS company_id
                    FROM rating_rating rating
                    JOIN res_partner partner ON partner.id = rating.partner_id
                    %(joins)s
                    WHERE rating.consumed IS TRUE AND rating.rating >= 1 AND %(only)s
                ) rating
                JOIN company ON company.id = coalesce(rating.company_id, %(main)s)
                WHERE rating.given_at >= company.window_start_at
                    AND rating.given_at < company.today_end
                GROUP BY rating.partner_id, rating.company_id
                """,
                companies=SQL(", ").join(companies),
                joins=SQL(" ").join(joins),
                only=scope.only(SQL("rating.partner_id")),
                main=scope.main_company,
            ),
            {"rating_good": "sum", "rating_count": "sum", "rating_at": "last_at"},
            homeless=True,
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

    def _source_prospect(self, scope):
        """Contacts marked as customers, whether or not they have documents yet."""
        return Source(
            "prospect",
            SQL(
                """
                SELECT partner.id AS partner_id, partner.company_id,
                    CASE WHEN partner.company_id IS NOT NULL THEN 1 END AS evidence,
                    CASE WHEN partner.company_id IS NULL THEN 1 END AS prospect
                FROM res_partner partner
                WHERE partner.customer_rank > 0 AND %(only)s
                """,
                only=scope.only(SQL("partner.id")),
            ),
            {"evidence": "sum", "prospect": "sum"},
            homeless=True,
        )

    def _source_known(self, scope):
        """Customers that have a row already: it stays, be its figures zero."""
        return Source(
            "known",
            SQL(
                """
                SELECT customer.partner_id, customer.company_id, 1 AS evidence
                FROM crm_customer customer
                WHERE %(only)s
                """,
                only=scope.only(SQL("customer.partner_id")),
            ),
            {"evidence": "sum"},
        )
