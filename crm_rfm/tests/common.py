from odoo.addons.crm_customer360.tests.common import CustomerCommon


class RfmCommon(CustomerCommon):
    """Today is 15 June 2026; the scheme's window 16 June 2025 to 15 June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Movement = cls.env["crm.rfm.movement"]
        cls.scheme = cls.company.rfm_scheme_ids
        cls.grid = cls.env.ref("crm_rfm.segment_set_grid")
        cls.cube = cls.env.ref("crm_rfm.segment_set_cube")

    def _partner(self, name, **vals):
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "property_account_receivable_id": self.receivable.id,
                **vals,
            }
        )

    def _buyers(self, **purchases):
        """Customers by name, with what they bought: ``name=[(day, amount), …]``.

        A negative amount is a credit note.
        """
        partners = {}
        for name, documents in purchases.items():
            partners[name] = self._partner(name)
            for day, amount in documents:
                make = self._invoice if amount >= 0 else self._refund
                make(abs(amount), day, partner_id=partners[name].id)
        return partners

    def _score(self, partners, *names):
        """Refresh everybody; return ``{name: figure}``, or tuples of several."""
        self.Customer._refresh()
        result = {}
        for name, partner in partners.items():
            row = self._stored(partner)
            figures = tuple(row[field] for field in names)
            result[name] = figures if len(names) > 1 else figures[0]
        return result

    def _segment(self, name):
        return self.env.ref(f"crm_rfm.segment_{name}")
