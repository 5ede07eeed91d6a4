"""`caudal serve`: the service. What would stop it is looked at first, so that it says so in one line."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import replace
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from server.commands.logs import configure_logs
from server.commands.options import Data, open_store, out
from server.errors import Unavailable
from server.live.bus import check_bus
from server.live.private import find_program
from server.settings import Settings, read_settings

BACKLOG = 2048  # connections that may wait to be accepted: after a restart all clients come back
GRACE = 5  # s for open requests and sockets at the end
FRAME_MAX = 1 << 20  # bytes; beyond, the connection ends before the protocol can say why
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


def application() -> Starlette:
    """The application of one worker process, which has its settings from the environment."""
    from server.app import create_app

    settings = read_settings()
    configure_logs(settings.log_level)
    return create_app(settings)


def _run(settings: Settings, listener: socket.socket, workers: int) -> None:
    if workers > 1:
        os.environ |= {"CAUDAL_DATA": str(settings.data), "HOST": settings.host, "PORT": str(settings.port)}
        config = _config("server.commands.serve:application", workers=workers, factory=True)
        Multiprocess(config, sockets=[listener]).run()
        return
    from server.app import create_app

    app = create_app(settings)
    server = _Server(_config(app), app)
    server.run(sockets=[listener])
    if not server.started:
        raise Unavailable("the service did not start; the lines above say why")


class _Server(uvicorn.Server):
    """Lets the live clients go with a `bye` before their connections are closed."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Says `bye`, then stops as uvicorn does."""
        await self._app.state.portal.drain()
        await super().shutdown(sockets)


def _config(app: Starlette | str, *, workers: int = 1, factory: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=factory,
        workers=workers,
        ws="websockets-sansio",
        ws_max_size=FRAME_MAX,
        ws_per_message_deflate=False,  # it would cost 300 KB per client
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )


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
