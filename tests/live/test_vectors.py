"""The service and the shared vectors: it reads every op and writes every frame, byte for byte, in both encodings."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from server.live import messages, requests
from server.live.protocol import Encoding, Op, Reset, ServerFrame
from tests.vectors import FRAMES, OPS, Vector


def name_of(vector: Vector) -> str:
    return vector.name


@pytest.mark.parametrize("vector", OPS, ids=name_of)
def test_an_op_says_the_same_in_both_encodings(vector: Vector) -> None:
    from_text = requests.parse(vector.json, Encoding.JSON)
    from_bytes = requests.parse(vector.msgpack, Encoding.MSGPACK)

    said = {name: value for name, value in msgspec.to_builtins(from_text).items() if value is not None}
    plain = dict(vector.value)
    if "channels" in said:
        said["channels"] = [{k: v for k, v in each.items() if v is not None} for each in said["channels"]]
    assert from_text == from_bytes
    assert said == plain


@pytest.mark.parametrize("vector", FRAMES, ids=name_of)
def test_a_frame_is_written_as_it_was_agreed(vector: Vector) -> None:
    assert messages.encode(vector.value, Encoding.JSON) == vector.json
    assert messages.encode(vector.value, Encoding.MSGPACK) == vector.msgpack


def test_there_is_a_vector_for_every_op() -> None:
    ops = {str(type.__struct_config__.tag) for type in get_args(Op)}

    assert ops == {vector.value["op"] for vector in OPS}


def test_there_is_a_vector_for_every_frame_and_reason() -> None:
    assert set(map(str, ServerFrame)) == {vector.value["type"] for vector in FRAMES}
    assert set(map(str, Reset)) == {vector.value["reason"] for vector in FRAMES if vector.value["type"] == "reset"}
