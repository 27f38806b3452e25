import logging

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# What the scoring writes; a segment's history is kept beside it.
SCORES = ("rfm_state", "rfm_r", "rfm_f", "rfm_m", "rfm_score", "rfm_segment_id")


class CrmCustomer(models.Model):
    """Scoring, in the nightly run, from the customers alone."""

    _inherit = "crm.customer"

    @api.model
    def _settings_read(self):
        """The schemes whose change of source or window is in what is read now."""
        schemes = self.env["crm.rfm.scheme"].sudo()
        found = schemes.search([("inputs_pending", "=", True)])
        return {**super()._settings_read(), "rfm_schemes": found.ids}

    def _rank(self, read=None):
        """Score after ranking: both need everybody, and the customers alone."""
        changed = super()._rank(read)
        return changed + self._score((read or {}).get("rfm_schemes", ()))

    @api.model
    def _score(self, read=()):
        """Score all customers of all companies; write what differs.

        One statement: it scores, finds the segment, writes the rows that differ and
        logs every change of segment. A second one notes the cut points in force.

        With *worse* the number of customers of the company with a worse value, *equal*
        that of those with the same (the customer itself too) and *n* that of all, a
        score is ``min(bins, 1 + bins * (2 * worse + equal) // (2 * n))``: integers,
        and equal values get equal scores. A single purchase has frequency score 1;
        those with more share out the scores from 2 on in the same way.

        :param read: ids of schemes whose changed inputs were read just now
        :return: number of customers changed
        """
        self.env.flush_all()
        companies = self._score_companies()
        # Whole tables are joined. Where one was filled just now, the statistics may say
        # that it is empty, and its rows would be looked for one by one.
        with self._refresh_settings(enable_nestloop="off"):
            changed = self._score_write(companies)
            self._score_bands(companies)
        self._score_done(companies, read)
        for model in ("crm.rfm.movement", "crm.rfm.band", "crm.rfm.scheme"):
            self.env[model].invalidate_model(flush=False)
        self._invalidate_figures()
        return changed

    def _score_write(self, companies):
        """Write who differs, and log who moves.

        :param companies: see `_score_companies`
        :return: number of customers changed
        """
        self.env.cr.execute(
            SQL(
                """
                WITH %(companies)s, excluded (scheme_id, partner_id) AS (%(excluded)s),
                population AS (%(population)s),
                cell AS (%(cells)s),
                fresh AS (%(fresh)s),
                changed AS (%(update)s),
                moved AS (%(movement)s)
                SELECT count(*) FROM changed
                """,
                companies=companies,
                excluded=self._score_excluded(),
                population=self._score_population(),
                cells=self._score_cells(),
                fresh=self._score_fresh(),
                update=self._score_update(),
                movement=self.env["crm.rfm.movement"]._insert_query(),
            )
        )
        return self.env.cr.fetchone()[0]

    def _score_companies(self, settings=None, candidate=None):
        """Return the relation `company`: schemes and days, one row per company.

        :param settings: rows of `_company_rows`; those of all companies when None
        :param candidate: scheme to score them by, saved or not; theirs when None
        """
        rows = []
        for row in self._company_rows() if settings is None else settings:
            company = self.env["res.company"].sudo().browse(row["id"])
            scheme = candidate or company._rfm_scheme()
            cuts = scheme.cut_ids.sorted("score")
            rows.append(
                SQL(
                    "(%s, %s::date, %s::date, %s::int, %s::int, %s::int, %s::int,"
                    " %s::bool, %s::int[], %s::int[], %s::numeric[], %s::bool,"
                    " %s::bool)",
                    company.id,
                    row["today"],
                    row["rfm_window_start"],
                    scheme._score_key() if scheme else None,
                    scheme.segment_set_id._origin.id or None,
                    scheme.bins,
                    scheme.new_customer_days,
                    scheme.method == "cutpoint",
                    # Ascending, as `width_bucket` wants it.
                    [-cut.recency_max for cut in cuts],
                    cuts.mapped("frequency_min"),
                    cuts.mapped("monetary_min"),
                    bool(scheme.scored_on),
                    scheme.pending,
                )
            )
        return SQL(
            """
            company (id, today, window_start, scheme_id, set_id, bins, new_days,
                by_cut, r_cuts, f_cuts, m_cuts, known, pending) AS (VALUES %s)
            """,
            SQL(", ").join(rows),
        )

    def _score_excluded(self, schemes=None, strict=False):
        """Return the query of the commercial partners that a scheme leaves out.

        :param schemes: all of those in force when None
        :param strict: raise where a rule has become meaningless
        """
        parts = [SQL("SELECT NULL::int, NULL::int WHERE FALSE")]
        if schemes is None:
            schemes = self.env["crm.rfm.scheme"].sudo().search([])
        for scheme in schemes.sudo():
            try:
                partners = scheme._left_out_query()
            except ValueError:
                if strict:
                    raise
                # A field of an addon that is gone, say. Who is left out now stays so.
                _logger.exception("Whom scheme %s leaves out is unknown", scheme.id)
                partners = SQL(
                    "SELECT partner_id AS id FROM crm_customer"
                    " WHERE rfm_state = 'excluded' AND company_id IN ("
                    "SELECT id FROM res_company WHERE parent_path LIKE %s)",
                    f"{scheme.company_id.parent_path}%",
                )
            if partners:
                parts.append(
                    SQL(
                        "SELECT %s::int, id FROM (%s) AS partner",
                        scheme._score_key(),
                        partners,
                    )
                )
        return SQL(" UNION ALL ").join(parts)

    def _score_population(self, customers=None):
        """Return the query of all customers: values, state, and what they have now.

        :param customers: relation to read instead of the table, with its columns
        """
        return SQL(
            """
            SELECT %(values)s, %(old)s
            FROM %(customers)s customer
            JOIN company ON company.id = customer.company_id
            LEFT JOIN excluded ON excluded.scheme_id = company.scheme_id
                AND excluded.partner_id = customer.partner_id
            """,
            customers=customers or SQL("crm_customer"),
            values=self._score_values(),
            old=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    SQL.identifier("customer", name),
                    SQL.identifier(f"old_{name}"),
                )
                for name in SCORES
            ),
        )

    def _score_values(self):
        """Return the columns of a population: what is scored, the state and the rules.

        Over `customer`, `company` (see `_score_companies`) and `excluded`.
        """
        return SQL(
            """
            customer.id, customer.company_id, company.set_id, company.bins,
            company.by_cut, company.r_cuts, company.f_cuts, company.m_cuts,
            company.today, company.known, company.pending,
            customer.rfm_last_purchase_date AS last_date,
            customer.rfm_last_purchase_date - company.today AS minus_recency,
            customer.rfm_frequency AS frequency,
            customer.rfm_monetary AS monetary,
            CASE WHEN company.scheme_id IS NULL THEN NULL
                WHEN excluded.partner_id IS NOT NULL THEN 'excluded'
                WHEN customer.rfm_last_purchase_date IS NULL THEN 'prospect'
                WHEN customer.rfm_last_purchase_date < company.window_start
                    THEN 'lapsed'
                WHEN company.today - customer.rfm_first_purchase_date
                    < company.new_days THEN 'new'
                ELSE 'scored'
            END AS state
            """
        )

    def _score_scored(self, base=None):
        """Return the query of all customers and their scores, if they have any.

        One pass over the customers, without a join.

        :param base: SQL of the columns that tell those who are compared from others;
            the company when None
        """
        return SQL(
            """
            SELECT ranked.*,
                CASE WHEN NOT counts THEN NULL
                    WHEN by_cut THEN 1 + width_bucket(minus_recency, r_cuts)
                    ELSE least(bins, 1 + bins * r_twice / (2 * n)) END::int AS r,
                CASE WHEN NOT counts THEN NULL
                    WHEN by_cut THEN 1 + width_bucket(frequency, f_cuts)
                    WHEN frequency <= 1 THEN 1
                    ELSE least(bins, 2 + (bins - 1) * f_twice / (2 * f_n))
                END::int AS f,
                CASE WHEN NOT counts THEN NULL
                    WHEN by_cut THEN 1 + width_bucket(monetary, m_cuts)
                    ELSE least(bins, 1 + bins * m_twice / (2 * n)) END::int AS m
            FROM (
                -- rank() - 1 are worse; count(*) up to the peers are worse or equal.
                SELECT population.*,
                    count(*) OVER (PARTITION BY %(base)s, counts) AS n,
                    rank() OVER by_r - 1 + count(*) OVER by_r AS r_twice,
                    count(*) OVER (PARTITION BY %(base)s, counts, frequency > 1)
                        AS f_n,
                    rank() OVER by_f - 1 + count(*) OVER by_f AS f_twice,
                    rank() OVER by_m - 1 + count(*) OVER by_m AS m_twice
                FROM (
                    SELECT *, coalesce(state IN ('new', 'scored'), FALSE) AS counts
                    FROM population
                ) population
                WINDOW by_r AS (PARTITION BY %(base)s, counts ORDER BY last_date),
                    by_f AS (PARTITION BY %(base)s, counts, frequency > 1
                        ORDER BY frequency),
                    by_m AS (PARTITION BY %(base)s, counts ORDER BY monetary)
            ) ranked
            """,
            base=base or SQL("company_id"),
        )

    def _score_cells(self):
        """Return the query of the segments' cells, one row a cell."""
        return SQL(
            """
            SELECT segment.set_id, r, f, m, segment.id AS segment_id
            FROM crm_rfm_segment_range block
            JOIN crm_rfm_segment segment ON segment.id = block.segment_id
            CROSS JOIN generate_series(block.r_min, block.r_max) AS r
            CROSS JOIN generate_series(block.f_min, block.f_max) AS f
            CROSS JOIN generate_series(block.m_min, block.m_max) AS m
            WHERE segment.set_id IN (SELECT set_id FROM company)
            """
        )

    def _score_fresh(self):
        """Return the query of the customers whose scoring differs: as it is to be.

        What they have now is beside it, as ``old_<column>``.
        """
        return SQL(
            """
            SELECT * FROM (
                SELECT scored.id, %(old)s, scored.state AS rfm_state,
                    scored.r AS rfm_r, scored.f AS rfm_f, scored.m AS rfm_m,
                    %(text)s AS rfm_score,
                    cell.segment_id AS rfm_segment_id,
                    scored.today, scored.known, scored.pending
                FROM (%(scored)s) scored
                LEFT JOIN cell ON cell.set_id = scored.set_id
                    AND cell.r = scored.r AND cell.f = scored.f AND cell.m = scored.m
            ) new
            WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
            """,
            scored=self._score_scored(),
            text=self._score_text(),
            old=SQL(", ").join(SQL.identifier(f"old_{name}") for name in SCORES),
            new=SQL(", ").join(map(SQL.identifier, SCORES)),
        )

    def _score_text(self):
        """Return the SQL of the scores as a text, of a row `scored`."""
        # An empty text is no score.
        return SQL(
            "nullif(concat_ws(CASE WHEN scored.bins > 9 THEN '-' ELSE '' END,"
            " scored.r, scored.f, scored.m), '')"
        )

    def _score_update(self):
        """Return the statement that writes the rows that differ, and returns them.

        A customer out of every segment keeps the last one as its previous segment.
        """
        return SQL(
            """
            UPDATE crm_customer customer
            SET %(assignments)s,
                rfm_previous_segment_id = CASE WHEN %(moves)s
                    THEN coalesce(fresh.old_rfm_segment_id,
                        customer.rfm_previous_segment_id)
                    ELSE customer.rfm_previous_segment_id END,
                rfm_segment_date = CASE WHEN %(moves)s THEN fresh.today
                    ELSE customer.rfm_segment_date END
            FROM fresh
            WHERE fresh.id = customer.id
            RETURNING customer.*, fresh.today, fresh.pending,
                fresh.known OR fresh.old_rfm_state IS NOT NULL AS logged,
                fresh.old_rfm_segment_id, fresh.old_rfm_state, fresh.old_rfm_score
            """,
            assignments=SQL(", ").join(
                SQL("%(name)s = fresh.%(name)s", name=SQL.identifier(name))
                for name in SCORES
            ),
            moves=SQL("fresh.old_rfm_segment_id IS DISTINCT FROM fresh.rfm_segment_id"),
        )

    def _score_bands(self, companies):
        """Note between which values each score was given, where that has changed."""
        self.env.cr.execute(
            SQL(
                """
                WITH %(companies)s,
                band AS (
                    SELECT company.scheme_id, company.id AS company_id,
                        company.today AS date, value.measure, value.score,
                        min(value.value) AS low, max(value.value) AS high,
                        count(*) AS customer_count
                    FROM crm_customer customer
                    JOIN company ON company.id = customer.company_id
                    CROSS JOIN LATERAL (VALUES
                        ('1_recency', customer.rfm_r,
                            (company.today - customer.rfm_last_purchase_date)::numeric),
                        ('2_frequency', customer.rfm_f,
                            customer.rfm_frequency::numeric),
                        ('3_monetary', customer.rfm_m, customer.rfm_monetary)
                    ) AS value (measure, score, value)
                    WHERE customer.rfm_r IS NOT NULL
                    GROUP BY company.scheme_id, company.id, company.today,
                        value.measure, value.score
                ),
                gone AS (
                    DELETE FROM crm_rfm_band old WHERE NOT EXISTS (
                        SELECT FROM band WHERE band.company_id = old.company_id
                            AND band.measure = old.measure AND band.score = old.score)
                )
                INSERT INTO crm_rfm_band AS old (scheme_id, company_id, date, measure,
                    score, low, high, customer_count)
                SELECT scheme_id, company_id, date, measure, score, low, high,
                    customer_count
                FROM band
                ON CONFLICT (company_id, measure, score) DO UPDATE
                SET scheme_id = EXCLUDED.scheme_id, date = EXCLUDED.date,
                    low = EXCLUDED.low, high = EXCLUDED.high,
                    customer_count = EXCLUDED.customer_count
                WHERE (old.scheme_id, old.date, old.low, old.high, old.customer_count)
                    IS DISTINCT FROM (EXCLUDED.scheme_id, EXCLUDED.date, EXCLUDED.low,
                        EXCLUDED.high, EXCLUDED.customer_count)
                """,
                companies=companies,
            )
        )

    def _score_done(self, companies, read):
        """Note the day of the scoring in the schemes.

        Where source or window have changed, the rules are in force only when the inputs
        were read by them: until then what moves is not the customers' doing.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH %s
                UPDATE crm_rfm_scheme scheme
                SET scored_on = company.today, pending = waits.still,
                    inputs_pending = waits.still
                FROM company
                CROSS JOIN LATERAL (
                    SELECT old.inputs_pending IS TRUE AND NOT old.id = ANY(%s) AS still
                    FROM crm_rfm_scheme old WHERE old.id = company.scheme_id
                ) waits
                WHERE company.scheme_id = scheme.id AND company.id = scheme.company_id
                    AND (scheme.scored_on, scheme.pending, scheme.inputs_pending)
                        IS DISTINCT FROM (company.today, waits.still, waits.still)
                """,
                companies,
                list(read),
            )
        )
