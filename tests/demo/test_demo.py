"""The demo company keeps the rules that the actions keep, and is the same every time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Row, Table, select, update

from server.actions.perform import perform
from server.actions.record_rows import index
from server.demo import PASSWORD, NotEmpty, fill
from server.domain.access import Action, Level, readers
from server.domain.activities import Type
from server.domain.entries import TYPES, Family
from server.domain.text import parse_mentions
from server.domain.words import EntryId, RecordId, UserId
from server.store import Store
from server.store.access import load_access, owned, visible_entries
from server.store.check import CHECKS
from server.store.migrate import migrate
from server.store.schema import (
    activities,
    activity_people,
    activity_records,
    comments,
    departments,
    entries,
    entry_people,
    entry_records,
    events,
    follows,
    history,
    log_head,
    reactions,
    recipients,
    records,
    role_grants,
    stage_visits,
    stages,
    users,
)

NOW = int(datetime(2026, 11, 24, 11, 40, tzinfo=UTC).timestamp() * 1000)

Rows = Sequence[Row[tuple[object, ...]]]


@pytest.fixture
async def demo(database_url: str) -> AsyncIterator[Store]:
    """A portal with the demo company."""
    store = Store(database_url)
    await fill(store, NOW)
    yield store
    await store.close()


@pytest.fixture
async def small(sqlite_url: str) -> AsyncIterator[Store]:
    """The same on SQLite alone, for what the database has no part in."""
    store = Store(sqlite_url)
    await fill(store, NOW)
    yield store
    await store.close()


async def rows(store: Store, table: Table) -> Rows:
    """All rows of a table, in the order of their keys."""
    async with store.database.reading() as connection:
        return (await connection.execute(select(table).order_by(*table.primary_key.columns))).all()


async def test_positions_are_in_the_order_of_time_and_the_log_begins_after_them(demo: Store) -> None:
    head = (await rows(demo, log_head))[0]
    made = sorted(await rows(demo, entries), key=lambda entry: entry.added)

    assert head.floor == head.position
    assert await rows(demo, events) == []
    assert [entry.at for entry in made] == sorted(entry.at for entry in made)
    assert all(0 < entry.added <= entry.bumped <= head.position for entry in made)
    assert len({entry.added for entry in made}) == len({entry.bumped for entry in made}) == len(made)


async def test_every_bound_activity_has_one_entry_and_the_others_none(demo: Store) -> None:
    bound = {row.activity_id for row in await rows(demo, activity_records)}
    shown = Counter(entry.activity_id for entry in await rows(demo, entries) if entry.activity_id is not None)

    assert shown == Counter(bound)
    unbound = [row for row in await rows(demo, activities) if row.id not in bound]
    assert unbound
    assert {row.type for row in unbound} == {"task"}


async def test_entries_hang_together_with_people_records_and_comments(demo: Store) -> None:
    people: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    about: defaultdict[int, list[int]] = defaultdict(list)
    spoken: defaultdict[int, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in await rows(demo, entry_people):
        people[row.entry_id].add((row.user_id, row.part))
    for row in sorted(await rows(demo, entry_records), key=lambda row: row.sort):
        about[row.entry_id].append(row.record_id)
    for row in await rows(demo, comments):
        spoken[row.entry_id].append(row)
    planned = {row.id: row for row in await rows(demo, activities)}
    helpers = await rows(demo, activity_people)

    for entry in await rows(demo, entries):
        expected = {(entry.author_id, "author")}
        texts = [entry.text, *(comment.text for comment in spoken[entry.id])]
        expected |= {(user, "mentioned") for text in texts for user in parse_mentions(text).users}
        if entry.activity_id is not None:
            expected.add((planned[entry.activity_id].responsible_id, "responsible"))
            expected |= {(row.user_id, "participant") for row in helpers if row.activity_id == entry.activity_id}
        assert {pair for pair in people[entry.id] if pair[1] != "addressed"} == expected
        assert entry.comment_count == len(spoken[entry.id])
        assert [comment.at for comment in spoken[entry.id]] == sorted(comment.at for comment in spoken[entry.id])
        assert about[entry.id]
        assert entry.subject_id is None or about[entry.id][0] == entry.subject_id


async def test_addressees_are_the_people_and_departments_in_to(demo: Store) -> None:
    members: defaultdict[int, set[int]] = defaultdict(set)
    for user in await rows(demo, users):
        members[user.department_id].add(user.id)
    expected: defaultdict[int, set[int]] = defaultdict(set)
    for chip in await rows(demo, recipients):
        expected[chip.entry_id] |= ({chip.user_id} if chip.user_id else set()) | members.get(chip.department_id, set())

    addressed: defaultdict[int, set[int]] = defaultdict(set)
    for row in await rows(demo, entry_people):
        if row.part == "addressed":
            addressed[row.entry_id].add(row.user_id)
    assert {entry: found for entry, found in expected.items() if found} == addressed


async def test_records_are_found_and_owned_as_actions_leave_them(demo: Store) -> None:
    before = {row.id: row for row in await rows(demo, records)}
    department = {row.id: row.department_id for row in await rows(demo, users)}

    async with demo.works.open(UserId(1)) as work:
        for record in before:
            await index(work, RecordId(record))

    for row in await rows(demo, records):
        assert sorted(before[row.id].search.split("\n")) == sorted(row.search.split("\n"))
        assert row.department_id == department[row.responsible_id]
        assert row.created_at <= row.changed_at <= NOW
        assert row.created_at <= row.last_activity_at <= NOW


async def test_nobody_wrote_what_they_may_not_write(demo: Store) -> None:
    made = {entry.id: entry for entry in await rows(demo, entries)}
    about = await rows(demo, entry_records)
    async with demo.database.reading() as connection:
        access = {user.id: await load_access(connection, UserId(user.id)) for user in await rows(demo, users)}
        facts = await owned(connection, {RecordId(row.record_id) for row in about})
        sees = {user: await visible_entries(connection, may, map(EntryId, made)) for user, may in access.items()}

    for row in about:
        entry = made[row.entry_id]
        if TYPES[entry.type].family != Family.CHANGE or row.record_id == entry.subject_id:
            assert access[entry.author_id].may(Action.UPDATE, facts[RecordId(row.record_id)])
    for comment in await rows(demo, comments):
        assert comment.entry_id in sees[comment.author_id]
    for reaction in await rows(demo, reactions):
        assert reaction.entry_id in sees[reaction.user_id]
    followed = {row.id: row for row in await rows(demo, records)}
    for follow in await rows(demo, follows):
        record = RecordId(follow.record_id)
        assert followed[record].responsible_id != follow.user_id
        assert not access[follow.user_id].held().isdisjoint(readers(facts[record]))


async def test_stages_end_where_the_last_change_left_them(small: Store) -> None:
    known = {row.id: row for row in await rows(small, stages)}
    last: dict[int, int] = {}
    for entry in sorted(await rows(small, entries), key=lambda entry: entry.added):
        if entry.type in {"stage", "accepted", "declined"}:
            assert last.get(entry.subject_id, entry.change["old"]["stage"]) == entry.change["old"]["stage"]
            last[entry.subject_id] = entry.change["new"]["stage"]

    for record in await rows(small, records):
        if record.stage_id is not None:
            assert known[record.stage_id].kind == record.kind
            assert last.get(record.id, record.stage_id) == record.stage_id


async def test_there_is_something_of_everything(small: Store) -> None:
    planned = await rows(small, activities)
    open_ = [row for row in planned if row.status == "planned" and row.deadline is not None]
    made = await rows(small, entries)
    texts = [entry.text for entry in made if entry.type == "message"]
    people = await rows(small, users)

    assert {row.type for row in planned} == {str(type) for type in Type}
    assert {row.status for row in planned} == {"planned", "completed", "missed"}
    assert any(row.deadline < NOW for row in open_)
    assert any(NOW < row.deadline < NOW + 12 * 3_600_000 for row in open_)
    assert any(row.deadline > NOW + 7 * 86_400_000 for row in open_)
    assert Counter(row.kind for row in await rows(small, records)).keys() == {
        "lead",
        "deal",
        "contact",
        "company",
        "quote",
    }
    assert len(set(texts)) > 0.9 * len(texts)
    assert min(entry.at for entry in made) < NOW - 330 * 86_400_000
    assert max(entry.at for entry in made) > NOW - 86_400_000
    assert {person.language for person in people} == {"en", "es"}
    assert len({person.time_zone for person in people}) >= 5
    assert len(people) == 12
    assert any(row.parent_id is not None for row in await rows(small, departments))
    assert {row.level for row in await rows(small, role_grants)} == set(Level) - {Level.NONE}


async def test_everybody_signs_in_with_the_same_password(small: Store) -> None:
    hashes = {person.password_hash for person in await rows(small, users)}

    assert len(hashes) == 1
    assert PasswordHasher().verify(hashes.pop(), PASSWORD)


async def test_the_same_moment_makes_the_same_company(small: Store, empty_sqlite_url: str) -> None:
    other = Store(empty_sqlite_url)
    await migrate(other.database)
    await fill(other, NOW)

    for table in (records, entries, comments, activities, follows, recipients):
        assert await rows(small, table) == await rows(other, table)
    await other.close()


async def test_a_portal_with_data_is_refused_and_left_alone(demo: Store) -> None:
    before = await rows(demo, records)

    with pytest.raises(NotEmpty):
        await fill(demo, NOW)

    assert await rows(demo, records) == before


async def test_a_portal_that_had_data_is_refused_too(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    async with store.database.writing() as connection:
        await connection.execute(update(log_head).values(position=7))

    with pytest.raises(NotEmpty):
        await fill(store, NOW)

    await store.close()


async def test_life_goes_on_in_the_demo_company(demo: Store) -> None:
    record = next(row for row in await rows(demo, records) if row.kind == "deal")
    last = (await rows(demo, entries))[-1].id

    said = await perform(demo, UserId(1), "message.publish", {"text": "Hello", "about": [record.id]})
    made = await perform(demo, UserId(1), "record.create", {"kind": "company", "fields": {"title": "New one"}})

    assert isinstance(said, dict)
    assert said["id"] > last
    assert isinstance(made, dict)
    assert made["record"] == len(await rows(demo, records))


async def test_everything_that_is_kept_is_right(demo: Store) -> None:
    async with demo.database.reading() as connection:
        wrong = {name: await count(connection) for name, count in CHECKS.items()}
        noted = Counter((await connection.execute(select(history.c.field))).scalars())
        visited = set((await connection.execute(select(stage_visits.c.record_id))).scalars())
        staged = set((await connection.execute(select(records.c.id).where(records.c.stage_id.is_not(None)))).scalars())

    assert set(wrong.values()) == {0}
    assert noted[None] > 100
    assert noted["stage"] > 100
    assert visited == staged
