import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import failing

_logger = logging.getLogger(__name__)


class LoyaltyCard(models.Model):
    """Contacts of one commercial entity share its cards of programs with tiers."""

    _inherit = "loyalty.card"

    @api.model_create_multi
    def create(self, vals_list):
        """A card that an order of a contact opens belongs to the entity."""
        contact = self._sharing_contact()
        if contact:
            programs = self.env["loyalty.program"].sudo()
            entity = contact.commercial_partner_id.id
            vals_list = [
                {**vals, "partner_id": entity}
                if vals.get("partner_id") == contact.id
                and programs.browse(vals.get("program_id")).tier_ids
                else vals
                for vals in vals_list
            ]
        return super().create(vals_list)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """While an order looks for cards, those of its contact are the entity's."""
        contact = self._sharing_contact()
        if contact:
            shared = self._shared_with(contact).ids

            def share(condition):
                if condition.field_expr == "partner_id" and condition.value in (
                    contact.id,
                    [contact.id],
                    (contact.id,),
                ):
                    return condition | Domain("id", "in", shared)
                return condition

            domain = Domain(domain).map_conditions(share)
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _sharing_contact(self):
        """Return the contact whose order is looking for cards, or none."""
        partner_id = self.env.context.get("loyalty_share")
        partner_id = partner_id if isinstance(partner_id, int) else False
        return self.env["res.partner"].sudo().browse(partner_id)

    @api.model
    def _shared_with(self, contact):
        """Return the cards of a contact's entity in programs with tiers.

        Those that the user may use: another company's stay out.
        """
        contact = contact.sudo()
        entity = contact.commercial_partner_id
        if not entity or contact.is_public:
            return self.browse()
        cards = self.sudo().with_context(loyalty_share=None)
        found = cards.search(
            [
                ("partner_id.commercial_partner_id", "=", entity.id),
                ("program_id.tier_ids", "!=", False),
                ("program_id.program_type", "=", "loyalty"),
            ]
        )
        return self.browse(found.ids)._filtered_access("read")

    @api.model
    @api.readonly
    def get_card_holder(self, program_id, partner_id):
        """Return the id of whoever holds the card of a program that a contact uses.

        For Point of Sale, which knows a card by its holder. The contact, if there is no
        card yet.
        """
        contact = self.env["res.partner"].browse(partner_id)
        cards = self._shared_with(contact).filtered(
            lambda card: card.program_id.id == program_id
        )
        entity = contact.sudo().commercial_partner_id
        own = cards.filtered(lambda card: card.partner_id == entity)
        return (own or cards).sorted("id")[:1].partner_id.id or partner_id

    def _join_entity(self):
        """Make one card, held by the entity, of those of its contacts and its own.

        That of the entity itself is kept, else the oldest; with two of them, the points
        of both could not buy one reward, and a contact who leaves would take along what
        others have earned.
        """
        cards = self.env["loyalty.card"].sudo().with_context(loyalty_share=None)
        groups = cards._read_group(
            [
                (
                    "partner_id.commercial_partner_id",
                    "in",
                    self.sudo().partner_id.commercial_partner_id.ids,
                ),
                ("program_id", "in", self.sudo().program_id.ids),
            ],
            ["partner_id.commercial_partner_id", "program_id"],
            ["id:recordset"],
        )
        for entity, _program, group in groups:
            own = group.filtered(lambda c, entity=entity: c.partner_id == entity)
            kept = (own or group).sorted("id")[0]
            kept._absorb(group)
            if kept.partner_id != entity:
                kept.partner_id = entity

    @api.model
    def _join_contacts(self, limit=None):
        """Have entities hold the cards that their contacts got for themselves.

        Point of Sale makes such, an import may, and a program may have had contacts
        before it had tiers.

        :param limit: cards at most; all when None
        :return: number of cards
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT card.id FROM loyalty_card card
                JOIN res_partner partner ON partner.id = card.partner_id
                JOIN loyalty_program program ON program.id = card.program_id
                    AND program.program_type = 'loyalty'
                WHERE card.active AND partner.commercial_partner_id <> partner.id
                    AND EXISTS (SELECT FROM loyalty_tier tier
                        WHERE tier.program_id = program.id)
                ORDER BY card.id
                LIMIT %s
                """,
                limit,
            )
        )
        cards = self.sudo().browse(card_id for (card_id,) in rows)
        failing(
            self.env,
            list(cards.grouped(_entity).values()),
            lambda groups: cards.union(*groups)._join_entity(),
            _logger,
            "Cards do not become one with their company's: %s",
        )
        return len(cards)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        """Bring the cards of a contact along into the entity that it joins."""
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        before = {partner: partner.commercial_partner_id for partner in self}
        result = super().write(vals)
        joined = self.filtered(lambda p: p.commercial_partner_id not in (p, before[p]))
        if joined:
            cards = self.env["loyalty.card"].sudo()
            cards.search(
                [
                    ("partner_id", "child_of", joined.ids),
                    ("program_id.tier_ids", "!=", False),
                    ("program_id.program_type", "=", "loyalty"),
                ]
            )._join_entity()
        return result


def _entity(card):
    return card.partner_id.commercial_partner_id
