"""People who write, over HTTP and as `call`s over `/live`, and try again with the same key until they have an answer."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.history.client import Addresses
from tests.history.frames import ENCODINGS, read, write
from tests.history.journal import Json, Write
from tests.history.portal import Company, Member

PATIENCE = 3.0  # s for an answer, then the same again elsewhere
PAUSE = 0.3  # s; the longest random pause between two attempts
TRIES = 0.2  # of all writes are about any record, though some were refused lately
AT_ONCE = 0.15  # of all messages are corrected or taken back before many have seen them
EMOJI = ("👍", "🎉")
LONG = "𝄞" * 18_000  # 72 kB in UTF-8: such an event is too large for the bus

ROUTES: Mapping[str, tuple[str, str]] = {
    "message.publish": ("POST", "entries"),
    "message.edit": ("PATCH", "entries/{entry}"),
    "message.delete": ("DELETE", "entries/{entry}"),
    "comment.add": ("POST", "entries/{entry}/comments"),
    "comment.edit": ("PATCH", "comments/{comment}"),
    "comment.delete": ("DELETE", "comments/{comment}"),
    "reaction.add": ("PUT", "entries/{entry}/reactions/{emoji}"),
    "reaction.remove": ("DELETE", "entries/{entry}/reactions/{emoji}"),
    "follow.set": ("PUT", "records/{record}/follow"),
    "follow.end": ("DELETE", "records/{record}/follow"),
    "record.update": ("PATCH", "records/{record}"),
    "activity.create": ("POST", "activities"),
    "activity.complete": ("POST", "activities/{activity}/complete"),
}


@dataclass(slots=True)
class Pool:
    """What writers know of: the newest entries of anybody. `calm`: only writes that move nobody's rights or Mine."""

    entries: deque[int] = field(default_factory=lambda: deque(maxlen=40))
    calm: bool = False


