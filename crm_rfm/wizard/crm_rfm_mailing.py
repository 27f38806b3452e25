from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

MAILING_GROUP = "mass_mailing.group_mass_mailing_user"
# Contacts created at once.
BATCH = 1000


class CrmRfmMailing(models.TransientModel):
    """Add customers to a mailing list, where Email Marketing is installed.

    A customer is added by its e-mail address, once. Who is on the list already, has
    left it, or is on the blacklist is passed over.
    """

    _name = "crm.rfm.mailing"
    _description = "Add Customers to a Mailing List"

    customer_ids = fields.Many2many(comodel_name="crm.customer", readonly=True)
    segment_id = fields.Many2one(comodel_name="crm.rfm.segment", readonly=True)
    customer_count = fields.Integer(
        string="Customers", compute="_compute_customer_count", help="Customers chosen."
    )
    list_key = fields.Selection(
        selection="_selection_list",
        string="Mailing List",
        required=True,
        default="new",
        help="The list to add the customers to.",
    )
    list_name = fields.Char(
        string="Name of the New List", help="What the new list is called."
    )

    @api.model
    def _is_there(self):
        """Return whether there are mailing lists, and the user may change them."""
        return "mailing.list" in self.env and self.env.user.has_group(MAILING_GROUP)

    @api.model
    def _selection_list(self):
        selection = [("new", self.env._("A new list"))]
        if self._is_there():
            selection += [
                (str(mailing_list.id), mailing_list.display_name)
                for mailing_list in self.env["mailing.list"].search([], order="name")
            ]
        return selection

    @api.model
    def default_get(self, fields_list):
        """Take the customers selected, or those of the segment it is opened from."""
        values = super().default_get(fields_list)
        context = self.env.context
        ids = context.get("active_ids", [])
        if context.get("active_model") == "crm.rfm.segment":
            segment = self.env["crm.rfm.segment"].browse(ids[:1])
            values.update(segment_id=segment.id, list_name=segment.name)
        elif context.get("active_model") == "crm.customer":
            values["customer_ids"] = [Command.set(ids)]
        return values

    @api.depends("customer_ids", "segment_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_count(self):
        for mailing in self:
            mailing.customer_count = len(mailing._customers().partner_id)

    def _customers(self):
        """Return the customers selected, or those who are in the segment now."""
        if not self.segment_id:
            return self.customer_ids
        return self.env["crm.customer"].search_fetch(
            [
                ("rfm_segment_id", "=", self.segment_id.id),
                ("company_id", "in", self.env.companies.ids),
            ],
            ["partner_id"],
        )

    def action_add(self):
        """Add the customers, and say what was done."""
        self.ensure_one()
        if not self._is_there():
            raise UserError(
                self.env._(
                    "Install Email Marketing, and ask for access to it, to work with "
                    "mailing lists."
                )
            )
        done = self._add_to(self._mailing_list())
        sentences = {
            "added": self.env._("Added to the list: %s.", done["added"]),
            "there": self.env._("On it already: %s.", done["there"]),
            "left": self.env._(
                "Left it, or on the blacklist: %s. They are not added.", done["left"]
            ),
            "missing": self.env._("Without an e-mail address: %s.", done["missing"]),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if done["added"] else "info",
                "message": " ".join(
                    sentence
                    for name, sentence in sentences.items()
                    if done[name] or name == "added"
                ),
                "sticky": bool(done["missing"] or done["left"]),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _mailing_list(self):
        if self.list_key != "new":
            return self.env["mailing.list"].browse(int(self.list_key))
        name = (self.list_name or "").strip()
        if not name:
            raise UserError(self.env._("Give the new list a name."))
        return self.env["mailing.list"].create({"name": name})

    def _add_to(self, mailing_list):
        """Add the customers to the list.

        :return: number of customers by what became of them: ``added``, ``there``
            (on the list already), ``left`` (opted out, or on the blacklist),
            ``missing`` (no valid e-mail address)
        """
        customers = self._customers()
        customers.check_access("read")
        partners = customers.partner_id
        emails = {}
        for partner in partners:
            if partner.email_normalized:
                emails.setdefault(partner.email_normalized, partner)
        done = {
            "missing": len(partners.filtered(lambda p: not p.email_normalized)),
            "left": 0,
        }
        contacts = self.env["mailing.contact"].search(
            [("email_normalized", "in", list(emails))]
        )
        on_list = self.env["mailing.subscription"].search(
            [("list_id", "=", mailing_list.id), ("contact_id", "in", contacts.ids)]
        )
        there, left = set(), set()
        for line in on_list:
            (left if line.opt_out else there).add(line.contact_id.email_normalized)
        # Whoever may not read it natively must respect the blacklist all the same.
        black = self.env["mail.blacklist"].sudo()
        left |= set(black.search([("email", "in", list(emails))]).mapped("email"))
        there -= left
        done.update(there=len(there), left=len(left))
        wanted = [email for email in emails if email not in there | left]
        known = {}
        for contact in contacts.sorted("id"):
            known.setdefault(contact.email_normalized, contact)
        self._subscribe(mailing_list, [known[e] for e in wanted if e in known])
        self._create_contacts(
            mailing_list, {e: emails[e] for e in wanted if e not in known}
        )
        done["added"] = len(wanted)
        return done

    def _subscribe(self, mailing_list, contacts):
        self.env["mailing.subscription"].create(
            [
                {"list_id": mailing_list.id, "contact_id": contact.id}
                for contact in contacts
            ]
        )

    def _create_contacts(self, mailing_list, partners):
        """Create contacts on the list.

        :param partners: ``{e-mail address: partner}``
        """
        Contact = self.env["mailing.contact"].with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        values = [
            {
                "name": partner.name,
                "email": email,
                "company_name": partner.commercial_company_name,
                "country_id": partner.country_id.id,
                "subscription_ids": [Command.create({"list_id": mailing_list.id})],
            }
            for email, partner in partners.items()
        ]
        for first in range(0, len(values), BATCH):
            Contact.create(values[first : first + BATCH])
