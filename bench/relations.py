# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What belongs to no ledger: opportunities, ratings, meetings, messages, activities."""

import json

from odoo.tools import SQL

from .rows import reserve_ids

RATING_SHARE = 0.1  # of the orders that were invoiced
MEETING_SHARE = 0.04  # of the invoices
MESSAGE_SHARE = 0.1
ACTIVITY_SHARE = 0.05
PROMISE_SHARE = 0.02  # of the invoices of the last sixty days


def make_relations(cr, patterns, dice, start, end):
    """Insert all of them; needs orders and ``ledger.post_plan`` to have run."""
    _make_leads(cr, patterns, dice, start, end)
    _make_ratings(cr, patterns, dice, end)
    _make_meetings(cr, patterns, dice)
    _make_messages(cr, patterns, dice)
    _make_activities(cr, patterns, dice)
    _make_promises(cr, patterns, dice, end)


def _make_leads(cr, patterns, dice, start, end):
    """0.5 per customer on average: 35 % open, 35 % won, 30 % lost."""
    n, key = SQL("c.n"), SQL("c.n * 4 + number")
    probabilities = {"open0": 10, "open1": 35, "open2": 70, "won": 100}
    kinds = [kind for kind, _company in patterns.rows["crm_lead"]]
    lost = [kind for kind in dict.fromkeys(kinds) if kind.startswith("lost")]
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_lead;
            CREATE TEMP TABLE bench_lead AS
            SELECT drawn.*, kind.probability, span.opened, span.closed,
                   round((200 + 5000 * power(drawn.size, 3))::numeric, -1) AS amount,
                   (row_number() OVER (ORDER BY span.opened, drawn.key))::int AS id
              FROM (
                SELECT c.company_id, c.partner_id, c.user_id, %(key)s AS key,
                       %(size)s AS size, %(when)s AS when_throw,
                       CASE WHEN %(fate)s < 0.35 THEN 'open' || %(stage)s
                            WHEN %(fate)s < 0.7 THEN 'won'
                            ELSE (%(lost)s::text[])[%(reason)s] END AS kind
                  FROM bench_customer c
                 CROSS JOIN LATERAL generate_series(1, CASE
                       WHEN %(count)s < 0.7 THEN 0 WHEN %(count)s < 0.88 THEN 1
                       WHEN %(count)s < 0.96 THEN 2 ELSE 4 END) number
              ) drawn
             CROSS JOIN LATERAL (SELECT (%(probabilities)s::jsonb
                                         ->> drawn.kind)::float8 AS probability) kind
             CROSS JOIN LATERAL (
                   SELECT opened, CASE WHEN drawn.kind NOT LIKE 'open%%'
                                       THEN opened + interval '25 days' END AS closed
                     FROM (SELECT CASE WHEN drawn.kind LIKE 'open%%'
                           THEN %(end)s::date - (150 * drawn.when_throw)::int
                           ELSE %(start)s::date + (drawn.when_throw * (
                                %(end)s::date - %(start)s::date - 25))::int
                           END + time '09:00' AS opened) begun) span
            """,
            key=key,
            size=dice.uniform(key, "lead size"),
            when=dice.uniform(key, "lead date"),
            fate=dice.uniform(key, "lead fate"),
            stage=dice.integer(key, "lead stage", 0, 2),
            lost=lost,
            reason=dice.integer(key, "lost reason", 1, len(lost)),
            count=dice.uniform(n, "lead count"),
            probabilities=json.dumps({**probabilities, **dict.fromkeys(lost, 0)}),
            start=start,
            end=end,
        )
    )
    cr.execute("SELECT count(*) FROM bench_lead")
    first_id = reserve_ids(cr, "crm_lead", cr.fetchone()[0])
    cr.execute(SQL("UPDATE bench_lead SET id = id + %s - 1", first_id))
    patterns.copy(
        "crm_lead",
        SQL(
            """(SELECT lead.*, partner.name AS partner_name
                  FROM bench_lead lead
                  JOIN res_partner partner ON partner.id = lead.partner_id)"""
        ),
        SQL("s.id"),
        id=SQL("s.id"),
        name=SQL("'Opportunity ' || s.key"),
        partner_id=SQL("s.partner_id"),
        partner_name=SQL("s.partner_name"),
        user_id=SQL("s.user_id"),
        expected_revenue=SQL("s.amount"),
        probability=SQL("s.probability"),
        automated_probability=SQL("s.probability"),
        prorated_revenue=SQL("round(s.amount * s.probability::numeric / 100, 2)"),
        date_open=SQL("s.opened"),
        date_closed=SQL("s.closed"),
        day_open=SQL("0"),
        day_close=SQL("CASE WHEN s.closed IS NOT NULL THEN 25 END"),
        date_last_stage_update=SQL("coalesce(s.closed, s.opened)"),
        date_deadline=SQL("CASE WHEN s.closed IS NULL THEN s.opened::date + 60 END"),
        create_date=SQL("s.opened"),
        write_date=SQL("coalesce(s.closed, s.opened)"),
    )


def _make_ratings(cr, patterns, dice, end):
    n = SQL("o.n")
    patterns.copy(
        "rating_rating",
        SQL(
            """(SELECT o.*, o.date + 20 + time '15:00' AS moment, given.rating,
                       CASE WHEN rating > 3 THEN 'top' WHEN rating = 3 THEN 'ok'
                            ELSE 'ko' END AS kind
                  FROM (SELECT order_id, n, name, date, company_id, invoiced_id,
                               user_id, invoice_n FROM bench_order) o
                 CROSS JOIN LATERAL (SELECT (ARRAY[5,5,5,5,4,4,4,3,2,1])[%s]
                                     AS rating) given
                 WHERE o.invoice_n IS NOT NULL
                   AND %s < %s
                   AND o.date + 20 <= %s)""",
            dice.integer(n, "rating", 1, 10),
            dice.uniform(n, "rated"),
            RATING_SHARE,
            end,
        ),
        SQL("s.order_id"),
        rating=SQL("s.rating"),
        rated_on=SQL("s.moment"),
        create_date=SQL("s.moment"),
        write_date=SQL("s.moment"),
        res_id=SQL("s.order_id"),
        res_name=SQL("s.name"),
        partner_id=SQL("s.invoiced_id"),
        access_token=SQL("md5('rating' || s.order_id)"),
    )


def _make_meetings(cr, patterns, dice):
    """With the customer around an invoice, and about every second opportunity."""
    n, lead = SQL("i.n"), SQL("lead.key")
    cr.execute(
        SQL(
            """
            DROP TABLE IF EXISTS bench_meeting;
            CREATE TEMP TABLE bench_meeting AS
            SELECT 'meeting' AS kind, drawn.*,
                   (row_number() OVER (ORDER BY moment, partner_id, lead_id))::int AS id
              FROM (
                SELECT i.company_id, i.invoiced_id AS partner_id, i.user_id,
                       NULL::int AS lead_id, %(half_hours)s AS half_hours,
                       i.date - 10 + make_time(%(hour)s, 0, 0) AS moment
                  FROM bench_invoice i
                 WHERE %(throw)s < %(share)s
                 UNION ALL
                SELECT lead.company_id, lead.partner_id, lead.user_id, lead.id, 2,
                       lead.opened + interval '7 days'
                  FROM bench_lead lead
                 WHERE %(lead_throw)s < 0.5
              ) drawn
            """,
            half_hours=dice.integer(n, "meeting length", 1, 6),
            hour=dice.integer(n, "meeting hour", 8, 16),
            throw=dice.uniform(n, "meeting"),
            share=MEETING_SHARE,
            lead_throw=dice.uniform(lead, "lead meeting"),
        )
    )
    cr.execute("SELECT count(*) FROM bench_meeting")
    first_id = reserve_ids(cr, "calendar_event", cr.fetchone()[0])
    cr.execute(SQL("UPDATE bench_meeting SET id = id + %s - 1", first_id))
    patterns.copy(
        "calendar_event",
        SQL("bench_meeting"),
        SQL("s.id"),
        id=SQL("s.id"),
        name=SQL("'Meeting ' || s.id"),
        user_id=SQL("s.user_id"),
        start=SQL("s.moment"),
        stop=SQL("s.moment + s.half_hours * interval '30 minutes'"),
        duration=SQL("s.half_hours * 0.5"),
        access_token=SQL("NULL"),
        description=SQL("NULL"),
        opportunity_id=SQL("s.lead_id"),
        res_id=SQL("coalesce(s.lead_id, 0)"),
        res_model=SQL("CASE WHEN s.lead_id IS NOT NULL THEN 'crm.lead' END"),
        res_model_id=SQL(
            "CASE WHEN s.lead_id IS NOT NULL THEN"
            " (SELECT id FROM ir_model WHERE model = 'crm.lead') END"
        ),
        create_date=SQL("s.moment"),
        write_date=SQL("s.moment"),
    )
    attendees = SQL(
        """(SELECT meeting.*, partner.id AS attendee_id, partner.complete_name
              FROM bench_meeting meeting
              JOIN res_users users ON users.id = meeting.user_id
              JOIN res_partner partner
                     ON partner.id IN (meeting.partner_id, users.partner_id))"""
    )
    patterns.copy(
        "calendar_attendee",
        attendees,
        SQL("s.id, s.attendee_id"),
        event_id=SQL("s.id"),
        partner_id=SQL("s.attendee_id"),
        common_name=SQL("s.complete_name"),
        access_token=SQL("md5(s.id || '-' || s.attendee_id)"),
        state=SQL("'accepted'"),
    )
    cr.execute(
        SQL(
            "INSERT INTO calendar_event_res_partner_rel"
            " (calendar_event_id, res_partner_id)"
            " SELECT id, attendee_id FROM %s s",
            attendees,
        )
    )


def _make_messages(cr, patterns, dice):
    """On the customer's page; every third came from the customer."""
    n = SQL("i.n")
    patterns.copy(
        "mail_message",
        SQL(
            """(SELECT 'message' AS kind, i.*, i.date - 5 + time '11:00' AS moment,
                       users.partner_id AS sender_id, %s < 0.33 AS is_received
                  FROM bench_invoice i
                  JOIN res_users users ON users.id = i.user_id
                 WHERE %s < %s)""",
            dice.uniform(n, "received"),
            dice.uniform(n, "message"),
            MESSAGE_SHARE,
        ),
        SQL("s.date, s.n"),
        model=SQL("'res.partner'"),
        res_id=SQL("s.partner_id"),
        date=SQL("s.moment"),
        create_date=SQL("s.moment"),
        write_date=SQL("s.moment"),
        author_id=SQL(
            "CASE WHEN s.is_received THEN s.invoiced_id ELSE s.sender_id END"
        ),
        message_type=SQL("CASE WHEN s.is_received THEN 'email' ELSE 'comment' END"),
        message_id=SQL("'<bench.' || s.n || '@example.com>'"),
        record_company_id=SQL("s.company_id"),
    )


