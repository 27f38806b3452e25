from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

LONGEST = 4000
SCORES = {str(score): score for score in range(11)}
# Drawn in the frame of the website, where there is one, and in the customer's language,
# whatever the address says.
PAGE = {"website": True, "multilang": False, "sitemap": False}


class LoyaltyAnswer(http.Controller):
    """The page behind the eleven numbers of the mail.

    Opening a link never keeps an answer: mail programs and scanners open links, too.
    The number of the link is selected, and the button on the page keeps it. The token
    in the address is what lets somebody answer; the answer can be changed by it, as
    long as the question is open.
    """

    def _asked(self, token):
        """Return what a customer was asked, in its language; empty when unknown."""
        nps = request.env["crm.customer.nps"]._by_token(token)
        lang = nps.contact_id.lang or nps.partner_id.lang
        if lang and lang in dict(request.env["res.lang"].get_installed()):
            request.update_context(lang=lang)
            nps = nps.with_context(lang=lang)
        return nps

    def _page(self, nps, values, status=200):
        if not nps:
            return request.render("crm_loyalty.nps_answer_gone", {}, status=404)
        scale, text = nps._questions()
        return request.render(
            "crm_loyalty.nps_answer",
            {
                "nps": nps,
                "is_open": nps._is_open(),
                "scale": scale,
                "text": text,
                "company": nps.company_id,
                "token": nps.input_id.access_token,
                "comment": nps.comment or "",
                "saved": False,
                "error": False,
                "quiet": (nps.contact_id or nps.partner_id).is_blacklisted,
                **values,
            },
            status=status,
        )

    @http.route(
        "/loyalty/answer/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        **PAGE,
    )
    def answer(self, token, score=None, saved=None, **_kwargs):
        nps = self._asked(token)
        chosen = nps.score if nps.answered_at else None
        values = {
            "score": SCORES.get(score, chosen),
            "saved": bool(saved and nps.answered_at),
        }
        return self._page(nps, values)

    @http.route(
        "/loyalty/answer/<string:token>/save",
        type="http",
        auth="public",
        methods=["POST"],
        **PAGE,
    )
    def save(self, token, score="", comment="", **_kwargs):
        nps = self._asked(token)
        if not nps:
            return self._page(nps, {})
        comment = comment[:LONGEST]
        try:
            nps._answer(SCORES.get(score), comment)
        except UserError as error:
            values = {"score": None, "comment": comment, "error": str(error)}
            return self._page(nps, values, status=400)
        return request.redirect(f"/loyalty/answer/{token}?saved=1")

    @http.route(
        "/loyalty/answer/<string:token>/quiet",
        type="http",
        auth="public",
        methods=["POST"],
        **PAGE,
    )
    def quiet(self, token, **_kwargs):
        """The customer wants no more of these mails."""
        nps = self._asked(token)
        if nps:
            nps._object()
        return request.redirect(f"/loyalty/answer/{token}")

    # Called by the mail program, which has no session (RFC 8058); see `_mail_headers`.
    @http.route(
        "/loyalty/answer/<string:token>/unsubscribe",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def unsubscribe(self, token, **_kwargs):
        nps = self._asked(token)
        if nps:
            nps._object()
        return request.make_response("")
