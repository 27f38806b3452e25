from odoo import api, fields, models
from odoo.exceptions import UserError

NPS_CLASSES = [
    ("promoter", "Promoter"),
    ("passive", "Passive"),
    ("detractor", "Detractor"),
]


def nps_class(score):
    """Return the class of a score of 0 to 10."""
    if score >= 9:
        return "promoter"
    return "passive" if score >= 7 else "detractor"


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

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """The mail that asks has the link to answer by: only root reads it."""
        return dict.fromkeys(self, "write")

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
        """Return what a customer was asked by its token, as root.

        Nothing when it is another's token, or the customer was erased.
        """
        if not token:
            return self.sudo().browse()
        return self.sudo().search(
            [("input_id.access_token", "=", token), ("partner_id", "!=", False)],
            limit=1,
        )

    def _is_open(self):
        """Return whether an answer can be given, or changed: natively so, too."""
        self.ensure_one()
        deadline = self.input_id.deadline
        scale, _text = self._questions()
        return bool(scale) and not (deadline and deadline < fields.Datetime.now())

    def _questions(self):
        """Return the questions of score and comment of the survey answered."""
        questions = self.input_id.survey_id.question_ids
        scale = questions.filtered(lambda item: item.question_type == "scale")
        text = questions.filtered(lambda item: item.question_type == "text_box")
        return scale[:1], text[:1]

    def _answer(self, score, comment=""):
        """Keep an answer, or a changed one, in the native survey.

        :param score: int, 0 to 10
        :raise UserError: when it is none, or too late
        """
        self.ensure_one()
        if not self._is_open():
            raise UserError(self.env._("The time to answer is over."))
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
        """Copy score and comment from the survey; a detractor becomes a complaint.

        What is sent once more, as by a button pressed twice, changes nothing.
        """
        answered = self.browse()
        for nps in self:
            scale, text = nps._questions()
            lines = nps.input_id.user_input_line_ids.filtered(
                lambda line: not line.skipped
            )
            score = lines.filtered(lambda line, scale=scale: line.question_id == scale)
            if not score:
                continue
            comment = lines.filtered(lambda line, text=text: line.question_id == text)
            answer = {
                "score": score[:1].value_scale,
                "comment": comment[:1].value_text_box or False,
            }
            if nps.answered_at and all(nps[name] == answer[name] for name in answer):
                continue
            nps.write({**answer, "answered_at": fields.Datetime.now()})
            answered += nps
        self.env["crm.customer.complaint"]._of_customers()._from_answers(answered)

    def _mail_headers(self):
        """Return headers by which the mail program offers to unsubscribe."""
        self.ensure_one()
        return {
            "List-Unsubscribe": f"<{self.sudo().answer_url}/unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Auto-Response-Suppress": "OOF",
        }

    def _forget_mails(self):
        """Nobody is asked any more by a mail that is not sent yet, or was not sent."""
        of_them = [("model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.message"].sudo().search(of_them).unlink()

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


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        """An answer may be given on the native page of the survey, too."""
        result = super()._mark_done()
        asked = self.env["crm.customer.nps"].sudo()
        asked.search(
            [("input_id", "in", self.ids), ("partner_id", "!=", False)]
        )._take_answer()
        return result

    def _forget_person(self, words):
        """Cut the link to who answered.

        :param words: whether what was written goes, too
        """
        self.write({"partner_id": False, "email": False, "nickname": False})
        if words:
            self.message_ids.unlink()
            self.user_input_line_ids.filtered(
                lambda line: line.answer_type in ("text_box", "char_box")
            ).unlink()
