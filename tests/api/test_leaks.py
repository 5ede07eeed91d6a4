"""What somebody may not read answers like what does not exist, and shows nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from server.domain.access import Action, Level
from server.domain.reports import REPORTS
from server.domain.words import EntryId, JsonObject, Kind, RecordId, UserId
from tests.api.answers import problem
from tests.api.conftest import Site

OWN = {(kind, action): Level.OWN for kind in Kind for action in Action}
SECRET = "Zanzibar"  # in everything that Luis may not see
NOWHERE = 999_999


@dataclass
class Secrets:
    """Ana's things, and Luis, who may read his own records only."""

    ana: UserId
    luis: UserId
    deal: RecordId
    contact: RecordId
    entry: EntryId
    comment: int
    activity: int
    http: httpx.AsyncClient


@pytest.fixture
async def secrets(site: Site) -> Secrets:
    world = site.world
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=OWN)
    mails = [{"value": "zanzibar@example.com"}]
    contact = await world.record(ana, Kind.CONTACT, title=f"Mrs {SECRET}", emails=mails)
    deal = await world.record(ana, Kind.DEAL, title=f"{SECRET} deal", amount="777.00", contacts=[contact])
    entry = (await world.do(ana, "message.publish", text=f"about {SECRET}", about=[deal]))["id"]
    comment = (await world.do(ana, "comment.add", entry=entry, text=f"more about {SECRET}"))["id"]
    task = await world.do(ana, "activity.create", type="task", subject=f"Call {SECRET}", records=[deal])
    return Secrets(
        ana, luis, deal, contact, EntryId(int(str(entry))), int(str(comment)), int(str(task["id"])),
        await site.client(luis),
    )  # fmt: skip


async def test_by_id_everything_unreadable_answers_like_what_does_not_exist(site: Site, secrets: Secrets) -> None:
    http = secrets.http
    before = await site.rows()

    for method, path, number, body in [
        ("GET", "/entries/{}", secrets.entry, None),
        ("PATCH", "/entries/{}", secrets.entry, {"text": "x"}),
        ("DELETE", "/entries/{}", secrets.entry, None),
        ("GET", "/entries/{}/comments", secrets.entry, None),
        ("POST", "/entries/{}/comments", secrets.entry, {"text": "x"}),
        ("PUT", "/entries/{}/reactions/👍", secrets.entry, None),
        ("DELETE", "/entries/{}/reactions/👍", secrets.entry, None),
        ("PATCH", "/comments/{}", secrets.comment, {"text": "x"}),
        ("DELETE", "/comments/{}", secrets.comment, None),
        ("GET", "/records/{}", secrets.deal, None),
        ("PATCH", "/records/{}", secrets.deal, {"title": "x"}),
        ("PATCH", "/records/{}", secrets.deal, {"title": "x", "version": 99}),
        ("GET", "/records/{}/stream", secrets.deal, None),
        ("GET", "/stream?record={}", secrets.deal, None),
        ("PUT", "/records/{}/follow", secrets.deal, {}),
        ("DELETE", "/records/{}/follow", secrets.deal, None),
        ("GET", "/records/{}/followers", secrets.deal, None),
        ("GET", "/records/{}/history", secrets.deal, None),
        ("GET", "/history?record={}", secrets.deal, None),
        ("DELETE", "/records/{}", secrets.deal, None),
        ("POST", "/records/{}/restore", secrets.deal, {}),
        ("GET", "/entries/{}/why", secrets.entry, None),
        ("GET", "/activities/{}", secrets.activity, None),
        ("PATCH", "/activities/{}", secrets.activity, {"subject": "x"}),
        ("POST", "/activities/{}/complete", secrets.activity, {}),
        ("DELETE", "/activities/{}", secrets.activity, None),
        ("GET", "/activities?record={}", secrets.deal, None),
        ("GET", "/activities/current?record={}", secrets.deal, None),
    ]:
        answers = [await http.request(method, path.format(id), json=body) for id in (number, NOWHERE)]
        closed, missing = (
            answer.text.replace(str(id), "ID") for answer, id in zip(answers, (number, NOWHERE), strict=True)
        )
        assert problem(answers[0]) == (404, "not_found"), (method, path)
        assert closed == missing, (method, path)

    assert await site.rows() == before


