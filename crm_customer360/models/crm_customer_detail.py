from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools import SQL, OrderedSet

# An event's id is its document's id times this, plus the code of its kind.
ID_FACTOR = 32


@dataclass(frozen=True)
class DetailScope:
    """What a search asks for, passed down into the query it is made on.

    A condition on the customer or the date at the outside of groups, or of a UNION ALL
    of joins, is applied to all there is: written inside, it is a matter of a few index
    scans. The search itself stays as it is, so a scope may be too wide.

    :param partners: commercial partners; all when None
    :param ids: rows; all when None
    :param kinds: kinds of events; all when None
    :param since, until: moments in UTC, the latter excluded; open when None
    """

    partners: tuple[int, ...] | None = None
    ids: tuple[int, ...] | None = None
    kinds: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def includes(self, branch):
        return (self.kinds is None or branch.kind in self.kinds) and (
            self.ids is None or bool(self.keys(branch.code))
        )

    def keys(self, code):
        """Return the keys, among the events asked for, of those of this code."""
        return [key // ID_FACTOR for key in self.ids if key % ID_FACTOR == code]

    def only(self, contact):
        """Return the condition that a contact is one of the customers'."""
        if self.partners is None:
            return SQL("TRUE")
        return SQL(
            "%s = ANY(array(SELECT id FROM res_partner"
            " WHERE commercial_partner_id = ANY(%s::int[])))",
            contact,
            list(self.partners),
        )

    def identified(self, code, key):
        """Return the condition that a key is one of those asked for."""
        if self.ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s::int[])", key, self.keys(code))

    def between(self, expression):
        """Return the condition that a date or moment is near those asked for.

        A day's margin: where a company's day begins is only known further out.
        """
        conditions = [SQL("TRUE")]
        if self.since:
            since = self.since - timedelta(days=1)
            conditions.append(SQL("%s >= %s", expression, since))
        if self.until:
            until = self.until + timedelta(days=1)
            conditions.append(SQL("%s < %s", expression, until))
        return SQL(" AND ").join(conditions)


class CrmCustomerDetailMixin(models.AbstractModel):
    """What lies behind the figures of customers, read from the documents by a query.

    A model with a `_table_query` that has `customer_id` and `partner_id` and restricts
    itself to `_detail_scope()`.
    """

    _name = "crm.customer.detail.mixin"
    _description = "Detail of Customers"

    def _detail_scope(self):
        """Return what the search under way asks for."""
        scope = self.env.context.get("customer_detail_scope")
        return scope if isinstance(scope, DetailScope) else DetailScope()

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Have the query read the customers and dates asked for and no others."""
        domain = Domain(domain).optimize_full(self)
        scope = self._detail_scope_of(domain)
        return super(
            CrmCustomerDetailMixin, self.with_context(customer_detail_scope=scope)
        )._search(domain, *args, **kwargs)

    def _as_query(self, ordered=True):
        scope = DetailScope(ids=tuple(self.ids))
        return super(
            CrmCustomerDetailMixin, self.with_context(customer_detail_scope=scope)
        )._as_query(ordered)

    @api.private
    def exists(self):
        scope = DetailScope(ids=tuple(self.ids))
        scoped = self.with_context(customer_detail_scope=scope)
        return super(CrmCustomerDetailMixin, scoped).exists().with_env(self.env)

    def _detail_scope_of(self, domain):
        """Return the scope that follows from the conditions which all must hold."""
        partners = ids = kinds = since = until = None
        together = getattr(domain, "OPERATOR", None) == "&"
        conditions = domain.children if together else (domain,)
        for condition in conditions:
            field = getattr(condition, "field_expr", None)
            operator = getattr(condition, "operator", None)
            value = getattr(condition, "value", None)
            chosen = operator == "in" and isinstance(value, OrderedSet)
            if field == "id" and chosen:
                ids = tuple(filter(None, value))
            elif field == "kind" and chosen:
                kinds = frozenset(value)
            elif field == "partner_id" and chosen:
                partners = self._narrowed(partners, filter(None, value))
            elif field == "customer_id" and chosen:
                rows = self.env["crm.customer"].sudo().browse(filter(None, value))
                try:
                    found = rows.partner_id.ids
                except MissingError:
                    found = rows.exists().partner_id.ids
                partners = self._narrowed(partners, found)
            elif field in ("date", "day") and isinstance(value, date):
                if not isinstance(value, datetime):
                    value = datetime.combine(value, time.min)
                if operator in (">", ">="):
                    since = max(since or value, value)
                elif operator in ("<", "<="):
                    # A day counts to its end.
                    end = value + timedelta(days=1)
                    until = min(until or end, end)
        return DetailScope(partners, ids, kinds, since, until)

    def _narrowed(self, partners, ids):
        ids = set(ids)
        return tuple(ids if partners is None else ids & set(partners))

    def _detail_companies(self):
        """Return the relation `company`: the dates of every company."""
        return SQL(
            "(VALUES %s) AS company"
            " (id, tz, today, today_end, window_start, previous_start)",
            SQL(", ").join(
                SQL(
                    "(%s::int, %s::varchar, %s::date, %s::timestamp, %s::date,"
                    " %s::date)",
                    row["id"],
                    row["tz"],
                    row["today"],
                    row["today_end"],
                    row["window_start"],
                    row["previous_start"],
                )
                for row in self.env["crm.customer"]._company_rows()
            ),
        )
