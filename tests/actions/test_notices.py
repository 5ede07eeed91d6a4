"""What rings whose bell, what does not, and what takes it away again."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert, update

from server.domain.access import Action, Level
from server.domain.events import Event, Name
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.store.reading import recount
from server.store.schema import user_roles, users
from tests.actions.doings import READS_ALL, act, task
from tests.attending import bell, reasons
from tests.world import World


async def company(world: World) -> tuple[UserId, UserId, RecordId]:
    """Ana, Luis, and a deal of Ana's."""
    ana, luis = await world.user("Ana"), await world.user("Luis")
    return ana, luis, await world.record(ana, Kind.DEAL)


async def post(world: World, user: UserId, deal: RecordId, text: str = "hello", **chips: object) -> int:
    """A message, by its id."""
    made = await world.do(user, "message.publish", text=text, about=[deal], key=None, **chips)
    return int(str(made["id"]))


def told(world: World, user: UserId) -> list[Event]:
    """What the bell of somebody was told by events."""
    names = {Name.NOTIFICATION_ADDED, Name.NOTIFICATION_CHANGED}
    return [event for event in world.events if event.name in names and user in event.audience]


def rung(world: World, user: UserId) -> int:
    """How often the bell of somebody rang."""
    return sum(event.name is Name.NOTIFICATION_ADDED for event in told(world, user))


async def unread(world: World, user: UserId) -> int:
    """What the bell's number has to be."""
    async with world.store.database.reading() as connection:
        return (await recount(connection, [user]))[user].unread


async def test_a_notification_says_who_did_what_where_and_how_many_wait(world: World) -> None:
    ana, luis, deal = await company(world)

    entry = await post(world, ana, deal, f"see #{{{deal}}}", to=[{"user": luis}])

    (only,) = await bell(world, luis)
    place = only.pop("place")
    assert only == {
        "id": only["id"],
        "reason": "addressed",
        "at": only["at"],
        "read": False,
        "actor": {"user": ana, "name": "Ana"},
        "entry": entry,
        "type": "message",
        "comment": None,
        "records": [only["records"][0]],  # type: ignore[index]
        "text": f"see #{{{deal}}}",
        "mentions": only["records"],
    }
    (event,) = told(world, luis)
    assert (event.position, event.data) == (place, {"notification": only | {"place": place}, "unread": 1})


async def test_my_own_acts_never_ring_my_bell(world: World) -> None:
    ana, _, deal = await company(world)

    entry = await post(world, ana, deal, f"me: @{{{ana}}}", to=[{"user": ana}])
    await world.do(ana, "comment.add", entry=entry, text="more")
    await world.do(ana, "reaction.add", entry=entry, emoji="👍")
    await world.do(ana, "record.update", record=deal, fields={"stage": world.stages["deal", "Proposal"]})

    assert await reasons(world, ana) == []


async def test_a_second_comment_renews_the_notification_of_the_first(world: World) -> None:
    ana, luis, deal = await company(world)
    first = await post(world, ana, deal)
    second = await post(world, ana, deal)
    for entry in (first, second):
        await world.do(luis, "comment.add", entry=entry, text="one")
    before = await bell(world, ana)
    await world.do(ana, "notifications.read", notifications=[one["id"] for one in before])

    await world.do(luis, "comment.add", entry=first, text="two")

    after = await bell(world, ana)
    assert [(one["id"], one["text"], one["read"]) for one in after] == [
        (before[1]["id"], "two", False),
        (before[0]["id"], "one", True),
    ]
    assert told(world, ana)[-1].data["unread"] == await unread(world, ana) == 1


async def test_a_comment_tells_those_who_commented_before(world: World) -> None:
    ana, luis, deal = await company(world)
    eva = await world.user("Eva")
    entry = await post(world, ana, deal)
    await world.do(luis, "comment.add", entry=entry, text="one")

    await world.do(eva, "comment.add", entry=entry, text=f"two, @{{{ana}}}")

    assert await reasons(world, luis) == [("comment", entry, True)]
    assert await reasons(world, ana) == [("mentioned", entry, True), ("comment", entry, True)]


