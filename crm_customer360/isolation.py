"""One bad customer, document or company must not cost the others their night."""

from contextlib import contextmanager
from types import SimpleNamespace

from psycopg2 import InterfaceError, OperationalError

from odoo.exceptions import ConcurrencyError, UserError
from odoo.service.model import (
    MAX_TRIES_ON_CONCURRENCY_FAILURE,
    PG_CONCURRENCY_EXCEPTIONS_TO_RETRY,
)

# A transaction met with another one: the same again may succeed.
CONCURRENCY = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


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


def failing(env, parts, work, logger, words, *args):
    """Do a job for all parts at once; where that fails, halve them to find who fails.

    :param parts: list, or recordset
    :param work: called with some of the parts, of the same type
    :param words: logged of each part that fails, with `args` and then the part
    :return: list of the parts that fail, each with its error
    """
    if not parts:
        return []
    single = len(parts) == 1
    told = (logger, words, *args, parts[0]) if single else ()
    with isolated(env, *told) as part:
        work(parts)
    if not part.error:
        return []
    if single:
        return [(parts[0], part.error)]
    half = len(parts) // 2
    return [
        *failing(env, parts[:half], work, logger, words, *args),
        *failing(env, parts[half:], work, logger, words, *args),
    ]


def retried(env, work):
    """Do what begins after a commit; again when it meets with another transaction.

    :return: what `work` returns
    :raise: what it raises the last time
    """
    for left in reversed(range(MAX_TRIES_ON_CONCURRENCY_FAILURE)):
        try:
            return work()
        except CONCURRENCY:
            env.cr.rollback()
            if not left:
                raise
