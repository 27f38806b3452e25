from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import RfmCommon, UsersCommon


@tagged("post_install", "-at_install")
class TestAccess(UsersCommon, RfmCommon):
    def _moved(self):
        """One customer of the salesperson, one of somebody else; both have moved."""
        buyers = self._buyers(mine=[("2026-05-01", 10)], theirs=[("2026-05-02", 10)])
        buyers["mine"].user_id = self.users["sales"]
        buyers["theirs"].user_id = self.users["manager"]
        self.Customer._refresh()
        self._invoice(10, "2026-06-01", partner_id=buyers["mine"].id)
        self.Customer._refresh()
        return buyers

    def test_movements(self):
        buyers = self._moved()
        both = buyers["mine"] + buyers["theirs"]
        for name, expected in {
            "sales": buyers["mine"],
            "all": both,
            "manager": both,
            "reader": both,
            "biller": both,
        }.items():
            with self.subTest(name):
                found = self._as(name, self.Movement).search(
                    [("company_id", "=", self.company.id)]
                )
                self.assertEqual(set(found.partner_id), set(expected))
        with self.assertRaises(AccessError):
            self._as("employee", self.Movement).search([])
        for operation in ("create", "write", "unlink"):
            self.assertFalse(self._as("manager", self.Movement).has_access(operation))

    def test_matrix(self):
        """It counts whom its reader may see."""
        self._moved()
        Snapshot = self.env["crm.customer.snapshot"]
        Snapshot._take()
        for name, expected in {"sales": 1, "manager": 2, "biller": 2}.items():
            moves = self._as(name, Snapshot).rfm_matrix("2026-05-01", "2026-06-01")
            self.assertEqual(
                sum(
                    move["count"]
                    for move in moves["moves"]
                    if isinstance(move["to"], int)
                ),
                expected,
            )
        with self.assertRaises(AccessError):
            self._as("employee", Snapshot).rfm_matrix("2026-05-01", "2026-06-01")

    def test_settings(self):
        """Sales managers change them, salespeople and accountants read them."""
        champions = self._segment("champions")
        for name in ("sales", "all", "reader", "biller"):
            with self.subTest(name):
                self.assertEqual(self._as(name, self.scheme).window_months, 12)
                self.assertEqual(self._as(name, champions).cells, "R 5 F 4–5")
                for records in (self.scheme, champions, self.grid):
                    self.assertFalse(self._as(name, records).has_access("write"))
                with self.assertRaises(AccessError):
                    self._as(name, self.scheme).action_score()
        self._as("manager", self.scheme).write({"window_months": 24})
        self._as("manager", champions).write({"name": "Best"})
        self._as("manager", self.scheme).action_score()
        with self.assertRaises(AccessError):
            self._as("employee", self.scheme).read(["window_months"])

    def test_other_company(self):
        other = self._create_company(name="Other")
        theirs = other.rfm_scheme_ids
        with self.assertRaises(AccessError):
            self._as("manager", theirs).read(["window_months"])
        own = self.grid.copy({"company_id": other.id})
        self.assertNotIn(
            own, self._as("manager", self.env["crm.rfm.segment.set"]).search([])
        )

    def test_branch_user(self):
        """Who works in a branch alone reads the scheme of its company."""
        branch = self._branch()
        user = new_test_user(
            self.env,
            login="rfm_branch",
            groups="sales_team.group_sale_salesman",
            company_id=branch.id,
            company_ids=[(6, 0, branch.ids)],
        )
        scheme = self.scheme.with_user(user).with_context(
            allowed_company_ids=branch.ids
        )
        self.assertEqual(scheme.window_months, 12)

    def test_segment_of_a_contact(self):
        buyers = self._moved()
        self.assertTrue(self._as("sales", buyers["mine"]).rfm_segment_id)
        self.assertFalse(self._as("sales", buyers["theirs"]).rfm_segment_id)
        with self.assertRaises(AccessError):
            self._as("employee", buyers["mine"]).read(["rfm_segment_id"])
        groups = self._as("sales", self.env["res.partner"])._read_group(
            [("id", "in", [p.id for p in buyers.values()])], ["rfm_segment_id"]
        )
        self.assertEqual(len(groups), 2)  # of one it is seen, of the other it is not
