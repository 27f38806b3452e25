from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

# Days ahead in which the anniversary of the first purchase is a reason to call.
ANNIVERSARY_DAYS = 6


class CrmCustomer(models.Model):
    """The salesperson's day: who needs a call, why, and the calls planned from there.

    A customer needs a call when its state is Watch or Risk, when something counts as
    late, or in the week before the anniversary of its first purchase.
    """

    _inherit = "crm.customer"

    phone = fields.Char(related="partner_id.phone", help="Telephone of the customer.")
    email = fields.Char(related="partner_id.email", help="E-mail of the customer.")
    anniversary_days = fields.Integer(
        string="Days to Anniversary",
        compute="_compute_anniversary_days",
        search="_search_anniversary_days",
        aggregator="min",
        help="Days until the next anniversary of the first purchase, 0 on the day.",
    )
    call_reason = fields.Char(
        string="Why Call",
        compute="_compute_call_reason",
        help="What makes this customer worth a call today.",
    )
    next_call_date = fields.Date(
        string="Call Planned",
        compute="_compute_next_call_date",
        search="_search_next_call_date",
        help="Deadline of the first call that is planned with this customer.",
    )

    @api.depends("first_purchase_date")
    def _compute_anniversary_days(self):
        for customer in self:
            first = customer.first_purchase_date
            today = customer.company_id.sudo()._customer_today()
            if not first or first >= today:
                customer.anniversary_days = 0
                continue
            years = today.year - first.year
            day = first + relativedelta(years=years)
            if day < today or not years:
                day = first + relativedelta(years=years + 1)
            customer.anniversary_days = (day - today).days

    def _derived_sql(self, alias):
        """Add the days to the anniversary; 29 February is 28 in other years."""
        result = super()._derived_sql(alias)
        today = self._today_sql(alias)
        first = SQL("%s.first_purchase_date", alias)
        years = SQL(
            "(date_part('year', %s) - date_part('year', %s))::int", today, first
        )

        def day(more):
            return SQL(
                "(%s + make_interval(years => %s + %s))::date", first, years, more
            )

        result["anniversary_days"] = SQL(
            "(CASE WHEN %(first)s < %(today)s THEN (CASE WHEN %(this)s < %(today)s"
            " OR %(years)s = 0 THEN %(next)s ELSE %(this)s END) - %(today)s END)",
            first=first,
            today=today,
            years=years,
            this=day(0),
            next=day(1),
        )
        return result

    def _search_anniversary_days(self, operator, value):
        return self._search_derived("anniversary_days", operator, value)

    @api.depends("verdict_lines", "anniversary_days", "first_purchase_date")
    @api.depends_context("lang", "uid")
    def _compute_call_reason(self):
        for customer in self:
            reasons = [
                line["text"]
                for line in customer.verdict_lines or []
                if line["level"] in ("watch", "risk")
            ]
            reasons += customer._anniversary_words()
            if not reasons and customer.late > 0:
                reasons = [
                    self.env._(
                        "%(amount)s overdue since %(date)s.",
                        amount=customer._money(customer.late),
                        date=customer._day(customer.late_since),
                    )
                ]
            customer.call_reason = " ".join(reasons)

    def _anniversary_words(self):
        """Return what there is to say about the anniversary, at most one sentence."""
        first = self.first_purchase_date
        today = self.company_id.sudo()._customer_today()
        if not first or first >= today or self.anniversary_days > ANNIVERSARY_DAYS:
            return []
        day = today + relativedelta(days=self.anniversary_days)
        return [
            self.env._(
                "A customer for %(years)s years on %(date)s.",
                years=day.year - first.year,
                date=format_date(self.env, day),
            )
        ]

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    @api.depends("partner_id")
    def _compute_next_call_date(self):
        # As superuser: that somebody plans to call is no secret, and natively every
        # activity's document would be checked one by one.
        dates = dict(
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_id", "in", self.partner_id.ids),
                    ("activity_type_id", "=", self._call_type().id),
                ],
                ["res_id"],
                ["date_deadline:min"],
            )
        )
        for customer in self:
            customer.next_call_date = dates.get(customer.partner_id.id)

    def _search_next_call_date(self, operator, value):
        """Only whether one is planned."""
        if operator != "in" or set(value) != {False}:
            return NotImplemented
        planned = (
            self.env["mail.activity"]
            .sudo()
            ._search(
                [
                    ("res_model", "=", "res.partner"),
                    ("activity_type_id", "=", self._call_type().id),
                ]
            )
        )
        return Domain("partner_id", "not in", planned.subselect("res_id"))

    def _call_type(self):
        """Return the native type of a call; the default type where it was removed."""
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        return call or self.env["mail.activity"]._default_activity_type_for_model(
            "res.partner"
        )

    def action_plan_calls(self):
        """Plan a call for today with each of these customers, saying why.

        It falls to the customer's salesperson, else to whoever plans it. A customer
        with whom a call is planned already is left out.
        """
        self.check_access("read")
        model_id = self.env["ir.model"]._get_id("res.partner")
        call = self._call_type()
        seen, values = set(), []
        for customer in self:
            if customer.next_call_date or customer.partner_id in seen:
                continue
            seen.add(customer.partner_id)
            salesperson = customer.user_id.filtered("active")
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": customer.partner_id.id,
                    "activity_type_id": call.id,
                    "summary": customer._call_summary(),
                    "note": customer.call_reason or False,
                    "user_id": (salesperson or self.env.user).id,
                    "date_deadline": customer.company_id.sudo()._customer_today(),
                }
            )
        self.env["mail.activity"].create(values)
        self.invalidate_recordset(["next_call_date"])
        left = len(self) - len(values)
        message = self.env._("Calls planned: %s.", len(values))
        if left:
            message += " " + self.env._("Already planned: %s.", left)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if values else "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _call_summary(self):
        """Return the short text of a planned call."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        if self.state in ("watch", "risk"):
            return self.env._("Call: %s", labels[self.state])
        return self.env._("Call")
