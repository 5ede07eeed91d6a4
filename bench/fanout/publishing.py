"""Sends events to a server: over Redis, all in one write, or over HTTP where that is how the server publishes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

ANSWER = 65536  # bytes read at once; what the answers say does not matter


class Publisher(Protocol):
    """Where events go."""

    def publish(self, letters: Sequence[bytes]) -> None:
        """Sends them in order, as fast as they are taken."""


class OverRedis:
    """PUBLISH, pipelined: one write for all."""

    def __init__(self, connection: socket.socket, channel: str) -> None:
        self._connection = connection
        self._channel = channel.encode()

    def publish(self, letters: Sequence[bytes]) -> None:
        """Returns when Redis has answered each."""
        name = b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n" % (len(self._channel), self._channel)
        self._connection.sendall(b"".join(name + b"$%d\r\n%s\r\n" % (len(letter), letter) for letter in letters))
        answers = 0
        while answers < len(letters):
            answers += self._connection.recv(ANSWER).count(b"\n")


class OverHttp:
    """One POST after the other over one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def publish(self, letters: Sequence[bytes]) -> None:
        """Returns when the server has answered each."""
        for letter in letters:
            head = b"POST /pub HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(letter)
            self._connection.sendall(head + letter)
            answer = self._connection.recv(ANSWER)
            assert answer.startswith(b"HTTP/1.1 20"), answer


@contextmanager
def publisher(redis: int, port: int, channel: str | None) -> Iterator[Publisher]:
    """To a channel of Redis, or to the server itself when it has none."""
    with socket.create_connection(("127.0.0.1", port if channel is None else redis)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield OverHttp(connection) if channel is None else OverRedis(connection, channel)


def stamp(moment: int) -> str:
    """A moment in nanoseconds since 1970, as the load client finds it."""
    return f"~T{moment:019d}"


def pace(to: Publisher, letter: Callable[[str], bytes], rate: float, count: int) -> None:
    """`count` events, evenly spaced at `rate` a second. Each is stamped with the moment it is due, so that a server that
    keeps the publisher waiting does not hide it.
    """
    begin = time.time_ns()
    for number in range(count):
        due = begin + int(number * 1e9 / rate)
        made = letter(stamp(due))
        if (wait := (due - time.time_ns()) / 1e9) > 0:
            time.sleep(wait)
        to.publish((made,))


def subscribers(redis: int, channel: str) -> int:
    """How many listen to a channel; 0 while Redis does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", redis), timeout=1) as connection:
            connection.sendall(f"PUBSUB NUMSUB {channel}\r\n".encode())
            return int(connection.recv(ANSWER).rstrip().rpartition(b":")[2] or 0)
    except (OSError, ValueError):
        return 0
