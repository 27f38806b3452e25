"""What was said, planned and done with the demo customers."""

from datetime import timedelta

from markupsafe import Markup

from odoo.fields import Command

from .stories import HANDOVER, NOTES, OPPORTUNITIES

REASONS = {
    "competitor": "crm_customer360.crm_lost_reason_competitor_demo",
    "postponed": "crm_customer360.crm_lost_reason_postponed_demo",
    "too_expensive": "crm.lost_reason_1",
}
ACTIVITIES = (
    ("mail.mail_activity_data_call", "Call about the last order"),
    ("mail.mail_activity_data_email", "Send the price list"),
    ("mail.mail_activity_data_todo", "Answer the support question"),
)
# Days over which the meetings and activities of a story are spread.
YEAR = 350


class Relations:
    """Makes opportunities, meetings, activities, messages and ratings.

    :param documents: the `Documents` of the same company
    """

    def __init__(self, env, company, documents):
        self.env = env
        self.company = company
        self.documents = documents
        self.partner = documents.partner
        self.moment = documents.moment

    def make(self, role, stories):
        known = {(role, story.partner): story for story in stories}

        def told(rows):
            """Of the rows that begin with company and partner, those of a story."""
            return [(known[row[:2]], *row[2:]) for row in rows if row[:2] in known]

        self._write_opportunities(told(OPPORTUNITIES))
        self._write_meetings(stories)
        self._write_activities(stories)
        self._write_handover(stories)
        self._write_notes(told(NOTES))
        self._write_ratings()

    def _seller(self, story):
        return self.documents.seller(story) or self.env.ref("base.user_admin")

    def _write_opportunities(self, rows):
        stages = self.env["crm.stage"].search([])
        won = stages.filtered("is_won")[:1]
        going = stages - stages.filtered("is_won")
        values = []
        for story, name, revenue, status, number, reason in rows:
            ended = self.moment(number) if status != "open" else False
            values.append(
                {
                    "name": name,
                    "type": "opportunity",
                    "partner_id": self.partner(story).id,
                    "company_id": self.company.id,
                    "user_id": self._seller(story).id,
                    "expected_revenue": revenue,
                    "create_date": self.moment(number + 40 if ended else 25),
                    "date_closed": ended,
                    "active": status != "lost",
                    "probability": {"won": 100, "lost": 0}.get(status, number),
                    "stage_id": won.id
                    if status == "won"
                    # The more probable, the further.
                    else going[min(len(going) - 1, number * len(going) // 100)].id,
                    "lost_reason_id": self.env.ref(REASONS[reason]).id
                    if reason
                    else False,
                    "date_deadline": False
                    if ended
                    else self.documents.today + timedelta(days=45),
                }
            )
        self.env["crm.lead"].create(values)

    def _write_meetings(self, stories):
        """Hold the meetings of the last year; the one at Summit Line is private."""
        values = []
        for story in stories:
            count, hours = story.meetings
            attendees = self.partner(story) + self._seller(story).partner_id
            for number in range(count):
                start = self.moment(4 + number * YEAR // count, 8)
                values.append(
                    {
                        "name": "Review" if number else "Visit",
                        "start": start,
                        "stop": start + timedelta(hours=hours),
                        "user_id": self._seller(story).id,
                        "privacy": "private"
                        if story.partner == "summitline"
                        else "public",
                        "partner_ids": [Command.set(attendees.ids)],
                    }
                )
        self.env["calendar.event"].create(values)

    def _write_activities(self, stories):
        """Activities done: Odoo keeps them archived, with the day."""
        model_id = self.env["ir.model"]._get_id("res.partner")
        values = []
        for story in stories:
            for number in range(story.activities):
                kind, summary = ACTIVITIES[number % len(ACTIVITIES)]
                day = self.documents.day(6 + number * YEAR // story.activities)
                values.append(
                    {
                        "res_model_id": model_id,
                        "res_id": self.partner(story).id,
                        "activity_type_id": self.env.ref(kind).id,
                        "summary": summary,
                        "user_id": self._seller(story).id,
                        "date_deadline": day,
                        "date_done": day,
                        "active": False,
                    }
                )
        self.env["mail.activity"].create(values)

    def _write_handover(self, stories):
        """Note on whose customers the salesperson who left was."""
        field = self.env["ir.model.fields"]._get("res.partner", "user_id")
        former = self.documents.record("user_tom")
        self.env["mail.message"].create(
            [
                {
                    "model": "res.partner",
                    "res_id": self.partner(story).id,
                    "message_type": "notification",
                    "subtype_id": self.env.ref("mail.mt_note").id,
                    "author_id": self._seller(story).partner_id.id,
                    "date": self.moment(HANDOVER),
                    "tracking_value_ids": [
                        Command.create(
                            {
                                "field_id": field.id,
                                "old_value_integer": former.id,
                                "old_value_char": former.name,
                                "new_value_integer": self._seller(story).id,
                                "new_value_char": self._seller(story).name,
                            }
                        )
                    ],
                }
                for story in stories
                if story.inherited
            ]
        )

    def _write_notes(self, rows):
        former = self.documents.record("user_tom").partner_id
        values = []
        for story, days_ago, who, text in rows:
            authors = {
                "customer": self.partner(story),
                "former": former,
                "salesperson": self._seller(story).partner_id,
            }
            note = who != "customer"
            values.append(
                {
                    "model": "res.partner",
                    "res_id": self.partner(story).id,
                    "message_type": "comment" if note else "email",
                    "subtype_id": self.env.ref(
                        "mail.mt_note" if note else "mail.mt_comment"
                    ).id,
                    "author_id": authors[who].id,
                    "date": self.moment(days_ago, 11),
                    "body": Markup("<p>%s</p>") % text,
                }
            )
        self.env["mail.message"].create(values)

    def _write_ratings(self):
        """Ratings given a week after the invoice, on the order or else the invoice."""
        values = []
        for purchase in self.documents.purchases:
            stars = purchase.story.ratings.get(purchase.number)
            if not stars:
                continue
            document = purchase.order or purchase.invoice
            values.append(
                {
                    "res_model_id": self.env["ir.model"]._get_id(document._name),
                    "res_id": document.id,
                    "partner_id": self.partner(purchase.story).id,
                    "rated_partner_id": self._seller(purchase.story).partner_id.id,
                    "rating": stars,
                    "consumed": True,
                    "days_ago": max(1, purchase.days_ago - 7),
                }
            )
        moments = [self.moment(value.pop("days_ago"), 16) for value in values]
        ratings = self.env["rating.rating"].create(values)
        # Creating sets it to now.
        for rating, moment in zip(ratings, moments, strict=True):
            rating.rated_on = moment
