import logging
from collections import defaultdict
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_customer360.isolation import failing

_logger = logging.getLogger(__name__)

# What is set on the contact: {kind: (field, company-dependent column, model)}.
KINDS = {
    "pricelist": (
        "specific_property_product_pricelist",
        "specific_property_product_pricelist",
        "product.pricelist",
    ),
    "payment_term": (
        "property_payment_term_id",
        "property_payment_term_id",
        "account.payment.term",
    ),
}
# Customers that a run takes on between two commits.
CHUNK = 500


class LoyaltyTierBenefit(models.Model):
    """A pricelist or payment terms that a contact has from the tier.

    One row for a contact, company and kind, as long as the tier gives it: it says what
    was set, what was there before, and whether somebody set another one by hand, which
    stays. What is to be done is found by comparing these rows with the tiers, so that
    nothing is done twice and whatever failed is tried again.
    """

    _name = "loyalty.tier.benefit"
    _description = "Benefit of a Tier"
    _rec_name = "partner_id"
    _log_access = False

    partner_id = fields.Many2one(
        comodel_name="res.partner", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    tier_id = fields.Many2one(
        comodel_name="loyalty.tier", required=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[("pricelist", "Pricelist"), ("payment_term", "Payment terms")],
        required=True,
    )
    value_id = fields.Integer(
        string="Value Given", help="Id of what the tier gives, of the kind's model."
    )
    before_id = fields.Integer(
        string="Value Before", help="Id of what was set before; restored with the end."
    )
    by_hand = fields.Boolean(
        help="Another one was set by hand, and stays: the tier's is not used."
    )

    _once = models.UniqueIndex("(partner_id, company_id, kind)")

    # ------------------------------------------------------------------
    # What is to be done
    # ------------------------------------------------------------------

    def _pending(self, partners=None, ended=False):
        """Return what differs between the tiers and what was given.

        Company and branches have values of their own on a contact, and one tier. What
        is set on a contact that has become part of another customer is that one's.

        :param partners: `res.partner` recordset, customers; everybody when None
        :param ended: as if nobody had a tier any more
        :return: list of dicts ``partner_id``, ``company_id``, ``kind``, ``tier_id`` and
            ``wanted`` (None: nothing any more), ``held``: id of the row or None, its
            ``value``, ``before``, ``by_hand``, and ``current``: what is set now
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT DISTINCT customer.partner_id, company.id AS company_id,
                        benefit.kind, tier.id AS tier_id, benefit.value_id
                    FROM crm_customer customer
                    JOIN loyalty_tier tier ON tier.id = customer.tier_id
                    JOIN res_company home ON home.id = customer.company_id
                    JOIN res_company company
                        ON split_part(company.parent_path, '/', 1)
                        = split_part(home.parent_path, '/', 1)
                    CROSS JOIN LATERAL (VALUES
                        ('pricelist', tier.pricelist_id),
                        ('payment_term', tier.payment_term_id)
                    ) benefit (kind, value_id)
                    WHERE benefit.value_id IS NOT NULL AND %(wanting)s
                ),
                held AS (SELECT * FROM loyalty_tier_benefit WHERE %(holding)s)
                SELECT pending.*, CASE
                    WHEN partner.commercial_partner_id = partner.id
                        THEN CASE pending.kind %(currents)s END
                    END AS current
                FROM (
                    SELECT partner_id, company_id, kind, wanted.tier_id,
                        wanted.value_id AS wanted, held.id AS held,
                        held.value_id AS value, held.before_id AS before, held.by_hand
                    FROM wanted
                    FULL JOIN held USING (partner_id, company_id, kind)
                    WHERE wanted.value_id IS DISTINCT FROM held.value_id
                        OR wanted.tier_id IS DISTINCT FROM held.tier_id
                ) pending
                JOIN res_partner partner ON partner.id = pending.partner_id
                ORDER BY pending.partner_id
                """,
                wanting=SQL("FALSE")
                if ended
                else self._only(partners, SQL("customer.partner_id")),
                holding=self._only(partners, SQL("partner_id")),
                currents=SQL(" ").join(
                    SQL(
                        "WHEN %s THEN (partner.%s ->> pending.company_id::text)::int",
                        kind,
                        SQL.identifier(column),
                    )
                    for kind, (_field, column, _model) in KINDS.items()
                ),
            )
        )
        return self.env.cr.dictfetchall()

    @staticmethod
    def _only(partners, column):
        """Return the condition that a customer is one of `partners`, None: anybody."""
        if partners is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", column, partners.ids)

    @staticmethod
    def _decide(row):
        """Return what to do with one of `_pending`.

        :return: ``(new value, before, by hand)``; the new value False: clear it, None:
            leave what is there
        """
        current, wanted = row["current"], row["wanted"]
        ours = bool(row["held"]) and not row["by_hand"] and current == row["value"]
        if wanted is None:
            return (row["before"] or False) if ours else None, None, False
        if ours:
            return wanted, row["before"], False
        if not current and (not row["held"] or row["by_hand"]):
            return wanted, None, False
        return None, None, True

    # ------------------------------------------------------------------
    # Doing it
    # ------------------------------------------------------------------

    @api.model
    def _apply(self, partners=None):
        """Give and take what the tiers of today say; commits nothing.

        :param partners: `res.partner` recordset, customers; everybody when None
        :return: ``(done, failed)``: numbers; who failed is logged
        """
        done, failed = self._settle(self.sudo()._pending(partners))
        for rows in self._pending_coupons(partners).values():
            missed = failing(
                self.env,
                rows,
                self._give_coupons,
                _logger,
                "No welcome coupon of tier %s",
            )
            done, failed = done + len(rows) - len(missed), failed + len(missed)
        return done, failed

    @api.model
    def _take_back(self, partners=None):
        """Restore what was set before, as if nobody had a tier; commits nothing.

        :param partners: `res.partner` recordset, customers; everybody when None
        :return: ``(done, failed)``: numbers; who failed is logged
        """
        return self._settle(self.sudo()._pending(partners, ended=True))

    def _settle(self, pending):
        """Do what is to be done.

        :param pending: see `_pending`
        :return: ``(done, failed)``: numbers; who failed is logged
        """
        groups = defaultdict(list)
        for row in pending:
            row["new"], row["keep"], row["hand"] = self._decide(row)
            groups[row["company_id"], row["kind"], row["new"]].append(row)
        failed = 0
        for key, rows in groups.items():
            write = partial(self._write_group, *key)
            failed += len(
                failing(self.env, rows, write, _logger, "Benefit not given: %s")
            )
        return len(pending) - failed, failed

    def _write_group(self, company_id, kind, value, rows):
        field, _column, model = KINDS[kind]
        env = self.sudo().env
        if value is not None:
            company = env["res.company"].browse(company_id)
            # What was there before may have been deleted since.
            target = env[model].browse(value or ()).exists()
            partners = env["res.partner"].browse(row["partner_id"] for row in rows)
            partners = partners.with_company(company)
            if not target:
                # Nothing of their own: what the company has for everybody.
                property_field = partners._fields[field]
                target = property_field.get_company_dependent_fallback(partners)
            partners.write({field: target.id})
        gone = [row["held"] for row in rows if row["wanted"] is None]
        benefits = env["loyalty.tier.benefit"]
        benefits.browse(gone).unlink()
        values_list = []
        for row in rows:
            if row["wanted"] is None:
                continue
            values = {
                "tier_id": row["tier_id"],
                "value_id": row["wanted"],
                "before_id": row["keep"],
                "by_hand": row["hand"],
            }
            if row["held"]:
                benefits.browse(row["held"]).write(values)
            else:
                values_list.append(
                    {
                        **values,
                        "partner_id": row["partner_id"],
                        "company_id": company_id,
                        "kind": kind,
                    }
                )
        benefits.create(values_list)
        env.flush_all()

    # ------------------------------------------------------------------
    # Welcome coupons
    # ------------------------------------------------------------------

    def _pending_coupons(self, partners=None):
        """Return who is to get a welcome coupon.

        Who reached the tier since it has a coupon, is still there, and had none yet.
        A tier that was earned below a lower one given by hand comes with its end.

        :return: ``{tier id: [(tier id, partner id), …]}``
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT tier.id, change.partner_id
                FROM loyalty_tier_change change
                JOIN loyalty_tier tier ON tier.id = change.to_id
                LEFT JOIN loyalty_tier old ON old.id = change.from_id
                JOIN crm_customer customer ON customer.partner_id = change.partner_id
                    AND customer.tier_id = change.to_id
                JOIN res_partner partner ON partner.id = change.partner_id
                    AND partner.active
                WHERE tier.coupon_program_id IS NOT NULL
                    AND (change.cause IN ('join', 'upgrade', 'manual')
                        OR change.cause = 'manual_end'
                            AND tier.threshold > old.threshold)
                    AND change.date >= tier.coupon_since
                    AND %s
                    AND NOT EXISTS (
                        SELECT FROM loyalty_card card
                        JOIN res_partner owner ON owner.id = card.partner_id
                        WHERE card.tier_id = tier.id
                            AND owner.commercial_partner_id = change.partner_id)
                ORDER BY change.partner_id
                """,
                self._only(partners, SQL("change.partner_id")),
            )
        )
        pending = defaultdict(list)
        for tier_id, partner_id in self.env.cr.fetchall():
            pending[tier_id].append((tier_id, partner_id))
        return pending

    def _give_coupons(self, rows):
        """Make the coupons; the native mail of the program goes out with them.

        :param rows: ``[(tier id, partner id), …]``
        """
        cards = self.sudo().env["loyalty.card"]
        tiers = self.sudo().env["loyalty.tier"]
        values_list = []
        for tier_id, partner_id in rows:
            program = tiers.browse(tier_id).coupon_program_id
            needed = program.reward_ids.mapped("required_points")
            values_list.append(
                {
                    "program_id": program.id,
                    "partner_id": partner_id,
                    "tier_id": tier_id,
                    "points": max(1, min(needed, default=1)),
                }
            )
        cards.create(values_list)
        self.env.flush_all()

    # ------------------------------------------------------------------
    # When
    # ------------------------------------------------------------------

    def _any(self):
        """Return whether any tier gives, or gave, something that is to be applied."""
        tiers = self.env["loyalty.tier"].sudo()
        return bool(
            tiers.search_count(
                [
                    "|",
                    ("pricelist_id", "!=", False),
                    "|",
                    ("payment_term_id", "!=", False),
                    ("coupon_program_id", "!=", False),
                ],
                limit=1,
            )
            or self.sudo().search_count([], limit=1)
        )

    def _trigger_cron(self):
        cron = self.env.ref("crm_loyalty.ir_cron_tier_benefit", False)
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _cron_apply(self):
        """Give and take in chunks, one commit a chunk; who fails is tried tomorrow.

        A run that is out of time begins again with those who failed, so it goes on
        until somebody behind them was served.
        """
        pending = {row["partner_id"] for row in self.sudo()._pending()}
        for rows in self._pending_coupons().values():
            pending.update(partner_id for _tier_id, partner_id in rows)
        pending = sorted(pending)
        served = 0
        for start in range(0, len(pending), CHUNK):
            chunk = pending[start : start + CHUNK]
            served += self._apply(self.env["res.partner"].browse(chunk).exists())[0]
            left = self.env["ir.cron"]._commit_progress(
                len(chunk), remaining=len(pending) - start - len(chunk)
            )
            if not left and served:
                return
