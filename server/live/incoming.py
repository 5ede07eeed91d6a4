"""What a client has sent and nobody has seen yet: bytes come in, whole messages and due replies come out. No I/O.

It parses with `websockets`' own protocol (RFC 6455 §5, §7; RFC 7692), and adds what that leaves to others: joining
fragments, and the encoding of text, fragment by fragment (§8.1). An idle client needs none of it.
"""

from __future__ import annotations

import codecs
import logging
from codecs import IncrementalDecoder
from types import GeneratorType
from typing import cast

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import CONT, TEXT, CloseCode, Frame as Piece, Opcode
from websockets.protocol import Protocol, Side, State
from websockets.streams import StreamReader

from server.live.frames import pack_close
from server.live.protocol import Frame

MESSAGE_MAX = 1 << 20  # bytes of a message, inflated; beyond, it is not read to its end, and the answer is 1009

_DATA = {Opcode.CONT, Opcode.TEXT, Opcode.BINARY}
_PONG = b"\x8a"  # the first byte of the frame
_WINDOW_BITS = 15  # of clients: reads what was made with any smaller one, too
_decoder = codecs.getincrementaldecoder("utf-8")
_log = logging.getLogger("server.live.incoming")


class Incoming:
    """One client's direction. `deflated`: permessage-deflate without context takeover was negotiated."""

    __slots__ = ("_message", "_protocol", "_text")

    def __init__(self, *, deflated: bool) -> None:
        self._protocol = Protocol(Side.SERVER, max_size=MESSAGE_MAX, logger=_log)
        if deflated:
            self._protocol.extensions = [PerMessageDeflate(True, True, _WINDOW_BITS, _WINDOW_BITS)]
        self._message = bytearray()
        self._text: IncrementalDecoder | None = None

    @property
    def over(self) -> bool:
        """The client said its close frame, or broke the protocol: nothing it sends counts any more."""
        return self._protocol.state is not State.OPEN

    @property
    def idle(self) -> bool:
        """No frame and no message is half read."""
        protocol = self._protocol
        return not self.over and protocol.current_size is None and _between_frames(protocol)

    def feed(self, data: bytes) -> list[Frame]:
        """The messages that are whole now, in order. What follows an error is left out."""
        self._protocol.receive_data(data)
        messages: list[Frame] = []
        try:
            for piece in self._protocol.events_received():
                whole = self._join(piece) if isinstance(piece, Piece) and piece.opcode in _DATA else None
                if whole is not None:
                    messages.append(whole)
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "invalid UTF-8")
        return messages

    def replies(self) -> tuple[bytes, bytes]:
        """What the client is owed: pongs; and the echo of its close frame, or one that says what it did wrong."""
        writes = self._protocol.data_to_send()
        pongs = b"".join(each for each in writes if each[:1] == _PONG)
        said = self._protocol.close_rcvd
        if said and self._protocol.current_size is not None:  # a close between two fragments is right (§5.4)
            return pongs, pack_close(said.code, said.reason) if said.code != CloseCode.NO_STATUS_RCVD else pack_close()
        return pongs, b"".join(each for each in writes if each[:1] != _PONG)

    def release(self) -> None:
        """The end. The parser and its protocol refer to each other; this frees both at once."""
        self._protocol.parser.close()

    def _join(self, piece: Piece) -> Frame | None:
        data = bytes(piece.data)
        if piece.opcode is not CONT:
            self._text = _decoder() if piece.opcode is TEXT else None
            if piece.fin:
                return data.decode() if piece.opcode is TEXT else data
        if self._text:
            self._text.decode(data, piece.fin)
        self._message += data
        if not piece.fin:
            return None
        message, self._message = bytes(self._message), bytearray()
        return message.decode() if self._text else message


def _between_frames(protocol: Protocol) -> bool:
    """The bytes of a header leave the buffer before the frame is whole; only where the parser waits tells."""
    waits = cast("GeneratorType[None, None, None]", protocol.parser).gi_yieldfrom
    return isinstance(waits, GeneratorType) and waits.gi_code is StreamReader.at_eof.__code__
