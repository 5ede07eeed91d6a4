"""Running a verb: one transaction, once per idempotency key, and the answer as the user may see it."""

from __future__ import annotations

import hashlib
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from server.actions import (  # noqa: F401  (they register their verbs)
    activities,
    bulk,
    comments,
    credentials,
    departments,
    follows,
    people,
    posts,
    reading,
    records,
    removal,
    roles,
    settings,
    users,
)
from server.actions.arguments import parse
from server.actions.outcomes import show
from server.actions.verbs import VERBS, Noun, Outcome, Verb
from server.domain.words import Millis, UserId
from server.errors import Invalid, NotFound
from server.store import Store
from server.store.database import collided
from server.store.schema import idempotency
from server.store.work import Work

KEPT: Millis = 24 * 3600 * 1000  # how long a key answers with its first answer
KEY_MAX = 128  # characters
ATTEMPTS = 5  # at a write that meets another one halfway; each finds what the other left


async def perform(
    store: Store, user: UserId, name: str, args: object, *, key: str | None = None, ref: str | None = None
) -> object:
    """Does what `name` says and answers with what was made, as JSON.

    With `key`, a repetition within 24 h does nothing and answers with what the first one made, as the user may see it
    now. `ref` is handed on with the events. Raises NotFound for an unknown verb, Invalid for wrong arguments, and
    whatever the verb raises.
    """
    verb = VERBS.get(name)
    if verb is None:
        raise NotFound(f"there is no action {name!r}")
    return await perform_verb(store, user, verb, args, key=key, ref=ref)


async def perform_verb(
    store: Store, user: UserId, verb: Verb, args: object, *, key: str | None = None, ref: str | None = None
) -> object:
    """The same for a verb that stands in no registry: one that only a part of the portal itself may ask for."""
    parsed = parse(verb.args, args)
    once = None if key is None else _Once(key, _fingerprint(verb.name, args))
    for _ in range(ATTEMPTS - 1):
        try:
            return await _run(store.works.open(user, ref), verb, parsed, once)
        except DBAPIError as error:
            if not collided(error):
                raise
    return await _run(store.works.open(user, ref), verb, parsed, once)


@dataclass(frozen=True, slots=True)
class _Once:
    """An idempotency key and the write it is for."""

    key: str
    fingerprint: str


async def _run(opened: AbstractAsyncContextManager[Work], verb: Verb, args: object, once: _Once | None) -> object:
    async with opened as work:
        if once is not None and not await _claim(work, once):
            return await show(work, await _first_outcome(work, once))
        outcome = await verb.run(work, args)
        await work.finish()
        if once is not None:
            await _keep(work, once, outcome)
        return await show(work, outcome)


def _fingerprint(name: str, args: object) -> str:
    return hashlib.sha256(msgspec.json.encode([name, args], order="sorted")).hexdigest()


async def _claim(work: Work, once: _Once) -> bool:
    """Makes the key this work's own. Waits for another work that is just using it."""
    if not once.key or len(once.key) > KEY_MAX or not once.key.isprintable():
        raise Invalid.one("Idempotency-Key", "type", f"1 to {KEY_MAX} printable characters")
    await work.connection.execute(delete(idempotency).where(idempotency.c.at < work.at - KEPT))
    dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
    row = {"user_id": work.user, "key": once.key, "at": work.at, "fingerprint": once.fingerprint, "answer": None}
    claimed = await work.connection.execute(dialect.insert(idempotency).values(row).on_conflict_do_nothing())
    return claimed.rowcount == 1


def _own(work: Work, once: _Once) -> ColumnElement[bool]:
    return and_(idempotency.c.user_id == work.user, idempotency.c.key == once.key)


async def _first_outcome(work: Work, once: _Once) -> Outcome:
    columns = (idempotency.c.fingerprint, idempotency.c.answer)
    row = (await work.connection.execute(select(*columns).where(_own(work, once)))).one()
    if row.fingerprint != once.fingerprint:
        raise Invalid.one("Idempotency-Key", "reused", "this key was used for another write")
    return Outcome(Noun(row.answer["noun"]), row.answer["id"])


async def _keep(work: Work, once: _Once, outcome: Outcome) -> None:
    """Keeps what was made, and no content: that may be deleted, or closed to the user, before the key is forgotten."""
    made = {"noun": str(outcome.noun), "id": outcome.id}
    await work.connection.execute(update(idempotency).where(_own(work, once)).values(answer=made))
