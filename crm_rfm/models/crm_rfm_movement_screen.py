from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, date_utils
from odoo.tools.misc import format_date, formatLang

from .crm_rfm_month_matrix import STATES

# How many of those who left the best segment are listed.
LEFT = 10


class CrmCustomerSnapshot(models.Model):
    """What the movement screen shows."""

    _inherit = "crm.customer.snapshot"

    @api.model
    @api.readonly
    def get_rfm_movement(self, date_from=None, date_to=None):
        """Return the movement between two month ends, as the screen shows it.

        A place is ``{"key", "name", "color", "rank"}``: a segment's id (as text) and
        its position, the best 0, or a state, without colour and position (False).

        :param date_from: a month end; the month before `date_to` when None
        :param date_to: a month end; the last one that is over when None
        :return: dict with ``months`` (list of month ends, the latest first),
            ``running`` (the month that is not over, or False), ``date_from``,
            ``date_to``, ``currency_id``, ``company`` (name), ``empty`` (what is missing
            in words, or False), ``from_places``, ``to_places``, ``moves`` (see
            `rfm_matrix`; places as text, and ``direction``: up, down, level, in, out or
            False), ``totals`` (``{direction: {"count", "revenue"}}``, revenue of the
            first month end), ``sentences``, ``notes`` and ``left``: who left the best
            segment, ``{"key", "name", "count", "revenue", "customers"}``, or False
        """
        self.check_access("read")
        root = self.env.company.root_id
        months = self._scored_months()
        running = date_utils.end_of(root.sudo()._customer_today(), "month")
        result = {
            "months": [fields.Date.to_string(day) for day in months],
            "running": running in months and fields.Date.to_string(running),
            "currency_id": root.currency_id.id,
            "company": root.name,
            "empty": self._movement_empty(months),
        }
        if result["empty"]:
            return result
        first, last = self._movement_months(months, running, date_from, date_to)
        matrix = self.rfm_matrix(first, last)
        ranks = {segment["id"]: rank for rank, segment in enumerate(matrix["segments"])}
        totals = {
            name: {"count": 0, "revenue": 0.0}
            for name in ("up", "down", "level", "in", "out")
        }
        for move in matrix["moves"]:
            direction = self._movement_direction(move, ranks)
            move["direction"] = direction
            if direction:
                totals[direction]["count"] += move["count"]
                totals[direction]["revenue"] += move["revenue_from"]
        left = self._movement_left(first, last)
        result |= {
            "date_from": fields.Date.to_string(first),
            "date_to": fields.Date.to_string(last),
            "totals": totals,
            "left": left,
            "sentences": self._movement_sentences(totals, left),
            "notes": self._movement_notes(first, last),
        }
        for end in ("from", "to"):
            found = {move[end] for move in matrix["moves"]}
            result[f"{end}_places"] = [
                {**segment, "key": str(segment["id"]), "rank": ranks[segment["id"]]}
                for segment in matrix["segments"]
            ] + [
                {
                    "key": state,
                    "name": self._place_name(state, later=end == "to"),
                    "color": False,
                    "rank": False,
                }
                for state in STATES
                if state in found
            ]
        for move in matrix["moves"]:
            move["from"], move["to"] = str(move["from"]), str(move["to"])
        result["moves"] = matrix["moves"]
        return result

    # ------------------------------------------------------------------
    # Months
    # ------------------------------------------------------------------

    def _scored_months(self):
        """Return the month ends with scores of the companies shown, latest first."""
        companies = self._matrix_companies().ids
        self.env.cr.execute(
            SQL(
                """
                SELECT month.date
                FROM (
                    SELECT (start + interval '1 month - 1 day')::date AS date
                    FROM (
                        SELECT min(date) AS first, max(date) AS last
                        FROM crm_customer_snapshot WHERE company_id = ANY(%(ids)s)
                    ) span
                    CROSS JOIN generate_series(
                        date_trunc('month', span.first::timestamp),
                        span.last, '1 month') AS start
                ) month
                WHERE EXISTS (
                    SELECT FROM crm_customer_snapshot taken
                    WHERE taken.date = month.date AND taken.company_id = ANY(%(ids)s)
                        AND taken.rfm_state IS NOT NULL)
                ORDER BY month.date DESC
                """,
                ids=companies,
            )
        )
        return [day for [day] in self.env.cr.fetchall()]

    def _movement_months(self, months, running, date_from, date_to):
        """Return the two month ends to show, of those that are there."""
        over = [day for day in months if day < running] or months
        last = fields.Date.to_date(date_to) or (over if len(over) > 1 else months)[0]
        first = fields.Date.to_date(date_from) or date_utils.end_of(
            last - relativedelta(months=1), "month"
        )
        if date_from or date_to:
            for day in (first, last):
                if day not in months:
                    raise UserError(
                        self.env._(
                            "There are no scores for %s.",
                            format_date(self.env, day, date_format="LLLL y"),
                        )
                    )
        if first not in months:
            first = next((day for day in months if day < last), months[-1])
        return min(first, last), max(first, last)

    def _movement_empty(self, months):
        """Return in words why there is nothing to show yet, or False."""
        root = self.env.company.root_id
        scheme = self.env["crm.rfm.scheme"].search([("company_id", "=", root.id)])
        if not scheme:
            return self.env._(
                "%s has no RFM scheme in force: nobody is scored. A sales manager can "
                "activate one under Configuration.",
                root.name,
            )
        if not months:
            return self.env._(
                "Nobody is scored yet. The nightly run scores all customers, and every "
                "month end from then on can be compared."
            )
        if len(months) == 1:
            following = date_utils.end_of(months[0] + relativedelta(days=1), "month")
            return self.env._(
                "Only one month has scores so far: movement needs two. It appears here "
                "from %s on.",
                format_date(self.env, following.replace(day=1)),
            )
        return False

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _movement_direction(self, move, ranks):
        """Return where a move goes, or False when no segment has to do with it."""
        before, now = ranks.get(move["from"]), ranks.get(move["to"])
        if before is None and now is None:
            return False
        if before is None:
            return "in"
        if now is None:
            return "out"
        if before == now:
            return "level"
        return "up" if now < before else "down"

    def _movement_sentences(self, totals, left):
        _ = self.env._
        number = {
            name: formatLang(self.env, total["count"], digits=0)
            for name, total in totals.items()
        }
        total = sum(totals[name]["count"] for name in ("up", "down", "level", "out"))
        sentences = [
            _(
                "Of %(total)s customers in a segment, %(up)s moved up, %(down)s moved "
                "down and %(level)s stayed.",
                total=formatLang(self.env, total, digits=0),
                **number,
            )
        ]
        if totals["in"]["count"] or totals["out"]["count"]:
            sentences.append(
                _(
                    "%(into)s came into a segment, %(out)s left all segments.",
                    into=number["in"],
                    out=number["out"],
                )
            )
        if left:
            words = {
                "segment": left["name"],
                "count": formatLang(self.env, left["count"], digits=0),
                "amount": self._movement_amount(left["revenue"]),
            }
            sentences.append(
                _("%(count)s left %(segment)s, worth %(amount)s.", **words)
                if left["count"]
                else _("Nobody left %(segment)s.", **words)
            )
        return sentences

    def _movement_amount(self, amount):
        return formatLang(
            self.env,
            amount,
            currency_obj=self.env.company.root_id.currency_id,
            rounding_unit="units" if abs(amount) >= 100 else "decimals",
        )

    def _movement_notes(self, first, last):
        """Return what is to be known about the two month ends, in words."""
        past = self.search_count(
            [
                ("date", "in", (first, last)),
                ("company_id", "in", self._matrix_companies().ids),
                ("rfm_past", "=", True),
            ],
            limit=1,
        )
        if not past:
            return []
        return [
            self.env._(
                "Reconstructed from the documents where nobody was scored at the time, "
                "by the scheme as it was on the day of the reconstruction."
            )
        ]

    # ------------------------------------------------------------------
    # Who left the best segment
    # ------------------------------------------------------------------

    def _movement_left(self, first, last):
        """Return who left the best segment of the scheme, see `get_rfm_movement`."""
        scheme = self.env["crm.rfm.scheme"].search(
            [("company_id", "=", self.env.company.root_id.id)]
        )
        best = scheme.segment_set_id.segment_ids.sorted()[:1]
        if not best:
            return False
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT now.partner_id, now.user_id, %(place)s AS place,
                    was.revenue, count(*) OVER () AS count,
                    sum(was.revenue) OVER () AS total,
                    was.date - was.rfm_last_purchase_date AS recency_before,
                    now.date - now.rfm_last_purchase_date AS recency,
                    was.rfm_frequency AS frequency_before,
                    now.rfm_frequency AS frequency,
                    was.rfm_monetary AS monetary_before, now.rfm_monetary AS monetary
                FROM (%(was)s) was
                JOIN (%(now)s) now ON now.partner_id = was.partner_id
                    AND now.company_id = was.company_id
                WHERE was.rfm_segment_id = %(best)s
                    AND now.rfm_segment_id IS DISTINCT FROM %(best)s
                ORDER BY was.revenue DESC NULLS LAST, now.partner_id
                LIMIT %(limit)s
                """,
                place=self._place("now"),
                was=self._month_rows(first),
                now=self._month_rows(last),
                best=best.id,
                limit=LEFT,
            )
        )
        # Who may read the row may know these names.
        partners = self.env["res.partner"].sudo()
        users = self.env["res.users"].sudo()
        segments = self.env["crm.rfm.segment"].sudo()
        partners.browse(row["partner_id"] for row in rows).fetch(["display_name"])
        return {
            "key": str(best.id),
            "name": best.name,
            "color": best.color,
            "count": rows[0]["count"] if rows else 0,
            "revenue": float(rows[0]["total"] or 0) if rows else 0.0,
            "customers": [
                {
                    "partner_id": row["partner_id"],
                    "name": partners.browse(row["partner_id"]).display_name,
                    "user": users.browse(row["user_id"]).name or "",
                    "place": self._place_name(row["place"]),
                    "color": row["place"].isdigit()
                    and segments.browse(int(row["place"])).color,
                    **{
                        name: row[name]
                        for name in (
                            "recency_before",
                            "recency",
                            "frequency_before",
                            "frequency",
                        )
                    },
                    "monetary_before": float(row["monetary_before"] or 0),
                    "monetary": float(row["monetary"] or 0),
                }
                for row in rows
            ],
        }
