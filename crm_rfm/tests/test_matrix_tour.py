from odoo.tests import tagged

from odoo.addons.crm_customer360.tests.test_page_tour import PageHttpCommon


@tagged("post_install", "-at_install")
class TestMatrixTour(PageHttpCommon):
    """One customer with two purchases, of four months ago and of today."""

    def test_matrix(self):
        """Alone: R 1 + 5 × 1 div 2 = 3, F 2 + 4 × 1 div 2 = 4; 3,4 is painted over."""
        row = self.partner.with_company(self.company).customer_id
        self.assertEqual((row.rfm_r, row.rfm_f), (3, 4))
        self.assertEqual(
            row.rfm_segment_id, self.env.ref("crm_rfm.segment_loyal_customers")
        )
        self.start_tour("/odoo", "crm_rfm_matrix", login="page_manager")
        self.env.invalidate_all()
        # Other companies use the ready-made set, so this one has a copy now.
        grid = self.company.rfm_scheme_id.segment_set_id
        self.assertEqual(grid.company_id, self.company)
        self.assertEqual(
            {grid._cells()[3, 4, m].name for m in range(1, 6)}, {"Champions"}
        )
        self.env["crm.customer"]._score()
        self.assertEqual(row.rfm_segment_id.name, "Champions")
        self.assertEqual(row.rfm_segment_id.set_id, grid)

    def test_scheme(self):
        scheme = self.company.rfm_scheme_id
        self.start_tour("/odoo", "crm_rfm_scheme_dry_run", login="page_manager")
        self.env.invalidate_all()
        self.assertEqual((scheme.window_months, scheme.method), (12, "quantile"))
        self.assertFalse(scheme.pending)
        self.assertFalse(scheme.cut_ids)
