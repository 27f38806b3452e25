import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ..isolation import CONCURRENCY, failing

_logger = logging.getLogger(__name__)

# Customers that a worker refreshes between two commits.
CHUNK = 1_000
# From this share of all purchases on, one refresh of everybody is cheaper than many
# refreshes of a few.
HAND_OVER_SHARE = 0.25
# Hours until a customer that failed is tried again without a new event.
RETRY_HOURS = 6

KEY = "crm_customer360.queue"


class CrmCustomerQueue(models.Model):
    """Customers whose documents changed, waiting to be refreshed.

    A transaction that changes documents inserts their customers here, once and just
    before it commits; nothing is updated and nothing is looked up, so two postings for
    one customer never wait for each other. A customer may stand here several times.

    Any number of workers drain the queue at once. The oldest line of a customer is its
    token: who locks it refreshes the customer and removes all lines it can see. Lines
    added meanwhile stay, since what they stand for was not seen either.
    """

    _name = "crm.customer.queue"
    _description = "Customers waiting to be refreshed"
    _order = "id"
    _log_access = False
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    queued_at = fields.Datetime(readonly=True)
    error = fields.Text(
        readonly=True, help="Why the last refresh of this customer failed."
    )
    attempts = fields.Integer(readonly=True, help="Number of refreshes that failed.")
    retry_at = fields.Datetime(
        string="Next Attempt",
        readonly=True,
        help="A customer that failed is tried again then, or as soon as one of its "
        "documents changes.",
    )

    _partner_idx = models.Index("(partner_id, id)")

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _enqueue(self, partners):
        """Have the customers of these contacts refreshed after the commit.

        :param partners: `res.partner` recordset, any contacts
        """
        if not partners:
            return
        precommit = self.env.cr.precommit
        if KEY not in precommit.data:
            precommit.data[KEY] = set()
            precommit.add(self.sudo()._insert_waiting)
        precommit.data[KEY].update(partners._origin.ids)

    def _insert_waiting(self):
        """Insert the customers of the contacts collected in this transaction."""
        contacts = self.env.cr.precommit.data.pop(KEY, set())
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_customer_queue (partner_id, queued_at, attempts)
                SELECT DISTINCT commercial_partner_id, %s::timestamp, 0
                FROM res_partner WHERE id = ANY(%s)
                """,
                fields.Datetime.now(),
                sorted(contacts),
            )
        )
        cron = self.env.ref(
            "crm_customer360.ir_cron_refresh_queue", raise_if_not_found=False
        )
        if cron and self.env.cr.rowcount:
            cron._trigger()

    # ------------------------------------------------------------------
    # Out
    # ------------------------------------------------------------------

    @api.model
    def _drain(self, limit=CHUNK):
        """Refresh up to `limit` waiting customers that no other worker has.

        Commits nothing. A customer that fails stays in the queue with its error; the
        others go on.

        :return: number of customers taken out of the queue or marked as failed
        """
        claimed = self._claim(limit)
        if not claimed:
            return 0
        self.env.flush_all()
        failed = {
            partner_id: str(error).strip()
            for partner_id, error in failing(
                self.env,
                sorted(claimed),
                self.env["crm.customer"]._refresh_few,
                _logger,
                "Customer %s could not be refreshed",
            )
        }
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_customer_queue"
                " WHERE partner_id = ANY(%s) AND NOT id = ANY(%s)",
                list(claimed),
                [claimed[partner_id] for partner_id in failed],
            )
        )
        for partner_id, error in failed.items():
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_customer_queue
                    SET error = %s, attempts = attempts + 1,
                        retry_at = %s::timestamp + %s * interval '1 hour'
                    WHERE id = %s
                    """,
                    error,
                    fields.Datetime.now(),
                    RETRY_HOURS,
                    claimed[partner_id],
                )
            )
        self.invalidate_model()
        self.env["crm.customer"]._invalidate_figures()
        return len(claimed)

    def _claim(self, limit):
        """Lock the tokens of up to `limit` customers, the longest waiting first.

        :return: ``{partner id: id of its oldest line}``
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT waiting.partner_id, waiting.id
                FROM crm_customer_queue waiting
                WHERE (waiting.retry_at IS NULL OR waiting.retry_at <= %(now)s)
                    AND NOT EXISTS (
                        SELECT FROM crm_customer_queue older
                        WHERE older.partner_id = waiting.partner_id
                            AND older.id < waiting.id
                            AND (older.retry_at IS NULL OR older.retry_at <= %(now)s))
                ORDER BY waiting.id
                LIMIT %(limit)s
                FOR UPDATE SKIP LOCKED
                """,
                now=SQL("%s::timestamp", fields.Datetime.now()),
                limit=limit,
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _count_due(self):
        """Return how many lines wait for a worker, those that failed aside."""
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM crm_customer_queue"
                " WHERE retry_at IS NULL OR retry_at <= %s::timestamp",
                fields.Datetime.now(),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _is_large(self):
        """Return whether refreshing everybody is cheaper than draining the queue."""
        self.env.cr.execute(
            SQL("SELECT count(DISTINCT partner_id) > %s FROM crm_customer_queue", CHUNK)
        )
        if not self.env.cr.fetchone()[0]:
            return False
        self.env.cr.execute(
            SQL(
                """
                SELECT coalesce(sum(purchase_count) FILTER (WHERE partner_id IN (
                        SELECT partner_id FROM crm_customer_queue)), 0)
                    >= %s * sum(purchase_count)
                FROM crm_customer
                """,
                HAND_OVER_SHARE,
            )
        )
        return bool(self.env.cr.fetchone()[0])

    @api.model
    def _enqueue_everybody(self):
        """Put every known customer into the queue."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_customer_queue (partner_id, queued_at, attempts)
                SELECT DISTINCT partner_id, %s::timestamp, 0 FROM crm_customer
                """,
                fields.Datetime.now(),
            )
        )

    # ------------------------------------------------------------------
    # Cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_drain(self):
        """Drain the queue, one commit a chunk."""
        cron = self.env["ir.cron"]
        if self._is_large():
            self.env.ref("crm_customer360.ir_cron_refresh_all")._trigger()
            cron._commit_progress(remaining=0)
            return
        while True:
            try:
                done = self._drain()
            except CONCURRENCY:
                # Another worker took these customers between our snapshot and our
                # lock; a new transaction sees that.
                self.env.cr.rollback()
                continue
            remaining = self._count_due() if done else 0
            if done and not remaining:
                self.env.ref("crm_customer360.ir_cron_alert")._trigger()
            if not cron._commit_progress(done, remaining=remaining) or not done:
                return