@dataclass(slots=True)
class Writer:
    """One person; `run` is a life of writing, until `stop`. `live`: by calls over the socket, else over HTTP."""

    member: Member
    company: Company
    nodes: Sequence[Addresses]
    pool: Pool
    live: bool
    pause: float
    chance: random.Random
    http: httpx.AsyncClient
    writes: list[Write]
    stopped: bool = False
    _own: deque[int] = field(default_factory=lambda: deque(maxlen=20))
    _comments: deque[int] = field(default_factory=lambda: deque(maxlen=20))
    _closed: set[int] = field(default_factory=set)
    """Records that the writer was refused."""
    _tasks: deque[int] = field(default_factory=lambda: deque(maxlen=10))
    _socket: ClientConnection | None = None

    async def run(self) -> None:
        """Writes one thing after the other."""
        try:
            while not self.stopped:
                action, args = self._choose()
                await self._do(action, args)
                if action == "message.publish" and self._own and self.chance.random() < AT_ONCE:
                    again = self.chance.choice(("message.edit", "message.delete"))
                    text = {"text": f"corrected {self.chance.randrange(10**9)}"} if again == "message.edit" else {}
                    await self._do(again, {"entry": self._own[-1], **text})
                await asyncio.sleep(self.chance.uniform(0, 2 * self.pause))
        finally:
            if self._socket is not None:
                self._socket.transport.abort()

    def _choose(self) -> tuple[str, dict[str, object]]:
        """What to do next, as far as there is something to do it to."""
        choice = self.chance
        entry = choice.choice(self.pool.entries or [0])
        open_to_me = [record for record in self.company.records if record not in self._closed]
        records = self.company.records if choice.random() < TRIES or len(open_to_me) < 3 else open_to_me
        record = choice.choice(records)
        people = [member.user for member in self.company.members.values()]
        text = f"said {choice.randrange(10**9)}" + (LONG if choice.random() < 0.06 and not self.live else "")
        boss = self.member.name == "boss" and not self.pool.calm
        options: list[tuple[float, str, dict[str, object]]] = [
            (
                35,
                "message.publish",
                {"text": text, "about": choice.sample(records, choice.choice((1, 1, 2)))},
            ),
            (5, "activity.create", {"type": "task", "subject": text[:40], "records": [record]}),
        ]
        if choice.random() < 0.4:
            options[0][2]["to"] = [{"user": choice.choice(people)}]
        if entry:
            options += [
                (25, "comment.add", {"entry": entry, "text": text}),
                (10, "reaction.add", {"entry": entry, "emoji": choice.choice(EMOJI)}),
                (4, "reaction.remove", {"entry": entry, "emoji": choice.choice(EMOJI)}),
            ]
        if self._own:
            own = choice.choice(self._own)
            options += [(8, "message.edit", {"entry": own, "text": text}), (4, "message.delete", {"entry": own})]
        if self._comments:
            comment = choice.choice(self._comments)
            options += [
                (4, "comment.edit", {"comment": comment, "text": text}),
                (3, "comment.delete", {"comment": comment}),
            ]
        if self._tasks:
            options.append((4, "activity.complete", {"activity": self._tasks.popleft()}))
        if not self.pool.calm:
            options += [
                (4, "follow.set", {"record": record, "level": choice.choice(("everything", "important", "muted"))}),
                (3, "follow.end", {"record": record}),
            ]
        if boss:
            options += [
                (25, "record.update", {"record": record, "fields": {"responsible": choice.choice(people)}}),
                (15, "record.update", {"record": record, "fields": {"opened": choice.random() < 0.5}}),
                (10, "record.update", {"record": record, "fields": {"stage": choice.choice(self.company.stages)}}),
            ]
        weights = [weight for weight, _, _ in options]
        _, action, args = choice.choices(options, weights)[0]
        return action, args

    async def _do(self, action: str, args: dict[str, object]) -> None:
        """One write, tried until there is an answer, or until the writer is stopped."""
        number = len(self.writes)
        write = Write(f"{self.member.name}-{number}-{self.chance.randrange(10**9)}", self.member.user, action)
        if action in {"message.publish", "comment.add"}:
            args["ref"] = write.ref = f"w{write.key}"
        write.target = cast(int, args.get("entry", args.get("comment", args.get("record", 0))))
        write.text = cast(str, args.get("text", ""))
        self.writes.append(write)
        while not self.stopped:
            node = self.chance.choice(self.nodes)
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await (self._call if self.live else self._request)(node, action, args, write.key)
            except (OSError, TimeoutError, httpx.HTTPError, ConnectionClosed, InvalidHandshake):
                self._hang_up()
                answer = None
            if answer is not None:
                self._learn(write, answer)
                about = cast("list[int]", args.get("about", args.get("records", [])))
                (self._closed.update if write.outcome == "refused" else self._closed.difference_update)(about)
                return
            await asyncio.sleep(self.chance.uniform(0, PAUSE))

    async def _request(self, node: Addresses, action: str, args: Mapping[str, object], key: str) -> Json | None:
        """The HTTP way. None: no definite answer."""
        method, path = ROUTES[action]
        in_path = {name for name in ("entry", "comment", "record", "activity", "emoji") if f"{{{name}}}" in path}
        body: dict[str, object] = {name: value for name, value in args.items() if name not in in_path}
        if action == "record.update":
            body = cast("dict[str, object]", args["fields"])
        answer = await self.http.request(
            method,
            f"{node.http}/api/v1/{path.format(**args)}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.member.token}", "Idempotency-Key": key},
        )
        if answer.status_code >= 500 or answer.status_code in {401, 429}:
            return None
        if answer.status_code >= 400:
            return {"refused": answer.json().get("code")}
        return cast(Json, answer.json()) if answer.content else {}

    async def _call(self, node: Addresses, action: str, args: Mapping[str, object], key: str) -> Json | None:
        """The way over the socket. None: no definite answer."""
        if self._socket is None:
            self._socket = await connect(
                node.live,
                subprotocols=[Subprotocol(ENCODINGS[0])],
                additional_headers={"Authorization": f"Bearer {self.member.token}"},
                compression=None,
                max_size=2**24,
                ping_interval=None,
                proxy=None,
            )
        await self._socket.send(
            write({"id": 7, "op": "call", "action": action, "args": args, "key": key}, ENCODINGS[0])
        )
        while True:
            frame = read(await self._socket.recv())
            if frame.type == "reply" and frame.error:
                undecided = frame.error["code"] in {"internal", "unavailable", "not_signed_in", "too_many"}
                return None if undecided else {"refused": frame.error["code"]}
            if frame.type == "reply":
                return cast("Json | None", frame.ok) or {}

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
            self._socket = None

    def _learn(self, write: Write, answer: Json) -> None:
        write.outcome = "refused" if "refused" in answer else "done"
        made = answer.get("id")
        if write.outcome == "refused" or not isinstance(made, int):
            return
        write.made = made
        if write.action == "message.publish":
            self._own.append(made)
            self.pool.entries.append(made)
        elif write.action == "comment.add":
            self._comments.append(made)
        elif write.action == "activity.create":
            self._tasks.append(made)
