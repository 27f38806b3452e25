from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from .crm_customer import PROFIT


class CrmCustomer(models.Model):
    """The curves of the customer base: Pareto of revenue, whale curve of contribution.

    Customers are taken in the order of their rank, made in the nightly run; the amounts
    are today's. So what a point says is the sum of the customers with that rank or a
    better one, and the list that it opens has exactly these. Only the customers that
    the reader may see are counted.
    """

    _inherit = "crm.customer"

    # ------------------------------------------------------------------
    # Data of the screen
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def get_pareto_curve(self, company_id=None):
        """Return both curves of a company, and what they say in words.

        A curve is ``{"points", "limits", "money", "flat"}``. A point is ``{"rank",
        "customers", "amount", "x", "y"}``: the customers up to this rank, their amount
        in company currency, their share of all customers, and their share of the
        amount (``money``: the amount itself, where there is no total to share). The
        first point is zero. A limit is ``{"key", "rank", "x"}``: where a class ends.
        ``flat`` says in words that there is nothing to draw.

        :param company_id: one of the active companies; the current one when None
        :return: dict with ``revenue``, ``contribution`` (False for those who may not
            see it; it also has ``peak``, the point behind which customers cost money,
            and ``behind``, the number of them), ``sentence``, ``notes``, ``empty``,
            ``can_refresh``, ``as_of``, ``companies``, ``company_id``, ``currency_id``
        """
        company = self._pareto_company(company_id)
        profit = self.env.user.has_group(PROFIT)
        by_contribution = profit and (
            company.sudo().root_id.customer_pareto_measure == "contribution"
        )
        revenue = self._pareto_curve(company, "revenue", not by_contribution)
        contribution = False
        if profit:
            contribution = self._pareto_curve(company, "contribution", by_contribution)
            self._add_peak(contribution)
        empty = not revenue["customers"] and self.env._(
            "Nothing ranked yet: the nightly run ranks customers."
        )
        refreshed_at = company.sudo().customer_refreshed_at
        return {
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "companies": [
                {"id": each.id, "name": each.name} for each in self.env.companies
            ],
            "revenue": revenue,
            "contribution": contribution,
            "sentence": not empty
            and self._pareto_sentence(company, revenue, contribution),
            "notes": self._pareto_notes(company, revenue["customers"]),
            "empty": empty,
            "can_refresh": self._can_refresh_all(),
            "as_of": refreshed_at and fields.Datetime.to_string(refreshed_at),
        }

    def _pareto_company(self, company_id):
        """Return one of the reader's active companies."""
        company = self.env["res.company"].browse(company_id or self.env.company.id)
        if company not in self.env.companies:
            raise AccessError(self.env._("Activate this company first."))
        return company

    def _pareto_domain(self, company, measure="revenue"):
        """Return the domain of the customers of a curve: those that are ranked."""
        return Domain("company_id", "=", company.id) & Domain(f"{measure}_rank", ">", 0)

    def _pareto_curve(self, company, measure, with_limits):
        """Return the curve by a measure, see `get_pareto_curve`.

        :param measure: ``revenue``, whose share is of the positive revenue, or
            ``contribution``, whose share is of the total
        :param with_limits: whether the classes are made by this measure
        """
        share = company.sudo().root_id.customer_pareto_a
        rows = self._pareto_rows(company, measure, share)
        last = rows[-1] if rows else {"customers": 0, "amount": 0, "positive": 0}
        shared = "positive" if measure == "revenue" else "amount"
        total = float(last[shared])
        points = [{"rank": 0, "customers": 0, "amount": 0.0, "x": 0.0, "y": 0.0}]
        limits = []
        few = None
        for row in rows:
            value = float(row[shared])
            point = {
                "rank": row["rank"],
                "customers": int(row["customers"]),
                "amount": company.currency_id.round(float(row["amount"])),
                "x": round(float(row["customers"] / last["customers"]), 6),
                "y": round(value / total, 6) if total > 0 else value,
            }
            points.append(point)
            if not few and row["reached"]:
                few = point
            if with_limits and row["class_ends"]:
                limits.append(
                    {"key": row["class"], "rank": row["rank"], "x": point["x"]}
                )
        return {
            "points": points,
            "limits": limits,
            "money": total <= 0,
            "flat": bool(rows)
            and not (last["positive"] or last[shared])
            and self._flat_words(company, measure),
            "customers": int(last["customers"]),
            "total": total,
            "few": few,
        }

    def _pareto_rows(self, company, measure, share):
        """Return the cumulated rows of a curve that are worth drawing, by rank.

        A row stands for the customers of one rank, so equal measures stay together.
        Of many rows those are kept that end one of the parts into which the way of the
        curve is cut, and its corners: where a class ends, where `share` percent are
        reached, and the peak.
        """
        query = self._search(self._pareto_domain(company, measure))
        columns = {
            name: self._field_to_sql(query.table, f"{measure}_{suffix}", query)
            if suffix
            else self._field_to_sql(query.table, measure, query)
            for name, suffix in (("rank", "rank"), ("class", "class"), ("amount", ""))
        }
        statement = SQL(
            """
            WITH run AS (
                SELECT rank, max(class) AS class,
                    sum(count(*)::int) OVER upto AS customers,
                    sum(sum(amount)) OVER upto AS amount,
                    sum(sum(greatest(amount, 0))) OVER upto AS positive,
                    sum(sum(abs(amount))::float8) OVER upto AS size,
                    sum(greatest(amount, 0)) AS own_positive,
                    lead(count(*)::int) OVER upto AS next_customers,
                    lead(sum(abs(amount))::float8) OVER upto AS next_size,
                    lead(max(class)) OVER upto AS next_class
                FROM (%(customers)s) customer
                GROUP BY rank
                WINDOW upto AS (ORDER BY rank)
            ),
            whole AS (
                SELECT max(customers)::float8 AS customers,
                    nullif(max(size), 0) AS size,
                    max(positive) * %(share)s / 100 AS reach,
                    max(amount) AS top
                FROM run
            )
            SELECT rank, run.class, run.customers, run.amount, positive,
                run.class IS DISTINCT FROM next_class AS class_ends,
                reach > 0 AND positive >= reach AS reached
            FROM run CROSS JOIN whole
            WHERE next_customers IS NULL
                OR run.class IS DISTINCT FROM next_class
                OR run.amount = top
                OR positive >= reach AND positive - own_positive < reach
                OR floor(%(parts)s * (
                    run.customers / whole.customers
                    + coalesce(run.size / whole.size, 0)
                )) <> floor(%(parts)s * (
                    (run.customers + next_customers) / whole.customers
                    + coalesce((run.size + next_size) / whole.size, 0)
                ))
            ORDER BY rank
            """,
            customers=query.select(
                *(
                    SQL("%s AS %s", column, SQL.identifier(name))
                    for name, column in columns.items()
                )
            ),
            share=SQL("%s::numeric", share),
            parts=self._pareto_parts(),
        )
        with self._refresh_settings():
            return self.env.execute_query_dict(statement)

    def _pareto_parts(self):
        """Return into how many parts each axis is cut.

        At most twice as many points are drawn, and the corners.
        """
        return 90

    def _add_peak(self, curve):
        """Tell where the whale curve is highest, and how many are behind."""
        top = max(point["amount"] for point in curve["points"])
        curve["peak"] = [p for p in curve["points"] if p["amount"] == top][-1]
        curve["behind"] = curve["customers"] - curve["peak"]["customers"]

    def _can_refresh_all(self):
        return self.env.ref("crm_customer360.ir_cron_refresh_all").has_access("write")

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _pareto_notes(self, company, customers):
        """Return what the reader should know of who is counted."""
        notes = []
        in_company = Domain("company_id", "=", company.id)
        visible = self.search_count(in_company)
        if visible < self.sudo().search_count(in_company):
            notes.append(
                self.env._(
                    "Only the customers that you may see are counted, not all of the "
                    "company."
                )
            )
        waiting = visible - customers
        if customers and waiting == 1:
            notes.append(self.env._("One new customer is ranked tonight."))
        elif customers and waiting:
            notes.append(self.env._("%s new customers are ranked tonight.", waiting))
        return notes

    def _pareto_sentence(self, company, revenue, contribution):
        """Return in a sentence what the curves show."""
        _ = self.env._
        first = self._revenue_clause(company, revenue)
        if not contribution:
            return _("%s.", first)
        return _(
            "%(revenue)s; %(contribution)s.",
            revenue=first,
            contribution=self._contribution_clause(company, contribution),
        )

    def _flat_words(self, company, measure):
        """Return why there is no curve to draw."""
        months = company.sudo().root_id.customer_window_months
        if measure == "revenue":
            return self.env._("No revenue in the last %s months.", months)
        return self.env._("No contribution in the last %s months.", months)

    def _revenue_clause(self, company, curve):
        """Return how few customers make most of the revenue."""
        _ = self.env._
        few = curve["few"]
        if not few:
            return _(
                "No customer brought revenue in the last %s months",
                company.sudo().root_id.customer_window_months,
            )
        if curve["customers"] == 1:
            return _("One customer makes all of the revenue")
        if few["customers"] == curve["customers"]:
            return _(
                "It takes all %(count)s customers to make %(share)s of revenue",
                count=few["customers"],
                share=self._percent(company.sudo().root_id.customer_pareto_a / 100),
            )
        return _(
            "%(few)s of customers make %(share)s of revenue",
            few=self._percent(few["x"]),
            share=self._percent(few["y"]),
        )

    def _contribution_clause(self, company, curve):
        """Return what the customers behind the peak cost; it follows another clause."""
        _ = self.env._
        peak = curve["peak"]
        cost = peak["amount"] - curve["total"]
        amount = formatLang(
            self.env,
            cost,
            currency_obj=company.currency_id,
            rounding_unit="units" if cost >= 100 else "decimals",
        )
        if not curve["behind"]:
            return _("no customer costs money")
        if not peak["amount"]:
            return _("no customer brings money, together they cost %s", amount)
        words = {
            "behind": self._percent(curve["behind"] / curve["customers"]),
            "amount": amount,
        }
        if curve["total"] > 0:
            return _("the last %(behind)s cost %(amount)s", **words)
        if curve["total"]:
            return _(
                "the last %(behind)s cost %(amount)s, more than the others bring",
                **words,
            )
        return _(
            "the last %(behind)s cost %(amount)s, all that the others bring", **words
        )

    def _percent(self, share):
        """Return a share in words; a small one keeps a decimal."""
        percent = share * 100
        if 0 < percent < 0.1:
            return self.env._("less than %s %%", formatLang(self.env, 0.1, digits=1))
        digits = 1 if 0 < percent < 1 else 0
        return self.env._("%s %%", formatLang(self.env, percent, digits=digits))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def action_open_pareto(self, kind, company_id=None, rank=0):
        """Open customers of a curve, exactly those that a point stands for.

        :param kind: ``revenue`` or ``contribution``: the customers up to this rank;
            ``behind``: those behind it by contribution; ``class_a``; ``costing``:
            those whose contribution is negative
        """
        _ = self.env._
        company = self._pareto_company(company_id)
        if kind in ("contribution", "behind", "costing") and not (
            self.env.user.has_group(PROFIT)
        ):
            raise AccessError(_("You may not see the contribution of customers."))
        domain = Domain("company_id", "=", company.id)
        if kind == "revenue":
            name = _("First customers by revenue")
            domain &= Domain("revenue_rank", ">", 0) & Domain(
                "revenue_rank", "<=", rank
            )
        elif kind == "contribution":
            name = _("First customers by contribution")
            domain &= Domain("contribution_rank", ">", 0) & Domain(
                "contribution_rank", "<=", rank
            )
        elif kind == "behind":
            name = _("Customers behind the peak")
            domain &= Domain("contribution_rank", ">", rank)
        elif kind == "class_a":
            name = _("Class A customers")
            domain &= Domain("abc_class", "=", "a")
        elif kind == "costing":
            name = _("Customers that cost money")
            domain &= Domain("contribution", "<", 0)
        else:
            raise UserError(_("There is no list of customers “%s”.", kind))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_customer360.crm_customer_action"
        )
        # A list of its own, not the app's entry.
        action.pop("path", None)
        action.update(name=name, display_name=name, domain=list(domain), context={})
        return action

    @api.model
    def action_refresh_all(self):
        """Have all customers refreshed and ranked soon, by those who run the cron."""
        if not self._can_refresh_all():
            raise AccessError(
                self.env._("Only an administrator can refresh all customers.")
            )
        self.env.ref("crm_customer360.ir_cron_refresh_all")._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "All customers are being refreshed. Come back in a few minutes."
                ),
            },
        }
