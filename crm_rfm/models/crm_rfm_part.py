from odoo import api, models

# Context key: the whole is checked when all of its parts are written.
LATER = "rfm_check_later"


class CrmRfmPart(models.AbstractModel):
    """Records that are right only together, such as the segments of one set.

    A part that changes on its own has its whole checked at once. A whole that writes
    its parts is checked when the last of them is written: in between there may be gaps.
    """

    _name = "crm.rfm.part"
    _description = "Part of a Whole that is checked together"

    # Fields that the check looks at; all when empty.
    _checked_fields = frozenset()

    def _wholes(self):
        """Return the records to check when these change."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_wholes(parts._wholes())
        return parts

    def write(self, vals):
        if self._checked_fields and self._checked_fields.isdisjoint(vals):
            return super().write(vals)
        wholes = self._wholes()
        result = super().write(vals)
        self._check_wholes(wholes | self._wholes())
        return result

    def unlink(self):
        wholes = self._wholes()
        result = super().unlink()
        self._check_wholes(wholes.exists())
        return result

    def _check_wholes(self, wholes):
        # Data files write one record after the other; a test proves what they say.
        context = self.env.context
        if not context.get(LATER) and not context.get("install_mode"):
            wholes._check_parts()


class CrmRfmWhole(models.AbstractModel):
    """Records whose parts are checked together, see `crm.rfm.part`."""

    _name = "crm.rfm.whole"
    _description = "Whole whose parts are checked together"

    # Fields that the check looks at.
    _checked_fields = frozenset()

    def _check_parts(self):
        """Raise a `ValidationError` when the parts do not make a whole."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        wholes = super(CrmRfmWhole, self.with_context(**{LATER: True})).create(
            vals_list
        )
        wholes = self.browse(wholes.ids)
        wholes._check_unless_later()
        return wholes

    def write(self, vals):
        result = super(CrmRfmWhole, self.with_context(**{LATER: True})).write(vals)
        if not self._checked_fields.isdisjoint(vals):
            self._check_unless_later()
        return result

    def _check_unless_later(self):
        context = self.env.context
        if not context.get(LATER) and not context.get("install_mode"):
            self._check_parts()
