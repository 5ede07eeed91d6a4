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
from tests.history.journal import History, Json, Write
from tests.history.portal import Company, Member

PATIENCE = 3.0  # s for an answer, then the same again elsewhere
PAUSE = 0.3  # s; the longest random pause between two attempts
LOOKS = 0.1  # of all times, the writer looks at the bell first
TRIES = 0.2  # of all writes are about any record, though some were refused lately
AT_ONCE = 0.15  # of all messages are corrected or taken back before many have seen them
EMOJI = ("👍", "🎉")
LONG = "𝄞" * 18_000  # 72 kB in UTF-8: such an event is too large for the bus
LOUD = "𝄞" * 9_000  # 36 kB, which the bus takes
SHOUTED = 24  # times LOUD: far more than the service lets wait for a client that does not read
RASH = 0.08  # of all writes are not waited for but sent again at once
HASTE = (0.002, 0.06)  # s until then: before, while or after the service writes

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
    "stream.seen": ("PUT", "stream/seen"),
    "entry.unread": ("PUT", "entries/{entry}/unread"),
    "entry.read": ("DELETE", "entries/{entry}/unread"),
    "notifications.read": ("POST", "notifications/read"),
    "notifications.unread": ("POST", "notifications/unread"),
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
    history: History
    stopped: bool = False
    _own: deque[int] = field(default_factory=lambda: deque(maxlen=20))
    _comments: deque[int] = field(default_factory=lambda: deque(maxlen=20))
    _closed: set[int] = field(default_factory=set)
    """Records that the writer was refused."""
    _bell: list[int] = field(default_factory=list)
    _tasks: deque[int] = field(default_factory=lambda: deque(maxlen=10))
    _socket: ClientConnection | None = None

    async def run(self) -> None:
        """Writes one thing after the other."""
        try:
            while not self.stopped:
                if self.chance.random() < LOOKS:
                    await self._look()
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
                (3, "entry.unread", {"entry": entry}),
                (4, "entry.read", {"entry": entry}),
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
        if self.history.head:
            options.append((4, "stream.seen", {"position": max(1, self.history.head - choice.randrange(20))}))
        if self._bell:
            some = choice.sample(self._bell, min(3, len(self._bell)))
            options += [
                (3, "notifications.unread", {"notifications": some}),
                (4, "notifications.read", {"notifications": some} if choice.random() < 0.7 else {"upto": some[0]}),
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
        number = len(self.history.writes)
        write = Write(f"{self.member.name}-{number}-{self.chance.randrange(10**9)}", self.member.user, action)
        if action in {"message.publish", "comment.add"}:
            args["ref"] = write.ref = f"w{write.key}"
        write.target = cast(int, args.get("entry", args.get("comment", args.get("record", 0))))
        write.text = cast(str, args.get("text", ""))
        self.history.writes.append(write)
        patience = self.chance.uniform(*HASTE) if self.chance.random() < RASH else PATIENCE
        while not self.stopped:
            node = self.chance.choice(self.nodes)
            try:
                async with asyncio.timeout(patience):
                    answer = await (self._call if self.live else self._request)(node, action, args, write.key)
            except (OSError, TimeoutError, httpx.HTTPError, ConnectionClosed, InvalidHandshake):
                self._hang_up()
                answer = None
            if answer is not None:
                self._learn(write, answer)
                about = cast("list[int]", args.get("about", args.get("records", [])))
                (self._closed.update if write.outcome == "refused" else self._closed.difference_update)(about)
                return
            if patience == PATIENCE:
                await asyncio.sleep(self.chance.uniform(0, PAUSE))
            patience = PATIENCE

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

    async def _look(self) -> None:
        """What stands in the bell just now."""
        url = f"{self.chance.choice(self.nodes).http}/api/v1/notifications?limit=10"
        try:
            answer = await self.http.get(url, headers={"Authorization": f"Bearer {self.member.token}"})
        except (httpx.HTTPError, OSError):
            return
        if answer.status_code == 200:
            self._bell = [each["id"] for each in answer.json()["notifications"]]

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


@dataclass(slots=True)
class Shouter:
    """One person who says much at once about every `every` seconds, until cancelled, and makes it short again.

    Nothing is written down about it and nothing tried again: it is there to choke who does not read.
    """

    member: Member
    to: Sequence[int]
    nodes: Sequence[Addresses]
    http: httpx.AsyncClient
    chance: random.Random
    every: float

    async def run(self) -> None:
        """Shouts, now and then."""
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * self.every)
            said = [await self._send("POST", "entries", LOUD) for _ in range(SHOUTED)]
            await asyncio.sleep(self.chance.uniform(0.5, 1) * self.every)
            for entry in said:
                if entry:
                    await self._send("PATCH", f"entries/{entry}", "never mind")

    async def _send(self, method: str, path: str, text: str) -> int | None:
        """The entry; None where there was no answer."""
        to = {"to": [{"user": user} for user in self.to]} if method == "POST" else {}
        url = f"{self.chance.choice(self.nodes).http}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {self.member.token}"}
        try:
            answer = await self.http.request(method, url, json={"text": text, **to}, headers=headers)
        except (httpx.HTTPError, OSError):
            return None
        return cast(int, answer.json()["id"]) if answer.status_code < 300 else None
