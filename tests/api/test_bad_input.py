"""Whatever comes in is answered with a clear code, and nothing is half written."""

from __future__ import annotations

import json

import httpx
import pytest

from server.domain.words import Kind
from tests.api.answers import problem, wrong_fields
from tests.api.conftest import Site

HUGE = 10**30
SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>&amp; \"quoted\" {{7*7}} ${x} %s"
JSON = {"content-type": "application/json"}


async def test_text_that_is_no_text_is_refused_and_leaves_nothing(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    before = await site.rows()

    for text, code in [
        ("x" * 20_001, "too_long"),
        ("nul \x00 inside", "control_character"),
        ("bell \x07", "control_character"),
        ("escape \x1b[31m", "control_character"),
        ("\u0085", "control_character"),
        ("   ", "required"),
    ]:
        answer = await http.post("/entries", json={"text": text, "about": [deal]})
        assert wrong_fields(answer) == {("text", code)}
    wrong: tuple[object, ...] = (None, 1, True, [], {}, 1.5)
    for value in wrong:
        answer = await http.post("/entries", json={"text": value, "about": [deal]})
        assert wrong_fields(answer) == {("text", "type")}

    assert await site.rows() == before


async def test_a_text_of_a_megabyte_is_refused_by_size(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)

    over = await http.post("/entries", json={"text": "x" * (1 << 20), "about": [deal]})
    under = await http.post("/entries", json={"text": "é" * 200_000, "about": [deal]})

    assert problem(over) == (413, "too_large")
    assert wrong_fields(under) == {("text", "too_long")}


NO_JSON = [
    b"{",
    b"not json",
    b'{"text": "\\ud800", "about": [1]}',
    b'{"text": "\xed\xa0\x80", "about": [1]}',
    b'{"text": "\xff", "about": [1]}',
    b'{"text": 1e999}',
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"text":' * 50_000,
    b'{"text": NaN}',
    b"\x00",
]


async def test_what_is_no_json_object_is_refused(site: Site) -> None:
    ana = await site.world.user("Ana")
    http = await site.client(ana)
    before = await site.rows()

    for body in NO_JSON:
        answer = await http.post("/entries", content=body, headers=JSON)
        assert wrong_fields(answer) == {("", "json")}, body[:16]
    for text in ("[]", "1", '"text"', "null", "true"):
        answer = await http.post("/entries", content=text, headers=JSON)
        assert wrong_fields(answer) == {("", "type")}, text

    assert await site.rows() == before


async def test_another_content_type_is_refused(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))

    for headers in ({"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}, {}):
        assert problem(await http.post("/entries", content=b'{"text":"x"}', headers=headers)) == (
            415,
            "unsupported_media",
        )
    utf8 = {"content-type": "Application/JSON; charset=utf-8"}
    assert problem(await http.post("/entries", content=b"{}", headers=utf8)) == (422, "invalid")


async def test_every_wrong_field_is_named_at_once(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))

    message = await http.post("/entries", json={"txt": "hello", "to": {}, "about": ["x"]})
    fields = {
        "title": "", "amount": "1.999", "currency": "eur", "probability": 101, "begin_date": "2026-02-30",
        "company": "none", "contacts": 7, "opened": "yes", "products": [{"name": 5}], "colour": "red",
        "comments": 3, "stage": -1, "custom": [], "source": 4, "pipeline": 0, "lead": True,
    }  # fmt: skip
    deal = await http.post("/deals", json=fields)

    assert wrong_fields(message) == {
        ("txt", "unknown"),
        ("text", "required"),
        ("to", "type"),
        ("about[0]", "type"),
    }
    assert {field for field, _ in wrong_fields(deal)} == set(fields)
    assert {("title", "required"), ("colour", "unknown"), ("amount", "type")} <= wrong_fields(deal)


@pytest.mark.parametrize("number", ["0", str(2**63), "9" * 5000], ids=["zero", "64 bits", "endless"])
async def test_ids_that_exist_nowhere_are_not_found(site: Site, number: str) -> None:
    http = await site.client(await site.world.user("Ana"))

    for method, path, body in [
        ("GET", f"/entries/{number}", None),
        ("PATCH", f"/entries/{number}", {"text": "x"}),
        ("DELETE", f"/entries/{number}", None),
        ("GET", f"/entries/{number}/comments", None),
        ("POST", f"/entries/{number}/comments", {"text": "x"}),
        ("PUT", f"/entries/{number}/reactions/👍", None),
        ("DELETE", f"/entries/{number}/reactions/👍", None),
        ("PATCH", f"/comments/{number}", {"text": "x"}),
        ("GET", f"/records/{number}", None),
        ("PATCH", f"/records/{number}", {"title": "x"}),
        ("GET", f"/records/{number}/stream", None),
        ("PUT", f"/records/{number}/follow", {}),
        ("DELETE", f"/records/{number}/follow", None),
        ("GET", f"/records/{number}/followers", None),
        ("GET", f"/activities/{number}", None),
    ]:
        assert problem(await http.request(method, path, json=body)) == (404, "not_found"), (method, path)


async def test_what_is_no_id_leads_nowhere(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))

    for number in ("-1", "1.5", "x", "%00", "1%2F2", "NaN", "٣", str(HUGE)):
        for path in (f"/entries/{number}", f"/records/{number}", f"/records/{number}/stream"):
            assert problem(await http.get(path)) == (404, "not_found"), path


