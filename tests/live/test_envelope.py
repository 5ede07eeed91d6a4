"""The envelope: what comes out is what went in, and nothing else comes out."""

from __future__ import annotations

import msgspec
import pytest

from server.domain.events import Event, Name, Reach
from server.domain.words import EntryId, RecordId, UserId
from server.live.envelope import seal, unseal


def test_an_event_survives_the_wire() -> None:
    event = Event(
        position=3, at=5, name=Name.COMMENT_ADDED, reach=Reach.STREAM, actor=UserId(1), entry=EntryId(2),
        records=(RecordId(4), RecordId(3)), principals=frozenset({"deal:all", "user:1"}),
        audience=frozenset({UserId(1)}), data={"entry": {"id": 2}},
        readers={RecordId(4): frozenset({"deal:all"})}, ref="tab",
    )  # fmt: skip

    assert unseal(seal(event)) == event


@pytest.mark.parametrize(
    "letter", [b"", b"\xc1", b"\x80", msgspec.msgpack.encode({"position": "x"}), b"\x93\x01\x02\x03"]
)
def test_anything_else_is_refused(letter: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        unseal(letter)
