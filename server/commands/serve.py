"""`caudal serve`: the service. What would stop it is looked at first, so that it says so in one line."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import replace
from typing import Annotated

import typer

from server.commands.logs import configure_logs
from server.commands.options import Data, open_store, out
from server.commands.workers import run_workers
from server.errors import Unavailable
from server.live.bus import check_bus
from server.live.private import find_program
from server.settings import Settings, read_settings

BACKLOG = 2048  # connections that may wait to be accepted: after a restart all clients come back
WORKERS_MAX = 64


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on.", show_default="8000", min=0, max=65535)
    ] = None,
    data: Data = None,
    workers: Annotated[
        int, typer.Option(help="Processes that share the port and the bus.", min=1, max=WORKERS_MAX)
    ] = 1,
) -> None:
    """Serves the portal: pages, HTTP API and live connections."""
    settings = read_settings(host=host, port=port, data=data)
    configure_logs(settings.log_level)
    asyncio.run(_check_surroundings(settings))
    with _listen(settings) as listener:
        settings = _bound(settings, listener)
        out.print(f"Caudal serves at [bold]{settings.url}[/bold]")
        try:
            _run(settings, listener, workers)
        except KeyboardInterrupt:
            return


def _run(settings: Settings, listener: socket.socket, workers: int) -> None:
    if workers > 1:
        asyncio.run(run_workers(settings, listener, workers))
        return
    from server.app import create_app
    from server.commands.worker import Server

    server = Server(create_app(settings))
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, server.handle_exit)  # the terminal is gone: an end like any other
    server.run(sockets=[listener])
    if not server.started:
        raise Unavailable("the service did not start; the lines above say why")


def _bound(settings: Settings, listener: socket.socket) -> Settings:
    """The settings with the port that the system chose for port 0."""
    if settings.port:
        return settings
    port: int = listener.getsockname()[1]
    return replace(settings, port=port, url=settings.url.removesuffix(":0") + f":{port}")


def _listen(settings: Settings) -> socket.socket:
    """The bound socket. Raises Unavailable when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        where = f"port {settings.port} of {settings.host}"
        raise Unavailable(f"{where} cannot be used: {error.strerror}. Choose another with --port or PORT") from None
    listener.set_inheritable(True)
    return listener


async def _check_surroundings(settings: Settings) -> None:
    """Raises Unavailable when the database or Redis does not answer, or the database is not migrated."""
    async with open_store(settings):
        pass
    if settings.redis_url is None:
        find_program()
        return
    await check_bus(settings.redis_url)
