"""Presence of one process, running: what sessions do, to the other nodes; what the others tell; what rights take away.

Nothing runs while nobody does anything. To whom what is shown is a matter of `presence_shows`.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import cast

import structlog

from server.domain.access import Action
from server.domain.events import Event, Name
from server.domain.words import EntryId, JsonObject, RecordId, UserId
from server.errors import CaudalError, Conflict, Forbidden, Unavailable
from server.live import protocol
from server.live.hub import Hub, Subscriber, concerns_access
from server.live.presence import Presence
from server.live.presence_claims import Claims
from server.live.presence_letters import Claimed, Letter, Person, pack, unpack, user_of
from server.live.presence_pace import GAP, Pace
from server.live.presence_shows import Shows, claim_shape
from server.live.presence_sight import FreshSight, Sight
from server.live.session import Session

ASKS = 5.0  # s between two questions to all nodes at least
ANSWERS = 0.5  # s in which the nodes answer one
CHECKS = 10.0  # s between two looks whether the claims that are known still hold

CHANGES = frozenset({Name.RECORD_LOCKED, Name.RECORD_UNLOCKED, Name.RECORD_REMOVED, Name.ACCESS_CHANGED})
"""Events after which other people may read a record."""

log = structlog.get_logger()


class PresenceFeed:
    """See the module. `tell` puts a message on the bus, `spawn` starts a task that ends with the live path."""

    def __init__(
        self,
        hub: Hub,
        sight: Sight,
        claims: Claims,
        tell: Callable[[bytes], None],
        spawn: Callable[[Coroutine[object, object, None]], object],
    ) -> None:
        self.presence = Presence(secrets.token_hex(8))
        self._sight = FreshSight(sight)
        self._shows = Shows(self.presence, hub, self._sight, spawn, self._hurry)
        self._claims = claims
        self._tell = tell
        self._spawn = spawn
        self._telling: Pace[RecordId] = Pace()
        self._showing: Pace[RecordId] = Pace()
        self._next: asyncio.TimerHandle | None = None
        self._soon = False
        self._answer: asyncio.TimerHandle | None = None
        self._asked = self._checked = float("-inf")
        hub.arrivals.append(self._shows.arrived)

    def stop(self) -> None:
        """Does nothing any more."""
        for handle in (self._next, self._answer):
            if handle is not None:
                handle.cancel()

    # What sessions do

    async def act(self, session: Session, op: protocol.Viewing | protocol.Typing | protocol.Claim) -> JsonObject:
        """Does an op, and returns its answer. Raises a CaudalError."""
        match op:
            case protocol.Viewing():
                await self.view(session, None if op.record is None else RecordId(op.record))
            case protocol.Typing():
                await self.type(session, None if op.entry is None else EntryId(op.entry))
            case protocol.Claim():
                return await self.claim(session, RecordId(op.record), op.word)
        return {}

    async def view(self, session: Session, record: RecordId | None) -> None:
        """A session views a record, or nothing. Raises NotFound, and Forbidden for bots and walls."""
        person = await self._allowed(session, record, Action.READ)
        if not session.ending:
            self.presence.view(session, person, record)
            self._hurry()

    async def type(self, session: Session, entry: EntryId | None) -> None:
        """A session types at an entry, or no more. Raises NotFound, and Forbidden for bots and walls."""
        person = self.presence.person(session) or await self._person(session.user)
        typed = self.presence.typed(session)
        about: Collection[RecordId] = typed[1] if typed and typed[0] == entry else ()
        if entry is not None and not about:
            about = await self._sight.about(session.user, entry)
        if not session.ending:
            self.presence.type(session, person, entry, about, _now())
            self._hurry()

    async def claim(self, session: Session, record: RecordId, word: str | None) -> JsonObject:
        """Claims a record, renews the claim, or gives it back; returns what holds now.

        Raises NotFound, Forbidden, Unavailable, and Conflict when somebody else has it.
        """
        changes = self._sight.changes
        person = await self._allowed(session, record, Action.READ if word is None else Action.UPDATE)
        if word is None:
            claim = await self._claims.give_back(record, person)
        else:
            claim = await self._claims.take(record, person, word)
        own = claim.person is None or user_of(claim.person) == session.user
        self.presence.claimed(claim, _now(), here=own)
        self._hurry()
        if changes != self._sight.changes:
            self._spawn(self._renounce([record]))  # nobody knew of it when they changed
        if word is not None and not own:
            raise Conflict("somebody else has claimed it", claim=claim_shape(claim))
        return {"claim": claim_shape(claim)}

    def leave(self, session: Session) -> None:
        """A session has ended."""
        self._shows.left(session)
        if self.presence.person(session) is not None:
            self.presence.leave(session)
            self._hurry()

    async def _allowed(self, session: Session, record: RecordId | None, action: Action) -> Person:
        person = self.presence.person(session) or await self._person(session.user)
        if record is not None:
            await self._sight.check(session.user, record, action)
        return person

    async def _person(self, user: UserId) -> Person:
        person = await self._sight.person(user)
        if person is None:
            raise Forbidden("only people are shown")
        return person

    # What nodes tell

    def hear(self, message: bytes) -> None:
        """A message of the bus."""
        letter = unpack(message)
        if letter is None or letter.node == self.presence.node:
            return
        if letter.asks and self._answer is None:
            later = random.uniform(0, ANSWERS)  # noqa: S311  (spread, not secret)
            self._answer = asyncio.get_running_loop().call_later(later, self._tell_all)
        self.presence.hear(letter, _now())
        self._hurry()

    def ask(self) -> None:
        """Something may have been missed: the others are to tell everything."""
        if _now() - self._asked >= ASKS:
            self._asked = _now()
            self._tell(next(pack(Letter(self.presence.node, 0, asks=True))))

    def _tell_all(self) -> None:
        self._answer = None
        self.presence.refresh()
        self._hurry()

    # Rights

    def changed(self, event: Event | None) -> None:
        """Rights have changed by one of `CHANGES`, or by nobody knows what."""
        self._sight.changed()
        if self.presence.is_idle:
            self._shows.forget_readers()
            return
        if event is None or event.name is Name.ACCESS_CHANGED:
            self._shows.doubt()
            sessions = {each for each in self.presence.acting() if event is None or _concerns(event, each)}
            claimed = [claim.record for claim, here in self.presence.claims() if here]
        else:
            claimed = list(event.records or _named(event))
            self._shows.doubt(claimed)
            sessions = self.presence.acting(claimed)
        self._spawn(self._check_again(cast("set[Session]", sessions)))
        self._spawn(self._renounce(claimed))
        self._hurry()

    async def _check_again(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            if self.presence.person(session) is not None and not await self._still_may(session):
                self.leave(session)

    async def _still_may(self, session: Session) -> bool:
        try:
            if (record := self.presence.viewed(session)) is not None:
                await self._sight.check(session.user, record, Action.READ)
            if (typed := self.presence.typed(session)) is not None:
                return typed[1] <= set(await self._sight.about(session.user, typed[0]))
        except CaudalError:
            return False
        except Exception:
            log.exception("presence_unreadable")
            return False  # it comes again when it is said again
        return True

    async def _renounce(self, records: Collection[RecordId]) -> None:
        """Gives the claims back whose holders may not read the record any more."""
        for claim, _ in list(self.presence.claims(records)):
            person = cast(Person, claim.person)
            try:
                await self._sight.check(user_of(person), claim.record, Action.READ)
            except Unavailable:
                continue
            except CaudalError:
                await self._give_back(claim)
            except Exception:
                log.exception("presence_unreadable")

    async def _give_back(self, claim: Claimed) -> None:
        try:
            now = await self._claims.give_back(claim.record, cast(Person, claim.person))
        except Unavailable:
            self.presence.checked(claim.record, claim.stamp, None, _now())
        else:
            self.presence.claimed(now, _now(), here=True)
        self._hurry()

    # Telling and showing

    def _hurry(self) -> None:
        if not self._soon:
            self._soon = True
            asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        self._soon = False
        if self._next is not None:
            self._next.cancel()
        self._next = None
        now = _now()
        self.presence.pass_time(now)
        if telling := self._telling.take(self.presence.untold, now):
            for message in pack(self.presence.letter(telling, now)):
                self._tell(message)
        for record in self._showing.take(self.presence.unshown, now):
            self._shows.show(record, now)
        self._shows.greet(now)
        if now - self._checked >= CHECKS and any(True for _ in self.presence.claims()):
            self._checked = now
            self._spawn(self._check_claims())
        if not self.presence.is_idle or self._shows.owes:
            self._next = asyncio.get_running_loop().call_later(GAP, self._step)

    async def _check_claims(self) -> None:
        known = [claim for claim, _ in self.presence.claims()]
        try:
            found = await self._claims.read([claim.record for claim in known])
        except Unavailable:
            return  # they hold until they end
        for before, now in zip(known, found, strict=True):
            self.presence.checked(before.record, before.stamp, now, _now())
        self._hurry()


def _concerns(event: Event, session: object) -> bool:
    return concerns_access(event, cast(Subscriber, session))


def _named(event: Event) -> list[RecordId]:
    """The record of a `record.locked`, `record.unlocked` or `record.removed`."""
    whole = event.data.get("record")
    number = whole.get("record") if isinstance(whole, dict) else None
    found = event.data.get("locked") or event.data.get("removed") or number
    return [RecordId(found)] if isinstance(found, int) else []


def _now() -> float:
    return asyncio.get_running_loop().time()
