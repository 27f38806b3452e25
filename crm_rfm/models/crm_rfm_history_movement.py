from datetime import timedelta

from odoo import models
from odoo.tools import SQL, date_utils


class CrmCustomerSnapshot(models.Model):
    """Movements between month ends that were scored afterwards."""

    _inherit = "crm.customer.snapshot"

    def _history_log(self, spans):
        """Log who moved between month ends that were scored afterwards.

        Only where the month before is scored, too: the first month is no movement. The
        month after the span was scored by an earlier run: its movement is known now.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH span (company_id, first, last) AS (VALUES %(spans)s),
                base AS (
                    SELECT taken.company_id, taken.date,
                        bool_and(coalesce(taken.rfm_past, FALSE)) AS past
                    FROM crm_customer_snapshot taken
                    JOIN span ON span.company_id = taken.company_id
                        AND taken.date BETWEEN span.first AND span.last
                    WHERE taken.rfm_state IS NOT NULL
                    GROUP BY taken.company_id, taken.date
                )
                INSERT INTO crm_rfm_movement (partner_id, company_id, currency_id,
                    user_id, date, from_id, to_id, direction, cause, old_state, state,
                    old_score, score, recency_days, frequency, monetary)
                SELECT now.partner_id, now.company_id, now.currency_id, now.user_id,
                    now.date, was.rfm_segment_id, now.rfm_segment_id, %(direction)s,
                    'history', was.rfm_state, now.rfm_state, was.rfm_score,
                    now.rfm_score, now.date - now.rfm_last_purchase_date,
                    now.rfm_frequency, now.rfm_monetary
                FROM base
                JOIN crm_customer_snapshot now ON now.company_id = base.company_id
                    AND now.date = base.date
                JOIN base before ON before.company_id = base.company_id
                    AND before.date = %(before)s
                LEFT JOIN crm_customer_snapshot was
                    ON was.partner_id = now.partner_id
                    AND was.company_id = now.company_id AND was.date = before.date
                LEFT JOIN crm_rfm_segment quit ON quit.id = was.rfm_segment_id
                LEFT JOIN crm_rfm_segment entered ON entered.id = now.rfm_segment_id
                WHERE base.past
                    AND was.rfm_segment_id IS DISTINCT FROM now.rfm_segment_id
                    AND NOT EXISTS (
                        SELECT FROM crm_rfm_movement known
                        WHERE known.partner_id = now.partner_id
                            AND known.company_id = now.company_id
                            AND known.date = now.date AND known.cause = 'history')
                """,
                spans=SQL(", ").join(
                    SQL(
                        "(%s, %s::date, %s::date)",
                        company_id,
                        first.replace(day=1) - timedelta(days=1),
                        date_utils.end_of(last + timedelta(days=1), "month"),
                    )
                    for company_id, (first, last) in spans.items()
                ),
                direction=self.env["crm.rfm.movement"]._direction(),
                before=SQL("(date_trunc('month', base.date::timestamp))::date - 1"),
            )
        )
        self.env["crm.rfm.movement"].invalidate_model(flush=False)

    def _history_join(self):
        """Join the nightly scoring of companies to the history before it.

        In the month of the first scoring alone. Who is in another segment than at the
        month end before has moved; and everybody who has not moved since has been in
        the segment for as long as the history says.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT month.company_id, month.date, month.today
                FROM (VALUES %s) AS month (company_id, date, today)
                WHERE EXISTS (
                        SELECT FROM crm_customer_snapshot past
                        WHERE past.company_id = month.company_id
                            AND past.date = month.date AND past.rfm_past)
                    AND NOT EXISTS (
                        SELECT FROM crm_customer_snapshot live
                        WHERE live.company_id = month.company_id
                            AND live.date = month.date
                            AND live.rfm_state IS NOT NULL
                            AND live.rfm_past IS NOT TRUE)
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s::date, %s::date)",
                        row["id"],
                        row["today"].replace(day=1) - timedelta(days=1),
                        row["today"],
                    )
                    for row in self.env["crm.customer"]._company_rows()
                ),
            )
        )
        months = [
            SQL("(%s, %s::date, %s::date)", *row) for row in self.env.cr.fetchall()
        ]
        if not months:
            return
        month = SQL(
            "month (company_id, date, today) AS (VALUES %s)", SQL(", ").join(months)
        )
        self.env.cr.execute(
            SQL(
                """
                WITH %(month)s
                INSERT INTO crm_rfm_movement (partner_id, company_id, currency_id,
                    user_id, date, from_id, to_id, direction, cause, old_state, state,
                    old_score, score, recency_days, frequency, monetary)
                SELECT now.partner_id, now.company_id, now.currency_id, now.user_id,
                    coalesce(now.rfm_segment_date, month.today), was.rfm_segment_id,
                    now.rfm_segment_id, %(direction)s, 'history', was.rfm_state,
                    now.rfm_state,
                    was.rfm_score, now.rfm_score,
                    coalesce(now.rfm_segment_date, month.today)
                        - now.rfm_last_purchase_date,
                    now.rfm_frequency, now.rfm_monetary
                FROM month
                JOIN crm_customer now ON now.company_id = month.company_id
                LEFT JOIN crm_customer_snapshot was
                    ON was.partner_id = now.partner_id
                    AND was.company_id = now.company_id AND was.date = month.date
                LEFT JOIN crm_rfm_segment quit ON quit.id = was.rfm_segment_id
                LEFT JOIN crm_rfm_segment entered ON entered.id = now.rfm_segment_id
                WHERE now.rfm_state IS NOT NULL
                    AND coalesce(now.rfm_segment_date, month.today) > month.date
                    AND was.rfm_segment_id IS DISTINCT FROM now.rfm_segment_id
                    AND NOT EXISTS (
                        SELECT FROM crm_rfm_movement known
                        WHERE known.partner_id = now.partner_id
                            AND known.company_id = now.company_id
                            AND known.date > month.date)
                """,
                month=month,
                direction=self.env["crm.rfm.movement"]._direction(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH %(month)s,
                story AS (
                    SELECT movement.partner_id, movement.company_id,
                        max(movement.date) AS date,
                        bool_and(movement.cause = 'history') AS past,
                        (array_agg(movement.from_id
                            ORDER BY movement.date DESC, movement.id DESC)
                            FILTER (WHERE movement.from_id IS NOT NULL))[1] AS from_id
                    FROM crm_rfm_movement movement
                    JOIN month ON month.company_id = movement.company_id
                    GROUP BY movement.partner_id, movement.company_id
                ),
                known AS (
                    SELECT taken.partner_id, taken.company_id, min(taken.date) AS date
                    FROM crm_customer_snapshot taken
                    JOIN month ON month.company_id = taken.company_id
                    WHERE taken.rfm_segment_id IS NOT NULL
                    GROUP BY taken.partner_id, taken.company_id
                ),
                new AS (
                    SELECT customer.id, story.from_id,
                        coalesce(story.date,
                            least(known.date, customer.rfm_segment_date)) AS date
                    FROM crm_customer customer
                    JOIN month ON month.company_id = customer.company_id
                    LEFT JOIN story ON story.partner_id = customer.partner_id
                        AND story.company_id = customer.company_id
                    LEFT JOIN known ON known.partner_id = customer.partner_id
                        AND known.company_id = customer.company_id
                    WHERE coalesce(story.past, TRUE)
                        AND coalesce(story.date, customer.rfm_segment_date) IS NOT NULL
                )
                UPDATE crm_customer customer
                SET rfm_segment_date = new.date, rfm_previous_segment_id = new.from_id
                FROM new
                WHERE new.id = customer.id
                    AND (customer.rfm_segment_date, customer.rfm_previous_segment_id)
                        IS DISTINCT FROM (new.date, new.from_id)
                """,
                month=month,
            )
        )
        self.env["crm.rfm.movement"].invalidate_model(flush=False)
        self.env["crm.customer"].invalidate_model(flush=False)
