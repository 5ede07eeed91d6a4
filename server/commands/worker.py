"""One process that serves: the whole service with one worker, else one of several, on its supervisor's word.

Words on the line between the two, each a line of text: `ready` and `clients N` from here, `leave N` from there, where N is
how many clients leave in all processes. When the line breaks, the supervisor is gone, and so is the worker soon.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from server.app import Portal, create_app
from server.commands.logs import configure_logs
from server.live.handover import HandoverProtocol
from server.live.incoming import MESSAGE_MAX
from server.settings import read_settings

GRACE = 5  # s for open requests and sockets at the end
PULSE = 1.0  # s between two signs of life to the supervisor
START_POLL = 0.05  # s between looks whether it serves


class Server(uvicorn.Server):
    """Lets the live clients go with a `bye` before their connections are closed. `leaving`: how many go in all."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(server_config(app))
        self.portal: Portal = app.state.portal
        self.leaving = 0

    def leave(self, clients: int = 0) -> None:
        """Ends the service. `clients` leave at once, in all processes; by default those of this one."""
        self.leaving = clients
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more connections, says `bye`, then stops as uvicorn does."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await self.portal.drain(self.leaving)
        await super().shutdown(sockets)


def run_worker(listener: socket.socket, line: socket.socket) -> None:
    """The life of one of several workers, which has its settings from the environment."""
    settings = read_settings()
    configure_logs(settings.log_level)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the supervisor's affair
    server = Server(create_app(settings))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(_serve(server, listener, line))


async def _serve(server: Server, listener: socket.socket, line: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=line)
    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(_obey(server, reader)), tasks.create_task(_report(server, writer))]
        await server.serve(sockets=[listener])
        for task in both:
            task.cancel()
    writer.close()


async def _obey(server: Server, reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        while words := (await reader.readline()).split():
            if words[0] == b"leave":
                server.leave(int(words[1]))
    server.leave(server.leaving)


async def _report(server: Server, writer: asyncio.StreamWriter) -> None:
    while not server.started:  # noqa: ASYNC110  (uvicorn sets no event)
        await asyncio.sleep(START_POLL)
    writer.write(b"ready\n")
    with suppress(ConnectionError):
        while True:
            writer.write(b"clients %d\n" % server.portal.clients)
            await writer.drain()
            await asyncio.sleep(PULSE)


def server_config(app: Starlette) -> uvicorn.Config:
    """How uvicorn serves the app: with the handed-over transport for `/live`, its limits, and no output of its own."""
    return uvicorn.Config(
        app,
        ws=HandoverProtocol,
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=False,  # uvicorn's keeps a context of 300 KB per client; ours is agreed on in `live.handover`
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


if __name__ == "__main__":
    run_worker(*(socket.socket(fileno=int(number)) for number in sys.argv[1:3]))