def _make_activities(cr, patterns, dice):
    """Calls made, kept as Odoo keeps them: archived, with the day they were done."""
    patterns.copy(
        "mail_activity",
        SQL(
            """(SELECT 'activity' AS kind, i.*, partner.complete_name
                  FROM bench_invoice i
                  JOIN res_partner partner ON partner.id = i.partner_id
                 WHERE %s < %s)""",
            dice.uniform(SQL("i.n"), "activity done"),
            ACTIVITY_SHARE,
        ),
        SQL("s.date, s.n"),
        res_id=SQL("s.partner_id"),
        res_name=SQL("s.complete_name"),
        user_id=SQL("s.user_id"),
        date_deadline=SQL("s.date - 2"),
        date_done=SQL("s.date - 3"),
        create_date=SQL("s.date - 9"),
        write_date=SQL("s.date - 3"),
    )


def _make_promises(cr, patterns, dice, end):
    """Payments without a journal entry yet."""
    patterns.copy(
        "account_payment",
        SQL(
            """(SELECT 'promise' AS kind, i.*, post.amount
                  FROM bench_invoice i
                  JOIN plan_posted post USING (n)
                 WHERE i.date > %s::date - 60 AND NOT i.is_foreign AND %s < %s)""",
            end,
            dice.uniform(SQL("i.n"), "promise"),
            PROMISE_SHARE,
        ),
        SQL("s.date, s.n"),
        partner_id=SQL("s.partner_id"),
        date=SQL("s.date"),
        create_date=SQL("s.date"),
        write_date=SQL("s.date"),
        amount=SQL("s.amount"),
        amount_company_currency_signed=SQL("s.amount"),
        name=SQL("'Promise ' || s.n"),
    )
