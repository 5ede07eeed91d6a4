"""One run: a portal, people who write, clients who listen, faults; then peace, and the verdict."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Self

import httpx

from tests.history.books import check_books
from tests.history.checker import Anomaly, Checker
from tests.history.clerk import Clerk, first_rules
from tests.history.client import Client, Manner
from tests.history.counters import check_counters
from tests.history.frames import ENCODINGS
from tests.history.journal import History, Json
from tests.history.logbook import Logbook
from tests.history.nemesis import Nemesis
from tests.history.portal import Company, Founder
from tests.history.report import Report
from tests.history.rude import Rude
from tests.history.servers import Servers
from tests.history.view import View
from tests.history.writers import Pool, Shouter, Writer

CALM = 3.0  # s of writing after the last fault, so that views are compared after events and not after a snapshot
PATIENCE = 60.0  # s for every client to reach the end
TRIMMED = 12  # events below the floor: the log has lost its beginning, as every old log has
HTTP = 4.0  # s for an answer

CHANNELS: Sequence[dict[str, Json]] = (
    {"mine": {}},
    {"all": {}},
    {"mine": {}, "tasks": {}},
    {"all": {"kind": ["message"]}},
    {"mine": {"kind": ["activity", "change"]}, "record:3": {}},
    {"all": {"record_kind": ["lead"]}, "mine": {}},
    {"record:2": {}},
    {"all": {"q": "7"}},
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. `pause`: seconds between two writes of one person, on average; `rights_every`: between two
    changes of rights; `shout_every`: until more is said at once than a client can be sent that does not read.
    """

    seconds: float = 30.0
    seed: int = 1
    clients_each: int = 3
    pause: float = 0.15
    rights_every: float = 1.2
    shout_every: float = 6.0
    fault_length: float = 2.0
    crowd: int = 100
    faults: bool = True
    patience: float = PATIENCE


async def run(name: str, opened: AbstractAsyncContextManager[Servers], plan: Plan) -> Report:
    """Does one run and judges it."""
    history = History()
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(opened)
        logbook = await stack.enter_async_context(Logbook(servers.database_url, history))
        founder = await stack.enter_async_context(Founder.on(servers.database_url, history))
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=HTTP, trust_env=False))
        await founder.found()
        await _trim(logbook, history)
        for node in servers.nodes:
            node.start()
        for node in servers.nodes:
            await node.answering()
        clients = _clients(servers, founder.company, http, plan)
        nodes = servers.addresses(proxied=False)
        chance = random.Random(plan.seed + 4)
        rules = first_rules(founder.company, history)
        clerk = Clerk(founder.company, nodes, http, chance, plan.rights_every, rules)
        differences = await _Life(servers, founder, clerk, logbook, history, http, plan, clients).live()
        await logbook.read()
        undated = clerk.date(history)
        checker = Checker(history)
        anomalies = [*undated, *checker.check(), *differences, *await check_books(history, logbook)]
        anomalies += await check_counters(founder.company, nodes, http, founder.store)
    return Report(
        name, plan.seed, plan.seconds, history, anomalies, checker.deliveries, checker.resumes, checker.resets
    )


async def _trim(logbook: Logbook, history: History) -> None:
    await logbook.read()
    await logbook.execute("UPDATE log_head SET floor = :floor", floor=TRIMMED)
    await logbook.execute("DELETE FROM events WHERE position <= :floor", floor=TRIMMED)
    history.floor = TRIMMED


def _clients(servers: Servers, company: Company, http: httpx.AsyncClient, plan: Plan) -> list[Client]:
    """Every person with some clients, over which channels, encodings and manners are dealt. Those who look are three
    alike: the service writes to them together, whenever one of them comes and goes.
    """
    chance = random.Random(plan.seed)
    manners = cycle(
        (
            ("steady", Manner(), False),
            ("roaming", Manner(wanders=True), True),
            ("slow", Manner(naps=5.0), False),
            ("credited", Manner(credit=7), True),
            ("looking", Manner(looks=tuple(company.records[:5])), False),
            ("starting", Manner(begins=True, wanders=True), True),
            ("slow-latest", Manner(naps=5.0, latest=True), False),
        )
    )
    channels, encodings = cycle(CHANNELS), cycle(ENCODINGS)
    clients: list[Client] = []
    for number in range(plan.clients_each):
        for member in company.members.values():
            kind, manner, proxied = next(manners)
            subscribed = dict(next(channels))
            name = f"{kind}-{member.name}-{number}-{'+'.join(subscribed)}"
            nodes = servers.addresses(proxied=proxied)
            encoding = next(encodings)
            alike = [f"{name}{letter}" for letter in "abc"] if manner.looks else [name]
            for each in alike:
                own, seeded = dict(subscribed), random.Random(chance.random())
                clients.append(Client(each, member.user, member.token, nodes, encoding, own, manner, seeded, http))
        next(channels)
    return clients


