import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from odoo.addons.crm_customer360.isolation import isolated

_logger = logging.getLogger(__name__)

OCCASIONS = [
    ("winback", "Win-back"),
    ("anniversary", "Anniversary of the first purchase"),
    ("birthday", "Birthday"),
]
REASONS = [
    ("email", "No e-mail address"),
    ("blacklist", "On the blacklist"),
    ("error", "The coupon could not be made"),
]
# Why `partner` cannot be sent a mail, NULL: it can.
UNREACHABLE = SQL("""CASE WHEN partner.email_normalized IS NULL THEN 'email'
    WHEN EXISTS (SELECT FROM mail_blacklist black WHERE black.active
        AND black.email = partner.email_normalized) THEN 'blacklist' END""")
STATES = [("sent", "Sent"), ("waiting", "Waiting"), ("skipped", "Not sent")]
# So many are sent in one go, since every mail may carry a PDF that takes a second.
BATCH = 10


class CrmLoyaltyCoupon(models.Model):
    """Coupons sent for an occasion, and who could not be sent one: a ledger.

    One row per customer, root company, occasion and year: a coupon is sent once a year
    and occasion, whatever happens. The coupon itself is a native card, sent by the
    mail of its program. A birthday is the person's, the other occasions the
    commercial partner's.
    """

    _name = "crm.loyalty.coupon"
    _description = "Coupon for an Occasion"
    _rec_name = "partner_id"
    _order = "date desc, id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    occasion = fields.Selection(selection=OCCASIONS, required=True, readonly=True)
    year = fields.Integer(
        required=True, readonly=True, aggregator=None, help="Year of the occasion."
    )
    date = fields.Date(required=True, readonly=True, help="When it was sent.")
    state = fields.Selection(
        selection=STATES,
        required=True,
        readonly=True,
        help="Waiting: sent in a few minutes, as there were many at once.",
    )
    reason = fields.Selection(
        selection=REASONS, readonly=True, help="Why nothing was sent."
    )
    card_id = fields.Many2one(
        comodel_name="loyalty.card",
        string="Coupon",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _once = models.UniqueIndex(
        "(partner_id, company_id, occasion, year)",
        "A customer gets one coupon a year for an occasion.",
    )

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    @api.model
    def _send_by_hand(self, partners, root, occasion):
        """Send these customers a coupon of the company's program for the occasion.

        Of many, most are left to the cron, so that nobody waits for their mails.

        :return: ``{"sent", "skipped", "again", "waiting"}``, numbers of customers: with
            coupon, not to be reached, who had one in the last twelve months, and who
            get theirs from the cron
        """
        program = root.sudo()._occasion_program(occasion)
        if not program:
            raise UserError(
                self.env._(
                    "%s has no coupon program for this that can be used today: choose "
                    "one under Configuration, Settings, Loyalty Coupons, or look at "
                    "the dates, the limit of usages and the mail of the program.",
                    root.name,
                )
            )
        today = root.sudo()._customer_today()
        coupons = self.sudo()
        partners = partners.sudo().filtered("active")
        had = coupons.search(
            Domain("partner_id", "in", partners.ids)
            & Domain("company_id", "=", root.id)
            & Domain("occasion", "=", occasion)
            & Domain("state", "!=", "skipped")
            & Domain("date", ">", today - relativedelta(years=1))
        ).partner_id
        left = partners - had
        blocked = left.browse(coupons._unreachable(left.ids))
        now = blocked + (left - blocked)[:BATCH]
        result = coupons._send(
            [(partner.id, today.year) for partner in now], root, occasion
        )
        waiting = coupons._leave((left - now).ids, root, occasion, today)
        return {**result, "again": len(had), "waiting": waiting}

    def _leave(self, partner_ids, root, occasion, day):
        """Leave coupons to the cron, which is woken; return how many."""
        if not partner_ids:
            return 0
        rows = self._rows_of(partner_ids, root, occasion)
        for partner_id in partner_ids:
            row = rows.get((partner_id, day.year), self.browse())
            row._keep(self._vals(partner_id, root, occasion, day.year, day), "waiting")
        cron = self.env.ref("crm_loyalty.ir_cron_coupon", raise_if_not_found=False)
        if cron:
            cron._trigger()
        return len(partner_ids)

    def _rows_of(self, partner_ids, root, occasion):
        """Return what the ledger has of customers: ``{(partner id, year): row}``."""
        rows = self.search(
            Domain("company_id", "=", root.id)
            & Domain("occasion", "=", occasion)
            & Domain("partner_id", "in", list(partner_ids))
        )
        return {(row.partner_id.id, row.year): row for row in rows}

    def _vals(self, partner_id, root, occasion, year, day):
        return {
            "partner_id": partner_id,
            "company_id": root.id,
            "occasion": occasion,
            "year": year,
            "date": day,
        }

    def _send(self, due, root, occasion):
        """Send coupons, each in a savepoint of its own; commit nothing.

        :param due: sequence of ``(partner id, year of the occasion)``
        :return: ``{"sent", "skipped"}``, numbers of customers
        """
        program = root._occasion_program(occasion)
        today = root._customer_today()
        result = {"sent": 0, "skipped": 0}
        partner_ids = [partner_id for partner_id, _year in due]
        blocked = self._unreachable(partner_ids)
        rows = self._rows_of(partner_ids, root, occasion)
        for partner_id, year in due:
            row = rows.get((partner_id, year), self.browse())
            if row.state == "sent":
                continue
            vals = self._vals(partner_id, root, occasion, year, today)
            words = ("No %s coupon for the customer %s", occasion, partner_id)
            reason = blocked.get(partner_id, False)
            with isolated(self.env, _logger, *words) as part:
                card = self.env["loyalty.card"]
                if not reason:
                    card = self._make_card(program, partner_id, root, today)
                row._keep(vals, "skipped" if reason else "sent", reason, card)
            if part.error:
                reason = "error"
                with isolated(self.env, _logger, *words):
                    row._keep(vals, "skipped", reason)
            result["skipped" if reason else "sent"] += 1
        return result

    def _keep(self, vals, state, reason=False, card=None):
        """Write what became of a coupon, in this row or, where it is empty, a new one.

        :param reason: why nothing was sent
        """
        vals = {**vals, "state": state, "reason": reason, "card_id": card and card.id}
        if not self:
            self.create(vals)
        elif (self.state, self.reason) != (state, reason):
            self.write(vals)

    def _unreachable(self, partner_ids):
        """Return who cannot be sent a mail: ``{partner id: reason}``."""
        self.env["res.partner"].flush_model(["email_normalized"])
        self.env["mail.blacklist"].flush_model(["email", "active"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT partner.id, %(reason)s FROM res_partner partner
                    WHERE partner.id = ANY(%(partners)s) AND %(reason)s IS NOT NULL
                    """,
                    reason=UNREACHABLE,
                    partners=list(partner_ids),
                )
            )
        )

    def _make_card(self, program, partner_id, root, today):
        """Make a native coupon; the program's own mail goes out with it.

        It expires after the days of the settings, or earlier with its program.
        """
        points = max(1, min(program.reward_ids.mapped("required_points"), default=1))
        days = root.loyalty_coupon_days
        ends = [days and today + relativedelta(days=days), program.date_to]
        card = (
            self.env["loyalty.card"]
            .with_company(root)
            .create(
                {
                    "program_id": program.id,
                    "partner_id": partner_id,
                    "points": points,
                    "expiration_date": min(filter(None, ends), default=False),
                }
            )
        )
        self.env["loyalty.history"].create(
            {
                "card_id": card.id,
                "issued": points,
                "description": self.env._("Coupon for an occasion"),
            }
        )
        return card

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _automatic(self):
        """Return what is sent by itself: list of ``(root company, occasion)``."""
        return [
            (company, occasion)
            for company, occasion in self._usable()
            if company[f"loyalty_{occasion}_auto"]
        ]

    @api.model
    def _usable(self):
        """Return what can be sent today: list of ``(root company, occasion)``."""
        return [
            (company, occasion)
            for company in self.env["res.company"].search([("parent_id", "=", False)])
            for occasion, _label in OCCASIONS
            if company._occasion_program(occasion)
        ]

    def _waiting(self, root, occasion):
        """Return what was left to the cron: list of ``(partner id, year)``."""
        rows = self.search(
            Domain("company_id", "=", root.id)
            & Domain("occasion", "=", occasion)
            & Domain("state", "=", "waiting"),
            order="id",
        )
        return [(row.partner_id.id, row.year) for row in rows]

    def _left_today(self, root, occasion):
        """Return who is due, up to the company's limit of a day, see `_due`."""
        sent = self.search_count(
            Domain("company_id", "=", root.id)
            & Domain("occasion", "=", occasion)
            & Domain("state", "!=", "skipped")
            & Domain("date", "=", root._customer_today())
        )
        return self._due(root, occasion, max(0, root.loyalty_coupon_cap - sent))

    @api.model
    def _run(self, root, occasion):
        """Send what is due, up to the company's limit of a day; commit nothing."""
        return self._send(self._left_today(root, occasion), root, occasion)

    @api.model
    def _batches(self):
        """Return what the cron sends: list of ``(root company, occasion, due)``."""
        automatic = self._automatic()
        batches = []
        for root, occasion in self._usable():
            due = self._waiting(root, occasion)
            if (root, occasion) in automatic:
                with isolated(
                    self.env, _logger, "%s: no %s coupons", root.name, occasion
                ):
                    due += self._left_today(root, occasion)
            batches += [(root, occasion, part) for part in split_every(BATCH, due)]
        return batches

    @api.model
    def _cron_send(self):
        """Send a batch after the other; one that fails stops no other."""
        batches = self._batches()
        for done, (root, occasion, due) in enumerate(batches, 1):
            with isolated(self.env, _logger, "%s: no %s coupons", root.name, occasion):
                result = self._send(due, root, occasion)
                _logger.info("%s, %s coupons: %s", root.name, occasion, result)
            left = len(batches) - done
            if not self.env["ir.cron"]._commit_progress(1, remaining=left):
                break
