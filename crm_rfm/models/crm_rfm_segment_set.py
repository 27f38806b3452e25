from collections import Counter, defaultdict
from itertools import product

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from ..tools.segments import boxes_of

# Cells that a message names; the rest is counted.
NAMED = 12


class CrmRfmSegmentSet(models.Model):
    """Segments that share out all cells of the scores: every cell belongs to one.

    A cell is ``(r, f, m)``, each score from 1 (worst) to `bins` (best).
    """

    _name = "crm.rfm.segment.set"
    _description = "RFM Segment Set"
    _inherit = ["crm.rfm.whole"]
    _order = "sequence, id"

    _checked_fields = frozenset({"bins", "segment_ids"})

    name = fields.Char(
        required=True, translate=True, help="As it is chosen in the scheme."
    )
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index=True,
        ondelete="cascade",
        help="Only this company uses the set; empty: every company may.",
    )
    bins = fields.Integer(
        string="Scores",
        default=5,
        required=True,
        help="Highest score. Only a scheme with as many scores can use the set.",
    )
    segment_ids = fields.One2many(
        comodel_name="crm.rfm.segment",
        inverse_name="set_id",
        string="Segments",
        copy=True,
        help="From the best to the worst. Every combination of scores belongs to one.",
    )
    scheme_ids = fields.One2many(
        comodel_name="crm.rfm.scheme",
        inverse_name="segment_set_id",
        string="Used by",
        readonly=True,
        help="Schemes whose customers are in these segments.",
    )

    _bins_range = models.Constraint(
        "CHECK (bins BETWEEN 3 AND 10)", "A set of segments has 3 to 10 scores."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A set without segments begins with one for everybody."""
        everybody = [
            Command.create(
                {
                    "name": self.env._("All customers"),
                    "range_ids": [Command.create({})],
                }
            )
        ]
        result = self.browse()
        for vals in vals_list:
            bins = vals.get("bins") or 5
            # Data files bring the segments afterwards.
            if not vals.get("segment_ids") and not self.env.context.get("install_mode"):
                vals = {**vals, "segment_ids": everybody}
            created = super(CrmRfmSegmentSet, self.with_context(rfm_bins=bins)).create(
                [vals]
            )
            result += self.browse(created.ids)
        return result

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%s (copy)", segment_set.name)}
            if "name" not in (default or {})
            else vals
            for segment_set, vals in zip(
                self, super().copy_data(default=default), strict=True
            )
        ]

    @api.constrains("bins", "company_id")
    def _check_schemes(self):
        self.sudo().with_context(active_test=False).scheme_ids._check_segment_set()

    # ------------------------------------------------------------------
    # Cells
    # ------------------------------------------------------------------

    def _cells(self):
        """Return which segment each cell belongs to.

        :return: ``{(r, f, m): crm.rfm.segment record}``
        """
        self.ensure_one()
        return {
            cell: segment
            for segment in self.segment_ids
            for cell in segment.range_ids._cells()
        }

    def _write_cells(self, cells):
        """Share out the cells anew, in few blocks a segment.

        :param cells: ``{(r, f, m): id of a segment of this set}``, all cells
        """
        self.ensure_one()
        shares = defaultdict(set)
        for cell, segment_id in cells.items():
            shares[segment_id].add(tuple(cell))
        self.write(
            {
                "segment_ids": [
                    Command.update(
                        segment.id, {"range_ids": self._blocks(shares[segment.id])}
                    )
                    for segment in self.segment_ids
                ]
            }
        )

    def _blocks(self, cells):
        """Return the commands that give a segment these cells, in few blocks."""
        return [
            Command.clear(),
            *(
                Command.create(
                    {
                        f"{letter}_{end}": corner[place]
                        for end, corner in (("min", box.low), ("max", box.high))
                        for place, letter in enumerate("rfm")
                    }
                )
                for box in boxes_of(cells)
            ),
        ]

    def _check_parts(self):
        """Refuse cells that have no segment or several, and name them."""
        for segment_set in self:
            problems = segment_set._problems()
            if problems:
                raise ValidationError(
                    self.env._(
                        "Every cell of %(set)s belongs to exactly one segment.\n"
                        "%(problems)s",
                        set=segment_set.name,
                        problems="\n".join(problems),
                    )
                )
        self.sudo().scheme_ids._rules_changed()

    def _problems(self):
        """Return what is wrong with the cells of this set, as texts."""
        self.ensure_one()
        owners = defaultdict(list)
        for segment in self.segment_ids:
            for cell, times in Counter(segment.range_ids._cells()).items():
                owners[cell] += [segment] * times
        everything = set(product(range(1, self.bins + 1), repeat=3))
        gaps = everything - owners.keys()
        beyond = owners.keys() - everything
        overlaps = defaultdict(set)
        for cell in owners.keys() & everything:
            if len(owners[cell]) > 1:
                names = sorted({segment.name for segment in owners[cell]})
                overlaps[", ".join(names)].add(cell)
        problems = []
        if beyond:
            problems.append(
                self.env._(
                    "There is no score above %(bins)s: %(cells)s.",
                    bins=self.bins,
                    cells=self._named(beyond),
                )
            )
        if gaps:
            problems.append(
                self.env._("These cells have no segment: %s.", self._named(gaps))
            )
        problems += [
            self.env._(
                "These cells are in more than one block (%(segments)s): %(cells)s.",
                segments=names,
                cells=self._named(cells),
            )
            for names, cells in sorted(overlaps.items())
        ]
        return problems

    def _named(self, cells):
        """Return cells as text, best first; those of all M of an R and F as one."""
        whole = {
            (r, f)
            for r, f, _m in cells
            if all((r, f, m) in cells for m in range(1, self.bins + 1))
        }
        names = [f"R{r} F{f}" for r, f in sorted(whole, reverse=True)]
        names += [
            f"R{r} F{f} M{m}"
            for r, f, m in sorted(cells, reverse=True)
            if (r, f) not in whole
        ]
        text = ", ".join(names[:NAMED])
        if len(names) > NAMED:
            text = self.env._(
                "%(cells)s and %(count)s more", cells=text, count=len(names) - NAMED
            )
        return text
