import logging

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import isolated

_logger = logging.getLogger(__name__)

# Lots that expire between two commits.
CHUNK = 10_000
# Cards that become one with others in a run: each takes several queries.
JOINED = 500


class LoyaltyCard(models.Model):
    """What concerns all cards at once, in SQL: expiry, and the opening balance."""

    _inherit = "loyalty.card"

    @api.model
    def _cron_expire_points(self):
        """Expire points, a slice at a time; see to cards, refunds and values."""
        with isolated(self.env, _logger, "Contacts keep cards of their own"):
            self._join_contacts(JOINED)
        with isolated(self.env, _logger, "Points of refunds are not taken back"):
            self._return_pos_points()
        with isolated(self.env, _logger, "The value of points is not noted"):
            self.env["loyalty.point.value"]._note()
        count = self._expire_points(CHUNK)
        self.env["ir.cron"]._commit_progress(
            count, remaining=self._expiring_count() if count == CHUNK else 0
        )

    @api.model
    def _expire_points(self, limit=None):
        """Expire points whose last day has passed; write the native history, too.

        The day is that of the company that owes the points. What a card has that
        became an eWallet is no longer points.

        :param limit: lots at most; all when None
        :return: number of lots
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH expired AS (
                    SELECT lot.id, lot.card_id, lot.partner_id, lot.company_id,
                        lot.program_id, lot.remaining AS points, company.today
                    FROM loyalty_lot lot JOIN (%(companies)s) company
                        ON company.id = lot.company_id
                    JOIN loyalty_program program ON program.id = lot.program_id
                        AND program.program_type = 'loyalty'
                    WHERE lot.remaining > 0 AND lot.date_expiry < company.today
                    ORDER BY lot.id
                    LIMIT %(limit)s
                    FOR UPDATE OF lot
                ),
                emptied AS (
                    UPDATE loyalty_lot lot
                    SET expired = coalesce(lot.expired, 0) + expired.points,
                        remaining = 0, write_date = %(now)s, write_uid = %(uid)s
                    FROM expired WHERE expired.id = lot.id
                ),
                moved AS (
                    INSERT INTO loyalty_lot_move (lot_id, card_id, partner_id,
                        company_id, program_id, date, reason, points, debt,
                        create_date, create_uid, write_date, write_uid)
                    SELECT id, card_id, partner_id, company_id, program_id, today,
                        'expired', -points, 0, %(now)s, %(uid)s, %(now)s, %(uid)s
                    FROM expired
                ),
                lowered AS (
                    UPDATE loyalty_card card
                    SET points = greatest(0, round((card.points - gone.points)::numeric,
                            2)), write_date = %(now)s, write_uid = %(uid)s
                    FROM (SELECT card_id, sum(points) AS points FROM expired
                        GROUP BY card_id) gone
                    WHERE gone.card_id = card.id
                ),
                told AS (
                    INSERT INTO loyalty_history (card_id, description, used, issued,
                        create_date, create_uid, write_date, write_uid)
                    SELECT card_id, %(description)s, sum(points), 0, %(now)s, %(uid)s,
                        %(now)s, %(uid)s
                    FROM expired GROUP BY card_id
                )
                SELECT count(*), array_agg(DISTINCT partner_id) FROM expired
                """,
                companies=self._company_days(),
                limit=limit,
                now=self.env.cr.now(),
                uid=self.env.uid,
                description=self.env._("Expired"),
            )
        )
        count, partner_ids = self.env.cr.fetchone()
        if count:
            self.env.invalidate_all(flush=False)
            partners = self.env["res.partner"].browse(
                partner_id for partner_id in partner_ids if partner_id
            )
            self.env["crm.customer.queue"]._enqueue(partners)
        return count

    @api.model
    def _expiring_count(self):
        """Return how many lots are left to expire."""
        ((count,),) = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FROM loyalty_lot lot
                JOIN (%s) company ON company.id = lot.company_id
                JOIN loyalty_program program ON program.id = lot.program_id
                    AND program.program_type = 'loyalty'
                WHERE lot.remaining > 0 AND lot.date_expiry < company.today
                """,
                self._company_days(),
            )
        )
        return count

    @api.model
    def _company_days(self):
        """Return the query of the root companies and their date: ``(id, today)``."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return SQL(
            "SELECT * FROM (VALUES %s) AS day (id, today)",
            SQL(", ").join(
                SQL("(%s, %s::date)", company.id, company._customer_today())
                for company in companies.search([("parent_id", "=", False)])
            ),
        )

    @api.model
    def _open_lots_for_all(self):
        """Open a lot for points of loyalty cards that are in none yet.

        Natively a card may have fallen below 0: that is a debt from now on.

        :return: number of cards
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH company AS (%(companies)s),
                new AS (
                    SELECT card.id AS card_id, partner.commercial_partner_id,
                        card.program_id, company.id AS company_id, company.today,
                        round(card.points::numeric, 2) AS points
                    FROM loyalty_card card
                    JOIN loyalty_program program ON program.id = card.program_id
                        AND program.program_type = 'loyalty'
                    LEFT JOIN res_partner partner ON partner.id = card.partner_id
                    LEFT JOIN sale_order sale ON sale.id = card.order_id
                    JOIN res_company home ON home.id = coalesce(program.company_id,
                        sale.company_id, partner.company_id, %(main)s)
                    JOIN company
                        ON company.id = split_part(home.parent_path, '/', 1)::int
                    WHERE round(card.points::numeric, 2) <> 0 AND NOT EXISTS (
                        SELECT FROM loyalty_lot lot WHERE lot.card_id = card.id)
                ),
                lot AS (
                    INSERT INTO loyalty_lot (name, card_id, partner_id, company_id,
                        program_id, date, origin, earned, used, expired, taken_back,
                        remaining, create_date, create_uid, write_date, write_uid)
                    SELECT %(name)s, card_id, commercial_partner_id, company_id,
                        program_id, today, 'opening', greatest(points, 0), 0, 0, 0,
                        greatest(points, 0), %(now)s, %(uid)s, %(now)s, %(uid)s
                    FROM new
                    RETURNING id, card_id
                ),
                move AS (
                    INSERT INTO loyalty_lot_move (name, lot_id, card_id, partner_id,
                        company_id, program_id, date, reason, points, debt,
                        create_date, create_uid, write_date, write_uid)
                    SELECT %(name)s, lot.id, card_id, commercial_partner_id, company_id,
                        program_id, today, 'opening', greatest(points, 0),
                        greatest(-points, 0), %(now)s, %(uid)s, %(now)s, %(uid)s
                    FROM new JOIN lot USING (card_id)
                ),
                card AS (
                    UPDATE loyalty_card card
                    SET points = greatest(new.points, 0),
                        debt = greatest(-new.points, 0)
                    FROM new WHERE new.card_id = card.id
                )
                SELECT count(*) FROM new
                """,
                companies=self._company_days(),
                main=self.env.ref("base.main_company").id,
                name=self.env._("Balance"),
                now=self.env.cr.now(),
                uid=self.env.uid,
            )
        )
        count = self.env.cr.fetchone()[0]
        if count:
            self.env.invalidate_all(flush=False)
        return count
