"""What rights say of an event. Most events of a busy moment have the same readers as one before: they are asked about once.

The rule itself is `domain.access`; masks follow from `readable`.
"""

from __future__ import annotations

from functools import lru_cache

from server.domain.access import Principal, Principals, readable
from server.domain.events import Event, Reach
from server.domain.words import RecordId, UserId

OUTCOMES_MAX = 64  # that are remembered for the same readers: more would be rights that nobody shares
RIGHTS_MAX = 256  # sets of readers that are remembered

_Readers = frozenset[tuple[RecordId, Principals]]


class Rights:
    """Of all events with one reach and the same readers. `named`: the users on whose own principals they can depend."""

    __slots__ = ("_barred", "_principals", "_reach", "_readable", "_readers", "_seen", "named")

    def __init__(self, reach: Reach, principals: Principals, barred: Principals, readers: _Readers) -> None:
        self._reach = reach
        self._principals = principals
        self._barred = barred
        self._readers = dict(readers)
        self._readable: dict[Principals, frozenset[RecordId]] = {}
        self._seen: dict[Principals, frozenset[RecordId] | None] = {}
        everybody = principals.union(barred, *self._readers.values())
        self.named = frozenset(user for user in map(named_by, everybody) if user is not None)

    def permit(self, held: Principals) -> bool:
        """Whether a holder may get such an event."""
        if self._reach is Reach.PORTAL or self._reach is Reach.PERSONAL:
            return True
        return not self._principals.isdisjoint(held) and self._barred.isdisjoint(held)

    def seen(self, held: Principals) -> frozenset[RecordId] | None:
        """What `readable` says; None where `permit` says no."""
        try:
            return self._seen[held]
        except KeyError:
            found = self.readable(held) if self.permit(held) else None
            if len(self._seen) < OUTCOMES_MAX:
                self._seen[held] = found
            return found

    def readable(self, held: Principals) -> frozenset[RecordId]:
        """The records of such an event that a holder may read."""
        found = self._readable.get(held)
        if found is None:
            found = readable(held, self._readers)
            if len(self._readable) < OUTCOMES_MAX:
                self._readable[held] = found
        return found

    def is_open(self, held: Principals) -> bool:
        """Whether these give all there is to read already, so that more would change nothing."""
        return not self._barred and self.permit(held) and len(self.readable(held)) == len(self._readers)


def rights_of(event: Event) -> Rights:
    """What rights say of an event."""
    return _rights(event.reach, event.principals, event.barred, frozenset(event.readers.items()))


_rights = lru_cache(RIGHTS_MAX)(Rights)


def named_by(principal: Principal) -> UserId | None:
    """The one user who holds a principal: `user:7`, `deal:user:7`."""
    rest, _, number = principal.rpartition(":")
    return UserId(int(number)) if rest == "user" or rest.endswith(":user") else None
