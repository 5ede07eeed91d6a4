"""Running a verb: one transaction, once per idempotency key, and the answer as the user may see it."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.actions import activities, comments, follows, people, posts, records  # noqa: F401  (they register their verbs)
from server.actions.arguments import parse
from server.actions.outcomes import show
from server.actions.verbs import VERBS
from server.domain.words import Millis, UserId
from server.errors import Invalid, NotFound
from server.store import Store
from server.store.schema import idempotency
from server.store.work import Work

KEPT: Millis = 24 * 3600 * 1000  # how long a key answers with its first answer
KEY_MAX = 128  # characters


async def perform(
    store: Store, user: UserId, name: str, args: object, *, key: str | None = None, ref: str | None = None
) -> object:
    """Does what `name` says and answers with what was made, as JSON.

    With `key`, a repetition within 24 h does nothing and gives the first answer. `ref` is handed on with the events.
    Raises NotFound for an unknown verb, Invalid for wrong arguments, and whatever the verb raises.
    """
    verb = VERBS.get(name)
    if verb is None:
        raise NotFound(f"there is no action {name!r}")
    parsed = parse(verb.args, args)
    async with store.works.open(user, ref) as work:
        if key is not None and not await _claim(work, key, _fingerprint(name, args)):
            return await _first_answer(work, key, _fingerprint(name, args))
        outcome = await verb.run(work, parsed)
        await work.finish()
        answer = await show(work.connection, work.access, outcome)
        if key is not None:
            await _keep(work, key, answer)
    return answer


def _fingerprint(name: str, args: object) -> str:
    return hashlib.sha256(msgspec.json.encode([name, args], order="sorted")).hexdigest()


async def _claim(work: Work, key: str, fingerprint: str) -> bool:
    """Makes the key this work's own. Waits for another work that is just using it."""
    if not key or len(key) > KEY_MAX or not key.isprintable():
        raise Invalid.one("Idempotency-Key", "type", f"1 to {KEY_MAX} printable characters")
    await work.connection.execute(delete(idempotency).where(idempotency.c.at < work.at - KEPT))
    dialect = sqlite if work.connection.dialect.name == "sqlite" else postgresql
    row = {"user_id": work.user, "key": key, "at": work.at, "fingerprint": fingerprint, "answer": None}
    claimed = await work.connection.execute(dialect.insert(idempotency).values(row).on_conflict_do_nothing())
    return claimed.rowcount == 1


def _own(work: Work, key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.user_id == work.user, idempotency.c.key == key)


async def _first_answer(work: Work, key: str, fingerprint: str) -> object:
    columns = (idempotency.c.fingerprint, idempotency.c.answer)
    row = (await work.connection.execute(select(*columns).where(_own(work, key)))).one()
    if row.fingerprint != fingerprint:
        raise Invalid.one("Idempotency-Key", "reused", "this key was used for another write")
    return row.answer


async def _keep(work: Work, key: str, answer: object) -> None:
    await work.connection.execute(update(idempotency).where(_own(work, key)).values(answer=answer))
