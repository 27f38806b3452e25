from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_customer import RFM_STATES

# States shown beside the matrix; scored customers are in it.
APART = ("prospect", "new", "lapsed", "excluded")


class CrmCustomer(models.Model):
    """The matrix of recency by frequency: how many customers, and how much revenue.

    Only the customers that the reader may see are counted. Scores are those of the last
    scoring; the cells have the segment of the set as it is saved now.
    """

    _inherit = "crm.customer"

    # ------------------------------------------------------------------
    # Data of the screen
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_rfm_matrix(self, company_id=None, set_id=None):
        """Return the matrix of a company by a set of segments.

        :param company_id: one of the active companies; the current one when None
        :param set_id: the set by which to colour; that of the scheme when None
        :return: dict: ``figures`` has ``[r, f, m, customers, revenue in company
            currency]`` for the cells that have customers, ``cells`` ``[r, f, m, id of
            the segment]`` for all; ``words`` ``{"r": {score: text}, "f": …, "m": …}``
            what a score stands for; ``segments``, ``set`` and ``states`` are lists and
            dicts of what their names say; ``empty`` a text when there is nothing to
            show, ``notes`` texts for the reader
        """
        self.browse().check_access("read")
        company = self._pareto_company(company_id)
        scheme = company._rfm_scheme()
        sets = self.env["crm.rfm.segment.set"]
        segment_set = sets.browse(set_id or scheme.segment_set_id.id or []).exists()
        segment_set.check_access("read")
        figures = self._rfm_figures(company)
        manager = self.env["crm.rfm.scheme"].has_access("write")
        return {
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "companies": [
                {"id": each.id, "name": each.name} for each in self.env.companies
            ],
            "scheme_id": scheme.id,
            "scored_on": scheme.scored_on and fields.Date.to_string(scheme.scored_on),
            "small_base": self._rfm_small_base(company, scheme),
            "bins": segment_set.bins,
            "set": segment_set._matrix_data(scheme),
            "segments": [
                {
                    "key": segment.id,
                    "name": segment.name,
                    "color": segment.color,
                    "description": segment.description or "",
                }
                for segment in segment_set.segment_ids
            ],
            "cells": [
                [*cell, segment.id]
                for each in segment_set
                for cell, segment in each._cells().items()
            ],
            # Scores of another scale have no place in this set.
            "figures": figures if segment_set.bins == scheme.bins else [],
            "words": self._rfm_bands(company, scheme)._words(),
            "states": self._rfm_states(company),
            "empty": self._rfm_empty(company, scheme, figures),
            "notes": self._rfm_notes(company, scheme, segment_set),
            "can_score": manager and bool(scheme),
            "can_edit": bool(segment_set) and segment_set.has_access("write"),
        }

    def _rfm_domain(self, company):
        return Domain("company_id", "=", company.id) & Domain("rfm_r", ">", 0)

    def _rfm_figures(self, company):
        """Return ``[r, f, m, customers, revenue]`` of every cell with customers."""
        rows = self._read_group(
            self._rfm_domain(company),
            ["rfm_r", "rfm_f", "rfm_m"],
            ["__count", "rfm_monetary:sum"],
        )
        return [
            [r, f, m, count, company.currency_id.round(amount or 0.0)]
            for r, f, m, count, amount in rows
        ]

    def _rfm_bands(self, company, scheme):
        """Return the cut points in force, of the scale that the scheme has."""
        return self.env["crm.rfm.band"].search(
            [("company_id", "=", company.id), ("score", "<=", scheme.bins)]
        )

    def _rfm_small_base(self, company, scheme):
        """Return a text when so few customers are scored that it says little."""
        count = company._rfm_scored_counts()[company.id]
        if not count or count >= scheme.minimum_customers:
            return False
        return self.env._(
            "%(count)s customers are scored, fewer than %(minimum)s: the scores say "
            "little.",
            count=count,
            minimum=scheme.minimum_customers,
        )

    def _rfm_states(self, company):
        """Return the customers that are apart from the scores, by state."""
        rows = {
            state: (count, amount)
            for state, count, amount in self._read_group(
                [("company_id", "=", company.id), ("rfm_state", "in", APART)],
                ["rfm_state"],
                ["__count", "rfm_monetary:sum"],
            )
        }
        _ = self.env._
        hints = {
            "prospect": _("Never bought."),
            "new": _("First purchase a short time ago; also in the matrix."),
            "lapsed": _("Bought before the window only; not scored."),
            "excluded": _("Not scored, by the scheme."),
        }
        labels = dict(self._fields["rfm_state"]._description_selection(self.env))
        return [
            {
                "state": state,
                "name": labels[state],
                "hint": hints[state],
                "customers": rows.get(state, (0, 0))[0],
                "amount": company.currency_id.round(rows.get(state, (0, 0))[1] or 0.0),
            }
            for state, _label in RFM_STATES
            if state in APART
        ]

    def _rfm_empty(self, company, scheme, figures):
        """Return why there is no matrix to show, if there is none."""
        _ = self.env._
        if figures:
            return False
        if not scheme:
            return _(
                "%s has no scheme in force, so its customers are not scored. Activate "
                "one under Configuration > RFM > RFM Scheme.",
                company.root_id.sudo().name,
            )
        if not scheme.scored_on:
            return _("Customers are scored tonight.")
        return _(
            "No customer that you may see bought anything in the last %s months.",
            scheme.window_months,
        )

    def _rfm_notes(self, company, scheme, segment_set):
        """Return what the reader should know of the figures."""
        _ = self.env._
        notes = []
        if scheme.pending and scheme.scored_on:
            notes.append(
                _(
                    "The rules have changed. All customers are scored again in a few "
                    "minutes; until then the figures are by the rules before."
                )
            )
        if scheme and segment_set and segment_set != scheme.segment_set_id:
            notes.append(
                _(
                    "%(company)s does not use this set but %(used)s: the figures tell "
                    "what would be.",
                    company=company.root_id.sudo().name,
                    used=scheme.segment_set_id.name,
                )
                if segment_set.bins == scheme.bins
                else _(
                    "This set has scores up to %(made)s, the scheme of %(company)s up "
                    "to %(bins)s: there are no figures to show.",
                    made=segment_set.bins,
                    bins=scheme.bins,
                    company=company.root_id.sudo().name,
                )
            )
        in_company = Domain("company_id", "=", company.id)
        if self.search_count(in_company) < self.sudo().search_count(in_company):
            notes.append(
                _(
                    "Only the customers that you may see are counted, not all of the "
                    "company."
                )
            )
        return notes

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def action_open_rfm(self, company_id, what):
        """Open the customers behind a figure of the matrix, exactly those counted.

        :param what: ``{"r", "f", "m"}`` a cell (without m: whatever the amount),
            ``{"segment_id"}`` or ``{"state"}``
        """
        self.browse().check_access("read")
        company = self._pareto_company(company_id)
        _ = self.env._
        if what.get("state") in APART:
            domain = Domain("company_id", "=", company.id) & Domain(
                "rfm_state", "=", what["state"]
            )
            states = dict(self._fields["rfm_state"]._description_selection(self.env))
            name = states[what["state"]]
        elif what.get("segment_id"):
            segment = self.env["crm.rfm.segment"].browse(int(what["segment_id"]))
            domain = self._rfm_domain(company) & segment.range_ids._customer_domain()
            name = segment.name
        elif what.get("r") and what.get("f"):
            domain = self._rfm_domain(company)
            for letter in "rfm":
                if what.get(letter):
                    domain &= Domain(f"rfm_{letter}", "=", int(what[letter]))
            scores = " ".join(
                f"{letter.upper()}{int(what[letter])}"
                for letter in "rfm"
                if what.get(letter)
            )
            name = _(
                "%(scores)s (%(bins)s is best)",
                scores=scores,
                bins=company._rfm_scheme().bins,
            )
        else:
            raise UserError(_("Choose a cell, a segment or a state."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        # A list of its own, not the app's entry.
        action.pop("path", None)
        action.update(name=name, display_name=name, domain=list(domain), context={})
        return action

    @api.model
    def action_rfm_score(self, company_id):
        """Score all customers now, or soon where their figures are missing.

        :return: whether they are scored already
        """
        company = self._pareto_company(company_id)
        scheme = self.env["crm.rfm.scheme"].browse(company._rfm_scheme().ids)
        scheme.check_access("write")
        if not company.sudo().customer_refreshed_at:
            scheme._inputs_changed()
            return False
        return scheme.action_score()