async def test_ids_in_bodies_are_numbers_the_database_knows(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    before = await site.rows()

    wrong: tuple[object, ...] = (HUGE, 2**63, -1, 1.0, 1.5, "1", True, None, [1], {})
    for value in wrong:
        for answer in (
            await http.post("/entries", json={"text": "x", "about": [value]}),
            await http.post("/entries", json={"text": "x", "about": [deal], "to": [{"user": value or "x"}]}),
            await http.post("/deals", json={"title": "x", "contacts": [value]}),
            await http.patch(f"/records/{deal}", json={"company": value or "x"}),
            await http.patch(f"/records/{deal}", json={"title": "x", "version": value or "x"}),
        ):
            assert problem(answer) in {(422, "invalid"), (409, "conflict")}, (value, answer.request.content)

    assert await site.rows() == before


WRONG_PARAMETERS = [
    ("/stream?scope=others", "scope"),
    ("/stream?kind=nonsense", "kind"),
    ("/stream?author=x", "author"),
    ("/stream?from=-1", "from"),
    ("/stream?from=1&from=2", "from"),
    ("/stream?to=99999999999999999999", "to"),
    ("/stream?record_kind=car", "record_kind"),
    ("/stream?q=%00", "q"),
    (f"/stream?q={'x' * 300}", "q"),
    ("/stream?record=0", "record"),
    ("/stream?record=-1", "record"),
    (f"/stream?before={HUGE}", "before"),
    (f"/stream?before={'0' * 19}5{'9' * 30}", "before"),
    ("/stream?limit=0", "limit"),
    ("/stream?limit=101", "limit"),
    ("/stream?limit=ten", "limit"),
    ("/stream?colour=red", "colour"),
    ("/deals?sort=password", "sort"),
    ("/deals?stage=x", "stage"),
    ("/deals?q=%00", "q"),
    ("/deals?q=%1b", "q"),
    ("/deals?before=1.0", "before"),
    ("/deals?limit=201", "limit"),
    ("/suggest?q=%00", "q"),
    ("/suggest?for=everything", "for"),
    ("/suggest?limit=5", "limit"),
    ("/me?as=root", "as"),
    ("/portal?all=1", "all"),
]


async def test_a_wrong_parameter_is_named(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))

    for path, field in WRONG_PARAMETERS:
        assert {name for name, _ in wrong_fields(await http.get(path))} == {field}, path


