"""Whatever people do: the bell is what a model of twenty lines says, and counting by events is counting anew."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import count

from hypothesis import HealthCheck, given, settings, strategies as st

from server.domain.access import Level
from server.domain.entries import principals
from server.domain.words import EntryId, Kind, RecordId, UserId
from server.errors import Forbidden, NotFound
from server.store.access import load_accesses
from server.store.facts import entry_facts
from server.store.reading import recount
from tests.attending import Device, reasons
from tests.world import World

SHARED = settings(
    max_examples=8,
    deadline=None,  # databases take the time they take
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # examples add to one database, on purpose
)
NUMBERS = count(1)
EMOJI = "👍"


class Model:
    """Who should have been told of what. Knows who takes part, and asks only who may read an entry."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bell: dict[tuple[UserId, str, EntryId], bool] = {}
        self.parts: dict[EntryId, set[UserId]] = {}
        self.author: dict[EntryId, UserId] = {}
        self.liked: dict[EntryId, set[UserId]] = {}

    async def sees(self, user: UserId, entry: EntryId) -> bool:
        async with self.world.store.database.reading() as connection:
            facts = (await entry_facts(connection, [entry])).get(entry)
            held = (await load_accesses(connection, [user]))[user].held()
        return facts is not None and not held.isdisjoint(principals(facts))

    async def tell(self, actor: UserId, entry: EntryId, **told: Sequence[UserId]) -> None:
        """The reasons in the order of their strength."""
        done = {actor}
        for reason, users in told.items():
            for user in set(users) - done:
                done.add(user)
                if await self.sees(user, entry):
                    self.bell[user, reason, entry] = True

    def read(self, user: UserId, entry: EntryId) -> None:
        self.bell |= {key: False for key in self.bell if key[0] == user and key[2] == entry}

    def forget(self, entry: EntryId, reason: str | None = None) -> None:
        self.bell = {key: on for key, on in self.bell.items() if key[2] != entry or reason not in {None, key[1]}}

    async def of(self, user: UserId) -> set[tuple[str, int, bool]]:
        return {(why, e, on) for (who, why, e), on in self.bell.items() if who == user and await self.sees(user, e)}