async def test_an_edit_tells_whom_it_mentions_now_and_only_once(world: World) -> None:
    ana, luis, deal = await company(world)
    entry = await post(world, ana, deal)
    comment = (await world.do(ana, "comment.add", entry=entry, text="hi"))["id"]

    for text in (f"@{{{luis}}}", "nobody", f"again @{{{luis}}}"):
        await world.do(ana, "message.edit", entry=entry, text=text)
    assert rung(world, luis) == 1

    for text in (f"@{{{luis}}}", "nobody", f"again @{{{luis}}}"):
        await world.do(ana, "comment.edit", comment=comment, text=text)
    assert rung(world, luis) == 2
    assert await reasons(world, luis) == [("mentioned", entry, True)]


async def test_a_reaction_tells_the_author_until_the_last_one_is_taken_back(world: World) -> None:
    ana, luis, deal = await company(world)
    eva = await world.user("Eva")
    entry = await post(world, ana, deal)
    for user in (ana, luis, eva):
        await world.do(user, "reaction.add", entry=entry, emoji="👍")
    (only,) = await bell(world, ana)

    await world.do(luis, "reaction.remove", entry=entry, emoji="👍")
    assert await reasons(world, ana) == [("reaction", entry, True)]
    await world.do(eva, "reaction.remove", entry=entry, emoji="👍")

    assert await bell(world, ana) == []
    assert told(world, ana)[-1].data == {"notifications": [only["id"]], "removed": True, "unread": 0}


async def test_a_handover_tells_both_and_a_new_stage_tells_the_responsible_person(world: World) -> None:
    ana, luis, deal = await company(world)
    eva = await world.user("Eva")

    await world.do(eva, "record.update", record=deal, fields={"responsible": luis})
    await world.do(eva, "record.update", record=deal, fields={"stage": world.stages["deal", "Proposal"]})

    assert [why for why, _, _ in await reasons(world, ana)] == ["relieved"]
    assert [why for why, _, _ in await reasons(world, luis)] == ["stage", "responsible"]


async def test_whoever_loses_the_right_to_read_is_not_told_of_it(world: World) -> None:
    ana, boss = await world.user("Ana", Level.OWN), await world.user("Boss")
    deal = await world.record(ana, Kind.DEAL)

    await world.do(boss, "record.update", record=deal, fields={"responsible": boss})

    assert told(world, ana) == []
    assert await bell(world, ana) == []


async def test_a_record_or_a_task_made_for_somebody_tells_them(world: World) -> None:
    ana, luis, deal = await company(world)

    await world.record(ana, Kind.LEAD, responsible=luis)
    made = await task(world, ana, deal, responsible=luis)
    assert [why for why, _, _ in await reasons(world, luis)] == ["responsible", "responsible"]

    await act(world, ana, "update", activity=made["id"], responsible=ana)
    assert [why for why, _, _ in await reasons(world, luis)] == ["relieved", "responsible", "responsible"]


@pytest.mark.parametrize(("type", "rings"), [("person", True), ("bot", True), ("wall", False)])
async def test_people_and_bots_are_told_that_they_are_addressed(world: World, type: str, rings: bool) -> None:
    ana, _, deal = await company(world)
    other = await world.user("Other", type=type)

    entry = await post(world, ana, deal, to=[{"user": other}])
    await world.do(ana, "comment.add", entry=entry, text="and more")

    expected = {"person": ["comment", "addressed"], "bot": ["addressed"], "wall": []}[type]
    assert [why for why, _, _ in await reasons(world, other)] == expected
    assert bool(told(world, other)) is rings


async def test_the_disabled_are_told_nothing(world: World) -> None:
    ana, luis, deal = await company(world)
    entry = await post(world, ana, deal, to=[{"user": luis}])
    async with world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == luis).values(active=False))
    before = len(told(world, luis))

    await world.do(ana, "comment.add", entry=entry, text="are you there?")
    await world.do(ana, "message.delete", entry=entry)

    assert len(told(world, luis)) == before


