from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Command, Date
from odoo.tools import SQL

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .kept_setup import TODAY, KeptSetup


class CustomerCommon(KeptSetup, AccountTestInvoicingCommon):
    """A company of its own on 15 June 2026, and documents in few words.

    The window of twelve months is 16 June 2025 to 15 June 2026, 365 days; the previous
    one 16 June 2024 to 15 June 2025. Amounts are untaxed and due at once unless said.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "sales_team.group_sale_manager"
        )

    @classmethod
    def setUpClass(cls):
        cls.startClassPatcher(freeze_time(TODAY))
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.bank = cls.company_data["default_journal_bank"]
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.income = cls.company_data["default_account_revenue"]
        cls.Customer = cls.env["crm.customer"]
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Customer",
                "is_company": True,
                "property_account_receivable_id": cls.receivable.id,
            }
        )
        cls.tax = cls.tax_sale_a.copy({"name": "Ten", "amount": 10.0})
        (cls.product_a + cls.product_b).write(
            {"invoice_policy": "order", "taxes_id": [Command.clear()]}
        )

    # -- documents

    @contextmanager
    def _at(self, moment):
        """Do something at another moment (UTC)."""
        with freeze_time(moment):
            yield

    def _on(self, day):
        """Do something on another day, at noon."""
        return self._at(f"{day} 12:00:00")

    def _invoice(self, amount, day, *, due=None, lines=None, post=True, **vals):
        """A customer invoice of one line of `amount`, or of the lines given."""
        taxes = vals.pop("taxes", self.env["account.tax"])
        vals = {
            "move_type": "out_invoice",
            "partner_id": self.customer.id,
            "invoice_date": day,
            "date": day,
            "invoice_payment_term_id": False,
            "invoice_date_due": due or day,
            **vals,
        }
        lines = lines or [{"price_unit": amount}]
        vals["invoice_line_ids"] = [
            Command.create(
                {"name": "Line", "tax_ids": [Command.set(taxes.ids)], **line}
            )
            for line in lines
        ]
        move = self.env["account.move"].create(vals)
        if post:
            move.action_post()
        return move

    def _refund(self, amount, day, **vals):
        return self._invoice(amount, day, move_type="out_refund", **vals)

    def _entry(self, amount, day, *, due=None, counterpart=None, post=True, **vals):
        """A miscellaneous entry on the receivable; no due date by default."""
        partner = vals.pop("partner", self.customer)
        account = vals.pop("account", self.receivable)
        lines = [
            {"account_id": account.id, "balance": amount, "partner_id": partner.id},
            {"account_id": (counterpart or self.income).id, "balance": -amount},
        ]
        move = self.env["account.move"].create(
            {
                "date": day,
                "journal_id": self.company_data["default_journal_misc"].id,
                **vals,
                "line_ids": [Command.create({"name": "Entry", **li}) for li in lines],
            }
        )
        if post:
            move.action_post()
        self._items(move, account).date_maturity = due
        return move

    def _items(self, moves, account=None):
        """The journal items of these entries on the receivable."""
        account = account or self.receivable
        return moves.line_ids.filtered(lambda line: line.account_id == account)

    def _reconcile(self, *moves):
        items = self.env["account.move.line"]
        for move in moves:
            items += self._items(move)
        items.reconcile()

    def _register(self, moves, day, **vals):
        """Pay from the invoice, through the wizard."""
        return (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"payment_date": day, "journal_id": self.bank.id, **vals})
            ._create_payments()
        )

    def _payment(self, amount, day, **vals):
        """A payment received, allocated to nothing."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "date": day,
                "journal_id": self.bank.id,
                **vals,
            }
        )
        payment.action_post()
        return payment

    def _statement(self, amount, day, *counterparts, **vals):
        """A bank statement line, settled by ``(account, amount)`` or on receivable."""
        partner = vals.pop("partner", self.customer)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "payment_ref": "Statement",
                "partner_id": partner.id,
                "date": day,
                "amount": amount,
                **vals,
            }
        )
        suspense = line._seek_for_lines()[1]
        commands = [Command.delete(suspense.id)]
        for account, balance in counterparts or [(self.receivable, -amount)]:
            commands.append(
                Command.create(
                    {
                        "name": "Counterpart",
                        "account_id": account.id,
                        "partner_id": partner.id,
                        "balance": balance,
                    }
                )
            )
        line.move_id.with_context(force_delete=True, skip_readonly_check=True).write(
            {"line_ids": commands}
        )
        return line.move_id

    def _order(self, amount, day, *, confirm=True, lines=None, **vals):
        """An order of one line of `amount`, dated `day` at noon."""
        taxes = vals.pop("taxes", self.env["account.tax"])
        lines = lines or [{"price_unit": amount}]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "date_order": f"{day} 12:00:00",
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product_a.id,
                            "tax_ids": [Command.set(taxes.ids)],
                            **line,
                        }
                    )
                    for line in lines
                ],
                **vals,
            }
        )
        if confirm:
            order.action_confirm()
            order.date_order = f"{day} 12:00:00"
        return order

    def _invoice_order(self, order, day, *, post=True):
        invoice = order._create_invoices()
        invoice.write({"invoice_date": day, "date": day})
        if post:
            invoice.action_post()
        return invoice

    def _opportunity(self, revenue=0.0, probability=50.0, **vals):
        return self.env["crm.lead"].create(
            {
                "name": "Opportunity",
                "type": "opportunity",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "expected_revenue": revenue,
                "probability": probability,
                **vals,
            }
        )

    def _meeting(self, start, stop, partners=None, **vals):
        partners = partners or self.customer
        return self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": start,
                "stop": stop,
                "partner_ids": [Command.set(partners.ids)],
                **vals,
            }
        )

    def _rating(self, document, value, day, **vals):
        """A rating given at noon of `day`."""
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(document._name),
                "res_id": document.id,
                "partner_id": self.customer.id,
                "rating": value,
                "consumed": True,
                **vals,
            }
        )
        rating.rated_on = f"{day} 12:00:00"
        return rating

    def _activity(self, document, day, done=True):
        activity = document.activity_schedule("mail.mail_activity_data_call")
        if done:
            with self._on(day):
                activity._action_done()
                activity.flush_recordset()
        return activity

    @contextmanager
    def _no_entries(self):
        """Payments make no journal entry, as where an accounting app is installed."""
        lines = self.bank.inbound_payment_method_line_ids
        lines += self.bank.outbound_payment_method_line_ids
        lines.payment_account_id = False
        AccountMove = type(self.env["account.move"])
        with patch.object(
            AccountMove, "_get_invoice_in_payment_state", lambda move: "in_payment"
        ):
            yield

    def _branch(self):
        """A branch of the company, in which the user works too."""
        self.company.write({"child_ids": [Command.create({"name": "Branch"})]})
        self.cr.precommit.run()
        return self.company.child_ids

    # -- figures

    def _row(self, partner=None, company=None):
        """Refresh one customer and return its row."""
        partner = partner or self.customer
        self.Customer._refresh(partner)
        return self._stored(partner, company)

    def _stored(self, partner=None, company=None):
        """The customer's row as it was last refreshed."""
        return self.Customer.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", (company or self.company).id),
            ]
        )

    def _columns(self, row):
        """The row as it stands in the table: NULL is None, unlike a field's 0.0."""
        self.env.cr.execute(SQL("SELECT * FROM crm_customer WHERE id = %s", row.id))
        return self.env.cr.dictfetchone()

    def assertFigures(self, expected, partner=None, company=None):
        """Refresh and compare; dates as text, None for a figure that is empty.

        Both shapes of the refresh must agree on this customer.
        """
        partner = partner or self.customer
        row = self._row(partner, company)
        self.assertEqual(len(row), 1, "The customer has one row in the company")
        columns = self._columns(row)
        found, wanted = {}, {}
        for name, value in expected.items():
            figure = columns[name] if name in columns else row[name]
            if isinstance(figure, date):
                figure = Date.to_string(figure)
            elif (
                value is not None and figure is not None and not isinstance(value, str)
            ):
                figure = round(float(figure), 6)
                value = round(float(value), 6)
            found[name], wanted[name] = figure, value
        self.assertEqual(found, wanted)
        self.Customer._refresh_read()
        self.env.cr.execute(
            SQL(
                "SELECT * FROM crm_customer_change WHERE partner_id = %s",
                partner.commercial_partner_id.id,
            )
        )
        self.assertFalse(self.env.cr.dictfetchall(), "The shapes of refresh differ")
        return row
