"""The company of the comparison: who may read what, what each client asks for, and the events that reach them."""

from __future__ import annotations

from server.domain.access import Access, Action, Level, Owned, readers
from server.domain.events import Event, Name, Reach
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, RecordId, UserId
from server.live.envelope import seal

EPOCH = "bench"
DEAL = RecordId(42)
AUTHOR = UserId(1)
TEAMS = 10
LEVELS = (Level.ALL, Level.OPENED)  # of the people, in turn: all of them may read the deal, by different rules
FILTERS: tuple[JsonObject, ...] = (
    {"kind": ["message"]},
    {"author": [1, 2, 3]},
    {"record_kind": ["deal", "company"]},
    {"kind": ["message", "activity"], "record_kind": ["deal"]},
)
"""Every event passes each of them: what is measured is that they are looked at."""

READERS = readers(Owned(Kind.DEAL, AUTHOR, DepartmentId(1), opened=True))
TEXT = "The second offer"  # so long that a frame in JSON has about 300 bytes


def access_of(user: UserId) -> Access:
    """The rights of person number `user`."""
    team = DepartmentId(user % TEAMS)
    grants = {(kind, Action.READ): LEVELS[user % len(LEVELS)] for kind in Kind}
    return Access(user, team, frozenset({team}), grants)


def resume(user: int, scope: str) -> JsonObject:
    """What client number `user` says first; in Mine each has a filter."""
    channel: JsonObject = {"channel": scope}
    if scope == "mine":
        channel["filter"] = FILTERS[user % len(FILTERS)]
    return {"id": 1, "op": "resume", "epoch": EPOCH, "position": 0, "channels": [channel]}


def letter(position: int, stamp: str, audience: frozenset[UserId]) -> bytes:
    """An event on the bus: a message about a deal. `stamp` stands in its text."""
    record = {"record": DEAL, "kind": "deal", "title": "Harbour"}
    entry: JsonObject = {
        "entry": position,
        "type": "message",
        "at": 1_767_225_600_000,
        "author": {"user": AUTHOR, "name": "Ana"},
        "text": f"{stamp} {TEXT}",
        "records": [record],
    }
    event = Event(
        position=position,
        at=1_767_225_600_000,
        name=Name.ENTRY_ADDED,
        reach=Reach.STREAM,
        actor=AUTHOR,
        entry=EntryId(position),
        records=(DEAL,),
        principals=READERS,
        audience=audience,
        data={"entry": entry},
        readers={DEAL: READERS},
    )
    return seal(event)
