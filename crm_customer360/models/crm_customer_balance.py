from odoo import fields, models


class CrmCustomer(models.Model):
    """What the customer owes, how it pays, and what it is owed as a vendor."""

    _inherit = "crm.customer"

    # Receivables
    receivable = fields.Monetary(
        readonly=True,
        help="What the customer owes: open posted receivable items, less payments and "
        "credit notes not yet allocated.",
    )
    credit_unallocated = fields.Monetary(
        string="Unallocated Credit",
        readonly=True,
        help="Payments and credit notes not yet allocated to invoices, positive.",
    )
    aging_not_due = fields.Monetary(
        string="Not Due", readonly=True, help="Open items not yet due."
    )
    aging_1_30 = fields.Monetary(
        string="1-30 Days Late",
        readonly=True,
        help="Open items whose due date passed 1 to 30 days ago.",
    )
    aging_31_60 = fields.Monetary(
        string="31-60 Days Late",
        readonly=True,
        help="Open items whose due date passed 31 to 60 days ago.",
    )
    aging_61_90 = fields.Monetary(
        string="61-90 Days Late",
        readonly=True,
        help="Open items whose due date passed 61 to 90 days ago.",
    )
    aging_91_120 = fields.Monetary(
        string="91-120 Days Late",
        readonly=True,
        help="Open items whose due date passed 91 to 120 days ago.",
    )
    aging_121_plus = fields.Monetary(
        string="Over 120 Days Late",
        readonly=True,
        help="Open items whose due date passed more than 120 days ago.",
    )
    overdue = fields.Monetary(
        readonly=True,
        help="Open items whose due date has passed, before unallocated credits.",
    )
    oldest_due_date = fields.Date(
        readonly=True, help="Due date of the oldest overdue item."
    )
    oldest_due_days = fields.Integer(
        string="Days Overdue",
        compute="_compute_derived",
        search="_search_oldest_due_days",
        aggregator="max",
        help="Days since the due date of the oldest overdue item.",
    )
    overdue_due_sum = fields.Float(
        digits=(16, 2),
        readonly=True,
        aggregator=None,
        help="Technical: sum of overdue amount times days from 2000-01-01 to its due "
        "date, from which the delay of overdue items is derived.",
    )
    open_delay = fields.Float(
        string="Delay of Overdue Items",
        digits=(16, 2),
        compute="_compute_derived",
        search="_search_open_delay",
        aggregator="avg",
        help="Average days past due of the overdue items, weighted by amount.",
    )
    dso = fields.Float(
        string="DSO",
        digits=(16, 2),
        aggregator="avg",
        readonly=True,
        help="Days sales outstanding: receivable as a number of days of the window's "
        "invoicing, both tax included.",
    )
    credit_limit = fields.Monetary(
        readonly=True, help="The customer's credit limit; 0 is none."
    )
    to_invoice = fields.Monetary(
        readonly=True,
        help="Confirmed orders less what was invoiced of each, tax included.",
    )
    exposure = fields.Monetary(
        readonly=True, help="What the customer owes plus what is to be invoiced."
    )
    credit_used = fields.Float(
        digits=(16, 6),
        aggregator="avg",
        readonly=True,
        help="Exposure as a share of the credit limit; empty without a limit.",
    )

    # Treasury
    received = fields.Monetary(
        readonly=True,
        help="Money received in the window: receivable lines of bank, cash and card "
        "journals, less write-offs and what was paid back.",
    )
    in_process = fields.Monetary(
        string="Payments in Hand",
        readonly=True,
        help="Customer payments without a journal entry yet: promises, cheques.",
    )
    in_transit = fields.Monetary(
        string="Payments in Transit",
        readonly=True,
        help="Customer payments in the books but not yet on a bank statement.",
    )
    last_payment_date = fields.Date(
        string="Last Payment",
        readonly=True,
        help="Day of the last payment received, in a bank, cash or card journal.",
    )
    days_to_pay = fields.Float(
        digits=(16, 2),
        aggregator="avg",
        readonly=True,
        help="Average days from invoice to payment, weighted by amount, for what was "
        "paid in the window.",
    )
    payment_delay = fields.Float(
        digits=(16, 2),
        aggregator="avg",
        readonly=True,
        help="Average days from due date to payment, weighted by amount, for what was "
        "paid in the window; early payments are negative.",
    )

    # As a vendor
    payable = fields.Monetary(
        readonly=True, help="What the company owes this customer as a vendor."
    )
    purchase = fields.Monetary(
        string="Vendor Bills",
        readonly=True,
        help="Untaxed amount of this customer's vendor bills in the window.",
    )
    net_position = fields.Monetary(
        readonly=True, help="What the customer owes less what it is owed as a vendor."
    )
