"""Thin HTTP: one module per noun. Parse the shape, run an action or a query, answer JSON; no rule lives here."""
