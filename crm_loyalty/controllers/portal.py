from werkzeug.exceptions import NotFound

from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

# Lines of history on the first page.
LAST = 5
STEP = 20


class CustomerPortalLoyalty(CustomerPortal):
    """The customer's loyalty; what may be seen is decided in `crm.loyalty.portal`."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["loyalty_summary"] = request.env["crm.loyalty.portal"]._summary(
                request.env.user.partner_id
            )
        return values

    @route("/my/loyalty", type="http", auth="user", website=True, readonly=True)
    def portal_my_loyalty(self, **_kwargs):
        portal = request.env["crm.loyalty.portal"]
        partner = request.env.user.partner_id
        return request.render(
            "crm_loyalty.portal_my_loyalty",
            {
                **self._prepare_portal_layout_values(),
                **portal._page(partner, LAST),
                "page_name": "loyalty",
            },
        )

    @route(
        [
            "/my/loyalty/<int:program_id>/<any(points, tiers):kind>",
            "/my/loyalty/<int:program_id>/<any(points, tiers):kind>/page/<int:page>",
        ],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_loyalty_history(self, program_id, kind, page=1, **_kwargs):
        portal = request.env["crm.loyalty.portal"]
        partner = request.env.user.partner_id
        cards = portal._cards(partner)
        program = cards.program_id.filtered(lambda program: program.id == program_id)
        if not program or (kind == "points" and not program.portal_visible):
            raise NotFound()
        page = max(1, page)
        part = {"offset": (page - 1) * STEP, "limit": STEP}
        if kind == "points":
            lines, total = portal._points_history(cards, program, **part)
        else:
            lines, total = portal._tier_history(partner, program, **part)
        return request.render(
            "crm_loyalty.portal_my_loyalty_history",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "loyalty_history_all",
                "program": {
                    "id": program.id,
                    "name": program.name,
                    "points": program.portal_visible,
                },
                "kind": kind,
                "lines": lines,
                "pager": portal_pager(
                    url=f"/my/loyalty/{program.id}/{kind}",
                    total=total,
                    page=page,
                    step=STEP,
                ),
            },
        )
