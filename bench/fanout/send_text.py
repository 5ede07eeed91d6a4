"""The usual fan-out, `for client in clients: await client.send_text(text)`: send_text PORT REDIS_URL CHANNEL."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

clients: set[WebSocket] = set()


async def live(websocket: WebSocket) -> None:
    """One client."""
    await websocket.accept()
    clients.add(websocket)
    async for _ in websocket.iter_text():
        pass
    clients.discard(websocket)


async def fan_out(url: str, channel: str) -> None:
    """Everything from Redis, to everybody."""
    async with Redis.from_url(url) as redis, redis.pubsub() as subscription:
        await subscription.subscribe(channel)
        async for message in subscription.listen():
            if message["type"] == "message":
                text = message["data"].decode()
                for client in list(clients):
                    await client.send_text(text)


@asynccontextmanager
async def listening(_: Starlette) -> AsyncIterator[None]:
    """The task that listens, while the app runs."""
    task = asyncio.create_task(fan_out(*sys.argv[2:4]))
    yield
    task.cancel()


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[WebSocketRoute("/", live)], lifespan=listening),
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        backlog=4096,
        access_log=False,
        log_level="warning",
    )
