from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Count customers kept by month; the last purchase alone told of no month past."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    goal = env.ref("crm_rfm.goal_kept_customers", raise_if_not_found=False)
    if not goal:
        return
    model, fields = "crm.rfm.achievement", env["ir.model.fields"]
    goal.write(
        {
            "description": "Customers of yours who bought again in the period and had "
            "bought before its month began, in your company; in a longer period once "
            "for each month.",
            "model_id": env["ir.model"]._get_id(model),
            "field_date_id": fields._get(model, "date").id,
            "domain": '[("kind", "=", "kept")]',
            "batch_distinctive_field": fields._get(model, "user_id").id,
        }
    )
