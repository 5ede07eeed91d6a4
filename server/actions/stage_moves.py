"""What follows from a record's stage: since when it is closed, and which stages it has been in (the funnel's conversion)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case, func, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.domain.words import Meaning, RecordId
from server.store.schema import records, stage_visits, stages
from server.store.work import Work


async def came_to(work: Work, moved: Mapping[RecordId, int | None]) -> None:
    """Some records are in these stages from now on; to be called after their rows were written."""
    rows = [{"record_id": id, "stage_id": stage, "at": work.at} for id, stage in moved.items() if stage is not None]
    if not rows:
        return
    dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
    await work.connection.execute(dialect.insert(stage_visits).on_conflict_do_nothing(), rows)
    final = select(stages.c.id).where(stages.c.meaning != str(Meaning.PROGRESS))
    closed = case((records.c.stage_id.in_(final), func.coalesce(records.c.closed_at, work.at)), else_=null())
    of = update(records).where(records.c.id.in_([row["record_id"] for row in rows]))
    await work.connection.execute(of.values(closed_at=closed))
