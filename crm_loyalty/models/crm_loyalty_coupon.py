import logging

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

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
# A day that was missed, because nothing ran, is caught up with for so long.
LATE_DAYS = 7


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
        selection=[("sent", "Sent"), ("skipped", "Not sent")],
        required=True,
        readonly=True,
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

        :return: ``{"sent", "skipped", "again"}``, numbers of customers: with coupon,
            not to be reached, and who had one in the last twelve months
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
            & Domain("state", "=", "sent")
            & Domain("date", ">", today - relativedelta(years=1))
        ).partner_id
        due = [(partner.id, today.year) for partner in partners - had]
        result = coupons._send(due, root, occasion)
        return {**result, "again": len(had)}

    def _send(self, due, root, occasion):
        """Send coupons, each in a savepoint of its own; commit nothing.

        :param due: list of ``(partner id, year of the occasion)``
        :return: ``{"sent", "skipped"}``, numbers of customers
        """
        program = root._occasion_program(occasion)
        today = root._customer_today()
        result = {"sent": 0, "skipped": 0}
        blocked = self._unreachable([partner_id for partner_id, _year in due])
        rows = {
            (row.partner_id.id, row.year): row
            for row in self.search(
                Domain("company_id", "=", root.id)
                & Domain("occasion", "=", occasion)
                & Domain("partner_id", "in", [partner_id for partner_id, _year in due])
            )
        }
        for partner_id, year in due:
            row = rows.get((partner_id, year), self.browse())
            if row.state == "sent":
                continue
            vals = {
                "partner_id": partner_id,
                "company_id": root.id,
                "occasion": occasion,
                "year": year,
                "date": today,
            }
            words = ("No %s coupon for the customer %s", occasion, partner_id)
            reason = blocked.get(partner_id, False)
            with isolated(self.env, _logger, *words) as part:
                card = self.env["loyalty.card"]
                if not reason:
                    card = self._make_card(program, partner_id, root, today)
                row._keep(vals, reason, card)
            if part.error:
                reason = "error"
                with isolated(self.env, _logger, *words):
                    row._keep(vals, reason)
            result["skipped" if reason else "sent"] += 1
        return result

    def _keep(self, vals, reason, card=None):
        """Write what became of a coupon, in this row or, where it is empty, a new one.

        :param reason: why nothing was sent, False: `card` was
        """
        state = "skipped" if reason else "sent"
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
    # Who is due
    # ------------------------------------------------------------------

    @api.model
    def _due(self, root, occasion, limit):
        """Return who is due a coupon, the first `limit` of those who can be reached.

        Whoever could not be given one before comes last. Those who cannot be reached
        come too, as far as the ledger has no row of them.

        :return: list of ``(partner id, year of the occasion)``
        """
        self.env.flush_all()
        today = root._customer_today()
        values = {
            "root": root.id,
            "today": today,
            "occasion": occasion,
            "minimum": root.loyalty_coupon_minimum,
            "family": SQL(
                "SELECT id FROM res_company WHERE parent_path LIKE %s",
                f"{root.parent_path}%",
            ),
        }
        candidates = (
            self._due_winback(values)
            if occasion == "winback"
            else self._due_yearly(values, birthday=occasion == "birthday")
        )
        return self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT candidate.*, %(reason)s IS NOT NULL AS blocked
                    FROM (%(candidates)s) candidate
                    JOIN res_partner partner ON partner.id = candidate.partner_id
                    WHERE partner.active AND NOT EXISTS (
                        SELECT FROM crm_loyalty_coupon old
                        WHERE old.partner_id = candidate.partner_id
                            AND old.company_id = %(root)s
                            AND old.occasion = %(occasion)s AND old.state = 'sent'
                            AND (old.year = candidate.year OR %(winback)s
                                AND old.date > %(today)s::date - interval '1 year'))
                )
                (SELECT partner_id, year FROM due WHERE NOT blocked
                ORDER BY EXISTS (
                    SELECT FROM crm_loyalty_coupon old
                    WHERE old.partner_id = due.partner_id AND old.year = due.year
                        AND old.company_id = %(root)s AND old.occasion = %(occasion)s
                        AND old.reason = 'error'
                ), worth DESC, partner_id LIMIT %(limit)s)
                UNION ALL
                SELECT partner_id, year FROM due
                WHERE blocked AND NOT EXISTS (
                    SELECT FROM crm_loyalty_coupon old
                    WHERE old.partner_id = due.partner_id AND old.year = due.year
                        AND old.company_id = %(root)s AND old.occasion = %(occasion)s)
                """,
                candidates=candidates,
                reason=UNREACHABLE,
                limit=limit,
                winback=occasion == "winback",
                **{name: values[name] for name in ("root", "occasion", "today")},
            )
        )

    def _spent_sql(self, values):
        """Return the query of what customers bought, ever, from the whole company."""
        return SQL(
            """
            SELECT partner_id, sum(revenue_total) AS worth,
                min(first_purchase_date) AS first_date
            FROM crm_customer WHERE company_id IN (%(family)s)
            GROUP BY partner_id
            HAVING min(first_purchase_date) IS NOT NULL
                AND coalesce(sum(revenue_total), 0) >= %(minimum)s
            """,
            family=values["family"],
            minimum=values["minimum"],
        )

    def _due_winback(self, values):
        """Return the query of those worth winning back, who spent the minimum."""
        return SQL(
            """
            SELECT silent.partner_id,
                extract(year FROM %(today)s::date)::int AS year,
                silent.expected_revenue AS worth
            FROM (%(silent)s) silent
            JOIN (%(spent)s) spent ON spent.partner_id = silent.partner_id
            WHERE silent.company_id IN (%(family)s) AND silent.expected_revenue > 0
            """,
            silent=self.env["crm.loyalty.winback"]._table_query,
            spent=self._spent_sql(values),
            today=values["today"],
            family=values["family"],
        )

    def _due_yearly(self, values, birthday=False):
        """Return the query of those whose day was within the last week.

        29 February is kept on the 28th where the year has no 29th.
        """
        if birthday:
            dates = SQL(
                """
                SELECT partner.id AS partner_id, spent.worth,
                    partner.loyalty_birthday AS day
                FROM res_partner partner
                JOIN (%s) spent ON spent.partner_id = partner.commercial_partner_id
                WHERE NOT partner.is_company AND partner.loyalty_birthday IS NOT NULL
                """,
                self._spent_sql(values),
            )
        else:
            dates = SQL(
                "SELECT partner_id, worth, first_date AS day FROM (%s) spent",
                self._spent_sql(values),
            )
        return SQL(
            """
            SELECT dates.partner_id, dates.worth,
                extract(year FROM turn.day)::int AS year
            FROM (%(dates)s) dates
            CROSS JOIN LATERAL (
                SELECT (dates.day + make_interval(years => number))::date AS day
                FROM generate_series(
                    extract(year FROM %(today)s::date)::int
                        - extract(year FROM dates.day)::int - 1,
                    extract(year FROM %(today)s::date)::int
                        - extract(year FROM dates.day)::int
                ) AS number
                WHERE number > 0
            ) turn
            WHERE turn.day <= %(today)s::date
                AND turn.day > %(today)s::date - %(late)s::int
            """,
            dates=dates,
            today=values["today"],
            late=LATE_DAYS,
        )

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _automatic(self):
        """Return what is sent by itself: list of ``(root company, occasion)``."""
        return [
            (company, occasion)
            for company in self.env["res.company"].search([("parent_id", "=", False)])
            for occasion, _label in OCCASIONS
            if company[f"loyalty_{occasion}_auto"]
            and company._occasion_program(occasion)
        ]

    @api.model
    def _run(self, root, occasion):
        """Send what is due, up to the company's limit of a day; commit nothing."""
        sent = self.search_count(
            Domain("company_id", "=", root.id)
            & Domain("occasion", "=", occasion)
            & Domain("state", "=", "sent")
            & Domain("date", "=", root._customer_today())
        )
        due = self._due(root, occasion, max(0, root.loyalty_coupon_cap - sent))
        return self._send(due, root, occasion)

    @api.model
    def _cron_send(self):
        """Send what is due in every company; one that fails stops no other."""
        work = self._automatic()
        for done, (root, occasion) in enumerate(work, 1):
            with isolated(self.env, _logger, "%s: no %s coupons", root.name, occasion):
                result = self._run(root, occasion)
                _logger.info("%s, %s coupons: %s", root.name, occasion, result)
            self.env["ir.cron"]._commit_progress(1, remaining=len(work) - done)
