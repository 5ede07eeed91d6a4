"""Finished frames are what RFC 6455 and RFC 7692 say, and what another implementation reads."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given, strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from server.live.frames import WINDOW_BITS, WORTH_BYTES, pack, pack_close

EDGES = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]
REPEATED = b'{"type":"event","position":1205,"name":"comment.added"}' * 40


def read(frame: bytes, *, deflate: bool = False) -> Frame:
    """Parses one frame as a client does; nothing may be left."""
    reader = StreamReader()
    reader.feed_data(frame)
    reader.feed_eof()
    extensions = [PerMessageDeflate(True, True, WINDOW_BITS, WINDOW_BITS)] if deflate else []
    parsing = Frame.parse(reader.read_exact, mask=False, extensions=extensions)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    assert not reader.buffer
    frame = parsed.value.value
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("text", [True, False])
def test_a_message_of_any_length_is_one_final_frame(size: int, text: bool) -> None:
    payload = b"x" * size

    frame = read(pack(payload, text=text, deflate=False))

    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT if text else Opcode.BINARY, True, payload)


@pytest.mark.parametrize(("size", "head"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_a_length_is_written_as_short_as_it_can_be(size: int, head: int) -> None:
    assert len(pack(b"x" * size, text=False, deflate=False)) == head + size


@given(st.binary(max_size=5_000), st.integers(1, 40))
def test_a_compressed_message_is_read_by_a_client_that_knows_none_before_it(seed: bytes, times: int) -> None:
    payload = seed * times

    frame = read(pack(payload, text=False, deflate=True), deflate=True)

    assert bytes(frame.data) == payload


def test_a_message_that_repeats_itself_is_compressed() -> None:
    frame = pack(REPEATED, text=True, deflate=True)

    assert frame[0] == 0xC1
    assert len(frame) < len(REPEATED) / 4


def test_nothing_is_compressed_unasked() -> None:
    assert pack(REPEATED, text=True, deflate=False)[0] == 0x81


def test_a_small_message_goes_plain() -> None:
    assert pack(b"x" * (WORTH_BYTES - 1), text=True, deflate=True)[0] == 0x81
    assert pack(b"x" * WORTH_BYTES, text=True, deflate=True)[0] == 0xC1


def test_what_compression_would_make_longer_goes_plain() -> None:
    noise = os.urandom(WORTH_BYTES)

    assert pack(noise, text=False, deflate=True) == pack(noise, text=False, deflate=False)


def test_a_compressed_message_looks_back_no_further_than_the_window_that_clients_were_promised() -> None:
    noise = os.urandom(1 << WINDOW_BITS)
    frame = pack(noise + b" " * 1_000 + noise, text=False, deflate=True)

    assert len(frame) > 2 * len(noise)  # the second half is not a reference to the first
    inflated = zlib.decompressobj(-WINDOW_BITS).decompress(frame[4:] + b"\x00\x00\xff\xff")
    assert inflated == noise + b" " * 1_000 + noise


def test_a_close_frame_says_code_and_reason() -> None:
    frame = read(pack_close(4504, "too_large"))

    assert (frame.opcode, Close.parse(frame.data)) == (Opcode.CLOSE, Close(4504, "too_large"))


def test_a_reason_too_long_for_a_control_frame_is_cut_between_two_characters() -> None:
    frame = read(pack_close(4000, "é" * 100))

    assert Close.parse(frame.data) == Close(4000, "é" * 61)
