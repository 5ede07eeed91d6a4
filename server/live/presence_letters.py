"""What nodes tell each other of presence, in MessagePack on the bus's channel `now`: small, and never logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from server.domain.words import EntryId, JsonObject, Millis, RecordId, UserId

LETTER_ROOM = 16 * 1024  # bytes that a letter should not exceed; the bus takes four times that

Person = JsonObject
"""How others see a user: `{"user": 7, "name": "Ana Belmonte"}`."""


class Typing(msgspec.Struct, frozen=True, array_like=True):
    """Somebody types at an entry, for `left` seconds more unless it is told again."""

    entry: EntryId
    person: Person
    left: float


class State(msgspec.Struct, frozen=True, array_like=True):
    """All that the sessions of one node do with a record."""

    record: RecordId
    viewing: tuple[Person, ...] = ()
    typing: tuple[Typing, ...] = ()


class Claimed(msgspec.Struct, frozen=True, array_like=True):
    """A claim as of `stamp`, which grows from claim to claim of a record; without a person it was given back.

    `left`: seconds until it ends · `until`: the same moment, for people to see.
    """

    record: RecordId
    stamp: int
    left: float
    person: Person | None = None
    word: str = ""
    until: Millis = 0

    def lasting(self, left: float) -> Claimed:
        """The same claim, with the seconds that it has by now."""
        return msgspec.structs.replace(self, left=left)


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """What a node tells. `number` grows from letter to letter of a node; `asks`: everybody should tell everything."""

    node: str
    number: int
    states: tuple[State, ...] = ()
    claims: tuple[Claimed, ...] = ()
    asks: bool = False


def user_of(person: Person) -> UserId:
    """The number of a person."""
    return UserId(cast(int, person["user"]))


def pack(letter: Letter) -> Iterator[bytes]:
    """The messages that carry a letter: more than one where it is long. Each may come alone, or not at all."""
    message = msgspec.msgpack.encode(letter)
    parts = max(len(letter.states), len(letter.claims))
    if len(message) <= LETTER_ROOM or parts <= 1:
        yield message
        return
    half = parts // 2
    yield from pack(msgspec.structs.replace(letter, states=letter.states[:half], claims=letter.claims[:half]))
    yield from pack(msgspec.structs.replace(letter, states=letter.states[half:], claims=letter.claims[half:]))


def unpack(message: bytes) -> Letter | None:
    """The letter in a message; None for anything else: a node of another version may be about."""
    try:
        letter = msgspec.msgpack.decode(message, type=Letter)
        for state in letter.states:
            for person in (*state.viewing, *(each.person for each in state.typing)):
                msgspec.convert(person.get("user"), int)
        for claim in letter.claims:
            msgspec.convert((claim.person or {"user": 0}).get("user"), int)
    except msgspec.MsgspecError:
        return None
    return letter
