from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import RfmCommon


def installed(env):
    """Say whether Email Marketing is there: one of the two classes needs it, the other
    needs it not to be. bin/test runs both: this file is also tested in its database
    without any optional module.
    """
    return "mailing.list" in env


@tagged("post_install", "-at_install")
class TestMailingAbsent(RfmCommon):
    """Without Email Marketing nothing of it is seen."""

    def test_hidden(self):
        if installed(self.env):
            self.skipTest("Email Marketing is installed")
        action = self.env.ref("crm_rfm.crm_rfm_mailing_action")
        bound = self.env["ir.actions.actions"].get_bindings("crm.customer")
        self.assertNotIn(action.id, [item["id"] for item in bound["action"]])
        plan = self.env.ref("crm_rfm.crm_rfm_playbook_action")
        self.assertIn(plan.id, [item["id"] for item in bound["action"]])
        self.assertFalse(self._segment("champions").has_mailing_lists)
        mailing = self.env["crm.rfm.mailing"].create({"list_name": "List"})
        with self.assertRaises(UserError):
            mailing.action_add()


@tagged("post_install", "-at_install")
class TestMailing(RfmCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not installed(cls.env):
            cls.skipTest(cls, "Email Marketing (mass_mailing) is not installed")
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.marketer, cls.sales = (
            new_test_user(
                cls.env,
                login=f"mailing_{name}",
                groups=f"base.group_user,{groups}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for name, groups in {
                "marketer": "sales_team.group_sale_manager,"
                "mass_mailing.group_mass_mailing_user",
                "sales": "sales_team.group_sale_salesman",
            }.items()
        )
        cls.env.user.group_ids += cls.env.ref("mass_mailing.group_mass_mailing_user")
        cls.list = cls.env["mailing.list"].create({"name": "Friends"})
        cls.Contact = cls.env["mailing.contact"]
        emails = {
            "plain": "Plain <plain@example.com>",
            "twin": "PLAIN@example.com",
            "known": "known@example.com",
            "there": "there@example.com",
            "left": "left@example.com",
            "black": "black@example.com",
            "several": "First <first@example.com>, second@example.com",
            "none": False,
            "wrong": "not an address",
        }
        cls.partners = {
            name: cls.env["res.partner"].create({"name": name, "email": email})
            for name, email in emails.items()
        }
        cls.Contact.create({"name": "Known", "email": "Known@Example.com"})
        for name, opt_out in (("there", False), ("left", True)):
            cls.Contact.create(
                {
                    "name": name,
                    "email": emails[name],
                    "subscription_ids": [
                        (0, 0, {"list_id": cls.list.id, "opt_out": opt_out})
                    ],
                }
            )
        cls.env["mail.blacklist"].create({"email": emails["black"]})
        for partner in cls.partners.values():
            cls._invoice(cls, 10, "2026-06-01", partner_id=partner.id)
        cls.Customer._refresh()
        cls.rows = cls.Customer.search(
            [("partner_id", "in", [p.id for p in cls.partners.values()])]
        )

    def _wizard(self, user=None, **vals):
        return (
            self.env["crm.rfm.mailing"]
            .with_user(user or self.marketer)
            .with_context(active_model="crm.customer", active_ids=self.rows.ids)
            .create(vals)
        )

    def test_add(self):
        wizard = self._wizard(list_key=str(self.list.id))
        self.assertEqual(wizard.customer_count, 9)
        message = wizard.action_add()["params"]["message"]
        # plain (and its twin) and the first of several are new, known is put on it
        self.assertIn("Added to the list: 3.", message)
        self.assertIn("On it already: 1.", message)
        self.assertIn("blacklist: 2.", message)
        self.assertIn("Without an e-mail address: 2.", message)
        self.assertEqual(
            sorted(self.list.contact_ids.mapped("email_normalized")),
            [
                "first@example.com",
                "known@example.com",
                "left@example.com",
                "plain@example.com",
                "there@example.com",
            ],
        )
        self.assertEqual(
            self.Contact.search_count([("email_normalized", "=", "known@example.com")]),
            1,
        )
        gone = self.list.subscription_ids.filtered("opt_out")
        self.assertEqual(gone.contact_id.email, "left@example.com")
        # Again: nobody is added twice.
        message = self._wizard(list_key=str(self.list.id)).action_add()["params"]
        self.assertIn("Added to the list: 0.", message["message"])
        self.assertEqual(len(self.list.contact_ids), 5)

    def test_new_list_of_a_segment(self):
        segment = self.rows.rfm_segment_id[0]
        inside = self.rows.filtered(lambda row: row.rfm_segment_id == segment)
        wizard = (
            self.env["crm.rfm.mailing"]
            .with_user(self.marketer)
            .with_context(active_model="crm.rfm.segment", active_ids=segment.ids)
            .create({"list_key": "new"})
        )
        self.assertEqual(wizard.list_name, segment.name)
        self.assertEqual(wizard.customer_count, len(inside))
        wizard.list_name = "Autumn"
        wizard.action_add()
        created = self.env["mailing.list"].search([("name", "=", "Autumn")])
        self.assertIn("plain@example.com", created.contact_ids.mapped("email"))
        wizard.write({"list_key": "new", "list_name": " "})
        with self.assertRaises(UserError):
            wizard.action_add()

    def test_choices(self):
        keys = dict(
            self.env["crm.rfm.mailing"].with_user(self.marketer)._selection_list()
        )
        self.assertIn("Friends", keys[str(self.list.id)])
        self.assertIn("new", keys)

    def test_who_may(self):
        action = self.env.ref("crm_rfm.crm_rfm_mailing_action")
        Actions = self.env["ir.actions.actions"]
        for user, expected in ((self.marketer, True), (self.sales, False)):
            bound = Actions.with_user(user).get_bindings("crm.customer")
            shown = action.id in [item["id"] for item in bound["action"]]
            self.assertEqual(shown, expected, user.login)
            segment = self._segment("champions").with_user(user)
            self.assertEqual(segment.has_mailing_lists, expected)
        with self.assertRaises(UserError):
            self._wizard(self.sales, list_name="Mine").action_add()

    def test_only_customers_of_the_reader(self):
        other = new_test_user(
            self.env,
            login="mailing_own",
            groups="base.group_user,sales_team.group_sale_salesman,"
            "mass_mailing.group_mass_mailing_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.partners["plain"].user_id = self.sales
        self.Customer._refresh(self.partners["plain"])
        with self.assertRaises(AccessError):
            self._wizard(other, list_key=str(self.list.id)).action_add()
