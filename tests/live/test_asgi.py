"""The wire over plain ASGI, where it differs: what sessions see of both is in `test_wire`."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.live import asgi
from tests.live.echo import EchoService, application, connected, serving, until


async def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "STUCK", 0.05)
    async with serving(WebSocketsSansIOProtocol) as service, connected(service):
        await until(lambda: service.owners)
        owner = service.owners[0]
        while "lost" not in owner.told:
            owner.say("x" * 65_536)
            await asyncio.sleep(0)

        assert owner.told == ["choked", "lost"]


async def test_a_server_that_knows_nothing_of_a_handover_serves_the_same_sessions() -> None:
    service, sent = EchoService(), list[Message]()
    incoming = asyncio.Queue[Message]()
    for said in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}):
        incoming.put_nowait(said)

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
    await application(service)(scope, incoming.get, send)

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    assert sent[1]["text"] == "hello"
    assert service.owners[0].told == ["lost"]