async def test_a_mention_widens_no_right(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    deal = await world.record(ana, Kind.DEAL)

    await post(world, ana, deal, f"@{{{luis}}}")

    assert await bell(world, luis) == []
    assert told(world, luis) == []


async def test_the_addressed_see_a_lock_in_the_place_of_the_record(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    deal = await world.record(ana, Kind.DEAL, title="Secret")

    await post(world, ana, deal, f"about #{{{deal}}}", to=[{"user": luis}])

    (only,) = await bell(world, luis)
    assert only["records"] == only["mentions"] == [{"kind": "deal", "locked": True}]
    assert told(world, luis)[0].readers.keys() == {deal}


async def test_what_may_no_longer_be_read_leaves_the_bell_and_its_number_and_the_replay(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READS_ALL)
    deal = await world.record(ana, Kind.DEAL)
    await post(world, ana, deal, f"@{{{luis}}}")
    (event,) = told(world, luis)
    assert await unread(world, luis) == 1

    async with world.store.database.writing() as connection:
        role = (await connection.execute(user_roles.delete().returning(user_roles.c.role_id))).scalars().all()[-1]

    assert (await bell(world, luis), await unread(world, luis)) == ([], 0)
    (replayed,) = await world.store.log.replay(event.position - 1, event.position)
    assert replayed.data == {}
    async with world.store.database.writing() as connection:
        await connection.execute(insert(user_roles).values(user_id=luis, role_id=role))
    (again,) = await world.store.log.replay(event.position - 1, event.position)
    assert (again.data, again.audience) == (event.data, event.audience)


async def test_deleting_takes_notifications_out_of_the_bell_and_their_words_out_of_the_log(world: World) -> None:
    ana, luis, deal = await company(world)
    entry = await post(world, ana, deal, "secret words", to=[{"user": luis}])
    comment = (await world.do(ana, "comment.add", entry=entry, text="secret thoughts"))["id"]
    addressed, commented = sorted(int(str(one["id"])) for one in await bell(world, luis))
    await world.do(ana, "message.edit", entry=entry, text="other secret words")
    await world.do(ana, "comment.edit", comment=comment, text="other secret thoughts")

    await world.do(ana, "comment.delete", comment=comment)
    assert told(world, luis)[-1].data == {"notifications": [commented], "removed": True, "unread": 1}
    await world.do(ana, "message.delete", entry=entry)

    assert told(world, luis)[-1].data == {"notifications": [addressed], "removed": True, "unread": 0}
    assert await bell(world, luis) == []
    log = await world.store.log.read(0, (await world.store.log.head()).position)
    assert "secret" not in str([event.data for event in log])


async def test_an_edit_changes_the_words_of_a_notification_and_keeps_its_event_replayable(world: World) -> None:
    ana, luis, deal = await company(world)
    entry = await post(world, ana, deal, "first words", to=[{"user": luis}])
    (event,) = told(world, luis)

    await world.do(ana, "message.edit", entry=entry, text="better words")

    (replayed,) = await world.store.log.replay(event.position - 1, event.position)
    (only,) = await bell(world, luis)
    assert only["text"] == "better words"
    assert replayed.data == {"notification": only, "unread": 1}


async def test_whoever_was_told_of_a_text_reads_its_edit_and_what_was_read_stays_read(world: World) -> None:
    ana, luis, deal = await company(world)
    eva = await world.user("Eva")
    entry = await post(world, ana, deal, "first words", to=[{"user": luis}, {"user": eva}])
    (only,) = await bell(world, luis)
    await world.do(luis, "notifications.read", notifications=[only["id"]], upto=None)
    world.events.clear()

    await world.do(ana, "message.edit", entry=entry, text=f"better words, #{{{deal}}}")

    for user, waiting in ((luis, 0), (eva, 1)):
        (now,) = await bell(world, user)
        (event,) = told(world, user)
        assert event.data == {"notification": now, "unread": waiting}
        assert now["read"] is (user == luis)
        assert "better words" in str(now["text"])
    (now,) = await bell(world, luis)
    assert now["place"] == only["place"]


async def test_an_edited_comment_is_told_to_who_was_told_of_it_without_having_the_entry_in_mine(world: World) -> None:
    ana, luis, deal = await company(world)
    entry = await post(world, ana, deal)
    await world.do(luis, "comment.add", entry=entry, text="one")
    comment = (await world.do(ana, "comment.add", entry=entry, text="two"))["id"]
    world.events.clear()

    await world.do(ana, "comment.edit", comment=comment, text="three")

    (changed,) = [event for event in world.events if event.name is Name.COMMENT_CHANGED]
    assert luis not in changed.audience
    assert [event.data for event in told(world, luis)] == [{"notification": (await bell(world, luis))[0], "unread": 1}]


async def test_an_edit_is_told_to_nobody_who_may_not_read_it_and_replayed_as_of_now(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READS_ALL)
    deal = await world.record(ana, Kind.DEAL)
    entry = await post(world, ana, deal, f"@{{{luis}}}")
    await world.do(ana, "message.edit", entry=entry, text="once more")
    edited = told(world, luis)[-1]
    async with world.store.database.writing() as connection:
        await connection.execute(user_roles.delete().where(user_roles.c.user_id == luis))
    before = len(told(world, luis))

    await world.do(ana, "message.edit", entry=entry, text="not for Luis")

    (replayed,) = await world.store.log.replay(edited.position - 1, edited.position)
    assert replayed.data == {}
    assert len(told(world, luis)) == before


async def test_an_activity_that_is_taken_from_somebody_takes_its_notifications_along(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    luis = await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal, responsible=luis)
    await world.do(ana, "comment.add", entry=made["entry"], text="please")
    gone = sorted(int(str(one["id"])) for one in await bell(world, luis))
    kept = await bell(world, eva)

    await act(world, ana, "update", activity=made["id"], responsible=eva)

    assert told(world, luis)[-1].data == {"notifications": gone, "removed": True, "unread": 0}
    assert await unread(world, luis) == 0
    assert len(await bell(world, eva)) == len(kept) + 1


async def test_an_activity_that_reads_differently_does_so_in_the_bell(world: World) -> None:
    ana, luis, deal = await company(world)
    made = await task(world, ana, deal, responsible=luis)
    world.events.clear()

    await act(world, ana, "update", activity=made["id"], priority="high")
    await act(world, ana, "update", activity=made["id"], subject="Send both")

    (only,) = await bell(world, luis)
    assert only["text"] == "Send both"
    assert [event.data for event in told(world, luis)] == [{"notification": only, "unread": 1}]


async def test_a_preference_turns_a_reason_off_and_on(world: World) -> None:
    ana, luis, deal = await company(world)

    me = await world.do(luis, "notifications.prefer", notify={"addressed": "off", "comment": "mail"})
    silent = await post(world, ana, deal, to=[{"user": luis}])
    await world.do(ana, "comment.add", entry=silent, text="psst")
    await world.do(luis, "notifications.prefer", notify={"addressed": "bell"})
    loud = await post(world, ana, deal, to=[{"user": luis}])

    assert (me["notify"]["addressed"], me["notify"]["comment"], me["notify"]["stage"]) == ("off", "mail", "bell")  # type: ignore[index]
    assert await reasons(world, luis) == [("addressed", loud, True), ("comment", silent, True)]


async def test_fifty_people_cost_as_many_statements_as_two(world: World) -> None:
    ana, luis, deal = await company(world)
    team = await world.department("Team")
    for number in range(50):
        await world.user(f"U{number}", Level.ALL, department=team)
    statements = 0

    @event.listens_for(world.store.database._writer.sync_engine, "before_cursor_execute")
    def _count(*_: object) -> None:
        nonlocal statements
        statements += 1

    async def cost(*to: JsonObject) -> int:
        nonlocal statements
        statements = 0
        await post(world, ana, deal, to=list(to))
        return statements

    eva = await world.user("Eva", Level.ALL, department=team)
    few, many = await cost({"user": luis}, {"user": eva}), await cost({"department": team})

    assert many - few <= 4
    assert len(await bell(world, eva)) == 2


async def test_an_excerpt_never_ends_in_half_a_mention(world: World) -> None:
    ana, luis, deal = await company(world)

    await post(world, ana, deal, "x" * 197 + f"@{{{luis}}} and more", to=[{"user": luis}])

    (only,) = await bell(world, luis)
    assert only["text"] == "x" * 197 + "…"
    assert only["mentions"] == []


async def test_reading_rights_are_asked_of_each_of_many_by_their_own(world: World) -> None:
    """Users with the same level differ in what is their own: one statement counts for all of them."""
    ana = await world.user("Ana")
    own = {(Kind.DEAL, action): Level.OWN for action in Action}
    people = [await world.user(f"Own{number}", grants=own) for number in range(3)]
    deals = [await world.record(ana, Kind.DEAL, responsible=user) for user in people]
    for deal in deals:
        await post(world, ana, deal, " ".join(f"@{{{user}}}" for user in people))

    async with world.store.database.reading() as connection:
        counted = await recount(connection, people)

    assert [counted[user].unread for user in people] == [2, 2, 2]
