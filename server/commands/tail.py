"""`caudal tail`: a channel in a terminal, or in a pipe, as the client for bots sees it."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from caudal import Caudal, CaudalError as ClientError, Event, Reset
from server.commands.options import out
from server.errors import CaudalError

Channels = Annotated[list[str], typer.Argument(help="mine, all, tasks or record:<id>.", metavar="CHANNEL …")]
Url = Annotated[str, typer.Option(envvar="CAUDAL_URL", help="The portal's address.")]
Token = Annotated[str, typer.Option(envvar="CAUDAL_TOKEN", help="A token: `caudal token create`.")]


def tail(
    channels: Channels,
    token: Token,
    url: Url = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, with all data.")] = False,
) -> None:
    """Prints what happens from now on, until it is interrupted; a lost connection is none of its reader's concern."""
    try:
        asyncio.run(_follow(url, token, channels, as_json))
    except (ClientError, ValueError) as error:
        raise CaudalError(str(error) or type(error).__name__) from None
    except (KeyboardInterrupt, BrokenPipeError):
        return


async def _follow(url: str, token: str, channels: list[str], as_json: bool) -> None:
    async with Caudal(url, token) as client:
        async for item in client.subscribe(*channels):
            if as_json:
                typer.echo(json.dumps(_plain(item), ensure_ascii=False))
            else:
                out.print(_line(item), markup=False, highlight=False, soft_wrap=True)


def _plain(item: Event | Reset) -> dict[str, object]:
    """All of it. With epoch and position a program can go on from here."""
    place: dict[str, object] = {"epoch": item.cursor.epoch, "position": item.position, "name": item.name}
    if isinstance(item, Reset):
        return place | {"reason": item.reason}
    return place | {"at": item.at, "mine": item.mine, "actor": item.actor, "ref": item.ref, "data": item.data}


def _line(item: Event | Reset) -> str:
    if isinstance(item, Reset):
        return f"{item.position:>10}  reset  {item.reason}"
    about = ", ".join(f"{name} {_id(value)}" for name, value in item.data.items() if _id(value) is not None)
    return f"{item.position:>10}  {item.name:<20}  {about}"


def _id(value: object) -> object:
    """The id of what an event holds under one name: the value itself, or that of the object."""
    if isinstance(value, dict):
        return value.get("id", value.get("record"))
    return value if isinstance(value, int | str) else None
