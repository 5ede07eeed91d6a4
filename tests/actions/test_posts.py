"""Messages: what they need, whom they reach, what becomes of them (PRODUCT §6)."""

from __future__ import annotations

import pytest

from server.domain.access import Action, Level
from server.domain.events import Name
from server.domain.filters import Filter
from server.domain.words import JsonObject, Kind
from server.errors import Forbidden, Invalid, NotFound
from tests.world import World

READS = {(kind, Action.READ): Level.ALL for kind in Kind}
CONTACT = {"first_name": "Raúl", "emails": [{"value": "raul@aurora.example"}, {"value": "second@aurora.example"}]}


def wrong(error: Invalid) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in error.errors]


async def test_a_message_needs_a_text(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    for text in ("", "  \n\t "):
        with pytest.raises(Invalid) as refused:
            await world.do(ana, "message.publish", text=text, about=[deal])
        assert wrong(refused.value) == [("text", "required")]


async def test_a_message_needs_a_record(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")

    with pytest.raises(Invalid) as refused:
        await world.do(ana, "message.publish", text="hello", to=[{"user": luis}])

    assert wrong(refused.value) == [("about", "required")]


async def test_a_record_in_to_is_record_enough(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT)

    entry = await world.do(ana, "message.publish", text="hello", to=[{"record": contact}])

    assert [ref["record"] for ref in entry["records"]] == [contact]  # type: ignore[attr-defined]


async def test_the_author_needs_update_on_each_record_and_the_error_names_it(world: World) -> None:
    ana, boss = await world.user("Ana", grants=READS), await world.user("Boss")
    deal = await world.record(boss, Kind.DEAL, title="120 laptops")

    with pytest.raises(Forbidden) as refused:
        await world.do(ana, "message.publish", text="hello", about=[deal])

    assert (refused.value.params["record"], refused.value.params["title"]) == (deal, "120 laptops")
    assert refused.value.params["action"] == "update"


async def test_one_wrong_record_among_good_ones_stops_the_message(world: World) -> None:
    own = {(kind, action): Level.OWN for kind in Kind for action in Action}
    ana, boss = await world.user("Ana", grants=own), await world.user("Boss")
    mine, hidden = await world.record(ana, Kind.DEAL), await world.record(boss, Kind.DEAL)

    with pytest.raises(NotFound) as refused:
        await world.do(ana, "message.publish", text="hello", about=[mine, hidden])

    assert refused.value.params["record"] == hidden
    assert [entry["type"] for entry in await world.stream(ana)] == ["added"]


async def test_people_and_departments_are_addressed(world: World) -> None:
    sales = await world.department("Sales")
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.NONE)
    eva = await world.user("Eva", Level.NONE, department=sales)
    gone = await world.user("Gone", Level.NONE, department=sales, active=False)
    deal = await world.record(ana, Kind.DEAL)

    to = [{"user": luis}, {"department": sales}]
    entry = await world.do(ana, "message.publish", text="hello", to=to, about=[deal])

    for user in (luis, eva):
        (seen,) = await world.stream(user)
        assert (seen["id"], seen["mine"], seen["records"]) == (entry["id"], True, [{"kind": "deal", "locked": True}])
    (added,) = [event for event in world.events if event.entry == entry["id"] and event.name == Name.ENTRY_ADDED]
    assert {luis, eva} <= added.audience
    assert gone not in added.audience
    assert entry["recipients"] == [{"user": luis, "name": "Luis"}, {"department": sales, "name": "Sales"}]


async def test_a_contact_is_attached_and_mailed_at_the_first_address(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT, **CONTACT)

    entry = await world.do(ana, "message.publish", text="hello", to=[{"record": contact}])

    chip = entry["recipients"][0]  # type: ignore[index]
    assert (chip["record"], chip["email"]) == (contact, "raul@aurora.example")


async def test_each_half_of_a_contact_can_be_switched_off(world: World) -> None:
    ana = await world.user("Ana")
    deal, contact = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.CONTACT, **CONTACT)

    silent = await world.do(ana, "message.publish", text="a", to=[{"record": contact, "mail": False}])
    mailed = await world.do(ana, "message.publish", text="b", to=[{"record": contact, "attach": False}], about=[deal])

    assert silent["recipients"][0]["email"] is None  # type: ignore[index]
    assert mailed["recipients"][0]["email"] == "raul@aurora.example"  # type: ignore[index]
    assert [ref["record"] for ref in mailed["records"]] == [deal]  # type: ignore[attr-defined]


async def test_a_contact_without_an_address_cannot_only_be_mailed(world: World) -> None:
    ana = await world.user("Ana")
    deal, contact = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.CONTACT)

    with pytest.raises(Invalid) as refused:
        await world.do(ana, "message.publish", text="b", to=[{"record": contact, "attach": False}], about=[deal])

    assert wrong(refused.value) == [("to", "no_address")]


async def test_only_contacts_and_leads_can_be_addressed(world: World) -> None:
    ana = await world.user("Ana")

    for kind in (Kind.DEAL, Kind.COMPANY, Kind.QUOTE):
        record = await world.record(ana, kind)
        with pytest.raises(Invalid) as refused:
            await world.do(ana, "message.publish", text="b", to=[{"record": record}])
        assert wrong(refused.value) == [("to", "kind")]


