"""The sales funnel of a pipeline: what stands in each stage, and how many deals came as far as that.

A deal *reached* a stage when it stands in it or in a later one of the pipeline, or ever did; a lost deal counts for the
stages that it had reached before. The conversion of a stage is its reached deals as a part of those of the stage before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.reports import Question
from server.domain.words import JsonObject, Kind, Meaning
from server.errors import NotFound
from server.store.access import readable
from server.store.log import read_head
from server.store.reports.deals import chosen_by
from server.store.schema import deals, pipelines, records, stage_visits, stages

Stage = Row[tuple[object, ...]]


async def read_funnel(connection: AsyncConnection, access: Access, asked: Question) -> JsonObject:
    """`stages` in their order, each with `count`, `amounts` per currency, `share` of all deals, `reached` and
    `conversion` (parts of 1; null where nothing could convert). Deals that were created in the period, as far as the
    reader may read them. Raises NotFound for an unknown pipeline.
    """
    head = await read_head(connection)
    if asked.pipeline is None:
        first = select(pipelines.c.id).order_by(pipelines.c.sort, pipelines.c.id).limit(1)
        pipeline = (await connection.execute(first)).scalar_one_or_none()
    else:
        known = select(pipelines.c.id).where(pipelines.c.id == asked.pipeline)
        pipeline = (await connection.execute(known)).scalar_one_or_none()
    if pipeline is None:
        raise NotFound("there is no such pipeline", pipeline=asked.pipeline)
    order = (stages.c.sort, stages.c.id)
    all_stages = (
        await connection.execute(select(stages).where(stages.c.pipeline_id == pipeline).order_by(*order))
    ).all()
    count, amounts = await _standing(connection, access, asked, pipeline)
    reached = await _reached(connection, access, asked, pipeline, all_stages)
    total = sum(count.values())
    shown: list[JsonObject] = []
    before: int | None = None
    for stage in all_stages:
        lost = stage.meaning == Meaning.LOST
        came = None if lost else reached[stage.id]
        shown.append(
            {
                "stage": {"stage": stage.id, "name": stage.name, "meaning": stage.meaning},
                "count": count[stage.id],
                "amounts": amounts[stage.id],
                "share": _part(count[stage.id], total),
                "reached": came,
                "conversion": None if came is None or before is None else _part(came, before),
            }
        )
        before = before if came is None else came
    return {"epoch": head.epoch, "position": head.position, "pipeline": pipeline, "total": total, "stages": shown}


def _part(some: int, of: int) -> float | None:
    return round(some / of, 4) if of else None


async def _standing(
    connection: AsyncConnection, access: Access, asked: Question, pipeline: int
) -> tuple[defaultdict[int, int], defaultdict[int, dict[str, str]]]:
    """How many deals stand in each stage, and their amounts per currency; those without an amount count all the same."""
    chosen = select(
        records.c.stage_id, records.c.currency, func.count().label("number"), func.sum(records.c.amount).label("amount")
    )
    joined = records.join(deals, deals.c.record_id == records.c.id)
    rows = await connection.execute(
        chosen.select_from(joined)
        .where(*_set(access, asked, pipeline))
        .group_by(records.c.stage_id, records.c.currency)
        .order_by(records.c.currency)
    )
    count: defaultdict[int, int] = defaultdict(int)
    amounts: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        count[row.stage_id] += row.number
        if row.currency is not None and row.amount is not None:
            amounts[row.stage_id][row.currency] = f"{Decimal(row.amount):.2f}"
    return count, amounts


async def _reached(
    connection: AsyncConnection, access: Access, asked: Question, pipeline: int, all_stages: Sequence[Stage]
) -> dict[int, int]:
    """How many deals came to each stage that is not lost, or beyond it."""
    way = [stage for stage in all_stages if stage.meaning != Meaning.LOST]
    joined = (
        records.join(deals, deals.c.record_id == records.c.id)
        .join(stage_visits, stage_visits.c.record_id == records.c.id)
        .join(stages, stages.c.id == stage_visits.c.stage_id)
    )
    furthest = select(func.max(stages.c.sort).label("sort")).select_from(joined)
    furthest = furthest.where(
        *_set(access, asked, pipeline), stages.c.pipeline_id == pipeline, stages.c.meaning != str(Meaning.LOST)
    )
    of_deal = furthest.group_by(records.c.id).subquery()
    rows = await connection.execute(select(of_deal.c.sort, func.count().label("number")).group_by(of_deal.c.sort))
    came = {row.sort: row.number for row in rows}
    return {stage.id: sum(number for sort, number in came.items() if sort >= stage.sort) for stage in way}


def _set(access: Access, asked: Question, pipeline: int) -> list[ColumnElement[bool]]:
    of: list[ColumnElement[bool]] = [records.c.kind == str(Kind.DEAL), readable(access), *chosen_by(access, asked)]
    of.append(deals.c.pipeline_id == pipeline)
    if asked.since is not None:
        of.append(records.c.created_at >= asked.since)
    if asked.until is not None:
        of.append(records.c.created_at < asked.until)
    return of
