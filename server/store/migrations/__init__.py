"""Alembic's migrations: `versions/` in order, `env.py` how they run."""