WRONG_CHIPS: list[tuple[JsonObject, tuple[str, str]]] = [
    ({}, ("to[0]", "type")),
    ({"user": 1, "email": "x@example.com"}, ("to[0]", "type")),
    ({"user": 999}, ("to", "not_found")),
    ({"department": 999}, ("to", "not_found")),
    ({"email": "no address"}, ("to", "email")),
    ({"user": -1}, ("to[0].user", "type")),
    ({"user": 2**70}, ("to[0].user", "type")),
    ({"user": "1"}, ("to[0].user", "type")),
    ({"nobody": 1}, ("to[0]", "unknown")),
]


async def test_a_wrong_chip_is_named(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    for chip, expected in WRONG_CHIPS:
        with pytest.raises(Invalid) as refused:
            await world.do(ana, "message.publish", text="b", to=[chip], about=[deal])
        assert wrong(refused.value) == [expected], chip


async def test_mentions_reach_mine_of_those_who_may_read_and_no_others(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    eva = await world.user("Eva", Level.NONE)
    deal = await world.record(ana, Kind.DEAL)

    entry = await world.do(ana, "message.publish", text=f"@{{{luis}}} and @{{{eva}}}: #{{{deal}}}", about=[deal])

    assert [seen["id"] for seen in await world.stream(luis)] == [entry["id"]]
    assert await world.stream(eva) == []
    assert [mention.get("name") or mention["record"] for mention in entry["mentions"]] == ["Luis", "Eva", deal]  # type: ignore[attr-defined]


async def test_a_mentioned_record_shows_no_title_to_whoever_may_not_read_it(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL, title="Secret plan")
    entry = await world.do(ana, "message.publish", text=f"see #{{{deal}}}", about=[deal], to=[{"user": luis}])
    await world.do(luis, "comment.add", entry=entry["id"], text="what is it?")
    await world.do(ana, "comment.add", entry=entry["id"], text=f"#{{{deal}}}")

    (seen,) = await world.stream(luis)

    assert "Secret plan" not in str(seen)
    assert seen["mentions"] == [{"kind": "deal", "locked": True}]
    assert seen["comments"]["last"][1]["mentions"] == [{"kind": "deal", "locked": True}]  # type: ignore[index]


async def test_nobody_mentions_what_they_may_not_read(world: World) -> None:
    own = {(kind, action): Level.OWN for kind in Kind for action in Action}
    ana, boss = await world.user("Ana", grants=own), await world.user("Boss")
    mine, hidden = await world.record(ana, Kind.DEAL), await world.record(boss, Kind.DEAL)

    errors = []
    for record in (hidden, 999_999):
        with pytest.raises(NotFound) as refused:
            await world.do(ana, "message.publish", text=f"#{{{record}}}", about=[mine])
        errors.append(str(refused.value).replace(str(record), "ID"))

    assert errors[0] == errors[1]


async def test_only_the_author_edits_and_an_admin_deletes(world: World) -> None:
    ana, luis, root = await world.user("Ana"), await world.user("Luis"), await world.user("Root", admin=True)
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]

    for user, action in ((luis, "edit"), (luis, "delete"), (root, "edit")):
        args = {"text": "changed"} if action == "edit" else {}
        with pytest.raises(Forbidden):
            await world.do(user, f"message.{action}", entry=entry, **args)
    await world.do(root, "message.delete", entry=entry)

    assert world.events[-1].name == Name.ENTRY_REMOVED
    with pytest.raises(NotFound):
        await world.do(ana, "message.edit", entry=entry, text="changed")


async def test_changes_of_records_are_no_messages_to_edit(world: World) -> None:
    ana = await world.user("Ana")
    await world.record(ana, Kind.DEAL)
    (added,) = await world.stream(ana)

    with pytest.raises(Forbidden):
        await world.do(ana, "message.delete", entry=added["id"])


async def test_an_edit_is_found_by_its_new_words_only(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="Óptica", about=[deal]))["id"]
    await world.do(ana, "message.edit", entry=entry, text="Panadería")

    assert await world.stream(ana, filter=Filter(text="optica")) == []
    assert [shape["id"] for shape in await world.stream(ana, filter=Filter(text="PANADERIA"))] == [entry]


async def test_the_event_carries_the_clients_reference(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    entry = await world.do(ana, "message.publish", text="hello", about=[deal], ref="tab-1")
    await world.do(ana, "comment.add", entry=entry["id"], text="me too", ref="tab-2")

    assert [event.ref for event in world.events[-2:]] == ["tab-1", "tab-2"]


async def test_a_reference_the_log_cannot_keep_is_refused(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    entry = await world.do(ana, "message.publish", text="hello", about=[deal])

    for action, args in (("message.publish", {"about": [deal]}), ("comment.add", {"entry": entry["id"]})):
        for ref in ("x" * 65, "a\nb", "\x00"):
            with pytest.raises(Invalid) as refused:
                await world.do(ana, action, text="hello", ref=ref, **args)
            assert wrong(refused.value)[0][0] == "ref"


async def test_the_same_recipient_twice_is_one_chip(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)

    entry = await world.do(ana, "message.publish", text="Hi", to=[{"user": luis}, {"user": luis}], about=[deal])

    assert entry["recipients"] == [{"user": luis, "name": "Luis"}]
