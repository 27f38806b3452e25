from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmRfmSegment(models.Model):
    """Customers with similar scores, and what to do with those who enter."""

    _name = "crm.rfm.segment"
    _description = "RFM Segment"
    _inherit = ["crm.rfm.part"]
    _order = "set_id, sequence, id"

    _checked_fields = frozenset({"active", "range_ids", "set_id"})

    name = fields.Char(
        required=True, translate=True, help="As customers, lists and reports show it."
    )
    active = fields.Boolean(
        default=True,
        help="A deleted segment that had customers is kept for its history, without "
        "cells.",
    )
    sequence = fields.Integer(
        default=100,
        help="From the best segment to the worst: the order tells whether a customer "
        "moves up or down.",
    )
    set_id = fields.Many2one(
        comodel_name="crm.rfm.segment.set",
        string="Segment Set",
        required=True,
        index=True,
        ondelete="cascade",
        help="The set that it shares out the scores with.",
    )
    description = fields.Text(
        translate=True, help="Who these customers are, for whoever works with them."
    )
    color = fields.Integer(help="Colour of the segment on every screen.")
    range_ids = fields.One2many(
        comodel_name="crm.rfm.segment.range",
        inverse_name="segment_id",
        string="Cells",
        copy=True,
        help="Scores of the customers in this segment; 5 is best on all three.",
    )
    cells = fields.Char(
        string="Scores",
        compute="_compute_cells",
        help="The scores of this segment in short; 5 is best.",
    )
    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_customer_count",
        help="Customers of the selected companies in this segment today.",
    )

    # What to do when a customer enters
    playbook_active = fields.Boolean(
        string="Plan Automatically",
        help="Plan the activity, every night, for customers who enter this segment. "
        "Who is in it already is left alone. Off: only what is planned by hand.",
    )
    playbook_waiting = fields.Char(
        compute="_compute_playbook_waiting",
        groups="sales_team.group_sale_manager",
        help="For whom the activity waits, and why.",
    )
    activity_type_id = fields.Many2one(
        comodel_name="mail.activity.type",
        string="Activity",
        domain=[("res_model", "in", (False, "res.partner"))],
        help="Planned on a customer who enters this segment; empty: nothing is "
        "planned.",
    )
    activity_summary = fields.Char(
        string="What to Do",
        translate=True,
        help="Title of the activity; empty: the name of the segment.",
    )
    activity_days = fields.Integer(
        string="Due in Days", default=3, help="Days from the day it is planned."
    )
    activity_user = fields.Selection(
        selection=[
            ("salesperson", "Salesperson of the customer"),
            ("user", "A fixed user"),
        ],
        string="Assigned to",
        default="salesperson",
        required=True,
        help="Who does it. Nobody is asked who may not see the customer.",
    )
    activity_user_id = fields.Many2one(
        comodel_name="res.users",
        string="User",
        domain=[("share", "=", False)],
        help="Does it for all customers, or, with the salesperson chosen, for those "
        "who have none.",
    )

    has_mailing_lists = fields.Boolean(
        compute="_compute_has_mailing_lists",
        help="Technical: whether there are mailing lists, and the user may use them.",
    )

    _playbook_has_activity = models.Constraint(
        "CHECK (NOT playbook_active OR activity_type_id IS NOT NULL)",
        "Choose the activity before the playbook is switched on.",
    )
    _activity_days_positive = models.Constraint(
        "CHECK (activity_days >= 0)", "An activity cannot be due in the past."
    )
    _activity_user_given = models.Constraint(
        "CHECK (activity_user <> 'user' OR activity_type_id IS NULL"
        " OR activity_user_id IS NOT NULL)",
        "Choose the user who does the activity.",
    )

    @api.depends("range_ids", "set_id.bins")
    def _compute_cells(self):
        for segment in self:
            bins = segment.set_id.bins
            segment.cells = "; ".join(
                " ".join(
                    f"{letter} {low}" if low == high else f"{letter} {low}–{high}"
                    for letter, low, high in (
                        ("R", block.r_min, block.r_max),
                        ("F", block.f_min, block.f_max),
                        ("M", block.m_min, block.m_max),
                    )
                    if letter != "M" or (low, high) != (1, bins)
                )
                for block in segment.range_ids
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_count(self):
        counts = dict(
            self.env["crm.customer"]._read_group(
                [("rfm_segment_id", "in", self.ids)], ["rfm_segment_id"], ["__count"]
            )
        )
        for segment in self:
            segment.customer_count = counts.get(segment, 0)

    @api.depends_context("uid")
    def _compute_has_mailing_lists(self):
        self.has_mailing_lists = self.env["crm.rfm.mailing"]._is_there()

    @api.depends_context("lang", "uid")
    @api.depends("activity_type_id", "activity_user", "activity_user_id")
    def _compute_playbook_waiting(self):
        Customer = self.env["crm.customer"]
        waiting = Customer._playbook_waiting(self).grouped("rfm_playbook_id")
        for segment in self:
            customers = waiting.get(segment._origin.sudo())
            segment.playbook_waiting = customers and " ".join(
                [self.env._("Waiting for their activity: %s.", len(customers))]
                + Customer._playbook_reasons(customers._playbook_sort())
            )

    def write(self, vals):
        """Nobody waits for a playbook that is switched off or has no activity."""
        result = super().write(vals)
        if not vals.get("playbook_active", True) or not vals.get(
            "activity_type_id", True
        ):
            waiting = self.env["crm.customer"]._playbook_waiting(self)
            waiting.rfm_playbook_id = False
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """History names the segment: it is kept as long as it has any."""
        for segment in self._used()[:1]:
            raise UserError(
                self.env._(
                    "%(segment)s has or had customers: it is kept for their history. "
                    "Delete it in the matrix of %(set)s, where its cells are given to "
                    "other segments.",
                    segment=segment.name,
                    set=segment.set_id.name,
                )
            )

    def _used(self):
        """Return those of these segments that customers are or were in."""
        found = set()
        for model, name in (
            ("crm.customer", "rfm_segment_id"),
            ("crm.customer", "rfm_previous_segment_id"),
            ("crm.customer.snapshot", "rfm_segment_id"),
            ("crm.rfm.movement", "from_id"),
            ("crm.rfm.movement", "to_id"),
        ):
            found.update(
                segment.id
                for (segment,) in self.env[model]
                .sudo()
                ._read_group([(name, "in", list(set(self.ids) - found))], [name])
            )
        return self.filtered(lambda segment: segment.id in found)

    def _wholes(self):
        return self.set_id

    def action_plan_now(self):
        """Ask whether to plan the activity for all who are in the segment now."""
        self.ensure_one()
        self.check_access("read")
        if not self.activity_type_id:
            raise UserError(self.env._("Choose the activity of the playbook first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan for those who are in it now"),
            "res_model": "crm.rfm.playbook.plan",
            "view_mode": "form",
            "target": "new",
            "context": {"default_segment_id": self.id},
        }

    def action_open_customers(self):
        """Open the customers that are in this segment today."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        action["domain"] = [("rfm_segment_id", "=", self.id)]
        action["display_name"] = self.display_name
        return action
