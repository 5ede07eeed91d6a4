"""Entity tags of records: not sent twice, and nothing overwritten that was not seen."""

from __future__ import annotations

import asyncio

from server.domain.access import Level
from server.domain.words import Kind
from tests.api.conftest import Site


async def test_a_record_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    tag = (await http.get(f"/records/{deal}")).headers["etag"]

    same = await http.get(f"/records/{deal}", headers={"if-none-match": f'"other", {tag}'})
    weakened = await http.get(f"/records/{deal}", headers={"if-none-match": f"W/{tag}"})
    await http.put(f"/records/{deal}/follow", json={})
    other = await http.get(f"/records/{deal}", headers={"if-none-match": tag})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert weakened.status_code == 304
    assert (other.status_code, other.json()["following"]) == (200, "everything")


async def test_the_second_of_two_editors_is_told(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    seen = {"if-match": (await http.get(f"/records/{deal}")).headers["etag"]}

    answers = await asyncio.gather(
        *(http.patch(f"/records/{deal}", json={"title": title}, headers=seen) for title in ("One", "Two"))
    )
    deletion = await http.delete(f"/records/{deal}", headers=seen)

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code, lost.json()["code"]) == (200, 412, "precondition_failed")
    assert lost.json()["params"]["version"] == 2
    assert (await http.get(f"/records/{deal}")).json()["title"] == won.json()["title"]
    assert deletion.status_code == 412


async def test_what_nobody_edited_can_be_edited_whatever_was_said_of_it(site: Site) -> None:
    ana = await site.world.user("Ana")
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    seen = {"if-match": (await http.get(f"/records/{deal}")).headers["etag"]}
    await http.put(f"/records/{deal}/follow", json={})

    assert (await http.patch(f"/records/{deal}", json={"title": "New"}, headers=seen)).status_code == 200
    assert (await http.patch(f"/records/{deal}", json={"title": "Any"}, headers={"if-match": "*"})).status_code == 200


async def test_a_tag_tells_nothing_of_what_one_may_not_read(site: Site) -> None:
    ana, eva = await site.world.user("Ana"), await site.world.user("Eva", level=Level.OWN)
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    tag = (await http.get(f"/records/{deal}")).headers["etag"]
    stranger = await site.client(eva)

    for given in (tag, '"9-' + "0" * 24 + '"', '"foreign"'):
        answers = [
            await stranger.patch(f"/records/{record}", json={"title": "Mine"}, headers={"if-match": given})
            for record in (deal, 999_999)
        ]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].json()["code"] == answers[1].json()["code"]
    assert (await stranger.get(f"/records/{deal}", headers={"if-none-match": tag})).status_code == 404
