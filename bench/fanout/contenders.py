"""What is compared: how each server is started, what its clients say, and what an event looks like to it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import msgspec

from bench.fanout import company, tools
from server.domain.words import UserId

CHANNEL = "fanout"
PORTAL = "fanout"
SIZE = 300  # bytes of an event
FILLING = "."
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455 §1.3; floor.c knows its answer
HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is to run: its port, Redis's, and a folder of its own."""

    port: int
    redis: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Talk:
    """What a client says: its path, more headers, its first frames; and how many messages greet it."""

    path: str = "/"
    headers: Callable[[int], dict[str, str]] = lambda _: {}
    first: Callable[[int], bytes] = lambda _: b""
    greetings: int = 0

    def request(self, number: int) -> bytes:
        """The HTTP request of the handshake."""
        fixed = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        headers = {**fixed, "Sec-WebSocket-Key": KEY, **self.headers(number)}
        lines = [f"GET {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Contender:
    """One server. `letter(position, stamp, clients)` is what is published; `stamp` is the moment, for the delay."""

    name: str
    command: Callable[[Place], list[str]]
    talk: Talk
    letter: Callable[[int, str, int], bytes]
    channel: str | None = CHANNEL
    """Of Redis; None: published by HTTP."""
    joins: bool = False
    """Joins what it writes, so that a burst has to be longer to last."""
    reach: int = 1
    """One client of so many gets an event."""
    delays: bool = True
    """The moment can be read in what arrives: not when that is compressed."""
    folder: Path = ROOT
    """The checkout that it is started from."""


def text(position: int, stamp: str, _clients: int) -> bytes:
    """An event for servers that pass on what they get."""
    head = f'{{"type":"event","position":{position},"at":1767225600000,"name":"entry.added","data":{{"text":"{stamp} '
    return head.ljust(SIZE - 3, FILLING).encode() + b'"}}'


def field(before: Path | None) -> Iterator[Contender]:
    """Everything to compare; with `before`, another checkout of this service beside it."""
    yield _floor("C loop, a write each")
    yield _floor("C loop, joined", "join")
    yield Contender("uWebSockets.js", _node("uws", tools.uws), Talk(), text, joins=True)
    yield Contender("ws", _node("ws", partial(tools.module, "ws")), Talk(), text)
    yield Contender("Socket.IO", _node("socketio", partial(tools.module, "socket.io")), _SOCKET_IO, text)
    yield Contender("nchan", _nchan, Talk("/sub"), text, channel=None)
    yield Contender("send_text", _send_text, Talk(), text)
    yield from _caudal("Caudal", ROOT)
    if before:
        yield from _caudal("before", before)


def _caudal(name: str, folder: Path) -> Iterator[Contender]:
    channel = f"caudal:{{{PORTAL}}}:events"

    def one(
        what: str, talk: Talk, letter: Callable[[int, str, int], bytes], *, reach: int = 1, delays: bool = True
    ) -> Contender:
        title = f"{name} {what}"
        return Contender(title, _caudal_app, talk, letter, channel, True, reach, delays, folder)

    yield one("all, JSON", _live("all", "json"), _broadcast)
    if name != "Caudal":
        yield one("mine, JSON", _live("mine", "json"), _everybody)
        return
    yield one("all, MessagePack", _live("all", "msgpack"), _broadcast)
    yield one("all, deflate", _live("all", "json", {"Sec-WebSocket-Extensions": DEFLATE}), _broadcast, delays=False)
    yield one("mine, JSON", _live("mine", "json"), _everybody)
    yield one("mine, a tenth", _live("mine", "json"), _tenth, reach=10)


def _broadcast(position: int, stamp: str, _clients: int) -> bytes:
    return company.letter(position, stamp, frozenset())


def _everybody(position: int, stamp: str, clients: int) -> bytes:
    return company.letter(position, stamp, _people(1, clients, 1))


def _tenth(position: int, stamp: str, clients: int) -> bytes:
    return company.letter(position, stamp, _people(1 + position % 10, clients, 10))


@cache
def _people(first: int, last: int, step: int) -> frozenset[UserId]:
    return frozenset(map(UserId, range(first, last + 1, step)))


def _live(scope: str, encoding: str, more: dict[str, str] | None = None) -> Talk:
    def headers(number: int) -> dict[str, str]:
        named = {"Sec-WebSocket-Protocol": f"caudal.{encoding}", "Authorization": f"Bearer {number + 1}"}
        return {**named, **(more or {})}

    def first(number: int) -> bytes:
        op = company.resume(number + 1, scope)
        return _frame(1, msgspec.json.encode(op)) if encoding == "json" else _frame(2, msgspec.msgpack.encode(op))

    return Talk("/live", headers, first, greetings=2)


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + length + bytes(4) + payload  # masked with zeros


_SOCKET_IO = Talk("/socket.io/?EIO=4&transport=websocket", first=lambda _: _frame(1, b"40"), greetings=2)


def _floor(name: str, *more: str) -> Contender:
    def command(place: Place) -> list[str]:
        return [str(tools.compiled("floor")), str(place.port), str(place.redis), CHANNEL, *more]

    return Contender(name, command, Talk(), text, joins=bool(more))


def _node(script: str, needed: Callable[[], Path]) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        return [tools.node(), str(HERE / f"{script}.mjs"), str(needed()), str(place.port), str(place.redis), CHANNEL]

    return command


def _caudal_app(place: Place) -> list[str]:
    redis = f"redis://127.0.0.1:{place.redis}"
    return [sys.executable, "-m", "bench.fanout.caudal_app", str(place.port), redis, PORTAL]


def _send_text(place: Place) -> list[str]:
    redis = f"redis://127.0.0.1:{place.redis}"
    return [sys.executable, "-m", "bench.fanout.send_text", str(place.port), redis, CHANNEL]


def _nchan(place: Place) -> list[str]:
    unpacked = tools.nginx()
    configuration = place.folder / "nginx.conf"
    temporary = "\n".join(
        f"  {kind}_temp_path {place.folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration.write_text(f"""
load_module {unpacked}/usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
user root;
pid {place.folder}/nginx.pid;
error_log {place.folder}/error.log;
events {{ worker_connections 15000; }}
http {{
  access_log off;
  keepalive_requests 1000000;
{temporary}
  server {{
    listen 127.0.0.1:{place.port} backlog=4096;
    location /sub {{ nchan_subscriber websocket; nchan_channel_id all; }}
    location /pub {{ nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 2000; nchan_message_timeout 30s; }}
  }}
}}
""")
    return [str(unpacked / "usr/sbin/nginx"), "-p", str(place.folder), "-c", str(configuration)]
