from odoo import api, fields, models
from odoo.tools import SQL


class CrmRfmForecastMixin(models.AbstractModel):
    """A month of the customers of one salesperson, sales team and segment.

    All three are those of the customer today, also of amounts of the past, so that
    rows compare. Written by `crm.rfm.forecast.run` and nowhere else.
    """

    _name = "crm.rfm.forecast.mixin"
    _description = "Part of a Forecast"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Company whose customers they are.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        readonly=True,
        help="The company's currency, in which all amounts are.",
    )
    date = fields.Date(
        string="Month",
        required=True,
        readonly=True,
        help="First day of the month.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        ondelete="set null",
        help="Salesperson of the customer today; of a prospect without one, of the "
        "opportunity.",
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        readonly=True,
        ondelete="set null",
        help="Team of the salesperson; without a salesperson, that of the customer's "
        "last order or opportunity.",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.rfm.segment",
        readonly=True,
        ondelete="set null",
        help="RFM segment of the customer today.",
    )

    def _read_group_select(self, aggregate_spec, query):
        """Never add up amounts of several currencies: the sum is empty instead."""
        select = super()._read_group_select(aggregate_spec, query)
        name, _sep, function = aggregate_spec.partition(":")
        if function != "sum" or self._fields[name].type != "monetary":
            return select
        return SQL(
            "CASE WHEN count(DISTINCT %s) <= 1 THEN %s END",
            self._field_to_sql(self._table, "currency_id", query),
            select,
        )

    @api.model
    def _key_columns(self):
        """Return the columns that tell the rows of a company apart."""
        return ["date", "user_id", "team_id", "segment_id"]

    @api.model
    def _value_columns(self):
        """Return the amounts of a row."""
        return [
            name
            for name, field in self._fields.items()
            if field.type == "monetary" and field.store
        ]

    @api.model
    def _replace(self, company, rows):
        """Make `rows` the rows of a company; write what differs, in one statement.

        Two rows can have become alike since, when a segment or a team was removed: one
        of them is removed first.

        :param rows: list of tuples: `_key_columns`, then `_value_columns`
        :return: number of rows written or removed
        """
        keys, values = self._key_columns(), self._value_columns()
        types = {"date": "date", "months_ago": "int"}
        columns = [(name, types.get(name, "int")) for name in keys]
        columns += [(name, "numeric") for name in values]
        transposed = list(zip(*rows, strict=True)) or [()] * len(columns)

        def names(alias, chosen):
            return SQL(", ").join(SQL.identifier(alias, name) for name in chosen)

        # Equalities, unlike IS NOT DISTINCT FROM, can be hashed.
        same = SQL(" AND ").join(
            SQL(
                "%s = %s" if name == "date" else "coalesce(%s, 0) = coalesce(%s, 0)",
                SQL.identifier("old", name),
                SQL.identifier("new", name),
            )
            for name in keys
        )
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                "DELETE FROM %(table)s new USING %(table)s old"
                " WHERE new.company_id = %(company)s AND old.company_id = %(company)s"
                " AND old.id < new.id AND %(same)s",
                table=table,
                company=company.id,
                same=same,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH new (%(columns)s) AS MATERIALIZED (
                    SELECT * FROM unnest(%(arrays)s)
                ),
                gone AS (
                    DELETE FROM %(table)s old
                    WHERE old.company_id = %(company)s
                        AND NOT EXISTS (SELECT FROM new WHERE %(same)s)
                    RETURNING 1
                ),
                changed AS (
                    UPDATE %(table)s old
                    SET currency_id = %(currency)s, %(assignments)s
                    FROM new
                    WHERE old.company_id = %(company)s AND %(same)s
                        AND (old.currency_id, %(old_values)s)
                            IS DISTINCT FROM (%(currency)s, %(new_values)s)
                    RETURNING 1
                ),
                added AS (
                    INSERT INTO %(table)s (company_id, currency_id, %(columns)s)
                    SELECT %(company)s, %(currency)s, new.* FROM new
                    WHERE NOT EXISTS (
                        SELECT FROM %(table)s old
                        WHERE old.company_id = %(company)s AND %(same)s)
                    RETURNING 1
                )
                SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM changed)
                    + (SELECT count(*) FROM added)
                """,
                columns=SQL(", ").join(SQL.identifier(name) for name, _t in columns),
                arrays=SQL(", ").join(
                    SQL(f"%s::{sql_type}[]", list(column))
                    for (_name, sql_type), column in zip(
                        columns, transposed, strict=True
                    )
                ),
                table=table,
                company=company.id,
                currency=company.currency_id.id,
                same=same,
                assignments=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("new", name))
                    for name in values
                ),
                old_values=names("old", values),
                new_values=names("new", values),
            )
        )
        self.invalidate_model(flush=False)
        return self.env.cr.fetchone()[0]


class CrmRfmForecast(models.Model):
    """What a month of the next twelve is expected to bring, and in which parts.

    The first month is the running one, from the day of the forecast on. `expected` is
    Σ over customers of max(model, orders + pipeline), plus the prospects' pipeline: it
    is combined customer by customer before it is added up, so the parts do not add up
    to it. Untaxed, in company currency.
    """

    _name = "crm.rfm.forecast"
    _description = "Sales Forecast"
    _inherit = ["crm.rfm.forecast.mixin"]
    _order = "date, company_id, id"
    _rec_name = "date"

    expected = fields.Monetary(
        readonly=True,
        help="Of each customer the larger of the model and its open orders with its "
        "weighted pipeline; plus the weighted pipeline of prospects.",
    )
    model = fields.Monetary(
        readonly=True,
        help="What existing customers would buy by their purchases up to now, orders "
        "and opportunities left aside.",
    )
    orders = fields.Monetary(
        string="Open Orders",
        readonly=True,
        help="Confirmed orders, what is not invoiced yet of them, by delivery date; "
        "late ones in the running month.",
    )
    pipeline = fields.Monetary(
        string="Customers' Pipeline",
        readonly=True,
        help="Opportunities of customers who bought before: expected revenue × "
        "probability, by expected closing, less the orders they have already.",
    )
    prospects = fields.Monetary(
        string="Prospects' Pipeline",
        readonly=True,
        help="Opportunities of those who never bought: expected revenue × "
        "probability, by expected closing.",
    )
    invoiced = fields.Monetary(
        string="Already Invoiced",
        readonly=True,
        help="Untaxed revenue of the running month up to the day of the forecast.",
    )
    last_year = fields.Monetary(
        readonly=True,
        help="Untaxed revenue of the whole same month one year before, credit notes "
        "taken off.",
    )

    _company_idx = models.Index("(company_id, date)")


class CrmRfmForecastBacktest(models.Model):
    """What the forecast would have said some months ago, and what happened.

    The model part alone: the pipeline of then is not known any more.
    """

    _name = "crm.rfm.forecast.backtest"
    _description = "Sales Forecast: Back-Test"
    _inherit = ["crm.rfm.forecast.mixin"]
    _order = "months_ago, date, company_id, id"
    _rec_name = "date"

    months_ago = fields.Integer(
        readonly=True,
        aggregator=False,
        help="How many whole months ago the forecast would have been made.",
    )
    predicted = fields.Monetary(
        readonly=True,
        help="By the model, from the purchases up to then and no later ones.",
    )
    actual = fields.Monetary(
        readonly=True,
        help="Untaxed revenue of the customers that were known then.",
    )
    new_actual = fields.Monetary(
        string="New Customers",
        readonly=True,
        help="Untaxed revenue of customers who bought first after that day: a model "
        "of customers cannot know them.",
    )

    _company_idx = models.Index("(company_id, months_ago, date)")

    @api.model
    def _key_columns(self):
        return ["months_ago", *super()._key_columns()]
