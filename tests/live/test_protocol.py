"""Frames, filters, and the page that tells client authors about them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from server import errors
from server.domain.channels import Scope
from server.domain.events import UNSENT, Name
from server.domain.filters import FILTER_FIELDS, KIND_FILTERS, NO_FILTER, Filter, parse_filter
from server.domain.words import Kind, UserId
from server.errors import CaudalError, Invalid
from server.live import limits, messages, protocol, requests
from server.live.protocol import FRAME_MAX, Close, Encoding, Op, Ping, Reset, ServerFrame
from server.live.requests import BadFrame, ProtocolError, parse
from server.live.vitals import STUCK
from server.live.wire import HIGH_WATER

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.text() | st.binary())
def test_garbage_is_refused_and_never_crashes(message: str | bytes) -> None:
    for encoding in Encoding:
        with pytest.raises((BadFrame, ProtocolError)):
            parse(message, encoding)


@given(
    st.sampled_from(["resume", "subscribe", "unsubscribe", "call", "ping", "dance"]),
    st.dictionaries(
        st.sampled_from(["id", "epoch", "position", "channels", "channel", "filter", "action", "args", "key"]), plain
    ),
)
def test_any_shape_is_an_op_or_a_bad_frame_in_both_encodings_alike(op: str, fields: dict[str, object]) -> None:
    try:
        message = msgspec.msgpack.encode({"op": op, **fields})
    except (OverflowError, msgspec.EncodeError):
        return

    try:
        parsed = parse(message, Encoding.MSGPACK)
    except BadFrame:
        return
    assert parse(msgspec.json.encode({"op": op, **fields}).decode(), Encoding.JSON) == parsed


@pytest.mark.parametrize(
    "value", [b"bytes", float("nan"), float("inf"), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), {1: 2}]
)
def test_what_json_cannot_say_is_refused_in_messagepack_too(value: object) -> None:
    message = msgspec.msgpack.encode({"id": 3, "op": "call", "action": "a", "args": {"b": value}})

    with pytest.raises(BadFrame) as error:
        parse(message, Encoding.MSGPACK)

    assert error.value.id == 3


@pytest.mark.parametrize(
    ("message", "encoding", "reason"),
    [
        (b"{}", Encoding.JSON, "wrong_encoding"),
        ("{}", Encoding.MSGPACK, "wrong_encoding"),
        ("[]", Encoding.JSON, "malformed"),
        ("\ud800", Encoding.JSON, "malformed"),
        ("[" * FRAME_MAX, Encoding.JSON, "malformed"),
        (b"\x91" * FRAME_MAX, Encoding.MSGPACK, "malformed"),
        ("ñ" * (FRAME_MAX // 2 + 1), Encoding.JSON, "too_large"),
        (b"\x80\x80", Encoding.MSGPACK, "malformed"),
    ],
)
def test_what_cannot_be_read_ends_the_session_with_a_stable_reason(
    message: str | bytes, encoding: Encoding, reason: str
) -> None:
    with pytest.raises(ProtocolError) as error:
        parse(message, encoding)

    assert error.value.reason == reason


def test_an_empty_filter_lets_everything_through() -> None:
    assert parse_filter({}) == NO_FILTER
    assert parse_filter({"kind": [], "q": [" "]}) == NO_FILTER


def test_a_filter_reads_the_same_from_a_query_and_from_a_frame() -> None:
    query = {"kind": ["activity", "message"], "author": ["7"], "from": ["5"], "to": ["9"], "q": ["Óptica"]}
    frame = {"kind": ["activity", "message"], "author": 7, "from": 5, "to": 9, "q": "Óptica"}

    _, from_frame = requests.parse_subscription("all", frame)

    assert parse_filter(query) == from_frame
    assert from_frame == Filter(
        types=KIND_FILTERS["activity"] | KIND_FILTERS["message"],
        authors=frozenset({UserId(7)}),
        since=5,
        until=9,
        text="Óptica",
    )


def test_every_wrong_field_of_a_filter_is_named() -> None:
    with pytest.raises(Invalid) as error:
        parse_filter(
            {
                "kind": ["song"],
                "author": [True, "1.5"],
                "from": [1, 2],
                "to": ["-1"],
                "record_kind": [3],
                "q": ["\x00"],
                "colour": ["red"],
            }
        )

    found = {each.field: each.code for each in error.value.errors}
    assert found == {
        "colour": "unknown",
        "kind": "unknown",
        "author": "type",
        "from": "too_many",
        "to": "type",
        "record_kind": "unknown",
        "q": "control_character",
    }


def documented(word: str) -> bool:
    return re.search(rf"`{re.escape(word)}`", PAGE) is not None


def ops() -> list[str]:
    return [str(struct.__struct_config__.tag) for struct in Op.__args__]


def codes() -> list[str]:
    found = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, CaudalError)]
    return sorted({error.code for error in found})


@pytest.mark.parametrize(
    "word",
    [
        *sorted(map(str, set(Name) - UNSENT)),
        *ops(),
        *map(str, ServerFrame),
        *map(str, Reset),
        *codes(),
        *map(str, Encoding),
        *sorted(FILTER_FIELDS),
        *sorted(KIND_FILTERS),
        *map(str, Kind),
        *(f"{scope}:<id>" if scope is Scope.RECORD else str(scope) for scope in Scope),
        *("malformed", "wrong_encoding", "too_large", "too_many_errors", "too_fast"),
    ],
)
def test_the_page_knows_every_word_of_the_protocol(word: str) -> None:
    assert documented(word)


@pytest.mark.parametrize("code", Close)
def test_the_page_knows_every_close_code_and_its_range_is_the_rule(code: Close) -> None:
    row = re.search(rf"^\| {code.value} \| .* \| (yes|no)", PAGE, re.MULTILINE)

    assert row
    assert row[1] == ("yes" if code < 4500 else "no")


@pytest.mark.parametrize("example", re.findall(r"^\{.*\}$", PAGE, re.MULTILINE))
def test_every_example_is_a_frame_as_it_is_spoken(example: str) -> None:
    frame = msgspec.json.decode(example)

    if "op" in frame:
        parse(example, Encoding.JSON)
    else:
        assert frame["type"] in set(ServerFrame)


def test_the_bytes_of_the_examples_are_those_that_are_sent() -> None:
    ping = bytes.fromhex("81 a2 6f 70 a4 70 69 6e 67")
    pong = messages.encode(messages.reply(None, {}), Encoding.MSGPACK)

    assert parse(ping, Encoding.MSGPACK) == Ping()
    assert ping.hex(" ") in PAGE
    assert isinstance(pong, bytes)
    assert pong.hex(" ") in PAGE


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    for number in (
        f"{FRAME_MAX:,} bytes",
        f"| {protocol.DEPTH_MAX} levels",
        f"| {protocol.CHANNELS_MAX} |",
        f"most {protocol.CREDIT_MAX:,} can",
        f"{limits.BURST:.0f} at once, {limits.RATE:.0f} a second",
        f"more than {limits.FRAME_BYTES:,} bytes",
        f"for {limits.TOLERANCE:.0f} such frames",
        f"to one process | {limits.CONNECTIONS_MAX} |",
        f"When {HIGH_WATER // 1024} KiB wait",
        f"nothing at all for {STUCK:.0f} s",
    ):
        assert number in PAGE
