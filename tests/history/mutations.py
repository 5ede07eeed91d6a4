"""Breaks each guard of the live path on purpose, in a copy of the service: the checker has to notice every time.

`python -m tests.history.mutations --seconds 25` prints what caught each; the exit code is the number of those not caught.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.history.report import EVIDENCE, Report
from tests.history.run import Plan, run
from tests.history.servers import copy_of_service, postgres_servers, sqlite_servers


@dataclass(frozen=True, slots=True)
class Mutation:
    """`old`, which stands exactly once in `file`, becomes `new`. `nodes`: tried on three nodes instead of one."""

    name: str
    file: str
    old: str
    new: str
    nodes: bool = False


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "published before the commit",
        "server/store/work.py",
        "self.clock, ref)\n            yield work\n            await work.finish()\n        await self._tell(work)",
        "self.clock, ref)\n            yield work\n            await work.finish()\n            await self._tell(work)",
        nodes=True,
    ),
    Mutation(
        "delivers beyond a hole",
        "server/live/sequencer.py",
        "while (event := self._held.pop(self.last + 1, None)) is not None:",
        "while self._held and (event := self._held.pop(min(self._held))) is not None:",
    ),
    Mutation(
        "a hole is read from one too late",
        "server/live/sequencer.py",
        "return Hole(self.last, ",
        "return Hole(self.last + 1, ",
    ),
    Mutation(
        "the head is not checked",
        "server/live/feed.py",
        "            self._sequencer.head(head.position, _now())",
        "            pass",
    ),
    Mutation(
        "a resume skips one",
        "server/live/follower.py",
        "self._cursor = self._told = op.position",
        "self._cursor = self._told = op.position + 1",
    ),
    Mutation(
        "a resume repeats one",
        "server/live/ring.py",
        "begin = after + 1 - self.first",
        "begin = max(0, after - self.first)",
    ),
    Mutation(
        "records are not masked",
        "server/live/letter.py",
        "data = mask(self.event.data, readable)",
        "data = self.event.data",
    ),
    Mutation(
        "rights are not asked",
        "server/live/rights.py",
        "return not self._principals.isdisjoint(held) and self._barred.isdisjoint(held)",
        "return self._barred.isdisjoint(held)",
    ),
    Mutation(
        "own principals are not asked",
        "server/live/letter.py",
        "return session.user in self.rights.named and not self.rights.is_open(session.lens.shared)",
        "return False",
    ),
    Mutation(
        "changes of rights are ignored",
        "server/live/hub.py",
        "                self._change_access(event)",
        "                pass",
    ),
    Mutation(
        "the ring serves stale letters",
        "server/live/ring.py",
        "if kept.letter.stale:",
        "if False:",
    ),
    Mutation(
        "a replay shows what was",
        "server/store/log.py",
        "return await _as_of_now(connection, found)",
        "return found",
    ),
    Mutation(
        "a checkpoint before what it covers",
        "server/live/session.py",
        "        position = self.position\n",
        "        position = self._hub.position\n",
    ),
    Mutation(
        "what a choked client did not take is forgotten",
        "server/live/follower.py",
        "        self._vitals.flow()\n        if self._latest",
        "        self._vitals.flow()\n        self._cursor = self._hub.position\n        if self._latest",
    ),
    Mutation(
        "who joins gets what waited for others",
        "server/live/cohort.py",
        "        if self._frames:\n            self._apart[session] = []",
        "        if False:\n            self._apart[session] = []",
    ),
    Mutation(
        "what waited is dropped at a subscription",
        "server/live/hub.py",
        "session.put(cohort.leave(session), self.position)",
        "cohort.leave(session)",
    ),
    Mutation(
        "a key does not make a write once",
        "server/actions/perform.py",
        "return claimed.rowcount == 1",
        "return True",
    ),
)


def change(mutation: Mutation, tree: Path) -> None:
    """Changes the copy. Raises AssertionError where the text is not there exactly once."""
    file = tree / mutation.file
    text = file.read_text()
    assert text.count(mutation.old) == 1, f"{mutation.name}: {text.count(mutation.old)} times in {mutation.file}"
    file.write_text(text.replace(mutation.old, mutation.new))


def attempt(mutation: Mutation, plan: Plan) -> Report:
    """One run over the changed service."""
    with tempfile.TemporaryDirectory(prefix="caudal-mutation-") as folder:
        tree = copy_of_service(Path(folder))
        change(mutation, tree)
        opened = postgres_servers(tree) if mutation.nodes else sqlite_servers(tree)
        return asyncio.run(run(mutation.name, opened, plan))


def main() -> int:
    """Tries all, prints a line for each, returns how many were not caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the name")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    given = parser.parse_args()
    missed = 0
    for mutation in MUTATIONS:
        if given.only not in mutation.name:
            continue
        report = attempt(mutation, Plan(seconds=given.seconds, seed=given.seed, patience=15.0))
        caught = Counter(anomaly.kind for anomaly in report.anomalies).most_common(4)
        missed += not caught
        verdict = ", ".join(f"{count} {kind}" for kind, count in caught) or "NOT CAUGHT"
        sys.stdout.write(f"{mutation.name:52} {verdict}\n")
        report.write(given.evidence)
        sys.stdout.flush()
    return missed


if __name__ == "__main__":
    sys.exit(main())
