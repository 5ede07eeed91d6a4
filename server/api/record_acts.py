"""What is done to records as a whole, over HTTP: deleting and bringing back."""

from __future__ import annotations

from starlette.responses import Response

from server.api.http import Call, Router, answer, done
from server.api.tags import seen


def add_routes(router: Router) -> None:
    """Each act is a verb of its own."""
    router.add("POST", "/records/bulk", bulk)
    router.add("DELETE", "/records/{id:id}", delete)
    router.add("POST", "/records/{id:id}/restore", restore)


async def bulk(call: Call) -> Response:
    """Changes the stage or the responsible person of many records; of all of them, or of none."""
    await call.perform("record.bulk", await call.body())
    return done()


async def delete(call: Call) -> Response:
    """Deletes a record; the answer says until when it can be brought back. `If-Match` as for a change."""
    with seen(call) as matched:
        args = {**await call.body(), **matched, "record": call.path_id()}
        return answer(await call.perform("record.delete", args))


async def restore(call: Call) -> Response:
    """Brings a deleted record back."""
    return answer(await call.perform("record.restore", {**await call.body(), "record": call.path_id()}))
