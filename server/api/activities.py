"""Activities over HTTP."""

from __future__ import annotations

from starlette.responses import Response

from server.api.http import Call, Router, answer, done, listed, made
from server.domain.activities import Type
from server.domain.words import ActivityId, RecordId, UserId
from server.errors import Invalid
from server.store.activities import Wanted, current_activities, list_activities, show_activity

PAGE = 25  # activities
PAGE_MAX = 100
CURRENT = 5  # what the block beside a stream shows before "more"


def add_routes(router: Router) -> None:
    """All that is about activities."""
    router.add("GET", "/activities", activities)
    router.add("POST", "/activities", create)
    router.add("GET", "/activities/current", current)
    router.add("GET", "/activities/{id:id}", show)
    router.add("PATCH", "/activities/{id:id}", edit)
    router.add("DELETE", "/activities/{id:id}", delete)
    router.add("POST", "/activities/{id:id}/complete", complete)
    router.add("POST", "/activities/{id:id}/reopen", reopen)


async def activities(call: Call) -> Response:
    """The activities that the user may see, newest first."""
    call.parameters("responsible", "status", "type", "record", "bound", "before", "limit")
    responsible, record, before = call.number("responsible"), call.number("record"), call.number("before")
    type = _choice(call, "type", *Type)
    wanted = Wanted(
        responsible=None if responsible is None else UserId(responsible),
        still_open=_either(call, "status", "open", "completed"),
        type=None if type is None else Type(type),
        record=None if record is None else RecordId(record),
        bound=_either(call, "bound", "true", "false"),
        before=None if before is None else ActivityId(before),
        limit=call.number("limit", PAGE, highest=PAGE_MAX) or PAGE,
    )
    async with call.reading() as (connection, access):
        return listed("activities", await list_activities(connection, access, wanted))


def _choice(call: Call, name: str, *choices: str) -> str | None:
    given = call.request.query_params.get(name) or None
    if given is not None and given not in choices:
        raise Invalid.one(name, "choice", f"one of {', '.join(choices)}")
    return given


def _either(call: Call, name: str, yes: str, no: str) -> bool | None:
    given = _choice(call, name, yes, no)
    return None if given is None else given == yes


async def current(call: Call) -> Response:
    """The next open activities by deadline: the user's own, or a record's."""
    call.parameters("record", "limit")
    record = call.number("record")
    limit = call.number("limit", CURRENT, highest=PAGE_MAX) or CURRENT
    async with call.reading() as (connection, access):
        found = await current_activities(connection, access, None if record is None else RecordId(record), limit)
    head = {"epoch": found.head.epoch, "position": found.head.position}
    return answer({**head, "activities": found.items, "next": None, "total": found.total})


async def create(call: Call) -> Response:
    """Makes an activity."""
    return made(await call.perform("activity.create", await call.body()))


async def show(call: Call) -> Response:
    """One activity."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await show_activity(connection, access, ActivityId(call.path_id())))


async def edit(call: Call) -> Response:
    """Changes fields; with `version`, only if nobody changed the activity since."""
    return answer(await call.perform("activity.update", {**await call.body(), "activity": call.path_id()}))


async def delete(call: Call) -> Response:
    """Deletes an activity."""
    await call.perform("activity.delete", {"activity": call.path_id()})
    return done()


async def complete(call: Call) -> Response:
    """Says that an activity is done, with its result."""
    return answer(await call.perform("activity.complete", {**await call.body(), "activity": call.path_id()}))


async def reopen(call: Call) -> Response:
    """Takes a completion back."""
    return answer(await call.perform("activity.reopen", {**await call.body(), "activity": call.path_id()}))