class Story:
    """A few people with different rights, two records, and whatever they do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = Model(world)
        self.people: list[UserId] = []
        self.deals: list[RecordId] = []
        self.messages: list[EntryId] = []

    async def begin(self) -> None:
        for level in (Level.ALL, Level.ALL, Level.OPENED, Level.OWN):
            self.people.append(await self.world.user(f"P{next(NUMBERS)}", level))
        for owner in self.people[:2]:
            self.deals.append(await self.world.record(owner, Kind.DEAL, opened=True))
        self.devices = [Device(self.world, user) for user in self.people for _ in range(2)]
        for device in self.devices:
            await device.ask()

    async def act(self, what: str, actor: int, one: int, two: int) -> None:
        """Does it, if it may be done; then every device takes what is new, some of it twice."""
        user, other, deal = self.people[actor], self.people[one], self.deals[two % 2]
        before = len(self.world.events)
        entry = self.messages[(one + two) % len(self.messages)] if self.messages else None
        with suppress(Forbidden, NotFound):
            await getattr(self, what)(user, other, deal, entry)
        for device in self.devices:
            for event in self.world.events[max(before - 2, 0) :]:
                await device.take(event)
            if device.stale:
                await device.ask()

    async def post(self, user: UserId, other: UserId, deal: RecordId, _: object) -> None:
        third = self.people[self.people.index(other) - 1]
        made = await self.world.do(user, "message.publish", text=f"@{{{third}}}", about=[deal], to=[{"user": other}])
        entry = EntryId(int(str(made["id"])))
        self.messages.append(entry)
        self.model.author[entry], self.model.parts[entry] = user, {user, other, third}
        await self.model.tell(user, entry, addressed=[other], mentioned=[third])

    async def comment(self, user: UserId, other: UserId, _: object, entry: EntryId | None) -> None:
        if entry is not None:
            await self.world.do(user, "comment.add", entry=entry, text=f"for @{{{other}}}")
            taking_part = [*self.model.parts[entry]]
            self.model.parts[entry] |= {user, other}
            await self.model.tell(user, entry, mentioned=[other], comment=taking_part)

    async def like(self, user: UserId, _: object, __: object, entry: EntryId | None) -> None:
        liked = self.model.liked.setdefault(entry, set()) if entry is not None else set()
        if entry is not None and user not in liked:
            await self.world.do(user, "reaction.add", entry=entry, emoji=EMOJI)
            liked.add(user)
            await self.model.tell(user, entry, reaction=[self.model.author[entry]])

    async def unlike(self, user: UserId, _: object, __: object, entry: EntryId | None) -> None:
        if entry is not None and user in self.model.liked.get(entry, ()):
            await self.world.do(user, "reaction.remove", entry=entry, emoji=EMOJI)
            self.model.liked[entry].discard(user)
            if not self.model.liked[entry] - {self.model.author[entry]}:
                self.model.forget(entry, "reaction")

    async def delete(self, user: UserId, _: object, __: object, entry: EntryId | None) -> None:
        if entry is not None:
            await self.world.do(user, "message.delete", entry=entry)
            self.messages.remove(entry)
            self.model.forget(entry)

    async def hand_over(self, user: UserId, other: UserId, deal: RecordId, _: object) -> None:
        old = (await self.world.do(user, "record.update", record=deal, fields={}))["responsible"]
        before = old["user"] if isinstance(old, dict) else None
        await self.world.do(user, "record.update", record=deal, fields={"responsible": other})
        for event in self.world.events[-8:]:
            told = event.data.get("entry")
            if before != other and isinstance(told, dict) and told["type"] == "responsible" and event.entry:
                await self.model.tell(user, event.entry, relieved=[UserId(before or 0)], responsible=[other])

    async def close(self, user: UserId, other: UserId, deal: RecordId, _: object) -> None:
        await self.world.do(user, "record.update", record=deal, fields={"opened": other % 2 == 0})

    async def follow(self, user: UserId, _: object, deal: RecordId, __: object) -> None:
        await self.world.do(user, "follow.set", record=deal, level="everything")

    async def unfollow(self, user: UserId, _: object, deal: RecordId, __: object) -> None:
        await self.world.do(user, "follow.end", record=deal)

    async def read(self, user: UserId, _: object, __: object, entry: EntryId | None) -> None:
        if entry is not None:
            await self.world.do(user, "entry.read", entry=entry)
            self.model.read(user, entry)

    async def see(self, user: UserId, other: UserId, *_: object) -> None:
        head = (await self.world.store.log.head()).position
        await self.world.do(user, "stream.seen", position=max(0, head - other % 5))


ACTS = [name for name in vars(Story) if name not in {"begin", "act"} and not name.startswith("_")]
act = st.tuples(
    st.sampled_from(["post", "post", "comment", *ACTS]), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)
)


@SHARED
@given(acts=st.lists(act, min_size=5, max_size=15))
async def test_the_bell_and_the_counts_are_right_after_anything(
    world: World, acts: list[tuple[str, int, int, int]]
) -> None:
    story = Story(world)
    await story.begin()

    for done in acts:
        await story.act(*done)

    async with world.store.database.reading() as connection:
        truth = await recount(connection, story.people)
    for user in story.people:
        shown = await reasons(world, user)
        assert set(shown) == await story.model.of(user)
        assert len(shown) == len(set(shown))
        assert sum(unread for _, _, unread in shown) == truth[user].unread
    for device in story.devices:
        known = (device.seen, device.count, device.unread)
        assert known == (truth[device.user].seen, truth[device.user].unseen, truth[device.user].unread)
