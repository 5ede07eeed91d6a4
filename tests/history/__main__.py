"""`python -m tests.history --seconds 600`: both configurations under every fault, and a report of each."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from pathlib import Path

from tests.history.report import EVIDENCE
from tests.history.run import Plan, run
from tests.history.servers import postgres_servers, sqlite_servers

CONFIGURATIONS = {"sqlite": sqlite_servers, "postgres": postgres_servers}


def main() -> int:
    """Runs, prints, and returns how many runs found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each configuration")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", choices=CONFIGURATIONS)
    parser.add_argument("--crowd", type=int, default=500, help="connections that one person opens at once")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    given = parser.parse_args()
    failed = 0
    for name, opened in CONFIGURATIONS.items():
        if given.only not in {None, name}:
            continue
        plan = Plan(seconds=given.seconds, seed=given.seed, crowd=given.crowd)
        report = asyncio.run(run(name, opened(), plan))
        sys.stdout.write(report.table() + "\n")
        if report.anomalies:
            failed += 1
            sys.stdout.write(f"{report.excerpt()}\nEvidence: {report.write(given.evidence)}\n")
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
