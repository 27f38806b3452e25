import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Command

from .documents import Documents
from .relations import Relations
from .stories import EUROPE, MAIN, STORIES

_logger = logging.getLogger(__name__)

CHART = "generic_coa"

# What it costs to serve, in the company's currency; capital in percent a year, margin
# in percent of revenue.
SETTINGS = {
    "customer_order_cost": 35.0,
    "customer_credit_note_cost": 80.0,
    "customer_meeting_hour_cost": 90.0,
    "customer_activity_cost": 20.0,
    "customer_capital_rate": 10.0,
    "customer_margin_target": 20.0,
}
COSTS = {
    "consulting": 590.0,
    "training": 700.0,
    "support": 190.0,
    "licence": 118.0,
    "rental": 86.0,
    "installation": 2190.0,
}
# Context of whoever makes documents in bulk: no mails, no log of each change.
QUIET = {
    "lang": "en_US",
    "dont_notify": True,
    "mail_activity_quick_update": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
    "tracking_disable": True,
}


class CrmCustomerDemo(models.AbstractModel):
    """Loads the demo data: customers over three years up to today.

    ``stories.py`` says what happened; this makes real documents of it, by the methods
    that the web client calls. Called by the demo data only.
    """

    _name = "crm.customer.demo"
    _description = "Demo Data of Customer 360"

    @api.model
    def _load(self):
        """Tell the stories to the main company and to its sister in Europe.

        :return: number of stories told
        """
        main = self.env.ref("base.main_company", raise_if_not_found=False)
        return self._tell({MAIN: main, EUROPE: self._prepare_europe()})

    def _prepare_europe(self):
        """Return the sister company, with a chart of accounts in its own currency."""
        europe = self._record("company_europe")
        if europe and not europe.chart_template:
            currency = europe.currency_id
            # Not try_loading: it warns that the registry is not complete yet.
            self.env["account.chart.template"]._load(CHART, europe, install_demo=False)
            # The chart brings the currency of the country it is made for.
            europe.currency_id = currency
        return europe

    def _tell(self, companies):
        """Make the documents of the stories not told yet, and compute the figures.

        :param companies: ``{role: res.company}``
        :return: number of stories told
        """
        demo = self.sudo().with_context(**QUIET)
        companies = {
            role: company.sudo()
            for role, company in companies.items()
            if company and demo._has_accounting(company)
        }
        told = []
        for role, company in companies.items():
            other = next((c for r, c in companies.items() if r != role), company)
            stories = demo._tell_company(role, company, other.currency_id)
            told += [(company, story) for story in stories]
        if told:
            demo._let_go()
            demo._compute_figures()
            demo._judge(told)
        return len(told)

    def _compute_figures(self):
        """Compute customers and past months, as the first night would."""
        self.env.flush_all()
        # The documents queue their customers just before the commit. Done now, the
        # refresh finds them waiting and takes them out.
        self.env.cr.precommit.run()
        self.env["crm.customer"]._refresh()
        self.env["crm.customer.snapshot"]._take()
        self.env["crm.customer.snapshot"]._rebuild()

    def _judge(self, told):
        """Set the verdicts of the stories: that takes the rows of the customers."""
        for company, story in told:
            if story.verdict:
                state, reason, days = story.verdict
                partner = self._record(f"partner_{story.partner}")
                verdicts = self.env["crm.customer.verdict"].with_company(company)
                verdicts.with_user(partner.user_id).sudo().create(
                    {
                        "partner_id": partner.id,
                        "company_id": company.id,
                        "state": state,
                        "reason": reason,
                        "date_end": company._customer_today() + timedelta(days=days),
                    }
                )

    def _has_accounting(self, company):
        """Return whether documents can be made in a company; log when not."""
        journals = self.env["account.journal"].search_fetch(
            [
                ("company_id", "=", company.id),
                ("type", "in", ("sale", "purchase", "bank")),
            ],
            ["type"],
        )
        if len(set(journals.mapped("type"))) == 3:
            return True
        _logger.warning(
            "No demo customers in %s: it has no chart of accounts. Choose one, then "
            "load the demo data again.",
            company.name,
        )
        return False

    def _tell_company(self, role, company, foreign):
        """Tell the stories of one company.

        :param foreign: currency of customers who are invoiced in another one
        :return: list of the stories told
        """
        self = self.with_company(company).with_context(allowed_company_ids=company.ids)
        stories = self._untold(
            [story for story in self._stories() if story.company == role], company
        )
        if stories:
            self._prepare(company, foreign)
            documents = Documents(self.env, company, foreign)
            documents.make(stories)
            Relations(self.env, company, documents).make(role, stories)
            _logger.info("Demo: %s customers in %s", len(stories), company.name)
        return stories

    def _untold(self, stories, company):
        """Return the stories whose customer is there and has no document yet."""
        known = self.env["res.partner"]
        for model in ("account.move", "crm.lead", "sale.order"):
            documents = self.env[model].with_context(active_test=False)
            known |= documents.search(
                [("company_id", "=", company.id), ("partner_id", "!=", False)]
            ).partner_id.commercial_partner_id
        untold = []
        for story in stories:
            partner = self._record(f"partner_{story.partner}")
            if partner and partner not in known:
                untold.append(story)
        return untold

    @api.model
    def _stories(self):
        """Return all stories; a point of extension, as `_record` is."""
        return STORIES

    @api.model
    def _record(self, name):
        """Return the record with this external id of the demo data, or nothing."""
        return self.env.ref(f"crm_customer360.{name}_demo", raise_if_not_found=False)

    def _prepare(self, company, foreign):
        """Set what the documents of a company need: settings, costs, users, rates."""
        company.write(
            {
                "account_use_credit_limit": True,
                **{name: rate for name, rate in SETTINGS.items() if not company[name]},
            }
        )
        for name, cost in COSTS.items():
            product = self._record(f"product_{name}").with_company(company)
            product.standard_price = cost
            product.taxes_id = [Command.link(t.id) for t in company.account_sale_tax_id]
        users = self.env["res.users"].with_context(active_test=False)
        for name in ("leila", "omar", "ingrid", "tom"):
            users |= self._record(f"user_{name}")
        for name in ("base.user_root", "base.user_admin", "base.user_demo"):
            users |= self.env.ref(name, raise_if_not_found=False) or users
        users.company_ids = [Command.link(company.id)]
        if foreign != company.currency_id:
            self._prepare_rates(company, foreign)

    def _prepare_rates(self, company, foreign):
        """Give the foreign currency a rate for each of the last 37 months."""
        foreign.active = True
        Rate = self.env["res.currency.rate"]
        today = company._customer_today()
        first = today.replace(year=today.year - 3, day=1)
        months = [first + relativedelta(months=number) for number in range(37)]
        known = Rate.search(
            [("company_id", "=", company.id), ("currency_id", "=", foreign.id)]
        ).mapped("name")
        # Euros for a dollar; the other way round where the company counts in euros.
        base = 0.92 if foreign.name == "EUR" else 1 / 0.92
        Rate.create(
            [
                {
                    "name": day,
                    "company_id": company.id,
                    "currency_id": foreign.id,
                    "company_rate": base * (1 + ((number * 5) % 9 - 4) / 200),
                }
                for number, day in enumerate(months)
                if day not in known
            ]
        )

    def _let_go(self):
        """Archive those who left, now that their old documents are there."""
        former = self._record("user_tom")
        if former:
            former.active = False
        contacts = [
            self._record(f"partner_{story.former}")
            for story in self._stories()
            if story.former
        ]
        for contact in contacts:
            if contact:
                contact.active = False
