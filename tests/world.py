"""A small company for tests, made by plain inserts: people with roles, records, and verbs done by them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import cast

from sqlalchemy import insert

from server.actions.perform import perform
from server.domain.access import Action, Level
from server.domain.events import Event, Name
from server.domain.words import DepartmentId, JsonObject, Kind, RecordId, StageId, UserId
from server.store import Store
from server.store.access import load_access
from server.store.schema import departments, pipelines, role_grants, roles, sources, stages, user_roles, users
from server.store.stream import Question, read_stream

STAGES: Mapping[Kind, tuple[tuple[str, str], ...]] = {
    Kind.LEAD: (("New", "progress"), ("Converted", "won"), ("Junk", "lost")),
    Kind.DEAL: (("New", "progress"), ("Proposal", "progress"), ("Won", "won"), ("Lost", "lost")),
    Kind.QUOTE: (("Draft", "progress"), ("Sent", "progress"), ("Accepted", "won"), ("Declined", "lost")),
}
NUMBERS = count(1)


class World:
    """A portal under test. `stages["deal", "Won"]` are ids; `published` is all that was, in order: `events` without those
    that only say whose counters are others, which are `counted`.
    """

    def __init__(self, url: str) -> None:
        self.events: list[Event] = []
        self.counted: list[Event] = []
        self.published: list[Event] = []
        self.store = Store(url, self._publish)
        self.stages: dict[tuple[str, str], StageId] = {}

    async def _publish(self, events: object) -> None:
        for event in cast("Sequence[Event]", events):
            self.published.append(event)
            (self.counted if event.name is Name.COUNTERS_CHANGED else self.events).append(event)

    async def found(self) -> None:
        """Pipelines, stages, sources."""
        async with self.store.database.writing() as connection:
            pipeline = await connection.execute(insert(pipelines).values(name="Sales").returning(pipelines.c.id))
            deal_pipeline = pipeline.scalar_one()
            await connection.execute(insert(sources).values(code="web", name="Web"))
            for kind, rows in STAGES.items():
                for sort, (name, meaning) in enumerate(rows):
                    row: JsonObject = {"kind": str(kind), "name": name, "meaning": meaning, "sort": sort}
                    row["pipeline_id"] = deal_pipeline if kind == Kind.DEAL else None
                    made = await connection.execute(insert(stages).values(row).returning(stages.c.id))
                    self.stages[str(kind), name] = StageId(made.scalar_one())

    async def department(self, name: str, parent: DepartmentId | None = None) -> DepartmentId:
        """A department."""
        async with self.store.database.writing() as connection:
            row = insert(departments).values(name=name, parent_id=parent).returning(departments.c.id)
            return DepartmentId((await connection.execute(row)).scalar_one())

    async def user(
        self,
        name: str,
        level: Level = Level.ALL,
        department: DepartmentId | None = None,
        grants: Mapping[tuple[Kind, Action], Level] | None = None,
        **columns: object,
    ) -> UserId:
        """Somebody with one role: `level` for everything, or the given grants."""
        wanted = {(kind, action): level for kind in Kind for action in Action} if grants is None else grants
        row = {"name": name, "email": f"{name.lower()}@example.com", "created_at": 0, "department_id": department}
        async with self.store.database.writing() as connection:
            user = (await connection.execute(insert(users).values(row | columns).returning(users.c.id))).scalar_one()
            new_role = insert(roles).values(name=f"Role {next(NUMBERS)} of {name}").returning(roles.c.id)
            role = (await connection.execute(new_role)).scalar_one()
            await connection.execute(insert(user_roles).values(user_id=user, role_id=role))
            granted = [
                {"role_id": role, "kind": str(kind), "action": str(action), "level": int(reach)}
                for (kind, action), reach in wanted.items()
            ]
            if granted:
                await connection.execute(insert(role_grants), granted)
        return UserId(user)

    async def do(self, user: UserId, action: str, /, *, key: str | None = None, **args: object) -> JsonObject:
        """Somebody does something; the answer as JSON."""
        answer = await perform(self.store, user, action, args, key=key)
        assert answer is None or isinstance(answer, dict)
        return answer or {}

    async def record(self, user: UserId, kind: Kind, **fields: object) -> RecordId:
        """Somebody makes a record."""
        fields.setdefault("title", f"{kind} {next(NUMBERS)}")
        made = await self.do(user, "record.create", kind=str(kind), fields=fields)
        return RecordId(int(str(made["record"])))

    async def stream(self, user: UserId, **question: object) -> list[JsonObject]:
        """What somebody sees in the stream: Mine, unless the question says otherwise."""
        async with self.store.database.reading() as connection:
            access = await load_access(connection, user)
            page = await read_stream(connection, access, Question(**question))  # type: ignore[arg-type]
        return list(page.items)


@asynccontextmanager
async def open_world(url: str) -> AsyncIterator[World]:
    """A world on a migrated, empty database."""
    world = World(url)
    try:
        await world.found()
        yield world
    finally:
        await world.store.close()
