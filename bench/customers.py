# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Customers and their contacts: who they are, how active, how well they pay."""

from odoo.tools import SQL

from .rows import reserve_ids

# Activity follows a Lomax (Pareto II) law: half of the customers stay under 0.6
# of the mean, a few reach hundreds of times the mean.
ACTIVITY_SHAPE = 1.5
# The largest customer has at most this multiple of the mean.
ACTIVITY_CAP = 200

CITIES = ("Ashford", "Brookvale", "Carden", "Dunmore", "Eastleigh", "Farrow")
TERM_DAYS = (0, 15, 30, 30, 30, 45, 60)


def make_customers(cr, patterns, dice, companies, users, customers):
    """Insert ``customers`` commercial partners and their contacts.

    Leaves the temporary table ``bench_customer``: numbers 1 to ``customers``, the
    ids, and what makes each one different. Offsets are fractions of the period.
    """
    first_id = reserve_ids(cr, "res_partner", customers)
    n = SQL("n")
    cr.execute("DROP TABLE IF EXISTS bench_customer")
    cr.execute(
        SQL(
            """
            CREATE TEMP TABLE bench_customer AS
            SELECT n,
                   (%(first_id)s + n - 1)::int AS partner_id,
                   NULL::int AS contact_id,
                   CASE WHEN %(home)s < 0.78 THEN %(main)s ELSE %(second)s END
                       AS company_id,
                   %(both)s < 0.05 AS in_both,
                   %(user)s AS user_id,
                   least(power(1 - %(activity)s, -1.0 / %(shape)s) - 1,
                         %(cap)s / (%(shape)s - 1)) AS weight,
                   CASE WHEN %(start)s < 0.4 THEN 0
                        ELSE (%(start)s - 0.4) / 0.6 * 0.97 END AS starts,
                   CASE WHEN %(churn)s < 0.75 THEN 1 ELSE (%(churn)s - 0.75) / 0.25 END
                       AS ends,
                   (%(terms)s::int[])[%(term)s] AS term_days,
                   -- Days after the due date, on average.
                   (-6 + 40 * power(%(delay)s, 3))::int AS delay_days,
                   CASE WHEN %(payer)s < 0.1 THEN 0.55 ELSE 0.045 END AS unpaid_share,
                   %(contact)s AS contact_throw
              FROM generate_series(1, %(count)s) n
            """,
            first_id=first_id,
            home=dice.uniform(n, "home"),
            main=companies[0].id,
            second=companies[1].id,
            both=dice.uniform(n, "both"),
            user=dice.pick(n, "user", users.ids),
            activity=dice.uniform(n, "activity"),
            shape=ACTIVITY_SHAPE,
            cap=ACTIVITY_CAP,
            start=dice.uniform(n, "start"),
            churn=dice.uniform(n, "churn"),
            terms=list(TERM_DAYS),
            term=dice.integer(n, "term", 1, len(TERM_DAYS)),
            delay=dice.uniform(n, "delay"),
            payer=dice.uniform(n, "payer"),
            contact=dice.uniform(n, "contact"),
            count=customers,
        )
    )
    cr.execute(
        """
        UPDATE bench_customer SET ends = least(1, starts + 0.05)
         WHERE ends < starts + 0.05;
        ANALYZE bench_customer
        """
    )
    _insert_companies(cr, patterns, dice, companies[0])
    _insert_contacts(cr, patterns, companies[0])


def _insert_companies(cr, patterns, dice, company):
    n = SQL("c.n")
    patterns.copy(
        "res_partner",
        SQL(
            """(SELECT 'company' AS kind, %s AS company_id, c.partner_id, c.user_id,
                       c.n, 'Customer ' || lpad(c.n::text, 7, '0') AS name,
                       (%s::text[])[%s] AS city
                  FROM bench_customer c)""",
            company.id,
            list(CITIES),
            dice.integer(n, "city", 1, len(CITIES)),
        ),
        SQL("s.n"),
        id=SQL("s.partner_id"),
        name=SQL("s.name"),
        complete_name=SQL("s.name"),
        commercial_company_name=SQL("s.name"),
        commercial_partner_id=SQL("s.partner_id"),
        # Shared by the companies: the pattern's company chooses the pattern only.
        company_id=SQL("NULL::int"),
        user_id=SQL("s.user_id"),
        city=SQL("s.city"),
        ref=SQL("'C' || s.n"),
        customer_rank=SQL("1"),
    )


def _insert_contacts(cr, patterns, company):
    """35 % have a contact, 5 % a contact below it; 15 % are invoiced there."""
    for depth, share in ((1, 0.35), (2, 0.05)):
        cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS bench_contact;
                CREATE TEMP TABLE bench_contact AS
                SELECT c.n, c.partner_id, coalesce(c.contact_id, c.partner_id)
                       AS parent_id, row_number() OVER (ORDER BY c.n) AS place,
                       'Customer ' || lpad(c.n::text, 7, '0') AS company_name,
                       'Contact ' || %(depth)s || ' of ' || c.n AS name
                  FROM bench_customer c
                 WHERE c.contact_throw < %(share)s
                """,
                depth=depth,
                share=share,
            )
        )
        cr.execute("SELECT count(*) FROM bench_contact")
        first_id = reserve_ids(cr, "res_partner", cr.fetchone()[0])
        patterns.copy(
            "res_partner",
            SQL(
                "(SELECT 'contact' AS kind, %s AS company_id, *,"
                " %s - 1 + place AS id FROM bench_contact)",
                company.id,
                first_id,
            ),
            SQL("s.place"),
            id=SQL("s.id"),
            parent_id=SQL("s.parent_id"),
            commercial_partner_id=SQL("s.partner_id"),
            commercial_company_name=SQL("s.company_name"),
            name=SQL("s.name"),
            complete_name=SQL("s.company_name || ', ' || s.name"),
            company_id=SQL("NULL::int"),
        )
        cr.execute(
            SQL(
                """
                UPDATE bench_customer customer
                   SET contact_id = %s - 1 + contact.place
                  FROM bench_contact contact
                 WHERE contact.n = customer.n
                """,
                first_id,
            )
        )
    cr.execute(
        """
        DROP TABLE bench_contact;
        ALTER TABLE bench_customer ADD COLUMN invoiced_id int;
        UPDATE bench_customer SET invoiced_id = CASE
            WHEN contact_throw < 0.15 THEN contact_id ELSE partner_id END;
        ANALYZE bench_customer;
        """
    )
