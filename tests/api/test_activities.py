"""Activities over HTTP: paths, parameters, status codes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from server.api import activities
from server.api.http import Router, Who, problem
from server.domain.words import Kind, UserId
from server.errors import CaudalError
from tests.world import World, open_world


class Signed:
    """A gate that takes the user's word: signing in has tests of its own."""

    async def who(self, request: Request) -> Who:
        """The user in the header `user`."""
        return Who(UserId(int(request.headers["user"])))


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    """An empty portal."""
    async with open_world(sqlite_url) as opened:
        yield opened


@pytest.fixture
async def ana(world: World) -> UserId:
    """Somebody who may do everything."""
    return await world.user("Ana")


@pytest.fixture
async def http(world: World, ana: UserId) -> AsyncIterator[httpx.AsyncClient]:
    """Ana's calls."""
    router = Router(world.store, Signed())
    activities.add_routes(router)
    app = Starlette(routes=router.routes, exception_handlers={CaudalError: problem})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"user": str(ana)}) as client:
        yield client


async def test_the_life_of_a_task(http: httpx.AsyncClient) -> None:
    made = await http.post("/activities", json={"type": "task", "subject": "Send it"})
    path = f"/activities/{made.json()['id']}"
    changed = await http.patch(path, json={"subject": "Send both", "version": 1})
    done = await http.post(f"{path}/complete", json={"result": "Sent"})
    opened = await http.post(f"{path}/reopen")
    shown = await http.get(path)
    gone = await http.delete(path)

    assert made.status_code == 201
    assert (changed.status_code, changed.json()["subject"]) == (200, "Send both")
    assert (done.json()["status"], done.json()["result"]) == ("completed", "Sent")
    assert opened.json() == shown.json()
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await http.get(path)).status_code == 404


async def test_lists_carry_where_the_log_stands(http: httpx.AsyncClient, world: World, ana: UserId) -> None:
    deal = await world.record(ana, Kind.DEAL)
    for number in range(3):
        await http.post("/activities", json={"type": "task", "subject": str(number), "records": [deal]})

    page = (await http.get("/activities", params={"record": deal, "status": "open", "type": "task", "limit": 2})).json()
    rest = (await http.get("/activities", params={"bound": "true", "before": page["next"]})).json()
    current = (await http.get("/activities/current", params={"record": deal, "limit": 1})).json()

    assert [activity["subject"] for activity in page["activities"] + rest["activities"]] == ["2", "1", "0"]
    assert page["position"] == world.events[-1].position
    assert rest["next"] is None
    assert (len(current["activities"]), current["total"], current["epoch"]) == (1, 3, page["epoch"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=done", "status"),
        ("type=party", "type"),
        ("bound=1", "bound"),
        ("limit=0", "limit"),
        ("color=red", "color"),
    ],
)
async def test_a_wrong_parameter_is_named(http: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await http.get(f"/activities?{query}")

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_stale_version_is_a_conflict_and_an_unknown_number_not_found(http: httpx.AsyncClient) -> None:
    made = (await http.post("/activities", json={"type": "task", "subject": "Send it"})).json()

    stale = await http.patch(f"/activities/{made['id']}", json={"subject": "X", "version": 7})

    assert (stale.status_code, stale.json()["code"], stale.json()["params"]["version"]) == (409, "conflict", 1)
    for path in ("/activities/999", "/activities/0", f"/activities/{2**80}", "/activities/999/complete"):
        answer = await (http.post(path) if path.endswith("complete") else http.patch(path, json={"subject": "X"}))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
