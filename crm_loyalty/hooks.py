def post_init_hook(env):
    """Take over the points that cards had before the installation."""
    env["loyalty.card"]._open_lots_for_all()
