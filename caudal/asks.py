"""What was asked of the service and is not answered yet. A new connection asks it again: a call has its key for that."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from caudal.errors import refused_by
from caudal.frames import FRAME_MAX, Data, Encoding, Message, Op, Reply, pack


@dataclass(frozen=True, slots=True)
class Ask:
    """One op on its way. `answer` gets the reply's `ok`, or raises Refused, or Ended when the client has ended."""

    id: int
    message: Message
    answer: asyncio.Future[Data]


class Asks:
    """All ops of one client. Ids are its own over all its connections."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._waiting: dict[int, Ask] = {}
        self._unsent: deque[Message] = deque()
        self._last = 0
        self.wake = asyncio.Event()
        """Set while there may be something to send."""

    def add(self, op: Op) -> Ask:
        """Asks now, or as soon as there is a connection. Raises TypeError or ValueError for what cannot be sent."""
        id, message = self._packed(op)
        ask = Ask(id, message, asyncio.get_running_loop().create_future())
        self._waiting[id] = ask
        self._send(message)
        return ask

    def drop(self, ask: Ask) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(ask.id, None)

    def tell(self, op: Op) -> int:
        """Sends an op on this connection only; returns its id."""
        id, message = self._packed(op)
        self._send(message)
        return id

    def begin(self) -> None:
        """A new connection: what was to be sent on the old one is forgotten; `repeat` is next."""
        self._unsent.clear()

    def repeat(self) -> None:
        """Sends everything again that is waiting, in its order."""
        self._unsent.extend(ask.message for ask in self._waiting.values())
        self.wake.set()

    def take(self) -> list[Message]:
        """What is to be sent now."""
        taken = list(self._unsent)
        self._unsent.clear()
        self.wake.clear()
        return taken

    def settle(self, reply: Reply) -> None:
        """Hands a reply to whoever waits for it."""
        ask = self._waiting.pop(reply.id, None) if reply.id is not None else None
        if ask is None or ask.answer.done():
            return
        if reply.error is None:
            ask.answer.set_result(reply.ok)
        else:
            ask.answer.set_exception(refused_by(reply.error))

    def fail(self, failure: Exception) -> None:
        """Nothing will be answered any more."""
        for ask in self._waiting.values():
            if not ask.answer.done():
                ask.answer.set_exception(failure)
        self._waiting.clear()
        self._unsent.clear()

    def _packed(self, op: Op) -> tuple[int, Message]:
        self._last += 1
        message = pack({"id": self._last, **op}, self._encoding)
        size = len(message.encode()) if isinstance(message, str) else len(message)
        if size > FRAME_MAX:
            raise ValueError(f"at most {FRAME_MAX} bytes can be sent at once, and this is {size}")
        return self._last, message

    def _send(self, message: Message) -> None:
        self._unsent.append(message)
        self.wake.set()
