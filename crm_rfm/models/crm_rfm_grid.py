from collections import Counter, defaultdict
from itertools import product

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

# A segment that is not saved yet has a negative key.
PLAIN = ("name", "color", "sequence")


class CrmRfmSegmentSet(models.Model):
    """Changes of a set in the matrix: who would move, then everything at once.

    A change is two lists: ``segments``, best first, of ``{"key", "name", "color"}``,
    where the key of a saved segment is its id and that of a new one is negative; and
    ``cells``, all of them, as ``[r, f, m, key]``. Segments that are not in the list are
    deleted.
    """

    _inherit = "crm.rfm.segment.set"

    def _matrix_data(self, scheme):
        """Return what the matrix says of the set, and who else uses it.

        :param scheme: that of the company whose matrix is shown
        """
        if not self:
            return False
        by_amount = defaultdict(set)
        for (r, f, _m), segment in self._cells().items():
            by_amount[r, f].add(segment.id)
        used = self.sudo().scheme_ids.company_id
        others = used - scheme.company_id
        visible = others & self.env.user.company_ids
        return {
            "id": self.id,
            "name": self.name,
            "in_use": scheme.company_id in used,
            "by_amount": any(len(ids) > 1 for ids in by_amount.values()),
            # Names of other companies are for those who work there.
            "others": visible.mapped("name"),
            "others_hidden": len(others - visible),
        }

    # ------------------------------------------------------------------
    # Dry run
    # ------------------------------------------------------------------

    @api.readonly
    def get_grid_dry_run(self, company_id, segments, cells):
        """Return who would move by a change of the cells; nothing is written.

        The customers are those that the reader may see, by the scores they have now;
        from is the segment of the cell as saved, to that of the change.

        :return: see `crm.customer._move_table`
        """
        self.ensure_one()
        self.check_access("write")
        Customer = self.env["crm.customer"]
        company = Customer._pareto_company(company_id)
        cells = self._checked_grid(segments, cells)
        # {key: (name, colour)}; deleted segments too.
        looks = {
            **{each.id: (each.name, each.color) for each in self.segment_ids},
            **{each["key"]: (each["name"], each["color"]) for each in segments},
        }
        before = self._cells()
        pairs = defaultdict(lambda: [0, 0.0])
        for r, f, m, count, amount in Customer._rfm_figures(company):
            if (r, f, m) in cells:
                pair = pairs[before[r, f, m].id, cells[r, f, m]]
                pair[0] += count
                pair[1] += amount
        return Customer._move_table(company, looks, pairs)

    def _checked_grid(self, segments, cells):
        """Return ``{(r, f, m): key}``; refuse what cannot be saved, with the reason."""
        _ = self.env._
        keys = [segment["key"] for segment in segments]
        if len(set(keys)) != len(keys) or not (
            {key for key in keys if key > 0} <= set(self.segment_ids.ids)
        ):
            raise UserError(
                _("These segments were changed meanwhile. Open the matrix again.")
            )
        names = Counter(segment["name"].strip() for segment in segments)
        if names.pop("", 0):
            raise ValidationError(_("Give every segment a name."))
        twice = [name for name, times in names.items() if times > 1]
        if twice:
            raise ValidationError(
                _("Give each segment a name of its own: %s.", ", ".join(twice))
            )
        shares = {(r, f, m): key for r, f, m, key in cells if key in keys}
        everything = set(product(range(1, self.bins + 1), repeat=3))
        gaps = everything - shares.keys()
        if gaps:
            raise ValidationError(
                _("These cells have no segment: %s.", self._named(gaps))
            )
        return {cell: shares[cell] for cell in everything}

    # ------------------------------------------------------------------
    # Saving
    # ------------------------------------------------------------------

    def save_grid(self, company_id, segments, cells, copy=False):
        """Save a change of the matrix.

        A deleted segment that customers are or were in is archived.

        :param copy: leave this set as it is; make the change in a copy for the company,
            which its scheme uses from now on if it used this one
        :return: id of the set that was changed
        """
        self.ensure_one()
        self.check_access("write")
        cells = self._checked_grid(segments, cells)
        if not copy:
            self._write_grid(segments, cells)
            return self.id
        company = self.env["crm.customer"]._pareto_company(company_id)
        scheme = company._rfm_scheme()
        owner = company.sudo().root_id
        mine = self.copy(
            {
                "company_id": owner.id,
                "name": self.env._(
                    "%(set)s (%(company)s)", set=self.name, company=owner.name
                ),
            }
        )
        keys = dict(
            zip(
                self.segment_ids.sorted("id").ids,
                mine.segment_ids.sorted("id").ids,
                strict=True,
            )
        )
        mine._write_grid(
            [
                {**segment, "key": keys.get(segment["key"], segment["key"])}
                for segment in segments
            ],
            {cell: keys.get(key, key) for cell, key in cells.items()},
        )
        if scheme.segment_set_id == self:
            scheme = self.env["crm.rfm.scheme"].browse(scheme.id)
            scheme.segment_set_id = mine
        return mine.id

    def _write_grid(self, segments, cells):
        """Write what differs: names and colours, and the cells all at once.

        :param cells: ``{(r, f, m): key}``, checked
        """
        shares = defaultdict(set)
        for cell, key in cells.items():
            shares[key].add(cell)
        commands, kept = [], self.env["crm.rfm.segment"]
        for position, segment in enumerate(segments, 1):
            own = shares[segment["key"]]
            record = self.env["crm.rfm.segment"].browse(
                segment["key"] if segment["key"] > 0 else []
            )
            kept += record
            vals = {
                "name": segment["name"].strip(),
                "color": segment["color"],
                "sequence": 10 * position,
            }
            if not record:
                vals["range_ids"] = self._blocks(own)[1:]
                commands.append(Command.create(vals))
                continue
            # Looks alone are no change of the rules.
            record.write({n: vals[n] for n in PLAIN if record[n] != vals[n]})
            if set(record.range_ids._cells()) != own:
                commands.append(
                    Command.update(record.id, {"range_ids": self._blocks(own)})
                )
        gone = self.segment_ids - kept
        used = gone._used()
        commands += [
            Command.update(
                segment.id, {"active": False, "range_ids": [Command.clear()]}
            )
            if segment in used
            else Command.delete(segment.id)
            for segment in gone
        ]
        if commands:
            self.write({"segment_ids": commands})

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_matrix(self):
        """Open the matrix coloured by this set, ready to be changed by who may."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "crm_rfm.crm_rfm_matrix_action"
        )
        return {
            **action,
            "params": {"set_id": self.id, "edit": self.has_access("write")},
        }
