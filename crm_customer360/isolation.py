"""One bad customer, document or company must not cost the others their night."""

from contextlib import contextmanager
from types import SimpleNamespace

from psycopg2 import InterfaceError, OperationalError

from odoo.exceptions import ConcurrencyError, UserError


@contextmanager
def isolated(env, logger=None, words="", *args):
    """Do a part of a job; when it fails, undo it, log it and go on.

    A mail template, a rule that somebody typed in, or whatever another addon checks on
    a contact may fail in any way, so every error counts as one of this part. Only those
    that concern the whole transaction go through: it met with another one and is to be
    tried again, or the database is gone.

    :param logger: where the error is logged: one that is for users in a line, any other
        with its traceback. Without one nothing is logged, as where the caller tries
        again in smaller parts
    :param words: what is logged, with `%` placeholders for `args`
    :return: an object whose `error` is what went wrong, else None
    """
    part = SimpleNamespace(error=None)
    try:
        with env.cr.savepoint():
            yield part
    except (InterfaceError, OperationalError, ConcurrencyError):
        raise
    except Exception as error:  # of any kind: why is said above
        part.error = error
        if logger and isinstance(error, UserError):
            logger.warning(f"{words}: %s", *args, error)
        elif logger:
            logger.exception(words, *args)


def failing(env, parts, work, logger, words):
    """Do a job for all parts at once; where that fails, for one after the other.

    :param parts: list, or recordset
    :param work: called with some of the parts, of the same type
    :param words: logged with each part that fails; one placeholder
    :return: list of the parts that fail
    """
    with isolated(env) as whole:
        work(parts)
    if not whole.error:
        return []
    failed = []
    for number, part in enumerate(parts):
        with isolated(env, logger, words, part) as single:
            work(parts[number : number + 1])
        if single.error:
            failed.append(part)
    return failed
