"""Proof that nothing is lost, doubled, disordered or leaked: real processes under faults, judged from the log alone."""
