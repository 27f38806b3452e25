"""What the demo customers think of us: recommendations and complaints."""

from datetime import timedelta
from random import Random

SEED = 62
# Of the customers with a purchase in the last year, so many are asked, and this is how
# likely each score is.
ASKED, WEIGHTS = 60, {10: 24, 9: 26, 8: 18, 7: 12, 6: 4, 5: 3, 3: 2, 1: 1}
COMMENTS = {
    "promoter": ("Always a person on the phone who knows us.", "", "On time, as ever."),
    "passive": ("Good, and not cheap.", "", "Fine. Invoices could be clearer."),
    "detractor": (
        "The consultant changed three times.",
        "We waited two weeks for an answer.",
        "The invoice was wrong, and nobody corrected it.",
    ),
}
SETTLED = {
    "complaint_cause_service": "The team lead took over, and called them weekly.",
    "complaint_cause_delivery": "The next installation was done free of charge.",
    "complaint_cause_price": "Credit note sent, and the price list explained.",
}


class MemberVoice:
    """Makes answers to the question about a recommendation, and settles complaints."""

    def __init__(self, env, company):
        self.env = env
        self.company = company
        self.today = company._customer_today()
        self.dice = Random(SEED)

    def make(self):
        invoices = self.env["account.move"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                ("invoice_date", ">", self.today - timedelta(days=330)),
                ("invoice_date", "<", self.today - timedelta(days=14)),
                ("commercial_partner_id.active", "=", True),
            ],
            order="invoice_date, id",
        )
        latest = {invoice.commercial_partner_id: invoice for invoice in invoices}
        for invoice in list(latest.values())[:ASKED]:
            self._answer(invoice)
        self._settle()

    def _answer(self, invoice):
        """One customer, asked a week after an invoice, answers two days later."""
        partner = invoice.commercial_partner_id
        model = self.env["crm.customer.nps"]
        day = invoice.invoice_date + timedelta(days=7)
        nps = model.create(
            {
                "partner_id": partner.id,
                "contact_id": invoice.partner_id.id,
                "company_id": self.company.id,
                "user_id": (invoice.invoice_user_id or partner.user_id).id,
                "document": f"account.move,{invoice.id}",
                "document_name": invoice.name,
                "sent_at": day,
                "input_id": model._survey()
                ._create_answer(partner=partner, check_attempts=False)
                .id,
            }
        )
        [score] = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
        kind = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
        nps._answer(score, self.dice.choice(COMMENTS[kind]))
        answered = day + timedelta(days=2)
        nps.answered_at = answered
        self.env["crm.customer.complaint"].search([("nps_id", "=", nps.id)]).write(
            {"date": answered, "date_deadline": answered + timedelta(days=7)}
        )

    def _settle(self):
        """Of the complaints, the older half is settled, and one more answered."""
        complaints = self.env["crm.customer.complaint"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")],
            order="date, id",
        )
        half = len(complaints) // 2
        for number, complaint in enumerate(complaints[:half]):
            cause, remedy = list(SETTLED.items())[number % len(SETTLED)]
            complaint.write(
                {
                    "cause_id": self.env.ref(f"crm_loyalty.{cause}").id,
                    "remedy": remedy,
                    "consent": number % 3 != 2,
                }
            )
            complaint.action_close()
            complaint.date_closed = complaint.date + timedelta(days=5 + number)
        complaints[half : half + 1].action_answered()
