"""Presence of one process, running: what sessions do, to the other nodes; what all do, to those who watch and may read.

Nothing runs while nobody does anything. What a frame may show is decided by the readers of its record as of now: they
are read from the store when they are needed, and forgotten whenever they may have changed.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import cast

import structlog

from server.domain.access import Action, Principals
from server.domain.events import Event, Name
from server.domain.words import EntryId, JsonObject, RecordId, UserId
from server.errors import CaudalError, Conflict, Forbidden, Unavailable
from server.live import protocol
from server.live.hub import Hub, Subscriber, concerns_access
from server.live.presence import NOTHING, Presence, Shown
from server.live.presence_claims import Claims
from server.live.presence_letters import Claimed, Letter, Person, pack, unpack, user_of
from server.live.presence_pace import GAP, Pace
from server.live.presence_sight import Sight
from server.live.session import Session
from server.live.wire import Form, finish

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
        self._hub = hub
        self._sight = sight
        self._claims = claims
        self._tell = tell
        self._spawn = spawn
        self._telling: Pace[RecordId] = Pace()
        self._showing: Pace[RecordId] = Pace()
        self._readers: dict[RecordId, Principals] = {}
        self._unread: set[RecordId] = set()  # whose readers are being read
        self._last: dict[RecordId, Shown | None] = {}  # what was shown last; None: some may not have got it
        self._owed: dict[Subscriber, set[RecordId]] = defaultdict(set)  # who missed a frame
        self._arrived: dict[RecordId, set[Subscriber]] = defaultdict(set)
        self._changes = 0  # of rights: who reads them compares before and after
        self._next: asyncio.TimerHandle | None = None
        self._soon = False
        self._answer: asyncio.TimerHandle | None = None
        self._asked = self._checked = float("-inf")
        hub.arrived = self.arrived

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
        changes = None if entry is not None and not about else self._changes
        while entry is not None and changes != self._changes:
            changes = self._changes
            about = await self._sight.about(session.user, entry)
        if not session.ending:
            self.presence.type(session, person, entry, about, _now())
            self._hurry()

    async def claim(self, session: Session, record: RecordId, word: str | None) -> JsonObject:
        """Claims a record, renews the claim, or gives it back; returns what holds now.

        Raises NotFound, Forbidden, Unavailable, and Conflict when somebody else has it.
        """
        person = await self._allowed(session, record, Action.READ if word is None else Action.UPDATE)
        if word is None:
            claim = await self._claims.give_back(record, person)
        else:
            claim = await self._claims.take(record, person, word)
        changes = self._changes
        own = claim.person is None or user_of(claim.person) == session.user
        self.presence.claimed(claim, _now(), here=own)
        self._hurry()
        if changes != self._changes:
            self._spawn(self._renounce([record]))
        if word is not None and not own:
            raise Conflict("somebody else has claimed it", claim=_claim_shape(claim))
        return {"claim": _claim_shape(claim)}

    def leave(self, session: Session) -> None:
        """A session has ended."""
        self._owed.pop(session, None)
        if self.presence.person(session) is not None:
            self.presence.leave(session)
            self._hurry()

    def arrived(self, session: Subscriber) -> None:
        """A session that watches records is live: it is shown what there is."""
        owed = self._owed.pop(session, set())
        for channel in session.watched:
            record = cast(RecordId, channel.record)
            if record in owed or (not self.presence.is_idle and self.presence.shown(record, _now()) != NOTHING):
                self._arrived[record].add(session)
                self.presence.unshown[record] = None
                self._hurry()

    async def _allowed(self, session: Session, record: RecordId | None, action: Action) -> Person:
        changes = None if record is not None else self._changes
        while record is not None and changes != self._changes:
            changes = self._changes
            await self._sight.check(session.user, record, action)
        return self.presence.person(session) or await self._person(session.user)

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
        self._changes += 1
        if self.presence.is_idle:
            self._readers.clear()
            return
        if event is None or event.name is Name.ACCESS_CHANGED:
            self._readers.clear()
            sessions = {each for each in self.presence.acting() if event is None or _concerns(event, each)}
            records = list(self._last)
            claimed = [claim.record for claim, here in self.presence.claims() if here]
        else:
            records = claimed = list(event.records or _named(event))
            sessions = self.presence.acting(records)
        for record in records:
            self._readers.pop(record, None)
            self._last[record] = None
            self.presence.unshown[record] = None
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
            self._show(record, now)
        self._greet(now)
        if now - self._checked >= CHECKS and any(True for _ in self.presence.claims()):
            self._checked = now
            self._spawn(self._check_claims())
        if not self.presence.is_idle or self._arrived:
            self._next = asyncio.get_running_loop().call_later(GAP, self._step)

    def _greet(self, now: float) -> None:
        for record, sessions in list(self._arrived.items()):
            if (readers := self._known_readers(record)) is None:
                continue
            del self._arrived[record]
            self._send(record, self.presence.shown(record, now), readers, sessions)

    def _show(self, record: RecordId, now: float) -> None:
        shown = self.presence.shown(record, now)
        watchers = self._hub.watchers(record)
        if not watchers:
            self._last.pop(record, None)
            self._readers.pop(record, None)
        elif self._last.get(record, NOTHING) == shown:
            if shown == NOTHING:
                self._last.pop(record, None)
                self._readers.pop(record, None)
        elif (readers := self._known_readers(record)) is not None:  # else when they are read
            self._last[record] = shown
            self._send(record, shown, readers, watchers)

    def _send(self, record: RecordId, shown: Shown, readers: Principals, sessions: Iterable[Subscriber]) -> None:
        message = protocol.now(record, shown.viewing, shown.typing, _claim_shape(shown.claim))
        finished: dict[Form, protocol.Frame] = {}
        watchers = self._hub.watchers(record)
        for session in [each for each in sessions if each in watchers]:
            form = session.lens.form
            if not session.lens.may(readers, session.user):
                continue
            if session.cohort is None:
                self._owed[session].add(record)
                continue
            if form not in finished:
                finished[form] = finish(message, form)
            session.tell(finished[form])

    def _known_readers(self, record: RecordId) -> Principals | None:
        """The readers of a record, or None: they are being read."""
        if record not in self._readers and record not in self._unread:
            self._unread.add(record)
            self._spawn(self._read_readers(record))
        return self._readers.get(record)

    async def _read_readers(self, record: RecordId) -> None:
        try:
            self._readers[record] = await self._readers_now(record)
        except Exception:
            log.exception("presence_unreadable")
            self.presence.unshown[record] = None
        else:
            self._show(record, _now())
        finally:
            self._unread.discard(record)
            self._hurry()

    async def _readers_now(self, record: RecordId) -> Principals:
        while True:
            changes = self._changes
            found = await self._sight.readers([record])
            if changes == self._changes:
                return found.get(record, frozenset())

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


def _claim_shape(claim: Claimed | None) -> JsonObject | None:
    if claim is None or claim.person is None:
        return None
    return {"user": claim.person, "as": claim.word, "until": claim.until}


def _now() -> float:
    return asyncio.get_running_loop().time()
