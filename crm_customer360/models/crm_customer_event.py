from odoo import api, fields, models
from odoo.tools import SQL

# What the page shows of an event.
TIMELINE = (
    "id",
    "date",
    "kind",
    "name",
    "day",
    "amount",
    "currency_id",
    "state",
    "rating",
    "user_id",
)


class CrmCustomerEvent(models.Model):
    """Everything that happened with a customer, one line per document, read-only.

    A query, not a table: the lines are the native documents themselves, read with the
    reader's own rights. A line is there only if the reader may read its document; of
    other people's private meetings there is the time and "Busy", as in the calendar.

    Documents dated after the company's today are left out, as in the figures. Meetings
    to come are there, as `planned`. Quotations and opportunities stand on the day they
    were made, whatever became of them; an opportunity won or lost has a second line.

    The amounts of a kind add up to the figure: invoices and credit notes of the window
    to `revenue`, payments to `received`, orders to `order_amount`.

    To add a kind: extend `kind` with `selection_add` and `_event_branches`.
    """

    _name = "crm.customer.event"
    _inherit = "crm.customer.detail.mixin"
    _description = "Customer Event"
    _auto = False
    _order = "date desc, id desc"
    _depends = {
        "account.move": [
            "commercial_partner_id",
            "company_id",
            "invoice_date",
            "invoice_user_id",
            "move_type",
            "name",
            "partner_id",
            "payment_state",
            "state",
        ],
        "account.move.line": ["account_id", "balance", "move_id", "partner_id"],
        "account.payment": ["amount_company_currency_signed", "date", "move_id"],
        "calendar.attendee": ["event_id", "partner_id"],
        "calendar.event": ["allday", "name", "partner_ids", "privacy", "start"],
        "crm.lead": ["date_closed", "expected_revenue", "name", "won_status"],
        "mail.activity": ["active", "date_done", "res_id", "res_model", "summary"],
        "rating.rating": ["consumed", "feedback", "partner_id", "rated_on", "rating"],
        "res.partner": ["commercial_partner_id", "company_id"],
        "sale.order": ["amount_untaxed", "currency_rate", "date_order", "state"],
    }

    customer_id = fields.Many2one(
        comodel_name="crm.customer", string="Customer 360", readonly=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    date = fields.Datetime(
        readonly=True, help="When it happened; noon for documents that have no time."
    )
    day = fields.Date(readonly=True, help="The company's date when it happened.")
    kind = fields.Selection(
        selection=[
            ("quotation", "Quotation"),
            ("order", "Order"),
            ("invoice", "Invoice"),
            ("credit_note", "Credit Note"),
            ("payment", "Payment"),
            ("payment_in_hand", "Payment in Hand"),
            ("meeting", "Meeting"),
            ("opportunity", "Opportunity"),
            ("won", "Opportunity Won"),
            ("lost", "Opportunity Lost"),
            ("rating", "Rating"),
            ("activity", "Activity"),
        ],
        readonly=True,
    )
    name = fields.Char(string="Subject", readonly=True)
    amount = fields.Monetary(
        readonly=True,
        help="Untaxed for quotations, orders and invoices; credit notes and payments "
        "made to the customer are negative.",
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("cancel", "Cancelled"),
            ("not_paid", "Not Paid"),
            ("in_payment", "In Payment"),
            ("partial", "Partially Paid"),
            ("paid", "Paid"),
            ("reversed", "Reversed"),
            ("blocked", "Blocked"),
        ],
        string="Status",
        readonly=True,
    )
    rating = fields.Float(readonly=True, aggregator="avg", help="1 to 5; else 0.")
    user_id = fields.Many2one(
        comodel_name="res.users", string="Responsible", readonly=True
    )
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True
    )

    @api.depends("kind", "name")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = " ".join(filter(None, [kinds[event.kind], event.name]))

    # ------------------------------------------------------------------
    # Query
    # ------------------------------------------------------------------

    @property
    def _table_query(self):
        scope = self._detail_scope()
        branches = [
            branch.select(scope)
            for branch in self._event_branches(scope)
            if scope.includes(branch)
        ]
        if not branches:
            return self._event_nothing()
        return SQL(
            """
            SELECT event.id, customer.id AS customer_id, event.partner_id,
                customer.company_id, customer.currency_id, event.kind, event.name,
                coalesce(event.moment, (event.day + TIME '12:00')
                    AT TIME ZONE company.tz AT TIME ZONE 'UTC') AS date,
                coalesce(event.day, (event.moment
                    AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date) AS day,
                event.amount, event.state, event.rating, event.user_id,
                event.res_model, event.res_id
            FROM (%(branches)s) event
            JOIN crm_customer customer ON customer.partner_id = event.partner_id
                AND customer.company_id = coalesce(event.company_id, (
                    SELECT home.company_id FROM crm_customer home
                    WHERE home.partner_id = event.partner_id
                    ORDER BY home.revenue_total DESC, home.company_id LIMIT 1))
            JOIN %(companies)s ON company.id = customer.company_id
            WHERE event.moment < company.today_end OR event.day <= company.today
                OR event.state = 'planned'
            """,
            branches=SQL(" UNION ALL ").join(branches),
            companies=self._detail_companies(),
        )

    def _event_nothing(self):
        """Return the query of a reader, or of a search, that has no branch at all."""
        return SQL(
            "SELECT %s WHERE FALSE",
            SQL(", ").join(
                SQL(f"NULL::{field.column_type[1]} AS %s", SQL.identifier(name))
                for name, field in self._fields.items()
                if field.store and field.column_type
            ),
        )

    def _event_branches(self, scope):
        """Return the branches that the reader has, as a list of `EventBranch`.

        Extend this to add events::

            def _event_branches(self, scope):
                branches = super()._event_branches(scope)
                readable = self._readable("crm.rfm.movement", [])
                if readable:
                    source, where = readable
                    branches.append(EventBranch("segment", 16, source, where, …))
                return branches

        :param scope: `DetailScope`; the branch's own SQL may use it to read less, it is
            applied to the branch in any case
        """
        return []

    def _readable(self, model, domain):
        """Return the documents of a domain that the reader may read, as SQL.

        :return: what follows FROM, with the table under its own name, and the
            condition; None when the reader has no access to the model
        """
        Model = self.env[model].with_context(active_test=False)
        if not Model.has_access("read"):
            return None
        query = Model._search(domain)
        return query.from_clause, query.where_clause or SQL("TRUE")

    # ------------------------------------------------------------------
    # Screen
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_timeline(self, customer_id, kinds=None, planned=4, limit=21, offset=0):
        """Return what the page shows of a customer's events, read in one statement.

        Its parts share the query, which takes as long to plan as to run.

        :param customer_id: id of `crm.customer`
        :param kinds: kinds of the events, all when empty; all kinds are counted
        :param planned: number of events to come at most, the next first
        :param limit: number of other events at most, the latest first
        :param offset: number of other events that are passed over
        :return: ``{"kinds": {kind: count}, "planned": [event], "events": [event]}``,
            an event being a dict of values by the names of fields; ``user_id`` is the
            name
        """
        columns = [self._fields[name] for name in TIMELINE]
        query = self._search([("customer_id", "=", customer_id)])
        if query.is_empty():
            return {"kinds": {}, "planned": [], "events": []}
        event = SQL(", ").join(
            SQL("%s AS %s", SQL.identifier(query.table, name), SQL.identifier(name))
            for name in TIMELINE
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH event AS MATERIALIZED (%(event)s),
                chosen AS (SELECT * FROM event WHERE %(chosen)s)
                (SELECT count(*)::int AS count, %(kind)s FROM event GROUP BY kind)
                UNION ALL
                (SELECT 0, * FROM chosen WHERE state = 'planned'
                    ORDER BY date, id LIMIT %(planned)s)
                UNION ALL
                (SELECT 0, * FROM chosen WHERE state IS DISTINCT FROM 'planned'
                    ORDER BY date DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s)
                """,
                event=query.select(event),
                chosen=SQL("kind = ANY(%s)", list(kinds)) if kinds else SQL("TRUE"),
                kind=SQL(", ").join(
                    SQL("kind")
                    if field.name == "kind"
                    else SQL(f"NULL::{field.column_type[1]}")
                    for field in columns
                ),
                planned=planned,
                limit=limit,
                offset=offset,
            )
        )
        counts, events = {}, []
        for count, *values in rows:
            event = dict(zip(TIMELINE, values, strict=True))
            if count:
                counts[event["kind"]] = count
            else:
                events.append(event)
        users = self.env["res.users"].sudo()
        users = users.browse({event["user_id"] for event in events} - {None})
        names = {user.id: user.display_name for user in users}
        for event in events:
            event["user_id"] = names.get(event["user_id"], False)
            event["amount"] = float(event["amount"] or 0)
        return {
            "kinds": counts,
            "planned": [event for event in events if event["state"] == "planned"],
            "events": [event for event in events if event["state"] != "planned"],
        }

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_document(self):
        """Open the document behind this line."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
