"""What every portal begins with: a pipeline, stages, sources and roles (PRODUCT §2, §3). Admins change them later."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Action, Level
from server.domain.words import Kind, Meaning
from server.store.schema import pipelines, role_grants, roles, sources, stages

STAGES: Mapping[Kind, tuple[tuple[str, Meaning], ...]] = {
    Kind.LEAD: (
        ("New", Meaning.PROGRESS),
        ("In progress", Meaning.PROGRESS),
        ("Processed", Meaning.PROGRESS),
        ("Converted", Meaning.WON),
        ("Junk", Meaning.LOST),
    ),
    Kind.DEAL: (
        ("New", Meaning.PROGRESS),
        ("Prepare documents", Meaning.PROGRESS),
        ("Proposal", Meaning.PROGRESS),
        ("In progress", Meaning.PROGRESS),
        ("Final invoice", Meaning.PROGRESS),
        ("Won", Meaning.WON),
        ("Lost", Meaning.LOST),
    ),
    Kind.QUOTE: (
        ("Draft", Meaning.PROGRESS),
        ("Sent", Meaning.PROGRESS),
        ("Accepted", Meaning.WON),
        ("Declined", Meaning.LOST),
    ),
}
"""The stages of each kind, in their order; those of deals belong to the first pipeline."""

PIPELINE = "Sales"

SOURCES = {
    "call": "Call",
    "email": "E-mail",
    "web": "Web site",
    "form": "Web form",
    "fair": "Trade fair",
    "referral": "Recommendation",
    "advertising": "Advertising",
    "partner": "Partner",
    "client": "Existing client",
    "other": "Other",
}

ADMINISTRATOR = "Administrator"

Levels = Mapping[Action, Level]

ROLES: Mapping[str, Levels] = {
    ADMINISTRATOR: dict.fromkeys(Action, Level.ALL),
    "Director": {
        Action.READ: Level.ALL,
        Action.CREATE: Level.ALL,
        Action.UPDATE: Level.ALL,
        Action.DELETE: Level.BELOW,
        Action.EXPORT: Level.ALL,
    },
    "Manager": {
        Action.READ: Level.OPENED,
        Action.CREATE: Level.BELOW,
        Action.UPDATE: Level.BELOW,
        Action.DELETE: Level.BELOW,
        Action.EXPORT: Level.BELOW,
    },
    "Team member": {
        Action.READ: Level.OPENED,
        Action.CREATE: Level.DEPARTMENT,
        Action.UPDATE: Level.DEPARTMENT,
        Action.DELETE: Level.OWN,
    },
    "Salesperson": {
        Action.READ: Level.OPENED,
        Action.CREATE: Level.OWN,
        Action.UPDATE: Level.OWN,
        Action.DELETE: Level.OWN,
    },
    "Reader": {Action.READ: Level.OPENED},
}
"""Each role with one level per action, the same for every kind of record."""


async def add_defaults(connection: AsyncConnection) -> None:
    """Adds what is missing altogether: what a portal has already, it has on purpose."""
    if (await connection.execute(select(pipelines.c.id).limit(1))).first() is None:
        made = await connection.execute(insert(pipelines).values(name=PIPELINE, sort=0).returning(pipelines.c.id))
        await connection.execute(insert(stages), _stages(made.scalar_one()))
    if (await connection.execute(select(sources.c.code).limit(1))).first() is None:
        rows = [{"code": code, "name": name, "sort": sort} for sort, (code, name) in enumerate(SOURCES.items())]
        await connection.execute(insert(sources), rows)
    if (await connection.execute(select(roles.c.id).limit(1))).first() is None:
        for name, levels in ROLES.items():
            await add_role(connection, name, dict.fromkeys(Kind, levels))


def _stages(pipeline: int) -> list[dict[str, object]]:
    return [
        {
            "kind": str(kind),
            "pipeline_id": pipeline if kind == Kind.DEAL else None,
            "name": name,
            "meaning": str(meaning),
            "sort": sort,
        }
        for kind, row in STAGES.items()
        for sort, (name, meaning) in enumerate(row)
    ]


async def add_role(connection: AsyncConnection, name: str, grants: Mapping[Kind, Levels]) -> int:
    """Makes a role; actions and kinds that are left out have level NONE. Gives its id."""
    made = await connection.execute(insert(roles).values(name=name).returning(roles.c.id))
    role: int = made.scalar_one()
    rows = [
        {"role_id": role, "kind": str(kind), "action": str(action), "level": int(level)}
        for kind, levels in grants.items()
        for action, level in levels.items()
        if level
    ]
    if rows:
        await connection.execute(insert(role_grants), rows)
    return role