@dataclass(slots=True)
class _Life:
    """The time in which things happen."""

    servers: Servers
    founder: Founder
    clerk: Clerk
    logbook: Logbook
    history: History
    http: httpx.AsyncClient
    plan: Plan
    clients: Sequence[Client]

    async def live(self) -> list[Anomaly]:
        """Lets everything happen, waits for the end, and compares what clients show with fresh lists."""
        chance = random.Random(self.plan.seed + 1)
        pool = Pool()
        nemesis = Nemesis(self.servers, self.founder, chance, self.plan.fault_length, self.history.faults)
        company = self.founder.company
        rude = Rude(self.servers, company.members["tom"], self.plan.crowd, random.Random(self.plan.seed + 2))
        self.history.clients = [client.journal for client in self.clients]
        async with _Tasks() as tasks:
            tasks.start(self.logbook.follow())
            for client in self.clients:
                tasks.start(client.run())
            writers = self._writers(pool)
            writing = [tasks.start(writer.run()) for writer in writers]
            writing.append(tasks.start(self.clerk.run()))
            trouble = [tasks.start(rude.run()), tasks.start(self._shouter().run())]
            if self.plan.faults:
                trouble.append(tasks.start(nemesis.run()))
            await tasks.sleep(self.plan.seconds)
            await tasks.stop(*trouble)
            self.clerk.stopped = pool.calm = True
            await tasks.sleep(CALM)
            for writer in writers:
                writer.stopped = True
            for client in self.clients:
                client.manner = replace(client.manner, naps=0.0)  # the slow ones, too, shall reach the end
            await asyncio.wait(writing, timeout=self.plan.patience)
            await self.clerk.pardon()  # so that everybody can reach the end
            await self.founder.mark()
            await self.logbook.read()
            await self._arrival(tasks)
            found = await self._differences()
        return [*found, *rude.anomalies]

    def _writers(self, pool: Pool) -> list[Writer]:
        chance = random.Random(self.plan.seed + 3)
        company = self.founder.company
        addresses = self.servers.addresses(proxied=False)
        names = ("boss", "boss", "ana", "tom", "zoe", "eva", "mia", "boss")
        return [
            Writer(
                company.members[name],
                company,
                addresses,
                pool,
                number % 2 == 1,
                self.plan.pause,
                random.Random(chance.random()),
                self.http,
                self.history,
            )
            for number, name in enumerate(names)
        ]

    def _shouter(self) -> Shouter:
        """To those who have slow clients."""
        members = self.founder.company.members.values()
        slow = {client.user for client in self.clients if client.manner.naps}
        to = [member.user for member in members if member.user in slow]
        nodes = self.servers.addresses(proxied=False)
        chance = random.Random(self.plan.seed + 5)
        return Shouter(self.founder.company.members["boss"], to, nodes, self.http, chance, self.plan.shout_every)

    async def _arrival(self, tasks: _Tasks) -> None:
        """Until every client has the last event and shows what it loaded; who does not is found to be stuck."""
        end = asyncio.get_running_loop().time() + self.plan.patience
        while asyncio.get_running_loop().time() < end:
            behind = [c for c in self.clients if (c.cursor or 0) < self.history.head or (c.view and c.view.unsettled)]
            if not behind:
                return
            await tasks.sleep(0.05)

    async def _differences(self) -> list[Anomaly]:
        """Views that are not what a fresh list is."""
        found: list[Anomaly] = []
        for client in self.clients:
            if client.view is None or (client.cursor or 0) < self.history.head:
                continue
            fresh = View(client.view.channel)
            if (listed := await client.fresh()) is None:
                continue
            fresh.load(*listed[:2], more=listed[2])
            found += [
                Anomaly("stale", client.name, self.history.head, why) for why in client.view.differences(fresh)[:3]
            ]
        return found


class _Tasks:
    """The tasks of a run: when one fails, the run does."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(*self._running)

    def start(self, doing: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Begins one."""
        task = asyncio.ensure_future(doing)
        self._running.add(task)
        return task

    async def sleep(self, seconds: float) -> None:
        """Waits; raises what a task raised meanwhile."""
        done, _ = await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        if done:
            self._running -= done
            await asyncio.sleep(0)

    async def stop(self, *tasks: asyncio.Task[None]) -> None:
        """Ends some, and waits for their end."""
        for task in tasks:
            task.cancel()
        if tasks:
            done, _ = await asyncio.wait(tasks)
            self._running -= done
            for task in done:
                if not task.cancelled():
                    task.result()
