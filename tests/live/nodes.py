"""Two nodes of one portal, and clients that watch a deal: for presence over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

from server.domain.access import Action, Level
from server.domain.words import Kind, UserId
from tests.live.client import Client, ServerFrame, client
from tests.live.portal import ALL_DEALS, ANA, LUIS, Portal

EVA = UserId(3)
EDITOR = {**ALL_DEALS, (Kind.DEAL, Action.UPDATE): Level.ALL}
OWN = {(Kind.DEAL, Action.READ): Level.OWN}


class Nodes:
    """Two nodes of one portal, `one` and `two`, and clients that watch the deal."""

    def __init__(self, one: Portal, two: Portal, stack: AsyncExitStack) -> None:
        self.one, self.two = one, two
        self._stack = stack

    async def comes(self, node: Portal, user: UserId, *channels: str, encoding: str = "caudal.json") -> Client:
        """A client of a node, subscribed."""
        came = await self._stack.enter_async_context(client(node.url, user, encoding))
        await came.resume(0, *channels)
        return came


@asynccontextmanager
async def two_nodes(redis_url: str) -> AsyncIterator[Nodes]:
    """They share log, rights and Redis. Ana and Luis may change the deal, Eva may nothing."""
    one = Portal(redis_url)
    two = Portal(redis_url, one.log)
    two.grants, two.owned, two.about_entries = one.grants, one.owned, one.about_entries
    one.grants |= {ANA: EDITOR, LUIS: EDITOR, EVA: {}}
    async with one.serving(), two.serving(), AsyncExitStack() as stack:
        yield Nodes(one, two, stack)


async def until(watcher: Client, is_right: Callable[[ServerFrame], bool]) -> ServerFrame:
    """The state of the record, once it is right."""
    frame = next((frame for frame in reversed(watcher.seen) if frame["type"] == "now"), None)
    while frame is None or not is_right(frame):
        frame = await watcher.expect("now")
    return frame


def viewers(*users: UserId) -> Callable[[ServerFrame], bool]:
    """That exactly these are shown."""
    return lambda frame: [each["user"] for each in cast("list[dict[str, Any]]", frame["viewing"])] == list(users)


def code(reply: ServerFrame) -> object:
    """What a refusal is called."""
    return cast("dict[str, object]", reply["error"])["code"]
