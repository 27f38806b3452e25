import logging

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import isolated

_logger = logging.getLogger(__name__)

# Documents older than this, beyond the delay, are not asked about any more.
OVERDUE_DAYS = 14


class CrmCustomerNps(models.Model):
    """Who is asked about what, and when."""

    _inherit = "crm.customer.nps"

    @api.model
    def _cron_ask(self):
        asked = self._ask_due()
        self.env["ir.cron"]._commit_progress(asked, remaining=0)

    @api.model
    def _ask_due(self):
        """Ask the customers whose time has come; commits nothing.

        :return: number of customers asked
        """
        companies = self.env["res.company"].sudo().search([("nps_active", "=", True)])
        companies = companies.filtered(lambda company: not company.parent_id)
        if not companies:
            return 0
        survey, template = self._survey(), self._template()
        scale = survey.question_ids.filtered(lambda item: item.question_type == "scale")
        if not (survey.active and scale and template):
            _logger.warning(
                "The survey, its scale or the mail of the recommendation is gone: "
                "nobody is asked"
            )
            return 0
        asked = 0
        for company in companies:
            for values in self._due(company):
                with isolated(
                    self.env, _logger, "Not asked about %s", values["document"]
                ) as part:
                    self._ask(values, survey, template)
                asked += not part.error
        return asked

    @api.model
    def _template(self):
        """Return the mail's template, or an empty recordset when it was deleted."""
        template = self.env.ref(
            "crm_loyalty.mail_template_nps", raise_if_not_found=False
        )
        return (template or self.env["mail.template"]).sudo()

    def _ask(self, values, survey, template):
        """Ask one customer, by a mail that is sent by the queue.

        :param values: see `_due`
        """
        contact = self.env["res.partner"].sudo().browse(values["contact_id"])
        company = self.env["res.company"].sudo().browse(values["company_id"])
        now = fields.Datetime.now()
        answer = survey._create_answer(
            partner=contact,
            check_attempts=False,
            deadline=fields.Datetime.add(now, days=company.root_id.nps_open_days),
        )
        nps = self.sudo().create({**values, "input_id": answer.id, "sent_at": now})
        template.send_mail(
            nps.id,
            email_layout_xmlid="crm_loyalty.nps_mail_layout",
            email_values={"headers": nps._mail_headers()},
        )
        return nps

    def _due(self, company):
        """Return what a company's customers are to be asked about today.

        One document a customer, the latest, with the delay behind it; of a customer
        who was not asked within the quiet days, by any company, who has an address,
        and did not object to mails.

        :param company: root company
        :return: list of values of rows, at most the company's limit
        """
        self.env.flush_all()
        today = company._customer_today()
        until = fields.Date.subtract(today, days=company.nps_delay_days)
        since = fields.Date.subtract(until, days=OVERDUE_DAYS)
        quiet = fields.Datetime.subtract(
            fields.Datetime.now(), days=company.nps_quiet_days
        )
        branches = (
            self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        )
        delivered = company.nps_trigger == "delivery" and "stock.picking" in self.env
        documents = self._deliveries(company) if delivered else self._invoices()
        return [
            dict(
                zip(
                    ("document", "document_name", "company_id", "user_id")
                    + ("partner_id", "contact_id"),
                    row,
                    strict=True,
                )
            )
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT document, document_name, company_id, user_id, partner_id,
                        contact_id
                    FROM (
                        SELECT DISTINCT ON (contact.commercial_partner_id)
                            item.document, item.document_name, item.company_id,
                            coalesce(item.user_id, customer.user_id) AS user_id,
                            customer.id AS partner_id,
                            reach.id AS contact_id, item.day
                        FROM (%(documents)s) item
                        JOIN res_partner contact ON contact.id = item.partner_id
                        JOIN res_partner customer
                            ON customer.id = contact.commercial_partner_id
                        CROSS JOIN LATERAL (
                            SELECT CASE WHEN contact.active
                                        AND contact.email_normalized IS NOT NULL
                                    THEN contact.id ELSE customer.id END AS id,
                                CASE WHEN contact.active
                                    THEN coalesce(contact.email_normalized,
                                        customer.email_normalized)
                                    ELSE customer.email_normalized END AS email
                        ) reach
                        WHERE item.company_id = ANY(%(companies)s)
                            AND item.day BETWEEN %(since)s AND %(until)s
                            AND customer.active
                            AND reach.email IS NOT NULL
                            AND NOT EXISTS (
                                SELECT FROM mail_blacklist black
                                WHERE black.active AND black.email = reach.email)
                            AND NOT EXISTS (
                                SELECT FROM crm_customer_nps asked
                                WHERE asked.document = item.document)
                            AND NOT EXISTS (
                                SELECT FROM crm_customer_nps asked
                                JOIN res_partner before
                                    ON before.id = asked.partner_id
                                WHERE before.commercial_partner_id = customer.id
                                    AND asked.sent_at > %(quiet)s)
                            AND %(sample)s
                        ORDER BY contact.commercial_partner_id, item.day DESC,
                            item.document DESC
                    ) due
                    ORDER BY day, document
                    LIMIT %(limit)s
                    """,
                    documents=documents,
                    companies=branches.ids,
                    since=max(since, company.nps_since or until),
                    until=until,
                    quiet=quiet,
                    sample=self._nps_sample(SQL("item.document"), company.nps_rate),
                    limit=company.nps_limit,
                )
            )
        ]

    def _nps_sample(self, document, rate):
        """Return the condition that a document is among the percent asked about.

        The same document always gives the same answer.

        :param document: SQL of ``<model>,<id>``
        :param rate: percent
        """
        return SQL(
            "('x' || substr(md5(%s), 1, 8))::bit(32)::bigint %% 100 < %s",
            document,
            rate,
        )

    def _invoices(self):
        """Return the query of the purchases invoiced; what was undone is none."""
        return SQL(
            """
            SELECT 'account.move,' || id AS document, name AS document_name,
                company_id, partner_id, invoice_user_id AS user_id,
                invoice_date AS day
            FROM account_move
            WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt')
                AND payment_state IS DISTINCT FROM 'reversed'
            """
        )

    def _deliveries(self, company):
        """Return the query of what customers received, by the day of the company.

        Customer and salesperson are the order's, where deliveries know their orders:
        the goods may go to another company.
        """
        partner, user, order = SQL("picking.partner_id"), SQL("NULL::int"), SQL()
        if "sale_id" in self.env["stock.picking"]._fields:
            partner = SQL("coalesce(sale.partner_id, picking.partner_id)")
            user = SQL("sale.user_id")
            order = SQL("LEFT JOIN sale_order sale ON sale.id = picking.sale_id")
        return SQL(
            """
            SELECT 'stock.picking,' || picking.id AS document,
                picking.name AS document_name, picking.company_id,
                %(partner)s AS partner_id, %(user)s AS user_id,
                (picking.date_done AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day
            FROM stock_picking picking
            JOIN stock_location place
                ON place.id = picking.location_dest_id AND place.usage = 'customer'
            %(order)s
            WHERE picking.state = 'done'
            """,
            partner=partner,
            user=user,
            order=order,
            tz=company._customer_timezone().zone,
        )
