# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A loyalty program with tiers for each company, and everybody its member."""

from odoo import Command
from odoo.tools import SQL

from .rows import Patterns

# What a member must have spent in the calendar year.
TIERS = {"Member": 0, "Silver": 2_000, "Gold": 10_000, "Platinum": 40_000}


def make_members(env):
    """Give a card to every customer with an invoice, as old as the first of these.

    Does nothing where there are tiers already.
    """
    programs = env["loyalty.program"]
    if programs.search_count([("tier_ids", "!=", False)], limit=1):
        return
    patterns = Patterns(env.cr)
    for company in env["res.company"].search([("parent_id", "=", False)]):
        program = programs.create(
            {
                "name": f"Bench {company.name}",
                "program_type": "loyalty",
                "company_id": company.id,
                "reward_ids": [Command.create({"required_points": 100})],
                "tier_ids": [
                    Command.create({"name": name, "threshold": threshold})
                    for name, threshold in TIERS.items()
                ],
            }
        )
        card = env["loyalty.card"].create({"program_id": program.id})
        patterns.capture("card", card, company)
        card.unlink()
    patterns.copy(
        "loyalty_card",
        SQL(
            """
            (SELECT 'card' AS kind, company_id, commercial_partner_id AS partner_id,
                    min(invoice_date) AS joined
               FROM account_move
              WHERE state = 'posted' AND move_type = 'out_invoice'
              GROUP BY company_id, commercial_partner_id)
            """
        ),
        order=SQL("s.joined, s.partner_id"),
        partner_id=SQL("s.partner_id"),
        create_date=SQL("s.joined + time '12:00'"),
        code=SQL("'bench-' || s.company_id || '-' || s.partner_id"),
    )
