"""The socket of one client: carries frames between a WebSocket and its session. The only place that awaits the socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from server.domain.access import Access
from server.domain.words import UserId
from server.errors import CaudalError, Invalid, NotSignedIn, Unavailable
from server.live.feed import Live
from server.live.protocol import Call, Close, Encoding, Frame, Resume, error_shape
from server.live.sequencer import Hole
from server.live.session import PAGE, Finish, Identity, Renew, Send, Session

STUCK = 30.0  # s for a batch to be taken by the socket; then the client is given up
CLOSING = 1.0  # s for the close frame of a client that was given up
RETRY_AFTER = 2  # s that a client refused with 503 should wait

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`/live`. The app's part: `authenticate` and `access` raise a CaudalError for whom may not be here;
    `perform(user, action, args, key)` does a write and returns the answer that HTTP would give, or raises CaudalError.
    """

    live: Live
    authenticate: Callable[[WebSocket], Awaitable[Identity]]
    access: Callable[[UserId], Awaitable[Access]]
    perform: Callable[[UserId, str, object, str | None], Awaitable[object]]

    async def serve(self, websocket: WebSocket) -> None:
        """One client, from the handshake to the end. Refusals are HTTP answers before the upgrade."""
        try:
            if self.live.closing:
                raise Unavailable("the service restarts")
            encoding = _encoding(websocket)
            identity = await self.authenticate(websocket)
            doubts = self.live.hub.doubts
            access = await self.access(identity.user)
        except CaudalError as error:
            await _refuse(websocket, error)
            return
        await websocket.accept(encoding if websocket.scope["subprotocols"] else None)
        client = _Client(self, websocket, identity, access, encoding)
        if self.live.hub.doubts != doubts:
            client.doubt()
        await client.run()


def _encoding(websocket: WebSocket) -> Encoding:
    """The first of the client's subprotocols that is ours; JSON for a client that names none."""
    offered: list[str] = websocket.scope["subprotocols"]
    for name in offered:
        if name in set(Encoding):
            return Encoding(name)
    if offered:
        raise Invalid.one("Sec-WebSocket-Protocol", "unknown", f"one of {', '.join(Encoding)}")
    return Encoding.JSON


async def _refuse(websocket: WebSocket, error: CaudalError) -> None:
    problem = {"type": "about:blank", "title": HTTPStatus(error.status).phrase, "status": error.status}
    headers = {"Retry-After": str(error.params.get("retry_after", RETRY_AFTER))} if error.status == 503 else None
    response = JSONResponse(
        {**problem, **error_shape(error)}, error.status, headers, media_type="application/problem+json"
    )
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(response)
    else:
        await websocket.close()


class _Client:
    """A session and its socket: one task reads, one writes; when either is done, both are."""

    def __init__(
        self, endpoint: Endpoint, websocket: WebSocket, identity: Identity, access: Access, encoding: Encoding
    ) -> None:
        self._endpoint = endpoint
        self._websocket = websocket
        self._wake = asyncio.Event()
        self._session = Session(identity, access, endpoint.live.hub, encoding=encoding, wake=self._wake.set, now=_now())

    def doubt(self) -> None:
        """Rights have changed since these were read, when the hub did not know this session yet."""
        self._session.doubt(self._endpoint.live.hub.position)

    async def run(self) -> None:
        live, session = self._endpoint.live, self._session
        live.add(session)
        session.open(at=time.time_ns() // 1_000_000)
        if live.closing:
            session.leave(RETRY_AFTER * 1000)
        try:
            async with asyncio.TaskGroup() as tasks:
                both = {tasks.create_task(self._read()), tasks.create_task(self._write())}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for task in both:
                    task.cancel()
        finally:
            live.remove(session)

    async def _read(self) -> None:
        try:
            while (message := await self._message()) is not None:
                await self._heed(message)
                await asyncio.sleep(0)  # many small frames in one packet are no reason to stop the others
        except Exception:
            log.exception("live_read_failed", session=self._session.id)
            self._session.end(Close.FAILED, "failed")
            await asyncio.get_running_loop().create_future()  # the writer says so, and ends both

    async def _message(self) -> Frame | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        data: bytes | None = message.get("bytes")
        return text if text is not None else data or b""

    async def _heed(self, message: Frame) -> None:
        match self._session.receive(message, _now()):
            case Resume() as op:
                self._session.start(op, await self._endpoint.live.log.head())
            case Call() as op:
                await self._perform(op)

    async def _perform(self, op: Call) -> None:
        try:
            ok = await self._endpoint.perform(self._session.user, op.action, op.args, op.key)
        except CaudalError as error:
            self._session.refuse(op.id, error)
        except Exception:
            log.exception("call_failed", action=op.action, session=self._session.id)
            self._session.refuse(op.id, CaudalError())
        else:
            self._session.answer(op.id, ok)

    async def _write(self) -> None:
        try:
            while await self._work():
                pass
        except (WebSocketDisconnect, WebSocketDisconnected):
            return
        except TimeoutError:
            await self._close(Finish(Close.SLOW, "slow"))
        except Exception:
            log.exception("live_write_failed", session=self._session.id)
            await self._close(Finish(Close.FAILED, "failed"))

    async def _work(self) -> bool:
        self._wake.clear()
        match self._session.work(_now()):
            case None:
                await self._wake.wait()
            case Send(frames):
                await self._send(frames)
            case Renew():
                await self._renew()
            case Hole() as hole:
                events = await self._endpoint.live.log.replay(hole.after, hole.upto, PAGE)
                self._session.replayed(events, hole)
            case Finish() as finish:
                await self._close(finish)
                return False
        return True

    async def _send(self, frames: list[Frame]) -> None:
        async with asyncio.timeout(STUCK):
            for frame in frames:
                kind = "text" if isinstance(frame, str) else "bytes"
                await self._websocket.send({"type": "websocket.send", kind: frame})
        self._session.sent(_now())

    async def _renew(self) -> None:
        try:
            access = await self._endpoint.access(self._session.user)
        except NotSignedIn:
            self._session.end(Close.SIGNED_OUT, "signed_out")
        except Unavailable:
            self._session.end(Close.FAILED, "failed")
        except CaudalError:
            self._session.end(Close.REVOKED, "revoked")
        else:
            self._session.renewed(access)

    async def _close(self, finish: Finish) -> None:
        try:
            async with asyncio.timeout(CLOSING):
                await self._websocket.close(finish.code, finish.reason)
        except (TimeoutError, WebSocketDisconnect, WebSocketDisconnected, RuntimeError):
            return  # it takes nothing any more, or is gone: the server closes the connection without a frame


def _now() -> float:
    return asyncio.get_running_loop().time()
