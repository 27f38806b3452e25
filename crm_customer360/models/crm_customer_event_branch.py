"""What the branches of the timeline have in common."""

from dataclasses import dataclass

from odoo.tools import SQL

from .crm_customer_detail import ID_FACTOR


@dataclass(frozen=True)
class EventBranch:
    """Events of one kind, read from one model.

    Expressions may use `contact`, the res_partner of `partner`.

    :param kind: value of `crm.customer.event.kind`
    :param code: number of the kind, 1 to 31, unique and the same for ever: it is part
        of the id. This addon has 1 to 15, `crm_rfm` 16 to 23, `crm_loyalty` 24 to 31.
        Branches may share a code when they share the table that `key` is of.
    :param source: what follows FROM, the rows that the reader may read
    :param where: condition, without the scope's: that is added
    :param key: integer that identifies the event among those of its code
    :param partner: any contact of the customer
    :param res_model: model of the document to open
    :param res_id: its id
    :param company: the document's company; what has none counts in its contact's, else
        where the customer's revenue is largest
    :param moment: naive UTC timestamp, NULL when only `day` is known
    :param day: date, of documents that have no time
    :param name: subject or number
    :param amount: company currency, signed as in the figures; None when there is none
    :param state: value of `crm.customer.event.state`
    :param user: who was responsible
    :param rating: 1 to 5
    """

    kind: str
    code: int
    source: SQL
    where: SQL
    key: SQL
    partner: SQL
    res_model: SQL
    res_id: SQL
    name: SQL
    company: SQL | None = None
    moment: SQL | None = None
    day: SQL | None = None
    amount: SQL | None = None
    state: SQL | None = None
    user: SQL | None = None
    rating: SQL | None = None

    def select(self, scope):
        """Return the rows of this branch, within the scope."""

        def column(expression, sql_type):
            return SQL(f"%s::{sql_type}", expression or SQL("NULL"))

        return SQL(
            """
            SELECT (%(key)s)::bigint * %(factor)s + %(code)s AS id, %(kind)s AS kind,
                contact.commercial_partner_id AS partner_id,
                coalesce(%(company)s, contact.company_id) AS company_id,
                %(moment)s AS moment, %(day)s AS day, %(name)s AS name,
                %(amount)s AS amount, %(state)s AS state, %(user)s AS user_id,
                %(rating)s AS rating, %(res_model)s AS res_model, %(res_id)s AS res_id
            FROM %(source)s
            JOIN res_partner contact ON contact.id = %(partner)s
            WHERE %(where)s AND %(scope)s
            """,
            key=self.key,
            factor=ID_FACTOR,
            code=self.code,
            kind=column(SQL("%s", self.kind), "varchar"),
            company=column(self.company, "int"),
            moment=column(self.moment, "timestamp"),
            day=column(self.day, "date"),
            name=column(self.name, "varchar"),
            amount=column(self.amount, "numeric"),
            state=column(self.state, "varchar"),
            user=column(self.user, "int"),
            rating=column(self.rating, "float"),
            res_model=column(self.res_model, "varchar"),
            res_id=column(self.res_id, "int"),
            source=self.source,
            partner=self.partner,
            where=self.where,
            scope=SQL(" AND ").join(
                [
                    scope.only(self.partner),
                    scope.identified(self.code, self.key),
                    scope.between(
                        SQL("coalesce(%s, %s)", self.moment, self.day)
                        if self.moment and self.day
                        else self.moment or self.day
                    ),
                ]
            ),
        )
