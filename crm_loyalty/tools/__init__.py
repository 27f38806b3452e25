"""Tiers and points as plain Python: what the addon's SQL does, for tests and docs."""