async def test_in_a_body_an_unreadable_record_answers_like_one_that_does_not_exist(
    site: Site, secrets: Secrets
) -> None:
    own = await site.world.record(secrets.luis, Kind.DEAL)
    before = await site.rows()

    def bodies(deal: int, contact: int) -> list[tuple[str, str, JsonObject]]:
        return [
            ("POST", "/entries", {"text": "x", "about": [deal]}),
            ("POST", "/entries", {"text": "x", "about": [own, deal]}),
            ("POST", "/entries", {"text": "x", "about": [own], "to": [{"record": contact}]}),
            ("POST", "/entries", {"text": "x", "about": [own], "to": [{"record": deal}]}),
            ("POST", "/entries", {"text": "x", "about": [own], "to": [{"record": contact, "attach": False}]}),
            ("POST", "/entries", {"text": f"#{{{deal}}}", "about": [own]}),
            ("POST", "/audience", {"text": "x", "about": [deal]}),
            ("POST", "/audience", {"text": f"#{{{deal}}}", "about": [own]}),
            ("POST", "/quotes", {"title": "x", "deal": deal}),
            ("POST", "/deals", {"title": "x", "contacts": [contact]}),
            ("PATCH", f"/records/{own}", {"contacts": [contact]}),
            ("PATCH", f"/records/{own}", {"contacts": [deal]}),
            ("POST", "/activities", {"type": "task", "subject": "x", "records": [deal]}),
            ("POST", "/activities", {"type": "meeting", "subject": "x", "with": [{"record": contact}]}),
        ]

    for closed, missing in zip(bodies(secrets.deal, secrets.contact), bodies(NOWHERE, NOWHERE), strict=True):
        texts = []
        for method, path, body in (closed, missing):
            answer = await secrets.http.request(method, path, json=body)
            assert answer.status_code in {200, 404, 422}, (method, path, body)
            text = answer.text
            for id in (secrets.deal, secrets.contact, NOWHERE):
                text = text.replace(f" {id}", " ID").replace(f":{id}", ":ID").replace(f"[{id}", "[ID")
            texts.append(text)
        assert texts[0] == texts[1], closed

    assert await site.rows() == before


async def test_no_list_shows_a_word_of_it(site: Site, secrets: Secrets) -> None:
    own = await site.world.record(secrets.luis, Kind.DEAL, title="My deal")

    for path in [
        "/me",
        "/stream",
        "/stream?scope=all",
        f"/stream?scope=all&q={SECRET}",
        f"/stream?folded_into={secrets.entry}",
        f"/records/{own}/stream",
        "/deals",
        f"/deals?q={SECRET}",
        f"/deals?responsible={secrets.ana}",
        "/contacts",
        "/activities",
        f"/activities?responsible={secrets.ana}",
        "/activities/current",
        *(f"/suggest?for={purpose}&q={SECRET}" for purpose in ("to", "about", "record", "deal", "contact", "mention")),
        "/suggest?for=about",
        "/portal",
        "/history",
        f"/history?actor={secrets.ana}",
        "/catchup?scope=all",
        "/catchup",
        "/counters",
        *(f"/{kind}?attention={flag}" for kind in ("deals", "contacts") for flag in ("records", "idle", "overdue")),
        *(f"/reports/{name}" for name in REPORTS),
        *(f"/reports/{name}/records?key={key}" for name in ("by_responsible", "by_stage") for key in (secrets.ana, 1)),
        f"/reports/by_responsible/records?key={secrets.ana}&currency=EUR",
        f"/reports/by_company?company={secrets.contact}",
        "/funnel",
    ]:
        answer = await secrets.http.get(path)
        assert answer.status_code == 200, path
        assert SECRET.lower() not in answer.text.lower(), path
        assert "777" not in answer.text, path


async def test_paging_behind_an_unreadable_record_tells_nothing_of_it(site: Site, secrets: Secrets) -> None:
    for amount in ("1.00", "776.99", "777.01", "5000.00"):
        await site.world.record(secrets.luis, Kind.DEAL, amount=amount)

    closed = await secrets.http.get(f"/deals?sort=amount&before={secrets.deal}")
    missing = await secrets.http.get(f"/deals?sort=amount&before={NOWHERE}")

    assert closed.json()["records"] == missing.json()["records"]


