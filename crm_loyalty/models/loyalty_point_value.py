from odoo import api, fields, models
from odoo.tools import SQL


class LoyaltyPointValue(models.Model):
    """What a point of a program was worth from a day on.

    Noted by the hourly job whenever it differs from what was noted last, so that the
    liability at the end of a period that is over stays what it was. A value that is
    not known, 0, is noted only after one that was.
    """

    _name = "loyalty.point.value"
    _description = "Value of a Point"
    _order = "program_id, date desc"
    _rec_name = "program_id"

    program_id = fields.Many2one(
        comodel_name="loyalty.program", required=True, ondelete="cascade"
    )
    date = fields.Date(string="From", required=True)
    value = fields.Float(
        string="Value of a Point",
        digits=(16, 6),
        required=True,
        help="Money that a point is worth from this day on.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
        required=True,
        help="The currency of the program when this was noted.",
    )

    _program_date_unique = models.UniqueIndex(
        "(program_id, date)", "There is a value of this day already: change that one."
    )
    _value_positive = models.Constraint(
        "CHECK (value >= 0)", "A point cannot be worth less than nothing."
    )

    @api.depends("program_id")
    def _compute_currency_id(self):
        for value in self:
            value.currency_id = value.program_id.currency_id

    @api.model
    def _note(self):
        """Note what points are worth today where that has changed.

        :return: the values noted
        """
        programs = self.env["loyalty.program"].sudo().with_context(active_test=False)
        programs = programs.search([("program_type", "=", "loyalty")])
        changed, new = self.sudo().browse(), []
        for today, group in programs.grouped(self._today).items():
            noted = self._known(group, today)
            for program in group:
                last = noted.get(program.id, changed.browse())
                if last.date and last.date > today:
                    last = changed.browse()
                value = round(program.point_value, 6)
                currency = program.currency_id
                if value == last.value and (not last or last.currency_id == currency):
                    continue
                if last.date == today:
                    last.write({"value": value, "currency_id": currency.id})
                    changed |= last
                else:
                    new.append(
                        {"program_id": program.id, "date": today, "value": value}
                    )
        return changed | changed.create(new)

    @api.model
    def _today(self, program):
        company = program.company_id or self.env.company
        return company.root_id._customer_today()

    @api.model
    def _known(self, programs, day):
        """Return what points were worth on a day: ``{program id: value}``.

        What was noted last until then, else what was noted first after it.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (program_id) id, program_id
                FROM loyalty_point_value WHERE program_id = ANY(%(programs)s)
                ORDER BY program_id, date > %(day)s, abs(date - %(day)s)
                """,
                programs=programs.ids,
                day=day,
            )
        )
        values = self.sudo().browse(row[0] for row in rows)
        return {value.program_id.id: value for value in values}
