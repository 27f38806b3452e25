from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .models.account_move_line import sale_cost_update


def pre_init_hook(env):
    """Create the columns of the cost of a sale and fill them for the past.

    Before the ORM knows the fields: it would write the journal items one by one.
    """
    env.cr.execute(
        SQL(
            """
            ALTER TABLE account_move_line
            ADD COLUMN IF NOT EXISTS sale_cost numeric,
            ADD COLUMN IF NOT EXISTS sale_cost_source varchar,
            ADD COLUMN IF NOT EXISTS sale_cost_unit numeric,
            ADD COLUMN IF NOT EXISTS sale_cost_product integer
            """
        )
    )
    fill_sale_cost(env)


def fill_sale_cost(env):
    """Estimate the cost of posted customer documents that have none yet.

    Also for whoever loads posted invoices by SQL. The sources are those of a posting,
    but as they stand today, so every cost found is marked ``estimated``. Lines that
    have a cost are left alone: running it again changes nothing.

    :return: number of journal items written
    """
    env.flush_all()
    cr = env.cr
    cogs = column_exists(cr, "account_move_line", "cogs_origin_id")
    # Statistics, or the planner takes new columns and new values for rare ones.
    cr.execute("ANALYZE account_move_line")
    written = 0
    # Reversals take the unit cost of what they reverse, so that goes first; a third
    # round is for the reversal of a reversal. The last takes whatever is left.
    for condition in (_NO_REVERSAL, _COSTED_ORIGIN, _COSTED_ORIGIN, SQL("TRUE")):
        cr.execute(
            sale_cost_update(
                SQL(
                    "line.parent_state = 'posted' AND line.sale_cost IS NULL AND %s",
                    condition,
                ),
                cogs=cogs,
                history=True,
            )
        )
        first = not written
        written += cr.rowcount
        if first and written:
            cr.execute("ANALYZE account_move_line")
    env["account.move.line"].invalidate_model(flush=False)
    return written


_NO_REVERSAL = SQL("move.reversed_entry_id IS NULL")
_COSTED_ORIGIN = SQL(
    """
    move.reversed_entry_id IN (
        SELECT origin.move_id
          FROM account_move_line origin
         WHERE origin.sale_cost IS NOT NULL
    )
    """
)


def post_init_hook(env):
    """Have all customers computed as soon as the server runs its crons."""
    env.ref("crm_customer360.ir_cron_refresh_all")._trigger()
