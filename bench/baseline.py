"""What to compare with: the usual fan-out, `for client in clients: await client.send_text(text)`, in a small Starlette app.

No database, no rights, no log: a post is a text that goes to everybody. `python -m bench.baseline PORT SIZE`.
"""

from __future__ import annotations

import sys
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

clients: set[WebSocket] = set()
filling = ""


async def live(websocket: WebSocket) -> None:
    """One client."""
    await websocket.accept()
    await websocket.send_json({"type": "welcome", "epoch": "", "position": 0})
    await websocket.receive_text()
    clients.add(websocket)
    await websocket.send_json({"type": "reply"})
    async for _ in websocket.iter_text():
        pass
    clients.discard(websocket)


async def post(request: Request) -> Response:
    """One post, which is told to everybody before it is answered."""
    await request.body()
    event = f'{{"type":"event","name":"entry.added","at":{time.time_ns() / 1e6},"data":"{filling}"}}'
    for client in list(clients):
        await client.send_text(event)
    return JSONResponse({}, 201)


async def me(_: Request) -> Response:
    """A sign of life."""
    return JSONResponse({})


if __name__ == "__main__":
    filling = "x" * int(sys.argv[2])
    routes = [WebSocketRoute("/live", live), Route("/api/v1/entries", post, methods=["POST"]), Route("/api/v1/me", me)]
    uvicorn.run(
        Starlette(routes=routes), port=int(sys.argv[1]), ws="websockets-sansio", access_log=False, log_level="warning"
    )
