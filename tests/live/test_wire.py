"""What a session may rely on, whatever carries the client: the handed over transport, and plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Opcode

from server.live import asgi, transport
from server.live.handover import HandoverProtocol
from server.live.wire import HIGH_WATER, LOW_WATER, Packing
from tests.live.echo import Echo, EchoService, close_payload, connected, masked, serving, until

BOTH_LOOPS = True
HELLO = masked(Opcode.TEXT, b"hello")
FLOOD = 64 * 1024  # bytes a message, written until the client is choked


@pytest.fixture(params=[HandoverProtocol, WebSocketsSansIOProtocol], ids=["transport", "asgi"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[EchoService]:
    async with serving(request.param) as service:
        yield service


async def first(service: EchoService) -> Echo:
    """The owner of the first client."""
    await until(lambda: service.owners)
    return service.owners[0]


async def choke(owner: Echo) -> int:
    """Writes until the client is choked; returns the messages."""
    count = 0
    while "choked" not in owner.told:
        owner.say("x" * FLOOD)
        count += 1
        await asyncio.sleep(0)
    return count


async def test_frames_are_what_the_wire_says(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        await client.send(HELLO + masked(Opcode.BINARY, b"\x00\xff"))

        assert [bytes((await client.frame()).data) for _ in range(2)] == [b"hello", b"\x00\xff"]
        assert owner.messages == ["hello", b"\x00\xff"]
        assert owner.wire.form.packing in {Packing.FRAME, Packing.MESSAGE}


async def test_frames_written_together_arrive_in_order(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        one = [b"\x81\x011", b"\x81\x012", b"\x81\x013"]
        owner.wire.write(one if owner.wire.form.packing is Packing.FRAME else ["1", "2", "3"])

        assert [bytes((await client.frame()).data) for _ in range(3)] == [b"1", b"2", b"3"]


async def test_a_client_that_does_not_read_is_choked_and_flows_again_when_it_does(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)

        count = await choke(owner)
        assert owner.wire.waiting >= HIGH_WATER
        for _ in range(count):
            assert len((await client.frame()).data) == FLOOD

        await until(lambda: owner.told == ["choked", "flowing"])
        assert owner.wire.waiting <= LOW_WATER


async def test_choking_is_never_told_from_inside_a_write(service: EchoService) -> None:
    async with connected(service):
        owner = await first(service)

        for _ in range(200):
            owner.say("x" * FLOOD)

        assert owner.told == []
        await until(lambda: owner.told == ["choked"])
        owner.wire.abort()


async def test_a_client_that_is_paused_is_not_read_and_loses_nothing(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        owner.wire.pause_reading()
        await client.send(b"".join(masked(Opcode.TEXT, b"%d" % number) for number in range(100)))
        owner.say("still writing")
        assert (await client.frame()).data == b"still writing"
        assert owner.messages == []

        owner.wire.resume_reading()

        assert [bytes((await client.frame()).data) for _ in range(100)] == [b"%d" % number for number in range(100)]


async def test_messages_of_one_packet_wait_when_the_first_of_them_pauses(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        owner.hesitant = True
        await client.send(HELLO + masked(Opcode.TEXT, b"later") + masked(Opcode.TEXT, b"last"))
        await until(lambda: owner.messages)
        owner.say("still writing")
        await client.frame()
        assert owner.messages == ["hello"]

        owner.hesitant = False
        owner.wire.resume_reading()

        await until(lambda: owner.messages == ["hello", "later", "last"])


async def test_close_says_code_and_reason_after_what_was_written(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)

        owner.say("bye")
        owner.wire.close(4001, "restart")
        owner.say("never")

        assert (await client.frame()).data == b"bye"
        assert (await client.frame()).data == close_payload(4001, "restart")
        await client.send(masked(Opcode.CLOSE, close_payload(4001)))
        assert await client.frames() == []
        await until(lambda: owner.told == ["lost"])


async def test_messages_that_come_after_close_was_said_are_not_told(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        owner.wire.close(4001, "restart")
        assert (await client.frame()).opcode is Opcode.CLOSE

        await client.send(HELLO + masked(Opcode.CLOSE, close_payload(4001)))

        await until(lambda: owner.told == ["lost"])
        assert owner.messages == []


async def test_a_paused_client_is_heard_when_it_answers_a_close(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        owner.wire.pause_reading()
        owner.wire.close(4001, "restart")
        assert (await client.frame()).opcode is Opcode.CLOSE
        await client.send(HELLO + masked(Opcode.CLOSE, close_payload(4001)))

        assert await client.frames() == []
        await until(lambda: owner.told == ["lost"])
        assert owner.messages == []


async def test_a_client_that_takes_nothing_is_cut_when_the_close_frame_had_its_time(
    service: EchoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "CLOSING", 0.05)
    monkeypatch.setattr(asgi, "CLOSING", 0.05)
    async with connected(service):
        owner = await first(service)
        await choke(owner)

        owner.wire.close(4008, "slow")

        await until(lambda: owner.told == ["choked", "lost"])


async def test_a_close_by_the_client_is_told_once(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)

        await client.send(masked(Opcode.CLOSE, close_payload(1000)))

        assert await client.closed() == 1000
        await until(lambda: owner.told == ["lost"])


async def test_a_cut_connection_is_told_once(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)

        client.writer.transport.abort()

        await until(lambda: owner.told == ["lost"])


async def test_abort_cuts_whatever_waits(service: EchoService) -> None:
    async with connected(service) as client:
        owner = await first(service)
        owner.say("first")
        await client.frame()

        owner.wire.abort()

        await until(lambda: owner.told == ["lost"])
        assert await client.frames() == []


async def test_after_the_end_calls_do_nothing(service: EchoService) -> None:
    async with connected(service):
        owner = await first(service)
        owner.wire.abort()
        await until(lambda: owner.told == ["lost"])

        owner.say("too late")
        owner.wire.pause_reading()
        owner.wire.resume_reading()
        owner.wire.close(4000, "")
        owner.wire.abort()
        await asyncio.sleep(0)

        assert (owner.told, owner.wire.waiting) == (["lost"], 0)


async def test_an_owner_that_fails_costs_its_client_the_connection_and_nobody_else(
    service: EchoService, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(service) as failing, connected(service) as other:
        await failing.send(masked(Opcode.TEXT, b"fail"))
        await failing.send(masked(Opcode.CLOSE, close_payload(4000)))
        assert await failing.closed() == 4000

        await other.send(HELLO)
        assert (await other.frame()).data == b"hello"


async def test_the_server_stops_while_clients_are_connected() -> None:
    for ws in (HandoverProtocol, WebSocketsSansIOProtocol):
        async with serving(ws) as service, connected(service) as client:
            owner = await first(service)
            assert service.server
            assert service.connections == 1
            service.server.should_exit = True
            await client.send(HELLO)

            found = await client.frames()

            assert found[-1] == (Opcode.CLOSE, close_payload(1012))
            await until(lambda: owner.told == ["lost"])  # noqa: B023
            assert service.connections == 0
