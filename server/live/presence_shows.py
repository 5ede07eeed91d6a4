"""To whom presence is shown: the state of a record, to all who watch it and may read it, as it changes or as they come.

What a frame may show is decided by the readers of its record as of now: they are read from the store when they are
needed, and forgotten whenever they may have changed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from typing import cast

import structlog

from server.domain.access import Principals
from server.domain.words import JsonObject, RecordId
from server.live import messages
from server.live.hub import Hub, Subscriber
from server.live.presence import NOTHING, Presence, Shown
from server.live.presence_letters import Claimed
from server.live.presence_sight import FreshSight
from server.live.protocol import Frame
from server.live.wire import Form, finish

log = structlog.get_logger()


class Shows:
    """See the module. Times are seconds of the loop's clock; `hurry` has what is marked in `presence.unshown` shown."""

    def __init__(
        self,
        presence: Presence,
        hub: Hub,
        sight: FreshSight,
        spawn: Callable[[Coroutine[object, object, None]], object],
        hurry: Callable[[], None],
    ) -> None:
        self._presence = presence
        self._hub = hub
        self._sight = sight
        self._spawn = spawn
        self._hurry = hurry
        self._readers: dict[RecordId, Principals] = {}
        self._unread: set[RecordId] = set()  # whose readers are being read
        self._last: dict[RecordId, Shown | None] = {}  # what was shown last; None: some may not have got it
        self._owed: dict[Subscriber, set[RecordId]] = defaultdict(set)  # who missed a frame
        self._arrived: dict[RecordId, set[Subscriber]] = defaultdict(set)

    @property
    def owes(self) -> bool:
        """Somebody who came has not been shown everything yet."""
        return bool(self._arrived)

    # Who comes and goes

    def arrived(self, session: Subscriber) -> None:
        """A session that watches records is live: it is shown what there is."""
        owed = self._owed.pop(session, set())
        for channel in session.watched:
            record = cast(RecordId, channel.record)
            if record in owed or (not self._presence.is_idle and self._presence.shown(record, _now()) != NOTHING):
                self._arrived[record].add(session)
                self._presence.unshown[record] = None
                self._hurry()

    def left(self, session: Subscriber) -> None:
        """A session has ended."""
        self._owed.pop(session, None)

    def doubt(self, records: Iterable[RecordId] | None = None) -> None:
        """Other people may read these records by now; None: or any."""
        if records is None:
            self.forget_readers()
            records = list(self._last)
        for record in records:
            self._readers.pop(record, None)
            self._last[record] = None
            self._presence.unshown[record] = None

    def forget_readers(self) -> None:
        """Other people may read anything by now."""
        self._readers.clear()

    # Showing

    def show(self, record: RecordId, now: float) -> None:
        """Something may have changed: everybody who may know is told."""
        shown = self._presence.shown(record, now)
        watchers = self._hub.watchers(record)
        if not watchers:
            self._forget(record)
        elif self._last.get(record, NOTHING) == shown:
            if shown == NOTHING:
                self._forget(record)
        elif (readers := self._known_readers(record)) is not None:  # else when they are read
            self._last[record] = shown
            self._send(record, shown, readers, watchers)

    def greet(self, now: float) -> None:
        """Shows those who came what there is."""
        for record, sessions in list(self._arrived.items()):
            if (readers := self._known_readers(record)) is None:
                continue
            del self._arrived[record]
            self._send(record, self._presence.shown(record, now), readers, sessions)

    def _send(self, record: RecordId, shown: Shown, readers: Principals, sessions: Iterable[Subscriber]) -> None:
        message = messages.now(record, shown.viewing, shown.typing, claim_shape(shown.claim))
        finished: dict[Form, Frame] = {}
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

    def _forget(self, record: RecordId) -> None:
        self._last.pop(record, None)
        self._readers.pop(record, None)

    # Who may read

    def _known_readers(self, record: RecordId) -> Principals | None:
        """The readers of a record, or None: they are being read."""
        if record not in self._readers and record not in self._unread:
            self._unread.add(record)
            self._spawn(self._read_readers(record))
        return self._readers.get(record)

    async def _read_readers(self, record: RecordId) -> None:
        try:
            self._readers[record] = await self._sight.readers(record)
        except Exception:
            log.exception("presence_unreadable")
            self._presence.unshown[record] = None
        else:
            self.show(record, _now())
        finally:
            self._unread.discard(record)
            self._hurry()


def claim_shape(claim: Claimed | None) -> JsonObject | None:
    """A claim as clients see it; None for none, and for one that was given back."""
    if claim is None or claim.person is None:
        return None
    return {"user": claim.person, "as": claim.word, "until": claim.until}


def _now() -> float:
    return asyncio.get_running_loop().time()