async def test_a_locked_chip_carries_nothing_but_its_kind(site: Site, secrets: Secrets) -> None:
    world, luis = site.world, secrets.luis
    own = await world.record(secrets.ana, Kind.DEAL, title="Shared", responsible=luis)
    await world.do(secrets.ana, "record.update", record=own, fields={"contacts": [secrets.contact]})
    to: list[JsonObject] = [{"record": secrets.contact}, {"user": luis}]
    about = [own, secrets.deal]
    entry = await world.do(secrets.ana, "message.publish", text=f"see #{{{secrets.deal}}}", to=to, about=about)
    await world.do(secrets.ana, "comment.add", entry=entry["id"], text=f"and #{{{secrets.contact}}}")
    await world.do(
        secrets.ana, "activity.create", type="meeting", subject="Meet", records=[own],
        key=None, **{"with": [{"record": secrets.contact}]},
    )  # fmt: skip

    answers = [
        await secrets.http.get(path)
        for path in (
            f"/entries/{entry['id']}",
            f"/entries/{entry['id']}/comments",
            "/stream",
            "/activities",
            f"/records/{own}",
            f"/records/{own}/stream",
            "/deals",
        )
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert SECRET.lower() not in answer.text.lower(), answer.url
        assert str(secrets.ana) not in {str(value) for value in locked_parts(answer.json())}
    shown = answers[0].json()
    assert shown["records"][1] == {"kind": "deal", "locked": True}
    assert shown["recipients"][0] == {"kind": "contact", "locked": True}
    assert answers[4].json()["links"]["contacts"] == [{"kind": "contact", "locked": True}]


def locked_parts(value: object) -> list[object]:
    """Whatever stands in locked objects beside their kind."""
    if isinstance(value, dict):
        if value.get("locked") is True:
            return [item for name, item in value.items() if name not in {"kind", "locked"}]
        return [part for item in value.values() for part in locked_parts(item)]
    if isinstance(value, list):
        return [part for item in value for part in locked_parts(item)]
    return []


async def test_a_follow_shows_nothing_any_more_when_the_right_to_read_is_lost(site: Site, secrets: Secrets) -> None:
    world = site.world
    deal = await world.record(secrets.ana, Kind.DEAL, title=f"{SECRET} again", responsible=secrets.luis)
    await world.do(secrets.luis, "follow.set", record=deal, level="everything")
    entry = await world.do(secrets.luis, "message.publish", text="my own words", about=[deal])
    await world.do(secrets.ana, "record.update", record=deal, fields={"responsible": secrets.ana})
    await world.do(secrets.ana, "message.publish", text=f"{SECRET} afterwards", about=[deal])

    me = (await secrets.http.get("/me")).json()
    mine = await secrets.http.get("/stream")

    assert me["follows"] == {}
    assert [seen["id"] for seen in mine.json()["entries"]] == [entry["id"]]
    assert SECRET not in mine.text
    assert mine.json()["entries"][0]["records"] == [{"kind": "deal", "locked": True}]


async def test_the_preview_names_no_record_the_author_may_not_read_and_writes_nothing(
    site: Site, secrets: Secrets
) -> None:
    before = await site.rows()
    http = await site.client(secrets.ana)
    body: JsonObject = {"text": "x", "about": [secrets.deal], "to": [{"user": secrets.luis}, {"email": "x@y.example"}]}

    answer = (await http.post("/audience", json=body)).json()

    assert [person["name"] for person in answer["people"]] == ["Luis"]
    assert answer["external"] == ["x@y.example"]
    assert [person["name"] for person in answer["cannot"]] == ["Luis"]
    assert await site.rows() == before


async def test_a_repeated_key_of_somebody_else_shows_nothing(site: Site, secrets: Secrets) -> None:
    ana = await site.client(secrets.ana, **{"idempotency-key": "shared"})
    luis = await site.client(secrets.luis, **{"idempotency-key": "shared"})
    body = {"text": f"{SECRET}!", "about": [secrets.deal]}
    await ana.post("/entries", json=body)

    assert problem(await luis.post("/entries", json=body)) == (404, "not_found")


async def test_a_custom_field_cannot_pose_as_a_record(site: Site, secrets: Secrets) -> None:
    for custom in ({"record": secrets.deal, "kind": "deal"}, {"record": 1, "kind": "boom"}):
        answer = await secrets.http.post("/deals", json={"title": "x", "custom": custom})
        assert problem(answer) == (422, "invalid")
