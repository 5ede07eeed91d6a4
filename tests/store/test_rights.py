"""Rights are said twice, as conditions in SQL and as sets in the domain: both give one answer, whatever the company."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings, strategies as st
from sqlalchemy import select

from server.domain.access import Access, Action
from server.domain.entries import EntryFacts, Follower, audience, principals
from server.domain.filters import Filter, matches, types_for
from server.domain.text import fold
from server.domain.words import Kind, UserId
from server.store.access import load_accesses, may, mine, readable, visible
from server.store.facts import entry_facts, followers_of
from server.store.schema import entries, records
from server.store.shapes import shape_entries
from server.store.stream import conditions
from tests.store.organisations import Organisation, Plan, plans, write
from tests.world import World

SHARED = settings(
    max_examples=15,
    deadline=None,  # databases take the time they take
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # examples add to one database, on purpose
)


def follows_of(made: Organisation, entry: EntryFacts) -> list[Follower]:
    return [follow for record in entry.records for follow in made.follows.get(record, ())]


@SHARED
@given(plan=plans())
async def test_a_record_allows_in_sql_what_it_allows_in_the_domain(world: World, plan: Plan) -> None:
    async with world.store.database.writing() as connection:
        made = await write(connection, plan)

        for access in made.accesses:
            for action in (Action.READ, Action.UPDATE, Action.DELETE):
                chosen = select(records.c.id).where(records.c.id.in_(made.records), may(access, action))
                allowed = set((await connection.execute(chosen)).scalars())
                assert allowed == {id for id, record in made.records.items() if access.may(action, record)}
            chosen = select(records.c.id).where(records.c.id.in_(made.records), readable(access))
            found = set((await connection.execute(chosen)).scalars())
            assert found == {id for id, record in made.records.items() if access.may(Action.READ, record)}


@SHARED
@given(plan=plans())
async def test_rights_and_facts_are_loaded_as_they_were_written(world: World, plan: Plan) -> None:
    async with world.store.database.writing() as connection:
        made = await write(connection, plan)

        loaded = await load_accesses(connection, [access.user for access in made.accesses])
        facts = await entry_facts(connection, made.entries)
        following = await followers_of(connection, made.records)

    assert {user: normal(access) for user, access in loaded.items()} == {
        access.user: normal(access) for access in made.accesses
    }
    assert facts == made.entries
    assert {record: set(followers) for record, followers in following.items()} == {
        record: set(followers) for record, followers in made.follows.items()
    }


def normal(access: Access) -> tuple[UserId, object, object, object]:
    """Grants of level NONE and missing ones are the same."""
    levels = {(kind, action): access.level(kind, action) for kind in Kind for action in Action}
    return access.user, access.department, access.below, levels


@SHARED
@given(plan=plans())
async def test_an_entry_is_visible_in_sql_exactly_when_principals_meet(world: World, plan: Plan) -> None:
    async with world.store.database.writing() as connection:
        made = await write(connection, plan)

        for access in made.accesses:
            chosen = select(entries.c.id).where(entries.c.id.in_(made.entries), visible(access))
            seen = set((await connection.execute(chosen)).scalars())
            held = access.held()
            assert seen == {id for id, entry in made.entries.items() if not held.isdisjoint(principals(entry))}


@SHARED
@given(plan=plans())
async def test_an_entry_is_in_mine_in_sql_exactly_when_the_user_is_in_its_audience(world: World, plan: Plan) -> None:
    async with world.store.database.writing() as connection:
        made = await write(connection, plan)

        for access in made.accesses:
            chosen = select(entries.c.id).where(entries.c.id.in_(made.entries), mine(access.user), visible(access))
            seen = set((await connection.execute(chosen)).scalars())
            held = access.held()
            assert seen == {
                id
                for id, entry in made.entries.items()
                if access.user in audience(entry, follows_of(made, entry)) and not held.isdisjoint(principals(entry))
            }


@st.composite
def filters(draw: st.DrawFn) -> tuple[Filter, frozenset[int]]:
    """A filter, and the authors in it by their place in the plan."""
    kinds = draw(st.frozensets(st.sampled_from(["message", "activity", "change", "task", "call"]), max_size=2))
    moment = st.none() | st.integers(0, 6)
    wanted = Filter(
        types=types_for(kinds) if kinds else frozenset(),
        since=draw(moment),
        until=draw(moment),
        record_kinds=draw(st.frozensets(st.sampled_from(Kind), max_size=2)),
        text=draw(st.text(alphabet="aÁáçßS%_/℡Tş\\ ", max_size=2)),
    )
    return wanted, draw(st.frozensets(st.integers(0, 1), max_size=2))


@SHARED
@given(plan=plans(), wanted=filters())
async def test_a_filter_chooses_in_sql_what_it_lets_through_live(
    world: World, plan: Plan, wanted: tuple[Filter, frozenset[int]]
) -> None:
    async with world.store.database.writing() as connection:
        made = await write(connection, plan)
        chosen, indexes = wanted
        authors = frozenset(made.accesses[index].user for index in indexes)
        chosen = Filter(chosen.types, authors, chosen.since, chosen.until, chosen.record_kinds, chosen.text)

        found = await connection.execute(
            select(entries.c.id).where(entries.c.id.in_(made.entries), *conditions(chosen))
        )
        shapes = await shape_entries(connection, made.entries)

    assert set(found.scalars()) == {id for id, shape in shapes.items() if matches(chosen, shape)}


@given(st.text(max_size=20))
@example("℡ İ ﬃ ǅ")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
