"""Month ends in SQL: where a document enters a window that ends with a month."""

from odoo.tools import SQL


def month_end(day):
    """Return the SQL of the last day of the month of `day`."""
    return SQL(
        "(date_trunc('month', %s::timestamp) + interval '1 month - 1 day')::date", day
    )


def window_exit(day, months):
    """Return the SQL of the first month end whose window starts after `day`.

    The window that ends on M starts after ``M - months``, a day that a shorter month
    may pull back. So a document leaves `months` later, or in the month after where
    that month ends on an earlier day of the month: one of 29 February still counts on
    28 February of the next year.
    """
    return SQL(
        """
        CASE WHEN extract(day FROM %(day)s) <= extract(day FROM %(end)s)
            THEN %(end)s ELSE %(later)s END
        """,
        day=day,
        end=_shifted_end(day, months),
        later=_shifted_end(day, SQL("(%s + 1)", months)),
    )


def _shifted_end(day, months):
    """Return the SQL of the month end that many months after that of `day`."""
    return SQL(
        "(date_trunc('month', %s::timestamp)"
        " + (%s + 1) * interval '1 month' - interval '1 day')::date",
        day,
        months,
    )
