"""The clerk moves rights as an admin does, over HTTP: people's roles, departments, admin and active, grants, the tree.

One change after the other, each tried until it is answered. Each is one `access.changed`, so that those of the log, in
their order, are the clerk's in theirs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

from tests.history.checker import Anomaly
from tests.history.client import Addresses
from tests.history.journal import History, Json, RightsChange, Standing
from tests.history.portal import SHIFTING, Company
from tests.history.rights import KINDS, LEVELS, is_under

PAUSE = 0.3  # s; the longest random pause between two attempts

Change: TypeAlias = "tuple[str, Json, Rules]"
"""Where to PATCH what, and how everybody stands then."""


@dataclass(slots=True)
class Rules:
    """Everything from which rights follow. `roles`: each user's · `levels`: of each role · `parents`: of departments."""

    roles: dict[int, int]
    levels: dict[int, str]
    departments: dict[int, int | None]
    active: dict[int, bool]
    parents: dict[int, int | None]

    def standing(self, user: int) -> Standing:
        """A user's."""
        return Standing(self.levels[self.roles[user]], self.departments[user], self.active[user])

    def below(self, user: int) -> frozenset[int]:
        """The departments from the user's own on downwards."""
        own = self.departments[user]
        return frozenset(each for each in self.parents if own is not None and is_under(each, own, self.parents))


def first_rules(company: Company, history: History) -> Rules:
    """How everybody stands at first."""
    by_level = {level: company.roles[level] for level in LEVELS}
    standings = history.standings
    return Rules(
        {user: by_level[standing.level] for user, standing in standings.items()},
        {**{role: level for level, role in by_level.items()}, company.roles[SHIFTING]: "own"},
        {user: standing.department for user, standing in standings.items()},
        dict.fromkeys(standings, True),
        dict(history.parents),
    )


@dataclass(slots=True)
class Clerk:
    """`run` moves rights about every `every` seconds, until `stopped`."""

    company: Company
    nodes: Sequence[Addresses]
    http: httpx.AsyncClient
    chance: random.Random
    every: float
    rules: Rules
    stopped: bool = False
    refused: list[str] = field(default_factory=list)
    _admins: set[int] = field(default_factory=set)
    _done: list[tuple[frozenset[int], Rules]] = field(default_factory=list)
    """The changes that were made: whom they concern, and the rules from then on."""

    async def run(self) -> None:
        """Changes something now and then; a change that has begun is always finished."""
        while not self.stopped:
            await asyncio.sleep(self.chance.uniform(0, 2 * self.every))
            if not self.stopped:
                await self._do(self._choose())

    async def pardon(self) -> None:
        """Nobody is disabled any more."""
        for user, active in list(self.rules.active.items()):
            if not active:
                await self._do(self._enable(user, active=True))

    def date(self, history: History) -> list[Anomaly]:
        """Tells the history at which position each change of rights was; anomalies where the log does not have them."""
        boss = self.company.members["boss"].user
        rows = [row for _, row in sorted(history.rows.items()) if row.name == "access.changed" and row.actor == boss]
        found: list[Anomaly] = []
        if len(rows) != len(self._done):
            found.append(Anomaly("unwritten", "the clerk", 0, f"{len(self._done)} changes, {len(rows)} in the log"))
        for row, (concerned, rules) in zip(rows, self._done, strict=False):
            if row.audience != concerned:
                why = f"told {sorted(row.audience)}, concerns {sorted(concerned)}"
                found.append(Anomaly("unwritten", "the clerk", row.position, why))
            history.rights += [
                RightsChange(row.position, user, rules.standing(user), rules.parents) for user in rules.roles
            ]
        return [*found, *(Anomaly("half", "the clerk", 0, f"refused: {why}") for why in self.refused)]

    # What may be changed

    def _choose(self) -> Change:
        user = self.chance.choice([member.user for member in self.company.members.values() if member.moves])
        if not self.rules.active[user]:
            return self._enable(user, active=True)
        ways = (self._regrade, self._regrade, self._regrant, self._move, self._raise, self._disable, self._replant)
        return self.chance.choice(ways)(user)

    def _enable(self, user: int, *, active: bool) -> Change:
        after = deepcopy(self.rules)
        after.active[user] = active
        return f"users/{user}", {"active": active}, after

    def _disable(self, user: int) -> Change:
        return self._enable(user, active=False)

    def _regrade(self, user: int) -> Change:
        """Another role."""
        after = deepcopy(self.rules)
        after.roles[user] = self.chance.choice([role for role in after.levels if role != after.roles[user]])
        return f"users/{user}", {"roles": [after.roles[user]]}, after

    def _regrant(self, user: int) -> Change:
        """Another level for all who have the role that shifts."""
        after, role = deepcopy(self.rules), self.company.roles[SHIFTING]
        if role not in after.roles.values():
            after.roles[user] = role
            return f"users/{user}", {"roles": [role]}, after
        after.levels[role] = level = self.chance.choice([each for each in LEVELS if each != after.levels[role]])
        return f"roles/{role}", {"grants": {kind: {"read": level} for kind in KINDS}}, after

    def _move(self, user: int) -> Change:
        """Another department, with all one's records."""
        after = deepcopy(self.rules)
        others = [each for each in (None, *after.parents) if each != after.departments[user]]
        after.departments[user] = self.chance.choice(others)
        return f"users/{user}", {"department": after.departments[user]}, after

    def _raise(self, user: int) -> Change:
        """To an admin, or down again. It says nothing about what may be read."""
        self._admins ^= {user}
        return f"users/{user}", {"admin": user in self._admins}, deepcopy(self.rules)

    def _replant(self, _: int) -> Change:
        """A department under another one."""
        after = deepcopy(self.rules)
        department = self.chance.choice([each for each, above in after.parents.items() if each != self._top()])
        places = [
            each
            for each in (None, *after.parents)
            if each != after.parents[department] and not is_under(each, department, after.parents)
        ]
        after.parents[department] = self.chance.choice(places)
        return f"departments/{department}", {"parent": after.parents[department]}, after

    def _top(self) -> int | None:
        return self.rules.departments[self.company.members["boss"].user]

    # How it is done

    async def _do(self, change: Change) -> None:
        path, body, after = change
        key = f"clerk-{len(self._done)}-{self.chance.randrange(10**9)}"
        boss = self.company.members["boss"]
        headers = {"Authorization": f"Bearer {boss.token}", "Idempotency-Key": key}
        while True:
            node = self.chance.choice(self.nodes)
            try:
                answer = await self.http.patch(f"{node.http}/api/v1/{path}", json=body, headers=headers)
            except (httpx.HTTPError, OSError):
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code not in {401, 429}:
                break
            await asyncio.sleep(self.chance.uniform(0, PAUSE))
        if answer.status_code >= 400:
            self.refused.append(f"{path} {body}: {answer.text[:200]}")
            return
        if concerned := self._concerned(path, after):  # a change that concerns nobody is told to nobody
            self._done.append((concerned, after))
        self.rules = after

    def _concerned(self, path: str, after: Rules) -> frozenset[int]:
        """Whose rights may be others: who is changed, has the role, or is above the department."""
        noun, _, number = path.partition("/")
        match noun:
            case "users":
                return frozenset({int(number)})
            case "roles":
                return frozenset(user for user, role in after.roles.items() if role == int(number))
            case _:
                return frozenset(user for user in after.roles if after.below(user) != self.rules.below(user))
