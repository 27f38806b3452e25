from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_customer import STATES


class CrmCustomer(models.Model):
    """Alerts: an activity for the salesperson when the state of a customer gets worse.

    `alert_state` is the state that the last run has seen, as the salesperson may see
    it: with profit only where the salesperson may see profit. The first run sees
    everybody and alerts nobody.
    """

    _inherit = "crm.customer"

    alert_state = fields.Selection(
        selection=STATES,
        readonly=True,
        help="Technical: the state of which the salesperson knows.",
    )

    @api.model
    def _alert(self):
        """Alert the salespeople of customers that got worse; note every change.

        Nobody gets more alerts in a run than the company's limit, those of the largest
        revenue first; nor a second one about a customer while the first is open.
        Commits nothing.

        :return: the activities
        """
        activities = self.env["mail.activity"]
        worse = self._note_states()
        if not worse:
            return activities
        activity_type = self.env.ref("crm_customer360.mail_activity_type_alert")
        known = set(
            activities.sudo()
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("activity_type_id", "=", activity_type.id),
                    ("res_id", "in", worse.partner_id.ids),
                ]
            )
            .mapped("res_id")
        )
        by_user = defaultdict(self.browse)
        for customer in worse.sorted("revenue", reverse=True):
            user = customer.user_id
            company = customer.company_id.root_id
            if (
                company.customer_alert
                and user.active
                and not user.share
                and customer.partner_id.id not in known
            ):
                by_user[user, company] |= customer
        values = []
        for (user, company), customers in by_user.items():
            customers = customers[: company.customer_alert_limit]
            values += customers._alert_values(user, activity_type)
        return activities.sudo().create(values)

    def _note_states(self):
        """Write the states that differ from those known.

        :return: the customers whose state is worse than the one known
        """
        self.env.flush_all()
        profit = self.env.ref("crm_customer360.group_profitability").sudo()
        self.env.cr.execute(
            SQL(
                """
                WITH seen AS (
                    SELECT id, alert_state AS before,
                        CASE WHEN user_id = ANY(%(users)s) THEN full_state
                            ELSE base_state END AS state
                    FROM crm_customer
                )
                UPDATE crm_customer customer SET alert_state = seen.state
                FROM seen
                WHERE seen.id = customer.id AND seen.state IS DISTINCT FROM seen.before
                RETURNING customer.id, seen.before, seen.state
                """,
                users=profit.all_user_ids.ids,
            )
        )
        order = [state for state, _label in STATES]
        worse = [
            customer_id
            for customer_id, before, state in self.env.cr.fetchall()
            if before and order.index(state) > max(order.index(before), 1)
        ]
        self.invalidate_model(["alert_state"])
        return self.sudo().browse(worse)

    def _alert_values(self, user, activity_type):
        """Return the activities that tell a salesperson, in their language.

        :return: list of values of `mail.activity`
        """
        # As the salesperson: reasons, and customers, that they may not see stay out.
        own = self.filtered(lambda customer: customer.company_id in user.company_ids)
        customers = (
            own.sudo(False)
            .with_user(user)
            .with_context(lang=user.lang, allowed_company_ids=own.company_id.ids)
        )
        customers = customers._filtered_access("read")
        labels = dict(self._fields["state"]._description_selection(customers.env))
        model_id = self.env["ir.model"]._get_id("res.partner")
        return [
            {
                "res_model_id": model_id,
                "res_id": customer.partner_id.id,
                "activity_type_id": activity_type.id,
                "user_id": user.id,
                "automated": True,
                "summary": customers.env._(
                    "State is now: %s", labels[customer.sudo().alert_state]
                ),
                "note": customer.verdict_summary or False,
                "date_deadline": customer.company_id.sudo()._customer_today(),
            }
            for customer in customers
        ]

    @api.model
    def _cron_alert(self):
        """Tell the salespeople whose customers got worse."""
        activities = self._alert()
        self.env["ir.cron"]._commit_progress(len(activities), remaining=0)