async def test_a_search_of_many_words_is_answered(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))
    words = "+".join(["a"] * 128)

    for path in (f"/deals?q={words}", f"/suggest?q={words}", f"/stream?q={words}"):
        assert (await http.get(path)).status_code == 200


async def test_unknown_routes_and_methods_are_problems_too(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))

    assert problem(await http.get("/nothing")) == (404, "not_found")
    assert problem(await http.get("/entries/1/nothing")) == (404, "not_found")
    assert problem(await http.put("/me")) == (405, "method_not_allowed")
    assert problem(await http.post("/stream")) == (405, "method_not_allowed")
    assert problem(await http.delete("/deals")) == (405, "method_not_allowed")


async def test_what_is_no_emoji_is_no_reaction(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    entry = (await site.world.do(ana, "message.publish", text="x", about=[deal]))["id"]
    http = await site.client(ana)

    for emoji in ("a", "👍" * 17, "%00", "<b>", "%FF", "12", "%20"):
        for method in ("PUT", "DELETE"):
            answer = await http.request(method, f"/entries/{entry}/reactions/{emoji}")
            assert wrong_fields(answer) == {("emoji", "emoji")}, emoji


async def test_markup_is_text_wherever_people_write(site: Site) -> None:
    ana = await site.world.user("Ana")
    http = await site.client(ana)
    fields = {
        "title": SCRIPT, "comments": SCRIPT, "first_name": SCRIPT, "last_name": SCRIPT, "job_title": SCRIPT,
        "phones": [{"label": "work", "value": SCRIPT}], "custom": {SCRIPT: SCRIPT},
    }  # fmt: skip
    contact = (await http.post("/contacts", json=fields)).json()
    entry = (await http.post("/entries", json={"text": SCRIPT, "about": [contact["record"]]})).json()
    comment = (await http.post(f"/entries/{entry['id']}/comments", json={"text": SCRIPT})).json()

    shown = await http.get("/stream?scope=all")

    assert {name: contact[name] for name in fields} == fields
    assert (entry["text"], comment["text"]) == (SCRIPT, SCRIPT)
    assert shown.headers["content-type"] == "application/json"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.json()["entries"][0]["comments"]["last"][0]["text"] == SCRIPT


async def test_an_idempotency_key_must_be_one(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    before = await site.rows()

    for key in ("", "x" * 129, "a\tb"):
        answer = await http.post("/entries", json={"text": "x", "about": [deal]}, headers={"idempotency-key": key})
        assert wrong_fields(answer) == {("Idempotency-Key", "type")}

    assert await site.rows() == before


async def test_a_refused_write_leaves_every_table_and_the_log_as_they_were(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    before = await site.rows()
    key = {"idempotency-key": "k"}

    answers: list[httpx.Response] = [
        await http.post("/entries", json={"text": f"@{{999}} #{{{deal}}}", "about": [deal]}, headers=key),
        await http.post("/entries", json={"text": "x", "about": [deal, 999]}, headers=key),
        await http.post("/deals", json={"title": "x", "company": 999}, headers=key),
        await http.post("/deals", json={"title": "x", "responsible": 999}, headers=key),
        await http.post("/deals", json={"title": "x", "products": [{"name": "a", "product": 999}]}, headers=key),
        await http.patch(f"/records/{deal}", json={"title": "y", "stage": 999}, headers=key),
        await http.patch("/me", json={"language": "es", "time_zone": "Mars/Olympus"}, headers=key),
    ]

    assert {problem(answer)[0] for answer in answers} == {404, 422}
    assert await site.rows() == before


async def test_nested_objects_where_plain_values_belong_are_refused(site: Site) -> None:
    http = await site.client(await site.world.user("Ana"))
    nested: object = "deep"
    for _ in range(400):
        nested = {"a": nested}

    answer = await http.post("/deals", content=json.dumps({"title": "x", "custom": {"a": nested}}), headers=JSON)

    assert wrong_fields(answer) == {("custom", "type")}
