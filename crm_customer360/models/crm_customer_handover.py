from textwrap import shorten

from odoo import api, fields, models
from odoo.fields import Datetime, Domain
from odoo.tools import SQL
from odoo.tools.mail import html_to_inner_content

# How much of each the page shows.
MESSAGES = 10
CONTACTS = 20
EXCERPT = 280
# Candidates for each message shown: of some the reader may read the document and yet
# not the message.
CANDIDATES = 3


class CrmCustomer(models.Model):
    """What the salesperson who left knew: who had the customer, what was said, to whom.

    Everything is read with the reader's rights when it is asked for; nothing is stored.
    Moments are in UTC, as text.
    """

    _inherit = "crm.customer"

    owner_history = fields.Json(
        string="Salespersons",
        compute="_compute_owner_history",
        help="Who was the customer's salesperson, from when to when, the last first.",
    )
    last_messages = fields.Json(
        compute="_compute_last_messages",
        help="The last notes, messages and activities done on the customer, its "
        "contacts and its documents, as far as you may read them.",
    )
    contact_summary = fields.Json(
        string="Contacts",
        compute="_compute_contact_summary",
        help="The customer's contacts, those last in touch first.",
    )

    # ------------------------------------------------------------------
    # Salespersons
    # ------------------------------------------------------------------

    @api.depends("partner_id.user_id")
    def _compute_owner_history(self):
        """Follow the tracked changes of the salesperson.

        Each period is ``{"user_id", "name", "left", "from", "to"}``; `name` is False
        while there was nobody, `to` is False for the present one, `from` is False when
        a change left no trace. A user that is gone is known by the name of that time.
        """
        changes = self._owner_changes()
        users = (
            self.env["res.users"]
            .sudo()
            .browse(
                {
                    user_id
                    for rows in changes.values()
                    for row in rows
                    for user_id in (row["old_id"], row["new_id"])
                    if user_id
                }
            )
        )
        known = {user.id: user for user in users.exists()}
        for customer in self:
            partner = customer.partner_id.sudo()
            owner, since, periods = None, partner.create_date, []
            for change in changes.get(partner.id, []):
                owner = change["old_id"], change["old_name"]
                periods.append((owner, since, change["date"]))
                owner, since = (change["new_id"], change["new_name"]), change["date"]
            current = partner.user_id
            if owner is None or (owner[0] or 0) != current.id:
                if owner is not None:
                    periods.append((owner, since, False))
                    since = False
                owner = current.id, current.name
            known[current.id] = current
            periods.append((owner, since, False))
            customer.owner_history = [
                self._owner_period(known.get(user_id), user_id, name, start, end)
                for (user_id, name), start, end in reversed(periods)
                if user_id or len(periods) > 1
            ]

    def _owner_period(self, user, user_id, name, start, end):
        return {
            "user_id": user_id or False,
            "name": (user.name if user else name) or False,
            "left": bool(user_id) and not (user and user.active),
            "from": Datetime.to_string(start) if start else False,
            "to": Datetime.to_string(end) if end else False,
        }

    def _owner_changes(self):
        """Return the changes of salesperson, the oldest first: ``{partner_id: rows}``.

        The tracked values are for administrators; who may read the customer's row may
        know its salespersons.
        """
        field = self.env["ir.model.fields"]._get("res.partner", "user_id")
        values = (
            self.env["mail.tracking.value"]
            .sudo()
            .search(
                [
                    ("field_id", "=", field.id),
                    ("mail_message_id.model", "=", "res.partner"),
                    ("mail_message_id.res_id", "in", self.partner_id.ids),
                ],
                order="id",
            )
        )
        changes = {}
        for value in values:
            message = value.mail_message_id
            changes.setdefault(message.res_id, []).append(
                {
                    "date": message.date,
                    "old_id": value.old_value_integer,
                    "old_name": value.old_value_char,
                    "new_id": value.new_value_integer,
                    "new_name": value.new_value_char,
                }
            )
        return changes

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_last_messages(self):
        """The last messages, the latest first.

        Each is ``{"id", "kind": "note" | "message" | "activity", "author", "left",
        "date", "text", "model", "res_id", "document"}``.
        """
        self.last_messages = []
        partners = self._message_candidates()
        messages = self.env["mail.message"].search(
            [("id", "in", list(partners))], order="date desc, id desc"
        )
        by_partner = {}
        for message in messages:
            rows = by_partner.setdefault(partners[message.id], message.browse())
            if len(rows) < MESSAGES:
                by_partner[partners[message.id]] = rows + message
        for customer in self:
            rows = by_partner.get(customer.partner_id.id, messages.browse())
            names = self._document_names(rows)
            customer.last_messages = [
                self._message_summary(message, names) for message in rows
            ]

    def _message_candidates(self):
        """Return the last messages of documents that the reader may read.

        :return: ``{message_id: partner_id}``
        """
        documents = [
            SQL(
                "SELECT %(model)s AS model, %(table)s.id, %(contact)s AS contact"
                " FROM %(source)s WHERE %(where)s AND %(contact)s = ANY(array("
                "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%(ids)s)"
                "))",
                model=model,
                table=SQL.identifier(table),
                contact=SQL.identifier(table, contact),
                source=source,
                where=where,
                ids=self.partner_id.ids,
            )
            for model, (table, contact, source, where) in self.env["crm.customer.event"]
            ._event_documents()
            .items()
        ]
        if not documents:
            return {}
        self.env["mail.message"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT id, partner_id FROM (
                        SELECT message.id, contact.commercial_partner_id AS partner_id,
                            row_number() OVER (
                                PARTITION BY contact.commercial_partner_id
                                ORDER BY message.date DESC, message.id DESC
                            ) AS position
                        FROM (%s) document
                        JOIN res_partner contact ON contact.id = document.contact
                        JOIN mail_message message ON message.model = document.model
                            AND message.res_id = document.id
                        WHERE (message.message_type IN (
                                'comment', 'email', 'email_outgoing')
                            OR message.mail_activity_type_id IS NOT NULL)
                            AND message.body <> ''
                    ) candidate WHERE position <= %s
                    """,
                    SQL(" UNION ALL ").join(documents),
                    MESSAGES * CANDIDATES,
                )
            )
        )

    def _message_summary(self, message, names):
        author = message.author_id.sudo()
        # The system's own user is archived from the start.
        root = self.env.ref("base.user_root")
        users = author.with_context(active_test=False).user_ids - root
        if message.mail_activity_type_id:
            kind = "activity"
        else:
            internal = message.is_internal or message.subtype_id.sudo().internal
            kind = "note" if internal else "message"
        return {
            "id": message.id,
            "kind": kind,
            "author": author.name or message.email_from or False,
            "left": bool(users) and not any(users.mapped("active")),
            "date": Datetime.to_string(message.date),
            "text": shorten(
                html_to_inner_content(message.body), EXCERPT, placeholder=" …"
            ),
            "model": message.model,
            "res_id": message.res_id,
            "document": names.get((message.model, message.res_id), False),
        }

    def _document_names(self, messages):
        """Return what the documents of messages are called: ``{(model, id): name}``."""
        names = {}
        for model, rows in messages.grouped("model").items():
            documents = self.env[model].browse(set(rows.mapped("res_id")))
            for document in documents._filtered_access("read"):
                names[model, document.id] = document.display_name
        return names

    # ------------------------------------------------------------------
    # Contacts
    # ------------------------------------------------------------------

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_summary(self):
        """The customer itself, when it can be reached, and its contacts.

        Each is ``{"id", "name", "function", "phone", "email", "date"}``.
        """
        contacts = self.env["res.partner"].search(
            Domain("commercial_partner_id", "in", self.partner_id.ids)
            & (Domain("type", "=", "contact") | Domain("parent_id", "=", False))
        )
        dates = self._contact_dates(contacts)
        by_customer = contacts.grouped("commercial_partner_id")
        for customer in self:
            rows = by_customer.get(customer.partner_id, contacts.browse())
            if len(rows) > 1:
                rows = rows.filtered(
                    lambda contact: contact.parent_id or contact.phone or contact.email
                )
            rows = rows.sorted(
                lambda contact: (dates.get(contact.id) or "", contact.id)
            )
            customer.contact_summary = [
                {
                    "id": contact.id,
                    "name": contact.name or contact.display_name,
                    "function": contact.function or False,
                    "phone": contact.phone or False,
                    "email": contact.email or False,
                    "date": dates.get(contact.id, False),
                }
                for contact in reversed(rows[-CONTACTS:])
            ]

    def _contact_dates(self, contacts):
        """Return when each contact was last in touch: ``{contact_id: moment}``.

        By a message it wrote, a meeting held with it or an order it placed.
        """
        for model in ("mail.message", "calendar.event", "sale.order"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contact.id, greatest(
                    (SELECT max(message.date) FROM mail_message message
                        WHERE message.author_id = contact.id
                        AND message.message_type IN ('comment', 'email')),
                    (SELECT max(event.start)
                        FROM calendar_event_res_partner_rel invited
                        JOIN calendar_event event
                            ON event.id = invited.calendar_event_id
                        WHERE invited.res_partner_id = contact.id AND event.active
                            AND event.start <= %(now)s),
                    (SELECT max(sale.date_order) FROM sale_order sale
                        WHERE sale.partner_id = contact.id AND sale.state = 'sale'
                            AND sale.date_order <= %(now)s)
                )
                FROM unnest(%(contacts)s::int[]) AS contact (id)
                """,
                contacts=contacts.ids,
                now=Datetime.now(),
            )
        )
        return {
            contact: Datetime.to_string(moment) if moment else False
            for contact, moment in rows
        }
