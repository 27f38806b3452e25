import logging

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, formatLang

from odoo.addons.crm_customer360.isolation import isolated

_logger = logging.getLogger(__name__)

# Notices sent between two commits.
CHUNK = 100


class LoyaltyTierNotice(models.Model):
    """A notice that a tier will be lost, with what was missing then; one a period."""

    _name = "loyalty.tier.notice"
    _description = "Notice before a Tier is Lost"
    _rec_name = "partner_id"
    _order = "id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The tier that will be lost.",
    )
    date = fields.Date(required=True, readonly=True, help="Day of the notice.")
    until = fields.Date(
        string="Period Ends",
        required=True,
        readonly=True,
        help="Last day of the period; what counts must be invoiced by then.",
    )
    last = fields.Date(
        string="Lost After",
        readonly=True,
        help="Last day on which the tier is kept, the days of grace included.",
    )
    missing = fields.Float(
        string="Missing, Figure",
        digits=(16, 2),
        readonly=True,
        help="What the customer had still to bring, in the unit of the measure.",
    )
    missing_words = fields.Char(
        string="Missing",
        compute="_compute_missing_words",
        help="The same with its unit, for mails.",
    )
    kind = fields.Selection(
        selection=[("activity", "Activity"), ("mail", "Mail to the customer")],
        required=True,
        readonly=True,
        help="How it was told, and to whom.",
    )

    _once = models.UniqueIndex("(partner_id, company_id, until)")

    @api.depends("missing", "tier_id")
    @api.depends_context("lang")
    def _compute_missing_words(self):
        for notice in self:
            program = notice.tier_id.sudo().program_id
            notice.missing_words = program._tier_amount(
                notice.missing, notice.company_id.sudo().currency_id
            )

    def _due(self):
        """Return to whom a notice is due, see ``tools/tiers.py``, `notice`.

        A tier given by hand is above the rules: nobody is told of it.

        :return: list of dicts with the fields of a notice
        """
        customers = self.env["crm.customer"].sudo()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH %(standings)s
                SELECT * FROM (
                    SELECT member.partner_id, member.root_id AS company_id,
                        tier.id AS tier_id, member.today AS date,
                        member.old_until AS until,
                        member.old_until + member.grace AS last,
                        settings.tier_notice AS kind, settings.tier_notice_days AS days,
                        tier.threshold - CASE
                            WHEN member.today > member.old_until
                                THEN greatest(member.now, member.ended)
                            -- Some of the last months will not count any more then.
                            WHEN member.kind = 'rolling' THEN member.ended
                            ELSE member.now END AS missing
                    FROM member
                    JOIN loyalty_program settings ON settings.id = member.id
                    JOIN res_partner partner ON partner.id = member.partner_id
                        AND partner.active
                    JOIN tier ON tier.program_id = member.id
                        AND tier.level = member.old_level
                    WHERE member.old_level > 0 AND member.joined IS NOT NULL
                        AND member.old_manual_id IS NULL
                        AND settings.tier_notice IN ('activity', 'mail')
                ) notice
                WHERE missing > 0 AND date BETWEEN until - (days - 1) AND last
                    AND NOT EXISTS (
                        SELECT FROM loyalty_tier_notice sent
                        WHERE sent.partner_id = notice.partner_id
                            AND sent.company_id = notice.company_id
                            AND sent.until = notice.until)
                ORDER BY partner_id
                """,
                standings=customers._tier_standings(
                    customers._company_rows(),
                    customers._tier_programs(),
                    customers._tier_levels(),
                    customers._tier_members(),
                ),
            )
        )
        rows = self.env.cr.dictfetchall()
        for row in rows:
            del row["days"]
        return rows

    @api.model
    def _send_due(self, due=None):
        """Tell those to whom it is due; commits nothing. Who fails is logged.

        :param due: some of `_due`; all of them when None
        :return: ``(done, failed)``: numbers
        """
        done = failed = 0
        for values in self._due() if due is None else due:
            with isolated(
                self.env, _logger, "No notice for contact %s", values["partner_id"]
            ) as part:
                self.sudo().create(values)._send()
            if part.error:
                failed += 1
            else:
                done += 1
        return done, failed

    def _send(self):
        """Send the mail, or plan the activity of the salesperson."""
        self.ensure_one()
        program = self.tier_id.program_id
        partner = self.partner_id
        if self.kind == "mail" and partner.email and not partner.is_blacklisted:
            template = program.tier_notice_template_id or self.env.ref(
                "crm_loyalty.mail_template_tier_notice"
            )
            template.send_mail(self.id)
            return
        self.kind = "activity"
        user = self._responsible()
        words = self.with_context(lang=user.lang)
        partner.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=self.until if self.until >= self.date else self.last,
            user_id=user.id,
            summary=words.env._(
                "%(tier)s is lost after %(last)s: %(missing)s missing",
                tier=words.tier_id.name,
                last=format_date(words.env, self.last),
                missing=words.missing_words,
            ),
        )

    def _responsible(self):
        """Return who is to call: the salesperson, else who made the program, else a
        sales manager of the company; those who have left are passed over."""
        self.ensure_one()
        managers = self.env.ref("sales_team.group_sale_manager").all_user_ids
        users = self.partner_id.user_id + self.tier_id.program_id.create_uid
        users += managers.filtered(lambda user: self.company_id in user.company_ids)
        return users.filtered(lambda user: user.active and not user.share)[:1]

    @api.model
    def _cron_send(self):
        """Tell in chunks, one commit a chunk; who fails is tried again tomorrow.

        A run that is out of time begins again with those who failed, so it goes on
        until somebody behind them was told.
        """
        due = self._due()
        told = 0
        for start in range(0, len(due), CHUNK):
            chunk = due[start : start + CHUNK]
            told += self._send_due(chunk)[0]
            left = self.env["ir.cron"]._commit_progress(
                len(chunk), remaining=len(due) - start - len(chunk)
            )
            if not left and told:
                return


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    tier_notice = fields.Selection(
        selection=[
            ("none", "Nobody is told"),
            ("activity", "An activity for the salesperson"),
            ("mail", "A mail to the customer"),
        ],
        string="Before a Tier is Lost",
        default="none",
        required=True,
        help="Once per period and customer. A customer without a mail address, or on "
        "the blacklist, becomes an activity.",
    )
    tier_notice_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Mail of the Notice",
        domain="[('model', '=', 'loyalty.tier.notice')]",
        ondelete="set null",
        help="Empty: the ready-made one.",
    )

    def _tier_amount(self, amount, currency):
        """Return an amount of the measure in words, with its unit."""
        if self.tier_measure == "spend":
            return format_amount(self.env, amount, currency)
        number = formatLang(self.env, amount, digits=0 if amount == int(amount) else 2)
        if self.tier_measure == "orders":
            if amount == 1:
                return self.env._("%s purchase", number)
            return self.env._("%s purchases", number)
        if amount == 1:
            return self.env._("%s point", number)
        return self.env._("%s points", number)


class CrmCustomer(models.Model):
    _inherit = "crm.customer"

    def _tier_reasons(self, totals):
        """Add that the customer, or the salesperson, was told of the loss."""
        reasons = super()._tier_reasons(totals)
        notice = (
            self.env["loyalty.tier.notice"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.sudo().root_id.id),
                    ("until", "=", self.tier_until),
                ],
                limit=1,
            )
        )
        if notice:
            reasons.append({"code": "told", "level": "muted", "day": notice.date})
        return reasons

    def _tier_words_told(self, reason):
        return self.env._("Notice was given on %s.", self._tier_day(reason["day"]))
