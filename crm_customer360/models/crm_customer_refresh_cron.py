import logging

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ..isolation import CONCURRENCY, retried

_logger = logging.getLogger(__name__)

# Rows written between two commits.
SLICE = 10_000


class CrmCustomer(models.Model):
    """The nightly refresh of everybody."""

    _inherit = "crm.customer"

    @api.model
    def _cron_refresh_all(self):
        """Refresh everybody, one commit a slice; one such refresh at a time.

        The lock belongs to the session, since the transaction ends with every commit.
        """
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_try_advisory_lock(hashtext('crm_customer.refresh'))"))
        if not cr.fetchone()[0]:
            _logger.info("Another worker is refreshing all customers")
            return
        try:
            self._refresh_in_slices()
        except CONCURRENCY:
            cr.rollback()
            raise
        except psycopg2.Error:
            # One customer must not keep the others from being refreshed: the queue
            # finds out which one it is.
            cr.rollback()
            _logger.exception("Refresh of all customers failed; queueing them instead")
            self.env["crm.customer.queue"]._enqueue_everybody()
            self.env.ref("crm_customer360.ir_cron_refresh_queue")._trigger()
            self.env["ir.cron"]._commit_progress(remaining=0)
        finally:
            cr.execute(
                SQL("SELECT pg_advisory_unlock(hashtext('crm_customer.refresh'))")
            )

    def _refresh_in_slices(self):
        """Refresh everybody and commit every slice.

        The time left is not looked at: the read is dear and done, what remains is to
        write its result.
        """
        cron = self.env["ir.cron"]
        self.env.flush_all()
        with self._refresh_settings():
            began = self._now()
            read = self._settings_read()
            total = self._refresh_read()
        cron._commit_progress(remaining=total + 2)
        for first in range(1, total + 1, SLICE):
            last = min(first + SLICE - 1, total)
            self._refresh_slice(began, first, last)
            cron._commit_progress(last - first + 1, remaining=total - last + 2)
        self._remove_dependents()
        self._rank(read)
        self._refresh_done()
        self._invalidate_figures()
        self.env.ref("crm_customer360.ir_cron_alert")._trigger()
        cron._commit_progress(1, remaining=1)
        self.env["crm.customer.snapshot"]._take()
        cron._commit_progress(remaining=0)

    def _refresh_slice(self, began, first, last):
        """Write one slice; again when somebody else wrote one of its rows just now."""
        return retried(self.env, lambda: self._refresh_write(began, first, last))
