from odoo import api, fields, models
from odoo.tools import SQL

# Lengths of silence that are measured, in days.
SILENCES = (0, 30, 60, 90, 120, 180, 270, 365, 545, 730, 1095)
# Who buys within so many days after has come back.
HORIZON = 365


class CrmLoyaltyComeback(models.Model):
    """How often customers who were silent for so long bought again, in a root company.

    A silence is the time after a purchase day until the next one, or until today.
    Counted are the silences that lasted at least `days` and reached that length a year
    ago or earlier, so that what came of them is known: `share` of them ended with a
    purchase within the year after. Rewritten by `_measure`, for reading only.
    """

    _name = "crm.loyalty.comeback"
    _description = "Customers Who Came Back"
    _rec_name = "days"
    _order = "company_id, days"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    days = fields.Integer(
        string="Days of Silence",
        readonly=True,
        aggregator=None,
        help="Days without a purchase, at least.",
    )
    silence_count = fields.Integer(
        string="Silences",
        readonly=True,
        aggregator=None,
        help="How often customers were silent for so long, a year ago or earlier.",
    )
    back_count = fields.Integer(
        string="Ended",
        readonly=True,
        aggregator=None,
        help="How many of them bought again within the year after.",
    )
    share = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator=None,
        help="Share of these silences that ended within the year after.",
    )

    _days_unique = models.UniqueIndex(
        "(company_id, days)", "A length of silence is measured once."
    )

    @api.model
    def _measure(self):
        """Measure all companies from posted invoices and receipts, in one statement.

        :return: number of rows written
        """
        self.env["account.move"].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.flush_model()
        Customer = self.env["crm.customer"]
        with Customer._refresh_settings():
            self.env.cr.execute(
                SQL(
                    """
                    WITH company (id, root_id, today) AS (VALUES %(companies)s),
                    bought AS (
                        SELECT DISTINCT partner.commercial_partner_id AS partner_id,
                            company.root_id, company.today, move.invoice_date AS day
                        FROM account_move move
                        JOIN company ON company.id = move.company_id
                        JOIN res_partner partner
                            ON partner.id = move.commercial_partner_id
                        WHERE move.state = 'posted'
                            AND move.move_type IN ('out_invoice', 'out_receipt')
                            AND move.invoice_date <= company.today
                    ),
                    silence AS (
                        SELECT bought.*, lead(day) OVER (
                            PARTITION BY root_id, partner_id ORDER BY day) AS next_day
                        FROM bought
                    ),
                    fresh AS (
                        SELECT silence.root_id AS company_id, mark.days,
                            count(*)::int AS silence_count,
                            count(*) FILTER (WHERE next_day
                                <= day + mark.days + %(horizon)s)::int AS back_count
                        FROM silence
                        JOIN unnest(%(marks)s) AS mark (days)
                            ON day + mark.days + %(horizon)s <= today
                            AND (next_day IS NULL OR next_day > day + mark.days)
                        GROUP BY silence.root_id, mark.days
                    ),
                    gone AS (
                        DELETE FROM crm_loyalty_comeback old WHERE NOT EXISTS (
                            SELECT FROM fresh WHERE fresh.company_id = old.company_id
                                AND fresh.days = old.days)
                    )
                    INSERT INTO crm_loyalty_comeback AS old
                        (company_id, days, silence_count, back_count, share)
                    SELECT company_id, days, silence_count, back_count,
                        round(back_count::numeric / silence_count, 6)
                    FROM fresh
                    ON CONFLICT (company_id, days) DO UPDATE SET
                        silence_count = excluded.silence_count,
                        back_count = excluded.back_count, share = excluded.share
                    WHERE (old.silence_count, old.back_count)
                        <> (excluded.silence_count, excluded.back_count)
                    """,
                    companies=Customer._company_values_sql("id", "root_id", "today"),
                    marks=list(SILENCES),
                    horizon=HORIZON,
                )
            )
            written = self.env.cr.rowcount
        self.invalidate_model(flush=False)
        return written

    @api.model
    def _cron_measure(self):
        written = self._measure()
        self.env["ir.cron"]._commit_progress(written, remaining=0)
