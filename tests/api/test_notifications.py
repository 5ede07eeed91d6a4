"""The bell and what was seen, over HTTP: pages, refusals, and two devices that agree."""

from __future__ import annotations

import pytest

from server.domain.access import Level
from server.domain.words import Kind
from tests.api.answers import problem, wrong_fields
from tests.api.conftest import Site


async def test_the_bell_comes_in_pages_and_looking_marks_nothing(site: Site) -> None:
    world = site.world
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    for _ in range(3):
        await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}])
    client = await site.client(luis)
    before = await site.rows()

    first = (await client.get("/notifications?limit=2&unread=true")).json()
    rest = (await client.get(f"/notifications?limit=2&before={first['next']}")).json()
    me = (await client.get("/me")).json()

    places = [one["place"] for one in first["notifications"] + rest["notifications"]]
    assert places == sorted(places, reverse=True)
    assert (len(places), rest["next"], first["unread"], rest["unread"]) == (3, None, 3, 3)
    assert (first["epoch"], first["position"]) == (me["epoch"], me["position"])
    assert (me["notifications"], me["seen"], me["unseen"]) == ({"unread": 3}, 0, 3)
    assert await site.rows() == before


async def test_what_is_read_on_one_device_is_read_on_the_other(site: Site) -> None:
    world = site.world
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}]))["id"]
    desk, phone = await site.client(luis), await site.client(luis)
    (only,) = (await phone.get("/notifications")).json()["notifications"]

    assert (await phone.put(f"/entries/{entry}/unread")).json()["notifications"] == {"unread": 1}
    assert (await desk.get(f"/entries/{entry}")).json()["unread"] is True
    assert (await desk.delete(f"/entries/{entry}/unread")).json()["notifications"] == {"unread": 0}
    assert "unread" not in (await phone.get(f"/entries/{entry}")).json()
    again = await phone.post("/notifications/unread", json={"notifications": [only["id"]]})
    assert again.json()["notifications"] == {"unread": 1}
    read = await desk.post("/notifications/read", json={"upto": only["id"]}, headers={"idempotency-key": "k"})
    assert read.json()["notifications"] == {"unread": 0}
    assert (await phone.get("/notifications?unread=true")).json()["notifications"] == []

    unseen = (await phone.get("/stream/unseen")).json()
    assert (unseen["unseen"], unseen["entries"][0]["entry"]) == (1, entry)
    seen = (await desk.put("/stream/seen", json={"position": unseen["position"]})).json()
    assert (seen["seen"], seen["unseen"]) == (unseen["position"], 0)
    assert (await phone.get("/stream/unseen")).json()["entries"] == []


async def test_preferences_are_kept_and_shown(site: Site) -> None:
    luis = await site.client(await site.world.user("Luis"))

    said = await luis.patch("/notifications/preferences", json={"reaction": "off"})

    assert said.json()["notify"]["reaction"] == "off"
    assert (await luis.get("/me")).json()["notify"] == said.json()["notify"]


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("GET", "/notifications?unread=maybe", None, {("unread", "choice")}),
        ("GET", "/notifications?limit=101", None, {("limit", "type")}),
        ("GET", "/notifications?page=2", None, {("page", "unknown")}),
        ("GET", "/stream/unseen?x=1", None, {("x", "unknown")}),
        ("POST", "/notifications/read", {}, {("notifications", "required")}),
        ("POST", "/notifications/unread", {}, {("notifications", "required")}),
        ("PATCH", "/notifications/preferences", {"singing": "off"}, {("notify", "type")}),
        ("PATCH", "/notifications/preferences", {"reaction": "loud"}, {("notify[...]", "type")}),
        ("PUT", "/stream/seen", {"position": -1}, {("position", "type")}),
        ("PUT", "/stream/seen", {"position": 10**9}, {("position", "future")}),
        ("PUT", "/stream/seen", {}, {("position", "required")}),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    site: Site, method: str, path: str, body: object, wrong: set[tuple[str, str]]
) -> None:
    client = await site.client(await site.world.user("Luis"))
    before = await site.rows()

    answer = await client.request(method, path, json=body)

    assert wrong_fields(answer) == wrong
    assert await site.rows() == before


async def test_what_may_not_be_seen_and_what_does_not_exist_answer_alike(site: Site) -> None:
    world = site.world
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    deal = await world.record(ana, Kind.DEAL, title="Secret")
    entry = (await world.do(ana, "message.publish", text=f"@{{{luis}}}", about=[deal]))["id"]
    client = await site.client(luis)

    for number in (entry, 10**9):
        for method in ("PUT", "DELETE"):
            assert problem(await client.request(method, f"/entries/{number}/unread")) == (404, "not_found")
    assert problem(await client.post("/notifications/read", json={"upto": 10**9})) == (404, "not_found")
    assert "Secret" not in (await client.get("/notifications")).text


async def test_nobody_is_told_anything_without_a_login(site: Site) -> None:
    client = await site.client()

    for method, path in (("GET", "/notifications"), ("PUT", "/stream/seen"), ("GET", "/stream/unseen")):
        assert problem(await client.request(method, path)) == (401, "not_signed_in")
