"""The handed over transport: what it keeps, what it refuses, and how it ends. What sessions see of it: `test_wire`."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame as Piece, Opcode
from websockets.protocol import Protocol, Side
from websockets.streams import StreamReader

from server.live import transport
from server.live.accept import accept
from server.live.handover import HandoverProtocol
from server.live.incoming import MESSAGE_MAX, Incoming
from server.live.protocol import Encoding
from server.live.wire import Packing
from tests.live.echo import (
    DEFLATE,
    HANDSHAKE,
    Echo,
    EchoService,
    RawClient,
    close_payload,
    connected,
    masked,
    serving,
    until,
)

BOTH_LOOPS = True
HELLO = masked(Opcode.TEXT, b"hello")
TAIL = b"\x00\x00\xff\xff"
OFFER = f"Sec-WebSocket-Extensions: {DEFLATE}"


@pytest.fixture
async def service() -> AsyncIterator[EchoService]:
    async with serving() as service:
        yield service


@pytest.fixture
async def client(service: EchoService) -> AsyncIterator[RawClient]:
    async with connected(service) as client:
        await until(lambda: service.owners)
        yield client


def deflated(payload: bytes) -> bytes:
    """A payload compressed by a client, with a window as large as there are."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def living(*types: type) -> list[object]:
    """The objects of these types that anybody still holds."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, types)]


def known(service: EchoService) -> list[object]:
    """What the server would end before it stops."""
    assert service.server
    return list[object](service.server.server_state.connections)


# What it keeps


async def test_nothing_that_the_handshake_or_the_parser_needed_is_kept_for_an_idle_client(service: EchoService) -> None:
    kinds = (WebSocketsSansIOProtocol, Protocol, StreamReader, WebSocket, Incoming, asyncio.Queue)
    before = living(*kinds)
    async with connected(service) as client:
        await client.send(HELLO + masked(Opcode.PING, b"?"))
        await client.frame()
        await client.frame()

        assert [each for each in living(*kinds) if not any(each is other for other in before)] == []
        assert service.server
        assert not service.server.server_state.tasks
        assert not hasattr(service.owners[0].wire, "__dict__")


async def test_parsing_leaves_no_garbage_behind(client: RawClient) -> None:
    before = living(Protocol, StreamReader)
    gc.disable()
    try:
        for _ in range(10):
            await client.send(HELLO)
            await client.frame()
        after = [each for each in gc.get_objects() if isinstance(each, (Protocol, StreamReader))]
    finally:
        gc.enable()

    assert len(after) <= len(before)


async def test_a_lost_client_is_forgotten_by_the_server(service: EchoService, client: RawClient) -> None:
    assert service.connections == 1

    client.writer.close()

    await until(lambda: service.connections == 0)
    await until(lambda: service.owners[0].told == ["lost"])


async def test_a_client_whom_nobody_attached_himself_to_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(EchoService):
        async def endpoint(self, websocket: WebSocket) -> None:
            await accept(websocket, Encoding.JSON)
            raise ZeroDivisionError

    async with serving(make=Failing) as service, connected(service) as client:
        assert await client.frames() == []
        await until(lambda: service.connections == 0)


async def test_who_attaches_to_a_client_that_is_gone_is_told() -> None:
    class Late(EchoService):
        async def endpoint(self, websocket: WebSocket) -> None:
            wire = await accept(websocket, Encoding.JSON)
            wire.abort()
            await until(lambda: self.connections == 0)
            self.owners.append(Echo(wire))
            wire.attach(self.owners[0])

    async with serving(make=Late) as service, connected(service):
        await until(lambda: service.owners and service.owners[0].told == ["lost"])


async def test_a_client_that_speaks_before_the_answer_is_refused() -> None:
    class Slow(EchoService):
        async def endpoint(self, websocket: WebSocket) -> None:
            (protocol,) = known(self)
            assert isinstance(protocol, HandoverProtocol)
            await until(lambda: protocol.queue.qsize() == 2)  # the connect, and what came after it
            await super().endpoint(websocket)

    async with serving(make=Slow) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(HANDSHAKE.format(key="dGhlIHNhbXBsZSBub25jZQ==", more="").encode())
        await until(lambda: any(isinstance(each, HandoverProtocol) for each in known(service)))
        writer.write(HELLO)
        await reader.readuntil(b"\r\n\r\n")
        client = RawClient(reader, writer, "")
        assert (await client.frame()).data == close_payload(1002, "early")

        writer.close()

        await until(lambda: service.owners[0].told == ["lost"])
        assert service.owners[0].messages == []


# What it hears


@pytest.mark.parametrize("cut", range(1, len(HELLO)))
async def test_a_frame_cut_anywhere_is_one_frame(service: EchoService, client: RawClient, cut: int) -> None:
    await client.send(masked(Opcode.PING, b"before") + HELLO[:cut])
    assert (await client.frame()).data == b"before"  # the first part was read on its own

    await client.send(HELLO[cut:] + HELLO)

    assert [bytes((await client.frame()).data) for _ in range(2)] == [b"hello", b"hello"]


async def test_a_message_in_fragments_is_one_with_pings_answered_between_them(
    service: EchoService, client: RawClient
) -> None:
    await client.send(masked(Opcode.TEXT, b"a\xc3", fin=False) + masked(Opcode.PING, b"1"))
    assert await client.frame() == Piece(Opcode.PONG, b"1")
    await client.send(masked(Opcode.CONT, b"\xa9", fin=False) + masked(Opcode.PING, b"2") + masked(Opcode.CONT, b"b"))

    assert {bytes((await client.frame()).data) for _ in range(2)} == {b"2", "aéb".encode()}
    assert service.owners[0].messages == ["aéb"]


async def test_messages_that_are_whole_before_an_error_count(service: EchoService, client: RawClient) -> None:
    await client.send(HELLO + masked(Opcode.TEXT, b"\xff") + HELLO)

    assert await client.closed() == 1007
    assert service.owners[0].messages == ["hello"]


async def test_bad_text_is_refused_before_its_message_is_whole(client: RawClient) -> None:
    await client.send(masked(Opcode.TEXT, b"good", fin=False) + masked(Opcode.CONT, b"\xff", fin=False))

    assert await client.closed() == 1007


async def test_nothing_after_a_close_frame_is_heard(service: EchoService, client: RawClient) -> None:
    await client.send(masked(Opcode.CLOSE, close_payload(1000)) + HELLO + masked(Opcode.PING))
    assert await client.frames() == [(Opcode.CLOSE, close_payload(1000))]

    await client.send(HELLO)

    assert service.owners[0].messages == []


@pytest.mark.parametrize("fragments", [1, 64])
async def test_a_message_beyond_the_limit_ends_with_1009_though_the_client_goes_on_sending(
    service: EchoService, client: RawClient, fragments: int
) -> None:
    size = MESSAGE_MAX // fragments
    pieces = [masked(Opcode.CONT if number else Opcode.TEXT, b"x" * size, fin=False) for number in range(fragments)]
    sending = asyncio.create_task(client.send(b"".join(pieces) + masked(Opcode.CONT, b"x") + HELLO * 100_000))

    code = await client.closed()

    client.writer.transport.abort()
    await asyncio.gather(sending, return_exceptions=True)
    assert code == 1009
    assert service.owners[0].messages == []


async def test_a_message_as_large_as_the_limit_is_heard(client: RawClient) -> None:
    await client.send(masked(Opcode.BINARY, b"x" * MESSAGE_MAX))

    assert len((await client.frame()).data) == MESSAGE_MAX


async def test_a_client_that_says_the_end_of_the_stream_is_lost(service: EchoService, client: RawClient) -> None:
    client.writer.write_eof()

    await until(lambda: service.owners[0].told == ["lost"])
    await until(lambda: service.connections == 0)


async def test_a_client_that_says_the_end_and_takes_nothing_is_cut(
    service: EchoService, client: RawClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "CLOSING", 0.05)
    owner = service.owners[0]
    while "choked" not in owner.told:
        owner.say("x" * 65_536)
        await asyncio.sleep(0)

    client.writer.write_eof()

    await until(lambda: service.connections == 0)


async def test_pongs_do_not_pile_up_for_a_client_that_takes_nothing(service: EchoService, client: RawClient) -> None:
    owner = service.owners[0]
    while "choked" not in owner.told:
        owner.say("x" * 65_536)
        await asyncio.sleep(0)
    waiting = owner.wire.waiting

    await client.send(masked(Opcode.PING, b"x" * 125) * 1_000 + HELLO)
    await until(lambda: owner.messages)

    assert owner.wire.waiting < waiting + 1_000
    owner.wire.abort()


# Compression


async def test_a_client_that_offers_compression_gets_it_without_context_takeover(service: EchoService) -> None:
    async with connected(service, OFFER) as client:
        text = b"an answer that repeats itself, " * 40
        await client.send(masked(Opcode.TEXT, deflated(text), rsv=4) * 2 + masked(Opcode.TEXT, b"plain"))

        for _ in range(2):
            frame = await client.frame()
            assert frame.rsv1
            assert zlib.decompressobj(-15).decompress(bytes(frame.data) + TAIL) == text
        assert (await client.frame()).data == b"plain"
        assert "server_no_context_takeover; client_no_context_takeover" in client.answer
        assert service.owners[0].wire.form.packing is Packing.DEFLATED


@pytest.mark.parametrize(("window", "accepted"), [(8, False), (9, False), (11, False), (12, True), (15, True)])
async def test_an_offer_of_a_window_smaller_than_ours_is_declined(
    service: EchoService, window: int, accepted: bool
) -> None:
    offer = f"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits={window}"
    async with connected(service, offer) as client:
        assert ("permessage-deflate" in client.answer) is accepted


async def test_the_next_offer_counts_when_the_first_is_declined(service: EchoService) -> None:
    offers = "permessage-deflate; server_max_window_bits=9, permessage-deflate"
    async with connected(service, f"Sec-WebSocket-Extensions: {offers}") as client:
        assert "permessage-deflate" in client.answer
        assert "server_max_window_bits" not in client.answer


async def test_a_compressed_message_may_come_in_fragments(service: EchoService) -> None:
    async with connected(service, OFFER) as client:
        payload = deflated(b"hello " * 100)
        await client.send(masked(Opcode.TEXT, payload[:5], fin=False, rsv=4))
        await client.send(masked(Opcode.PING) + masked(Opcode.CONT, payload[5:]))

        await until(lambda: service.owners[0].messages == ["hello " * 100])


@pytest.mark.parametrize("size", [MESSAGE_MAX + 1, 20 * MESSAGE_MAX])
async def test_a_message_that_inflates_beyond_the_limit_ends_with_1009(service: EchoService, size: int) -> None:
    async with connected(service, OFFER) as client:
        await client.send(masked(Opcode.BINARY, deflated(b"\0" * size), rsv=4))

        assert await client.closed() == 1009
        assert service.owners[0].messages == []


async def test_what_cannot_be_inflated_ends_with_1002(service: EchoService) -> None:
    async with connected(service, OFFER) as client:
        await client.send(masked(Opcode.BINARY, b"\xff" * 100, rsv=4))

        assert await client.closed() == 1002


# What it relies on


async def test_uvicorn_has_what_the_handover_uses() -> None:
    config = uvicorn.Config(Starlette(), ws=HandoverProtocol, log_config=None)
    config.load()
    state = uvicorn.Server(config).server_state
    protocol = HandoverProtocol(config, state, {})

    assert config.ws_protocol_class is HandoverProtocol
    assert protocol.connections is state.connections
    assert isinstance(state.connections, set)
    assert isinstance(protocol.queue, asyncio.Queue)
    assert isinstance(protocol.conn.available_extensions, list)
    for name in ("transport", "close_timer", "ping_timer", "pong_timer"):
        assert getattr(protocol, name) is None
    for name in ("handle_connect", "stop_keepalive", "run_asgi"):
        assert callable(getattr(protocol, name))


async def test_uvicorn_asks_every_connection_it_knows_to_shut_down(service: EchoService, client: RawClient) -> None:
    assert known(service) == [service.owners[0].wire]


def test_the_parser_tells_where_it_waits() -> None:
    incoming = Incoming(deflated=False)
    states = []
    for byte in HELLO:
        states.append(incoming.idle)
        incoming.feed(bytes([byte]))

    assert states == [True] + [False] * (len(HELLO) - 1)
    assert incoming.idle
    assert Protocol(Side.SERVER).current_size is None


async def test_a_socket_that_is_reset_is_told_once(service: EchoService, client: RawClient) -> None:
    raw = client.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    client.writer.transport.abort()

    await until(lambda: service.owners[0].told == ["lost"])
