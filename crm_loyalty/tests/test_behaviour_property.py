from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.crm_loyalty.tools.behaviour import classify

from .test_behaviour import BehaviourCommon

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:  # a development tool: pip install hypothesis
    given = None

LARGEST = 40

if given:
    bins = st.shared(st.integers(3, 10), key="bins")
    customers = st.lists(
        st.tuples(
            st.sampled_from(["scored", "scored", "lapsed", "new", "excluded", None]),
            st.integers(1, 10),
            st.integers(1, 10),
            st.one_of(st.none(), st.integers(0, 400)),
            st.one_of(st.none(), st.sampled_from(["1", "30", "33.33", "60", "90.5"])),
            st.booleans(),
        ),
        max_size=LARGEST,
    )

    @tagged("post_install", "-at_install")
    class TestBehaviourProperty(BehaviourCommon):
        """The class in SQL is that of plain Python, whoever the customers are."""

        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.sets = {
                number: cls.env["crm.rfm.segment.set"].create(
                    [{"name": f"Of {number}", "bins": number}]
                )
                for number in range(3, 11)
            }
            partners = cls.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(LARGEST)]
            )
            cls.rows = cls.Customer.sudo().create(
                [
                    {"partner_id": partner.id, "company_id": cls.company.id}
                    for partner in partners
                ]
            )
            cls.notes = cls.Note.create(
                [
                    {
                        "partner_id": partner.id,
                        "company_id": cls.company.id,
                        "text": "Rival",
                    }
                    for partner in partners
                ]
            )

        @given(base=customers, bins=bins)
        @settings(max_examples=60, deadline=None)
        def test_class(self, base, bins):
            self.scheme.write({"bins": bins, "segment_set_id": self.sets[bins].id})
            expected = []
            for row, note, figures in zip(self.rows, self.notes, base, strict=False):
                state, r, f, days, cadence, evidence = figures
                r, f = min(r, bins), min(f, bins)
                if state in ("lapsed", "excluded", None):
                    r = f = None
                if state == "scored" and days is None:
                    cadence = None
                cadence = cadence and Decimal(cadence)
                self._set(days, state, r, f, cadence, row=row)
                note.sudo().write({"withdrawn": not evidence})
                expected.append(classify(state, r, f, bins, days, cadence, evidence))
            self.Customer._evaluate_class()
            found = [row.loyalty_class or None for row in self.rows[: len(base)]]
            self.assertEqual(found, expected)
