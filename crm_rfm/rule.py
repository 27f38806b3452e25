"""Rules that somebody typed in: domains with fixed values."""

from ast import literal_eval

from odoo.fields import Domain

# What the two raise at text that is no domain.
UNREADABLE = (AttributeError, MemoryError, RecursionError, SyntaxError, TypeError)


def read_rule(text):
    """Return the `Domain` that a text says.

    :raise ValueError: it is no domain, or not one of fixed values
    """
    try:
        return Domain(literal_eval(text))
    except UNREADABLE as error:
        raise ValueError(str(error)) from error
