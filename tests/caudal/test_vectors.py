"""The client and the shared vectors: it writes every op and reads every frame, byte for byte, in both encodings."""

from __future__ import annotations

import pytest

from caudal.frames import Bye, Checkpoint, Encoding, Frame, Happened, Reply, Restart, Welcome, pack, unpack
from tests.vectors import FRAMES, OPS, Vector

READ: dict[str, Frame] = {
    "welcome": Welcome(1, {"user": 7, "name": "Ana Belmonte"}, 1767225600000, "5f2c9a", 1204, 20),
    "reply": Reply(1, {"position": 1204}),
    "reply to an op without an id": Reply(None, {}),
    "event of nobody, with a locked record": Happened(
        2**53 - 1,
        1767225600001,
        "record.changed",
        False,
        None,
        {"record": {"kind": "deal", "locked": True}},
        None,
        True,
    ),
    "event of a write with a reference that no longer matches": Happened(
        1207,
        1767225600002,
        "reaction.changed",
        True,
        7,
        {"entry": 7, "reactions": [{"emoji": "👍", "users": [7, 8]}]},
        "r-1",
        False,
    ),
    "checkpoint": Checkpoint(1300),
    "reset floor": Restart("floor", 88000),
    "bye": Bye(1800),
}

IGNORED = {"now", "counters"}  # who is here just now, and what needs whom, is for people


def name_of(vector: Vector) -> str:
    return vector.name


@pytest.mark.parametrize("vector", OPS, ids=name_of)
def test_an_op_is_written_as_it_was_agreed(vector: Vector) -> None:
    assert pack(vector.value, Encoding.JSON) == vector.json
    assert pack(vector.value, Encoding.MSGPACK) == vector.msgpack


@pytest.mark.parametrize("vector", FRAMES, ids=name_of)
def test_a_frame_is_understood_alike_in_both_encodings(vector: Vector) -> None:
    from_text, from_bytes = unpack(vector.json, Encoding.JSON), unpack(vector.msgpack, Encoding.MSGPACK)

    assert (from_text is None) == (vector.value["type"] in IGNORED)
    assert from_text == from_bytes
    assert from_text == READ.get(vector.name, from_text)


def test_what_is_read_is_known_for_every_kind_of_frame() -> None:
    assert {vector.name for vector in FRAMES} >= READ.keys()
    assert {type(frame) for frame in READ.values()} == {Welcome, Reply, Happened, Checkpoint, Restart, Bye}
