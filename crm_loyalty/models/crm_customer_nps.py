import logging
from hashlib import md5

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import isolated

_logger = logging.getLogger(__name__)

NPS_CLASSES = [
    ("promoter", "Promoter"),
    ("passive", "Passive"),
    ("detractor", "Detractor"),
]

# Documents older than this, beyond the delay, are not asked about any more.
OVERDUE_DAYS = 14


def nps_class(score):
    """Return the class of a score of 0 to 10."""
    if score >= 9:
        return "promoter"
    return "passive" if score >= 7 else "detractor"


def sampled(document, rate):
    """Return whether a document is among the `rate` percent that are asked about.

    The same document always gives the same answer. `_nps_sample` has it in SQL.

    :param document: ``<model>,<id>``
    """
    digest = md5(document.encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 100 < rate


class CrmCustomerNps(models.Model):
    """A customer asked whether it would recommend us, and what it answered.

    The answer itself is native: a `survey.user_input`, whose token is in the mail. Here
    is what it was asked about, and the score once it is given (`_take_answer`).
    """

    _name = "crm.customer.nps"
    _description = "Recommendation Asked"
    _rec_name = "partner_id"
    _order = "sent_at desc, id desc"
    _inherit = "crm.customer.document.mixin"
    _customer_fields = frozenset({"score", "answered_at", "partner_id"})

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Empty: a customer whose personal data was erased.",
    )
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        ondelete="set null",
        help="Who was asked.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Salesperson of the document that was asked about.",
    )
    document = fields.Char(
        readonly=True, help="Technical: model and id of what was asked about."
    )
    document_name = fields.Char(
        string="Asked about", readonly=True, help="Invoice or delivery."
    )
    sent_at = fields.Datetime(string="Asked On", readonly=True, index=True)
    input_id = fields.Many2one(
        comodel_name="survey.user_input",
        string="Survey Answer",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    answer_url = fields.Char(
        compute="_compute_answer_url",
        groups="base.group_system",
        help="Link in the mail: whoever has it can answer.",
    )
    answered_at = fields.Datetime(string="Answered On", readonly=True)
    score = fields.Integer(
        readonly=True,
        aggregator=None,
        help="0 to 10: how likely the customer is to recommend us.",
    )
    nps_class = fields.Selection(
        selection=NPS_CLASSES,
        string="Answer",
        compute="_compute_nps_class",
        store=True,
        help="Promoter: 9 or 10. Passive: 7 or 8. Detractor: 0 to 6.",
    )
    comment = fields.Text(readonly=True)

    _document_unique = models.UniqueIndex(
        "(document) WHERE document IS NOT NULL", "A document is asked about once."
    )
    _answered_idx = models.Index(
        "(partner_id, company_id, answered_at) WHERE answered_at IS NOT NULL"
    )

    @api.depends("score", "answered_at")
    def _compute_nps_class(self):
        for nps in self:
            nps.nps_class = nps.answered_at and nps_class(nps.score)

    @api.depends("input_id")
    def _compute_answer_url(self):
        for nps in self:
            token = nps.sudo().input_id.access_token
            nps.answer_url = (
                f"{nps.company_id.get_base_url()}/loyalty/answer/{token}"
                if token
                else False
            )

    # ------------------------------------------------------------------
    # Answer
    # ------------------------------------------------------------------

    @api.model
    def _survey(self):
        """Return the survey, or an empty recordset when it was deleted."""
        survey = self.env.ref("crm_loyalty.survey_nps", raise_if_not_found=False)
        return (survey or self.env["survey.survey"]).sudo()

    @api.model
    def _by_token(self, token):
        """Return what a customer was asked by its token, as root."""
        if not token:
            return self.sudo().browse()
        return self.sudo().search([("input_id.access_token", "=", token)], limit=1)

    def _questions(self):
        """Return the questions of score and comment of the survey answered."""
        questions = self.input_id.survey_id.question_ids
        scale = questions.filtered(lambda item: item.question_type == "scale")
        text = questions.filtered(lambda item: item.question_type == "text_box")
        return scale[:1], text[:1]

    def _answer(self, score, comment=""):
        """Keep an answer, or a changed one, in the native survey.

        :param score: int, 0 to 10
        :raise UserError: when it is none
        """
        self.ensure_one()
        if score not in range(11):
            raise UserError(self.env._("Choose a number from 0 to 10."))
        scale, text = self._questions()
        # Natively the number 0 passes for no answer; the text "0" does not.
        self.input_id._save_lines(scale, str(score))
        comment = (comment or "").strip()
        if text:
            lines = self.input_id.user_input_line_ids
            lines.filtered(lambda line: line.question_id == text).unlink()
            if comment:
                self.input_id._save_lines(text, comment)
        self.input_id._mark_done()

    def _take_answer(self):
        """Copy score and comment from the survey; a detractor becomes a complaint."""
        for nps in self:
            scale, text = nps._questions()
            lines = nps.input_id.user_input_line_ids.filtered(
                lambda line: not line.skipped
            )
            score = lines.filtered(lambda line, scale=scale: line.question_id == scale)
            if not score:
                continue
            comment = lines.filtered(lambda line, text=text: line.question_id == text)
            nps.write(
                {
                    "score": score[:1].value_scale,
                    "comment": comment[:1].value_text_box or False,
                    "answered_at": fields.Datetime.now(),
                }
            )
        detractors = self.filtered(lambda nps: nps.nps_class == "detractor")
        self.env["crm.customer.complaint"]._from_answers(detractors)

    def _object(self):
        """The customer wants no more mails: its address is put on the native list."""
        self.ensure_one()
        contact = self.sudo().contact_id or self.sudo().partner_id
        email = contact.email_normalized
        if email:
            self.env["mail.blacklist"].sudo()._add(
                email,
                message=self.env._("By the page of the recommendation"),
            )

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

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
        if companies and not self._survey().active:
            _logger.warning("The survey of the recommendation is gone: nobody is asked")
            return 0
        asked = 0
        for company in companies:
            for values in self._due(company):
                with isolated(
                    self.env, _logger, "Not asked about %s", values["document"]
                ) as part:
                    self._ask(values)
                asked += not part.error
        return asked

    def _ask(self, values):
        """Ask one customer, by a mail that is sent by the queue.

        :param values: see `_due`
        """
        contact = self.env["res.partner"].sudo().browse(values["contact_id"])
        answer = self._survey()._create_answer(partner=contact, check_attempts=False)
        nps = self.sudo().create(
            {**values, "input_id": answer.id, "sent_at": fields.Datetime.now()}
        )
        template = self.env.ref("crm_loyalty.mail_template_nps").sudo()
        template.send_mail(nps.id, email_layout_xmlid="mail.mail_notification_light")
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
                            CASE WHEN contact.email_normalized IS NULL
                                THEN customer.id ELSE contact.id END AS contact_id,
                            item.day
                        FROM (%(documents)s) item
                        JOIN res_partner contact ON contact.id = item.partner_id
                        JOIN res_partner customer
                            ON customer.id = contact.commercial_partner_id
                        WHERE item.company_id = ANY(%(companies)s)
                            AND item.day BETWEEN %(since)s AND %(until)s
                            AND customer.active
                            AND coalesce(contact.email_normalized,
                                customer.email_normalized) IS NOT NULL
                            AND NOT EXISTS (
                                SELECT FROM mail_blacklist black
                                WHERE black.active AND black.email = coalesce(
                                    contact.email_normalized,
                                    customer.email_normalized))
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
        """Return the condition that a document is asked about; see `sampled`."""
        return SQL(
            "('x' || substr(md5(%s), 1, 8))::bit(32)::bigint %% 100 < %s",
            document,
            rate,
        )

    def _invoices(self):
        """Return the query of the invoices posted."""
        return SQL(
            """
            SELECT 'account.move,' || id AS document, name AS document_name,
                company_id, partner_id, invoice_user_id AS user_id,
                invoice_date AS day
            FROM account_move
            WHERE state = 'posted' AND move_type = 'out_invoice'
            """
        )

    def _deliveries(self, company):
        """Return the query of the deliveries done, by the day of the company.

        The salesperson is the order's, where deliveries know their orders.
        """
        user, order = SQL("NULL::int"), SQL()
        if "sale_id" in self.env["stock.picking"]._fields:
            user = SQL("sale.user_id")
            order = SQL("LEFT JOIN sale_order sale ON sale.id = picking.sale_id")
        return SQL(
            """
            SELECT 'stock.picking,' || picking.id AS document,
                picking.name AS document_name, picking.company_id,
                picking.partner_id, %(user)s AS user_id,
                (picking.date_done AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day
            FROM stock_picking picking
            JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
            %(order)s
            WHERE picking.state = 'done' AND kind.code = 'outgoing'
            """,
            user=user,
            order=order,
            tz=company._customer_timezone().zone,
        )


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        """An answer may be given on the native page of the survey, too."""
        result = super()._mark_done()
        asked = self.env["crm.customer.nps"].sudo()
        asked.search([("input_id", "in", self.ids)])._take_answer()
        return result
