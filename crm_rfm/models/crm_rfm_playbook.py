import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import failing

_logger = logging.getLogger(__name__)


class CrmCustomer(models.Model):
    """Playbooks at work: who enters a segment gets its activity, once.

    `rfm_playbook_id` is what waits. The scoring sets it where a customer enters a
    segment whose playbook is on, and clears it where the customer has left again;
    planning clears it, too. What a person's daily limit leaves over waits on.
    """

    _inherit = "crm.customer"

    rfm_playbook_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        string="Playbook Waiting",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Segment whose activity is still to be planned for this customer.",
    )

    # ------------------------------------------------------------------
    # Who enters
    # ------------------------------------------------------------------

    @api.model
    def _score(self, read=()):
        """Note for the playbooks who has entered a segment by this scoring."""
        self.env.cr.execute("SELECT coalesce(max(id), 0) FROM crm_rfm_movement")
        [last] = self.env.cr.fetchone()
        changed = super()._score(read)
        if self._playbook_note(last):
            cron = self.env.ref("crm_rfm.ir_cron_playbook", raise_if_not_found=False)
            if cron:
                cron.sudo()._trigger()
        return changed

    def _playbook_note(self, last):
        """Have those wait who entered by a movement later than `last`, an id.

        What a change of the rules moved, and months rebuilt afterwards, are no
        entries. Who has left the segment waits no longer.

        :return: number of customers who entered
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_customer SET rfm_playbook_id = NULL
                WHERE rfm_playbook_id IS NOT NULL
                    AND rfm_playbook_id IS DISTINCT FROM rfm_segment_id
                """
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_customer customer SET rfm_playbook_id = segment.id
                FROM crm_rfm_movement movement
                JOIN crm_rfm_segment segment ON segment.id = movement.to_id
                    AND segment.playbook_active
                WHERE movement.id > %s AND movement.cause = 'data'
                    AND customer.partner_id = movement.partner_id
                    AND customer.company_id = movement.company_id
                    AND customer.rfm_segment_id = segment.id
                """,
                last,
            )
        )
        entered = self.env.cr.rowcount
        self.invalidate_model(["rfm_playbook_id"], flush=False)
        return entered

    # ------------------------------------------------------------------
    # Who does what
    # ------------------------------------------------------------------

    def _playbook_sort(self):
        """Sort these customers by what becomes of their segment's activity now.

        The most valuable ones come first. Nobody gets more activities of playbooks a
        day than the scheme allows, nor one about a customer that they may not see.

        :return: dict of recordsets of customers: ``now`` is ``{user: customers}``;
            ``later``, of those beyond the limit; ``open``, of those for whom an
            activity of the same playbook is open; ``nobody``, of those for whom nobody
            can do it; ``without``, of those without a playbook; ``failed``, empty
        """
        customers = self.sudo().sorted(lambda row: (-row.rfm_monetary, row.id))
        none = customers.browse()
        living = set(
            customers._search([("id", "in", self.ids), ("partner_id.active", "=", 1)])
        )
        ready = customers.filtered(
            lambda row: row.id in living and row.rfm_segment_id.activity_type_id
        )
        result = {
            "now": defaultdict(lambda: none),
            "later": none,
            "open": none,
            "nobody": none,
            "failed": none,
            "without": customers - ready,
        }
        taken = ready._playbook_open()
        readable = ready._playbook_readable()
        users = self.env["res.users"].sudo().browse(readable)
        planned = self._playbook_today(users)
        ids = {name: [] for name in ("later", "open", "nobody")}
        now = defaultdict(list)
        for customer in ready:
            key = (customer.rfm_segment_id.id, customer.partner_id.id)
            able = [
                user
                for user in customer._playbook_users()
                if customer.id in readable[user.id]
            ]
            if key in taken:
                ids["open"].append(customer.id)
            elif not able:
                ids["nobody"].append(customer.id)
            elif planned[able[0].id] >= customer._playbook_limit():
                ids["later"].append(customer.id)
            else:
                taken.add(key)
                planned[able[0].id] += 1
                now[able[0]].append(customer.id)
        result.update({name: none.browse(found) for name, found in ids.items()})
        result["now"] = {user: none.browse(found) for user, found in now.items()}
        return result

    def _playbook_users(self):
        """Return who may be asked to do it, the first choice first."""
        segment = self.rfm_segment_id
        if segment.activity_user == "user":
            return segment.activity_user_id
        return self.user_id | segment.activity_user_id

    def _playbook_limit(self):
        return self.company_id._rfm_scheme().playbook_limit

    def _playbook_open(self):
        """Return the open activities of playbooks: ``{(segment id, partner id)}``."""
        groups = (
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [
                    ("rfm_segment_id", "in", self.rfm_segment_id.ids),
                    ("res_model", "=", "res.partner"),
                ],
                ["rfm_segment_id", "res_id"],
            )
        )
        return {(segment.id, partner_id) for segment, partner_id in groups}

    def _playbook_readable(self):
        """Return which of these customers each possible doer may see.

        One query per doer. Who is archived or not an internal user sees none.

        :return: ``{user id: {customer id}}``
        """
        asked = defaultdict(list)
        for customer in self:
            for user in customer._playbook_users():
                asked[user].append(customer.id)
        readable = {}
        for user, ids in asked.items():
            readable[user.id] = set()
            if not user.active or user.share:
                continue
            customers = (
                self.browse()
                .sudo(False)
                .with_user(user)
                .with_context(allowed_company_ids=user.company_ids.ids)
            )
            if customers.has_access("read"):
                domain = Domain("id", "in", ids) & Domain(
                    "partner_id", "any", [("active", "=", True)]
                )
                readable[user.id] = set(customers._search(domain))
        return readable

    @api.model
    def _playbook_today(self, users):
        """Return how many activities playbooks have planned today, per user id.

        Those done since count, too; today is that of the user's company.
        """
        counts = defaultdict(int)
        days = defaultdict(list)
        for user in users:
            days[user.company_id._customer_today()].append(user.id)
        Activity = self.env["mail.activity"].sudo().with_context(active_test=False)
        for day, ids in days.items():
            for user, count in Activity._read_group(
                [("rfm_planned_on", "=", day), ("user_id", "in", ids)],
                ["user_id"],
                ["__count"],
            ):
                counts[user.id] = count
        return counts

    # ------------------------------------------------------------------
    # Planning
    # ------------------------------------------------------------------

    def _playbook_plan(self):
        """Plan the activity of each customer's segment; see `_playbook_sort`.

        Who is beyond the limit waits for the next days. Commits nothing.

        :return: what `_playbook_sort` returns; ``failed`` are those whose activity
            could not be made: they wait, too
        """
        result = self._playbook_sort()
        done = result["open"] | result["without"]
        for user, customers in list(result["now"].items()):
            failed = customers._playbook_create(user)
            done |= customers - failed
            result["failed"] |= failed
            result["now"][user] = customers - failed
            if not result["now"][user]:
                del result["now"][user]
        done.filtered("rfm_playbook_id").rfm_playbook_id = False
        waiting = result["later"] | result["failed"]
        for segment, customers in waiting.grouped("rfm_segment_id").items():
            customers.filtered(
                lambda row, segment=segment: row.rfm_playbook_id != segment
            ).rfm_playbook_id = segment
        return result

    def _playbook_create(self, user):
        """Make the activities for one person; one by one where that fails.

        :return: the customers for whom it failed
        """
        Activity = (
            self.env["mail.activity"]
            .sudo()
            # Nobody wants ten messages a night beside ten activities.
            .with_context(mail_activity_quick_update=True)
        )
        failed = failing(
            self.env,
            self,
            lambda rows: Activity.create(rows._playbook_values(user)),
            _logger,
            "Cannot plan the playbook for %s: %s",
            user.login,
        )
        return self.browse().union(*(customer for customer, _error in failed))

    def _playbook_values(self, user):
        """Return the activities for one person, in their language.

        :return: list of values of `mail.activity`
        """
        model_id = self.env["ir.model"].sudo()._get_id("res.partner")
        values = []
        planned_on = user.company_id._customer_today()
        for customer in self.with_context(lang=user.lang):
            segment = customer.rfm_segment_id
            today = customer.company_id._customer_today()
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": customer.partner_id.id,
                    "activity_type_id": segment.activity_type_id.id,
                    "summary": segment.activity_summary or segment.name,
                    "note": customer._playbook_words(),
                    "date_deadline": today + timedelta(days=segment.activity_days),
                    "user_id": user.id,
                    "rfm_segment_id": segment.id,
                    "rfm_planned_on": planned_on,
                    "automated": True,
                }
            )
        return values

    def action_plan_playbook(self):
        """Plan the activity of these customers' segments, and say what was done."""
        self.check_access("read")
        # The right to plan is that of the wizard which asks before.
        self.env["crm.rfm.playbook.plan"].check_access("create")
        return self._playbook_told(self._playbook_plan())

    @api.model
    def _playbook_waiting(self, segments=None):
        """Return the customers, of all companies, for whom something waits."""
        domain = Domain("rfm_playbook_id", "!=", False)
        if segments is not None:
            domain = Domain("rfm_playbook_id", "in", segments.ids)
        names = ["company_id", "partner_id", "rfm_monetary", "user_id"]
        return self.sudo().search_fetch(
            domain, [*names, "rfm_playbook_id", "rfm_segment_id"]
        )

    @api.model
    def _cron_playbook(self):
        """Plan what waits."""
        result = self._playbook_waiting()._playbook_plan()
        if result["nobody"]:
            _logger.info("Playbooks: nobody for %s customers", len(result["nobody"]))
        planned = sum(map(len, result["now"].values()))
        self.env["ir.cron"]._commit_progress(planned, remaining=0)
