import json

from odoo.tests import new_test_user, tagged

from .portal_common import PortalCommon

# What a portal user must not reach through RPC.
CLOSED = (
    "crm.customer",
    "crm.customer.competitor",
    "crm.customer.complaint",
    "crm.customer.complaint.cause",
    "crm.customer.event",
    "crm.customer.nps",
    "crm.loyalty.comeback",
    "crm.loyalty.coupon",
    "crm.loyalty.coupon.result",
    "crm.loyalty.portal",
    "crm.loyalty.winback",
    "crm.satisfaction.report",
    "crm.satisfaction.summary",
    "loyalty.card",
    "loyalty.liability",
    "loyalty.liability.period",
    "loyalty.lot",
    "loyalty.lot.move",
    "loyalty.point.value",
    "loyalty.program",
    "loyalty.program.return",
    "loyalty.tier",
    "loyalty.tier.benefit",
    "loyalty.tier.change",
    "loyalty.tier.manual",
    "loyalty.tier.movement",
    "loyalty.tier.notice",
    "loyalty.tier.report",
    "loyalty.tier.start",
)


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalCommon):
    """What a customer does not see."""

    def test_others(self):
        """Another customer, a visitor and an employee see nothing of it."""
        page = self._page(self.omid)
        self.assertIn("Base since", page)
        self.assertNotIn("250", page)
        self.assertNotIn("Silver since", page)
        employee = new_test_user(
            self.env, "employee", groups="base.group_user", password="employee" * 2
        )
        self.assertNotIn("Silver", self._page(employee))
        for url in ("/my/loyalty", f"/my/loyalty/{self.program.id}/points"):
            status, _page = self._get(None, url)
            self.assertEqual(status, 303)

    def test_direct_urls(self):
        """The history of a program one has no card of is not found."""
        for kind in ("points", "tiers"):
            url = f"/my/loyalty/{self.program.id}/{kind}"
            self.assertEqual(self._get(self.nora, url)[0], 200)
            self.assertEqual(self._get(self.zoe, url)[0], 404)
        self.assertEqual(self._get(self.nora, "/my/loyalty/0/points")[0], 404)
        other = f"/my/loyalty/{self.program.id}/tiers"
        page = self._page(self.omid, other)
        self.assertShown(page, "You joined: Base")
        self.assertNotIn("Silver", page)
        # The native page of a card, by its id.
        native = f"/my/loyalty_card/{self.card.id}/history"
        self.assertEqual(self._get(self.omid, native)[0], 303)

    def _rpc(self, model, method, args):
        answer = self.url_open(
            "/web/dataset/call_kw",
            data=json.dumps(
                {
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": {},
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        return answer.json()

    def test_no_access_by_rpc(self):
        self.authenticate("nora", "noranora")
        for model in CLOSED:
            with self.subTest(model=model):
                answer = self._rpc(model, "search_read", [[]])
                self.assertEqual(
                    answer["error"]["data"]["name"], "odoo.exceptions.AccessError"
                )
        answer = self._rpc("crm.loyalty.portal", "_page", [self.rival.id])
        self.assertIn("error", answer)
