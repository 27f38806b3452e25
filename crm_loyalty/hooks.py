def post_init_hook(env):
    """Take over points and losses of before the installation."""
    env["loyalty.card"]._open_lots_for_all()
    env["loyalty.point.value"]._note()
    env["sale.order"]._note_lost_before()


def uninstall_hook(env):
    """Restore the pricelists and payment terms that tiers replaced."""
    env["loyalty.tier.benefit"]._take_back()
