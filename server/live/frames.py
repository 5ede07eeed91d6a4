"""Finished WebSocket frames of the service (RFC 6455 §5.2): made once, written as they are to every socket.

Compressed frames (RFC 7692) refer to nothing that was sent before, so that they too can be the same for everybody.
"""

from __future__ import annotations

import struct
import zlib

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
_FINAL, _RSV1 = 0x80, 0x40
_REASON_MAX = 123  # bytes; a control frame carries 125, two of which are the code

WINDOW_BITS = 12  # 4 KiB: a compressor of 15 bits would have to clear 256 KiB for each frame
_MEMORY_LEVEL = 5
_LEVEL = 6
_TAIL = b"\x00\x00\xff\xff"  # RFC 7692 §7.2.1 leaves out the end of the last block
WORTH_BYTES = 256  # smaller payloads go plain: they fit into a packet anyway, and little in them repeats itself


def pack(payload: bytes, *, text: bool, deflate: bool) -> bytes:
    """One unmasked, final frame with a message. `deflate`: compressed where that pays, once that was negotiated."""
    first = _FINAL | (TEXT if text else BINARY)
    if deflate and len(payload) >= WORTH_BYTES:
        deflated = _deflate(payload)
        if len(deflated) < len(payload):
            return _head(first | _RSV1, len(deflated)) + deflated
    return _head(first, len(payload)) + payload


def pack_close(code: int | None = None, reason: str = "") -> bytes:
    """A close frame; without a code it is empty. A reason that is too long is cut between two characters."""
    said = reason.encode()[:_REASON_MAX].decode(errors="ignore").encode()
    content = b"" if code is None else struct.pack("!H", code) + said
    return _head(_FINAL | CLOSE, len(content)) + content


def _head(first: int, length: int) -> bytes:
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 1 << 16:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


def _deflate(payload: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS, _MEMORY_LEVEL)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)
