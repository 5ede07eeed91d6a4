"""Real processes under every fault: nothing lost, doubled, out of order or leaked (docs/topics/proof.md).

`CAUDAL_SOAK_SECONDS` is how long each configuration is tried, `CAUDAL_SOAK_SEED` repeats the choices of a run.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.conftest import missing
from tests.history.run import Plan, run
from tests.history.servers import postgres_servers, sqlite_servers
from tests.servers.postgres import find_postgres
from tests.servers.redis import find_redis

SECONDS = float(os.environ.get("CAUDAL_SOAK_SECONDS", "25"))
SEED = int(os.environ.get("CAUDAL_SOAK_SEED", "1"))


async def test_one_node_over_sqlite_keeps_its_promises_under_faults(tmp_path: Path) -> None:
    report = await run("sqlite", sqlite_servers(), Plan(seconds=SECONDS, seed=SEED))

    assert not report.anomalies, f"{report.table()}\n{report.excerpt()}\n{report.write(tmp_path)}"


async def test_three_nodes_over_postgres_keep_their_promises_under_faults(tmp_path: Path) -> None:
    if find_postgres() is None or find_redis() is None:
        missing("there is no PostgreSQL or no Redis")

    report = await run("postgres", postgres_servers(), Plan(seconds=SECONDS, seed=SEED))

    assert not report.anomalies, f"{report.table()}\n{report.excerpt()}\n{report.write(tmp_path)}"
