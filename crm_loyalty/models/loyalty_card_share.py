from odoo import api, models
from odoo.fields import Domain


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

    def _join_entity(self):
        """Make one card of those that an entity has in a program of these cards.

        That of the entity itself, else the oldest; with two of them, the points of
        both could not buy one reward.
        """
        cards = self.env["loyalty.card"].sudo().with_context(loyalty_share=None)
        for entity, moved in self.sudo().grouped(_entity).items():
            for _program, group in cards._read_group(
                [
                    ("partner_id.commercial_partner_id", "=", entity.id),
                    ("program_id", "in", moved.program_id.ids),
                ],
                ["program_id"],
                ["id:recordset"],
            ):
                own = group.filtered(lambda c, entity=entity: c.partner_id == entity)
                (own or group).sorted("id")[0]._absorb(group)


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
