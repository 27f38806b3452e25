from odoo import api, fields, models
from odoo.tools import SQL


class CrmCustomerSnapshot(models.Model):
    """Month ends of persons who were erased: figures that belong to nobody.

    They stay, so that the company's totals of past months do not change, but the
    customer, the salesperson and the day of the last purchase are gone, and the months
    of one person can no longer be told to belong together.
    """

    _inherit = "crm.customer.snapshot"

    partner_id = fields.Many2one(
        required=False, help="Empty: a customer whose personal data was erased."
    )

    @api.depends("partner_id", "date")
    def _compute_display_name(self):
        erased = self.filtered(lambda snapshot: not snapshot.partner_id)
        for snapshot in erased:
            snapshot.display_name = self.env._(
                "Erased customer, %(date)s", date=fields.Date.to_string(snapshot.date)
            )
        return super(CrmCustomerSnapshot, self - erased)._compute_display_name()

    @api.model
    def _anonymize(self, partners):
        """Cut the link between month ends and these customers, in every company.

        The running month is dropped: it is taken again as long as there are documents.
        So are months without any figure, which no total misses.

        :param partners: `res.partner` recordset
        """
        self.flush_model()
        figures = SQL(", ").join(
            SQL.identifier(name)
            for name, field in self._fields.items()
            if field.store and field.type == "monetary"
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_customer_snapshot WHERE partner_id = ANY(%s)
                AND (NOT closed OR greatest(%s) = 0 AND least(%s) = 0)
                """,
                partners.ids,
                figures,
                figures,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_customer_snapshot
                SET partner_id = NULL, user_id = NULL, last_purchase_date = NULL
                WHERE partner_id = ANY(%s)
                """,
                partners.ids,
            )
        )
        self.invalidate_model(flush=False)


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Not a figure: written once, and read where past months are computed anew.
    customer_erased_on = fields.Date(
        string="Customer History Erased",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Months before this day are kept without a link to this contact.",
    )

    def unlink(self):
        """Natively only contacts without entries can be deleted.

        Customer row, verdicts and queue go with the contact (by foreign keys).
        """
        self.env["crm.customer.snapshot"].sudo()._anonymize(self)
        return super().unlink()

    def _erase_customer(self):
        """Forget what was gathered and said about these customers.

        Month ends lose their link; verdicts set by hand go with their reasons, and so
        do the alerts that quote them; notes on disputes and promises are emptied. The
        customer's row is computed anew: it is gone, unless the contact must stay for
        its documents. Then it says what these documents say, and nothing else.
        """
        partners = self.sudo().with_context(active_test=False)
        domain = [("partner_id", "in", partners.ids)]
        self.env["crm.customer.snapshot"].sudo()._anonymize(partners)
        self.env["crm.customer.verdict"].sudo().search(domain).unlink()
        self.env["crm.customer.queue"].sudo().search(domain).unlink()
        # Their notes quote the reasons.
        alert = self.env.ref(
            "crm_customer360.mail_activity_type_alert", raise_if_not_found=False
        )
        if alert:
            partners.activity_ids.filtered(
                lambda activity: activity.activity_type_id == alert
            ).unlink()
        self.env["account.move"].sudo().search(
            [
                ("commercial_partner_id", "in", partners.ids),
                ("collection_hold_note", "!=", False),
            ]
        ).collection_hold_note = False
        today = fields.Date.context_today(self)
        partners.customer_erased_on = today
        self.env.cr.execute(
            SQL("DELETE FROM crm_customer WHERE partner_id = ANY(%s)", partners.ids)
        )
        self.env["crm.customer"].invalidate_model(flush=False)
        self.env["crm.customer"]._refresh(partners)
